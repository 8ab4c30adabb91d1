"""A lead as it was: the fold of its log up to a moment, given as the rows that a card is read from.

Nothing is kept for this: the log is the only source, folded by the same functions that prove it
whole. Texts (of notes, messages, events) are read where they were written; who may see what is
decided by present rights, and what was removed since stays out.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.changes import Change
from models.enums import ActorKind, AvatarSource, ChangeKind, Priority
from models.leads import Lead, LeadAlias
from resolvers.card_state import CardState, apply_change
from resolvers.errors import BadArgument
from resolvers.lists import Log
from resolvers.secrets import Unsealable
from resolvers.views import View

ENDLESS = 2**62
AT_ONCE = 500
AHEAD = timedelta(minutes=5)
"""How far the clock of who asks may be ahead."""
LEADS_OWN = (
    ChangeKind.LEAD_CREATED,
    ChangeKind.EVENT_RECORDED,
    ChangeKind.MESSAGE_ADDED,
    ChangeKind.LEAD_IDENTIFIED,
    ChangeKind.LEAD_VISIBILITY_CHANGED,
)
"""Kinds that are activity when the lead itself is the actor."""


WHOLE = (ChangeKind.LEAD_UNMERGED, ChangeKind.LEAD_RESTORED)
"""Kinds that hold the whole card."""


@dataclass
class Past:
    """One lead at one moment."""

    lead: Lead
    """As it was; what never changes is as it is."""
    at: datetime
    revision: int
    card: CardState = field(default_factory=CardState)
    logs: tuple[Log, ...] = ()
    """What of which log had happened: the lead's own, and those of leads that had gone into it."""
    set_by: dict[str, Change] = field(default_factory=dict)
    """The change that set each field last, by the field's id."""
    known_since: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """The address in each entry and when it came, by the entry's id; of a number only when."""
    assigned_since: datetime | None = None
    last_activity_at: datetime | None = None

    def is_here(self, lead_id: UUID) -> bool:
        """Whether the id is this lead's, or of one that had gone into it."""
        return lead_id == self.lead.id or any(log.lead_id == lead_id for log in self.logs)


async def read_past(view: View, lead: Lead, at: datetime | None, cursor: str | None) -> Past | None:
    """The lead at an instant or just after a cursor's change; None before it existed.

    Raises:
        BadArgument: the cursor is none of this lead's history, both or none is given, or the
            instant has not come.
    """
    if (at is None) == (cursor is None):
        raise BadArgument("`asOf` takes either an instant or a cursor.")
    if at is not None and at > view.services.clock.now() + AHEAD:
        raise BadArgument("That moment has not come yet.")
    place = await _place(view, lead.id, cursor) if cursor is not None else None
    if place is not None:
        at = await _instant(view, place)
    assert at is not None
    is_own = place is not None and place.lead_id == lead.id
    revision = place.revision if place and is_own else await _last_before(view, lead.id, at)
    if not revision:
        return None
    past = Past(lead, at, revision)
    absorbed: list[UUID] = []
    is_known = True
    async for change in _changes(view, lead.id, revision):
        # Erased with a lead that was in this one for a while: unknown until all is told again.
        is_known = change.data is not None and (is_known or change.kind in WHOLE)
        if is_known:
            _take(past, change)
            absorbed = _joined(absorbed, change)
    if not is_known:
        return None
    past.logs = await _logs(view, Log(lead.id, revision), absorbed)
    past.lead = _row(lead, past)
    return past


async def _instant(view: View, place: Log) -> datetime:
    """When a change was made."""
    found = await view.scalar(
        select(col(Change.at)).where(
            col(Change.lead_id) == place.lead_id, col(Change.revision) == place.revision
        )
    )
    assert found is not None
    return found


async def _changes(view: View, lead_id: UUID, revision: int) -> AsyncIterator[Change]:
    """The log to a revision, in parts: others have their turn in between."""
    for start in range(0, revision, AT_ONCE):
        end = min(start + AT_ONCE, revision)
        rows = await view.scalars(
            select(Change)
            .where(col(Change.lead_id) == lead_id, col(Change.revision).between(start + 1, end))
            .order_by(col(Change.revision))
        )
        for row in rows:
            yield row


async def _place(view: View, lead_id: UUID, cursor: str) -> Log:
    """The place that a cursor names, in the lead's log or in that of one that went into it."""
    epoch = await view.epoch()
    aliases = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == lead_id)
    for owner in (lead_id, *await view.scalars(aliases)):
        try:
            revision, is_current = view.services.secrets.unseal("feed", owner, epoch, cursor)
        except Unsealable:
            continue
        last = await view.scalar(
            select(func.max(col(Change.revision))).where(col(Change.lead_id) == owner)
        )
        if is_current and 1 <= revision <= (last or 0):
            return Log(owner, revision)
    raise BadArgument("`asOf` has a cursor that is none of this lead's history.")


async def _last_before(view: View, lead_id: UUID, at: datetime) -> int | None:
    """The lead's last revision at an instant."""
    return await view.scalar(
        select(func.max(col(Change.revision))).where(
            col(Change.lead_id) == lead_id, col(Change.at) <= at
        )
    )


def _take(past: Past, change: Change) -> None:
    card, data = past.card, change.data or {}
    apply_change(card, change)
    for diff in data.get("diffs", ()):
        if diff.get("field_id"):
            past.set_by[diff["field_id"]] = change
    for each in (*card.email_addresses, *card.phone_numbers):
        what = each.get("address", "")  # a corrected address is a new one in its entry
        known = past.known_since.get(each["id"])
        if known is None or known[0] != what:
            past.known_since[each["id"]] = what, change.at
    if change.actor_kind is ActorKind.LEAD and change.kind in LEADS_OWN:
        past.last_activity_at = change.at
    if change.kind in (ChangeKind.LEAD_CREATED, ChangeKind.LEAD_ASSIGNEE_CHANGED):
        past.assigned_since = change.at if card.lead["assignee"] else None


async def _logs(view: View, own: Log, absorbed: list[UUID]) -> tuple[Log, ...]:
    """The lead's log to its revision, and whole the logs of leads that went in until then."""
    logs = [own]
    while absorbed:
        logs += [Log(each, ENDLESS) for each in absorbed]
        absorbed = _absorbed(
            await view.scalars(
                select(Change).where(
                    col(Change.lead_id).in_(absorbed),
                    col(Change.kind) == ChangeKind.LEAD_ABSORBED,
                )
            )
        )
    return tuple(logs)


def _joined(absorbed: list[UUID], change: Change) -> list[UUID]:
    """The leads that had gone into this one after a change."""
    if change.kind is ChangeKind.LEAD_UNMERGED and change.data:
        return [each for each in absorbed if each.hex != change.data["alias"]]
    return [*absorbed, *_absorbed([change])]


def _absorbed(changes: Sequence[Change]) -> list[UUID]:
    return [
        UUID(hex=change.data["alias"])
        for change in changes
        if change.kind is ChangeKind.LEAD_ABSORBED and change.data
    ]


def _row(lead: Lead, past: Past) -> Lead:
    now, then = lead.model_dump(), past.card.lead
    own = {key: value for key, value in then.items() if key in now}
    assignee, avatar = then["assignee"], then["avatar_id"]
    hidden_at = then["hidden_at"]
    return Lead(
        **{
            **now,
            **own,
            "priority": Priority(then["priority"]),
            "avatar_id": UUID(hex=avatar) if avatar else None,
            "avatar_source": AvatarSource(then["avatar_source"]) if avatar else None,
            "state_id": UUID(hex=then["state"]),
            "state_since": datetime.fromisoformat(then["state_since"]),
            "assignee_id": UUID(hex=assignee) if assignee else None,
            "assigned_since": past.assigned_since,
            "hidden_at": datetime.fromisoformat(hidden_at) if hidden_at else None,
            "last_activity_at": past.last_activity_at,
        }
    )
