"""Tasks, important dates and one's own day on the live page."""

from datetime import date

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched, open_card

pytestmark = pytest.mark.browser
PATIENCE = 40_000


async def add_task(card: Page, title: str, due: str | None = None) -> None:
    await card.get_by_label("A new task").fill(title)
    if due:
        await card.locator(".tasks").get_by_label("Due on").first.fill(due)
    await card.locator(".panel.tasks").get_by_role("button", name="Add").click()
    await expect(card.get_by_label("A new task")).to_have_value("", timeout=PATIENCE)


async def give_task(card: Page, name: str, title: str) -> None:
    """Gives somebody a task on the open lead, by the page's own session."""
    await card.evaluate(
        """async ([name, title]) => {
          const { mutate, request } = await import("/live/assets/graphql.js");
          const { staffMembers: { nodes } } = await request(
            "query { staffMembers(first: 9) { nodes { id name } } }");
          const answer = await mutate(`mutation($input: CreateTaskInput!) {
            createTask(input: $input) { __typename } }`, { leadId: location.hash.slice(1), title,
            idempotencyKey: crypto.randomUUID(),
            assigneeId: nodes.find((one) => one.name === name).id });
          if (answer.__typename !== "CreateTaskSuccess") throw new Error(answer.__typename);
        }""",
        [name, title],
    )


@pytest.mark.behaviour("A18", "A42", "A44", "A45")
async def test_a_task_is_coloured_named_done_and_changed_for_everybody_who_looks(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await open_card(watched, set_up.first, ada_at)
    ben = await open_card(watched, set_up.last, ben_at)
    await add_task(ada, "Send the offer", date.today().isoformat())
    await add_task(ada, "Late one", "2020-01-01")
    for card in (ada, ben):
        rows = card.get_by_test_id("tasks").locator("li")
        await expect(rows).to_have_count(2, timeout=PATIENCE)
        await expect(rows.first).to_contain_text("Late one")
        await expect(rows.first.locator(".band")).to_have_text("Overdue")
        await expect(card.locator(".legend")).to_contain_text("Within 7 days")
    day = ada.get_by_test_id("day")
    await expect(day.locator("li").filter(has_text="Late one")).to_be_visible(timeout=PATIENCE)
    row = ben.get_by_test_id("tasks").locator("li").filter(has_text="Late one")
    await row.get_by_role("button", name="Late one").click()
    form = ben.get_by_test_id("tasks").locator("form")
    await form.get_by_label("Title").fill("Ask again")
    await form.get_by_role("button", name="Save").click()
    row = ada.get_by_test_id("tasks").locator("li").filter(has_text="Ask again")
    await expect(row).to_be_visible(timeout=PATIENCE)
    await row.get_by_role("checkbox").check()
    done = ben.get_by_test_id("tasks").locator("li").last
    await expect(done.locator(".band")).to_have_text("Done", timeout=PATIENCE)
    await expect(day.locator("li").filter(has_text="Ask again")).to_have_count(0, timeout=PATIENCE)
    await give_task(ada, STAFF[ben_at], "Measure the hall")
    await expect(ben.get_by_test_id("unread")).to_have_text("1", timeout=PATIENCE)
    await ben.goto(f"{set_up.last}/live#")
    await ben.get_by_test_id("bell").click()
    await ben.get_by_test_id("notifications").get_by_role("link").click()
    row = ben.get_by_test_id("tasks").locator("li").filter(has_text="Measure the hall")
    await expect(row).to_be_in_viewport(timeout=PATIENCE)
    await expect(ben).to_have_url(ada.url.replace(set_up.first, set_up.last))
    await ada.get_by_label("Day", exact=True).fill("2030-05-01")
    await ada.locator(".panel.dates").get_by_role("button", name="Add").click()
    for card in (ada, ben):
        await expect(card.get_by_test_id("dates")).to_contain_text("Closing", timeout=PATIENCE)
