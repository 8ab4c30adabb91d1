"""The list of leads shaped by a filter, in a real browser."""

import asyncio
import os
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import STAFF, SetUp, Watched, sign_in

pytestmark = pytest.mark.browser
PATIENCE = 40_000
WEEK = {"amount": 1, "unit": "WEEK"}
AT = "2026-03-01T10:00:00.123Z"
TEXTS: list[dict[str, Any]] = [
    {"is": "a"}, {"in": ["a", "b"]}, {"contains": "a"}, {"startsWith": "a"}, {"isEmpty": False},
]  # fmt: skip
NUMBERS: list[dict[str, Any]] = [
    {"is": "1"}, {"atLeast": "1.50"}, {"atMost": "2"}, {"between": {"from": "1", "to": "2"}},
    {"isEmpty": True},
]  # fmt: skip
INSTANTS: list[dict[str, Any]] = [
    {"withinLast": WEEK}, {"notWithinLast": WEEK}, {"before": {"at": AT}}, {"since": {"ago": WEEK}},
    {"before": {"ahead": WEEK}}, {"between": {"from": AT}}, {"on": "2026-03-01"},
    {"isEmpty": True},
]  # fmt: skip
CLAUSES: list[dict[str, Any]] = [
    *({"name": test} for test in TEXTS),
    *({"value": {"currency": "USD", "amount": test}} for test in NUMBERS),
    *({"lastSeenAt": test} for test in INSTANTS),
    {"createdAt": {"isEmpty": False}},
    {"ids": [f"lead_{'0' * 32}"]},
    {"priority": ["HIGH", "LOW"]},
    {"state": {"in": [f"state_{'0' * 32}"]}},
    {"state": {"kindIn": ["OPEN"]}},
    {"state": {"longerThan": WEEK}},
    {"assignee": {"isMe": True}},
    {"assignee": {"isNobody": False}},
    {"assignee": {"teamId": f"team_{'0' * 32}"}},
    {"tags": {"all": ["VIP", "Investor"]}},
    {"tags": {"isEmpty": True}},
    {"property": {"fieldKey": "company", "is": {"text": {"contains": "Ltd"}}}},
    {"property": {"fieldKey": "company", "is": {"isEmpty": True}}},
    {"property": {"fieldKey": "long_gone", "is": {"number": {"atLeast": "3"}}}},
    {"presence": ["ONLINE"]},
    {"segmentId": f"segment_{'0' * 32}"},
    {"subscription": {"in": ["BOUNCED"]}},
    {"subscription": {"hasNoAddress": True}},
    {"event": {}},
    {
        "event": {
            "name": "Visited",
            "count": {"atLeast": 3},
            "within": {"withinLast": WEEK},
            "parameters": [
                {"name": "page", "is": {"text": {"is": "/"}}},
                {"name": "price", "is": {"number": {"atMost": "9"}}},
                {"name": "new", "is": {"boolean": True}},
            ],
            "lastAt": {"on": "2026-03-01"},
        }
    },
    {"event": {"kindId": f"eventkind_{'0' * 32}"}},
    {"conversation": {}},
    {"conversation": {"states": ["OPEN"], "waitingLongerThan": WEEK, "lastDirection": "TO_LEAD"}},
    {"task": {"bands": ["OVERDUE"], "assignee": {"isMe": True}}},
    {"location": {"countries": ["DE"]}},
    {"location": {"region": {"contains": "Bavaria"}}},
    {"location": {"city": {"isEmpty": True}}},
    {"location": {"timeZones": ["Europe/Berlin"]}},
    {"location": {"localTimeBetween": {"from": "22:00", "to": "06:00"}}},
    {"isHidden": False},
    {"listingType": "RENTALS"},
]
GROUPS: list[Any] = [
    None,
    {"not": {"isHidden": True}},
    {
        "not": {
            "or": [{"isHidden": True}, {"not": {"and": [{"isHidden": True}, {"isHidden": False}]}}]
        }
    },
]
EDITED = """async (filters) => {
  const { filterBuilder, filterChoices } = await import("/live/assets/filter-builder.js");
  const choices = await filterChoices();
  return filters.map((filter) => {
    const builder = filterBuilder({ choices, explain: async () => ({ clauses: [] }) });
    builder.set(filter);
    return [builder.value(), builder.problems().length];
  });
}"""


async def pictured(page: Page, name: str) -> None:
    """For a look at it: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.behaviour("B3")
async def test_a_filter_is_the_same_after_it_was_taken_apart_into_controls(
    set_up: SetUp, watched: Watched
) -> None:
    page = await watched.open(f"{set_up.first}/live")
    await sign_in(page, next(iter(STAFF)))
    await expect(page.get_by_test_id("connection")).to_have_text("live", timeout=PATIENCE)
    given = [*CLAUSES, *GROUPS]
    assert await page.evaluate(EDITED, given) == [[each, 0] for each in given]


MORE = "query MoreLeads"
ACT = """async ([name, input]) => {
  const { request } = await import("/live/assets/graphql.js");
  const type = name[0].toUpperCase() + name.slice(1);
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename } }`;
  return (await request(query, { input }))[name].__typename;
}"""


async def act(page: Page, name: str, **given: Any) -> None:
    done = await page.evaluate(ACT, [name, given])
    assert done == f"{name[0].upper()}{name[1:]}Success", done


@pytest.mark.behaviour("B3", "A12")
async def test_a_list_is_narrowed_saved_shared_and_alive(set_up: SetUp, watched: Watched) -> None:
    ada_at, ben_at = STAFF
    ada = await watched.open(f"{set_up.first}/live")
    await sign_in(ada, ada_at)
    await expect(ada.get_by_test_id("connection")).to_have_text("live", timeout=PATIENCE)
    await act(ada, "createField", key="budget", label="Budget", type="NUMBER")
    for name, budget, tags in (
        ("Anna", "100", ["VIP"]),
        ("Bert", "300", ["VIP"]),
        ("Cleo", "", []),
    ):
        properties = [{"fieldKey": "budget", "value": {"number": budget}}] if budget else []
        await act(
            ada, "createLead", idempotencyKey=f"make-{name}-now", person={"firstName": name},
            properties=properties, tags=tags,
        )  # fmt: skip
    rows = ada.locator("#all .row-name")
    count = ada.get_by_test_id("lead-count")
    await expect(count).to_have_text("3", timeout=PATIENCE)
    answering = asyncio.Event()

    async def late(route: Route) -> None:
        if MORE in (route.request.post_data or ""):
            await answering.wait()
            await route.fulfill(json={"errors": [{"message": "Too late."}]})
        else:
            await route.continue_()

    await ada.route("**/graphql", late)
    more = ada.locator("#more")
    await more.dispatch_event("click")
    await expect(more).to_be_disabled()
    await ada.get_by_label("Search leads").fill("bert")
    await expect(rows).to_have_text(["Bert"])
    await expect(count).to_have_text("1")
    await expect(more).to_be_enabled()
    async with ada.expect_event("requestfinished", lambda asked: MORE in (asked.post_data or "")):
        answering.set()
    await expect(ada.locator("#lists-refusal")).to_have_text("")
    await ada.unroute("**/graphql", late)
    await ada.get_by_label("Search leads").fill("")
    await ada.get_by_label("Sort by").select_option("NAME")
    await expect(rows).to_have_text(["Anna", "Bert", "Cleo"])

    await ada.get_by_role("button", name="Filter").click()
    dialog = ada.get_by_role("dialog", name="Filter and columns")
    await dialog.get_by_role("button", name="Add a clause").click()
    await dialog.get_by_label("What is looked at").select_option("property:budget")
    await dialog.get_by_label("Number", exact=True).fill("many")
    wrong = dialog.locator(".clause .refusal")
    await expect(wrong).to_contain_text("12.50", timeout=PATIENCE)
    await dialog.get_by_label("Number", exact=True).fill("50")
    await expect(dialog.get_by_text("Budget is at least 50")).to_be_visible(timeout=PATIENCE)
    await expect(wrong).to_have_text("")
    await expect(rows).to_have_text(["Anna", "Bert"])
    await dialog.get_by_label("Columns").select_option("property:budget")
    await dialog.get_by_label("Columns").select_option("tags")
    await pictured(ada, "filter-open")
    await dialog.get_by_label("Name of the view").fill("Buyers")
    await dialog.get_by_label("for the team").check()
    await dialog.get_by_role("button", name="Save as a view").click()
    tab = ada.get_by_role("button", name="Buyers 2")
    await expect(tab).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
    await dialog.get_by_role("button", name="Close").click()
    await expect(ada.get_by_test_id("list-name")).to_have_text("Buyers")
    await expect(ada.locator("#all .row-values").first).to_contain_text("100")
    await expect(ada.locator("#all .row-values").first).to_contain_text("VIP")
    await pictured(ada, "view-open")

    ben = await watched.open(f"{set_up.last}/live")
    await sign_in(ben, ben_at)
    await ben.get_by_role("button", name="Buyers 2").click(timeout=PATIENCE)
    await expect(ben.locator("#all .row-name")).to_have_text(["Anna", "Bert"])
    given = [{"fieldKey": "budget", "value": {"number": "70"}}]
    await act(
        ben, "createLead", idempotencyKey="make-Abby-now", person={"firstName": "Abby"},
        properties=given,
    )  # fmt: skip
    await expect(rows).to_have_text(["Abby", "Anna", "Bert"], timeout=PATIENCE)
    await expect(ada.get_by_role("button", name="Buyers 3")).to_be_visible(timeout=PATIENCE)
    await expect(count).to_have_text("3")

    await ada.reload()
    await ada.get_by_role("button", name="Buyers 3").click(timeout=PATIENCE)
    await expect(rows).to_have_text(["Abby", "Anna", "Bert"], timeout=PATIENCE)
    await ada.get_by_role("button", name="Filter").click()
    await expect(dialog.get_by_label("Number", exact=True)).to_have_value("50")
    await dialog.get_by_label("Name of the view").fill("Spenders")
    await dialog.get_by_role("button", name="Save", exact=True).click()
    await expect(ben.get_by_role("button", name="Spenders 3")).to_be_visible(timeout=PATIENCE)
    await dialog.get_by_role("button", name="Remove", exact=True).click()
    await dialog.get_by_role("button", name="Yes").click()
    for page in (ada, ben):
        await expect(page.get_by_test_id("list-name")).to_have_text("All leads", timeout=PATIENCE)
        await expect(page.locator("#all .row-name")).to_have_count(4, timeout=PATIENCE)
