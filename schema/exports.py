"""Data that leave as files: leads of a filter, and all that is held about one person."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import access, exports
from resolvers.exports import Wish
from resolvers.policy import Permission
from schema.context import Info, read_id
from schema.errors import (
    ForbiddenError,
    GoneError,
    InvalidInputError,
    LimitError,
    NotFoundError,
)
from schema.filters import LeadFilter, literal_of
from schema.leads_list import SEARCH, LeadSort
from schema.mutations.writing import INPUT
from schema.pages import Count

PATH = (
    "Path on this server to GET the file from, for you, signed in as for this request, until "
    "`expiresAt`. Nothing is kept: the file is written while it is fetched."
)
ENDS = "When the path ends; 15 minutes."


@strawberry.type(description="Column that a file of leads can have.")
class ExportColumn:
    key: str = strawberry.field(
        description="`name`, `state`, `emailAddresses`, … or `property:key`."
    )
    label: str = strawberry.field(description="For people.")
    is_importable: bool = strawberry.field(
        description="An import of the CSV file takes it in again; others it leaves out."
    )


async def export_columns(info: Info) -> list[ExportColumn] | None:
    """What a file of leads can have, for the viewer."""
    view = await info.context.reading()
    if not access.may(view.actor, Permission.EXPORT_LEADS):
        return None
    return [
        ExportColumn(key=each.key, label=each.label, is_importable=each.is_importable)
        for each in await exports.columns_for(view)
    ]


@strawberry.input(description="Input of `exportLeads`.")
class ExportLeadsInput:
    columns: list[str] = strawberry.field(
        description="Keys from `exportColumns`, 1 to 200, in the order wanted. One that is not "
        "there is refused by name, and so is one that you may not see."
    )
    filter: LeadFilter | None = strawberry.field(
        default=None, description="Which; absent: all that you may see."
    )
    search: str | None = strawberry.field(default=None, description=SEARCH)
    sort: LeadSort | None = strawberry.field(
        default=None,
        description="Order; absent: oldest first. By an order in which leads move, one that moves "
        "while the file is written may be missed or come twice; by creation none does.",
    )
    format: exports.Format = strawberry.field(default=exports.Format.CSV, description="Format.")
    byte_order_mark: bool = strawberry.field(
        default=True,
        description="CSV: begin with a byte order mark, by which spreadsheets know UTF-8.",
    )

    def given(self) -> Wish:
        """The wish as the use-case takes it."""
        return Wish(
            columns=self.columns,
            filter=literal_of(self.filter) if self.filter else None,
            search=self.search,
            sort=self.sort.given() if self.sort else exports.OLDEST_FIRST,
            format=self.format,
            has_mark=self.byte_order_mark,
        )


@strawberry.type(description="Success of `exportLeads`.")
class ExportLeadsSuccess:
    download_path: str = strawberry.field(description=PATH)
    expires_at: datetime = strawberry.field(description=ENDS)
    lead_count: Count = strawberry.field(description="How many leads it would hold now.")


ExportLeadsResult = Annotated[
    ExportLeadsSuccess | ForbiddenError | LimitError | InvalidInputError,
    strawberry.union("ExportLeadsResult", description="Result of `exportLeads`."),
]


async def export_leads(
    info: Info, input: Annotated[ExportLeadsInput, strawberry.argument(description=INPUT)]
) -> ExportLeadsResult:
    """Gives the leads of a filter away as a file."""
    view = await info.context.reading()
    prepared = await exports.prepare(view, input.given())
    async with info.context.work() as work:
        made = exports.note_export(work, prepared)
    return ExportLeadsSuccess(
        download_path=f"/exports/leads/{made.ticket.text}",
        expires_at=made.ticket.expires_at,
        lead_count=Count(value=made.count, is_exact=made.is_exact),
    )


@strawberry.input(description="Input of `exportPersonalData`.")
class ExportPersonalDataInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    include_notes: bool = strawberry.field(
        default=False, description="Staff notes too, with their files; needs READ_ALL_NOTES."
    )


@strawberry.type(description="Success of `exportPersonalData`.")
class ExportPersonalDataSuccess:
    download_path: str = strawberry.field(description=PATH)
    expires_at: datetime = strawberry.field(description=ENDS)


ExportPersonalDataResult = Annotated[
    ExportPersonalDataSuccess
    | ForbiddenError
    | NotFoundError
    | GoneError
    | LimitError
    | InvalidInputError,
    strawberry.union("ExportPersonalDataResult", description="Result of `exportPersonalData`."),
]


async def export_personal_data(
    info: Info, input: Annotated[ExportPersonalDataInput, strawberry.argument(description=INPUT)]
) -> ExportPersonalDataResult:
    """Gives everything that is held about one person away as a zip file."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    async with info.context.work() as work:
        ticket = await exports.note_personal_export(work, lead_id, with_notes=input.include_notes)
    return ExportPersonalDataSuccess(
        download_path=f"/exports/person/{ticket.text}", expires_at=ticket.expires_at
    )
