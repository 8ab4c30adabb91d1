"""Who of the staff looks at a lead's card now, and whether the lead types, in process or through
Redis.

Every open stream of a card holds a lease of `LEASE` seconds and renews it every `REFRESH`, so
whoever dies without a word is gone with the lease. Changes are announced on the bus; the end of a
lease is announced when anybody else reads or renews.
"""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from realtime import topics
from realtime.presence.reading import from_ms, to_ms
from realtime.store import Call, Store, Unreachable

LEASE = 60.0
REFRESH = 20.0
EDITING = 15.0
"""Seconds that a mark of what somebody edits lasts, unless it is repeated."""
TYPING = 10.0
"""Seconds that it counts that the lead types, unless it is told again."""
SHOWN = 20
_REMEMBERED = 1_000

_SCRIPT = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Viewer:
    """A member of staff; `since` is the earliest of their streams."""

    staff_id: UUID
    name: str
    since: datetime
    editing: str | None = None
    """Path of the field that the person edits."""


@dataclass(frozen=True)
class ViewerList:
    """At most `SHOWN` viewers, those first who came first, and the number of all."""

    viewers: list[Viewer]
    count: int
    is_lead_typing: bool = False


class Viewers(Protocol):
    """Both engines obey one test suite. `stream` is an id of the holder's own, unique for ever."""

    async def join(self, lead_id: UUID, stream: str, staff_id: UUID, name: str) -> None:
        """The stream began; joining again only renews."""

    async def refresh(self, lead_id: UUID, stream: str) -> None:
        """Renews the lease, and restores it if it was lost meanwhile; for the joiner to call."""

    async def leave(self, lead_id: UUID, stream: str) -> None:
        """The stream ended; unknown ones are nothing to worry about."""

    async def edit(self, lead_id: UUID, staff_id: UUID, path: str | None) -> None:
        """The person edits this field from now on, or none; shown while they look at the card."""

    async def type(self, lead_id: UUID, is_typing: bool) -> None:
        """The lead types from now on, or ceased to, whoever looks."""

    async def read(self, lead_id: UUID) -> ViewerList:
        """Who looks now; while the shared server is gone, who did when it was last read."""

    async def read_many(self, lead_ids: Sequence[UUID]) -> list[ViewerList]:
        """The same of several leads, in the order given and in one go."""


_THE_LEAD = UUID(int=0)
"""Stands for the lead itself among those who have marks."""


def _listed(viewers: Iterable[Viewer], editing: Mapping[UUID, str]) -> ViewerList:
    earliest: dict[UUID, Viewer] = {}
    for viewer in sorted(viewers, key=lambda viewer: (viewer.since, viewer.staff_id)):
        marked = replace(viewer, editing=editing.get(viewer.staff_id))
        earliest.setdefault(viewer.staff_id, marked)
    return ViewerList(list(earliest.values())[:SHOWN], len(earliest), _THE_LEAD in editing)


class _Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass
class _Held:
    viewer: Viewer
    until: datetime


class MemoryViewers:
    """Viewers of one process. `announce(channel, message)` gets each change."""

    def __init__(
        self,
        clock: _Clock,
        announce: Callable[[str, str], Awaitable[None]] | None = None,
        lease: float = LEASE,
    ) -> None:
        self._clock = clock
        self._announce = announce
        self._lease = timedelta(seconds=lease)
        self._joined: dict[tuple[UUID, str], Viewer] = {}
        self._live: dict[UUID, dict[str, _Held]] = {}
        self._editing: dict[UUID, dict[UUID, tuple[str, datetime]]] = {}

    async def join(self, lead_id: UUID, stream: str, staff_id: UUID, name: str) -> None:
        viewer = Viewer(staff_id, name, self._clock.now())
        self._joined.setdefault((lead_id, stream), viewer)
        await self.refresh(lead_id, stream)

    async def refresh(self, lead_id: UUID, stream: str) -> None:
        viewer = self._joined.get((lead_id, stream))
        if viewer is None:
            return
        has_changed = self._prune(lead_id)
        held = self._live.setdefault(lead_id, {})
        has_changed |= stream not in held
        held[stream] = _Held(viewer, self._clock.now() + self._lease)
        await self._tell(lead_id, has_changed)

    async def leave(self, lead_id: UUID, stream: str) -> None:
        self._joined.pop((lead_id, stream), None)
        has_changed = self._prune(lead_id)
        has_changed |= self._live.get(lead_id, {}).pop(stream, None) is not None
        self._prune(lead_id)
        await self._tell(lead_id, has_changed)

    async def edit(self, lead_id: UUID, staff_id: UUID, path: str | None) -> None:
        await self._mark(lead_id, staff_id, path, EDITING)

    async def type(self, lead_id: UUID, is_typing: bool) -> None:
        await self._mark(lead_id, _THE_LEAD, "typing" if is_typing else None, TYPING)

    async def _mark(self, lead_id: UUID, who: UUID, path: str | None, seconds: float) -> None:
        has_changed = self._prune(lead_id)
        marks = self._editing.setdefault(lead_id, {})
        before = marks.pop(who, None)
        if path is not None:
            marks[who] = path, self._clock.now() + timedelta(seconds=seconds)
        has_changed |= path != (before[0] if before else None)
        self._prune(lead_id)
        await self._tell(lead_id, has_changed)
        for other in [each for each in self._editing if each != lead_id]:
            # nobody may look there ever again
            await self._tell(other, self._prune(other))

    async def read(self, lead_id: UUID) -> ViewerList:
        has_changed = self._prune(lead_id)
        editing = {staff: path for staff, (path, _) in self._editing.get(lead_id, {}).items()}
        live = self._live.get(lead_id, {}).values()
        listed = _listed((held.viewer for held in live), editing)
        await self._tell(lead_id, has_changed)
        return listed

    async def read_many(self, lead_ids: Sequence[UUID]) -> list[ViewerList]:
        return [await self.read(each) for each in lead_ids]

    def _prune(self, lead_id: UUID) -> bool:
        held, now = self._live.get(lead_id, {}), self._clock.now()
        ended = [stream for stream, lease in held.items() if lease.until <= now]
        for stream in ended:
            del held[stream]
        if not held:
            self._live.pop(lead_id, None)
        marks = self._editing.get(lead_id, {})
        faded = [staff_id for staff_id, (_, until) in marks.items() if until <= now]
        for staff_id in faded:
            del marks[staff_id]
        if not marks:
            self._editing.pop(lead_id, None)
        return bool(ended or faded)

    async def _tell(self, lead_id: UUID, has_changed: bool) -> None:
        if has_changed and self._announce is not None:
            message = json.dumps({"at": to_ms(self._clock.now())})
            for channel in (topics.viewers(lead_id), topics.viewers_all()):
                await self._announce(channel, message)


class RedisViewers:
    """Viewers shared by processes; time is the server's. Without it nothing fails.

    What this process joined it remembers, and gives to the server again with the next refresh.
    `now` (ms) replaces the server's clock in tests.
    """

    def __init__(
        self, store: Store, lease: float = LEASE, now: Callable[[], int] | None = None
    ) -> None:
        self._script = store.script(_SCRIPT)
        self._lease_ms = round(lease * 1000)
        self._now = now
        self._joined: dict[tuple[UUID, str], Viewer] = {}
        self._last_known: OrderedDict[UUID, ViewerList] = OrderedDict()

    async def join(self, lead_id: UUID, stream: str, staff_id: UUID, name: str) -> None:
        self._joined.setdefault((lead_id, stream), Viewer(staff_id, name, _UNKNOWN))
        await self.refresh(lead_id, stream)

    async def refresh(self, lead_id: UUID, stream: str) -> None:
        viewer = self._joined.get((lead_id, stream))
        if viewer is None:
            return
        since = "" if viewer.since == _UNKNOWN else to_ms(viewer.since)
        reply = await self._run(lead_id, "hold", stream, viewer.staff_id.hex, viewer.name, since)
        if reply is None:
            return
        if (lead_id, stream) in self._joined:
            self._joined[lead_id, stream] = replace(viewer, since=from_ms(reply[1]))
        else:  # left while this was under way, and may have been overtaken by it
            await self._run(lead_id, "leave", stream)

    async def leave(self, lead_id: UUID, stream: str) -> None:
        self._joined.pop((lead_id, stream), None)
        await self._run(lead_id, "leave", stream)

    async def edit(self, lead_id: UUID, staff_id: UUID, path: str | None) -> None:
        lasting = round(EDITING * 1000)
        await self._run(lead_id, "edit", "", staff_id.hex, path or "", lasting)

    async def type(self, lead_id: UUID, is_typing: bool) -> None:
        mark = "typing" if is_typing else ""
        await self._run(lead_id, "edit", "", _THE_LEAD.hex, mark, round(TYPING * 1000))

    async def read(self, lead_id: UUID) -> ViewerList:
        return self._heard(lead_id, await self._run(lead_id, "read"))

    async def read_many(self, lead_ids: Sequence[UUID]) -> list[ViewerList]:
        replies: Sequence[Any] = [None] * len(lead_ids)
        with suppress(Unreachable):
            replies = await self._script.run_many([self._call(each, "read") for each in lead_ids])
        return [self._heard(*pair) for pair in zip(lead_ids, replies, strict=True)]

    def _heard(self, lead_id: UUID, reply: Any) -> ViewerList:
        if reply is None:
            return self._last_known.get(lead_id) or ViewerList([], 0)
        listed = _listed(
            (Viewer(UUID(hex=staff), name, from_ms(since)) for staff, name, since in reply[2:]),
            {UUID(hex=staff): path for staff, path in reply[1]},
        )
        self._remember(lead_id, listed)
        return listed

    async def _run(self, lead_id: UUID, op: str, *arguments: str | int) -> Any:
        """The script's reply, None while the server is gone."""
        try:
            return await self._script.run(*self._call(lead_id, op, *arguments))
        except Unreachable:
            return None

    def _call(self, lead_id: UUID, op: str, *arguments: str | int) -> Call:
        now = "" if self._now is None else self._now()
        channel = topics.viewers(lead_id)
        return (
            (topics.viewers_of(lead_id), topics.editing_of(lead_id)),
            (op, now, self._lease_ms, channel, topics.viewers_all(), *arguments),
        )

    def _remember(self, lead_id: UUID, listed: ViewerList) -> None:
        self._last_known[lead_id] = listed
        self._last_known.move_to_end(lead_id)
        if len(self._last_known) > _REMEMBERED:
            self._last_known.popitem(last=False)


_UNKNOWN = from_ms(0)
