"""The place where the workspace is shaped, in real browsers: open cards follow, nobody loses what
they typed, and who may not does not see it."""

import os

import httpx2
import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, STAFF, SetUp, Watched, ask, open_card

pytestmark = pytest.mark.browser
SOON = 40_000
ADA, BEN = STAFF


async def open_section(page: Page, title: str) -> Locator:
    """A section of the settings."""
    if not page.url.partition("#")[2].startswith("settings"):
        await page.get_by_test_id("settings").click()
    await (
        page.get_by_role("navigation", name="Settings")
        .get_by_role("link", name=title, exact=True)
        .click()
    )
    return page.get_by_role("region", name=title, exact=True)


async def entry(section: Locator, name: str) -> Locator:
    """The opened line of that name."""
    line = section.locator(".entry-line", has_text=name).first
    if await line.get_attribute("aria-expanded") == "false":
        await line.click()
    return section.locator(".entry").filter(has=section.page.locator(".entry-line", has_text=name))


async def save(form: Locator) -> None:
    """Saves a form and waits until it is."""
    await form.get_by_role("button", name="Save", exact=True).click()
    await expect(form.locator(".saved")).to_contain_text("Saved", timeout=SOON)


async def pictured(page: Page, name: str) -> None:
    """For a look at it: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.behaviour("C14")
async def test_a_pipeline_is_shaped_while_a_colleague_works_with_it(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada = await open_card(watched, set_up.first, ADA)
    ben = await open_card(watched, set_up.last, BEN)
    await ada.get_by_label("New note").fill("half a thought")
    late = await entry(await open_section(ben, "Pipelines"), "Sales")
    await expect(late.get_by_label("Name", exact=True)).to_have_value("Sales")
    await late.get_by_label("Name", exact=True).fill("Homes")

    section = await open_section(ada, "Pipelines")
    sales = await entry(section, "Sales")
    names = sales.get_by_label("Name of the state")
    await names.nth(2).fill("Warm")
    await sales.get_by_role("button", name="Add a state").click()
    await sales.get_by_role("button", name="Save").click()
    await expect(sales.locator(".state-row", has_text="can't be empty")).to_have_count(1)
    await expect(names.nth(2)).to_have_value("Warm")
    await names.nth(4).fill("Viewing")
    await sales.get_by_label("Move up Viewing").click()
    await sales.get_by_label("A reason is demanded").check()
    await sales.get_by_role("button", name="Forbid a move").click()
    await sales.get_by_label("From").select_option(label="New")
    await sales.get_by_label("To", exact=True).select_option(label="Viewing")
    await sales.get_by_label("Why not").fill("Call them first.")
    await save(sales)
    await expect(sales.locator(".strip")).to_contain_text("Warm")
    await pictured(ada, "settings-pipeline")

    await late.get_by_role("button", name="Save", exact=True).click()
    await expect(late).to_contain_text("was changed in the meantime", timeout=SOON)
    await expect(late.get_by_label("Name", exact=True)).to_have_value("Homes")
    await late.get_by_role("button", name="Take theirs").click()
    await expect(late.get_by_label("Name of the state").nth(3)).to_have_value("Viewing")
    await expect(late.get_by_label("Name", exact=True)).to_have_value("Sales")

    header = await open_section(ada, "Lead Won")
    await header.get_by_label("Text of the button").fill("<b>")
    await header.get_by_role("button", name="Save").first.click()
    await expect(header).to_contain_text("Plain text without")
    await header.get_by_label("Text of the button").fill("Close the deal")
    await save(header.locator("form").first)

    await ben.get_by_role("link", name="Back to the card").click()
    bar = ben.get_by_test_id("state-bar")
    await bar.get_by_role("button", name="Viewing").click()
    await expect(ben.locator(".states")).to_contain_text("Call them first.", timeout=SOON)
    await bar.get_by_role("button", name="Lost").click()
    await ben.get_by_role("button", name="Move to Lost").click()
    await expect(ben.locator(".states [role=alert]")).not_to_be_empty(timeout=SOON)
    await bar.get_by_role("button", name="Warm").click()
    await expect(bar.locator("[aria-current]")).to_contain_text("Warm", timeout=SOON)
    await expect(ben.get_by_role("button", name="Close the deal")).to_be_visible(timeout=SOON)

    section = await open_section(ada, "Pipelines")
    await section.get_by_role("button", name="New pipeline").click()
    fresh = section.locator(".fresh")
    await fresh.get_by_label("Name", exact=True).fill("sales")
    await fresh.get_by_role("button", name="Make the pipeline").click()
    await expect(fresh).to_contain_text("There is a pipeline with this name.")
    await fresh.get_by_label("Name", exact=True).fill("Rentals")
    await fresh.get_by_role("button", name="Make the pipeline").click()
    rentals = await entry(section, "Rentals")
    await rentals.get_by_role("button", name="archive").last.click()
    await rentals.get_by_label("Archived", exact=True).check()
    await save(rentals)
    await section.get_by_role("button", name="1 archived").click()
    await rentals.get_by_role("button", name="Lost bring back").click()
    await rentals.get_by_label("Archived", exact=True).uncheck()
    await save(rentals)
    others = ben.get_by_label("Move to another pipeline")
    await expect(others.locator("option", has_text="Lost")).to_have_count(1, timeout=SOON)
    await ada.get_by_role("link", name="Back to the card").click()
    await expect(ada.get_by_label("New note")).to_have_text("half a thought")


@pytest.mark.behaviour("C26", "C30", "C31")
async def test_fields_change_their_type_and_come_back_without_losing_a_value(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada = await open_card(watched, set_up.first, ADA)
    ben = await open_card(watched, set_up.last, BEN)
    section = await open_section(ada, "Fields")
    await section.get_by_label("New group").fill("contact INFO")
    await section.get_by_role("button", name="Add a group").click()
    await expect(section).to_contain_text("There is a group with this name.", timeout=SOON)
    await section.get_by_label("New group").fill("House")
    await section.get_by_role("button", name="Add a group").click()
    house = section.locator(".field-group").last
    await expect(house.get_by_label("Name of the group")).to_have_value("House")
    await house.get_by_role("button", name="New field").click()
    fresh = house.locator(".fresh")
    await fresh.get_by_label("Name", exact=True).fill("Heating")
    await expect(fresh.get_by_label("Key for the API")).to_have_value("heating")
    await fresh.get_by_label("Type").select_option("NUMBER")
    await fresh.get_by_label("At least").fill("a few")
    await fresh.get_by_role("button", name="Make the field").click()
    await expect(fresh).to_contain_text("A number, such as")
    await fresh.get_by_label("Type").select_option("DROPDOWN")
    for option in ("Gas", "Wood"):
        await fresh.get_by_role("button", name="Add an option").click()
        await fresh.get_by_label("Option", exact=True).last.fill(option)
    await fresh.get_by_role("button", name="Make the field").click()

    await ben.get_by_label("Edit Heating").click(timeout=SOON)
    await ben.get_by_label("Heating", exact=True).select_option("Wood")
    await ben.locator("[data-property=heating] form button").click()
    row = ben.locator("[data-property=heating]")
    await expect(row.locator("dd")).to_have_text("Wood", timeout=SOON)
    heating = await entry(section, "Heating")
    await heating.get_by_label("Type").select_option("NUMBER")
    await expect(heating.get_by_text("Nothing is lost")).to_be_visible()
    await heating.get_by_label("Unit").fill("kW")
    await save(heating)
    await expect(heating.locator(".saved")).to_contain_text("1 lead has a value that does not fit")
    await expect(row).to_have_class("misfit", timeout=SOON)
    await expect(row.locator("dd")).to_contain_text("Wood")
    await pictured(ada, "settings-field")
    await heating.get_by_label("Type").select_option("DROPDOWN")
    await save(heating)
    await expect(heating.get_by_label("Option", exact=True)).to_have_count(2)
    await expect(row).not_to_have_class("misfit", timeout=SOON)
    await heating.locator(".option-row").last.get_by_role("button", name="archive").click()
    await heating.get_by_label("Required").check()
    await save(heating)
    await expect(row.locator("dt")).to_have_class("required", timeout=SOON)
    await expect(row.locator("dd")).to_have_text("Wood")

    await heating.get_by_label("Archived", exact=True).check()
    await save(heating)
    await expect(row).to_have_count(0, timeout=SOON)
    await house.get_by_role("button", name="1 archived").click()
    await heating.get_by_label("Archived", exact=True).uncheck()
    await save(heating)
    await expect(row.locator("dd")).to_have_text("Wood", timeout=SOON)
    await section.get_by_label("Group of Company").select_option(label="House")
    await house.get_by_label("Move up Company").click(timeout=SOON)
    await house.get_by_label("Name of the group").fill("Home")
    await house.get_by_role("button", name="Save", exact=True).first.click()
    home = ben.locator(".group:has(> h4 button:text-is('Home')) [data-property]")
    await expect(home.first).to_have_attribute("data-property", "company", timeout=SOON)

    section = await open_section(ada, "Summary")
    await section.get_by_label("Add a line").select_option("heating")
    await section.get_by_label("Move up Heating").click()
    await save(section)
    await ada.reload()
    lines = ada.get_by_role("list", name="Lines in order").locator("li")
    await expect(lines).to_have_count(4, timeout=SOON)
    await expect(lines.nth(2)).to_contain_text("Heating")
    told = ben.get_by_test_id("summary").locator("[data-line=heating]")
    await expect(told).to_contain_text("Wood", timeout=SOON)


def make_manager(url: str) -> None:
    """Makes Ben a manager."""
    with httpx2.Client(base_url=url) as client:
        signed = ask(
            client,
            "mutation($i: SignInInput!) { signIn(input: $i) { ... on SignInSuccess { token } } }",
            {"emailAddress": ADA, "password": PASSWORD, "wantsToken": True},
        )
        client.headers["authorization"] = f"Bearer {signed['signIn']['token']}"
        people = client.post(
            "/graphql", json={"query": "{ staffMembers(first: 9) { nodes { id name } } }"}
        ).json()["data"]["staffMembers"]["nodes"]
        ben = next(each["id"] for each in people if each["name"] == STAFF[BEN])
        ask(
            client,
            "mutation($i: UpdateStaffInput!) { updateStaff(input: $i) { __typename } }",
            {"staffId": ben, "role": "MANAGER"},
        )


@pytest.mark.behaviour("A42", "C6")
async def test_who_sees_and_offers_what_is_set_and_holds_at_once(
    set_up: SetUp, watched: Watched
) -> None:
    make_manager(set_up.first)
    await watched.open(f"{set_up.last}/demo-site")
    ada = await open_card(watched, set_up.first, ADA)
    ben = await open_card(watched, set_up.last, BEN)
    people = ben.get_by_label("Assignee").locator("option")
    await expect(people).to_have_text(["Nobody", *STAFF.values()], timeout=SOON)
    await ada.get_by_label("Assignee").select_option(STAFF[BEN])
    await ada.get_by_test_id("hand-over").click()

    section = await open_section(ada, "Teams")
    await section.get_by_role("button", name="New team").click()
    await section.get_by_label("Name", exact=True).fill("West")
    for kind in ("member", "manager"):
        await section.get_by_label(f"{STAFF[BEN]}, {kind}").check()
    await section.get_by_role("button", name="Make the team").click()
    await expect(section.locator(".entry-line")).to_contain_text("managed by Ben Boyd")
    section = await open_section(ada, "Who sees what")
    await section.get_by_label("Managers see").select_option("TEAM")
    await save(section)
    await expect(people).to_have_text(["Nobody", STAFF[BEN]], timeout=SOON)
    await ben.get_by_label("Assignee").select_option("Nobody")
    await ben.get_by_test_id("hand-over").click()
    await expect(ben.locator(".head")).to_contain_text("within your teams", timeout=SOON)
    await expect(ben.get_by_label("Assignee")).not_to_have_value("")

    section = await open_section(ada, "People")
    await section.get_by_role("button", name="Invite somebody").click()
    fresh = section.locator(".fresh")
    await fresh.get_by_label("Name", exact=True).fill("Cleo Cole")
    await fresh.get_by_label("E-mail").fill(BEN)
    await fresh.get_by_role("button", name="Invite", exact=True).click()
    await expect(fresh).to_contain_text("Somebody has this address.", timeout=SOON)
    await expect(fresh.get_by_label("Name", exact=True)).to_have_value("Cleo Cole")
    await fresh.get_by_label("E-mail").fill("cleo@team.example")
    await fresh.get_by_role("button", name="Invite", exact=True).click()
    link = await ada.get_by_test_id("invitation").locator("code").inner_text()
    assert "#invitation_" in link
    await expect(section.locator(".entry", has_text="Cleo Cole")).to_contain_text("invited")

    section = await open_section(ada, "Quick events")
    await section.get_by_role("button", name="New kind").click()
    await section.get_by_label("Name", exact=True).fill("Site visit")
    await section.get_by_role("radio", name="home").check(force=True)
    await section.get_by_role("button", name="Make the kind").click()
    await expect(ben.get_by_role("button", name="Site visit")).to_be_visible(timeout=SOON)
    section = await open_section(ada, "Important dates")
    await entry(section, "Closing")
    closing = section.locator(".entry").first
    await closing.get_by_label("Name", exact=True).fill("Keys")
    await save(closing)
    kinds = ben.locator(".dates select option")
    await expect(kinds.filter(has_text="Keys")).to_have_count(1, timeout=SOON)
    section = await open_section(ada, "Due dates")
    await section.get_by_label("Words for Overdue").fill("")
    await section.get_by_role("button", name="Save").click()
    await expect(section.locator(".band-row").first).to_contain_text("can't be empty")
    await section.get_by_label("Words for Overdue").fill("Too late")
    await save(section)
    await expect(ben.locator(".legend")).to_contain_text("Too late", timeout=SOON)
    section = await open_section(ada, "Workspace")
    seers = ben.locator(".notes").get_by_label("Who sees the note")
    await expect(seers).to_have_value("PRIVATE")
    await section.get_by_label("New notes are for").select_option("TEAM")
    await section.get_by_label("Time zone").fill("Mars/Base")
    await section.get_by_role("button", name="Save").click()
    await expect(section.locator(".refusal:not(:empty)")).to_have_count(1, timeout=SOON)
    await section.get_by_label("Time zone").fill("Europe/Berlin")
    await save(section)
    await expect(seers).to_have_value("TEAM", timeout=SOON)

    await ben.get_by_test_id("settings").click()
    links = ben.get_by_role("navigation", name="Settings").locator("li a")
    await expect(links.filter(has_text="Pipelines")).to_have_count(1)
    await expect(links.filter(has_text="Teams")).to_have_count(0)
    await ben.evaluate("location.hash = 'settings/teams'")
    await expect(ben.get_by_text("Nothing to set here")).to_be_visible()
    await ben.set_viewport_size({"width": 400, "height": 800})
    section = await open_section(ben, "Fields")
    await (await entry(section, "Company")).get_by_label("Name", exact=True).fill("Firm")
    assert await ben.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await pictured(ben, "settings-narrow")
