"""Acts on important dates and their kinds."""

from datetime import date as Day
from typing import Annotated

import strawberry

from resolvers import important_date_kinds, important_dates
from resolvers.errors import NotFound
from resolvers.important_date_kinds import DateKindEdit
from resolvers.important_dates import DateEdit
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
from schema.important_dates import ImportantDate, ImportantDateKind
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey, Version
from schema.values import global_id


@strawberry.input(description="Input of `saveImportantDate`.")
class SaveImportantDateInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    kind_id: strawberry.ID = strawberry.field(description="Kind.")
    date: Day = strawberry.field(description="Day, from 1900 to 2199.")
    note: str | None = strawberry.field(default=None, description="At most 500 characters.")
    is_on_dashboard: bool = strawberry.field(
        default=True, description="Show on the dashboard that day."
    )
    important_date_id: strawberry.ID | None = strawberry.field(
        default=None, description="The date; absent: a new one."
    )
    idempotency_key: IdempotencyKey | None = strawberry.field(
        default=None, description="Makes a repeat safe when it is new."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveImportantDate`.")
class SaveImportantDateSuccess(LeadWrite):
    important_date: ImportantDate = strawberry.field(description="The date.")


SaveImportantDateResult = Annotated[
    SaveImportantDateSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveImportantDateResult", description="Result of `saveImportantDate`."),
]


async def save_important_date(
    info: Info, input: Annotated[SaveImportantDateInput, strawberry.argument(description=INPUT)]
) -> SaveImportantDateResult:
    """Adds or changes an important date."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    known = input.important_date_id
    date_id = read_id("importantDateId", "importantdate", known) if known else None
    edit = DateEdit(
        kind_id=read_id("kindId", "datekind", input.kind_id),
        day=input.date,
        note=input.note,
        is_on_dashboard=input.is_on_dashboard,
    )
    expected = read_version(info, date_id, input.expected_version) if date_id else None
    async with info.context.work() as work:
        date_id = await important_dates.save_important_date(
            work, lead_id, date_id, edit, input.idempotency_key, expected
        )
    view, fields = await written(info, work, lead_id)
    row = await view.load.important_date.load(date_id)
    if row is None:
        raise NotFound("important date", global_id("importantdate", date_id))
    return SaveImportantDateSuccess(important_date=ImportantDate(row=row, view=view), **fields)


@strawberry.input(description="Input of `removeImportantDate`.")
class RemoveImportantDateInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    important_date_id: strawberry.ID = strawberry.field(description="The date.")


@strawberry.type(description="Success of `removeImportantDate`.")
class RemoveImportantDateSuccess(LeadWrite):
    important_date_id: strawberry.ID = strawberry.field(description="Its id.")


RemoveImportantDateResult = Annotated[
    RemoveImportantDateSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("RemoveImportantDateResult", description="Result of `removeImportantDate`."),
]


async def remove_important_date(
    info: Info, input: Annotated[RemoveImportantDateInput, strawberry.argument(description=INPUT)]
) -> RemoveImportantDateResult:
    """Removes an important date."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    date_id = read_id("importantDateId", "importantdate", input.important_date_id)
    async with info.context.work() as work:
        await important_dates.remove_important_date(work, lead_id, date_id)
    _, fields = await written(info, work, lead_id)
    return RemoveImportantDateSuccess(
        important_date_id=global_id("importantdate", date_id), **fields
    )


@strawberry.input(description="Input of `saveImportantDateKind`.")
class SaveImportantDateKindInput:
    name: str = strawberry.field(description="1 to 60 characters, unique without regard to case.")
    kind_id: strawberry.ID | None = strawberry.field(
        default=None, description="The kind; absent: a new one."
    )
    position: int | None = strawberry.field(
        default=None, description="Place from 0; absent: where it is, a new one last."
    )
    is_archived: bool | None = strawberry.field(
        default=None, description="Archive or bring back; absent: as it is."
    )


@strawberry.type(description="Success of `saveImportantDateKind`.")
class SaveImportantDateKindSuccess:
    kind: ImportantDateKind = strawberry.field(description="The kind.")


SaveImportantDateKindResult = Annotated[
    SaveImportantDateKindSuccess | ForbiddenError | NotFoundError | LimitError | InvalidInputError,
    strawberry.union(
        "SaveImportantDateKindResult", description="Result of `saveImportantDateKind`."
    ),
]


async def save_important_date_kind(
    info: Info,
    input: Annotated[SaveImportantDateKindInput, strawberry.argument(description=INPUT)],
) -> SaveImportantDateKindResult:
    """Makes, renames, moves or archives a kind of important date."""
    kind_id = read_id("kindId", "datekind", input.kind_id) if input.kind_id else None
    edit = DateKindEdit(input.name, input.position, input.is_archived)
    async with info.context.work() as work:
        kind = await important_date_kinds.save_important_date_kind(work, kind_id, edit)
    return SaveImportantDateKindSuccess(kind=ImportantDateKind(row=kind))
