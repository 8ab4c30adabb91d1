"""Presence of one process: the rules of presence.lua over dicts and a heap."""

import heapq
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Protocol, TypeVar
from uuid import UUID, uuid4

from realtime import topics
from realtime.presence.reading import (
    LOG_LENGTH,
    OFFLINE,
    ONLINE,
    PAGES_PER_LEAD,
    SLEEPING,
    STATES,
    Reading,
    Timing,
    TooManyPages,
    Transition,
    clamped_idle_ms,
    from_ms,
    from_ms_if_any,
    to_ms,
)

_RESTORED = "\x00restored"

_T = TypeVar("_T")


class _Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass
class _Lead:
    """Instants in ms, 0 for never. `grace` is the lead's own, after a restart."""

    pages: dict[str, int] = field(default_factory=dict)
    state: int = OFFLINE
    version: int = 0
    active: int = 0
    since: int = 0
    due: int = 0
    grace: int = 0


class MemoryPresence:
    """Presence that lives and dies with the process.

    Instants come from `clock` and never run back. `announce(channel, message)` gets each
    transition once. State is changed without awaiting anything, so calls are atomic.
    """

    def __init__(
        self,
        clock: _Clock,
        timing: Timing | None = None,
        announce: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        self._clock = clock
        self._timing = timing or Timing()
        self._announce = announce
        self._epoch = uuid4().hex
        self._now = self._swept = to_ms(clock.now())
        self._grace = 0
        self._leads: dict[UUID, _Lead] = {}
        self._due: list[tuple[int, UUID]] = []
        self._log: deque[tuple[int, Transition]] = deque(maxlen=LOG_LENGTH)
        self._logged = 0
        self._unannounced: deque[Reading] = deque()

    async def beat(
        self, lead_id: UUID, page: str, *, idle_ms: int | None, is_visible: bool
    ) -> Reading:
        now = self._advance()
        lead = self._leads.get(lead_id) or _Lead()
        live = {name for name, ends in lead.pages.items() if ends > now and name != _RESTORED}
        if page not in live and len(live) >= PAGES_PER_LEAD:
            raise TooManyPages
        self._leads[lead_id] = lead
        lead.pages[page] = now + self._timing.lease_ms(is_visible)
        idle = clamped_idle_ms(idle_ms)
        if idle is not None:
            lead.active = max(lead.active, now - idle)
        return await self._tell(self._settle(lead_id))

    async def leave(self, lead_id: UUID, page: str) -> Reading:
        now = self._advance()
        lead = self._leads.get(lead_id)
        if lead is not None and page in lead.pages:
            lead.pages[page] = min(lead.pages[page], now + self._timing.ms("leave"))
        return await self._tell(self._settle(lead_id))

    async def read(self, lead_ids: Sequence[UUID]) -> dict[UUID, Reading]:
        self._advance()
        return await self._tell({lead_id: self._settle(lead_id) for lead_id in lead_ids})

    async def present(self, limit: int) -> list[UUID]:
        self._advance()
        there: list[UUID] = []
        for lead_id in list(self._leads):
            if len(there) == limit:
                break
            self._settle(lead_id)
            if self._leads[lead_id].state != OFFLINE:
                there.append(lead_id)
        return await self._tell(there)

    async def sweep(self) -> int:
        now = self._advance()
        self._swept = now
        while self._due and self._due[0][0] <= now:
            due, lead_id = heapq.heappop(self._due)
            lead = self._leads.get(lead_id)
            if lead is None or lead.due != due:
                continue
            lead.due = 0
            if lead.state == OFFLINE:
                del self._leads[lead_id]
            else:
                self._settle(lead_id)
        return await self._tell(len(self._unannounced))

    async def transitions(self, after: str | None, limit: int) -> tuple[list[Transition], str]:
        epoch, _, number = (after or "").partition("/")
        last = int(number) if epoch == self._epoch else 0
        fresh = list(takewhile(lambda entry: entry[0] > last, reversed(self._log)))
        found = fresh[::-1][:limit]
        if found:
            last = found[-1][0]
        return [transition for _, transition in found], f"{self._epoch}/{last}"

    async def forget(self, lead_id: UUID) -> None:
        self._leads.pop(lead_id, None)
        kept = [entry for entry in self._log if entry[1].lead_id != lead_id]
        self._log = deque(kept, maxlen=LOG_LENGTH)

    async def restore(self, open_leads: Mapping[UUID, datetime]) -> None:
        now = self._advance()
        until = now + self._timing.ms("grace")
        for lead_id, active_at in open_leads.items():
            if lead_id in self._leads:
                continue
            active = min(to_ms(active_at), now)
            is_awake = active + self._timing.ms("sleep") > now
            self._leads[lead_id] = _Lead(
                pages={_RESTORED: until},
                state=ONLINE if is_awake else SLEEPING,
                version=now,
                active=active,
                since=active,
                grace=until,
            )
            self._rearm(lead_id, until)

    def _advance(self) -> int:
        """Moves time on. A gap between sweeps is an outage: pages could not renew either."""
        self._now = max(self._now, to_ms(self._clock.now()))
        if self._now - self._swept > self._timing.ms("silence"):
            self._swept = self._now
            self._grace = self._now + self._timing.ms("grace")
        return self._now

    def _settle(self, lead_id: UUID) -> Reading:
        """Brings one lead to the state that its leases and its last activity give now."""
        lead = self._leads.get(lead_id)
        if lead is None:
            return self._unknown(lead_id)
        now, sleep_at = self._now, lead.active + self._timing.ms("sleep")
        lead.pages = {page: ends for page, ends in lead.pages.items() if ends > now}
        lease = max(lead.pages.values(), default=0)
        state, due = OFFLINE, 0
        if lease and sleep_at <= now:
            state, due = SLEEPING, lease
        elif lease:
            state, due = ONLINE, min(lease, sleep_at)
        grace = max(self._grace, lead.grace)
        if state < lead.state and now < grace:
            state, due, lease = lead.state, grace, max(lease, grace)
        changed = state != lead.state
        if changed:
            lead.state, lead.version, lead.since = state, max(lead.version + 1, now), now
            if state == OFFLINE:
                lead.due, due = 0, now + self._timing.ms("linger")
        if due:
            self._rearm(lead_id, due)
        reading = self._reading(lead_id, lead, lease, now < grace)
        if changed:
            self._note(reading)
        return reading

    def _rearm(self, lead_id: UUID, due: int) -> None:
        """Only ever earlier: a busy lead costs nothing, and the sweep moves it later."""
        lead = self._leads[lead_id]
        if lead.due == 0 or due < lead.due:
            lead.due = due
            heapq.heappush(self._due, (due, lead_id))

    def _note(self, reading: Reading) -> None:
        self._unannounced.append(reading)
        self._logged += 1
        transition = Transition(
            reading.lead_id,
            reading.state,
            reading.version,
            reading.at,
            reading.epoch,
            reading.active_at,
        )
        self._log.append((self._logged, transition))

    def _unknown(self, lead_id: UUID) -> Reading:
        return Reading.unknown(lead_id, from_ms(self._now), self._epoch, self._now < self._grace)

    def _reading(self, lead_id: UUID, lead: _Lead, lease: int, provisional: bool) -> Reading:
        return Reading(
            lead_id=lead_id,
            state=STATES[lead.state],
            version=lead.version,
            epoch=self._epoch,
            at=from_ms(self._now),
            active_at=from_ms_if_any(lead.active),
            lease_until=from_ms_if_any(lease),
            since=from_ms_if_any(lead.since),
            provisional=provisional,
            sleep=self._timing.sleep,
        )

    async def _tell(self, answer: _T) -> _T:
        """Announces what was noted so far; what fails is first in the next call."""
        while self._unannounced:
            reading = self._unannounced.popleft()
            try:
                await self._announce_one(reading)
            except BaseException:
                self._unannounced.appendleft(reading)
                raise
        return answer

    async def _announce_one(self, reading: Reading) -> None:
        if self._announce is not None:
            message = json.dumps(reading.encode())
            await self._announce(topics.presence(reading.lead_id), message)
            await self._announce(topics.presence_all(), message)
