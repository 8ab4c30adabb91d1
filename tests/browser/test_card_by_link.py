"""A card opened by its link, and what a person does on top of it and with its contacts."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, STAFF, SetUp, Watched

pytestmark = pytest.mark.browser


async def sign_in(page: Page, address: str) -> None:
    await page.get_by_test_id("sign-in-email").fill(address)
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()


async def contacts(page: Page) -> list[str]:
    return await page.locator(".contact li > span:first-child").all_inner_texts()


@pytest.mark.behaviour("B22", "A11", "B7", "B13")
async def test_a_link_opens_the_card_after_sign_in_and_two_people_edit_its_contacts(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await watched.open(f"{set_up.first}/live")
    await sign_in(ada, ada_at)
    await ada.get_by_test_id("lead-row").first.click(timeout=30_000)
    name = await ada.get_by_test_id("card-name").inner_text()

    ben = await watched.open(f"{set_up.last}/live{ada.url[ada.url.index('#') :]}")
    await expect(ben.get_by_test_id("sign-in-email")).to_be_visible()
    await expect(ben.get_by_test_id("card-name")).to_have_count(0)
    await sign_in(ben, ben_at)
    await expect(ben.get_by_test_id("card-name")).to_have_text(name, timeout=30_000)
    zone = await ben.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    await expect(ben.get_by_test_id("local-time")).to_contain_text(zone)

    for text in ("lena@mail.example", "+49 30 901820", "lena@work.example"):
        await ada.get_by_test_id("contact-input").fill(text)
        await ada.get_by_test_id("contact-input").press("Enter")
        await expect(ada.get_by_test_id("contact-input")).to_have_value("")
    for page in (ada, ben):
        await expect(page.locator(".contact li")).to_have_count(3, timeout=30_000)
        await expect(page.get_by_test_id("card-name")).to_have_text("lena@mail.example")
    await ben.get_by_label("Use lena@work.example first").click()
    for page in (ada, ben):
        await expect(page.get_by_test_id("card-name")).to_have_text(
            "lena@work.example", timeout=30_000
        )
    await ada.get_by_label("remove lena@work.example").click()
    await ada.get_by_label("sure? remove lena@work.example").click()
    await expect(ben.locator(".contact li")).to_have_count(2, timeout=30_000)
    assert await contacts(ben) == ["lena@mail.example primary", "+4930901820 primary"]

    zone_row = ada.locator("[data-property=time_zone]")
    await zone_row.hover()
    await zone_row.get_by_text("pin", exact=True).click()
    pin = ada.locator(".pins li")
    await expect(pin).to_contain_text(zone)
    await expect(ben.locator(".pins li")).to_have_count(0)
    await ada.reload()
    await expect(pin).to_contain_text(zone, timeout=30_000)
