"""The loop that makes transitions known in time; any number of processes may run it."""

import asyncio
import logging
from typing import NoReturn

from realtime.presence.reading import Presence

_log = logging.getLogger(__name__)


async def run_sweeper(presence: Presence, every: float = 0.25) -> NoReturn:
    """Sweeps every `every` seconds until cancelled; a sweep that fails is logged and tried again.

    Only the first of failures in a row is logged.
    """
    is_failing = False
    while True:
        try:
            await presence.sweep()
            is_failing = False
        except Exception:
            if not is_failing:
                _log.exception("presence sweep failed")
            is_failing = True
        await asyncio.sleep(every)
