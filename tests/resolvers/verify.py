"""What use-case tests share: running one act, reading the log, and the proof of a change."""

import json
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from dataclasses import asdict
from difflib import unified_diff
from typing import Any
from uuid import UUID

import pytest

from models.changes import RecordedChange
from models.enums import ChangeKind
from resolvers import log
from resolvers.actors import Actor
from resolvers.card_state import CardState, apply_change, read_card
from resolvers.feed import LogSource, decode_change, encode_change
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

SILENT = {ChangeKind.LEAD_IDENTIFIED}
"""Kinds that stand in the history and show nothing on the card."""


async def act(services: Services, actor: Actor, use_case: Any, *given: Any, **named: Any) -> Any:
    """One use-case in a unit of work of its own; its answer."""
    async with unit_of_work(services, actor) as work:
        return await use_case(work, *given, **named)


async def card_of(services: Services, lead_id: UUID) -> CardState:
    """The card as the tables have it."""
    async with services.database.read_session() as session:
        return await read_card(session, lead_id)


async def changes_of(services: Services, lead_id: UUID, after: int = 0) -> Sequence[RecordedChange]:
    """The lead's log after a revision, as stored."""
    return await LogSource(services.database).changes_after(lead_id, after, 10_000)


async def kinds_of(services: Services, lead_id: UUID) -> list[ChangeKind]:
    return [change.kind for change in await changes_of(services, lead_id)]


async def head_of(services: Services, lead_id: UUID) -> int:
    """The lead's last revision; 0 for one that is not there yet."""
    changes = await changes_of(services, lead_id)
    return changes[-1].revision if changes else 0


async def verify_change(
    services: Services, lead_id: UUID, run: Callable[[], Awaitable[object]], *, is_new: bool = False
) -> Sequence[RecordedChange]:
    """Runs an act and fails unless its log leads from the card before to the card after.

    The changes are folded as stored and, where they may ride on hints, as a hint carries them.
    """
    before = CardState() if is_new else await card_of(services, lead_id)
    head = await head_of(services, lead_id)
    await run()
    changes = await changes_of(services, lead_id, head)
    fresh = await card_of(services, lead_id)
    if not changes:
        pytest.fail("the act recorded no change")
    if fresh == before and not {change.kind for change in changes} <= SILENT:
        pytest.fail("the act changed nothing on the card")
    assert [change.revision for change in changes] == [
        head + number for number in range(1, len(changes) + 1)
    ]
    assert_folds(before, changes, fresh)
    assert_folds(before, [_hinted(change) for change in changes], fresh)
    await assert_log_holds(services, lead_id)
    return changes


def _hinted(change: RecordedChange) -> RecordedChange:
    body = encode_change(change)
    return change if body is None else decode_change(json.loads(json.dumps(body)))


def assert_folds(before: CardState, changes: Sequence[RecordedChange], fresh: CardState) -> None:
    """Fails with a diff unless the changes lead from one card to the other."""
    folded = deepcopy(before)
    for change in changes:
        apply_change(folded, change)
    if folded != fresh:
        lines = unified_diff(_lines(folded), _lines(fresh), "folded", "fresh", lineterm="", n=1)
        kinds = ", ".join(change.kind for change in changes)
        pytest.fail("\n".join([f"the fold of {kinds} is another card", *lines]))


async def assert_log_holds(services: Services, lead_id: UUID) -> None:
    async with services.database.read_session() as session:
        outcome = await log.verify(session, lead_id)
    assert outcome.problem is None, outcome


def _lines(card: CardState) -> list[str]:
    return json.dumps(asdict(card), indent=1, sort_keys=True, default=str).splitlines()
