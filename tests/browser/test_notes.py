"""Formatted notes with files, and the picture of a lead, in real browsers."""

import os

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card
from tests.pictures import picture

pytestmark = pytest.mark.browser
PATIENCE = 40_000


async def is_drawn(image: Locator) -> None:
    """Waits until a picture has come."""
    await expect(image).to_have_js_property("complete", True, timeout=PATIENCE)
    assert await image.evaluate("image => image.naturalWidth") > 0


@pytest.mark.behaviour("C39", "C40", "B5")
async def test_a_note_is_written_with_formats_and_files_and_everybody_sees_it(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    note = ada.get_by_label("New note")
    await expect(ada.get_by_role("toolbar", name="Format")).to_be_visible()
    await note.fill("Likes brass <script>")
    await note.press("Control+a")
    await ada.get_by_role("button", name="Bold").click()
    await note.press("End")
    await ada.get_by_label("Files for the note").set_input_files(
        [
            FilePayload(name="lamp.png", mimeType="image/png", buffer=picture()),
            FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"a plan"),
        ]
    )
    await expect(ada.get_by_label("Files to attach").locator("li")).to_have_count(2)
    add = ada.locator(".notes").get_by_role("button", name="Add")
    await expect(add).to_be_enabled(timeout=PATIENCE)
    await add.click()
    for card in (ada, ben):
        shown = card.locator("ol.notes > li")
        await expect(shown.locator("strong")).to_have_text("Likes brass <script>", timeout=PATIENCE)
        await expect(shown.locator(".files li")).to_have_count(2)
        await is_drawn(shown.locator(".files img"))
        await expect(note).to_have_text("")
    async with ben.expect_download() as saved:
        await ben.locator("ol.notes").get_by_title("Download plan.txt").click()
    assert (await saved.value).suggested_filename == "plan.txt"
    await ada.get_by_label("Picture file").set_input_files(
        {"name": "lena.png", "mimeType": "image/png", "buffer": picture()}
    )
    for card in (ada, ben):
        await is_drawn(card.get_by_test_id("avatar").locator("img"))
    await ben.get_by_label("File of your picture").set_input_files(
        {"name": "ben.png", "mimeType": "image/png", "buffer": picture()}
    )
    await is_drawn(ben.get_by_test_id("my-picture").locator("img"))
    await ben.reload()
    await is_drawn(ben.get_by_test_id("my-picture").locator("img"))
    if folder := os.environ.get("SCREENSHOTS"):
        await ben.screenshot(path=f"{folder}/notes.png", full_page=True)
    await ada.locator("ol.notes").get_by_role("button", name="Remove").click()
    await ada.locator("ol.notes").get_by_role("button", name="Sure? Remove").click()
    for card in (ada, ben):
        await expect(card.locator("ol.notes > li")).to_have_count(0, timeout=PATIENCE)


async def test_a_file_of_a_wrong_type_is_refused_where_it_was_chosen(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada = await open_card(watched, set_up.first, next(iter(STAFF)))
    await ada.get_by_label("Picture file").set_input_files(
        {"name": "lena.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
    )
    refusal = ada.locator(".head").get_by_text("The content is no png.")
    await expect(refusal).to_be_visible(timeout=PATIENCE)
    await expect(ada.get_by_test_id("avatar").locator("img")).to_have_count(0)


@pytest.mark.behaviour("C39")
async def test_two_who_edit_one_note_lose_neither_text(set_up: SetUp, watched: Watched) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    await ada.get_by_label("New note").fill("Likes brass")
    await ada.locator(".notes").get_by_role("button", name="Add").click()
    for card in (ada, ben):
        await card.locator("ol.notes").get_by_role("button", name="Edit").click(timeout=PATIENCE)
    of_ada, of_ben = (card.get_by_label("Text of the note") for card in (ada, ben))
    await of_ben.fill("Likes steel")
    await of_ada.press("Control+a")
    await ada.locator("ol.notes").get_by_role("button", name="Bold").click()
    await ada.locator("ol.notes").get_by_role("button", name="Save").click()
    theirs = ben.locator(".theirs")
    await expect(theirs.locator("strong")).to_have_text("Likes brass", timeout=PATIENCE)
    await expect(of_ben).to_have_text("Likes steel")
    await ben.get_by_role("button", name="Keep mine").click()
    shown = ada.locator("ol.notes > li")
    await expect(shown).to_contain_text("Likes steel", timeout=PATIENCE)
    await expect(shown).to_contain_text("edited")
    await shown.get_by_role("button", name="Edit").click()
    await of_ada.fill("Likes wood")
    await ben.locator("ol.notes").get_by_role("button", name="Remove").click()
    await ben.locator("ol.notes").get_by_role("button", name="Sure? Remove").click()
    await expect(shown).to_contain_text("was removed meanwhile", timeout=PATIENCE)
    await expect(of_ada).to_have_text("Likes wood")
