"""The bus: says where to look, in process or through Redis.

Messages may be lost, repeated or late; whoever needs the truth reads it elsewhere. What the bus
promises: a subscriber that may have missed something finds a `Gap` in its feed, nothing that it
holds grows without bound, and losing Redis is noticed, told and repaired without a restart.
"""

from realtime.bus.bus import Bus
from realtime.bus.feed import Event, Feed, Gap
from realtime.bus.redis_backend import BusTiming, RedisBackend

__all__ = ["Bus", "BusTiming", "Event", "Feed", "Gap", "RedisBackend"]
