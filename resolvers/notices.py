"""Numbers of notifications: each person's are counted, so that a stream can take them up.

The counters are locked last in a transaction, by ascending id: whoever is told by many acts at
once makes none of them wait for long, and no two wait for each other.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.notifications import Notification, NotificationFeed
from resolvers.upserts import insert_into


async def advance(session: AsyncSession, staff_id: UUID, by: int) -> int:
    """Hands out so many numbers to a person, locked until the commit; the last of them."""
    statement = insert_into(session, NotificationFeed).values(staff_id=staff_id, revision=by)
    statement = statement.on_conflict_do_update(
        index_elements=["staff_id"], set_={"revision": col(NotificationFeed.revision) + by}
    ).returning(col(NotificationFeed.revision))
    last: int = (await session.execute(statement)).scalar_one()
    return last


async def store(session: AsyncSession, notices: Sequence[Notification]) -> None:
    """Numbers new rows and adds them."""
    by_person: dict[UUID, list[Notification]] = defaultdict(list)
    for notice in notices:
        by_person[notice.staff_id].append(notice)
    for staff_id in sorted(by_person):
        rows = by_person[staff_id]
        last = await advance(session, staff_id, len(rows))
        for number, row in enumerate(rows, last - len(rows) + 1):
            row.revision = number
        session.add_all(rows)
    await session.flush()
