"""Presence as the rest of the program sees it: readings, and the intervals stored from them.

The engine announces each change of presence once and keeps it in a capped stream; a background
reader turns that stream into intervals. It stores its position together with what it read, so
that nothing is counted twice or left out, however often it is stopped.

An engine that lives in the process forgets everybody with it. So the reader also leaves word that
it is alive: after a short stop those who were present are taken up as they were, after a long one
their intervals end where the word ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import PresenceState
from models.leads import Lead
from models.visits import PresenceInterval
from models.workspace import WorkerPosition
from realtime.presence import PresenceState as EngineState
from realtime.presence import Reading, Timing, Transition
from realtime.presence.reading import from_ms
from realtime.viewers import Viewer, ViewerList
from resolvers import access
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.upserts import insert_new
from resolvers.viewing import all_as_seen
from resolvers.views import View

__all__ = [
    "Reading",
    "Viewer",
    "ViewerList",
    "presence_of",
    "read_presence",
    "read_viewers",
    "store_intervals",
]

STREAM = "presence"
ALIVE = "presence alive"
BATCH = 500
SEEN = "seen"
"""What rules call it when a lead was on a site; see `segments/mentions.py`."""


async def presence_of(services: Services, ids: Sequence[UUID]) -> dict[UUID, Reading]:
    """Presence now, or what is known of it while the engine is not sure.

    An engine that lost its memory knows nobody. Until pages had time to come back, whoever has an
    interval that did not end counts as present still: no lamp goes out because of us.
    """
    found = await services.presence.read(ids)
    unsure = [
        each for each, reading in found.items() if reading.provisional and not reading.version
    ]
    if not unsure:
        return found
    async with services.database.read_session() as session:
        rows = await session.scalars(
            select(PresenceInterval).where(
                col(PresenceInterval.lead_id).in_(unsure), col(PresenceInterval.to_at).is_(None)
            )
        )
        return found | {row.lead_id: _last_known(row, found[row.lead_id]) for row in rows}


def _last_known(interval: PresenceInterval, reading: Reading) -> Reading:
    is_online = interval.active_since is not None
    return replace(
        reading,
        state=EngineState.ONLINE if is_online else EngineState.SLEEPING,
        active_at=reading.at if is_online else interval.from_at,
        since=interval.active_since or interval.from_at,
    )


async def read_presence(view: View, ids: Sequence[UUID]) -> list[Reading]:
    """Presence now; not part of the view's transaction, for it is not in the database."""
    found = await presence_of(view.services, ids)
    return [found[each] for each in ids]


async def read_viewers(view: View, ids: Sequence[UUID]) -> list[ViewerList]:
    """Who looks at each card now."""
    return await all_as_seen(view, await view.services.viewers.read_many(ids))


async def last_seen(view: View, ids: Sequence[UUID]) -> list[datetime | None]:
    """End of the last stored interval of each lead."""
    rows = await view.rows(
        select(col(PresenceInterval.lead_id), func.max(col(PresenceInterval.to_at)))
        .where(col(PresenceInterval.lead_id).in_(ids))
        .group_by(col(PresenceInterval.lead_id))
    )
    found = {row[0]: row[1] for row in rows}
    return [found.get(each) for each in ids]


async def store_intervals(services: Services) -> int:
    """Stores what the stream has gained; answers the number of transitions read."""
    async with unit_of_work(services, SYSTEM) as work:
        place = await _place(work, STREAM)
        if place is None:
            return 0
        transitions, position = await services.presence.transitions(place.position or None, BATCH)
        for transition in transitions:
            lead_id = await _store(work.session, transition)
            if lead_id is not None:
                work.touch(lead_id, SEEN)
        place.position = position
    return len(transitions)


async def _place(work: UnitOfWork, name: str) -> WorkerPosition | None:
    """The place of that name, locked; None while another process has it."""
    await insert_new(work.session, WorkerPosition, {"name": name, "position": ""}, ["name"])
    found: WorkerPosition | None = await work.session.scalar(
        select(WorkerPosition)
        .where(col(WorkerPosition.name) == name)
        .with_for_update(skip_locked=True)
    )
    return found


async def _store(session: AsyncSession, transition: Transition) -> UUID | None:
    """Answers the lead whose stay this began or ended."""
    lead_id = await access.surviving_lead(session, transition.lead_id)
    if await session.get(Lead, lead_id) is None:
        return None
    interval = await session.scalar(
        select(PresenceInterval)
        .where(col(PresenceInterval.lead_id) == lead_id, col(PresenceInterval.to_at).is_(None))
        .order_by(col(PresenceInterval.from_at).desc())
        .limit(1)
    )
    if interval is None:
        if transition.state.value == PresenceState.OFFLINE:
            return None
        interval = PresenceInterval(
            lead_id=lead_id,
            version=transition.version,
            epoch=transition.epoch,
            from_at=transition.at,
            last_version=transition.version,
        )
        session.add(interval)
    _continue(interval, transition)
    await session.flush()
    return lead_id


def _continue(interval: PresenceInterval, transition: Transition) -> None:
    _count_active(interval, transition.at)
    is_online = transition.state.value == PresenceState.ONLINE
    interval.active_since = transition.at if is_online else None
    interval.last_version = transition.version
    if transition.state.value == PresenceState.OFFLINE:
        interval.to_at = transition.at


def _count_active(interval: PresenceInterval, until: datetime) -> None:
    if interval.active_since is not None:
        seconds = (until - interval.active_since).total_seconds()
        interval.active_seconds += max(int(seconds), 0)


async def end_forgotten_intervals(services: Services) -> int:
    """Ends intervals of leads that the engine is sure are gone: it lost them with its memory.

    They end now, for nobody knows better; the time in between does not count as active.
    """
    async with services.database.read_session() as session:
        ids = (
            await session.scalars(
                select(col(PresenceInterval.lead_id)).where(col(PresenceInterval.to_at).is_(None))
            )
        ).all()
    found = await services.presence.read(ids) if ids else {}
    gone = [
        each for each, reading in found.items() if not reading.provisional and not reading.version
    ]
    if gone:
        async with unit_of_work(services, SYSTEM) as work:
            await work.session.execute(
                update(PresenceInterval)
                .where(col(PresenceInterval.lead_id).in_(gone))
                .where(col(PresenceInterval.to_at).is_(None))
                .values(to_at=work.at, active_since=None)
            )
            for lead_id in gone:
                work.touch(lead_id, SEEN)
    return len(gone)


async def note_alive(services: Services) -> None:
    """Leaves word that presence was known at this instant."""
    async with unit_of_work(services, SYSTEM) as work:
        place = await _place(work, ALIVE)
        if place is not None:
            place.position = work.at.isoformat()


async def take_up_intervals(services: Services, timing: Timing) -> None:
    """After a restart of an engine without a memory: who was present is so for the grace.

    Was this program away for longer than that, nobody is, and their intervals end where it ended.
    """
    now = services.clock.now()
    async with services.database.read_session() as session:
        place = await session.get(WorkerPosition, ALIVE)
    alive_at = datetime.fromisoformat(place.position) if place and place.position else now
    if now - alive_at > timedelta(seconds=timing.grace):
        await _end_intervals(services, alive_at)
    await services.presence.restore(await open_intervals(services, timing))


async def _end_intervals(services: Services, at: datetime) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        rows = await work.session.scalars(
            select(PresenceInterval).where(col(PresenceInterval.to_at).is_(None))
        )
        for interval in rows:
            _count_active(interval, at)
            interval.active_since = None
            interval.to_at = max(at, interval.from_at)
            work.touch(interval.lead_id, SEEN)


async def open_intervals(services: Services, timing: Timing) -> Mapping[UUID, datetime]:
    """Leads that were present when the process before this one ended, with the activity to assume.

    Who was ONLINE is taken to have been active just so lately that it lasts for the grace, who was
    SLEEPING, not since before: neither changes its state because of us.
    """
    now, sleep = services.clock.now(), timedelta(seconds=timing.sleep)
    awake = min(now, now - sleep + timedelta(seconds=timing.grace))
    async with services.database.read_session() as session:
        rows = await session.scalars(
            select(PresenceInterval)
            .where(col(PresenceInterval.to_at).is_(None))
            .order_by(col(PresenceInterval.from_at))
        )
        return {
            row.lead_id: awake if row.active_since else min(now, from_ms(row.last_version)) - sleep
            for row in rows
        }
