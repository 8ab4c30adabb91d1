"""The card as it was, the check of its history, another day, and who of the team is here."""

import os

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PATIENCE = 40_000


async def pictured(page: Page, name: str) -> None:
    """For a look at it: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.behaviour("A45", "C5", "C45")
async def test_a_card_is_seen_as_it_was_while_it_goes_on_and_its_history_is_checked(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    await ada.get_by_role("button", name="Take this lead").click()
    await expect(ada.get_by_test_id("assignee-here")).to_have_text("here", timeout=PATIENCE)
    ben = await open_card(watched, set_up.last, ben_at)
    await expect(ben.get_by_test_id("assignee-here")).to_have_text("here", timeout=PATIENCE)

    tags = ben.get_by_label("New tag")
    await tags.fill("First")
    await tags.press("Enter")
    await ada.get_by_role("tab", name="History").click()
    row = ada.get_by_test_id("history").locator("li").filter(has_text="First")
    await expect(row).to_have_count(1, timeout=PATIENCE)
    await tags.fill("Second")
    await tags.press("Enter")
    await ben.get_by_label("New note").fill("Only of now")
    await ben.locator(".panel.notes").get_by_role("button", name="Add", exact=True).click()
    await expect(ada.locator("ol.notes")).to_contain_text("Only of now", timeout=PATIENCE)
    await row.hover()
    await row.get_by_role("button", name="the card then").click()
    then = ada.get_by_test_id("then")
    await expect(then).to_contain_text("Only to read", timeout=PATIENCE)
    await expect(then.locator(".tags")).to_have_text("First")
    await expect(then.get_by_test_id("then-diffs")).to_contain_text("Second")
    await expect(then).not_to_contain_text("Only of now")
    await expect(ada.get_by_label("New tag")).to_be_hidden()
    await pictured(ada, "then")
    await tags.fill("Third")
    await tags.press("Enter")
    await ben.locator(".tags li").filter(has_text="Third").wait_for()
    await ada.keyboard.press("Escape")
    await expect(then).to_be_hidden()
    await expect(ada.locator(".facts .tags")).to_contain_text("Third", timeout=PATIENCE)

    form = ada.get_by_test_id("then-form")
    await form.get_by_label("Day and time").fill("2001-02-03T04:05")
    await form.get_by_role("button").click()
    await expect(form).to_contain_text("did not exist then", timeout=PATIENCE)
    await ada.get_by_role("button", name="Check history").click()
    told = ada.get_by_test_id("history-check")
    await expect(told).to_contain_text("none was changed", timeout=PATIENCE)
    async with ada.expect_download() as arriving:
        await ada.get_by_role("button", name="Export history").click()
    download = await arriving.value
    assert "leadlight-history" in (await download.path()).read_text(encoding="utf-8")[:200]

    day = ada.locator("#day")
    await day.get_by_label("The next day").click()
    await expect(day).to_contain_text("Nothing on that day", timeout=PATIENCE)
    await day.get_by_role("button", name="Today").click()
    await expect(day.get_by_role("heading")).to_have_text("My day", timeout=PATIENCE)
    await ben.get_by_role("button", name="Sign out").click()
    await ada.goto(f"{set_up.first}/live#settings/people")
    people = ada.get_by_test_id("section-people").locator(".here")
    await expect(people.filter(has_text="last here")).to_have_count(1, timeout=PATIENCE)
    await expect(people).to_have_count(2)
