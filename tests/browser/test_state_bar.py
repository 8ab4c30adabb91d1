"""Where a lead stands: one person moves it, another one looks on, in real browsers."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card

pytestmark = pytest.mark.browser
PATIENCE = 40_000


@pytest.mark.behaviour("C2", "C4", "C9", "C11", "C14")
async def test_a_lead_is_lost_won_and_reopened_before_the_eyes_of_a_colleague(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    bar = ben.get_by_test_id("state-bar")
    current = bar.locator("[aria-current]")
    await expect(current).to_contain_text("New")
    await ada.get_by_test_id("state-bar").get_by_role("button", name="Qualified").click()
    await expect(current).to_contain_text("Qualified", timeout=PATIENCE)
    await expect(current).to_contain_text("min")
    await expect(bar.locator(".passed")).to_have_count(1)
    await ada.get_by_test_id("state-bar").get_by_role("button", name="Lost").click()
    await ada.get_by_label("Why it was lost").fill("Too dear")
    await ada.get_by_role("button", name="Move to Lost").click()
    await expect(ben.get_by_test_id("loss-reason")).to_have_text("Lost: Too dear", timeout=PATIENCE)
    await ben.get_by_role("button", name="Lead won").dblclick()
    for card in (ada, ben):
        await expect(card.get_by_test_id("won")).to_contain_text("✓ Won", timeout=PATIENCE)
        await expect(card.get_by_test_id("loss-reason")).to_be_hidden()
    await ada.get_by_role("button", name="Customise the header").click()
    dialog = ada.get_by_role("dialog", name="Header of all cards")
    await dialog.get_by_label("Text once it is won").fill("Sold")
    await dialog.get_by_label("Text of the button").fill("Close the deal")
    await dialog.get_by_role("button", name="Save").click()
    await expect(ben.get_by_test_id("won")).to_contain_text("✓ Sold", timeout=PATIENCE)
    await ben.get_by_role("button", name="Reopen").click()
    await expect(current).to_contain_text("Qualified", timeout=PATIENCE)
    await expect(ada.get_by_role("button", name="Close the deal")).to_be_visible(timeout=PATIENCE)
    history = ben.get_by_test_id("history").locator("li").filter(has_text="Moved the lead to")
    await expect(history).to_have_count(4)


@pytest.mark.behaviour("C2")
async def test_who_the_lead_is_and_where_it_stands_stay_in_sight(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    card = await open_card(watched, set_up.first, next(iter(STAFF)))
    await expect(card.get_by_test_id("slim-head")).to_be_hidden()
    await card.locator(".past").scroll_into_view_if_needed()
    await card.set_viewport_size({"width": 1280, "height": 300})
    await card.locator(".past").evaluate("(panel) => panel.scrollIntoView()")
    slim = card.get_by_test_id("slim-head")
    await expect(slim).to_be_in_viewport(timeout=PATIENCE)
    await expect(slim).to_contain_text(await card.get_by_test_id("card-name").inner_text())
    await expect(slim).to_contain_text("New")
