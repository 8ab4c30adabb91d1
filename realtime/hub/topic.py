"""One lead whose card is open in this process."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple
from uuid import UUID

from realtime import topics
from realtime.hub.hints import Hint, decode_hint
from realtime.hub.source import GONE, C, Head

if TYPE_CHECKING:
    from realtime.hub.hub import Hub

logger = logging.getLogger(__name__)

RING_SIZE = 64
READ_LIMIT = 500


class Marks(NamedTuple):
    """What a topic looked like; compare with `==`."""

    revision: int
    presence: int
    viewers: int
    access: int
    settings: int
    resets: int
    epoch: str
    is_closed: bool


class NoLongerKept(Exception):
    """The log does not reach back to the cursor: start again from a snapshot."""


class HubClosed(Exception):
    """The process is shutting down."""


class Topic(Generic[C]):
    """One lead whose card is open in this process."""

    def __init__(self, hub: "Hub[C]", lead_id: UUID) -> None:
        self.lead_id = lead_id
        self.revision = 0
        """The last committed revision known here; -1 when the lead is gone."""
        self.floor = 0
        """Changes below are no longer told; a cursor below it needs a new snapshot."""
        self.presence: Any = None
        """The last reading announced on the bus, a JSON object; None before the first."""
        self.presence_mark = 0
        self.viewers_mark = 0
        self.resets = 0
        """Counts up when the log turned out to be another one: cursors may lie ahead of it."""
        self.is_closed = False
        self.is_known = False
        self.followers = 0
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.running: asyncio.Task[None] | None = None
        self._hub = hub
        self._ring: deque[C] = deque(maxlen=RING_SIZE)
        self._moved = asyncio.Event()
        self._must_fill = False
        self._filling: asyncio.Task[None] | None = None
        self._reads: dict[int, asyncio.Task[Sequence[C]]] = {}

    @property
    def epoch(self) -> str:
        return self._hub.epoch

    def marks(self) -> Marks:
        return Marks(
            self.revision,
            self.presence_mark,
            self.viewers_mark,
            self._hub.access_mark,
            self._hub.settings,
            self.resets,
            self._hub.epoch,
            self.is_closed,
        )

    async def wait(self, seen: Marks, timeout: float | None = None) -> None:
        """Return as soon as `marks()` differs from `seen`, or after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while self.marks() == seen:
                    await self._moved.wait()
        except TimeoutError:
            return

    async def changes_after(self, revision: int) -> Sequence[C]:
        """What follows, ascending and without holes, at most 500; empty when there is nothing yet.

        Do not hold `hub.reading` when you call it. Raises NoLongerKept, HubClosed, or what the
        source raises.
        """
        if self.revision <= revision:
            return ()
        if revision < self.floor - 1:
            raise NoLongerKept
        if self._ring and self._ring[0].revision <= revision + 1:
            return tuple(islice(self._ring, revision + 1 - self._ring[0].revision, None))
        read = self._reads.get(revision)
        if read is None:
            read = self._reads[revision] = self._hub.spawn(self._read_after(revision))
            read.add_done_callback(lambda _: self._reads.pop(revision, None))
        await asyncio.wait([read])
        if read.cancelled():
            raise HubClosed
        return read.result()

    def wake(self) -> None:
        """Let everybody who waits compare marks."""
        # Everybody who waits now is let go by `set`, however late they run: none is lost.
        self._moved.set()
        self._moved.clear()

    def hear(self, channel: str, message: str | None) -> None:
        """Take in one message of the bus, or None for a gap."""
        if channel == topics.lead(self.lead_id):
            self._hear_hint(message)
        elif channel == topics.presence(self.lead_id):
            self.presence_mark += 1
            self.presence = _json_object(message) or self.presence
            self.wake()
        else:
            self.viewers_mark += 1
            self.wake()

    def settle(self, head: Head, asked_with: int) -> None:
        """Take in what the database says; `asked_with` is the revision known when it was asked."""
        is_first = not self.is_known
        if head.revision == self.revision == GONE:
            return
        self.is_known = True
        self._forget_below(head.floor)
        if is_first or head.revision == GONE or head.revision < asked_with:
            # Behind what was known before the question: the log was replaced under this epoch.
            self._restart_at(head.revision, is_reset=not is_first and head.revision != GONE)
        elif head.revision > self.revision:
            self._fill()

    def forget(self) -> None:
        """Another epoch: nothing known holds until the head is read again."""
        self.is_known = False
        self.floor = 0
        self._restart_at(0, is_reset=True)

    def close(self) -> None:
        self.is_closed = True
        for task in (self._filling, *self._reads.values()):
            if task is not None:
                task.cancel()
        if not self.opened.done():
            self.opened.set_exception(HubClosed())
            self.opened.exception()  # there may be nobody left to retrieve it
        self.wake()

    def _hear_hint(self, message: str | None) -> None:
        hint = decode_hint(message) if message is not None else None
        if hint is None or hint.epoch != self.epoch or not self.is_known:
            self._hub.look(self)
            return
        if hint.last <= self.revision:
            return
        if hint.first != self.revision + 1 or not self._append(self._decode(hint)):
            self._fill()
        if hint.floor is not None:
            self._forget_below(min(hint.floor, self.revision))

    def _decode(self, hint: Hint) -> list[C]:
        try:
            changes = [self._hub.source.decode(body) for body in hint.changes or ()]
        except Exception as error:
            logger.warning("hint of lead %s not understood: %s", self.lead_id, type(error).__name__)
            return []
        numbers = [change.revision for change in changes]
        return changes if numbers == list(range(hint.first, hint.first + len(numbers))) else []

    def _append(self, changes: Sequence[C]) -> bool:
        before = self.revision
        for change in changes:
            if change.revision == self.revision + 1:
                self._ring.append(change)
                self.revision = change.revision
        if self.revision != before:
            self.wake()
        return self.revision != before

    def _fill(self) -> None:
        self._must_fill = True
        if self._filling is None:
            self._filling = self._hub.spawn(self._fill_up())

    async def _fill_up(self) -> None:
        try:
            while self._must_fill:
                self._must_fill = False
                await self._fill_once()
        except Exception as error:
            logger.warning("log of lead %s not read: %s", self.lead_id, type(error).__name__)
        finally:
            self._filling = None
            # The floor may have moved as well; and after a failure this is the next attempt.
            self._hub.mark_unsure(self)

    async def _fill_once(self) -> None:
        while True:
            resets, revision = self.resets, self.revision
            changes = await self._hub.read(self.lead_id, revision)
            if resets != self.resets or not changes:
                return
            if changes[0].revision > self.revision + 1:
                self._restart_at(changes[0].revision - 1, is_reset=False)
            has_moved = self._append(changes)
            if len(changes) < READ_LIMIT or not has_moved:
                return

    async def _read_after(self, revision: int) -> Sequence[C]:
        resets = self.resets
        changes = await self._hub.read(self.lead_id, revision)
        if not changes and resets == self.resets and self.revision > revision:
            # The hub believed in revisions that are not there: the log was replaced.
            self._restart_at(revision, is_reset=True)
            self._hub.look(self)
        whole = [c for n, c in enumerate(changes, revision + 1) if c.revision == n]
        if changes and not whole:
            raise NoLongerKept
        return whole

    def _restart_at(self, revision: int, *, is_reset: bool) -> None:
        self._ring.clear()
        self.revision = revision
        self.resets += is_reset
        self.wake()

    def _forget_below(self, floor: int) -> None:
        if floor > self.floor or floor == GONE:
            self.floor = floor
            while self._ring and self._ring[0].revision < floor:
                self._ring.popleft()
            self.wake()


def _json_object(message: str | None) -> Any:
    try:
        value = json.loads(message or "")
    except (ValueError, RecursionError):
        return None
    return value if type(value) is dict else None
