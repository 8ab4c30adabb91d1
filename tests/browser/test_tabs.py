"""What people write into the tabs of a card, and how they reach what lies further back."""

import os
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, STAFF, SetUp, Watched, ask, open_card

pytestmark = pytest.mark.browser
PATIENCE = 40_000


async def pictured(page: Page, name: str) -> None:
    """For a look at it: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.behaviour("A18", "A42", "C1", "C37")
async def test_a_task_is_given_timed_put_off_and_done_with_words_and_drafts_outlive_the_card(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    form = ada.locator(".panel.tasks > form")
    await form.get_by_label("A new task").fill("Call back")
    await form.get_by_label("Due on").fill("2030-05-01")
    await form.get_by_label("Due at").fill("14:30")
    await form.get_by_label("Who does it").select_option(STAFF[ben_at])
    await form.get_by_role("button", name="Add").click()
    row = ben.get_by_test_id("tasks").locator("li")
    await expect(row).to_contain_text("14:30 · Ben Boyd", timeout=PATIENCE)
    await row.get_by_role("button", name="Call back").click()
    await expect(row.get_by_label("Due on")).to_have_value("2030-05-01")
    await expect(row.get_by_label("Due at")).to_have_value("14:30")
    await row.get_by_label("Due on").fill("2030-05-02")
    await row.get_by_role("button", name="Save").click()
    seen = ada.get_by_test_id("tasks").locator("li")
    await expect(seen).to_contain_text("May 2, 2030 14:30", timeout=PATIENCE)
    await row.get_by_label("Put off").select_option("hour")
    await expect(seen).to_contain_text("put off until", timeout=PATIENCE)
    await row.get_by_role("button", name="Call back").click()
    await row.get_by_label("What came of it").fill("Wants the blue one")
    await row.get_by_role("button", name="Done").click()
    await expect(seen).to_contain_text("Wants the blue one", timeout=PATIENCE)
    await seen.get_by_role("button", name="Call back").click()
    await seen.get_by_role("button", name="Remove").click()
    await expect(seen).to_have_count(1)
    await seen.get_by_role("button", name="Sure? Remove").click()
    await expect(row).to_have_count(0, timeout=PATIENCE)

    dates = ada.locator(".panel.dates")
    await dates.get_by_label("Day", exact=True).fill("2030-05-01")
    await dates.get_by_label("Note on the date").fill("At the notary")
    await dates.get_by_role("button", name="Add").click()
    kept = ada.get_by_test_id("dates").locator("li")
    await expect(kept).to_contain_text("At the notary", timeout=PATIENCE)
    await kept.get_by_role("button", name="Edit").click()
    await kept.get_by_label("Day", exact=True).fill("2030-06-03")
    await kept.get_by_label("on the dashboard").uncheck()
    await kept.get_by_role("button", name="Save").click()
    told = ben.get_by_test_id("dates").locator("li")
    await expect(told).to_contain_text("Jun 3, 2030", timeout=PATIENCE)
    await expect(told).to_contain_text("not on the dashboard")

    await ada.get_by_test_id("chat-input").fill("Half an answer")
    await ada.get_by_role("textbox", name="New note").fill("Half a note")
    await ada.get_by_label("A new task").fill("Half a task")
    await ada.evaluate("location.hash = ''")
    await expect(ada.get_by_test_id("chat-input")).to_have_count(0)
    await ada.go_back()
    await expect(ada.get_by_test_id("chat-input")).to_have_value("Half an answer", timeout=PATIENCE)
    await expect(ada.get_by_role("textbox", name="New note")).to_have_text("Half a note")
    await expect(ada.get_by_label("A new task")).to_have_value("Half a task")
    await pictured(ada, "tabs")


@pytest.fixture
def notes(set_up: SetUp) -> Any:
    """Writes notes on the lead that is there, by the API."""

    def write(count: int) -> None:
        with httpx2.Client(base_url=set_up.first) as client:
            signed = ask(
                client,
                "mutation($i: SignInInput!) { signIn(input: $i) {"
                " ... on SignInSuccess { token } } }",
                {"emailAddress": next(iter(STAFF)), "password": PASSWORD, "wantsToken": True},
            )
            client.headers["authorization"] = f"Bearer {signed['signIn']['token']}"
            leads = client.post("/graphql", json={"query": "{ leads(first: 1) { nodes { id } } }"})
            lead = leads.json()["data"]["leads"]["nodes"][0]["id"]
            for number in range(count):
                answer = ask(
                    client,
                    "mutation($i: AddNoteInput!) { addNote(input: $i) { __typename } }",
                    {
                        "leadId": lead,
                        "idempotencyKey": f"note-{number:04}-of-the-story",
                        "html": f"<p>Note {number}</p>",
                        "visibility": "TEAM",
                    },
                )
                assert answer["addNote"]["__typename"] == "AddNoteSuccess", answer

    return write


@pytest.mark.behaviour("A48", "A54", "C44")
async def test_no_list_ends_before_its_first_item_and_the_history_can_be_narrowed(
    set_up: SetUp, watched: Watched, notes: Any
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ben = await open_card(watched, set_up.last, ben_at)
    notes(45)
    ada = await open_card(watched, set_up.first, ada_at)
    rows = ada.locator(".panel.notes > ol > li")
    await expect(rows).to_have_count(20, timeout=PATIENCE)
    await ada.get_by_test_id("earlier-notes").click()
    await expect(rows).to_have_count(45, timeout=PATIENCE)
    await expect(rows.last).to_contain_text("Note 0")
    await expect(ada.get_by_test_id("earlier-notes")).to_be_hidden()
    theirs = ben.locator(".panel.notes > ol > li").filter(has_text="Note 0")
    await theirs.get_by_role("button", name="Remove").click(timeout=PATIENCE)
    await theirs.get_by_role("button", name="Sure? Remove").click()
    await expect(rows).to_have_count(44, timeout=PATIENCE)

    await ada.get_by_role("tab", name="History").click()
    history = ada.get_by_test_id("history").locator("li")
    await expect(history).to_have_count(21)  # a page, and what came since
    kinds = ada.get_by_role("group", name="Kinds of changes")
    await kinds.get_by_role("button", name="Notes").click()
    await expect(history).to_have_count(40, timeout=PATIENCE)
    await ada.get_by_role("tabpanel").get_by_role("button", name="Show earlier").click()
    await expect(history).to_have_count(46, timeout=PATIENCE)
    who = ada.get_by_role("group", name="Who")
    await who.get_by_role("button", name="Lead").click()
    await expect(history).to_have_count(0, timeout=PATIENCE)
    await kinds.get_by_role("button", name="All").click()
    await expect(history.first).to_be_visible(timeout=PATIENCE)
