"""Planning on the card, and putting down what took place elsewhere, in real browsers."""

import os

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card

pytestmark = pytest.mark.browser
PATIENCE = 40_000


@pytest.mark.behaviour("A41", "A46", "A47", "C34", "C35")
async def test_what_is_planned_or_put_down_by_one_is_on_the_card_of_the_other(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)

    plan = ada.get_by_test_id("plan")
    await plan.locator("summary").click()
    await plan.get_by_label("Kind of appointment").select_option("SHOWING")
    await plan.get_by_label("Title of the appointment").fill("Flat tour")
    await plan.get_by_label("Place").fill("Elm Street 5")
    await plan.get_by_role("button", name="Plan").click()
    for card in (ada, ben):
        row = card.get_by_test_id("upcoming").locator("li")
        await expect(row).to_have_count(1, timeout=PATIENCE)
        await expect(row).to_contain_text("Flat tour")
        await expect(row).to_contain_text("Showing · Ada Ames · Elm Street 5")

    row = ben.get_by_test_id("upcoming").locator("li")
    await row.get_by_role("button", name="Flat tour").click()
    await row.get_by_label("Start").fill("2031-04-02T10:00")
    await row.get_by_label("End").fill("2031-04-02T11:30")
    await row.get_by_label("Who goes").select_option(STAFF[ben_at])
    await row.get_by_role("button", name="Save").click()
    for card in (ada, ben):
        moved = card.get_by_test_id("upcoming").locator("li")
        await expect(moved).to_contain_text("2 Apr, 10:00–11:30", timeout=PATIENCE)
        await expect(moved).to_contain_text("Showing · Ben Boyd · Elm Street 5")
    await row.locator("summary").click()
    await row.get_by_label("What came of it").select_option("HELD")
    await row.get_by_label("Note on the outcome").fill("Liked the light")
    await row.get_by_role("button", name="Save").click()
    for card in (ada, ben):
        row = card.get_by_test_id("upcoming").locator("li")
        await expect(row).to_contain_text("Liked the light", timeout=PATIENCE)

    log = ada.get_by_test_id("log")
    for what, words in (("CALL", "Wants a garden"), ("EMAIL", "Sent the plan")):
        await log.locator("summary").click()
        await log.get_by_label("What took place").select_option(what)
        await log.get_by_label("Words").fill(words)
        await log.get_by_role("button", name="Log").click()
        item = ben.get_by_test_id("timeline").locator("li").filter(has_text=words)
        await expect(item).to_have_count(1, timeout=PATIENCE)
    calls = ben.get_by_role("button", name="Calls")
    await calls.click()
    await expect(ben.get_by_test_id("timeline").locator("li")).to_have_count(1, timeout=PATIENCE)
    await expect(ben.get_by_test_id("timeline")).to_contain_text("Call to the lead")
    await expect(ben.get_by_test_id("messages").locator("li")).to_have_count(0)

    folder = os.environ.get("SCREENSHOTS")
    if folder:
        await ada.get_by_test_id("plan").locator("summary").click()
        await log.locator("summary").click()
        await ada.screenshot(path=f"{folder}/appointments.png", full_page=True)
