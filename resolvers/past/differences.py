"""What differs between two moments of a lead."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import Change
from resolvers import contact_points, hiding
from resolvers.history import Diff, diffs_of, tag_diff
from resolvers.past.folding import Past
from resolvers.segments.listing import segments_by_id
from resolvers.values import LoggedValue
from resolvers.views import View


async def differences(view: View, before: Past, after: Past) -> list[Diff]:
    """Fields whose value differs, each once, in order of the log; then addresses and tags."""
    changes = await view.scalars(
        select(Change)
        .where(
            col(Change.lead_id) == after.lead.id,
            col(Change.revision) > before.revision,
            col(Change.revision) <= after.revision,
        )
        .order_by(col(Change.revision))
    )
    first: dict[str, Diff] = {}
    last: dict[str, Diff] = {}
    for change in changes:
        for diff in diffs_of(change):
            if diff.field_id is not None:
                first.setdefault(diff.path, diff)
                last[diff.path] = diff
    fields = [replace(last[path], before=diff.before) for path, diff in first.items()]
    changed = [diff for diff in fields if diff.before != diff.after]
    return changed + _others(before, after) + await _segments(view, before, after)


async def _segments(view: View, before: Past, after: Past) -> list[Diff]:
    """Segments that the viewer may know of, one of which the lead was in at one moment only."""
    old, new = before.card.segments, after.card.segments
    ids = [UUID(hex=each) for each in sorted(old.keys() ^ new.keys())]
    rows = [row for row in await segments_by_id(view, ids) if row] if ids else []
    return [_segment(row.name, is_in=row.id.hex in new) for row in rows]


def _segment(name: str, *, is_in: bool) -> Diff:
    text = _text(name)
    return Diff("segments", "Segment", None if is_in else text, text if is_in else None, None)


def _others(before: Past, after: Past) -> list[Diff]:
    points = contact_points.diffs(vars(before.card), vars(after.card))
    old, new = before.card.tags, after.card.tags
    return [
        *_loss_reasons(before.card.lead["loss_reason"], after.card.lead["loss_reason"]),
        *(Diff(each["path"], each["label"], each["before"], each["after"], None)
          for each in points),
        *_hidden(before.card.lead["hidden_at"], after.card.lead["hidden_at"]),
        *_accounts(before.card.account, after.card.account),
        *(tag_diff(name, is_added=True) for key, name in new.items() if key not in old),
        *(tag_diff(name, is_added=False) for key, name in old.items() if key not in new),
    ]  # fmt: skip


def _accounts(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Diff]:
    old, new = (each["address"] if each else None for each in (before, after))
    return [Diff("account", "Portal account", _text(old), _text(new), None)] if old != new else []


def _loss_reasons(before: str | None, after: str | None) -> list[Diff]:
    if before == after:
        return []
    return [Diff("lossReason", "Loss reason", _text(before), _text(after), None)]


def _hidden(before: str | None, after: str | None) -> list[Diff]:
    old, new = ({"type": "INSTANT", "at": each} if each else None for each in (before, after))
    return [Diff(hiding.PATH, hiding.LABEL, old, new, None)] if old != new else []


def _text(text: str | None) -> LoggedValue | None:
    return {"type": "TEXT", "text": text} if text else None
