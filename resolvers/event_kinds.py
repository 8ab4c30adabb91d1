"""Kinds of events, and which of them have a button on each card."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.events import EventKind
from models.ids import encode_id, new_id
from models.workspace import Workspace
from resolvers import access
from resolvers.errors import Conflict, ConflictReason, LimitReached, NotFound, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork

MAX_KINDS, MAX_QUICK = 200, 12
ICONS = frozenset(
    {
        "calendar", "check", "eye", "file-text", "flag", "gift", "heart", "home", "key", "mail",
        "message", "phone", "phone-missed", "star", "user-plus", "users", "video", "voicemail",
    }
)  # fmt: skip
"""The product's set; every front end can draw these."""


@dataclass(frozen=True)
class KindEdit:
    """A kind as it shall be; None of `position` and `is_archived` leaves them."""

    name: str
    icon: str
    is_quick: bool
    position: int | None = None
    is_archived: bool | None = None
    expected: int | None = None


async def save_event_kind(work: UnitOfWork, kind_id: UUID | None, edit: KindEdit) -> EventKind:
    """Makes a kind, or changes, moves, archives or brings back one. Events keep their names."""
    access.require(work.actor, Permission.ADMINISTER)
    name = required("name", edit.name, 60)
    if edit.icon not in ICONS:
        raise invalid("icon", ProblemCode.UNKNOWN, f"One of {', '.join(sorted(ICONS))}.")
    if edit.position is not None and edit.position < 0:
        raise invalid("position", ProblemCode.TOO_SMALL, "From 0.")
    # Names and places are those of all kinds together, so one edit follows the other.
    await work.session.execute(select(col(Workspace.id)).with_for_update())
    kinds = await _in_order(work)
    kind = _named(kinds, kind_id)
    if edit.expected is not None and kind.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The kind of event was changed in the meantime.",
            owner=kind.id,
            version=kind.version,
        )
    others = [each for each in kinds if each is not kind]
    key = fold(name, 120)
    if any(each.name_key == key for each in others):
        raise invalid("name", ProblemCode.TAKEN, "There is a kind with this name.")
    is_new = kind not in kinds
    before = _shown(kind)
    kind.name, kind.name_key, kind.icon, kind.is_quick = name, key, edit.icon, edit.is_quick
    if edit.is_archived is not None and edit.is_archived != bool(kind.archived_at):
        kind.archived_at = work.at if edit.is_archived else None
    _check_limits([*others, kind])
    place = len(others) if is_new else kinds.index(kind)
    place = min(place if edit.position is None else edit.position, len(others))
    has_moved = not is_new and place != kinds.index(kind)
    if not is_new and not has_moved and before == _shown(kind):
        return kind
    if is_new:
        work.session.add(kind)
    else:
        kind.version += 1
    for position, each in enumerate([*others[:place], kind, *others[place:]]):
        each.position = position
    await work.session.flush()
    work.record_workspace(
        "event_kind_saved",
        {"kind": kind.id.hex, **_shown(kind), "position": kind.position},
        card=True,
    )
    return kind


async def _in_order(work: UnitOfWork) -> list[EventKind]:
    statement = select(EventKind).order_by(col(EventKind.position), col(EventKind.id))
    return list(await work.session.scalars(statement))


def _named(kinds: Sequence[EventKind], kind_id: UUID | None) -> EventKind:
    if kind_id is None:
        return EventKind(id=new_id(), name="", name_key="", icon="", position=len(kinds))
    for kind in kinds:
        if kind.id == kind_id:
            return kind
    raise NotFound("kind of event", encode_id("eventkind", kind_id))


def _check_limits(kinds: Sequence[EventKind]) -> None:
    if len(kinds) > MAX_KINDS:
        raise LimitReached(f"There can be at most {MAX_KINDS} kinds of events.", MAX_KINDS)
    if sum(each.is_quick and not each.archived_at for each in kinds) > MAX_QUICK:
        raise LimitReached(f"A card has at most {MAX_QUICK} buttons for events.", MAX_QUICK)


def _shown(kind: EventKind) -> dict[str, object]:
    return {
        "name": kind.name,
        "icon": kind.icon,
        "is_quick": kind.is_quick,
        "is_archived": kind.archived_at is not None,
    }
