"""Leads: how they come to be and change."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.changes import Change
from models.clock import ManualClock
from models.enums import ActorKind, ChangeKind, HistoryType, Priority, StaffRole, Via
from models.fields import FieldDefinition
from models.leads import Lead
from models.pipelines import PipelineState
from models.staff import Staff
from resolvers import leads, naming, notes, tags
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.errors import MissingRequiredFields, ProblemCode
from resolvers.leads import NewLead, PropertyEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of, kinds_of


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


async def lead_of(services: Services, lead_id: UUID) -> Lead:
    async with services.database.read_session() as session:
        return await session.get_one(Lead, lead_id)


async def create(services: Services, actor: Actor, **given: Any) -> UUID:
    lead_id: UUID = await act(services, actor, leads.create_lead, NewLead(**given), uuid4().hex)
    return lead_id


# --- how they begin ----------------------------------------------------------------------------


@pytest.mark.behaviour("A1", "B44")
async def test_a_lead_is_called_by_the_best_that_is_known(
    services: Services, admin: StaffActor
) -> None:
    whole = {
        "person": {"first_name": " Lena ", "last_name": "Lorenz", "company": "Lo Ltd"},
        "email_addresses": ["Lena@Mail.example"],
        "phone_numbers": ["030 901820"],
    }
    steps = (
        (whole, "Lena Lorenz"),
        ({**whole, "person": {"last_name": "Lorenz", "company": "Lo Ltd"}}, "Lorenz"),
        ({**whole, "person": {"first_name": " ", "company": "Lo Ltd"}}, "Lo Ltd"),
        ({**whole, "person": {}}, "lena@mail.example"),
        ({**whole, "person": {}, "email_addresses": ()}, "+4930901820"),
    )
    for given, name in steps:
        lead = await lead_of(services, await create(services, admin, **given))
        assert (lead.display_name, lead.is_anonymous) == (name, False)
    lead_id = await create(services, admin)
    lead = await lead_of(services, lead_id)
    assert lead.display_name == naming.visitor_name(lead_id)
    assert lead.is_anonymous


@pytest.mark.behaviour("A1")
async def test_a_lead_is_called_anew_when_its_name_changes(
    services: Services, admin: StaffActor
) -> None:
    lead_id = await make_lead(services, email_addresses=["lena@mail.example"])
    gone = {"first_name": None, "last_name": ""}
    await act(services, admin, leads.change_person, lead_id, gone, {}, None)
    lead = await lead_of(services, lead_id)
    assert (lead.display_name, lead.name_key) == ("lena@mail.example", "lena@mail.example")
    change = (await changes_of(services, lead_id))[-1]
    assert change.data is not None
    assert change.data["lead"] == {"display_name": "lena@mail.example"}


@pytest.mark.behaviour("A13")
async def test_a_lead_begins_in_the_first_state_called_new(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    lead = await lead_of(services, await make_lead(services, admin))
    async with services.database.read_session() as session:
        state = await session.get_one(PipelineState, lead.state_id)
    assert (state.name, state.position, lead.state_since) == ("New", 0, clock.now())
    assert lead.priority is Priority.NORMAL
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(PipelineState)
            .where(col(PipelineState.id) == state.id)
            .values(archived_at=work.at)
        )
    second = await lead_of(services, await make_lead(services, admin))
    assert second.state_id != state.id
    assert await problem_of(
        act(services, admin, leads.change_state, second.id, state.id, None)
    ) == ("stateId", ProblemCode.UNKNOWN)
    assert await problem_of(act(services, admin, leads.change_state, second.id, uuid4(), None)) == (
        "stateId",
        ProblemCode.UNKNOWN,
    )


@pytest.mark.behaviour("A54")
async def test_a_history_begins_with_the_creation_and_keeps_everything(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    created_at = clock.now()
    lead_id = await create(services, admin, source_detail=" fair  ")
    for number in range(3):
        clock.advance(1)
        await act(services, admin, tags.add_tags, lead_id, [f"tag {number}"])
    changes = await changes_of(services, lead_id)
    assert [change.kind for change in changes] == [
        ChangeKind.LEAD_CREATED,
        *[ChangeKind.TAGS_CHANGED] * 3,
    ]
    assert [change.at for change in changes] == [
        created_at + timedelta(seconds=number) for number in range(4)
    ]
    assert changes[0].data is not None
    assert changes[0].data["source"] == {"channel": "STAFF", "detail": "fair", "referrer": None}


async def test_an_agents_new_lead_is_the_agents_own(services: Services) -> None:
    agent, manager = [
        await make_staff(services, role) for role in (StaffRole.AGENT, StaffRole.MANAGER)
    ]
    assert (await lead_of(services, await create(services, agent))).assignee_id == agent.id
    assert (await lead_of(services, await create(services, manager))).assignee_id is None
    own = await create(services, agent, assignee_id=agent.id)
    assert (await lead_of(services, own)).assignee_id == agent.id


async def test_a_new_lead_is_whole_or_not_there(services: Services, admin: StaffActor) -> None:
    many = [f"{number}@mail.example" for number in range(21)]
    for given, path, code in (
        ({"person": {"first_name": "x" * 101}}, "person.firstName", ProblemCode.TOO_LARGE),
        ({"person": {"company": "a\x00"}}, "person.company", ProblemCode.MALFORMED),
        ({"email_addresses": many}, "emailAddresses", ProblemCode.TOO_LARGE),
        ({"email_addresses": ["a@b.example", " "]}, "emailAddresses.1", ProblemCode.REQUIRED),
        ({"phone_numbers": ["12"]}, "phoneNumbers.0", ProblemCode.MALFORMED),
        ({"tags": ["a", " "]}, "tags.1", ProblemCode.REQUIRED),
        ({"assignee_id": uuid4()}, "assigneeId", ProblemCode.UNKNOWN),
        ({"source_detail": "x" * 201}, "sourceDetail", ProblemCode.TOO_LARGE),
        ({"time_zone": "Mars/Base"}, "timeZone", ProblemCode.UNKNOWN),
        ({"properties": [PropertyEdit("Bad key", {"text": "a"})]}, "properties.0.fieldKey",
         ProblemCode.MALFORMED),
    ):  # fmt: skip
        assert await problem_of(create(services, admin, **given)) == (path, code)
    async with services.database.read_session() as session:
        assert list(await session.scalars(select(Lead))) == []


async def test_required_fields_must_be_filled(services: Services, admin: StaffActor) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key).in_(["company", "last_name"]))
            .values(is_required=True)
        )
    with pytest.raises(MissingRequiredFields) as caught:
        await create(services, admin, person={"first_name": "Lena", "company": " "})
    assert len(caught.value.fields) == 2
    await create(services, admin, person={"last_name": "Lo", "company": "Lo Ltd"})
    await create(services, SYSTEM)


# --- how they change ---------------------------------------------------------------------------


async def test_the_same_priority_again_changes_nothing(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with unit_of_work(services, admin) as work:
        await leads.change_priority(work, lead_id, Priority.HIGH, None)
    assert len(work.committed[lead_id]) == 1
    async with unit_of_work(services, admin) as work:
        await leads.change_priority(work, lead_id, Priority.HIGH, None)
    assert work.committed == {}


@pytest.mark.behaviour("A55", "C43", "C45")
async def test_entries_carry_old_and_new(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    lead_id = await make_lead(services, admin)
    lead = await lead_of(services, lead_id)
    async with services.database.read_session() as session:
        lost = (
            await session.scalars(select(PipelineState).where(col(PipelineState.name) == "Lost"))
        ).one()
    clock.advance(90.7)
    await act(services, admin, leads.change_priority, lead_id, Priority.HIGH, None)
    await act(services, admin, leads.change_state, lead_id, lost.id, None)
    await act(services, admin, leads.assign, lead_id, admin.id, None)
    await act(services, admin, leads.assign, lead_id, None, None)
    data = [change.data or {} for change in await changes_of(services, lead_id, 1)]
    told = [(each["diffs"][0]["before"], each["diffs"][0]["after"]) for each in data]
    ada = {"type": "REFERENCE", "name": "Ada Ames", "id": admin.id.hex}
    assert told == [
        ({"type": "TEXT", "text": "NORMAL"}, {"type": "TEXT", "text": "HIGH"}),
        (
            {"type": "REFERENCE", "name": "New", "id": lead.state_id.hex},
            {"type": "REFERENCE", "name": "Lost", "id": lost.id.hex},
        ),
        (None, ada),
        (ada, None),
    ]
    assert data[1]["seconds_in_from"] == 90


@pytest.mark.behaviour("A6", "C7", "C43")
async def test_entries_name_who_did_it_as_they_were_called_then(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    lead_id = await make_lead(services)
    clock.advance(5)
    await act(services, admin, leads.assign, lead_id, admin.id, None)
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Staff).values(name="Ada Adams", is_active=False))
    by_key = replace(admin, via=Via.API)
    await act(services, by_key, tags.add_tags, lead_id, ["VIP"])
    first, assigned, tagged = await changes_of(services, lead_id)
    assert (first.actor_kind, first.actor_id, first.via) == (ActorKind.SYSTEM, None, Via.SYSTEM)
    assert (assigned.actor_kind, assigned.actor_id, assigned.actor_name, assigned.at) == (
        ActorKind.STAFF,
        admin.id,
        "Ada Ames",
        clock.now(),
    )
    assert assigned.data is not None
    assert (assigned.data["from"], assigned.data["to"]) == (None, admin.id.hex)
    assert (tagged.actor_id, tagged.via) == (admin.id, Via.API)


@pytest.mark.behaviour("C43")
async def test_an_edit_of_many_fields_is_one_entry(services: Services, admin: StaffActor) -> None:
    lead_id = await make_lead(services)
    person = {"first_name": "Bo", "last_name": "Berg", "birthday": date(1990, 5, 17)}
    await act(services, admin, leads.change_person, lead_id, person, {"title": "Dr"}, None)
    (change,) = await changes_of(services, lead_id, 1)
    assert change.data is not None
    assert {diff["path"]: diff["label"] for diff in change.data["diffs"]} == {
        "person.firstName": "First name",
        "person.lastName": "Last name",
        "person.birthday": "Birthday",
        "title": "Title",
    }


@pytest.mark.behaviour("C5")
async def test_leads_go_to_active_people_only(services: Services, admin: StaffActor) -> None:
    agent, lead_id = await make_staff(services, StaffRole.AGENT), await make_lead(services)
    await act(services, admin, leads.assign, lead_id, agent.id, None)
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(Staff).where(col(Staff.id) == agent.id).values(is_active=False)
        )
    expected = ("staffId", ProblemCode.UNKNOWN)
    other = await make_lead(services)
    for staff_id in (agent.id, uuid4()):
        assert await problem_of(
            act(services, admin, leads.assign, other, staff_id, None)
        ) == expected  # fmt: skip
    assert (await lead_of(services, lead_id)).assignee_id == agent.id
    await act(services, admin, leads.assign, lead_id, None, None)
    assert (await lead_of(services, lead_id)).assigned_since is None


async def test_a_person_has_a_known_time_zone(services: Services, admin: StaffActor) -> None:
    lead_id = await make_lead(services)
    for own, path, code in (
        ({"time_zone": "Mars/Base"}, "timeZone", ProblemCode.UNKNOWN),
        ({"title": "x" * 121}, "title", ProblemCode.TOO_LARGE),
    ):
        run = act(services, admin, leads.change_person, lead_id, {}, own, None)
        assert await problem_of(run) == (path, code)
    await act(services, admin, leads.change_person, lead_id, {}, {"time_zone": "Asia/Tokyo"}, None)
    assert (await lead_of(services, lead_id)).time_zone == "Asia/Tokyo"


@pytest.mark.behaviour("C44")
async def test_every_kind_of_entry_has_one_category(services: Services, admin: StaffActor) -> None:
    lead_id = await make_lead(services)
    await act(services, admin, leads.change_priority, lead_id, Priority.HIGH, None)
    await act(services, admin, leads.assign, lead_id, admin.id, None)
    await act(services, admin, tags.add_tags, lead_id, ["VIP"])
    await act(services, admin, notes.add_note, lead_id, "<p>a</p>", None, False, "k")
    async with services.database.read_session() as session:
        rows = await session.execute(
            select(col(Change.kind), col(Change.category)).order_by(col(Change.revision))
        )
        assert [tuple(row) for row in rows] == [
            (ChangeKind.LEAD_CREATED, HistoryType.LIFECYCLE),
            (ChangeKind.PROPERTIES_CHANGED, HistoryType.FIELD_CHANGE),
            (ChangeKind.LEAD_ASSIGNEE_CHANGED, HistoryType.ASSIGNMENT),
            (ChangeKind.TAGS_CHANGED, HistoryType.FIELD_CHANGE),
            (ChangeKind.NOTE_CHANGED, HistoryType.NOTE),
        ]
    assert len(await kinds_of(services, lead_id)) == 5
