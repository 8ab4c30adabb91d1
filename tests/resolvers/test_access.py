"""Who sees which rows; what one may not see does not exist."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.changes import Change
from models.clock import ManualClock
from models.conversations import Conversation
from models.enums import (
    AccessScope,
    Channel,
    ConversationState,
    FieldType,
    FieldVisibility,
    NoteVisibility,
    Priority,
    StaffRole,
)
from models.fields import FieldDefinition
from models.leads import Assignment, Lead
from models.notes import Note
from models.pipelines import PipelineState
from models.workspace import Workspace
from resolvers import (
    access,
    conversations,
    events,
    fields,
    leads,
    notes,
    sites,
    staff,
    tags,
    visits,
)
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.conversations import NewMessage
from resolvers.errors import Forbidden, InvalidInput, NotFound
from resolvers.events import NewEvent
from resolvers.fields import NewField
from resolvers.leads import NewLead, PropertyEdit
from resolvers.notes import NoteEdit
from resolvers.policy import GRANTS, Permission
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import ORIGIN, PASSWORD, actor_of, make_lead, make_staff, make_visit
from tests.resolvers.scene import Scene
from tests.resolvers.verify import act, changes_of

ADMIN, MANAGER, AGENT = StaffRole.ADMIN, StaffRole.MANAGER, StaffRole.AGENT


async def seen(services: Services, table: Any, *where: Any) -> set[UUID]:
    """Ids of the rows that a predicate leaves."""
    async with services.database.read_session() as session:
        return set(await session.scalars(select(table.id).where(*where)))


async def seen_leads(services: Services, actor: Actor) -> set[UUID]:
    return await seen(services, Lead, access.visible_leads(actor))


async def set_manager_scope(services: Services, scope: AccessScope) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(manager_scope=scope))
        work.record_workspace("settings_changed", {}, access=True)


@pytest.mark.behaviour("A16")
async def test_roles_see_all_leads_or_their_own(services: Services) -> None:
    agent = await make_staff(services, AGENT)
    own = await make_lead(services, agent)
    other = await make_lead(services, assignee_id=(await make_staff(services, AGENT)).id)
    nobodys = await make_lead(services)
    everything = {own, other, nobodys}
    assert await seen_leads(services, agent) == {own}
    assert await seen_leads(services, await make_staff(services, MANAGER)) == everything
    assert await seen_leads(services, await make_staff(services, ADMIN)) == everything
    assert await seen_leads(services, SYSTEM) == everything
    visit = await make_visit(services)
    assert await seen_leads(services, visit.actor) == set()


async def test_a_manager_sees_what_the_setting_says(services: Services) -> None:
    manager = await make_staff(services, MANAGER)
    own = await make_lead(services, assignee_id=manager.id)
    other = await make_lead(services)
    for scope, expected in (
        (AccessScope.OWN, {own}),
        (AccessScope.TEAM, {own}),  # in no team
        (AccessScope.ALL, {own, other}),
    ):
        await set_manager_scope(services, scope)
        now = await actor_of(services, manager.session_id)
        assert await seen_leads(services, now) == expected, scope
        assert access.is_bound_to_people(now) is (scope is not AccessScope.ALL)
        assert now.access_version > manager.access_version
    await set_manager_scope(services, AccessScope.OWN)
    for role in (ADMIN, AGENT):
        person = await make_staff(services, role)
        assert person.scope is (AccessScope.ALL if role is ADMIN else AccessScope.OWN)


@pytest.mark.parametrize("permission", Permission)
def test_permissions_are_those_of_the_table(permission: Permission) -> None:
    assert access.may(SYSTEM, permission)
    assert StaffRole.ADMIN in GRANTS[permission]


async def test_what_a_role_may_not_do_is_forbidden(services: Services) -> None:
    agent, manager = await make_staff(services, AGENT), await make_staff(services, MANAGER)
    lead_id = await make_lead(services, agent)
    new_field = NewField("floors", "Floors", FieldType.NUMBER)
    for actor, use_case, *given in (
        (agent, leads.assign, lead_id, None, None),
        (agent, leads.assign, lead_id, agent.id, None),
        (agent, leads.create_lead, NewLead(assignee_id=manager.id), "k"),
        (agent, fields.create_field, new_field),
        (agent, sites.save_site, None, "A", [ORIGIN], ""),
        (manager, sites.save_site, None, "A", [ORIGIN], ""),
        (manager, staff.create_staff, "Bo", "bo@team.example", AGENT, PASSWORD),
    ):
        with pytest.raises(Forbidden):
            await act(services, actor, use_case, *given)
    await act(services, manager, leads.assign, lead_id, manager.id, None)
    await act(services, manager, fields.create_field, new_field)
    visitor = (await make_visit(services)).actor
    for permission in Permission:
        assert not access.may(visitor, permission)


# --- notes -------------------------------------------------------------------------------------


@pytest.mark.behaviour("A19")
async def test_private_notes_are_seen_by_their_author_and_by_admins(services: Services) -> None:
    author = await make_staff(services, AGENT, "Ann Author")
    lead_id = await make_lead(services, author)
    ids = {
        visibility: await act(
            services, author, notes.add_note, lead_id, "<p>a</p>", visibility, False,
            uuid4().hex,
        )
        for visibility in NoteVisibility
    }  # fmt: skip
    team = {ids[NoteVisibility.TEAM]}
    for actor, expected in (
        (author, set(ids.values())),
        (await make_staff(services, ADMIN), set(ids.values())),
        (await make_staff(services, MANAGER), team),
        (await make_staff(services, AGENT), team),
        ((await make_visit(services)).actor, set()),
    ):
        assert await seen(services, Note, access.visible_notes(actor)) == expected
        rows = await seen(
            services, Change, access.visible_changes(actor), col(Change.lead_id) == lead_id
        )
        assert len(rows) == 1 + len(expected)


@pytest.mark.behaviour("A19")
async def test_the_history_of_a_note_follows_the_note_as_it_is_now(services: Services) -> None:
    author, manager = await make_staff(services, MANAGER), await make_staff(services, MANAGER)
    lead_id = await make_lead(services)
    note_id = await act(
        services, author, notes.add_note, lead_id, "<p>a</p>", NoteVisibility.TEAM, False, "k"
    )

    async def rows_seen(actor: StaffActor) -> int:
        of_note = col(Change.subject_id) == note_id
        return len(await seen(services, Change, access.visible_changes(actor), of_note))

    assert await rows_seen(manager) == 1
    hide = NoteEdit(visibility=NoteVisibility.PRIVATE)
    await act(services, author, notes.edit_note, lead_id, note_id, hide)
    assert (await rows_seen(manager), await rows_seen(author)) == (0, 2)
    await act(services, author, notes.remove_note, lead_id, note_id)
    assert (await rows_seen(manager), await rows_seen(author)) == (0, 3)


@pytest.mark.behaviour("A19")
async def test_a_note_one_may_not_see_can_not_be_changed(services: Services) -> None:
    author, manager = await make_staff(services, MANAGER), await make_staff(services, MANAGER)
    admin, lead_id = await make_staff(services), await make_lead(services)
    note_id = await act(services, author, notes.add_note, lead_id, "<p>a</p>", None, False, "k")
    edit = NoteEdit(html="<p>b</p>")
    with pytest.raises(NotFound):
        await act(services, manager, notes.edit_note, lead_id, note_id, edit)
    with pytest.raises(NotFound):
        await act(services, manager, notes.remove_note, lead_id, note_id)
    await act(services, admin, notes.edit_note, lead_id, note_id, edit)
    show = NoteEdit(visibility=NoteVisibility.TEAM)
    with pytest.raises(Forbidden):
        await act(services, admin, notes.edit_note, lead_id, note_id, show)
    await act(services, author, notes.edit_note, lead_id, note_id, show)
    with pytest.raises(Forbidden):
        await act(services, manager, notes.edit_note, lead_id, note_id, NoteEdit(html="<p>c</p>"))
    with pytest.raises(Forbidden):
        await act(services, manager, notes.remove_note, lead_id, note_id)


async def test_a_note_is_reached_through_its_own_lead_only(services: Services) -> None:
    admin, lead_id = await make_staff(services), await make_lead(services)
    note_id = await act(services, admin, notes.add_note, lead_id, "<p>a</p>", None, False, "k")
    with pytest.raises(NotFound):
        await act(services, admin, notes.remove_note, await make_lead(services), note_id)


# --- fields ------------------------------------------------------------------------------------


async def test_fields_are_read_and_written_by_the_roles_that_may(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services)
    for visibility, readers in (
        (FieldVisibility.ALL, {ADMIN, MANAGER, AGENT}),
        (FieldVisibility.MANAGERS, {ADMIN, MANAGER}),
        (FieldVisibility.ADMINS, {ADMIN}),
    ):
        key = f"for_{visibility.value.lower()}"
        new = NewField(key, "A", FieldType.TEXT, visibility=visibility)
        field = await act(services, admin, fields.create_field, new)
        for role in StaffRole:
            person = await make_staff(services, role)
            await act(services, SYSTEM, leads.assign, lead_id, person.id, None)
            shown = await seen(services, FieldDefinition, access.visible_fields(person))
            assert (field.id in shown) is (role in readers)
            edit = [PropertyEdit(key, {"text": uuid4().hex})]
            if role in readers:
                await act(services, person, leads.set_properties, lead_id, edit)
            else:
                with pytest.raises(InvalidInput):
                    await act(services, person, leads.set_properties, lead_id, edit)


# --- leads that were taken away or went into another -------------------------------------------

Call = Callable[[Services, StaffActor, UUID, dict[str, UUID]], Awaitable[Any]]


def _call(use_case: Any, *given: Any) -> Call:
    """A call of a use-case; texts that name an id of the scene stand for it."""
    return lambda services, actor, lead_id, ids: act(
        services, actor, use_case, lead_id,
        *(ids.get(each, each) if isinstance(each, str) else each for each in given),
    )  # fmt: skip


CALLS: dict[str, Call] = {
    "change_person": _call(leads.change_person, {"first_name": "A"}, {}, None),
    "change_priority": _call(leads.change_priority, Priority.HIGH, None),
    "set_properties": _call(leads.set_properties, [PropertyEdit("rooms", {"number": "1"})]),
    "change_state": _call(leads.change_state, "state", None),
    "add_tags": _call(tags.add_tags, ["A"]),
    "remove_tags": _call(tags.remove_tags, ["A"]),
    "add_note": _call(notes.add_note, "<p>a</p>", None, False, "k-note"),
    "edit_note": _call(notes.edit_note, "note", NoteEdit(is_pinned=True)),
    "add_event": _call(events.add_event, NewEvent("Call"), "k-event"),
    "send_message": _call(conversations.send_message, NewMessage(Channel.CHAT, "a"), "k-message"),
    "change_conversation_state": _call(
        conversations.change_conversation_state, "conversation", ConversationState.CLOSED
    ),
    "remove_note": _call(notes.remove_note, "note"),
}


async def _scene(services: Services, agent: StaffActor) -> tuple[UUID, dict[str, UUID]]:
    visitor = (await make_visit(services)).actor
    lead_id = visitor.lead_id
    await act(services, SYSTEM, leads.assign, lead_id, agent.id, None)
    await visits.send_visitor_message(services, visitor, "Hello", "k")
    note_id = await act(
        services, agent, notes.add_note, lead_id, "<p>n</p>", NoteVisibility.TEAM, False, "k-first"
    )
    async with services.database.read_session() as session:
        state = await session.scalar(
            select(col(PipelineState.id)).where(col(PipelineState.name) == "Lost")
        )
        conversation = await session.scalar(select(col(Conversation.id)))
    assert state is not None
    assert conversation is not None
    return lead_id, {"state": state, "conversation": conversation, "note": note_id}


@pytest.mark.behaviour("A16")
async def test_a_lead_assigned_away_is_not_there_any_more(services: Services) -> None:
    agent, other = await make_staff(services, AGENT), await make_staff(services, AGENT)
    lead_id, ids = await _scene(services, agent)
    for name, call in CALLS.items():
        if name != "remove_note":
            await call(services, agent, lead_id, ids)
    await act(services, SYSTEM, leads.assign, lead_id, other.id, None)
    head = len(await changes_of(services, lead_id))
    for name, call in CALLS.items():
        with pytest.raises(NotFound) as caught:
            await call(services, agent, lead_id, ids)
        assert caught.value.identity == f"lead_{lead_id.hex}", name
    with pytest.raises(NotFound):
        await act(services, agent, leads.assign, lead_id, agent.id, None)
    assert len(await changes_of(services, lead_id)) == head
    await CALLS["remove_note"](services, await make_staff(services), lead_id, ids)


async def test_an_unknown_lead_and_anothers_lead_look_alike(services: Services) -> None:
    agent = await make_staff(services, AGENT)
    others, unknown = await make_lead(services), uuid4()
    told = []
    for lead_id in (others, unknown):
        with pytest.raises(NotFound) as caught:
            await act(services, agent, tags.add_tags, lead_id, ["A"])
        told.append((caught.value.message, caught.value.identity.replace(lead_id.hex, "")))
    assert told[0] == told[1]


@pytest.mark.behaviour("A56")
async def test_former_agents_stay_on_record(services: Services) -> None:
    first, second = await make_staff(services, AGENT), await make_staff(services, AGENT, "Bo Berg")
    lead_id = await make_lead(services, assignee_id=first.id)
    for staff_id in (second.id, None, first.id, second.id):
        await act(services, SYSTEM, leads.assign, lead_id, staff_id, None)
    async with services.database.read_session() as session:
        rows = list(await session.scalars(select(Assignment).order_by(col(Assignment.from_at))))
    assert [row.staff_id for row in rows] == [first.id, second.id, first.id, second.id]
    assert [row.to_at is None for row in rows] == [False, False, False, True]
    assert all(row.to_at is None or row.to_at >= row.from_at for row in rows)


async def test_a_merged_id_leads_to_the_survivor(services: Services, clock: ManualClock) -> None:
    scene = await Scene(services, clock).build()
    alias_id, into_id = scene.lead_id, scene.known.actor.lead_id
    await visits.identify(services, scene.visit.actor, scene.claim("customer-1"))
    assert await act(services, scene.admin, tags.add_tags, alias_id, ["Brass"]) == into_id
    async with services.database.read_session() as session:
        lead = await access.find_lead(session, scene.admin, alias_id)
        assert lead is not None
        assert lead.id == into_id
        agent = await make_staff(services, AGENT)
        assert await access.find_lead(session, agent, alias_id) is None
    assert alias_id not in await seen_leads(services, scene.admin)
    with pytest.raises(NotFound):
        await act(services, agent, tags.add_tags, alias_id, ["Brass"])
