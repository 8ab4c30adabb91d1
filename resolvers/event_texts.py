"""What staff write on an event later, such as what a voicemail said. Every text is kept."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import ChangeKind, HistoryType
from models.events import Event, EventText
from models.ids import encode_id
from resolvers import access, events
from resolvers.errors import Clash, Conflict, ConflictReason, NotFound
from resolvers.policy import Permission
from resolvers.text import clean
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

MAX_BODY = 20_000


async def annotate_event(
    work: UnitOfWork, lead_id: UUID, event_id: UUID, body: str, expected: int | None
) -> None:
    """Writes on an event; blank takes the text away. The text that is there changes nothing."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    event = await work.session.scalar(
        select(Event).where(col(Event.lead_id) == lead.id, col(Event.id) == event_id)
    )
    if event is None:
        raise NotFound("event", encode_id("event", event_id))
    body = clean("body", body, MAX_BODY, lines=True)
    latest = await _text(work, event_id, event.version)
    before = latest.body if latest else ""
    if body == before:
        return
    if latest and expected is not None and event.version > expected:
        raise await _stale(work, event, latest, expected, body)
    event.version += 1
    work.session.add(
        EventText(
            event_id=event_id,
            version=event.version,
            lead_id=lead.id,
            body=body,
            author_kind=work.actor.kind,
            author_id=work.actor.id,
            author_name=work.actor.name,
            at=work.at,
        )
    )
    action = ("EDITED" if before else "ADDED") if body else "REMOVED"
    work.record(
        lead.id,
        ChangeKind.EVENT_ANNOTATED,
        HistoryType.EVENT,
        {
            "action": action,
            "event": events.logged(event.name, event.count, event.last_at, event.version),
        },
        subject=("event", event_id),
    )


async def _text(work: UnitOfWork, event_id: UUID, version: int) -> EventText | None:
    return await work.session.get(EventText, (event_id, version))


async def _stale(
    work: UnitOfWork, event: Event, latest: EventText, expected: int, body: str
) -> Conflict:
    """The refusal of a text that was written upon an older one."""
    seen = await _text(work, event.id, expected)
    clash = Clash(
        path="body",
        field_id=None,
        base=_value(seen.body if seen else ""),
        current=_value(latest.body),
        attempted=_value(body),
        changed_by=latest.author_name,
        changed_at=latest.at,
    )
    return Conflict(
        ConflictReason.STALE_VERSION,
        "Somebody else wrote on this event in the meantime.",
        owner=event.id,
        version=event.version,
        clashes=(clash,),
    )


def _value(body: str) -> LoggedValue | None:
    return {"type": "TEXT", "text": body} if body else None
