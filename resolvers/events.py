"""Events: what happened, by whom, counted by kind or name in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlmodel import col

from models.enums import ChangeKind, EventOrigin, HistoryType, Via
from models.events import Event, EventGroup, EventKind
from models.ids import encode_id, new_id
from models.leads import Lead
from resolvers import access, idempotency
from resolvers.errors import NotFound, Precondition, PreconditionReason, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.sites import origin_of
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_into, insert_new
from resolvers.values import MAX_URL, LoggedValue

AHEAD = timedelta(minutes=5)
QUIET = timedelta(seconds=30)
"""Repetitions of one page within this only add to the count."""
MAX_PARAMETERS = 50


@dataclass(frozen=True)
class NewEvent:
    """What is told of an event; parameters are names with values as the log holds them."""

    name: str | None
    kind_id: UUID | None = None
    occurred_at: datetime | None = None
    parameters: Sequence[tuple[str, LoggedValue]] = ()
    page_url: str | None = None


@dataclass(frozen=True)
class Seen:
    """Where a visitor's event came from; page key and sequence make a repeat harmless."""

    visit_id: UUID
    page_key: str
    sequence: int


async def add_event(work: UnitOfWork, lead_id: UUID, new: NewEvent, key: str) -> UUID:
    """Adds an event by hand; no activity of the lead. A repeated key answers the first."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    body = {"lead": lead_id, **new.__dict__}
    wanted = new_id()
    event_id = await idempotency.claim(work, "addEvent", key, body, wanted)
    if event_id == wanted:
        origin = EventOrigin.API if work.actor.via is Via.API else EventOrigin.MANUAL
        await record_event(work, lead, new, origin, event_id)
    return event_id


async def log_quick_event(work: UnitOfWork, lead_id: UUID, kind_id: UUID, key: str) -> UUID:
    """Records that something happened just now; a double click, with one key, is one event."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    body = {"lead": lead_id, "kind": kind_id}
    event_id = await idempotency.claim(work, "logQuickEvent", key, body, wanted)
    if event_id == wanted:
        kind = await _usable_kind(work, kind_id)
        if not kind.is_quick:
            raise invalid("kindId", ProblemCode.UNKNOWN, "This kind of event has no button.")
        await record_event(work, lead, NewEvent(None, kind_id), EventOrigin.QUICK, event_id)
    return event_id


async def record_event(
    work: UnitOfWork,
    lead: Lead,
    new: NewEvent,
    origin: EventOrigin,
    event_id: UUID,
    seen: Seen | None = None,
) -> UUID | None:
    """Stores an event, its group's counters and its change; None for a repeat already stored."""
    typed = required("name", new.name or "", 100) if new.kind_id is None else new.name
    kind = await _kind(work, new.kind_id, typed)
    name = kind.name if kind else typed or ""
    occurred = new.occurred_at or work.at
    is_clamped = occurred > work.at + AHEAD
    row = {
        "lead_id": lead.id,
        "id": event_id,
        "kind_id": kind.id if kind else None,
        "name": name,
        "group_key": group_key(kind, name),
        "origin": origin,
        "actor_kind": work.actor.kind,
        "actor_id": work.actor.id,
        "actor_name": work.actor.name,
        "occurred_at": work.at if is_clamped else occurred,
        "received_at": work.at,
        "is_clamped": is_clamped,
        "is_backdated": occurred < work.at - AHEAD,
        "count": 1,
        "last_at": work.at if is_clamped else occurred,
        "told_at": work.at,
        "parameters": check_parameters(new.parameters),
        "page_url": page_address("page.url", new.page_url),
        "visit_id": seen.visit_id if seen else None,
        "page_key": seen.page_key if seen else None,
        "sequence": seen.sequence if seen else None,
        "version": 0,
    }
    if not await insert_new(work.session, Event, row, ["lead_id", "page_key", "sequence"]):
        return None
    group = await count_in(work, lead.id, row)
    _record(work, lead, event_id, row, group)
    return event_id


async def repeat_event(
    work: UnitOfWork, lead: Lead, event: Event, at: datetime, seen: Seen
) -> None:
    """Counts a repetition; told in the log at most once in 30 s.

    The row takes over the page key and sequence, so that a repeat of the newest is known.
    """
    tells = work.at - event.told_at >= QUIET
    last_at = max(event.last_at, at)
    values: dict[str, Any] = {
        "count": col(Event.count) + 1,
        "last_at": last_at,
        "page_key": seen.page_key,
        "sequence": seen.sequence,
    }
    if tells:
        values["told_at"] = work.at
    count = await work.session.scalar(
        update(Event)
        .where(col(Event.lead_id) == lead.id, col(Event.id) == event.id)
        .values(**values)
        .returning(col(Event.count)),
        execution_options={"synchronize_session": False},
    )
    row = {**event.model_dump(), "count": count, "last_at": last_at, "occurred_at": at}
    group = await count_in(work, lead.id, row)
    if tells:
        _record(work, lead, event.id, row, group)


async def count_in(work: UnitOfWork, lead_id: UUID, row: dict[str, Any]) -> dict[str, Any]:
    """Adds one to the event's group and answers the group as the log holds it."""
    at = row["occurred_at"]
    statement = insert_into(work.session, EventGroup).values(
        lead_id=lead_id,
        group_key=row["group_key"],
        kind_id=row["kind_id"],
        name=row["name"],
        count=1,
        first_at=at,
        last_at=at,
    )
    new = statement.excluded
    # Two-argument MIN and MAX have other names on each database; CASE has one.
    statement = statement.on_conflict_do_update(
        index_elements=["lead_id", "group_key"],
        set_={
            "count": col(EventGroup.count) + 1,
            "first_at": case(
                (col(EventGroup.first_at) < new.first_at, col(EventGroup.first_at)),
                else_=new.first_at,
            ),
            "last_at": case(
                (col(EventGroup.last_at) > new.last_at, col(EventGroup.last_at)),
                else_=new.last_at,
            ),
        },
    ).returning(EventGroup)
    group = (
        await work.session.scalars(statement, execution_options={"populate_existing": True})
    ).one()
    return logged_group(group)


def logged(name: str, count: int, last_at: datetime, version: int) -> dict[str, Any]:
    """An event as the log holds it; `version` is that of its text, left out while it has none."""
    written = {"version": version} if version else {}
    return {"name": name, "count": count, "last_at": last_at.isoformat(), **written}


def logged_group(group: EventGroup) -> dict[str, Any]:
    """A group as the log holds it."""
    return {
        "key": group.group_key,
        "kind_id": group.kind_id.hex if group.kind_id else None,
        "name": group.name,
        "count": group.count,
        "first_at": group.first_at.isoformat(),
        "last_at": group.last_at.isoformat(),
    }


def _record(
    work: UnitOfWork, lead: Lead, event_id: UUID, row: dict[str, Any], group: dict[str, Any]
) -> None:
    work.record(
        lead.id,
        ChangeKind.EVENT_RECORDED,
        HistoryType.EVENT,
        {
            "event": logged(row["name"], row["count"], row["last_at"], row["version"]),
            "group": group,
        },
        subject=("event", event_id),
    )


async def _kind(work: UnitOfWork, kind_id: UUID | None, name: str | None) -> EventKind | None:
    if kind_id is None:
        key = fold(name or "")
        return await work.session.scalar(
            select(EventKind).where(
                col(EventKind.name_key) == key, col(EventKind.archived_at).is_(None)
            )
        )
    if name is not None:
        raise invalid("name", ProblemCode.CONTRADICTION, "Either a kind or a name, not both.")
    return await _usable_kind(work, kind_id)


async def _usable_kind(work: UnitOfWork, kind_id: UUID) -> EventKind:
    kind = await work.session.get(EventKind, kind_id)
    if kind is None:
        raise NotFound("kind of event", encode_id("eventkind", kind_id))
    if kind.archived_at:
        raise Precondition(PreconditionReason.ARCHIVED, "This kind of event is archived.")
    return kind


def group_key(kind: EventKind | None, name: str) -> str:
    """Events of one kind, or of one name without regard to case, are counted together."""
    return f"kind:{kind.id.hex}" if kind else f"name:{fold(name)}"


def check_parameters(given: Sequence[tuple[str, LoggedValue]]) -> list[dict[str, Any]]:
    """Parameters as they are stored; InvalidInput for more than 50 or an odd name."""
    if len(given) > MAX_PARAMETERS:
        raise invalid("parameters", ProblemCode.TOO_LARGE, f"At most {MAX_PARAMETERS}.")
    return [
        {"name": required(f"parameters.{index}.name", name, 64), "value": value}
        for index, (name, value) in enumerate(given)
    ]


def page_address(path: str, url: str | None) -> str | None:
    """The page without its query and fragment, which may hold secrets."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise invalid(path, ProblemCode.MALFORMED, "An address with http or https.") from error
    if origin_of(url) is None or len(url) > MAX_URL:
        raise invalid(path, ProblemCode.MALFORMED, "An address with http or https.")
    return required(path, parts._replace(query="", fragment="").geturl(), MAX_URL)


async def latest_of_visit(work: UnitOfWork, lead_id: UUID, visit_id: UUID, name: str,
                          page_url: str | None) -> Event | None:  # fmt: skip
    """The event that another view of the same page in the same visit repeats, if any."""
    if page_url is None:
        return None
    return await work.session.scalar(
        select(Event)
        .where(
            col(Event.lead_id) == lead_id,
            col(Event.visit_id) == visit_id,
            func.lower(col(Event.name)) == name.lower(),
            col(Event.page_url) == page_url,
        )
        .order_by(col(Event.occurred_at).desc())
        .limit(1)
    )
