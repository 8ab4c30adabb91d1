"""Cards that are open while leads become one, and two again."""

import pytest

from resolvers import merging
from resolvers.lead_card import Changed, Merged, Reset, ResetReason, Snapshot
from resolvers.services import Services
from tests.factories import make_lead, make_staff
from tests.live.following import following, tag
from tests.resolvers.verify import act

pytestmark = pytest.mark.realtime


@pytest.mark.behaviour("B22")
async def test_open_cards_are_led_to_the_lead_that_stays_and_back(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    admin = await make_staff(here)
    into, gone = [await make_lead(here, admin) for _ in range(2)]
    async with following(there, admin, into) as stays, following(there, admin, gone) as goes:
        first = await goes.of(Snapshot)
        await stays.of(Snapshot)
        await act(here, admin, merging.merge_leads, into, gone)
        last = (await goes.end())[-1]
        assert isinstance(last, Merged)
        assert last.into is not None
        assert last.into.id == into
        assert (await stays.of(Reset)).reason is ResetReason.MERGE
        await stays.of(Snapshot, 2)
        await act(here, admin, merging.unmerge_lead, gone)
        await stays.of(Reset, 2)
        await stays.of(Snapshot, 3)
        await tag(here, admin, gone, "VIP")
        cursor = goes.cursor(first)
    async with following(there, admin, gone, cursor) as back:
        await back.of(Changed)
        await back.until(lambda: back.items[-1].position.revision == 4)
        assert not back.all_of(Merged)
