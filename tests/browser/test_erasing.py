"""Erasing a lead on its card, and what others see of it then."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched
from tests.browser.test_card_by_link import sign_in

pytestmark = pytest.mark.browser


@pytest.mark.behaviour("B28", "B22")
async def test_a_lead_is_erased_after_its_name_was_typed_and_every_card_of_it_ends(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await watched.open(f"{set_up.first}/live")
    await sign_in(ada, ada_at)
    await ada.get_by_test_id("lead-row").first.click(timeout=30_000)
    name = await ada.get_by_test_id("card-name").inner_text()
    link = f"/live{ada.url[ada.url.index('#') :]}"
    ben = await watched.open(f"{set_up.last}{link}")
    await sign_in(ben, ben_at)
    await expect(ben.get_by_test_id("card-name")).to_have_text(name, timeout=30_000)

    await ada.get_by_test_id("erase").click()
    await ada.get_by_test_id("erase-name").fill("Somebody else")
    await expect(ada.get_by_test_id("erase-sure")).to_be_disabled()
    await ada.get_by_test_id("erase-name").fill(name)
    await ada.get_by_test_id("erase-sure").click()
    for page in (ada, ben):
        ending = page.locator("[data-ending=ERASED]")
        await expect(ending).to_contain_text(re.compile("erased.*Erased just now", re.S))
        await expect(page.get_by_test_id("lead-row")).to_have_count(0, timeout=30_000)
    await ben.reload()
    await expect(ben.locator("[data-ending=ERASED]")).to_be_visible(timeout=30_000)
