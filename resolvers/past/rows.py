"""The rows that a card is read from, as they were at a moment.

What the log holds comes from the fold; what it only names (texts, kinds, statuses of addresses) is
read from its table. Rows are copies that no session knows.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.accounts import LeadAccount
from models.appointments import Appointment
from models.calls import Call
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.due_bands import band_of, is_due_within
from models.enums import (
    ActorKind,
    AppointmentOutcome,
    CallOutcome,
    ConversationState,
    DeliveryState,
    NoteVisibility,
)
from models.events import Event, EventGroup, EventText
from models.fields import FieldDefinition, Property
from models.files import File
from models.important_dates import ImportantDate
from models.leads import Assignment
from models.notes import Note, NoteText
from models.pipelines import StateTime
from models.tags import Tag
from models.tasks import Task
from models.visits import PresenceInterval
from realtime.presence import PresenceState as EngineState
from realtime.presence import Reading
from resolvers import access, agenda, lists, pages, readers, values
from resolvers.accounts import AccountRow
from resolvers.agenda import APPOINTMENTS, CALLS
from resolvers.fields import source_of
from resolvers.lists import (
    CONVERSATION_MESSAGES,
    CONVERSATIONS,
    EVENTS,
    INTERVALS,
    LEAD_MESSAGES,
    NOTES,
    TASKS,
    Chosen,
    Counted,
    Wanted,
)
from resolvers.pages import Page
from resolvers.past.folding import Past
from resolvers.readers import AddressRow
from resolvers.tasks.recording import place_of
from resolvers.views import View

MOVING = (NOTES, TASKS, CONVERSATIONS, APPOINTMENTS, CALLS)
"""Lists whose rows or order change with time."""
FIRST = 1
"""Revision of the change that created the lead, with its state and assignee."""


def _copy(row: Any, **then: Any) -> Any:
    return type(row)(**{**row.model_dump(), **then})


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _ids(keys: Iterable[str]) -> list[UUID]:
    return [UUID(hex=key) for key in keys]


async def tags(view: View, past: Past) -> list[Tag]:
    """Tags by name, with the names that they had."""
    found = await readers.tags_by_id(view, _ids(past.card.tags))
    rows = [_copy(row, name=past.card.tags[row.id.hex]) for row in found if row]
    return sorted(rows, key=lambda row: row.name_key)


async def properties(view: View, past: Past) -> list[Property]:
    """Listed fields that had been set, a cleared one without value, as far as the viewer may see
    them."""
    visible = await readers.all_fields(view)
    return [_property(past, row.id.hex) for row in visible if row.id.hex in past.set_by]


def _property(past: Past, field_id: str) -> Property:
    change, value = past.set_by[field_id], past.card.properties.get(field_id)
    row = Property(
        lead_id=past.lead.id,
        field_id=UUID(hex=field_id),
        version=change.revision,
        source=source_of(change.actor_kind, change.via),
        updated_at=change.at,
        updated_by_kind=change.actor_kind,
        updated_by_id=change.actor_id,
        updated_by_name=change.actor_name,
    )
    if value is not None:
        values.from_log(value).put_into(row)
    return row


async def version(view: View, past: Past) -> int:
    """The last revision that had changed one of the lead's own fields that the viewer may see."""
    visible = await view.scalars(
        select(col(FieldDefinition.id)).where(access.visible_fields(view.actor))
    )
    set_by = [past.set_by[each.hex].revision for each in visible if each.hex in past.set_by]
    return max([FIRST, *set_by])


async def addresses(view: View, past: Past) -> list[AddressRow]:
    """Addresses, primary first; the status of each is the address's own, as it is now."""
    (now,) = await readers.addresses_by_lead(view, [past.lead.id])
    kept = {row.id.hex: row.added_at for row, _ in now}
    keys = [then["address"] for then in past.card.email_addresses]
    statement = select(EmailAddress).where(col(EmailAddress.key).in_(keys))
    shared = {row.key: row for row in await view.scalars(statement)}
    return [
        (
            LeadEmailAddress(
                id=UUID(hex=then["id"]),
                lead_id=past.lead.id,
                email_address_id=shared[then["address"]].id,
                position=position,
                as_typed=str(then.get("as_typed", then["address"])),
                is_verified=then["is_verified"],
                added_at=_came(past, then["id"], kept),
            ),
            shared[then["address"]],
        )
        for position, then in enumerate(past.card.email_addresses)
    ]


async def account(view: View, past: Past) -> AccountRow | None:
    """The portal account as it was."""
    then = past.card.account
    if then is None:
        return None
    row = LeadAccount(
        id=UUID(hex=then["id"]),
        lead_id=past.lead.id,
        email_address_id=UUID(hex=then["address_id"]),
        password_set_at=_instant(then["password_set_at"]),
        must_change_password=then["must_change_password"],
        created_at=datetime.fromisoformat(then["created_at"]),
    )
    return row, then["address"]


def _came(past: Past, identity: str, kept: dict[str, datetime]) -> datetime:
    """When an entry came to be what it was: as its row says, unless it was corrected later."""
    now = kept.get(identity)
    return now if now and now <= past.at else past.known_since[identity][1]


async def phones(view: View, past: Past) -> list[LeadPhoneNumber]:
    """Numbers, primary first."""
    (now,) = await readers.phones_by_lead(view, [past.lead.id])
    kept = {row.id.hex: row.added_at for row in now}
    return [
        LeadPhoneNumber(
            id=UUID(hex=then["id"]),
            lead_id=past.lead.id,
            number=then["number"],
            as_typed=str(then.get("as_typed", then["number"])),
            label=then.get("label"),
            position=position,
            added_at=_came(past, then["id"], kept),
        )
        for position, then in enumerate(past.card.phone_numbers)
    ]


async def state_times(view: View, past: Past) -> list[StateTime]:
    """How long the lead had been in the states that it had left."""
    return [
        StateTime(lead_id=past.lead.id, state_id=UUID(hex=key), seconds=seconds)
        for key, seconds in past.card.state_seconds.items()
    ]


async def assignments(view: View, past: Past) -> list[Assignment]:
    """Assignments that had begun, newest first; one that had not ended has no end."""
    (rows,) = await readers.assignments_by_lead(view, [past.lead.id])
    return [
        _copy(row, to_at=row.to_at if row.to_at and row.to_at <= past.at else None)
        for row in rows
        if row.from_at <= past.at
    ]


def event_groups(past: Past) -> list[EventGroup]:
    """Counted events, most recent first."""
    groups = [
        EventGroup(
            lead_id=past.lead.id,
            group_key=then["key"],
            kind_id=UUID(hex=then["kind_id"]) if then["kind_id"] else None,
            name=then["name"],
            count=then["count"],
            first_at=datetime.fromisoformat(then["first_at"]),
            last_at=datetime.fromisoformat(then["last_at"]),
        )
        for then in past.card.groups.values()
    ]
    by_key = sorted(groups, key=lambda group: group.group_key)
    return sorted(by_key, key=lambda group: group.last_at, reverse=True)


def event(past: Past, row: Event) -> Event:
    """An event with the repetitions that had been counted."""
    then = past.card.events[row.id.hex]
    copy: Event = _copy(
        row,
        count=then["count"],
        last_at=_instant(then["last_at"]),
        version=then.get("version", 0),
    )
    return copy


async def event_texts(view: View, past: Past, event_id: UUID) -> list[EventText]:
    """Texts that an event had had, newest first."""
    (rows,) = await readers.event_texts(view, [event_id])
    version = past.card.events[event_id.hex].get("version", 0)
    return [row for row in rows if row.version <= version]


def message(past: Past, row: Message) -> Message:
    """A message with the steps of its delivery that had been told."""
    then = past.card.messages[row.id.hex].get("delivery")
    reached = [step["state"] for step in row.delivery_steps]
    steps = row.delivery_steps[: reached.index(then) + 1] if then else []
    copy: Message = _copy(row, delivery=DeliveryState(then) if then else None, delivery_steps=steps)
    return copy


def _conversation(past: Past, row: Conversation) -> Conversation:
    then = past.card.conversations[row.id.hex]
    last = then["last_message"]
    copy: Conversation = _copy(
        row,
        state=ConversationState(then["state"]),
        last_message_id=UUID(hex=last) if last else None,
        last_message_at=_instant(then["last_message_at"]),
        waiting_since=_instant(then["waiting_since"]),
        assignee_id=UUID(hex=then["assignee"]) if then.get("assignee") else None,
        snoozed_until=_instant(then.get("snoozed_until")),
        version=then.get("version", 0),
    )
    return copy


async def conversations(view: View, past: Past) -> dict[UUID, Conversation]:
    """Conversations as they stood, by id."""
    rows = await readers.conversations_by_id(view, _ids(past.card.conversations))
    return {row.id: _conversation(past, row) for row in rows if row}


async def notes(view: View, past: Past) -> dict[UUID, Note]:
    """Notes with their marks then, by id; those that were removed since are left out."""
    rows = await readers.notes_by_id(view, _ids(past.card.notes))
    return {row.id: _note(past, row) for row in rows if row}


def _note(past: Past, row: Note) -> Note:
    then = past.card.notes[row.id.hex]
    copy: Note = _copy(
        row,
        version=then["version"],
        visibility=NoteVisibility(then["visibility"]),
        is_pinned=then["is_pinned"],
        edited_at=_instant(then["edited_at"]),
    )
    return copy


async def tasks(view: View, past: Past) -> dict[UUID, Task]:
    """Tasks as they stood, by id; those that were removed since are left out."""
    rows = await readers.tasks_by_id(view, _ids(past.card.tasks))
    return {row.id: _task(past, row) for row in rows if row}


def _task(past: Past, row: Task) -> Task:
    then = past.card.tasks[row.id.hex]
    kind, identity, name = then["completed_by"] or (None, None, None)
    copy: Task = _copy(
        row,
        title=then["title"],
        body_version=then["body"],
        due_at=_instant(then["due_at"]),
        due_on=_day(then["due_on"]),
        was_due_in_past=then["was_due_in_past"],
        assignee_id=UUID(hex=then["assignee"]) if then["assignee"] else None,
        overdue_since=_instant(then.get("overdue_since")),
        snoozed_until=_instant(then["snoozed_until"]),
        completed_at=_instant(then["completed_at"]),
        completed_by_kind=ActorKind(kind) if kind else None,
        completed_by_id=UUID(hex=identity) if identity else None,
        completed_by_name=name,
        outcome=then["outcome"],
        version=then["version"],
    )
    copy.place = place_of(copy)
    return copy


async def important_dates(view: View, past: Past) -> list[ImportantDate]:
    """Important dates as they stood, by day; those that were removed since are left out."""
    rows = await readers.important_dates_by_id(view, _ids(past.card.important_dates))
    copies = [_important_date(past, row) for row in rows if row]
    return sorted(copies, key=lambda row: (row.day, row.id))


def _important_date(past: Past, row: ImportantDate) -> ImportantDate:
    then = past.card.important_dates[row.id.hex]
    copy: ImportantDate = _copy(
        row,
        kind_id=UUID(hex=then["kind"]),
        day=_day(then["date"]),
        note=then["note"],
        is_on_dashboard=then["is_on_dashboard"],
        version=then["version"],
    )
    return copy


async def note_texts(view: View, past: Past, note_id: UUID) -> list[NoteText]:
    """Texts that a note had had, newest first."""
    (rows,) = await readers.note_texts(view, [note_id])
    version = past.card.notes[note_id.hex]["version"]
    return [row for row in rows if row.version <= version]


async def appointments(view: View, past: Past) -> dict[UUID, Appointment]:
    """Appointments as they stood, by id."""
    rows = await agenda.appointments_by_id(view, _ids(past.card.appointments))
    return {row.id: _appointment(past, row) for row in rows if row}


def _appointment(past: Past, row: Appointment) -> Appointment:
    then = past.card.appointments[row.id.hex]
    assignee, outcome = then["assignee"], then["outcome"]
    copy: Appointment = _copy(
        row,
        **{key: value for key, value in then.items() if key != "assignee"}
        | {key: _instant(then[key]) for key in ("starts_at", "ends_at", "cancelled_at")}
        | {
            "assignee_id": UUID(hex=assignee) if assignee else None,
            "kind": row.kind,
            "outcome": AppointmentOutcome(outcome) if outcome else None,
            "changed_at": _instant(then["changed_at"]),
        },
    )
    return copy


async def calls(view: View, past: Past) -> dict[UUID, Call]:
    """Calls with the outcome and the note that they had, by id."""
    rows = await agenda.calls_by_id(view, _ids(past.card.calls))
    return {row.id: _call(past, row) for row in rows if row}


def _call(past: Past, row: Call) -> Call:
    then = past.card.calls[row.id.hex]
    copy: Call = _copy(row, **{**then, "outcome": CallOutcome(then["outcome"])})
    return copy


async def note_files(view: View, past: Past, note_id: UUID) -> list[File]:
    """Files that a note had and still has; those that were removed since are gone for good."""
    (rows,) = await readers.files_by_subject(view, [note_id])
    then = past.card.notes.get(note_id.hex)
    return rows if then is None else [row for row in rows if row.id.hex in then.get("files", ())]


async def page(view: View, past: Past, wanted: Wanted) -> Page[Any]:
    """One page of a list of the card as it was."""
    here = replace(wanted, chosen=_until(past, wanted.chosen))
    if wanted.list in MOVING:
        rows = await _at_hand(view, past, Counted(wanted.list, wanted.owner_id, wanted.chosen))
        order = wanted.list.order(wanted.chosen)
        return pages.page_of(view, rows, order, here.scope, wanted.first, wanted.after)
    (found,) = await lists.read_pages(view, [here])
    if isinstance(found, Exception):
        raise found
    if wanted.list is EVENTS:
        return replace(found, rows=[event(past, row) for row in found.rows])
    if wanted.list in (LEAD_MESSAGES, CONVERSATION_MESSAGES):
        return replace(found, rows=[message(past, row) for row in found.rows])
    if wanted.list is INTERVALS:
        return replace(found, rows=[_interval(past, row) for row in found.rows])
    return found


async def count(view: View, past: Past, counted: Counted) -> int:
    """Size of a list of the card as it was."""
    if counted.list in MOVING:
        return len(await _at_hand(view, past, counted))
    (found,) = await lists.count_rows(view, [replace(counted, chosen=_until(past, counted.chosen))])
    return found


def _until(past: Past, chosen: Chosen) -> Chosen:
    return replace(chosen, until=past.logs, until_at=past.at)


async def _at_hand(view: View, past: Past, counted: Counted) -> list[Any]:
    """Rows of a list that only the fold knows."""
    if counted.list is NOTES:
        return list((await notes(view, past)).values())
    if counted.list is CALLS:
        return list((await calls(view, past)).values())
    if counted.list is APPOINTMENTS:
        chosen = counted.chosen
        return [
            row
            for row in (await appointments(view, past)).values()
            if agenda.is_in(chosen.period, row, past.at)
            and (chosen.since is None or row.starts_at >= chosen.since)
            and (chosen.before is None or row.starts_at < chosen.before)
        ]
    if counted.list is TASKS:
        chosen = counted.chosen
        return [row for row in (await tasks(view, past)).values() if _is_chosen(row, chosen)]
    rows = (await conversations(view, past)).values()
    wanted = counted.chosen.states
    return [row for row in rows if not wanted or row.state in wanted]


def _is_chosen(row: Task, chosen: Chosen) -> bool:
    now = chosen.moment
    if now and chosen.bands and band_of(row.due, now) not in chosen.bands:
        return False
    if now is None or (chosen.since is None and chosen.before is None):
        return True
    return is_due_within(row.due, chosen.since, chosen.before, now.zone)


def _interval(past: Past, row: PresenceInterval) -> PresenceInterval:
    if row.to_at and row.to_at <= past.at:
        return row
    passed = int((past.at - row.from_at).total_seconds())
    copy: PresenceInterval = _copy(row, to_at=None, active_seconds=min(row.active_seconds, passed))
    return copy


async def presence(view: View, past: Past) -> Reading:
    """Whether the lead was on a site; ONLINE is told as not sure, for SLEEPING is not kept."""
    row = await view.scalar(
        select(PresenceInterval)
        .where(
            col(PresenceInterval.lead_id) == past.lead.id,
            col(PresenceInterval.from_at) <= past.at,
        )
        .order_by(col(PresenceInterval.from_at).desc())
        .limit(1)
    )
    offline = Reading.unknown(past.lead.id, past.at, "", False)
    if row is None:
        return offline
    if row.to_at and row.to_at <= past.at:
        return replace(offline, since=row.to_at)
    online = EngineState.ONLINE
    return replace(offline, state=online, since=row.from_at, provisional=True)
