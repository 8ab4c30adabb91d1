"""Conversations of all leads that the viewer sees: filter, order, pages, counts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlmodel import col

from models.conversations import Conversation, Message
from models.enums import Channel, ConversationState
from models.teams import TeamMember
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.conversations.reading import unread_messages
from resolvers.counting_leads import EXACT_BELOW
from resolvers.errors import BadArgument
from resolvers.pages import Key, Page, read_page
from resolvers.views import View

OPEN = (ConversationState.OPEN,)
MAX_WAIT = 10 * 366 * 86_400
ORDER = (
    Key(col(Conversation.waiting_since), is_instant=True, is_nullable=True),
    Key(col(Conversation.last_message_at), True, is_instant=True),
    Key(col(Conversation.id), True, is_id=True),
)
"""Who waits longest comes first; those whom nobody keeps waiting by their last message."""


@dataclass(frozen=True)
class ConversationFilter:
    """Which conversations; all parts that are given must hold."""

    states: tuple[ConversationState, ...] = OPEN
    channels: tuple[Channel, ...] = ()
    assignee: tuple[str, Any] | None = None
    """`in` and ids of people, `team` and its id, `is_me` or `is_nobody` and whether that is so."""
    is_unread: bool | None = None
    waiting_for: int | None = None
    """Seconds that the lead has waited at least."""


@dataclass(frozen=True)
class InboxCounts:
    """Sizes of the usual parts of the inbox, each counted at most to 10,001."""

    mine: int
    unassigned: int
    open: int
    snoozed: int
    closed: int
    unread: int
    """Messages that the viewer has not read in what is not closed."""


def _statement(view: View, wanted: ConversationFilter) -> Select[Any]:
    return select(Conversation).where(
        access.visible_conversations(view.actor), *_tests(view, wanted)
    )


def _tests(view: View, wanted: ConversationFilter) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = [col(Conversation.state).in_(wanted.states)]
    if wanted.channels:
        tests.append(col(Conversation.channel).in_(wanted.channels))
    if wanted.assignee is not None:
        tests.append(_assignee(view, *wanted.assignee))
    if wanted.is_unread is not None:
        ids = unread_messages(_person(view)).with_only_columns(col(Message.conversation_id))
        unread = col(Conversation.id).in_(ids)
        tests.append(unread if wanted.is_unread else not_(unread))
    if wanted.waiting_for is not None:
        if not 0 <= wanted.waiting_for <= MAX_WAIT:
            raise BadArgument("`waitingForSeconds` is 0 to ten years.")
        since = view.services.clock.now() - timedelta(seconds=wanted.waiting_for)
        tests.append(col(Conversation.waiting_since) <= since)
    return tests


def _person(view: View) -> UUID:
    assert view.actor.id is not None
    return view.actor.id


def _assignee(view: View, how: str, given: Any) -> ColumnElement[bool]:
    column = col(Conversation.assignee_id)
    if how == "in":
        return column.in_(given)
    if how == "team":
        return column.in_(select(col(TeamMember.staff_id)).where(col(TeamMember.team_id) == given))
    if how == "is_nobody":
        return column.is_(None) if given else column.is_not(None)
    if not isinstance(view.actor, StaffActor):
        return false()
    mine = column == view.actor.id
    return mine if given else or_(column.is_(None), not_(mine))


async def conversations_page(
    view: View, wanted: ConversationFilter, first: int, after: str | None
) -> Page[Conversation]:
    """One page of the inbox."""
    return await read_page(view, _statement(view, wanted), ORDER, f"inbox:{wanted}", first, after)


async def count_conversations(view: View, wanted: ConversationFilter) -> int:
    """How many conversations the filter holds, counted at most to 10,001."""
    return await view.scalar(_counted(_statement(view, wanted))) or 0


def _counted(statement: Select[Any]) -> Select[int]:
    limited = statement.with_only_columns(col(Conversation.id)).limit(EXACT_BELOW + 1)
    return select(func.count()).select_from(limited.subquery())


async def inbox_counts(view: View) -> InboxCounts:
    """Sizes of the parts, in one statement."""
    parts = {
        "mine": ConversationFilter(assignee=("is_me", True)),
        "unassigned": ConversationFilter(assignee=("is_nobody", True)),
        "open": ConversationFilter(),
        "snoozed": ConversationFilter(states=(ConversationState.SNOOZED,)),
        "closed": ConversationFilter(states=(ConversationState.CLOSED,)),
    }
    columns = [
        _counted(_statement(view, wanted)).scalar_subquery().label(name)
        for name, wanted in parts.items()
    ]
    seen = (
        unread_messages(_person(view))
        .where(
            access.visible_conversations(view.actor),
            col(Conversation.state) != ConversationState.CLOSED,
        )
        .limit(EXACT_BELOW + 1)
    )
    unread = select(func.count()).select_from(seen.subquery()).scalar_subquery().label("unread")
    (row,) = await view.rows(select(*columns, unread))
    return InboxCounts(*row)


async def count_waiting(view: View) -> int:
    """Open conversations that wait for an answer and are the viewer's or nobody's."""
    if not isinstance(view.actor, StaffActor):
        return 0
    column = col(Conversation.assignee_id)
    waits = and_(
        col(Conversation.waiting_since).is_not(None),
        or_(column.is_(None), column == view.actor.id),
    )
    statement = _statement(view, ConversationFilter()).where(waits)
    return await view.scalar(_counted(statement)) or 0
