"""Fields on the card in two browsers: who edits what, clashes, groups, each one's own view."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card

pytestmark = pytest.mark.browser
SOON = 40_000


def group(page: Page, name: str) -> str:
    return f".group:has(> h4 button:text-is('{name}'))"


async def keys_in(page: Page, name: str) -> list[str]:
    rows = page.locator(f"{group(page, name)} [data-property]")
    found = [await row.get_attribute("data-property") for row in await rows.all()]
    return [key for key in found if key]


@pytest.mark.behaviour("G4", "C27", "C31", "C32", "C33")
async def test_two_people_edit_and_shape_the_fields_of_one_card(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada = await open_card(watched, set_up.first, next(iter(STAFF)))
    ben = await open_card(watched, set_up.last, list(STAFF)[1])

    await ada.get_by_label("Edit Company").click()
    row = ben.locator("[data-property=company]")
    await expect(row).to_contain_text("Ada Ames is editing this", timeout=SOON)
    await ben.get_by_label("Edit Company").click()
    await ben.get_by_label("Company", exact=True).fill("Boyd Ltd")
    await ada.get_by_label("Company", exact=True).fill("Ames Ltd")
    await ada.keyboard.press("Enter")
    await expect(row).to_contain_text("“Ames Ltd”", timeout=SOON)
    await expect(row).not_to_contain_text("is editing this", timeout=SOON)
    await ben.get_by_text("Keep mine").click()
    await expect(ada.locator("[data-property=company] dd")).to_have_text("Boyd Ltd", timeout=SOON)

    await ada.get_by_text("Customise").click()
    await ada.get_by_label("New group").fill("House")
    await ada.get_by_label("New group").press("Enter")
    await ada.get_by_label("New field in House").fill("Heating")
    house = ada.locator(group(ada, "House"))
    await house.get_by_label("Type").select_option("DROPDOWN")
    await house.get_by_label("Options").fill("Gas, Wood")
    await house.get_by_label("Options").press("Enter")
    await expect(ben.locator(group(ben, "House"))).to_contain_text("Heating", timeout=SOON)
    await ben.get_by_label("Edit Heating").click()
    await ben.get_by_label("Heating", exact=True).select_option("Wood")
    await ben.locator("[data-property=heating] form button").click()
    await expect(ada.locator("[data-property=heating] dd")).to_have_text("Wood", timeout=SOON)

    before = await keys_in(ada, "Contact info")
    await ada.get_by_label("Move down First name").click()
    await expect(
        ada.locator(f"{group(ada, 'Contact info')} [data-property]").first
    ).to_have_attribute("data-property", before[1], timeout=SOON)
    await ada.get_by_label("Hide Birthday").click()
    await expect(ada.locator("[data-property=birthday]")).to_have_count(0, timeout=SOON)
    await ada.set_viewport_size({"width": 1280, "height": 2600})  # a drag does not scroll
    await ada.locator("[data-property=job_title] .grip").drag_to(
        ada.locator("[data-property=heating]"), target_position={"x": 20, "y": 2}
    )
    await expect(ben.locator(f"{group(ben, 'House')} [data-property=job_title]")).to_have_count(
        1, timeout=SOON
    )
    assert await keys_in(ben, "House") == ["job_title", "heating"]
    assert (await keys_in(ben, "Contact info"))[0] == before[0], "an order of one's own"
    await ada.get_by_role("button", name="Done", exact=True).click()
    await ada.locator(f"{group(ada, 'Deal details')} .fold").click()
    await expect(ada.locator(f"{group(ada, 'Deal details')} .fold")).to_have_attribute(
        "aria-expanded", "false", timeout=SOON
    )
    await ada.reload()
    fold = ada.locator(f"{group(ada, 'Deal details')} .fold")
    await expect(fold).to_have_attribute("aria-expanded", "false", timeout=SOON)
    assert "birthday" not in await keys_in(ada, "Contact info")
    await expect(ada.locator("[data-property=birthday]")).to_have_count(0)
    assert "birthday" in await keys_in(ben, "Contact info")
