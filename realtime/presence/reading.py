"""What presence is, whichever engine keeps it.

The state of a lead at `now` is a function of two instants, latest activity A and longest lease X:
OFFLINE if X <= now, else SLEEPING if A + sleep <= now, else ONLINE. Nothing else is state; timers
only announce what any reader can compute. All instants are the engine's own, in whole
milliseconds, and never run back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

PAGES_PER_LEAD = 32
PAGES_TOLD_APART_MS = 1000
"""Least time between two announcements of a lead that tell of nothing but its pages."""
LOG_LENGTH = 100_000
LONGEST_IDLE_MS = 24 * 60 * 60 * 1000

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Whole milliseconds since 1970, rounded down."""
    return (at - _START) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return _START + ms * _MILLISECOND


def from_ms_if_any(ms: int) -> datetime | None:
    """0 stands for "never" wherever an engine keeps an instant."""
    return from_ms(ms) if ms else None


class PresenceState(StrEnum):
    """In rising order: going up is a promotion, going down a demotion."""

    OFFLINE = "OFFLINE"
    SLEEPING = "SLEEPING"
    ONLINE = "ONLINE"


STATES = tuple(PresenceState)
OFFLINE, SLEEPING, ONLINE = range(3)


class TooManyPages(Exception):
    """The lead already has `PAGES_PER_LEAD` live pages."""


@dataclass(frozen=True)
class Timing:
    """Durations in seconds.

    sleep: without input this long, ONLINE becomes SLEEPING.
    leave: lease of a page that said goodbye, so that a page change is silent.
    visible_lease, hidden_lease: how long a heartbeat of such a page lasts.
    grace: after an outage nobody is demoted for this long.
    silence: without any sweep this long, there was an outage.
    linger: how long an OFFLINE lead is remembered.
    """

    sleep: float = 120.0
    leave: float = 10.0
    visible_lease: float = 75.0
    hidden_lease: float = 150.0
    grace: float = 75.0
    silence: float = 10.0
    linger: float = 600.0

    def __post_init__(self) -> None:
        if min(self.sleep, self.leave, self.grace, self.silence, self.linger) <= 0:
            raise ValueError("durations of presence must be above zero")
        if not self.leave <= self.visible_lease <= self.hidden_lease:
            raise ValueError("leave <= visible_lease <= hidden_lease must hold")

    def ms(self, name: str) -> int:
        """The duration called `name` in whole milliseconds, at least one; infinity is 30 years."""
        return max(1, round(min(float(getattr(self, name)), 1e9) * 1000))

    def lease_ms(self, is_visible: bool) -> int:
        return self.ms("visible_lease" if is_visible else "hidden_lease")


def clamped_idle_ms(idle_ms: int | None) -> int | None:
    return None if idle_ms is None else min(max(idle_ms, 0), LONGEST_IDLE_MS)


@dataclass(frozen=True)
class OpenPage:
    """A page that the lead has open; `active_at` is the last input in it, if there was any."""

    page: str
    opened_at: datetime
    active_at: datetime | None
    is_visible: bool

    def encode(self) -> str:
        """As both engines tell it: `<opened> <active> <0 or 1> <page>`, instants in ms."""
        opened, active = to_ms(self.opened_at), _ms_or_zero(self.active_at)
        return f"{opened} {active} {int(self.is_visible)} {self.page}"

    @classmethod
    def decode(cls, text: str) -> "OpenPage":
        """Undoes `encode`. Raises ValueError for anything else."""
        opened, active, is_visible, page = text.split(" ", 3)
        return cls(page, from_ms(int(opened)), from_ms_if_any(int(active)), is_visible == "1")


def ordered(pages: Iterable[OpenPage]) -> tuple[OpenPage, ...]:
    """What the lead looks at first: pages in front, then by their last input; at most 32."""

    def rank(page: OpenPage) -> tuple[bool, int, str]:
        return not page.is_visible, -to_ms(page.active_at or page.opened_at), page.page

    return tuple(sorted(pages, key=rank)[:PAGES_PER_LEAD])


@dataclass(frozen=True)
class Reading:
    """Presence of one lead as of `at`.

    Of two readings of one epoch the one with the higher `place` is newer; a new epoch means that
    the memory of the engine was lost. `version` rises with the state, `pages_version` with the
    open pages: one opened, closed, brought to the front or showing something else. `since` is the
    last change of state, `lease_until` the end of the longest lease (None when OFFLINE).
    `provisional`: last known, not yet sure.
    """

    lead_id: UUID
    state: PresenceState
    version: int
    epoch: str
    at: datetime
    active_at: datetime | None
    lease_until: datetime | None
    since: datetime | None
    provisional: bool
    sleep: float = 120.0
    pages: tuple[OpenPage, ...] = ()
    pages_version: int = 0

    @classmethod
    def unknown(cls, lead_id: UUID, at: datetime, epoch: str, provisional: bool) -> "Reading":
        """Of a lead that was never heard of."""
        offline = PresenceState.OFFLINE
        return cls(lead_id, offline, 0, epoch, at, None, None, None, provisional)

    @property
    def place(self) -> tuple[int, int]:
        """Where this stands among the readings of its epoch."""
        return self.version, self.pages_version

    @property
    def active_until(self) -> datetime | None:
        """When the lead is SLEEPING unless it does something; None when OFFLINE."""
        if self.state is PresenceState.OFFLINE or self.active_at is None:
            return None
        return self.active_at + timedelta(seconds=self.sleep)

    def encode(self) -> dict[str, Any]:
        """JSON as announced on the bus; instants in ms, 0 for none; durations in ms."""
        return {
            "lead": self.lead_id.hex,
            "state": self.state.value,
            "version": self.version,
            "epoch": self.epoch,
            "at": to_ms(self.at),
            "active_at": _ms_or_zero(self.active_at),
            "lease_until": _ms_or_zero(self.lease_until),
            "since": _ms_or_zero(self.since),
            "provisional": self.provisional,
            "sleep": round(self.sleep * 1000),
            "pages": [page.encode() for page in self.pages],
            "pages_version": self.pages_version,
        }

    @classmethod
    def decode(cls, body: Mapping[str, Any]) -> "Reading":
        """Undoes `encode`. Raises ValueError for anything else: the bus is not to be trusted."""
        try:
            return cls(
                lead_id=UUID(hex=body["lead"]),
                state=PresenceState(body["state"]),
                version=int(body["version"]),
                epoch=str(body["epoch"]),
                at=from_ms(int(body["at"])),
                active_at=from_ms_if_any(int(body["active_at"])),
                lease_until=from_ms_if_any(int(body["lease_until"])),
                since=from_ms_if_any(int(body["since"])),
                provisional=bool(body["provisional"]),
                sleep=int(body["sleep"]) / 1000,
                pages=ordered(OpenPage.decode(page) for page in body.get("pages", ())),
                pages_version=int(body["pages_version"]),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as fault:
            raise ValueError("not a presence reading") from fault


def _ms_or_zero(at: datetime | None) -> int:
    return 0 if at is None else to_ms(at)


@dataclass(frozen=True)
class Transition:
    """One announced change of state; (lead_id, epoch, version) names it."""

    lead_id: UUID
    state: PresenceState
    version: int
    at: datetime
    epoch: str
    active_at: datetime | None


class Presence(Protocol):
    """Keeps the presence of leads. Both engines obey one test suite.

    Each change of state is announced at once. A change of pages alone is announced to who follows
    the lead, within a second and at most once a second, whatever the pages do.
    """

    async def beat(
        self, lead_id: UUID, page: str, *, idle_ms: int | None, is_visible: bool, shows: str = ""
    ) -> Reading:
        """Renews the lease of a page.

        `idle_ms` is the time since the last input, None for a mere heartbeat, which is never
        activity. `page` is an opaque id, at most 62 characters. `shows` is an opaque digest of
        what is on the page, at most 16 characters; empty: the same as before. Raises TooManyPages.
        """

    async def leave(self, lead_id: UUID, page: str) -> Reading:
        """The page said goodbye: its lease is shortened to `Timing.leave`."""

    async def read(self, lead_ids: Sequence[UUID]) -> dict[UUID, Reading]:
        """A reading for each, settled as of now; an unknown lead is OFFLINE with version 0."""

    async def present(self, limit: int) -> list[UUID]:
        """Leads that are ONLINE or SLEEPING now, at most `limit`."""

    async def sweep(self) -> int:
        """Announces all that is due; returns the number of announcements."""

    async def transitions(self, after: str | None, limit: int) -> tuple[list[Transition], str]:
        """At most `limit` announced transitions behind the position `after`, and the next one.

        A position is opaque and may be kept for ever: after a loss of the engine's memory it
        means the start of what there is.
        """

    async def forget(self, lead_id: UUID) -> None:
        """Erases all that is kept of the lead, its transitions too; announces nothing.

        Raises realtime.store.Unreachable when the shared server did not do it.
        """

    async def restore(self, open_leads: Mapping[UUID, datetime]) -> None:
        """After a restart of an engine without a memory of its own.

        Loads leads that were present, by their last known activity, as present for
        `Timing.grace` seconds without announcing anything. A lead that has come back by then
        simply stays; the others turn OFFLINE at the end of the grace.
        """
