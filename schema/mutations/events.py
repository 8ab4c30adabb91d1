"""Acts on events: by hand, by a button, what is written on them later, and their kinds."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from resolvers import event_kinds, event_texts, events
from resolvers.event_kinds import KindEdit
from resolvers.events import NewEvent
from resolvers.unit_of_work import UnitOfWork
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.events import Event, EventKind
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey, Version
from schema.values import ParameterInput, logged_parameters


@strawberry.input(description="Input of `addEvent`.")
class AddEventInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    kind_id: strawberry.ID | None = strawberry.field(default=None, description="Kind.")
    name: str | None = strawberry.field(
        default=None, description="Name when there is no kind; 1 to 100 characters."
    )
    occurred_at: datetime | None = strawberry.field(default=None, description="Absent: now.")
    parameters: list[ParameterInput] = strawberry.field(
        default_factory=list, description="At most 50."
    )


@strawberry.type(description="Success of `addEvent`.")
class AddEventSuccess(LeadWrite):
    event: Event = strawberry.field(description="The event.")


AddEventResult = Annotated[
    AddEventSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("AddEventResult", description="Result of `addEvent`."),
]


async def add_event(
    info: Info, input: Annotated[AddEventInput, strawberry.argument(description=INPUT)]
) -> AddEventResult:
    """Adds an event by hand."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    kind_id = read_id("kindId", "eventkind", input.kind_id) if input.kind_id else None
    parameters = logged_parameters("parameters", input.parameters)
    new = NewEvent(input.name, kind_id, input.occurred_at, parameters)
    async with info.context.work() as work:
        event_id = await events.add_event(work, lead_id, new, input.idempotency_key)
    return AddEventSuccess(**await _written(info, work, lead_id, event_id))


async def _written(info: Info, work: UnitOfWork, lead_id: UUID, event_id: UUID) -> dict[str, Any]:
    """The fields of an act's success, with the event after it."""
    view, fields = await written(info, work, lead_id)
    row = await view.load.event.load((fields["lead"].row.id, event_id))
    assert row is not None
    return {"event": Event(row=row, view=view), **fields}


@strawberry.input(description="Input of `logQuickEvent`.")
class LogQuickEventInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    kind_id: strawberry.ID = strawberry.field(description="Kind with a button.")


@strawberry.type(description="Success of `logQuickEvent`.")
class LogQuickEventSuccess(LeadWrite):
    event: Event = strawberry.field(description="The event.")


LogQuickEventResult = Annotated[
    LogQuickEventSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("LogQuickEventResult", description="Result of `logQuickEvent`."),
]


async def log_quick_event(
    info: Info, input: Annotated[LogQuickEventInput, strawberry.argument(description=INPUT)]
) -> LogQuickEventResult:
    """Records that something happened now, by one click."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    kind_id = read_id("kindId", "eventkind", input.kind_id)
    async with info.context.work() as work:
        event_id = await events.log_quick_event(work, lead_id, kind_id, input.idempotency_key)
    return LogQuickEventSuccess(**await _written(info, work, lead_id, event_id))


@strawberry.input(description="Input of `annotateEvent`.")
class AnnotateEventInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    event_id: strawberry.ID = strawberry.field(description="The event.")
    body: str = strawberry.field(
        description="At most 20,000 characters; blank takes the text away."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `annotateEvent`.")
class AnnotateEventSuccess(LeadWrite):
    event: Event = strawberry.field(description="The event.")


AnnotateEventResult = Annotated[
    AnnotateEventSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("AnnotateEventResult", description="Result of `annotateEvent`."),
]


async def annotate_event(
    info: Info, input: Annotated[AnnotateEventInput, strawberry.argument(description=INPUT)]
) -> AnnotateEventResult:
    """Writes on an event."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    event_id = read_id("eventId", "event", input.event_id)
    expected = read_version(info, event_id, input.expected_version)
    async with info.context.work() as work:
        await event_texts.annotate_event(work, lead_id, event_id, input.body, expected)
    return AnnotateEventSuccess(**await _written(info, work, lead_id, event_id))


@strawberry.input(description="Input of `saveEventKind`.")
class SaveEventKindInput:
    name: str = strawberry.field(description="1 to 60 characters, unique without regard to case.")
    icon: str = strawberry.field(description="Name of an icon from the product's set.")
    is_quick: bool = strawberry.field(description="Button on each card; at most 12.")
    kind_id: strawberry.ID | None = strawberry.field(
        default=None, description="The kind; absent: a new one."
    )
    position: int | None = strawberry.field(
        default=None, description="Place from 0; absent: where it is, a new one last."
    )
    is_archived: bool | None = strawberry.field(
        default=None, description="Archive or bring back; absent: as it is."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveEventKind`.")
class SaveEventKindSuccess:
    kind: EventKind = strawberry.field(description="The kind.")


SaveEventKindResult = Annotated[
    SaveEventKindSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveEventKindResult", description="Result of `saveEventKind`."),
]


async def save_event_kind(
    info: Info, input: Annotated[SaveEventKindInput, strawberry.argument(description=INPUT)]
) -> SaveEventKindResult:
    """Makes, changes, moves or archives a kind of event."""
    kind_id = read_id("kindId", "eventkind", input.kind_id) if input.kind_id else None
    edit = KindEdit(
        name=input.name,
        icon=input.icon,
        is_quick=input.is_quick,
        position=input.position,
        is_archived=input.is_archived,
        expected=read_version(info, kind_id, input.expected_version) if kind_id else None,
    )
    async with info.context.work() as work:
        kind = await event_kinds.save_event_kind(work, kind_id, edit)
    return SaveEventKindSuccess(kind=EventKind(row=kind))
