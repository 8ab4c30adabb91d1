"""Edits of a thing that somebody else changed in the meantime: other parts merge, equal ones clash.

What was changed since a version stands in the log, so nothing else has to be kept for it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind
from models.leads import LeadAlias
from resolvers.errors import Clash, Conflict, ConflictReason
from resolvers.unit_of_work import UnitOfWork


async def refuse_clashes(
    work: UnitOfWork,
    kind: ChangeKind,
    owner: Any,
    expected: int | None,
    diffs: list[dict[str, Any]],
) -> None:
    """Conflict STALE_VERSION if one of the diffs is of a part that changed after `expected`.

    `owner` is a row with id, lead_id and version; each of its changes of this kind holds the
    version that it made, and its own diffs.
    """
    if expected is None or owner.version <= expected:
        return
    first: dict[str, Any] = {}
    last: dict[str, Change] = {}
    for change in await _since(work, kind, owner, expected):
        for each in (change.data or {})["diffs"]:
            first.setdefault(each["path"], each["before"])
            last[each["path"]] = change
    clashes = tuple(
        Clash(
            path=each["path"],
            field_id=None,
            base=first[each["path"]],
            current=each["before"],
            attempted=each["after"],
            changed_by=last[each["path"]].actor_name,
            changed_at=last[each["path"]].at,
        )
        for each in diffs
        if each["path"] in first
    )
    if clashes:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "Somebody else changed this in the meantime.",
            owner=owner.id,
            version=owner.version,
            clashes=clashes,
        )


async def _since(work: UnitOfWork, kind: ChangeKind, owner: Any, expected: int) -> list[Change]:
    """The thing's changes after a version, oldest first, also from before its lead was merged."""
    former = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == owner.lead_id)
    subject: UUID = owner.id
    rows = await work.session.scalars(
        select(Change)
        .where(
            or_(col(Change.lead_id) == owner.lead_id, col(Change.lead_id).in_(former)),
            col(Change.kind) == kind,
            col(Change.subject_id) == subject,
        )
        .order_by(col(Change.at), col(Change.id))
    )
    return [row for row in rows if row.data and row.data["version"] > expected]
