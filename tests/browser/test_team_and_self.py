"""People of the team, one's own account, new leads and imports, as they are done by hand."""

import os
import re

import pytest
from playwright.async_api import FilePayload, Page, expect

from models.clock import SystemClock
from tests.authenticator import code_of
from tests.browser.conftest import PASSWORD, STAFF, SetUp, Watched, sign_in

pytestmark = pytest.mark.browser
PATIENCE = 40_000
ANOTHER = "another long password"
TABLE = (
    "Vorname,Nachname,E-Mail,Geburtstag,Wine\n"
    "Ivo,Iden,ivo@leads.example,1980-02-29,red\n"
    "Jo,Jung,jo@leads.example,in spring,white\n"
)


async def pictured(page: Page, name: str) -> None:
    """For a look at it, wide and narrow: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        for width in (1280, 400):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.screenshot(path=f"{folder}/{name}-{width}.png")
        await page.set_viewport_size({"width": 1280, "height": 900})


async def entered(watched: Watched, url: str, address: str) -> Page:
    """A page of somebody who has just signed in."""
    page = await watched.open(f"{url}/live")
    await sign_in(page, address)
    await expect(page.get_by_test_id("connection")).to_have_text("live")
    return page


@pytest.mark.behaviour("C28")
async def test_an_admin_brings_people_and_leads_in(set_up: SetUp, watched: Watched) -> None:
    ada_at, ben_at = STAFF
    page = await entered(watched, set_up.first, ada_at)
    await page.get_by_test_id("settings").click()
    await page.get_by_role("link", name="People").click()
    people = page.get_by_test_id("section-people")
    await people.get_by_role("button", name=STAFF[ben_at]).click()
    ben = people.get_by_role("listitem").filter(has_text=STAFF[ben_at])
    address = ben.get_by_label("E-mail to sign in with")
    await address.fill(ada_at)
    await ben.get_by_role("button", name="Save").click()
    await expect(ben.get_by_text("Somebody has this address.")).to_be_visible()
    await pictured(page, "people-refused")
    await expect(address).to_have_value(ada_at)
    await address.fill("boyd@team.example")
    await ben.get_by_role("button", name="Save").click()
    await expect(ben.get_by_text("Saved")).to_be_visible()
    await entered(watched, set_up.first, "boyd@team.example")
    await ben.get_by_role("button", name="Remove two-step sign-in").click()
    await ben.get_by_role("button", name="The password alone is then enough: sure?").click()
    await expect(ben.get_by_role("alert").filter(has_text=re.compile("."))).to_be_visible()
    await pictured(page, "people-open")

    await page.get_by_role("link", name="Workspace").click()
    workspace = page.get_by_test_id("section-workspace")
    await workspace.get_by_label("Country of phone numbers").fill("XX")
    await workspace.get_by_role("button", name="Save").click()
    await expect(workspace.get_by_text("Two letters of a country, such as DE.")).to_be_visible()
    await workspace.get_by_label("Country of phone numbers").fill("at")
    await workspace.get_by_role("button", name="Save").click()
    await expect(workspace.get_by_label("Country of phone numbers")).to_have_value("AT")
    await pictured(page, "workspace")
    await page.get_by_role("link", name="Back to the leads").click()
    await page.get_by_test_id("new-lead").click()
    new = page.get_by_role("dialog", name="New lead")
    await new.get_by_label("First name").fill("Kim")
    await new.get_by_label("E-mail").fill("kim@leads.example")
    await new.get_by_label("Phone").fill("12")
    await new.get_by_role("button", name="Make the lead").click()
    await expect(new.get_by_role("alert").filter(has_text="no valid phone number")).to_be_visible()
    await pictured(page, "new-lead")
    await new.get_by_label("Phone").fill("01 234567")
    await new.get_by_role("button", name="Make the lead").click()
    await expect(page.get_by_test_id("card-name")).to_have_text("Kim", timeout=PATIENCE)
    await expect(page.locator(".contact").get_by_text("+431234567")).to_be_visible()

    await page.get_by_test_id("import").click()
    files = page.get_by_role("dialog", name="Import leads")
    table = FilePayload(name="guests.csv", mimeType="text/csv", buffer=TABLE.encode())
    await files.get_by_label("File with leads").set_input_files(table)
    told = files.get_by_test_id("import-told")
    await expect(told).to_contain_text("1 of the first 2 would be rejected")
    await pictured(page, "import-preview")
    await files.get_by_label("Where Wine goes").select_option("tags")
    await expect(files.get_by_label("Where Wine goes")).to_have_value("tags")
    await files.get_by_role("button", name="Import the others").click()
    done = files.get_by_test_id("import-progress")
    await expect(done).to_contain_text("Done", timeout=PATIENCE)
    await expect(done).to_contain_text("1 new, 0 changed, 0 as they were, 1 rejected")
    await pictured(page, "import-done")
    async with page.expect_download() as waited:
        await files.get_by_role("link", name="Rejected rows").click()
    assert "jo@leads.example" in (await (await waited.value).path()).read_text()


async def test_a_person_sets_what_is_theirs_alone(set_up: SetUp, watched: Watched) -> None:
    ada_at = next(iter(STAFF))
    other = await entered(watched, set_up.last, ada_at)
    page = await entered(watched, set_up.first, ada_at)
    await page.locator("#person-name").click()
    you = page.get_by_role("dialog", name="You")
    await you.get_by_label("Name", exact=True).first.fill("")
    await you.get_by_role("button", name="Save").first.click()
    await expect(you.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(1)
    await you.get_by_label("Name", exact=True).first.fill("Ada Amber")
    await pictured(page, "you")
    await you.get_by_role("button", name="Save").first.click()
    await expect(page.locator("#person-name")).to_have_text("Ada Amber")

    place = you.get_by_test_id("my-place")
    await place.locator("summary").click()
    await place.get_by_label("Time zone").fill("Europe/Nowhere")
    await place.get_by_role("button", name="Save").click()
    await expect(place.get_by_role("alert").filter(has_text=re.compile("."))).to_be_visible()
    await place.get_by_label("Time zone").fill("Asia/Tokyo")
    await place.get_by_role("button", name="Save").click()
    await expect(place.locator("summary")).to_contain_text("Asia/Tokyo")

    sessions = you.get_by_test_id("my-sessions")
    await expect(sessions.locator("summary")).to_contain_text("3 places")  # a program is too
    await sessions.locator("summary").click()
    await pictured(page, "you-sessions")
    await sessions.get_by_role("button", name=re.compile("Sign out")).first.click()
    await expect(sessions.locator("summary")).to_contain_text("2 places")
    await sessions.get_by_role("button", name=re.compile("Sign out")).click()
    await expect(other.get_by_test_id("sign-in-email")).to_be_visible(timeout=PATIENCE)
    await expect(sessions.locator("summary")).to_contain_text("here only")

    word = you.get_by_test_id("my-password")
    await word.locator("summary").click()
    await word.get_by_label("Present password").fill("wrong")
    await word.get_by_label("New password").fill(ANOTHER)
    await word.get_by_role("button", name="Change it").click()
    await expect(word.get_by_text("The present password is wrong.")).to_be_visible()
    await word.get_by_label("Present password").fill(PASSWORD)
    await word.get_by_role("button", name="Change it").click()
    await expect(word.get_by_role("status")).to_have_text("Changed")

    steps = you.get_by_test_id("my-two-step")
    await steps.locator("summary").click()
    await steps.get_by_label("Present password").fill(ANOTHER)
    await steps.get_by_role("button", name="Set it up").click()
    link = await steps.get_by_role("link", name="open it here").get_attribute("href")
    assert link
    await pictured(page, "you-two-step")
    await steps.get_by_label("Code that it shows now").fill(code_of(link, SystemClock()))
    await steps.get_by_role("button", name="Switch it on").click()
    await expect(steps.get_by_test_id("recovery-codes").locator("code")).to_have_count(10)
    await expect(steps.locator("summary")).to_contain_text("on")
    await pictured(page, "you-codes")

    keys = you.get_by_test_id("my-keys")
    await keys.locator("summary").click()
    await keys.get_by_label("Name", exact=True).fill("Warehouse")
    await keys.get_by_role("button", name="Make a key").click()
    await expect(keys.get_by_text("Say what the token is for.")).to_be_visible()
    await keys.get_by_label("see leads").check()
    await keys.get_by_role("button", name="Make a key").click()
    await expect(keys.get_by_test_id("new-key").locator("code")).to_have_text(re.compile("^api_"))
    await pictured(page, "you-keys")
    await keys.get_by_role("button", name="Revoke").click()
    await keys.get_by_role("button", name="It stops at once: sure?").click()
    await expect(keys.locator("summary")).to_contain_text("none")

    calendar = you.get_by_test_id("my-calendar")
    await calendar.locator("summary").click()
    await calendar.get_by_role("button", name="Show the address").click()
    shown = calendar.locator("code")
    before = await shown.inner_text()
    assert before.startswith("http")
    await pictured(page, "you-calendar")
    await calendar.get_by_role("button", name="Another address").click()
    await calendar.get_by_role("button", name="The present one stops: sure?").click()
    await expect(shown).not_to_have_text(before)
