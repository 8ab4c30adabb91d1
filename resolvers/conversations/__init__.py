"""Conversations: what is said in them, who answers, and what is done with one as a whole."""

from resolvers.conversations.acts import (
    assign_conversation,
    change_conversation_state,
    follow_lead,
    move_open_conversations,
)
from resolvers.conversations.messages import (
    MAX_TEXT,
    NewMessage,
    add_message,
    receive_message,
    send_message,
)
from resolvers.conversations.recording import logged
from resolvers.conversations.snoozing import wake

__all__ = [
    "MAX_TEXT",
    "NewMessage",
    "add_message",
    "assign_conversation",
    "change_conversation_state",
    "follow_lead",
    "logged",
    "move_open_conversations",
    "receive_message",
    "send_message",
    "wake",
]
