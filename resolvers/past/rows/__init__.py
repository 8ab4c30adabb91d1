"""The rows that a card is read from, as they were at a moment.

What the log holds comes from the fold; what it only names (texts, kinds, statuses of addresses) is
read from its table. Rows are copies that no session knows.
"""

from resolvers.past.rows.activity import (
    appointments,
    calls,
    conversations,
    event,
    event_groups,
    event_texts,
    important_dates,
    interval,
    message,
    note_files,
    note_texts,
    notes,
    tasks,
)
from resolvers.past.rows.leads import (
    FIRST,
    account,
    addresses,
    assignments,
    memberships,
    phones,
    presence,
    properties,
    state_times,
    tags,
    version,
)
from resolvers.past.rows.pages import (
    MOVING,
    count,
    page,
)

__all__ = [
    "FIRST",
    "MOVING",
    "account",
    "addresses",
    "appointments",
    "assignments",
    "calls",
    "conversations",
    "count",
    "event",
    "event_groups",
    "event_texts",
    "important_dates",
    "interval",
    "memberships",
    "message",
    "note_files",
    "note_texts",
    "notes",
    "page",
    "phones",
    "presence",
    "properties",
    "state_times",
    "tags",
    "tasks",
    "version",
]
