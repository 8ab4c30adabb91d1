"""Giving a lead back that had gone into another: its rows return, later ones go where they belong.

Invariants
- What moved returns, unless it was removed since; what was changed since stays changed.
- What came later goes with the channel that it came by: with the visit, the conversation, the
  number, or the identity. What people put on the card stays on the card that stayed.
- Both logs tell the whole card as it is then, so that a fold needs nothing else.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlmodel import col

from models.accounts import LeadAccount
from models.calls import Call
from models.contact_points import LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.enums import ActorKind, ChangeKind, HistoryType
from models.events import Event, EventGroup
from models.fields import FieldDefinition
from models.leads import Lead, LeadAlias
from models.segments import Segment, SegmentStanding
from models.tags import LeadTag
from models.visits import PresenceInterval, Visit
from resolvers import fields, naming, places, search
from resolvers.card_state import read_card
from resolvers.fields import Edit
from resolvers.merging.absorbing import MOVED
from resolvers.unit_of_work import UnitOfWork, Versioned
from resolvers.upserts import put_rows, table_of
from resolvers.values import from_log

AT_ONCE = 500


async def give_back(work: UnitOfWork, alias: LeadAlias, into: Lead, gone: Lead) -> None:
    """Undoes a merge; both leads are locked."""
    moved, undo = alias.moved, alias.moved.get("undo", {})
    for name, table in MOVED.items():
        await _return(work, table, moved.get(name, ()), into.id, gone.id)
    await _return(work, LeadAccount, moved.get("account", ()), into.id, gone.id)
    await _return_tags(work, moved.get("tag", ()), into.id, gone.id)
    await _return_contact_points(work, moved, undo, into.id, gone.id)
    await _return_presence(work, undo, into.id, gone.id)
    await _sort_later(work, alias, into, gone)
    await _return_pages(work, undo, gone.id)
    await _count_again(work, undo, into.id, gone.id)
    if undo and _instant(undo["last_activity_set"]) == into.last_activity_at:
        into.last_activity_at = _instant(undo["last_activity_at"])
        into.hidden_at = into.hidden_at or _instant(undo.get("hidden_at"))
    if into.avatar_id and into.avatar_id.hex in moved.get("avatar", ()):
        into.avatar_id = into.avatar_source = None
    if undo.get("place") and undo["place"] == [into.country, into.region, into.city]:
        places.put_place(into, None)
    await _return_conversations(work, undo.get("conversations", {}))
    diffs, stamps = await _empty_fields(work, into, undo.get("filled", ()))
    gone.merged_at = None
    await work.session.delete(alias)
    await naming.rename(work.session, into)
    await naming.rename(work.session, gone)
    await work.session.flush()
    await search.give_back(work.session, into.id, gone.id)
    await _return_standings(work, undo, gone.id)
    await _record(work, into, gone, diffs, stamps)


async def _record(
    work: UnitOfWork,
    into: Lead,
    gone: Lead,
    diffs: list[dict[str, Any]],
    stamps: list[Versioned],
) -> None:
    for lead, kind, about in (
        (into, ChangeKind.LEAD_UNMERGED, {"alias": gone.id.hex, "diffs": diffs}),
        (gone, ChangeKind.LEAD_RESTORED, {"from": into.id.hex}),
    ):
        card = asdict(await read_card(work.session, lead.id))
        is_into = lead is into
        work.record(
            lead.id,
            kind,
            HistoryType.LIFECYCLE,
            {**about, "card": card},
            stamps=stamps if is_into else (),
        )


async def _return(work: UnitOfWork, table: Any, ids: Any, into: UUID, gone: UUID) -> None:
    """Moves rows back that are still on the lead that stayed."""
    for start in range(0, len(ids), AT_ONCE):
        some = [UUID(hex=each) for each in ids[start : start + AT_ONCE]]
        await _move(work, table, into, gone, table.id.in_(some))


async def _move(
    work: UnitOfWork, table: Any, into: UUID, gone: UUID, *where: ColumnElement[bool]
) -> None:
    await work.session.execute(
        update(table).where(table.lead_id == into, *where).values(lead_id=gone),
        execution_options={"synchronize_session": False},
    )


async def _return_tags(work: UnitOfWork, ids: Any, into: UUID, gone: UUID) -> None:
    tags = [UUID(hex=each) for each in ids]
    await _move(work, LeadTag, into, gone, col(LeadTag.tag_id).in_(tags))


async def _return_contact_points(
    work: UnitOfWork, moved: Any, undo: Any, into: UUID, gone: UUID
) -> None:
    """Addresses and numbers return to their places; those that remain close up."""
    places = undo.get("places", {})
    tables: dict[str, Any] = {"email_address": LeadEmailAddress, "phone_number": LeadPhoneNumber}
    for name, table in tables.items():
        await _return(work, table, moved.get(name, ()), into, gone)
        for lead_id in (into, gone):
            rows = (
                await work.session.scalars(
                    select(table)
                    .where(col(table.lead_id) == lead_id)
                    .order_by(col(table.position), col(table.id))
                    .execution_options(populate_existing=True)
                )
            ).all()
            if lead_id == gone:
                rows = sorted(rows, key=lambda row: places.get(row.id.hex, row.position))
            for position, row in enumerate(rows):
                row.position = position
    await work.session.flush()


async def _return_presence(work: UnitOfWork, undo: Any, into: UUID, gone: UUID) -> None:
    for version, epoch in undo.get("intervals", ()):
        is_it = (
            col(PresenceInterval.version) == version,
            col(PresenceInterval.epoch) == epoch,
        )
        await _move(work, PresenceInterval, into, gone, *is_it)


async def _return_conversations(work: UnitOfWork, handed: dict[str, list[Any]]) -> None:
    """Gives conversations back that the merge handed over, unless they changed hands since."""
    for identity, (had, version, has, present) in handed.items():
        row = await work.session.get(Conversation, UUID(hex=identity), populate_existing=True)
        if row and (row.assignee_id, row.version) == (UUID(hex=has) if has else None, present):
            row.assignee_id, row.version = UUID(hex=had) if had else None, version


async def _sort_later(work: UnitOfWork, alias: LeadAlias, into: Lead, gone: Lead) -> None:
    """Moves what came since the merge by a channel of the lead that returns."""
    for other in await work.session.scalars(
        select(LeadAlias).where(col(LeadAlias.lead_id) == into.id, col(LeadAlias.at) >= alias.at)
    ):
        if other.moved.get("undo", {}).get("known_by") != gone.id.hex or other is alias:
            continue
        other.lead_id = gone.id  # a visitor that was known by this one's identity
        for name, table in MOVED.items():
            await _return(work, table, other.moved.get(name, ()), into.id, gone.id)
    await work.session.flush()
    theirs = select(col(Visit.id)).where(col(Visit.lead_id) == gone.id)
    await _move(work, Event, into.id, gone.id, col(Event.visit_id).in_(theirs))
    threads = select(col(Conversation.id)).where(col(Conversation.lead_id) == gone.id)
    await _move(work, Message, into.id, gone.id, col(Message.conversation_id).in_(threads))
    numbers = [
        set(
            await work.session.scalars(
                select(col(LeadPhoneNumber.number)).where(col(LeadPhoneNumber.lead_id) == each.id)
            )
        )
        for each in (gone, into)
    ]
    later = (
        col(Call.number).in_(numbers[0] - numbers[1]),
        col(Call.created_at) >= alias.at,
        col(Call.id).not_in([UUID(hex=each) for each in alias.moved.get("call", ())]),
    )
    await _move(work, Call, into.id, gone.id, *later)
    await _note_activity(work, alias, gone)


async def _note_activity(work: UnitOfWork, alias: LeadAlias, gone: Lead) -> None:
    """The lead's own last activity, if it came while it was merged."""
    own = ActorKind.LEAD
    event = select(func.max(col(Event.last_at))).where(
        col(Event.lead_id) == gone.id, col(Event.actor_kind) == own, col(Event.told_at) >= alias.at
    )
    message = select(func.max(col(Message.at))).where(
        col(Message.lead_id) == gone.id, col(Message.author_kind) == own,
        col(Message.at) >= alias.at, col(Message.logged_at).is_(None),
    )  # fmt: skip
    for statement in (event, message):
        at = await work.session.scalar(statement)
        if at is not None and (gone.last_activity_at is None or at > gone.last_activity_at):
            gone.last_activity_at, gone.hidden_at = at, None


async def _return_pages(work: UnitOfWork, undo: Any, gone: UUID) -> None:
    for event_id, page, sequence in undo.get("pages", ()):
        is_used = select(col(Event.id)).where(
            col(Event.lead_id) == gone,
            col(Event.page_key) == page,
            col(Event.sequence) == sequence,
        )
        if await work.session.scalar(is_used) is None:
            await work.session.execute(
                update(Event)
                .where(
                    col(Event.lead_id) == gone,
                    col(Event.id) == UUID(hex=event_id),
                    col(Event.page_key).is_(None),
                )
                .values(page_key=page, sequence=sequence),
                execution_options={"synchronize_session": False},
            )


async def _count_again(work: UnitOfWork, undo: Any, into: UUID, gone: UUID) -> None:
    """Counts the events of both leads anew; a group keeps the name that it had."""
    present = await work.session.execute(
        select(col(EventGroup.group_key), col(EventGroup.name)).where(
            col(EventGroup.lead_id) == into
        )
    )
    groups = {(into, key): name for key, name in present}
    groups |= {(gone, each["key"]): each["name"] for each in undo.get("groups", ())}
    counted = await work.session.execute(
        select(
            col(Event.lead_id),
            col(Event.group_key),
            func.sum(col(Event.count)),
            func.min(col(Event.occurred_at)),
            func.max(col(Event.last_at)),
            func.max(col(Event.name)),
        )
        .where(col(Event.lead_id).in_((into, gone)))
        .group_by(col(Event.lead_id), col(Event.group_key))
    )
    kinds = {
        key: kind_id
        for key, kind_id in await work.session.execute(
            select(col(Event.group_key), col(Event.kind_id))
            .where(col(Event.lead_id).in_((into, gone)))
            .distinct()
        )
    }
    rows = [
        {
            "lead_id": lead_id,
            "group_key": key,
            "kind_id": kinds[key],
            "name": groups.get((lead_id, key)) or groups.get((into, key)) or name,
            "count": int(count),
            "first_at": first,
            "last_at": last,
        }
        for lead_id, key, count, first, last, name in counted
    ]
    await work.session.execute(
        delete(table_of(EventGroup)).where(col(EventGroup.lead_id).in_((into, gone)))
    )
    await put_rows(work.session, EventGroup, rows)


async def _empty_fields(
    work: UnitOfWork, into: Lead, filled: Any
) -> tuple[list[dict[str, Any]], list[Versioned]]:
    """Gives fields back what they held before the merge, unless somebody changed them since."""
    ids = [UUID(hex=each["field_id"]) for each in filled]
    known = {
        row.id: row
        for row in await work.session.scalars(
            select(FieldDefinition).where(col(FieldDefinition.id).in_(ids))
        )
    }
    rows = await fields.property_rows(work.session, into.id, ids)
    edits = []
    for field_id, diff in zip(ids, filled, strict=True):
        present = fields.value_in(rows, known[field_id])
        if (present.logged() if present else None) == diff["after"]:
            former = from_log(diff["before"]) if diff["before"] else None
            edits.append(Edit(known[field_id], former))
    # What they held was the other lead's: this log must not keep it once that one is erased.
    diffs = [{**fields.diff_of(rows, each), "before": None} for each in edits]
    stamps = [fields.write_value(work, into.id, rows, each.field, each.value) for each in edits]
    for each in edits:
        fields.copy_to_column(into, each)
    return diffs, list(stamps)


async def _return_standings(work: UnitOfWork, undo: Any, gone: UUID) -> None:
    """Puts the lead back into the segments that it was in; what is so no more it leaves then."""
    kept = {UUID(hex=key): told for key, told in undo.get("segments", {}).items()}
    known = await work.session.scalars(  # an archived one has no leads
        select(col(Segment.id)).where(col(Segment.id).in_(kept), col(Segment.archived_at).is_(None))
    )
    rows = [
        {
            "lead_id": gone,
            "segment_id": each,
            "since": _instant(kept[each]["since"]),
            "because": kept[each]["because"],
            "flips_at": None,
        }
        for each in known
    ]
    await put_rows(work.session, SegmentStanding, rows, ("lead_id", "segment_id"), replaces=True)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
