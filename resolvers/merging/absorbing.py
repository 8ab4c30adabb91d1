"""How one lead goes into another: its rows move and are noted for the way back, its log stays."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from models.accounts import LeadAccount
from models.appointments import Appointment
from models.calls import Call
from models.contact_points import LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.enums import ChangeKind, HistoryType
from models.events import Event, EventGroup
from models.files import File
from models.important_dates import ImportantDate
from models.leads import Lead, LeadAlias
from models.notes import Note
from models.tags import LeadTag
from models.tasks import Task
from models.visits import PresenceInterval, Visit
from resolvers import contact_points, conversations, events, naming, places, search
from resolvers.card_state import CardState, read_card
from resolvers.unit_of_work import UnitOfWork

MOVED: dict[str, type[SQLModel]] = {
    "appointment": Appointment,
    "call": Call,
    "conversation": Conversation,
    "event": Event,
    "file": File,
    "important_date": ImportantDate,
    "message": Message,
    "note": Note,
    "task": Task,
    "visit": Visit,
}
"""Tables whose rows move with their lead, by name; each has an id and a lead_id."""


async def absorb(
    work: UnitOfWork,
    into: Lead,
    gone: Lead,
    *,
    known_by: UUID | None = None,
    filled: Sequence[dict[str, Any]] = (),
) -> None:
    """Merges `gone` into `into`; both are locked. Streams on `gone` end, those on `into` reset.

    `known_by` is the lead whose identity `gone` turned out to have: it may have gone into `into`
    itself. `filled` are diffs of fields that `into` was given just before, out of `gone`.
    """
    card = await read_card(work.session, gone.id)
    undo: dict[str, Any] = {
        "known_by": (known_by or gone.id).hex,
        "filled": list(filled),
        "last_activity_at": _text(into.last_activity_at),
        "hidden_at": _text(into.hidden_at),
        "pages": await _forget_pages(work, into.id, gone.id),
        "places": await _places(work, gone.id),
        "groups": list(card.groups.values()),
        "segments": card.segments,
    }
    moved = {name: await _move(work, table, into.id, gone.id) for name, table in MOVED.items()}
    moved["tag"] = await _move_tags(work, into.id, gone.id)
    moved["email_address"] = await _move_contact_points(work, LeadEmailAddress, into.id, gone.id)
    moved["phone_number"] = await _move_contact_points(work, LeadPhoneNumber, into.id, gone.id)
    moved["account"] = await _move_account(work, into.id, gone.id)
    await search.move(work.session, into.id, gone.id)
    groups = await _count_again(work, into.id, gone.id)
    undo["intervals"] = await _move_presence(work, into.id, gone.id)
    moved["avatar"] = _take_over_picture(into, gone)
    undo["place"] = _take_over_place(into, gone)
    gone.merged_at = work.at
    if gone.hidden_at is None and _is_later(gone.last_activity_at, into.hidden_at):
        into.hidden_at = None  # what it did since shows it
    if into.last_activity_at is None or _is_later(gone.last_activity_at, into.last_activity_at):
        into.last_activity_at = gone.last_activity_at
    undo["last_activity_set"] = _text(into.last_activity_at)
    await naming.rename(work.session, into)
    row = LeadAlias(alias_id=gone.id, lead_id=into.id, at=work.at, moved={**moved, "undo": undo})
    work.session.add(row)
    await work.session.flush()
    kept = {
        "tags": {key: name for key, name in card.tags.items() if key not in moved["tag"]},
        "account": None if moved["account"] else card.account,
        **await contact_points.logged(work, gone),
    }
    work.record(
        gone.id,
        ChangeKind.LEAD_MERGED,
        HistoryType.LIFECYCLE,
        {"into": into.id.hex, "kept": kept},
    )
    work.record(
        into.id,
        ChangeKind.LEAD_ABSORBED,
        HistoryType.LIFECYCLE,
        {
            "alias": gone.id.hex,
            "name": gone.display_name,
            "lead": {**naming.columns(into), "hidden_at": _text(into.hidden_at)},
            "groups": groups,
            "card": await _moved_card(work, into, card, moved),
        },
    )
    row.moved = {**moved, "undo": {**undo, "conversations": await _hand_over(work, into)}}


async def _hand_over(work: UnitOfWork, into: Lead) -> dict[str, list[Any]]:
    """Conversations of people who do not see the lead that stays go to who does. Answers by id who
    had them and who has them, each with the version then."""
    return {
        each.id.hex: [_hex(had), version, _hex(each.assignee_id), each.version]
        for each, (had, version) in await conversations.follow_lead(work, into)
    }


def _hex(identity: UUID | None) -> str | None:
    return identity.hex if identity else None


async def _moved_card(
    work: UnitOfWork, into: Lead, card: CardState, moved: dict[str, list[str]]
) -> dict[str, Any]:
    """What came along, as a fold needs it."""
    tags = set(moved["tag"])
    return {
        "tags": {key: name for key, name in card.tags.items() if key in tags},
        "notes": card.notes,
        "tasks": card.tasks,
        "important_dates": card.important_dates,
        "events": card.events,
        "conversations": card.conversations,
        "messages": card.messages,
        "account": card.account if moved["account"] else None,
        "appointments": card.appointments,
        "calls": card.calls,
        **await contact_points.logged(work, into),
    }


async def _move(work: UnitOfWork, table: Any, into: UUID, gone: UUID) -> list[str]:
    ids = (await work.session.scalars(select(table.id).where(table.lead_id == gone))).all()
    if ids:
        await work.session.execute(
            update(table).where(table.lead_id == gone).values(lead_id=into),
            execution_options={"synchronize_session": False},
        )
    return [each.hex for each in ids]


async def _move_account(work: UnitOfWork, into: UUID, gone: UUID) -> list[str]:
    """The portal account goes along, unless the other lead has one."""
    rows = await work.session.scalars(
        select(LeadAccount).where(col(LeadAccount.lead_id).in_((into, gone)))
    )
    found = {row.lead_id: row for row in rows}
    if into in found or gone not in found:
        return []
    found[gone].lead_id = into
    return [found[gone].id.hex]


def _take_over_picture(into: Lead, gone: Lead) -> list[str]:
    """A lead without a picture is shown by that of the other one, whose file came along."""
    if into.avatar_id is not None or gone.avatar_id is None:
        return []
    into.avatar_id, into.avatar_source = gone.avatar_id, gone.avatar_source
    return [gone.avatar_id.hex]


def _take_over_place(into: Lead, gone: Lead) -> list[str | None]:
    """Nobody knows where the lead is: where the other one was. Answers the place that was taken."""
    place = places.place_of(gone)
    if place is None or into.country is not None:
        return []
    places.put_place(into, place)
    return list(astuple(place))


async def _forget_pages(work: UnitOfWork, into: UUID, gone: UUID) -> list[list[Any]]:
    """Takes page and sequence from events that could be repeats of the other lead's.

    They tell repeats apart within one lead; a browser that used one page key on both cards must
    not stand in the way of the merge. Answers id, page and sequence of those events.
    """
    other: Any = aliased(Event)
    is_taken = exists().where(
        other.lead_id == into,
        other.page_key == col(Event.page_key),
        other.sequence == col(Event.sequence),
    )
    taken = (col(Event.lead_id) == gone, is_taken)
    rows = (
        await work.session.execute(
            select(col(Event.id), col(Event.page_key), col(Event.sequence)).where(*taken)
        )
    ).all()
    await work.session.execute(
        update(Event).where(*taken).values(page_key=None, sequence=None),
        execution_options={"synchronize_session": False},
    )
    return [[event_id.hex, page, sequence] for event_id, page, sequence in rows]


async def _places(work: UnitOfWork, lead_id: UUID) -> dict[str, int]:
    """The places of addresses and numbers, by id."""
    found: dict[str, int] = {}
    tables: tuple[Any, ...] = (LeadEmailAddress, LeadPhoneNumber)
    for table in tables:
        rows = await work.session.execute(
            select(col(table.id), col(table.position)).where(col(table.lead_id) == lead_id)
        )
        found |= {row_id.hex: position for row_id, position in rows}
    return found


async def _move_presence(work: UnitOfWork, into: UUID, gone: UUID) -> list[list[Any]]:
    """Moves intervals, except one that began in the very millisecond of another; answers version
    and epoch of those that moved."""
    other: Any = aliased(PresenceInterval)
    is_taken = exists().where(
        other.lead_id == into,
        other.version == col(PresenceInterval.version),
        other.epoch == col(PresenceInterval.epoch),
    )
    moving = (col(PresenceInterval.lead_id) == gone, ~is_taken)
    rows = (
        await work.session.execute(
            select(col(PresenceInterval.version), col(PresenceInterval.epoch)).where(*moving)
        )
    ).all()
    await work.session.execute(
        update(PresenceInterval).where(*moving).values(lead_id=into),
        execution_options={"synchronize_session": False},
    )
    return [[version, epoch] for version, epoch in rows]


def _is_later(instant: datetime | None, other: datetime | None) -> bool:
    return instant is not None and other is not None and instant > other


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


async def _move_tags(work: UnitOfWork, into: UUID, gone: UUID) -> list[str]:
    present = select(col(LeadTag.tag_id)).where(col(LeadTag.lead_id) == into)
    ids = (
        await work.session.scalars(
            select(col(LeadTag.tag_id)).where(
                col(LeadTag.lead_id) == gone, col(LeadTag.tag_id).not_in(present)
            )
        )
    ).all()
    await work.session.execute(
        update(LeadTag)
        .where(col(LeadTag.lead_id) == gone, col(LeadTag.tag_id).in_(ids))
        .values(lead_id=into),
        execution_options={"synchronize_session": False},
    )
    return [each.hex for each in ids]


async def _move_contact_points(work: UnitOfWork, table: Any, into: UUID, gone: UUID) -> list[str]:
    same = "email_address_id" if table is LeadEmailAddress else "number"
    rows = (await work.session.scalars(select(table).where(table.lead_id == into))).all()
    values = {getattr(row, same) for row in rows}
    moved: list[str] = []
    for row in await work.session.scalars(
        select(table).where(table.lead_id == gone).order_by(table.position)
    ):
        if getattr(row, same) not in values:
            row.lead_id, row.position = into, len(rows) + len(moved)
            moved.append(row.id.hex)
    return moved


async def _count_again(work: UnitOfWork, into: UUID, gone: UUID) -> list[dict[str, Any]]:
    """Adds the counters of one lead to those of the other."""
    changed = []
    for group in (
        await work.session.scalars(select(EventGroup).where(col(EventGroup.lead_id) == gone))
    ).all():
        present = await work.session.get(
            EventGroup, (into, group.group_key), populate_existing=True
        )
        if present is None:
            present = EventGroup(**{**group.model_dump(), "lead_id": into})
            work.session.add(present)
        else:
            present.count += group.count
            present.first_at = min(present.first_at, group.first_at)
            present.last_at = max(present.last_at, group.last_at)
        changed.append(events.logged_group(present))
    await work.session.execute(
        delete(EventGroup).where(col(EventGroup.lead_id) == gone),
        execution_options={"synchronize_session": False},
    )
    return changed
