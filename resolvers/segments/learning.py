"""Reading what a process knows of the segments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.due_bands import Moment
from models.fields import FieldDefinition
from models.segments import Segment
from models.workspace import Workspace
from resolvers.actors import SYSTEM
from resolvers.filters import tree
from resolvers.filters.grounds import Grounds
from resolvers.filters.storing import restore
from resolvers.segments.known import KnownSegment, KnownSegments, in_order
from resolvers.segments.mentions import looked_at


async def learn(session: AsyncSession, known: KnownSegments, key: int | None = None) -> None:
    """Reads all segments anew; `key` is that of the rules in this transaction."""
    if key is None:
        key = (await session.scalars(select(col(Workspace.rules_key)))).one()
    fresh = await read_all(session)
    known.segments, known.fields, known.zone = fresh.segments, fresh.fields, fresh.zone
    known.key = key


async def read_all(session: AsyncSession) -> KnownSegments:
    """The segments as this transaction has them."""
    rows = (
        await session.scalars(
            select(Segment)
            .where(or_(col(Segment.archived_at).is_(None), col(Segment.evaluation_id).is_not(None)))
            .order_by(col(Segment.id))
            .execution_options(populate_existing=True)
        )
    ).all()
    if not rows:
        return KnownSegments()
    fields = {
        row.key: FieldDefinition(**row.model_dump())  # for longer than the session
        for row in await session.scalars(
            select(FieldDefinition)
            .where(col(FieldDefinition.archived_at).is_(None))
            .execution_options(populate_existing=True)
        )
    }
    zone = (await session.scalars(select(col(Workspace.time_zone)))).one()
    found = []
    for row in rows:
        rule = restore(row.rule) if row.archived_at is None else None
        looks = looked_at(rule, fields) if rule else frozenset[str]()
        found.append(
            KnownSegment(row.id, row.name, rule, looks, used_by(rule) if rule else frozenset())
        )
    return KnownSegments(None, in_order(found), fields, zone)


def used_by(rule: tree.Filter) -> frozenset[UUID]:
    """Segments that a rule names."""
    return frozenset(each.id for _, each in tree.clauses(rule) if isinstance(each, tree.InSegment))


def grounds_at(known: KnownSegments, now: datetime, *, is_sqlite: bool) -> Grounds:
    """What rules of segments are read upon: everything, since they are nobody's."""
    return Grounds(
        actor=SYSTEM,
        now=Moment(now, known.zone),
        is_sqlite=is_sqlite,
        fields=known.fields,
        present={},
        segments=known.usable,
    )
