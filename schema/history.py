"""The history of a lead: rows of its log as people read them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.changes import RecordedChange
from models.enums import HistoryType, Via
from resolvers import history, history_export, readers
from resolvers.history import Diff
from resolvers.log import HistoryProblem
from schema.context import Info, argument_id, read_id
from schema.errors import ForbiddenError, InvalidInputError, LimitError, NotFoundError
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor
from schema.staff import Actor, actor_of
from schema.values import Value, global_id, hidden, value_of

if TYPE_CHECKING:
    from schema.changes import LeadChange
    from schema.subjects import HistorySubject


@strawberry.type(description="One field's change.")
class FieldDiff:
    path: str = strawberry.field(
        description="Path, such as `priority`, `person.firstName`, `property:budget`."
    )
    label: str = strawberry.field(description="Label then.")
    before: Value | None = strawberry.field(description="Value before; null: empty.")
    after: Value | None = strawberry.field(description="Value after; null: empty.")


async def diffs_of(view: SchemaView, change: RecordedChange) -> list[FieldDiff]:
    """Fields before and after; values of fields that the viewer may not see are masked."""
    return await shown_diffs(view, history.diffs_of(change))


async def shown_diffs(view: SchemaView, diffs: list[Diff]) -> list[FieldDiff]:
    """Diffs for the viewer: values of fields that they may not see are masked."""
    if not any(diff.field_id for diff in diffs):
        return [diff_of(diff, is_hidden=False) for diff in diffs]
    hidden_fields = await view.load.hidden_fields.load(None)
    return [diff_of(diff, is_hidden=diff.field_id in hidden_fields) for diff in diffs]


def diff_of(diff: Diff, *, is_hidden: bool) -> FieldDiff:
    if is_hidden:
        return FieldDiff(
            path=diff.path,
            label=diff.label,
            before=hidden() if diff.before else None,
            after=hidden() if diff.after else None,
        )
    return FieldDiff(
        path=diff.path,
        label=diff.label,
        before=value_of(diff.before),
        after=value_of(diff.after),
    )


@strawberry.type(
    description="Row of the history: who, what, when. Never changed, never removed but by erasure."
)
class HistoryEntry:
    row: strawberry.Private[RecordedChange]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The entry.")
    def id(self) -> strawberry.ID:
        return global_id("change", self.row.id)

    @strawberry.field(description="Position, for `asOf` and `after`.")
    async def cursor(self) -> Cursor:
        epoch = await self.view.load.epoch.load(None)
        row, secrets = self.row, self.view.services.secrets
        return Cursor(secrets.seal("feed", row.lead_id, epoch, row.revision))

    @strawberry.field(description="When committed.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="Exactly one type, for filters.")
    def type(self) -> HistoryType:
        return self.row.category

    @strawberry.field(description="Who.")
    def actor(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.actor_kind, row.actor_id, row.actor_name)

    @strawberry.field(description="How it came in.")
    def via(self) -> Via:
        return self.row.via

    @strawberry.field(description="In one sentence, in English.")
    def summary(self) -> str:
        return history.summary_of(self.row)

    @strawberry.field(description="Fields before and after; those that you may not see are masked.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)

    @strawberry.field(
        description="What it is about, as it is now, while it exists and is yours; null also when "
        "it is about the lead itself."
    )
    async def about(
        self,
    ) -> Annotated["HistorySubject", strawberry.lazy("schema.subjects")] | None:
        from schema.segments import Segment
        from schema.subjects import subject_of

        if self.row.subject_kind == "segment" and self.row.subject_id:
            segment = await self.view.load.segment.load(self.row.subject_id)
            return Segment(row=segment, view=self.view) if segment else None
        return await subject_of(self.view, self.row)

    @strawberry.field(description="The change with all its data; null once erased.")
    async def change(
        self,
    ) -> Annotated["LeadChange", strawberry.lazy("schema.changes")] | None:
        from schema.changes import change_of

        if self.row.data is None:
            return None
        return change_of(self.view, self.row, await self.view.load.epoch.load(None))

    @strawberry.field(
        description="Entry that caused this one, if you may see it: what made a rule act, or the "
        "lead enter or leave a segment."
    )
    async def cause(
        self,
    ) -> Annotated["HistoryEntry", strawberry.lazy("schema.history")] | None:
        row = await self.view.load.change.load(self.row.cause_id) if self.row.cause_id else None
        return HistoryEntry(row=row, view=self.view) if row else None


@strawberry.type(description="Row of HistoryEntryConnection.")
class HistoryEntryEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: HistoryEntry = strawberry.field(description="The row.")


@strawberry.type(description="Page of history entries.")
class HistoryEntryConnection:
    edges: list[HistoryEntryEdge] = strawberry.field(description="With cursors.")
    nodes: list[HistoryEntry] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()


@strawberry.type(description="Check of the digest chain.")
class HistoryVerification:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    is_intact: bool = strawberry.field(description="Nothing was changed, dropped or swapped.")
    checked_count: int = strawberry.field(description="Rows checked.")
    first_bad_at: datetime | None = strawberry.field(
        description="First row that is wrong; null: none, or the end is missing."
    )
    problem: HistoryProblem | None = strawberry.field(description="What is wrong there.")
    erased_count: int = strawberry.field(
        description="Rows whose content erasure destroyed; the chain holds over them."
    )
    head_digest: str = strawberry.field(description="Digest of the last row, hexadecimal.")


async def history_entry(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The entry.")],
) -> HistoryEntry | None:
    """One row of a lead's history; null for one that is not yours."""
    view = await info.context.reading()
    row = await readers.change_by_id(view, argument_id("change", id))
    return HistoryEntry(row=row, view=view) if row else None


async def verify_history(
    info: Info,
    lead_id: Annotated[strawberry.ID, strawberry.argument(description="The lead.")],
) -> HistoryVerification | None:
    """Whether the digest chain of a lead's history is unbroken."""
    view = await info.context.reading()
    found = await history.verify_history(view, argument_id("lead", lead_id))
    if found is None:
        return None
    return HistoryVerification(
        lead_id=lead_id,
        is_intact=found.problem is None,
        checked_count=found.checked,
        first_bad_at=found.bad.at if found.bad else None,
        problem=found.problem,
        erased_count=found.erased,
        head_digest=found.head.hex(),
    )


@strawberry.input(description="Input of `exportHistory`.")
class ExportHistoryInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")


@strawberry.type(description="Success of `exportHistory`.")
class ExportHistorySuccess:
    download_path: str = strawberry.field(
        description="Path on this server to GET the file from, as JSON Lines; for you, signed in "
        "as for this request, until `expiresAt`."
    )
    expires_at: datetime = strawberry.field(description="When the path ends; 15 minutes.")
    public_key: str = strawberry.field(
        description="Ed25519 key that the file's signature is checked with, base64; keep it apart "
        "from the file. `python -m cli verify-export FILE --public-key KEY` checks both."
    )


ExportHistoryResult = Annotated[
    ExportHistorySuccess | NotFoundError | ForbiddenError | LimitError | InvalidInputError,
    strawberry.union("ExportHistoryResult", description="Result of `exportHistory`."),
]


async def export_history(
    info: Info,
    input: Annotated[ExportHistoryInput, strawberry.argument(description="What to do it with.")],
) -> ExportHistoryResult:
    """Gives a lead's history away as a signed file."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    async with info.context.work() as work:
        made = await history_export.export_history(work, lead_id)
    return ExportHistorySuccess(
        download_path=f"/exports/history/{made.ticket.text}",
        expires_at=made.ticket.expires_at,
        public_key=made.public_key,
    )
