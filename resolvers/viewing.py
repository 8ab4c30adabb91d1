"""Who looks at a card and what they edit, as far as the one who asks may know."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.conversations import Conversation
from models.fields import FieldDefinition
from models.ids import encode_id
from realtime.viewers import EDITING as EDITING_SECONDS
from realtime.viewers import Viewer, ViewerList
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.fields import path_of
from resolvers.limits import EDITING, spend
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.views import View

TYPING = "conversation:"
"""Begins the mark of somebody who types; the rest is the conversation."""


async def set_editing(
    services: Services,
    actor: StaffActor,
    lead_id: UUID,
    path: str | None,
    conversation_id: UUID | None = None,
) -> datetime:
    """Marks the field that a person edits on a card, or the conversation that they type in; None:
    nothing of it. Answers when that ends.

    NotFound for leads of others, InvalidInput for a path of no field that the person sees.
    """
    if path is not None and conversation_id is not None:
        words = "Either a field or a conversation."
        raise invalid("typingInConversationId", ProblemCode.CONTRADICTION, words)
    await spend(services.limiter, EDITING, actor.caller)
    async with services.database.read_session() as session:
        lead = await access.find_lead(session, actor, lead_id)
        if lead is None:
            raise NotFound("lead", encode_id("lead", lead_id))
        access.require(actor, Permission.SEND_MESSAGE if conversation_id else Permission.EDIT_LEAD)
        if conversation_id is not None:
            await _check_conversation(session, lead.id, conversation_id)
        if path is not None:
            rows = await session.scalars(
                select(FieldDefinition).where(
                    col(FieldDefinition.archived_at).is_(None), access.visible_fields(actor)
                )
            )
            if path not in {path_of(row) for row in rows}:
                raise invalid("path", ProblemCode.UNKNOWN, "This is the path of no field.")
    mark = f"{TYPING}{conversation_id.hex}" if conversation_id else path
    await services.viewers.edit(lead.id, actor.id, mark)
    return services.clock.now() + timedelta(seconds=EDITING_SECONDS)


async def _check_conversation(session: AsyncSession, lead_id: UUID, identity: UUID) -> None:
    found = await session.scalar(
        select(col(Conversation.id)).where(
            col(Conversation.id) == identity, col(Conversation.lead_id) == lead_id
        )
    )
    if found is None:
        raise NotFound("conversation", encode_id("conversation", identity))


def typed_in(viewer: Viewer) -> UUID | None:
    """The conversation that somebody types in."""
    mark = viewer.editing or ""
    return UUID(hex=mark.removeprefix(TYPING)) if mark.startswith(TYPING) else None


async def as_seen(view: View, listed: ViewerList) -> ViewerList:
    """Viewers without the marks on fields that one may not see: these are edited by nobody."""
    (seen,) = await all_as_seen(view, [listed])
    return seen


async def all_as_seen(view: View, lists: Sequence[ViewerList]) -> list[ViewerList]:
    """The same for several cards."""
    if not any(each.editing for listed in lists for each in listed.viewers):
        return list(lists)
    rows = await view.scalars(select(FieldDefinition).where(~access.visible_fields(view.actor)))
    hidden = {path_of(row) for row in rows}
    return [
        replace(
            listed,
            viewers=[
                replace(each, editing=None) if each.editing in hidden else each
                for each in listed.viewers
            ],
        )
        for listed in lists
    ]
