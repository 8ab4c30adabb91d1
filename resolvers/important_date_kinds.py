"""Kinds of important dates. An archived one can't be chosen; dates keep it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from models.ids import encode_id, new_id
from models.important_dates import ImportantDateKind
from models.workspace import Workspace
from resolvers import access
from resolvers.errors import LimitReached, NotFound, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork

MAX_KINDS = 50


@dataclass(frozen=True)
class DateKindEdit:
    """A kind as it shall be; None of `position` and `is_archived` leaves them."""

    name: str
    position: int | None = None
    is_archived: bool | None = None


async def save_important_date_kind(
    work: UnitOfWork, kind_id: UUID | None, edit: DateKindEdit
) -> ImportantDateKind:
    """Makes a kind, or renames, moves, archives or brings back one."""
    access.require(work.actor, Permission.CONFIGURE_CARD)
    name = required("name", edit.name, 60)
    if edit.position is not None and edit.position < 0:
        raise invalid("position", ProblemCode.TOO_SMALL, "From 0.")
    # Names and places are those of all kinds together, so one edit follows the other.
    await work.session.execute(select(col(Workspace.id)).with_for_update())
    kinds = list(await work.session.scalars(in_order()))
    kind = _named(kinds, kind_id)
    others = [each for each in kinds if each is not kind]
    key = fold(name, 120)
    if any(each.name_key == key for each in others):
        raise invalid("name", ProblemCode.TAKEN, "There is a kind with this name.")
    if len(others) >= MAX_KINDS:
        raise LimitReached(f"There can be at most {MAX_KINDS} kinds of dates.", MAX_KINDS)
    is_new, before = kind not in kinds, _shown(kind)
    kind.name, kind.name_key = name, key
    if edit.is_archived is not None and edit.is_archived != bool(kind.archived_at):
        kind.archived_at = work.at if edit.is_archived else None
    place = len(others) if is_new else kinds.index(kind)
    place = min(place if edit.position is None else edit.position, len(others))
    if not is_new and place == kinds.index(kind) and before == _shown(kind):
        return kind
    if is_new:
        work.session.add(kind)
    for position, each in enumerate([*others[:place], kind, *others[place:]]):
        each.position = position
    await work.session.flush()
    work.record_workspace(
        "important_date_kind_saved",
        {"kind": kind.id.hex, **_shown(kind), "position": kind.position},
        card=True,
    )
    return kind


def in_order() -> Select[ImportantDateKind]:
    """All kinds, archived ones included."""
    return select(ImportantDateKind).order_by(
        col(ImportantDateKind.position), col(ImportantDateKind.id)
    )


def _named(kinds: Sequence[ImportantDateKind], kind_id: UUID | None) -> ImportantDateKind:
    if kind_id is None:
        return ImportantDateKind(id=new_id(), name="", name_key="", position=len(kinds))
    for kind in kinds:
        if kind.id == kind_id:
            return kind
    raise NotFound("kind of date", encode_id("datekind", kind_id))


def _shown(kind: ImportantDateKind) -> dict[str, object]:
    return {"name": kind.name, "is_archived": kind.archived_at is not None}
