"""A visitor on one side, two of the team on the other, in three real browsers."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import BOTH, STAFF, SetUp, Watched, open_card

pytestmark = pytest.mark.browser
SET_UPS = BOTH

# An engine that begins empty takes no lamp back before the longest lease has passed, see TIME.
SLEEP_IS_TOLD = 60

WATCH_PRESENCE = """() => {
  const lamp = document.querySelector('[data-testid=presence]');
  window.seenPresence = [lamp.dataset.state];
  new MutationObserver(() => {
    const state = document.querySelector('[data-testid=presence]').dataset.state;
    if (window.seenPresence.at(-1) !== state) window.seenPresence.push(state);
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


async def has_presence(page: Page, state: str, seconds: float) -> None:
    lamp = page.get_by_test_id("presence")
    await expect(lamp).to_have_attribute("data-state", state, timeout=seconds * 1000)


async def looks_at(page: Page, text: str) -> None:
    """What the card says of the visitor's pages."""
    await expect(page.get_by_test_id("pages")).to_contain_text(text, timeout=30_000)


async def write_as_visitor(page: Page, text: str) -> None:
    await page.get_by_test_id("leadlight-input").fill(text)
    await page.get_by_test_id("leadlight-send").click()


async def write_as_staff(page: Page, text: str) -> None:
    await page.get_by_test_id("chat-input").fill(text)
    await page.get_by_test_id("chat-send").click()


async def texts(page: Page, list_id: str) -> list[str]:
    return await page.get_by_test_id(list_id).locator("li[data-id]").all_inner_texts()


async def says_once(page: Page, list_id: str, *wanted: str) -> None:
    """Each of the messages is there, once."""
    for text in wanted:
        found = page.get_by_test_id(list_id).locator("li[data-id]").filter(has_text=text)
        await expect(found).to_have_count(1, timeout=30_000)


@pytest.mark.behaviour("B6")
async def test_a_card_follows_a_visitor_through_chat_sleep_crash_and_leave(
    set_up: SetUp, watched: Watched
) -> None:
    visitor = await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    cards = (ada, ben)

    await visitor.mouse.move(200, 200)
    for card in cards:
        await has_presence(card, "ONLINE", 3)
        await looks_at(card, "on /demo-site")
    tab = await visitor.context.new_page()
    await tab.goto(f"{set_up.last}/demo-site/harbour-panel")
    for card in cards:
        await looks_at(card, "2 tabs")
    await tab.close(run_before_unload=True)
    await visitor.goto(f"{set_up.last}/demo-site/fern-lamp")
    for card in cards:
        await looks_at(card, "on /demo-site/fern-lamp")
    await visitor.get_by_test_id("leadlight-launcher").click()
    await write_as_visitor(visitor, "Is the fern lamp in stock?")
    for card in cards:
        await says_once(card, "messages", "Is the fern lamp in stock?")
    await write_as_staff(ada, "Two are left.")
    await says_once(visitor, "leadlight-messages", "Two are left.")
    await says_once(ben, "messages", "Two are left.")

    for card in cards:
        await has_presence(card, "SLEEPING", SLEEP_IS_TOLD)
    await visitor.mouse.move(240, 240)
    for card in cards:
        await has_presence(card, "ONLINE", 3)

    for card in cards:
        await card.evaluate(WATCH_PRESENCE)
    await break_down(set_up)
    await write_as_visitor(visitor, "Written while you were away")
    await write_as_staff(ada, "Answered while I was away")
    await visitor.mouse.move(280, 280)
    bring_back(set_up)
    await visitor.mouse.move(300, 300)
    for card in cards:
        await says_once(
            card, "messages", "Written while you were away", "Answered while I was away"
        )
        await expect(card.get_by_test_id("connection")).to_have_text("live", timeout=30_000)
    await says_once(visitor, "leadlight-messages", "Answered while I was away")

    await write_as_staff(ben, "Ben here as well.")
    await says_once(visitor, "leadlight-messages", "Ben here as well.")
    for card in cards:
        await says_once(card, "messages", "Ben here as well.")
        assert len(await texts(card, "messages")) == 5
        assert "OFFLINE" not in await card.evaluate("window.seenPresence")
        history = await card.get_by_test_id("history").locator("li").all_inner_texts()
        assert sum("Wrote a chat message" in entry for entry in history) == 5

    await visitor.close(run_before_unload=False)
    for card in cards:
        await has_presence(card, "OFFLINE", 50)


async def break_down(set_up: SetUp) -> None:
    """Embedded: the server dies. At scale: Redis and the first API process die."""
    set_up.servers[0].kill()
    if set_up.redis:
        set_up.redis.kill()


def bring_back(set_up: SetUp) -> None:
    if set_up.redis:
        set_up.redis.start()
    set_up.servers[0].start()


async def test_a_wrong_password_is_told_and_nothing_opens(set_up: SetUp, watched: Watched) -> None:
    page = await watched.open(f"{set_up.first}/live")
    await page.get_by_test_id("sign-in-email").fill(next(iter(STAFF)))
    await page.get_by_test_id("sign-in-password").fill("not the password")
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.get_by_text("The address or the password is wrong.")).to_be_visible()
