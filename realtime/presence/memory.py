"""Presence of one process: the rules of presence.lua over dicts and a heap."""

import heapq
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

from realtime import topics
from realtime.presence.pages import KeptPage, listed, told
from realtime.presence.reading import (
    LOG_LENGTH,
    OFFLINE,
    ONLINE,
    PAGES_PER_LEAD,
    PAGES_TOLD_APART_MS,
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

_T = TypeVar("_T")


class _Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass
class _Lead:
    """Instants in ms, 0 for never.

    `grace` is the lead's own, after a restart, and as good as a lease. `pages_told` is the
    version of the pages that was announced last.
    """

    pages: dict[str, KeptPage] = field(default_factory=dict)
    pages_version: int = 0
    pages_told: int = 0
    pages_told_at: int = 0
    state: int = OFFLINE
    version: int = 0
    active: int = 0
    since: int = 0
    due: int = 0
    grace: int = 0


class MemoryPresence:
    """Presence that lives and dies with the process.

    Instants come from `clock` and never run back. `announce(channel, message)` gets each
    announcement once. State is changed without awaiting anything, so calls are atomic.
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
        self._unannounced: deque[tuple[Reading, bool]] = deque()
        """With each reading, whether its state is news for lists too."""

    async def beat(
        self, lead_id: UUID, page: str, *, idle_ms: int | None, is_visible: bool, shows: str = ""
    ) -> Reading:
        now = self._advance()
        lead = self._leads.get(lead_id) or _Lead()
        live = {name for name, kept in lead.pages.items() if kept.ends > now}
        if page not in live and len(live) >= PAGES_PER_LEAD:
            raise TooManyPages
        self._leads[lead_id] = lead
        before = told(lead.pages)
        kept = lead.pages.setdefault(page, KeptPage(now))
        kept.ends = now + self._timing.lease_ms(is_visible)
        kept.is_visible, kept.has_left, kept.shows = is_visible, False, shows or kept.shows
        idle = clamped_idle_ms(idle_ms)
        if idle is not None:
            kept.active = max(kept.active, now - idle)
            lead.active = max(lead.active, now - idle)
        return await self._tell(self._settle(lead_id, before))

    async def leave(self, lead_id: UUID, page: str) -> Reading:
        now = self._advance()
        lead = self._leads.get(lead_id) or _Lead()
        before = told(lead.pages)
        kept = lead.pages.get(page)
        if kept is not None:
            kept.ends = min(kept.ends, now + self._timing.ms("leave"))
            kept.has_left = True
        return await self._tell(self._settle(lead_id, before))

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

    def _settle(self, lead_id: UUID, before: frozenset[Any] | None = None) -> Reading:
        """Brings one lead to the state that its leases and its last activity give now.

        `before` is what was told of its pages, when they were changed already.
        """
        lead = self._leads.get(lead_id)
        if lead is None:
            return self._unknown(lead_id)
        now, sleep_at = self._now, lead.active + self._timing.ms("sleep")
        grace = max(self._grace, lead.grace)
        is_waiting = self._drop_ended(lead, grace, told(lead.pages) if before is None else before)
        leases = [lead.grace, *(kept.ends for kept in lead.pages.values())]
        live = [ends for ends in leases if ends > now]
        lease, due = max(live, default=0), min(live, default=0)
        state = OFFLINE
        if lease and sleep_at <= now:
            state = SLEEPING
        elif lease:
            state, due = ONLINE, min(due, sleep_at)
        if state < lead.state and now < grace:
            is_waiting, state, lease = True, lead.state, max(lease, grace)
        if is_waiting:
            due = min(due or grace, grace)
        changed = state != lead.state
        if changed:
            lead.state, lead.version, lead.since = state, max(lead.version + 1, now), now
            if state == OFFLINE:
                lead.due, due = 0, now + self._timing.ms("linger")
        has_news = lead.pages_version > lead.pages_told
        tell_at = lead.pages_told_at + PAGES_TOLD_APART_MS
        if has_news and not changed and tell_at > now:
            has_news, due = False, min(due, tell_at)
        if due:
            self._rearm(lead_id, due)
        reading = self._reading(lead_id, lead, lease, now < grace)
        if has_news:
            lead.pages_told, lead.pages_told_at = lead.pages_version, now
        if changed or has_news:
            self._note(reading, changed)
        return reading

    def _drop_ended(self, lead: _Lead, grace: int, before: frozenset[Any]) -> bool:
        """Drops pages that ended; whether some are kept, as they could not renew in an outage."""
        now = self._now
        lead.pages = {
            page: kept
            for page, kept in lead.pages.items()
            if kept.ends > now or (now < grace and not kept.has_left)
        }
        if told(lead.pages) != before:
            lead.pages_version = max(lead.pages_version + 1, now)
        return any(kept.ends <= now for kept in lead.pages.values())

    def _rearm(self, lead_id: UUID, due: int) -> None:
        """Only ever earlier: a busy lead costs nothing, and the sweep moves it later."""
        lead = self._leads[lead_id]
        if lead.due == 0 or due < lead.due:
            lead.due = due
            heapq.heappush(self._due, (due, lead_id))

    def _note(self, reading: Reading, is_transition: bool) -> None:
        self._unannounced.append((reading, is_transition))
        if not is_transition:
            return
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
            pages=listed(lead.pages),
            pages_version=lead.pages_version,
        )

    async def _tell(self, answer: _T) -> _T:
        """Announces what was noted so far; what fails is first in the next call."""
        while self._unannounced:
            noted = self._unannounced.popleft()
            try:
                await self._announce_one(*noted)
            except BaseException:
                self._unannounced.appendleft(noted)
                raise
        return answer

    async def _announce_one(self, reading: Reading, is_transition: bool) -> None:
        if self._announce is None:
            return
        message = json.dumps(reading.encode())
        await self._announce(topics.presence(reading.lead_id), message)
        if is_transition:
            await self._announce(topics.presence_all(), message)
