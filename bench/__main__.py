"""`python -m bench`: starts both set-ups in turn, measures them and prints the figures."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from app import open_services
from bench import (
    automations,
    cards,
    collections,
    commits,
    growth,
    hostile,
    importing,
    latency,
    lists,
    memory,
    states,
)
from bench.report import Report
from bench.seeding import add_leads, address_of, global_id, seed_cards, sign_in, visited_leads
from bench.setups import Setup, embedded, shared
from bench.sizes import FULL, QUICK, Size
from tests.factories import make_staff

SETUPS = {"sqlite": embedded, "postgresql": shared}
BEGUN = time.monotonic()
PARTS = ("commits", "latency", "cards", "memory", "growth", "hostile")
LONG_PARTS = ("import", "states", "automations", "collections", "lists")
"""Measured only when they are asked for, in one round."""


def main() -> None:
    """Measures as the command line asks for; fails when a server answers wrongly."""
    options = _options()
    # ends as after Ctrl+C, so that no server is left behind
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    size = QUICK if options.quick else FULL
    if options.leads:
        size = replace(size, collected=options.leads, collected_small=options.leads)
    report = Report()
    try:
        for name in options.setup or SETUPS:
            with SETUPS[name]() as setup:
                asyncio.run(_measure(report, setup, size, options.only or PARTS))
                for line in setup.complaints():
                    print(f"{setup.name}: {line}", file=sys.stderr)
    finally:
        # also what was measured before something failed
        print(report.table())
        if options.json:
            report.write(options.json, {"quick": options.quick, **asdict(size)})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small amounts, one round")
    parser.add_argument("--json", type=Path, help="file for all rounds of all figures")
    parser.add_argument("--setup", action="append", choices=SETUPS, help="only this one")
    parser.add_argument("--leads", type=int, help="so many for collections, on either set-up")
    parser.add_argument(
        "--only", action="append", choices=PARTS + LONG_PARTS, help="only this part"
    )
    return parser.parse_args()


async def _measure(report: Report, setup: Setup, size: Size, parts: Sequence[str]) -> None:
    async with open_services(setup.settings) as services:
        _say(setup, "seeding")
        actor = await make_staff(services)
        tokens = await sign_in(services, max(memory.sessions_for(size), size.cards // 20, 3) + 1)
        seeded = await seed_cards(services)
        visited = await visited_leads(services, size.cards)
        if "commits" in parts:
            for _ in _rounds(setup, "commits", size):
                await commits.measure(report, setup, size, services, actor, visited)
        if "automations" in parts:
            _say(setup, "automations")
            await automations.measure(report, setup, size, services, actor)
        await asyncio.to_thread(setup.start)
        if "latency" in parts:
            ids = [global_id(each) for each in visited]
            for _ in _rounds(setup, "latency", size):
                await latency.measure(report, setup, size, tokens, ids)
        if "cards" in parts:
            await cards.count_statements(report, setup, seeded)
            for _ in _rounds(setup, "cards", size):
                await cards.measure(report, setup, size, seeded)
        if "memory" in parts:
            ids = [global_id(each) for each in await add_leads(services, actor, size.idle_cards)]
            for _ in _rounds(setup, "memory", size):
                await memory.measure(report, setup, size, tokens, ids)
        if "hostile" in parts:
            address = await address_of(services, actor)
            for _ in _rounds(setup, "hostile", size):
                lead_id = global_id(visited[0])
                await hostile.measure(report, setup, size, services, tokens, lead_id, address)
        if "import" in parts:
            _say(setup, "import")
            await importing.measure(report, setup, size, services, tokens[0], visited[0])
        if "states" in parts:
            _say(setup, "states")
            await states.measure(report, setup, size, services, actor, tokens)
        if "collections" in parts:
            say = partial(_say, setup)
            await collections.measure(report, setup, size, services, actor, tokens[0], say)
        if "lists" in parts:
            _say(setup, "lists")
            ids = [global_id(each) for each in visited[-lists.WATCHED :]]
            await lists.measure(report, setup, size, tokens, ids)
        if "growth" in parts:
            _say(setup, "growth")
            await growth.measure(report, setup, size, services, actor, tokens[0])


def _rounds(setup: Setup, part: str, size: Size) -> Iterator[int]:
    for number in range(size.rounds):
        _say(setup, f"{part}, round {number + 1} of {size.rounds}")
        yield number


def _say(setup: Setup, what: str) -> None:
    print(
        f"{time.monotonic() - BEGUN:6.1f} s {setup.name}: {what} ...", file=sys.stderr, flush=True
    )


if __name__ == "__main__":
    main()
