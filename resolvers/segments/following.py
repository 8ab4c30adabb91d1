"""Which segments a unit of work concerns, weighed right before the commit.

Only rules that look at what was touched are weighed, and those whose verdict follows from one of
these; see `settling.py`.
"""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import ChangeKind, SegmentCause
from models.workspace import Workspace
from resolvers import log
from resolvers.log import Place
from resolvers.segments.known import KnownSegments
from resolvers.segments.learning import learn
from resolvers.segments.mentions import EVERYTHING, Mentions, meet, together, touched_by
from resolvers.segments.settling import Cause, Settling

if TYPE_CHECKING:
    from resolvers.unit_of_work import UnitOfWork


async def follow(work: "UnitOfWork", place: Place) -> Place:
    """Weighs what this unit of work touched, and what it was asked to weigh; writes the changes
    that follow behind those that are numbered.

    `place` is that of the numbered changes; answers it, or that of those which were written here.
    """
    settling = Settling(work, place)
    kept = work.services.segments
    if work.committed or work.touched:
        key = place.rules_key if work.committed else await _present_key(work)
        await _follow_changes(work, settling, key)
        # A lead that is new here is hidden from an evaluation until the commit: if a rule was
        # saved since the key was read, that may have come to its end without it.
        while _has_hidden_leads(work) and key != (fresh := await _present_key(work)):
            key = fresh
            await _follow_changes(work, settling, key)
    for each in work.weighings:
        await learn(work.session, kept)
        known = replace(kept)
        await log.lock(work.session, each.lead_ids)
        # What time changes may follow from another segment that it changes at the same instant.
        by_time = each.cause is SegmentCause.TIME
        ids = [one.id for one in known.with_used(each.segment_ids)] if by_time else each.segment_ids
        await settling.settle(known, each.lead_ids, ids, Cause(each.cause, {}))
    return settling.place


async def _follow_changes(work: "UnitOfWork", settling: Settling, key: int) -> None:
    """Weighs for the leads that were touched the segments that look at what was touched."""
    kept = work.services.segments
    if kept.key != key:
        await learn(work.session, kept, key)
    known = replace(kept)  # others may read them anew meanwhile
    touched = _touched(work)
    concerned = _concerned(known, together(touched.values())) if known.segments else []
    if concerned:
        leads = [lead for lead, what in touched.items() if _concerned(known, what)]
        changes = {lead: tuple(told) for lead, told in work.committed.items()}
        await log.lock(work.session, [each for each in leads if each not in changes])
        await settling.settle(known, leads, concerned, Cause(SegmentCause.CHANGE, changes))


async def _present_key(work: "UnitOfWork") -> int:
    return (await work.session.scalars(select(col(Workspace.rules_key)))).one()


def _has_hidden_leads(work: "UnitOfWork") -> bool:
    """Whether leads were made, where others write at the same time."""
    if work.services.database.is_sqlite:
        return False
    return any(changes[0].revision == 1 for changes in work.committed.values())


def _touched(work: "UnitOfWork") -> dict[UUID, Mentions]:
    touched = dict(work.touched)
    for lead_id, changes in work.committed.items():
        if changes[-1].kind is ChangeKind.LEAD_ERASED:
            touched.pop(lead_id, None)
            continue
        found = together(touched_by(each) for each in changes)
        touched[lead_id] = found | touched.get(lead_id, frozenset())
    return touched


def _concerned(known: KnownSegments, touched: Mentions) -> list[UUID]:
    """The segments that look at what was touched; all, even those that look at nothing."""
    if touched >= EVERYTHING:
        return [each.id for each in known.segments]
    return [each.id for each in known.segments if meet(each.looked_at, touched)]
