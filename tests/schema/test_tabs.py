"""The tabs of a card: each is selected for itself, and one that fails takes no other along."""

import pytest

from resolvers.actors import SYSTEM
from resolvers.services import Services
from tests.client import Client, lead
from tests.factories import make_lead

TABS = ("notes", "messages", "appointments", "tasks", "timeline", "history", "events",
        "conversations", "calls")  # fmt: skip


@pytest.mark.behaviour("A14")
@pytest.mark.parametrize("broken", TABS)
async def test_a_tab_that_fails_is_null_alone_and_says_where(
    services: Services, admin: Client, broken: str
) -> None:
    lead_id = await make_lead(services, admin.actor or SYSTEM)
    parts = " ".join(
        f"{tab}(first: {0 if tab == broken else 5}) {{ nodes {{ __typename }} }}" for tab in TABS
    )
    asked = f"query ($id: ID!) {{ lead(id: $id) {{ displayName {parts} person {{ firstName }} }} }}"
    answer = await admin.run(asked, id=lead(lead_id))
    (error,) = answer.errors
    assert error["path"] == ["lead", broken]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer.data
    card = answer.data["lead"]
    assert card["person"] == {"firstName": "Lena"}
    assert {tab for tab in TABS if card[tab] is None} == {broken}
