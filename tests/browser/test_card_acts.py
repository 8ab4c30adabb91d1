"""What the team does on a card and its visitor sees, in real browsers."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PATIENCE = 15_000


@pytest.mark.behaviour("A3", "A4", "A5")
async def test_an_event_is_recorded_at_one_click_and_written_on_later(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    await ada.get_by_test_id("quick").get_by_role("button", name="Left a voicemail").dblclick()
    for card in (ada, ben):
        clicked = card.get_by_test_id("events").locator("li").filter(has_text="Left a voicemail")
        await expect(clicked).to_have_count(1, timeout=PATIENCE)
        await expect(clicked).to_contain_text("Ada Ames")
    row = ben.get_by_test_id("events").locator("li").filter(has_text="Left a voicemail")
    await row.get_by_role("button", name="Add what was said").click()
    await row.get_by_role("textbox").fill("Call back\nafter five")
    await row.get_by_role("button", name="Save").click()
    for card in (ada, ben):
        text = card.get_by_test_id("events").locator(".annotation")
        await expect(text).to_have_text("Call back\nafter five", timeout=PATIENCE)


@pytest.mark.behaviour("C36")
async def test_the_timeline_goes_on_by_itself_and_is_filtered(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    await ada.get_by_label("New note").fill("Likes brass")
    await ada.locator(".notes").get_by_role("button", name="Add").click()
    await ada.get_by_test_id("quick").get_by_role("button", name="Meeting").click()
    for card in (ada, ben):
        items = card.get_by_test_id("timeline").locator("li")
        for text in ("Meeting", "Likes brass", "Created the lead."):
            await expect(items.filter(has_text=text)).to_have_count(1, timeout=PATIENCE)
        await card.get_by_role("button", name="Notes", exact=True).click()
        await expect(items).to_have_count(1, timeout=PATIENCE)
        await expect(items).to_contain_text("Likes brass")
        await card.get_by_role("tab", name="History").click()
        await expect(card.get_by_test_id("history")).to_be_visible()
        await expect(card.get_by_test_id("timeline")).to_be_hidden()
