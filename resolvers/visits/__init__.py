"""The visitor's side: visits, heartbeats, what they do, and how a visit becomes a known person."""

from resolvers.open_pages import Page
from resolvers.visits.activity import (
    Told,
    heartbeat,
    leave,
    record,
    send_visitor_message,
    set_typing,
)
from resolvers.visits.identifying import Claim, identify
from resolvers.visits.receipts import mark_messages
from resolvers.visits.starting import NewVisit, StartedVisit, actor_for_token, start_visit

__all__ = [
    "Claim",
    "NewVisit",
    "Page",
    "StartedVisit",
    "Told",
    "actor_for_token",
    "heartbeat",
    "identify",
    "leave",
    "mark_messages",
    "record",
    "send_visitor_message",
    "set_typing",
    "start_visit",
]
