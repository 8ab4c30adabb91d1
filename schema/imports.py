"""Imports of leads from files: what a file would give, the import, and how far it has come."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import ProgressKind
from models.imports import LeadImport
from resolvers.errors import InvalidInput, LimitReached, NotFound
from resolvers.imports.online import find_import, rejected_file, start_import
from resolvers.imports.preview import preview
from schema.context import Info, argument_id, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
)
from schema.files import File
from schema.operation_errors import Code, operation_error
from schema.scalars import IdempotencyKey, Url
from schema.values import global_id

LOOK_SECONDS = 1.0


@strawberry.input(description="Column of a file.")
class ImportColumnInput:
    column: str = strawberry.field(description="Name in the file, or `#` and its number from 1.")
    target: str | None = strawberry.field(
        default=None,
        description="Where it goes: `firstName`, `lastName`, `name`, `company`, `jobTitle`, "
        "`language`, `birthday`, `postalAddress`, `title`, `timeZone`, `recordedAt`, "
        "`emailAddress`, `phoneNumber`, `tags`, `externalId`, `property:key`; null: left out.",
    )


@strawberry.type(description="Column of a file.")
class ImportColumn:
    column: str = strawberry.field(description="Name in the file.")
    number: int = strawberry.field(description="Its number, from 1.")
    target: str | None = strawberry.field(description="Where it goes; null: left out.")
    samples: list[str] = strawberry.field(description="First values, at most 5.")


@strawberry.type(description="Row that would be rejected.")
class ImportRejection:
    row: int = strawberry.field(description="Number of the row, from 1.")
    line: int = strawberry.field(description="Line in the file that it begins in, from 1.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="What a file would give.")
class ImportPreview:
    row_count: int = strawberry.field(description="Rows in the file.")
    encoding: str = strawberry.field(description="Encoding found.")
    separator: str = strawberry.field(description="Separator found: comma, semicolon, tab.")
    columns: list[ImportColumn] = strawberry.field(
        description="Columns and where they go; at most 1,000."
    )
    first_rows: list[list[str]] = strawberry.field(
        description="Cells of the first rows, at most 5; at most 200 characters of each."
    )
    rejected_count: int = strawberry.field(
        description="Rows that would be rejected, of the first 1,000."
    )
    rejected: list[ImportRejection] = strawberry.field(description="At most 100 of those.")


@strawberry.type(description="Long act under way.")
class Progress:
    row: strawberry.Private[LeadImport]

    @strawberry.field(description="The act.")
    def id(self) -> strawberry.ID:
        return global_id("progress", self.row.id)

    @strawberry.field(description="What it is.")
    def kind(self) -> ProgressKind:
        return ProgressKind.LEAD_IMPORT

    @strawberry.field(description="Rows done so far.")
    def done(self) -> int:
        return self.row.done

    @strawberry.field(description="Rows in all; null: unknown.")
    def total(self) -> int | None:
        return self.row.total

    @strawberry.field(description="When it began.")
    def started_at(self) -> datetime:
        return self.row.started_at

    @strawberry.field(description="When it ended; null: under way.")
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @strawberry.field(description="Why it failed; null: it did not.")
    def failure(self) -> str | None:
        return self.row.failure

    @strawberry.field(description="Leads created so far.")
    def created(self) -> int:
        return self.row.created

    @strawberry.field(description="Leads changed so far.")
    def updated(self) -> int:
        return self.row.updated

    @strawberry.field(description="Rows so far that changed nothing.")
    def unchanged(self) -> int:
        return self.row.unchanged

    @strawberry.field(description="Rows rejected so far.")
    def rejected(self) -> int:
        return self.row.rejected

    @strawberry.field(
        description="Rejected rows with their reasons, once it has ended; for 7 days."
    )
    def file(self, info: Info) -> File | None:
        services = info.context.services
        found = rejected_file(services, self.row)
        if found is None:
            return None
        path = f"/imports/{global_id('progress', self.row.id)}/rejected.csv"
        return File(
            id=global_id("file", self.row.id),
            name=found.name,
            content_type="text/csv",
            size_bytes=found.size_bytes,
            download_url=Url(f"{services.public_url}{path}"),
        )


@strawberry.input(description="Input of `importLeads`.")
class ImportLeadsInput:
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    upload_id: strawberry.ID = strawberry.field(description="File from `createUpload`.")
    columns: list[ImportColumnInput] = strawberry.field(
        description="Columns, at most 1,000; those not named are left out."
    )
    key_column: str | None = strawberry.field(
        default=None,
        description="Column that decides which lead is updated, as in `columns`; absent: a single "
        "lead with the address.",
    )


@strawberry.type(description="Success of `importLeads`.")
class ImportLeadsSuccess:
    progress: Progress = strawberry.field(description="Follow it here.")


ImportLeadsResult = Annotated[
    ImportLeadsSuccess
    | ForbiddenError
    | NotFoundError
    | PreconditionError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ImportLeadsResult", description="Result of `importLeads`."),
]


def _chosen(columns: Sequence[ImportColumnInput]) -> dict[str, str | None]:
    return {each.column: each.target for each in columns}


async def import_leads(
    info: Info,
    input: Annotated[ImportLeadsInput, strawberry.argument(description="What to do it with.")],
) -> ImportLeadsResult:
    """Hands a file to the worker."""
    row = await start_import(
        info.context.services,
        await info.context.staff(),
        input.idempotency_key,
        read_id("uploadId", "upload", input.upload_id),
        _chosen(input.columns),
        input.key_column,
    )
    return ImportLeadsSuccess(progress=Progress(row=row))


async def import_preview(
    info: Info,
    upload_id: Annotated[
        strawberry.ID, strawberry.argument(description="File from `createUpload`.")
    ],
    columns: Annotated[
        list[ImportColumnInput] | None,
        strawberry.argument(description="Columns by name or number; absent: guessed."),
    ] = None,
) -> ImportPreview | None:
    """What a file would give; nothing is written."""
    wanted = argument_id("upload", upload_id)
    chosen = None if columns is None else _chosen(columns)
    try:
        services, actor = info.context.services, await info.context.staff()
        found = await preview(services, actor, wanted, chosen)
    except (InvalidInput, LimitReached) as refused:
        raise operation_error(Code.BAD_USER_INPUT, refused.message) from refused
    if found is None:
        return None
    return ImportPreview(
        row_count=found.survey.total,
        encoding=found.survey.dialect.shown_encoding,
        separator=found.survey.dialect.shown_separator,
        columns=[
            ImportColumn(
                column=each.name,
                number=each.number,
                target=each.target,
                samples=list(found.survey.samples.get(each.number, ())),
            )
            for each in found.layout.columns
        ],
        first_rows=[list(cells) for cells in found.first],
        rejected_count=found.rejected_count,
        rejected=[
            ImportRejection(row=each.number, line=each.line, reason=each.reason)
            for each in found.rejected
        ],
    )


async def progress(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id from the act's result.")],
) -> AsyncGenerator[Progress, None]:
    """Where it stands, then each time that it moved, until it ended."""
    await info.context.staff()
    wanted, told = argument_id("progress", id), None
    while True:
        # Rights are read anew each time, as for every item of a stream.
        caller = await info.context.for_operation().staff_or_none()
        if caller is None:
            return
        try:
            row = await find_import(info.context.services, caller, wanted)
        except NotFound as missing:
            if told is not None:
                return
            raise operation_error(Code.BAD_USER_INPUT, missing.message) from missing
        if (row.done, row.ended_at) != told:
            told = (row.done, row.ended_at)
            yield Progress(row=row)
        if row.ended_at:
            return
        await asyncio.sleep(LOOK_SECONDS)
