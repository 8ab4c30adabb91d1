"""Handing a lead over, being told of it, and the password of its account, in real browsers."""

import os

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card, sign_in

pytestmark = pytest.mark.browser
PATIENCE = 40_000


async def pictured(page: Page, name: str) -> None:
    """For a look at it: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.behaviour("C8")
async def test_who_gets_a_lead_sees_it_at_the_bell_in_every_browser(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    bens = []
    for url in (set_up.first, set_up.last):
        ben = await watched.open(f"{url}/live")
        await sign_in(ben, ben_at)
        await expect(ben.get_by_test_id("connection")).to_have_text("live")
        bens.append(ben)
    await ada.get_by_label("Assignee").select_option(STAFF[ben_at])
    await expect(ada.get_by_test_id("hand-over")).to_have_text("Hand over to Ben Boyd")
    await ada.get_by_test_id("hand-over").click()
    for ben in bens:
        await expect(ben.get_by_test_id("unread")).to_have_text("1", timeout=PATIENCE)
    first, second = bens
    await first.get_by_test_id("bell").click()
    told = first.get_by_test_id("notifications").get_by_role("listitem")
    await expect(told).to_contain_text("is now yours.")
    await expect(told).to_contain_text("Ada Ames")
    await pictured(first, "bell")
    await told.get_by_role("link").click()
    await expect(first.get_by_test_id("card-name")).to_be_visible(timeout=PATIENCE)
    await expect(first.get_by_test_id("notifications")).to_be_hidden()
    for ben in bens:
        await expect(ben.get_by_test_id("unread")).to_be_hidden(timeout=PATIENCE)
    await ada.get_by_test_id("take").click()
    await expect(second.get_by_test_id("unread")).to_have_text("1", timeout=PATIENCE)
    await second.get_by_test_id("bell").click()
    await second.get_by_role("button", name="Mark all as read").click()
    for ben in bens:
        await expect(ben.get_by_test_id("unread")).to_be_hidden(timeout=PATIENCE)


@pytest.mark.behaviour("A9", "A10")
async def test_a_password_is_reset_from_the_card_and_shown_until_it_is_put_away(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    await ada.get_by_test_id("contact-input").fill("lena@mail.example")
    await ada.get_by_test_id("contact-input").press("Enter")
    await ada.get_by_role("button", name="Make an account").click(timeout=PATIENCE)
    for page in (ada, ben):
        await expect(page.get_by_test_id("account")).to_contain_text(
            "lena@mail.example", timeout=PATIENCE
        )
    await ada.get_by_test_id("reset-password").click()
    await expect(ada.get_by_text("is not told").first).to_be_visible()
    await ada.get_by_test_id("reset-sure").click()
    shown = ada.get_by_test_id("one-time-password")
    await expect(shown).to_contain_text("Shown this once", timeout=PATIENCE)
    password = await shown.locator("code").inner_text()
    await shown.scroll_into_view_if_needed()
    await pictured(ada, "password")
    for page in (ada, ben):
        await expect(page.get_by_test_id("account")).to_contain_text(
            "has to choose a new password", timeout=PATIENCE
        )
    assert password not in await ben.content()
    await shown.get_by_role("button", name="Done").click()
    await expect(shown).to_be_hidden()
    assert password not in await ada.content()
