"""Commit to frame: how long until a change is on the open cards of its lead."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from bench.client import Card, Http, WrongAnswer, open_cards
from bench.documents import CHANGE_PRIORITY, PRIORITY, SEND_MESSAGE
from bench.report import Report
from bench.setups import Setup
from bench.sizes import Size

PRIORITIES = ("LOW", "NORMAL", "HIGH", "URGENT")


async def measure(
    report: Report, setup: Setup, size: Size, tokens: Sequence[str], lead_ids: Sequence[str]
) -> None:
    """One round: cards open on the process that writes, and on another where there is one."""
    writes, *others = setup.servers
    for watches in (writes, *others[:1]):
        where = "same process" if watches is writes else "other process"
        for cards in (1, size.cards):
            async with (
                Http.open(writes, tokens[-1]) as http,
                open_cards(watches, tokens, lead_ids[:cards]) as opened,
            ):
                sent, stamped = await _passes(http, opened, lead_ids, size.mutations)
            name = f"commit to frame, {where}, {cards} open"
            report.add_times(setup.name, f"{name}, from sending", sent)
            report.add_times(setup.name, f"{name}, from `at`", stamped)


async def _passes(
    http: Http, cards: Sequence[Card], lead_ids: Sequence[str], count: int
) -> tuple[list[float], list[float]]:
    """Seconds from sending, and from the instant of the change, to each frame."""
    levels = [await _level(http, lead_id) for lead_id in lead_ids[: len(cards)]]
    sent, stamped = [], []
    for number in range(count):
        visit, place = divmod(number, len(cards))
        is_message = (place + visit) % 2 == 1
        if not is_message:
            levels[place] = (levels[place] + 1) % len(PRIORITIES)
        priority = None if is_message else PRIORITIES[levels[place]]
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(_write(http, lead_ids[place], priority))
            arriving = group.create_task(cards[place].change())
        change, arrival = writing.result(), arriving.result()
        if change["cursor"] != arrival.item["cursor"]:
            raise WrongAnswer(f"another change than the one that was made: {arrival.item}")
        sent.append(arrival.monotonic - started)
        stamped.append(arrival.wall - datetime.fromisoformat(change["at"]).timestamp())
    return sent, stamped


async def _level(http: Http, lead_id: str) -> int:
    data = await http.post(PRIORITY, {"id": lead_id})
    return PRIORITIES.index(data["lead"]["priority"])


async def _write(http: Http, lead_id: str, priority: str | None) -> dict[str, Any]:
    """The one change that was written: of the priority, or by a message without one."""
    if priority is None:
        data = await http.post(SEND_MESSAGE, {"lead": lead_id, "key": uuid4().hex})
        written = data["sendMessage"]
    else:
        data = await http.post(CHANGE_PRIORITY, {"lead": lead_id, "priority": priority})
        written = data["changePriority"]
    if len(written.get("changes", ())) != 1:
        raise WrongAnswer(f"one change was asked for: {written}")
    change: dict[str, Any] = written["changes"][0]
    return change
