"""Presence of leads: ONLINE, SLEEPING or OFFLINE, in process or in Redis."""

from realtime.presence.memory import MemoryPresence
from realtime.presence.reading import (
    PAGES_PER_LEAD,
    OpenPage,
    Presence,
    PresenceState,
    Reading,
    Timing,
    TooManyPages,
    Transition,
)
from realtime.presence.redis import RedisPresence
from realtime.presence.sweeper import run_sweeper

__all__ = [
    "PAGES_PER_LEAD",
    "MemoryPresence",
    "OpenPage",
    "Presence",
    "PresenceState",
    "Reading",
    "RedisPresence",
    "Timing",
    "TooManyPages",
    "Transition",
    "run_sweeper",
]
