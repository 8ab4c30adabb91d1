"""Hints: the messages on `topics.lead`."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_BODY_BYTES = 32_000
MOST_HINT_CHARACTERS = 4 * MOST_BODY_BYTES


class Hint(NamedTuple):
    epoch: str
    first: int
    last: int
    changes: list[Any] | None
    floor: int | None


def encode_hint(
    epoch: str, first: int, last: int, changes: Sequence[object] | None, floor: int | None = None
) -> str:
    """The message for `topics.lead`: revisions `first` to `last` were committed.

    `changes` are their JSON bodies, all of them or None; dropped above 32 kB. `floor`, when it was
    raised by the same transaction, makes every process forget what lies below it.
    """
    hint = {"e": epoch, "first": first, "last": last, "changes": changes}
    if floor is not None:
        hint["floor"] = floor
    message = json.dumps(hint, separators=(",", ":"), ensure_ascii=False)
    if changes is not None and len(message.encode()) > MOST_BODY_BYTES:
        return encode_hint(epoch, first, last, None, floor)
    return message


def decode_hint(message: str) -> Hint | None:
    """None where the message is not one of ours."""
    if len(message) > MOST_HINT_CHARACTERS:
        return None
    try:
        hint = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if type(hint) is not dict:
        return None
    epoch, first, last = hint.get("e"), hint.get("first"), hint.get("last")
    changes, floor = hint.get("changes"), hint.get("floor")
    if type(epoch) is not str or type(first) is not int or type(last) is not int:
        return None
    if not 0 < first <= last:
        return None
    if type(changes) is not list or len(changes) != last - first + 1:
        changes = None
    return Hint(epoch, first, last, changes, floor if type(floor) is int else None)
