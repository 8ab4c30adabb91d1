"""Reading the transitions that presence.lua logs, one capped stream per shard."""

import heapq
from collections.abc import Mapping
from itertools import islice
from uuid import UUID

from realtime import topics
from realtime.presence.reading import PresenceState, Transition, from_ms, from_ms_if_any
from realtime.store import Store

_SCANNED_AT_ONCE = 1000
_BEGINNING = "0-0"

_Entry = tuple[str, dict[str, str]]


class TransitionLog:
    """A position names, for each shard, an epoch and the entry of the stream read last.

    An epoch other than the present one means that the server lost its memory: what is in the
    stream now is all new. All methods raise Unreachable.
    """

    def __init__(self, store: Store, shards: int) -> None:
        self._store = store
        self._shards = shards

    async def read(self, after: str | None, limit: int) -> tuple[list[Transition], str]:
        positions = [
            await self._present_position(shard, epoch, entry)
            for shard, (epoch, entry) in enumerate(self._parsed(after))
        ]
        logs = [
            [(shard, *found) for found in await self._entries(shard, entry, limit)]
            for shard, (_, entry) in enumerate(positions)
        ]
        transitions: list[Transition] = []
        for shard, entry, fields in islice(heapq.merge(*logs, key=_instant), limit):
            transitions.append(_transition(fields))
            positions[shard] = (positions[shard][0], entry)
        return transitions, ",".join(f"{epoch}/{entry}" for epoch, entry in positions)

    async def erase(self, shard: int, lead_id: UUID) -> None:
        log, entry = topics.presence_log(shard), _BEGINNING
        while entries := await self._entries(shard, entry, _SCANNED_AT_ONCE):
            own = [entry for entry, fields in entries if fields["lead"] == lead_id.hex]
            if own:
                await self._delete(log, own)
            entry = entries[-1][0]

    async def _delete(self, log: str, entries: list[str]) -> None:
        await self._store.attempt(lambda client: client.xdel(log, *entries))

    def _parsed(self, after: str | None) -> list[tuple[str, str]]:
        parts = [part.partition("/") for part in (after or "").split(",")]
        if len(parts) != self._shards:
            return [("", _BEGINNING)] * self._shards
        return [(epoch, entry) for epoch, _, entry in parts]

    async def _present_position(self, shard: int, epoch: str, entry: str) -> tuple[str, str]:
        meta = topics.presence_meta(shard)
        present: str = await self._store.attempt(lambda client: client.hget(meta, "epoch")) or ""
        return (present, entry if present == epoch else _BEGINNING)

    async def _entries(self, shard: int, behind: str, limit: int) -> list[_Entry]:
        log = topics.presence_log(shard)
        entries: list[_Entry] = await self._store.attempt(
            lambda client: client.xrange(log, f"({behind}", "+", limit)
        )
        return entries


def _instant(found: tuple[int, str, dict[str, str]]) -> int:
    return int(found[2]["at"])


def _transition(fields: Mapping[str, str]) -> Transition:
    return Transition(
        lead_id=UUID(hex=fields["lead"]),
        state=PresenceState(fields["state"]),
        version=int(fields["version"]),
        at=from_ms(int(fields["at"])),
        epoch=fields["epoch"],
        active_at=from_ms_if_any(int(fields["active"])),
    )
