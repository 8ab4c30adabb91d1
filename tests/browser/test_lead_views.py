"""The list of leads shaped by a filter, in a real browser."""

import os
from typing import Any

import pytest
from playwright.async_api import Page, expect

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
