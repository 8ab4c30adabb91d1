"""Pages and counts of a past card's lists."""

from dataclasses import replace
from typing import Any

from models.due_bands import band_of, is_due_within
from models.tasks import Task
from resolvers import agenda, lists, pages
from resolvers.agenda import APPOINTMENTS, CALLS
from resolvers.lists import (
    CONVERSATION_MESSAGES,
    CONVERSATIONS,
    EVENTS,
    INTERVALS,
    LEAD_MESSAGES,
    NOTES,
    TASKS,
    Chosen,
    Counted,
    Wanted,
)
from resolvers.pages import Page
from resolvers.past.folding import Past
from resolvers.past.rows.activity import (
    appointments,
    calls,
    conversations,
    event,
    interval,
    message,
    notes,
    tasks,
)
from resolvers.views import View

MOVING = (NOTES, TASKS, CONVERSATIONS, APPOINTMENTS, CALLS)
"""Lists whose rows or order change with time."""


async def page(view: View, past: Past, wanted: Wanted) -> Page[Any]:
    """One page of a list of the card as it was."""
    here = replace(wanted, chosen=_until(past, wanted.chosen))
    if wanted.list in MOVING:
        rows = await _at_hand(view, past, Counted(wanted.list, wanted.owner_id, wanted.chosen))
        order = wanted.list.order(wanted.chosen)
        return pages.page_of(view, rows, order, here.scope, wanted.first, wanted.after)
    (found,) = await lists.read_pages(view, [here])
    if isinstance(found, Exception):
        raise found
    if wanted.list is EVENTS:
        return replace(found, rows=[event(past, row) for row in found.rows])
    if wanted.list in (LEAD_MESSAGES, CONVERSATION_MESSAGES):
        return replace(found, rows=[message(past, row) for row in found.rows])
    if wanted.list is INTERVALS:
        return replace(found, rows=[interval(past, row) for row in found.rows])
    return found


async def count(view: View, past: Past, counted: Counted) -> int:
    """Size of a list of the card as it was."""
    if counted.list in MOVING:
        return len(await _at_hand(view, past, counted))
    (found,) = await lists.count_rows(view, [replace(counted, chosen=_until(past, counted.chosen))])
    return found


def _until(past: Past, chosen: Chosen) -> Chosen:
    return replace(chosen, until=past.logs, until_at=past.at)


async def _at_hand(view: View, past: Past, counted: Counted) -> list[Any]:
    """Rows of a list that only the fold knows."""
    if counted.list is NOTES:
        return list((await notes(view, past)).values())
    if counted.list is CALLS:
        return list((await calls(view, past)).values())
    if counted.list is APPOINTMENTS:
        chosen = counted.chosen
        return [
            row
            for row in (await appointments(view, past)).values()
            if agenda.is_in(chosen.period, row, past.at)
            and (chosen.since is None or row.starts_at >= chosen.since)
            and (chosen.before is None or row.starts_at < chosen.before)
        ]
    if counted.list is TASKS:
        chosen = counted.chosen
        return [row for row in (await tasks(view, past)).values() if _is_chosen(row, chosen)]
    rows = (await conversations(view, past)).values()
    wanted = counted.chosen.states
    return [row for row in rows if not wanted or row.state in wanted]


def _is_chosen(row: Task, chosen: Chosen) -> bool:
    now = chosen.moment
    if now and chosen.bands and band_of(row.due, now) not in chosen.bands:
        return False
    if now is None or (chosen.since is None and chosen.before is None):
        return True
    return is_due_within(row.due, chosen.since, chosen.before, now.zone)
