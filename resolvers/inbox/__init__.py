"""The inbox: conversations with who waits longest first, what is unread, and the live list."""

from resolvers.conversations.reading import mark_read, unread_by_conversation
from resolvers.inbox.listing import (
    ConversationFilter,
    InboxCounts,
    conversations_page,
    count_conversations,
    count_waiting,
    inbox_counts,
)
from resolvers.inbox.live import (
    InboxChanged,
    InboxItem,
    InboxReading,
    InboxSnapshot,
    WatchedInbox,
    follow_inbox,
)

__all__ = [
    "ConversationFilter",
    "InboxChanged",
    "InboxCounts",
    "InboxItem",
    "InboxReading",
    "InboxSnapshot",
    "WatchedInbox",
    "conversations_page",
    "count_conversations",
    "count_waiting",
    "follow_inbox",
    "inbox_counts",
    "mark_read",
    "unread_by_conversation",
]
