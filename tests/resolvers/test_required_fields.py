"""Required fields: demanded of who makes or edits a lead by hand, by API or by a file."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.enums import FieldVisibility, Priority, StaffRole
from models.fields import FieldDefinition
from models.leads import Lead
from resolvers import fields, leads, notes, tags
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import MissingRequiredFields
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff
from tests.resolvers.verify import act, head_of

pytestmark = pytest.mark.behaviour("C28")


async def require(services: Services, *keys: str, **more: Any) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key).in_(keys))
            .values(is_required=True, **more)
        )


async def missing(services: Services, lead_id: UUID, *actor: StaffActor) -> list[str]:
    async with services.database.read_session() as session:
        lead = await session.get_one(Lead, lead_id)
        return [each.key for each in await fields.missing_required(session, lead, *actor)]


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def lead_id(services: Services, admin: StaffActor) -> UUID:
    return await make_lead(services, admin)


def person(services: Services, actor: Any, lead_id: UUID, **values: str | None) -> Any:
    return act(services, actor, leads.change_person, lead_id, values, {}, None)


async def test_an_old_lead_tells_its_gaps_and_all_but_edits_of_fields_goes_on(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    await require(services, "company", "job_title", "first_name")
    assert await missing(services, lead_id) == ["company", "job_title"]
    await act(services, admin, leads.change_priority, lead_id, Priority.HIGH, None)
    await act(services, admin, tags.add_tags, lead_id, ["VIP"])
    await act(services, admin, notes.add_note, lead_id, "<p>a</p>", None, False, "k")
    head = await head_of(services, lead_id)
    with pytest.raises(MissingRequiredFields) as caught:
        await person(services, admin, lead_id, last_name="Lo")
    assert caught.value.labels == ("Company", "Job title")
    assert await head_of(services, lead_id) == head


async def test_gaps_close_one_by_one_and_none_opens(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    await require(services, "company", "job_title", "first_name")
    await person(services, admin, lead_id, company="Lo Ltd", last_name="Lo")
    assert await missing(services, lead_id) == ["job_title"]
    for values in ({"company": None}, {"company": None, "job_title": "Baker"}):
        with pytest.raises(MissingRequiredFields) as caught:
            await person(services, admin, lead_id, **values)
        assert "Company" in caught.value.labels
    await person(services, admin, lead_id, job_title="Baker")
    assert await missing(services, lead_id) == []
    await person(services, admin, lead_id, last_name="Lorenz")
    with pytest.raises(MissingRequiredFields):
        await person(services, admin, lead_id, first_name=None)


async def test_an_edit_that_changes_nothing_is_not_asked_to_fill_gaps(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    await require(services, "company")
    await person(services, admin, lead_id, last_name="Lorenz")


async def test_properties_are_edited_under_the_same_rule(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    rooms = [PropertyEdit("rooms", {"number": "3"})]
    await act(services, admin, leads.set_properties, lead_id, rooms)
    await require(services, "rooms")
    cleared = [PropertyEdit("rooms", None)]
    with pytest.raises(MissingRequiredFields):
        await act(services, admin, leads.set_properties, lead_id, cleared)
    with pytest.raises(MissingRequiredFields):
        await act(services, admin, leads.create_lead, leads.NewLead(), "a-key-of-mine")


async def test_a_field_that_one_may_not_see_is_neither_demanded_nor_named(
    services: Services, admin: StaffActor
) -> None:
    agent = await make_staff(services, StaffRole.AGENT, "Bo")
    lead_id = await make_lead(services, agent)
    await act(services, admin, leads.set_properties, lead_id, [PropertyEdit("margin", None)])
    await require(services, "margin", visibility=FieldVisibility.MANAGERS)
    await person(services, agent, lead_id, last_name="Lo")
    assert await missing(services, lead_id, agent) == []
    assert await missing(services, lead_id) == ["margin"]
    with pytest.raises(MissingRequiredFields):
        await person(services, admin, lead_id, last_name="Lorenz")


async def test_an_archived_field_is_not_demanded(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    await act(services, admin, leads.set_properties, lead_id, [PropertyEdit("rooms", None)])
    await require(services, "rooms", archived_at=services.clock.now())
    assert await missing(services, lead_id) == []
    await act(services, admin, leads.create_lead, leads.NewLead(), "a-key-of-mine")


async def test_what_is_no_person_or_program_of_the_team_is_not_held_to_it(
    services: Services, lead_id: UUID
) -> None:
    await require(services, "company")
    await person(services, SYSTEM, lead_id, last_name="Lo")
    assert await missing(services, lead_id) == ["company"]
