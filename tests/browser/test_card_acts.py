"""What the team does on a card and its visitor sees, in real browsers."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import BOTH, STAFF, SetUp, Watched, open_card

pytestmark = pytest.mark.browser
SET_UPS = BOTH
PATIENCE = 40_000


@pytest.mark.behaviour("A3", "A4", "A5", "C1")
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
    await row.get_by_role("button", name="Add a text").click()
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


async def send_pop_up(card: Page, title: str, wait: str | None = None, **link: str) -> None:
    form = card.get_by_test_id("popup")
    if await form.get_attribute("open") is None:
        await form.locator("summary").click()
    await form.get_by_label("Title of the pop-up").fill(title)
    await form.get_by_label("Text of the pop-up").fill("The kiln opens tonight.")
    await form.get_by_label("Button of the pop-up").fill(link.get("text", ""))
    await form.get_by_label("Address behind the button").fill(link.get("url", ""))
    if wait:
        await form.get_by_label("How long it waits for the lead").select_option(wait)
    await form.get_by_role("button", name="Show pop-up").click()


@pytest.mark.behaviour("B20")
async def test_a_pop_up_is_shown_seen_followed_and_dismissed_while_the_card_looks_on(
    set_up: SetUp, watched: Watched
) -> None:
    visitor = await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    await visitor.mouse.move(200, 200)
    await expect(ada.get_by_test_id("presence")).to_have_attribute(
        "data-state", "ONLINE", timeout=PATIENCE
    )
    await send_pop_up(ada, "Ten off", "1", text="See it", url=f"{set_up.last}/demo-site/fern-lamp")
    place = visitor.get_by_test_id("leadlight-pop-up")
    shown = place.get_by_role("dialog", name="Ten off")
    await expect(shown).to_contain_text("The kiln opens tonight.", timeout=PATIENCE)
    for card in (ada, ben):
        message = card.get_by_test_id("messages").locator("li").filter(has_text="Ten off")
        await expect(message).to_contain_text("seen", timeout=PATIENCE)
    await send_pop_up(ada, "Another one", "1")
    async with visitor.context.expect_page() as opened:
        await shown.get_by_role("link", name="See it").click()
    tab = await opened.value
    assert tab.url.endswith("/demo-site/fern-lamp")
    await tab.close()
    for card in (ada, ben):
        message = card.get_by_test_id("messages").locator("li").filter(has_text="Ten off")
        await expect(message).to_contain_text("button followed", timeout=PATIENCE)
    next_one = place.get_by_role("dialog", name="Another one")
    await expect(next_one).to_be_visible(timeout=PATIENCE)
    await next_one.get_by_role("button", name="Dismiss").click()
    await expect(place.get_by_role("dialog")).to_have_count(0)
    await visitor.reload()
    await expect(visitor.get_by_test_id("leadlight-launcher")).to_be_visible(timeout=PATIENCE)
    await expect(place.get_by_role("dialog")).to_have_count(0)
    history = ben.get_by_test_id("history").locator("li")
    for text in ("Received a pop-up.", "Saw a pop-up."):
        await expect(history.filter(has_text=text)).to_have_count(2, timeout=PATIENCE)
