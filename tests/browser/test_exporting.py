"""Taking leads, and what is held about one person, away as files that the browser saves."""

import csv
import zipfile
from pathlib import Path

import orjson
import pytest
from playwright.async_api import Download, Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched
from tests.browser.test_card_by_link import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


async def saved(page: Page, testid: str, folder: Path) -> tuple[Download, Path]:
    """What a click has the browser save."""
    async with page.expect_download(timeout=30_000) as waiting:
        await page.get_by_test_id(testid).click()
    download = await waiting.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return download, path


@pytest.mark.behaviour("B1", "B3")
async def test_leads_and_one_persons_data_are_saved_as_files(
    set_up: SetUp, watched: Watched, tmp_path: Path
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    page = await watched.open(f"{set_up.first}/live")
    await sign_in(page, next(iter(STAFF)))
    await page.get_by_test_id("lead-row").first.click(timeout=30_000)
    name = await page.get_by_test_id("card-name").inner_text()

    await page.get_by_test_id("export").click()
    await expect(page.get_by_test_id("export-which")).to_have_text("All leads that you see.")
    await expect(page.get_by_role("checkbox", name="Name", exact=True)).to_be_checked()
    await page.get_by_role("button", name="None", exact=True).click()
    await page.get_by_test_id("export-go").click()
    await expect(page.get_by_role("alert").filter(has_text="at least one")).to_be_visible()
    await page.get_by_role("checkbox", name="Name", exact=True).check()
    await page.get_by_role("checkbox", name="State", exact=True).check()
    download, path = await saved(page, "export-go", tmp_path)
    assert download.suggested_filename.startswith("Leadlight leads 20")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Leadlight name", "Leadlight state"]
    assert [name, "New"] in rows
    await expect(page.get_by_test_id("export-told")).to_contain_text("on the way")
    await page.keyboard.press("Escape")

    await page.get_by_test_id("personal-data").click()
    download, path = await saved(page, "personal-data-go", tmp_path)
    assert download.suggested_filename == f"Personal data of {name}.zip"
    data = orjson.loads(zipfile.ZipFile(path).read("data.json"))
    assert [each["display_name"] for each in data["lead"]] == [name]
    assert data["visit_page"]
