"""A segment made on the page with its outcome beside, and a card that enters it live."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched, sign_in
from tests.browser.test_merging import create
from tests.browser.test_rules import pictured

pytestmark = pytest.mark.browser


@pytest.mark.behaviour("B12")
async def test_a_segment_is_made_and_a_card_enters_it_live(set_up: SetUp, watched: Watched) -> None:
    ada_at, ben_at = STAFF
    ada = await watched.open(f"{set_up.first}/live#segments")
    await sign_in(ada, ada_at)
    await expect(ada.get_by_test_id("section-segments")).to_be_visible()
    lead = await create(ada, "one", firstName="Lena", lastName="Lorenz")
    ben = await watched.open(f"{set_up.last}/live#{lead}")
    await sign_in(ben, ben_at)
    await expect(ben.get_by_test_id("card-name")).to_have_text("Lena Lorenz")
    await ada.get_by_role("button", name="New segment").click()
    await ada.get_by_label("Name", exact=True).fill("Warm")
    for _ in range(2):
        await ada.get_by_role("button", name="Add a clause").click()
    first, second = (ada.get_by_label("What is looked at").nth(each) for each in (0, 1))
    await first.select_option("isAnonymous")
    await second.select_option("tags")
    await expect(first.locator("option[value=presence]")).to_have_count(0)
    await ada.get_by_label("Which", exact=True).select_option(label="an address or a number")
    await ada.get_by_label("Tags").fill("VIP")
    await expect(ada.get_by_test_id("preview")).to_contain_text("0 leads of yours")
    await ada.get_by_label("How many have to hold").select_option("or")
    await expect(ada.get_by_test_id("preview")).to_contain_text("1 lead of yours")
    await expect(ada.locator(".sample")).to_contain_text("Lena Lorenz")
    await pictured(ada, "segment-preview")
    await ada.get_by_label("How many have to hold").select_option("and")
    await ada.get_by_role("button", name="Make the segment").click()
    count = ada.get_by_test_id("segment-count")
    await expect(count).to_have_text("0 leads")
    await ben.get_by_label("New tag").fill("VIP")
    await ben.get_by_label("New tag").press("Enter")
    shown = ben.get_by_test_id("segments")
    await expect(shown).to_contain_text("Warm")
    await shown.get_by_text("Warm").click()
    await expect(shown).to_contain_text("has the tag “VIP”")
    await expect(shown).to_contain_text("In it since")
    await pictured(ben, "segment-card")
    await ada.reload()
    await expect(count).to_have_text("1 lead")
    await ada.get_by_role("button", name="Warm").click()
    await ada.get_by_text("Who is in it now").click()
    await expect(ada.locator(".members")).to_contain_text("Lena Lorenz")
    await pictured(ada, "segment-open")
