"""Where a lead's data lie: every table is named here, with what erasure does to its rows.

A test compares this with all tables that there are, so that a new one is thought of.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from models.accounts import LeadAccount, LeadSession
from models.appointments import Appointment
from models.automations import AutomationRun
from models.calls import Call
from models.contact_points import LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, ConversationRead, Message
from models.events import Event, EventGroup, EventText
from models.fields import Property
from models.important_dates import ImportantDate
from models.imports import ImportedRow
from models.leads import Assignment, LeadAlias
from models.notes import Note, NoteText
from models.notifications import Notification
from models.pipelines import StateTime
from models.search import SearchEntry
from models.segments import SegmentStanding
from models.tags import LeadTag
from models.tasks import Task, TaskText
from models.visits import PresenceInterval, Visit, VisitPage
from models.webhooks import WebhookDelivery
from models.wordings import Wording
from resolvers.upserts import table_of

AT_ONCE = 500

PARTS: dict[type[SQLModel], tuple[str, tuple[type[SQLModel], ...]]] = {
    LeadSession: ("account_id", (LeadAccount,)),
    NoteText: ("note_id", (Note,)),
    EventText: ("event_id", (Event,)),
    TaskText: ("task_id", (Task,)),
    VisitPage: ("visit_id", (Visit,)),
    ConversationRead: ("conversation_id", (Conversation,)),
    Wording: ("owner_id", (Appointment, Call)),
}
"""Tables whose rows belong to a row of another one, and by which column. What was written on a
thing goes with it, whichever lead it was on then."""

OWN: tuple[type[SQLModel], ...] = (
    LeadAccount,
    Note,
    Event,
    EventGroup,
    Task,
    Message,
    Conversation,
    Appointment,
    Call,
    ImportantDate,
    LeadTag,
    LeadEmailAddress,
    LeadPhoneNumber,
    Property,
    Assignment,
    StateTime,
    PresenceInterval,
    Visit,
    Notification,
    WebhookDelivery,
    AutomationRun,
    ImportedRow,
    LeadAlias,
    SearchEntry,
    SegmentStanding,
)
"""Tables whose rows name their lead; in the order in which they go."""

OTHERWISE = {
    "change": "emptied: the chain of commitments stays",
    "lead_feed": "stays: where the chain ends, and when the lead was erased",
    "lead": "goes last",
    "file": "goes with its bytes, see `resolvers/files.py`",
    "upload": "goes with the file that it became",
    "removed_file": "filled: the worker removes those bytes",
    "email_address": "goes with its last lead",
    "erased_address": "keeps the status of an address, under a keyed hash",
    "idempotency": "goes with what a key led to",
    "job": "goes with what it is about",
    "erasing": "filled and emptied in the erasing transaction",
    "workspace_change": "gets a row that names the id",
}
"""Tables that erasure treats in ways of their own."""

UNTOUCHED = {
    "api_token", "automation", "canned_reply", "event_kind", "field_definition", "field_group",
    "field_layout", "field_option", "important_date_kind", "lead_import", "notification_feed",
    "pinned_field",
    "pipeline", "pipeline_state", "recovery_code", "saved_view", "segment", "site", "staff",
    "staff_invitation", "staff_session", "staff_totp", "tag", "team", "team_manager",
    "team_member", "webhook", "worker_position", "workspace",
}  # fmt: skip
"""Tables of the team: none of their rows is about one lead."""


async def with_aliases(session: AsyncSession, lead_id: UUID) -> list[UUID]:
    """The lead, and those that went into it or into one of those."""
    found, newest = [lead_id], [lead_id]
    while newest:
        newest = list(
            await session.scalars(
                select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id).in_(newest))
            )
        )
        found += newest
    return found


def rows_of(lead_ids: Sequence[UUID]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The rows of these leads by table, what belongs to others first."""
    for part, (column, owners) in PARTS.items():
        table = table_of(part)
        is_theirs = [
            table.c[column].in_(
                select(table_of(owner).c.id).where(table_of(owner).c.lead_id.in_(lead_ids))
            )
            for owner in owners
        ]
        yield table, or_(*is_theirs)
    for own in OWN:
        table = table_of(own)
        yield table, table.c.lead_id.in_(lead_ids)


async def delete_rows(
    session: AsyncSession, table: Table, where: ColumnElement[bool]
) -> tuple[int, list[UUID]]:
    """Deletes; how many, and the ids of those that have one."""
    statement = delete(table).where(where)
    if "id" not in table.c:
        done: Any = await session.execute(statement)
        return done.rowcount, []
    ids = list(await session.scalars(statement.returning(table.c.id)))
    return len(ids), ids


def parts(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Some at once: a statement takes only so many values."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
