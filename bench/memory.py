"""What an open card on which nothing happens takes in the server."""

import asyncio
import time
from collections.abc import Sequence

from bench.client import SOCKETS_PER_SESSION, WrongAnswer, open_cards
from bench.report import Report
from bench.setups import Server, Setup
from bench.sizes import Size

WARM_CARDS = 8
STEADY_KIB = 256
STEADY_SECONDS = 15.0


def sessions_for(size: Size) -> int:
    """Sessions that are needed, since each may have 20 sockets on a process."""
    return -(-size.idle_cards // SOCKETS_PER_SESSION)


async def measure(
    report: Report, setup: Setup, size: Size, tokens: Sequence[str], lead_ids: Sequence[str]
) -> None:
    """One round, on a process that has just started: cards of different leads, a socket each."""
    server = setup.servers[0]
    await asyncio.to_thread(server.restart)
    async with open_cards(server, tokens, lead_ids[:WARM_CARDS]):
        pass
    before = await _steady(server)
    started = time.perf_counter()
    async with open_cards(server, tokens, lead_ids[: size.idle_cards]) as cards:
        seconds = time.perf_counter() - started
        grown = await _steady(server) - before
        if not all(card.is_open for card in cards):
            raise WrongAnswer("some of the idle cards were closed")
    name = f"{size.idle_cards} idle cards"
    report.add(setup.name, f"{name}, memory of one", "KiB", grown / len(cards))
    report.add(setup.name, f"{name}, opened", "cards/s", len(cards) / seconds)


async def _steady(server: Server) -> int:
    """KiB in RAM once they stay nearly the same for a second, or after some seconds."""
    seen = [server.resident_kib]
    deadline = time.monotonic() + STEADY_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(0.25)
        seen = [*seen[-4:], server.resident_kib]
        if len(seen) == 5 and max(seen) - min(seen) <= STEADY_KIB:
            break
    return seen[-1]
