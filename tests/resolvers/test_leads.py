"""Leads: how they come to be and change."""

from models.enums import Priority
from resolvers import leads
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff


async def test_the_same_priority_again_changes_nothing(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with unit_of_work(services, admin) as work:
        await leads.change_priority(work, lead_id, Priority.HIGH, None)
    assert len(work.committed[lead_id]) == 1
    async with unit_of_work(services, admin) as work:
        await leads.change_priority(work, lead_id, Priority.HIGH, None)
    assert work.committed == {}
