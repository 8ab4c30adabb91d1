"""What all leads share: people, pipelines, fields, kinds, settings."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.events import EventKind
from models.fields import FieldDefinition, FieldGroup, FieldOption
from models.important_dates import ImportantDateKind
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from models.visits import Site
from models.workspace import Workspace
from resolvers import access
from resolvers.fields import path_of
from resolvers.readers.rows import rows_by_id
from resolvers.views import View, by_key


async def staff_by_id(view: View, ids: Sequence[UUID]) -> list[Staff | None]:
    return await rows_by_id(view, Staff, ids)


async def states_by_id(view: View, ids: Sequence[UUID]) -> list[PipelineState | None]:
    return await rows_by_id(view, PipelineState, ids)


async def pipelines_by_id(view: View, ids: Sequence[UUID]) -> list[Pipeline | None]:
    return await rows_by_id(view, Pipeline, ids)


async def event_kinds_by_id(view: View, ids: Sequence[UUID]) -> list[EventKind | None]:
    return await rows_by_id(view, EventKind, ids)


async def important_date_kinds_by_id(
    view: View, ids: Sequence[UUID]
) -> list[ImportantDateKind | None]:
    return await rows_by_id(view, ImportantDateKind, ids)


async def all_fields(view: View) -> Sequence[FieldDefinition]:
    """Listed fields that the viewer may see, by group and place."""
    return await view.scalars(
        select(FieldDefinition)
        .join(FieldGroup, col(FieldGroup.id) == col(FieldDefinition.group_id))
        .where(col(FieldDefinition.is_listed), access.visible_fields(view.actor))
        .order_by(col(FieldGroup.position), col(FieldDefinition.position), col(FieldDefinition.id))
    )


async def options_by_field(view: View, ids: Sequence[UUID]) -> list[list[FieldOption]]:
    """Options of fields in order, archived ones last."""
    rows = await view.scalars(
        select(FieldOption)
        .where(col(FieldOption.field_id).in_(ids))
        .order_by(
            col(FieldOption.archived_at).is_not(None),
            col(FieldOption.position),
            col(FieldOption.id),
        )
    )
    return by_key(rows, ids, "field_id")


async def options_by_id(view: View, ids: Sequence[UUID]) -> list[FieldOption | None]:
    return await rows_by_id(view, FieldOption, ids)


async def hidden_field_ids(view: View) -> frozenset[UUID]:
    """Fields whose values the viewer may not see."""
    rows = await view.scalars(
        select(col(FieldDefinition.id)).where(~access.visible_fields(view.actor))
    )
    return frozenset(rows)


async def hidden_field_paths(view: View) -> dict[str, str]:
    """Paths of the fields whose values the viewer may not see, by key."""
    rows = await view.scalars(select(FieldDefinition).where(~access.visible_fields(view.actor)))
    return {row.key: path_of(row) for row in rows}


async def all_field_groups(view: View) -> Sequence[FieldGroup]:
    return await view.scalars(
        select(FieldGroup).order_by(col(FieldGroup.position), col(FieldGroup.id))
    )


async def all_pipelines(view: View, *, with_archived: bool = False) -> Sequence[Pipeline]:
    """Pipelines in order."""
    statement = select(Pipeline).order_by(col(Pipeline.position), col(Pipeline.id))
    if not with_archived:
        statement = statement.where(col(Pipeline.archived_at).is_(None))
    return await view.scalars(statement)


async def states_by_pipeline(view: View, ids: Sequence[UUID]) -> list[list[PipelineState]]:
    """States in order, archived ones last."""
    rows = await view.scalars(
        select(PipelineState)
        .where(col(PipelineState.pipeline_id).in_(ids))
        .order_by(col(PipelineState.position))
    )
    return by_key(rows, ids, "pipeline_id")


async def workspace(view: View) -> Workspace | None:
    """The settings."""
    return await view.scalar(select(Workspace))


async def all_event_kinds(
    view: View, *, quick_only: bool = False, with_archived: bool = False
) -> Sequence[EventKind]:
    """Kinds of events in order."""
    statement = select(EventKind).order_by(col(EventKind.position), col(EventKind.id))
    if quick_only:
        statement = statement.where(col(EventKind.is_quick))
    if not with_archived:
        statement = statement.where(col(EventKind.archived_at).is_(None))
    return await view.scalars(statement)


async def all_important_date_kinds(view: View) -> Sequence[ImportantDateKind]:
    """Kinds of important dates in order, archived ones last."""
    kind = ImportantDateKind
    return await view.scalars(
        select(kind).order_by(col(kind.archived_at).is_not(None), col(kind.position), col(kind.id))
    )


async def all_sites(view: View) -> Sequence[Site]:
    return await view.scalars(select(Site).order_by(col(Site.name), col(Site.id)))
