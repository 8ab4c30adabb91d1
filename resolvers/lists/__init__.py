"""Lists that hang on one owner (a lead's notes, a conversation's messages), as data.

One description for each list serves its pages and its counts. Pages of many owners are read by one
statement, so that a list of leads costs no statement for each lead.
"""

from resolvers.lists.describing import (
    Chosen,
    Log,
    OwnedList,
    newest_first,
    was_there,
)
from resolvers.lists.owned import (
    CONVERSATION_MESSAGES,
    CONVERSATIONS,
    EVENTS,
    HISTORY,
    INTERVALS,
    LEAD_MESSAGES,
    NOTES,
    TASKS,
    TIMELINE,
)
from resolvers.lists.pages import (
    Counted,
    Wanted,
    count_rows,
    read_pages,
)

__all__ = [
    "CONVERSATIONS",
    "CONVERSATION_MESSAGES",
    "Chosen",
    "Counted",
    "EVENTS",
    "HISTORY",
    "INTERVALS",
    "LEAD_MESSAGES",
    "Log",
    "NOTES",
    "OwnedList",
    "TASKS",
    "TIMELINE",
    "Wanted",
    "count_rows",
    "newest_first",
    "read_pages",
    "was_there",
]
