"""Who looks at a card and what they edit, as far as the one who asks may know."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.fields import FieldDefinition
from models.ids import encode_id
from realtime.viewers import EDITING as EDITING_SECONDS
from realtime.viewers import ViewerList
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.fields import path_of
from resolvers.limits import EDITING, spend
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.views import View


async def set_editing(
    services: Services, actor: StaffActor, lead_id: UUID, path: str | None
) -> datetime:
    """Marks the field that a person edits on a card, None: no field; answers when that ends.

    NotFound for leads of others, InvalidInput for a path of no field that the person sees.
    """
    await spend(services.limiter, EDITING, actor.caller)
    async with services.database.read_session() as session:
        lead = await access.find_lead(session, actor, lead_id)
        if lead is None:
            raise NotFound("lead", encode_id("lead", lead_id))
        access.require(actor, Permission.EDIT_LEAD)
        if path is not None:
            rows = await session.scalars(
                select(FieldDefinition).where(
                    col(FieldDefinition.archived_at).is_(None), access.visible_fields(actor)
                )
            )
            if path not in {path_of(row) for row in rows}:
                raise invalid("path", ProblemCode.UNKNOWN, "This is the path of no field.")
    await services.viewers.edit(lead.id, actor.id, path)
    return services.clock.now() + timedelta(seconds=EDITING_SECONDS)


async def as_seen(view: View, listed: ViewerList) -> ViewerList:
    """Viewers without the marks on fields that one may not see: these are edited by nobody."""
    if not any(each.editing for each in listed.viewers):
        return listed
    rows = await view.scalars(select(FieldDefinition).where(~access.visible_fields(view.actor)))
    hidden = {path_of(row) for row in rows}
    shown = [
        replace(each, editing=None) if each.editing in hidden else each for each in listed.viewers
    ]
    return replace(listed, viewers=shown)
