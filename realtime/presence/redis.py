"""Presence shared by processes: the rules live in presence.lua, time is the server's."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from realtime import topics
from realtime.presence.log import TransitionLog
from realtime.presence.reading import (
    LOG_LENGTH,
    PAGES_PER_LEAD,
    PAGES_TOLD_APART_MS,
    STATES,
    OpenPage,
    PresenceState,
    Reading,
    Timing,
    TooManyPages,
    Transition,
    clamped_idle_ms,
    from_ms,
    from_ms_if_any,
    ordered,
)
from realtime.store import Refused, Store, Unreachable

_SCRIPT = (Path(__file__).parent / "presence.lua").read_text(encoding="utf-8")
_SWEPT_AT_ONCE = 100
_READ_AT_ONCE = 500
_REMEMBERED = 10_000

_Arguments = tuple[str | int, ...]


class RedisPresence:
    """Presence in a Redis (7 or newer) or Valkey, spread over `shards` sets of keys.

    `shards` must be the same in all processes. While the server is gone, beats are accepted and
    dropped, and readings are the last known ones of this process, provisional. `now` (ms)
    replaces the server's clock in tests.
    """

    def __init__(
        self,
        store: Store,
        timing: Timing | None = None,
        shards: int = 4,
        now: Callable[[], int] | None = None,
    ) -> None:
        self._store = store
        self._timing = timing or Timing()
        self._shards = shards
        self._now = now
        self._script = store.script(_SCRIPT)
        self._log = TransitionLog(store, shards)
        self._last_known: OrderedDict[UUID, Reading] = OrderedDict()

    @classmethod
    def open(cls, url: str, timing: Timing | None = None, shards: int = 4) -> "RedisPresence":
        """For a redis://, rediss:// or unix:// address. Connects when first used."""
        return cls(Store.open(url), timing, shards)

    async def close(self) -> None:
        await self._store.close()

    async def beat(
        self, lead_id: UUID, page: str, *, idle_ms: int | None, is_visible: bool, shows: str = ""
    ) -> Reading:
        idle = clamped_idle_ms(idle_ms)
        lease = self._timing.lease_ms(is_visible)
        told = (page, -1 if idle is None else idle, lease, int(is_visible), shows)
        return await self._change(lead_id, "beat", (*told, PAGES_PER_LEAD))

    async def leave(self, lead_id: UUID, page: str) -> Reading:
        return await self._change(lead_id, "leave", (page, self._timing.ms("leave")))

    async def read(self, lead_ids: Sequence[UUID]) -> dict[UUID, Reading]:
        readings: dict[UUID, Reading] = {}
        for shard, chunk in self._chunks(lead_ids):
            try:
                reply = await self._run(shard, "read", tuple(lead_id.hex for lead_id in chunk))
                readings |= {reading.lead_id: reading for reading in self._readings(reply)}
            except Unreachable:
                readings |= {lead_id: self._fallback(lead_id) for lead_id in chunk}
        return readings

    async def present(self, limit: int) -> list[UUID]:
        try:
            candidates = [
                UUID(hex=member)
                for shard in range(self._shards)
                for member in await self._due(shard, limit)
            ]
        except Unreachable:
            candidates = list(self._last_known)
        there = (
            lead_id
            for lead_id, reading in (await self.read(candidates)).items()
            if reading.state is not PresenceState.OFFLINE
        )
        return list(islice(there, limit))

    async def sweep(self) -> int:
        try:
            return sum([await self._sweep_shard(shard) for shard in range(self._shards)])
        except Unreachable:
            return 0

    async def transitions(self, after: str | None, limit: int) -> tuple[list[Transition], str]:
        try:
            return await self._log.read(after, limit)
        except Unreachable:
            return [], after or ""

    async def forget(self, lead_id: UUID) -> None:
        """Raises Unreachable: an erasure that did not happen has to be tried again."""
        self._last_known.pop(lead_id, None)
        shard = self._shard(lead_id)
        await self._run(shard, "forget", (lead_id.hex,))
        await self._log.erase(shard, lead_id)

    async def restore(self, open_leads: Mapping[UUID, datetime]) -> None:
        """Nothing to do: Redis remembers, or gives everybody grace by itself."""

    def _shard(self, lead_id: UUID) -> int:
        return lead_id.int % self._shards

    def _chunks(self, lead_ids: Iterable[UUID]) -> Iterator[tuple[int, Sequence[UUID]]]:
        shards: dict[int, list[UUID]] = {}
        for lead_id in dict.fromkeys(lead_ids):
            shards.setdefault(self._shard(lead_id), []).append(lead_id)
        for shard, members in shards.items():
            for start in range(0, len(members), _READ_AT_ONCE):
                yield shard, members[start : start + _READ_AT_ONCE]

    async def _run(self, shard: int, op: str, arguments: _Arguments) -> Any:
        timing = self._timing
        keys = (topics.presence_meta(shard), topics.presence_due(shard), topics.presence_log(shard))
        instants: _Arguments = (
            op,
            "" if self._now is None else self._now(),
            uuid4().hex,
            *(timing.ms(name) for name in ("sleep", "silence", "grace", "linger")),
        )
        names: _Arguments = (
            topics.presence_lead_prefix(shard),
            *topics.presence_affixes(),
            topics.presence_all(),
            LOG_LENGTH,
            PAGES_TOLD_APART_MS,
        )
        return await self._script.run(keys, instants + names + arguments)

    async def _change(self, lead_id: UUID, op: str, arguments: _Arguments) -> Reading:
        try:
            reply = await self._run(self._shard(lead_id), op, (lead_id.hex, *arguments))
        except Refused:
            raise TooManyPages from None
        except Unreachable:
            return self._fallback(lead_id)
        return self._readings(reply)[0]

    async def _sweep_shard(self, shard: int) -> int:
        changed, seen = 0, _SWEPT_AT_ONCE
        while seen == _SWEPT_AT_ONCE:
            *_, seen, changed_now, _ = await self._run(shard, "sweep", (_SWEPT_AT_ONCE,))
            changed += changed_now
        return changed

    def _readings(self, reply: Any) -> list[Reading]:
        now, epoch, *_, rows = reply
        readings = [self._reading(epoch, from_ms(int(now)), *row) for row in rows]
        for reading in readings:
            self._remember(reading)
        return readings

    def _reading(self, epoch: str, at: datetime, lead: str, state: int, *rest: Any) -> Reading:
        version, active, lease, since, provisional, pages_version, pages = rest
        return Reading(
            lead_id=UUID(hex=lead),
            state=STATES[state],
            version=int(version),
            epoch=epoch,
            at=at,
            active_at=from_ms_if_any(int(active)),
            lease_until=from_ms_if_any(int(lease)),
            since=from_ms_if_any(int(since)),
            provisional=bool(provisional),
            sleep=self._timing.sleep,
            pages=ordered(OpenPage.decode(page) for page in pages),
            pages_version=int(pages_version),
        )

    def _remember(self, reading: Reading) -> None:
        self._last_known[reading.lead_id] = reading
        self._last_known.move_to_end(reading.lead_id)
        if len(self._last_known) > _REMEMBERED:
            self._last_known.popitem(last=False)

    def _fallback(self, lead_id: UUID) -> Reading:
        known = self._last_known.get(lead_id)
        if known is not None:
            return replace(known, provisional=True)
        return Reading.unknown(lead_id, datetime.now(UTC), epoch="", provisional=True)

    async def _due(self, shard: int, limit: int) -> list[str]:
        key = topics.presence_due(shard)
        due: list[str] = await self._store.attempt(lambda client: client.zrange(key, 0, limit - 1))
        return due
