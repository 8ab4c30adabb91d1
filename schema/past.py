"""`asOf` and `leadDiff`: the same card, read from the log as it stood at a moment.

A past view answers the same loaders as a present one, so that no type of the schema knows which
it was read through.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cached_property, partial
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from models.due_bands import Moment
from models.leads import Lead as LeadRow
from resolvers import access, readers
from resolvers.lists import HISTORY, Chosen, Counted, Wanted
from resolvers.past import Past, differences, read_past, rows
from resolvers.presence import ViewerList
from resolvers.views import View
from schema.context import Info, argument_id
from schema.history import (
    FieldDiff,
    HistoryEntry,
    HistoryEntryConnection,
    HistoryEntryEdge,
    shown_diffs,
)
from schema.leads import After, First, Lead
from schema.loaders import Loaders, SchemaView
from schema.pages import connection
from schema.scalars import Cursor


@strawberry.input(description="Moment of a lead.", one_of=True)
class AsOfInput:
    at: strawberry.Maybe[datetime] = strawberry.field(description="An instant.")
    cursor: strawberry.Maybe[Cursor] = strawberry.field(
        description="Just after an item of its live card or history."
    )


class PastView(SchemaView):
    """Reads through another view's transaction, and answers for one lead as it was."""

    is_past = True

    def __init__(self, present: SchemaView, past: Past) -> None:
        super().__init__(present.services, present.actor)
        self._present = present
        self.moment = Moment(past.at, present.moment.zone)
        self.load = PastLoaders(self, past)
        present.when_closed(vars(self.load).clear)

    async def rows(self, statement: Any) -> Any:
        return await self._present.rows(statement)

    async def scalars(self, statement: Any) -> Any:
        return await self._present.scalars(statement)

    async def scalar(self, statement: Any) -> Any:
        return await self._present.scalar(statement)

    def run(self, reader: Any, *arguments: Any) -> Any:
        return self._present.run(reader, *arguments)


def _each(read: Callable[[Any], Awaitable[Any]]) -> DataLoader[Any, Any]:
    async def load(keys: list[Any]) -> list[Any]:
        return [await read(key) for key in keys]

    return DataLoader(load_fn=load)


class PastLoaders(Loaders):
    """What changes with time comes from the fold; the rest is read as ever."""

    def __init__(self, view: View, past: Past) -> None:
        super().__init__(view)
        self._past = past

    def _from(self, read: Callable[[View, Past], Awaitable[Any]]) -> DataLoader[Any, Any]:
        return _each(lambda key: read(self._view, self._past))

    @cached_property
    def lead(self) -> DataLoader[UUID, LeadRow | None]:
        async def read(lead_id: UUID) -> LeadRow | None:
            if self._past.is_here(lead_id):
                return self._past.lead
            found: LeadRow | None = await self._view.run(
                access.find_lead, self._view.actor, lead_id
            )
            return found

        return _each(read)

    @cached_property
    def account_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.account)

    @cached_property
    def tags_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.tags)

    @cached_property
    def segments_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.memberships)

    @cached_property
    def addresses_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.addresses)

    @cached_property
    def phones_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.phones)

    @cached_property
    def properties_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.properties)

    @cached_property
    def version_of_lead(self) -> DataLoader[UUID, int]:
        return self._from(rows.version)

    @cached_property
    def state_times_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.state_times)

    @cached_property
    def assignments_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.assignments)

    @cached_property
    def event_groups_of_lead(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            return rows.event_groups(self._past)

        return _each(read)

    @cached_property
    def event(self) -> DataLoader[tuple[UUID, UUID], Any]:
        async def read(key: tuple[UUID, UUID]) -> Any:
            (found,) = await readers.events_by_id(self._view, [key])
            return rows.event(self._past, found) if found else None

        return _each(read)

    @cached_property
    def message(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            (found,) = await readers.messages_by_id(self._view, [key])
            return rows.message(self._past, found) if found else None

        return _each(read)

    @cached_property
    def conversation(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            return (await rows.conversations(self._view, self._past)).get(key)

        return _each(read)

    @cached_property
    def note(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            return (await rows.notes(self._view, self._past)).get(key)

        return _each(read)

    @cached_property
    def appointment(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            return (await rows.appointments(self._view, self._past)).get(key)

        return _each(read)

    @cached_property
    def overlaps(self) -> DataLoader[Any, list[Any]]:
        async def load(asked: list[Any]) -> list[list[Any]]:
            return [[] for _ in asked]  # a warning for those who plan: nobody plans in the past

        return DataLoader(load_fn=load, cache_key_fn=lambda row: row.id)

    @cached_property
    def call(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            return (await rows.calls(self._view, self._past)).get(key)

        return _each(read)

    @cached_property
    def note_texts(self) -> DataLoader[UUID, Any]:
        return _each(partial(rows.note_texts, self._view, self._past))

    @cached_property
    def files_of(self) -> DataLoader[UUID, Any]:
        return _each(partial(rows.note_files, self._view, self._past))

    @cached_property
    def task(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            return (await rows.tasks(self._view, self._past)).get(key)

        return _each(read)

    @cached_property
    def important_dates_of_lead(self) -> DataLoader[UUID, Any]:
        return self._from(rows.important_dates)

    @cached_property
    def important_date(self) -> DataLoader[UUID, Any]:
        async def read(key: UUID) -> Any:
            found = await rows.important_dates(self._view, self._past)
            return next((row for row in found if row.id == key), None)

        return _each(read)

    @cached_property
    def event_texts(self) -> DataLoader[UUID, Any]:
        return _each(partial(rows.event_texts, self._view, self._past))

    @cached_property
    def page(self) -> DataLoader[Wanted, Any]:
        return _each(partial(rows.page, self._view, self._past))

    @cached_property
    def count(self) -> DataLoader[Counted, int]:
        return _each(partial(rows.count, self._view, self._past))

    @cached_property
    def presence(self) -> DataLoader[UUID, Any]:
        return self._from(rows.presence)

    @cached_property
    def last_seen(self) -> DataLoader[UUID, datetime | None]:
        async def read(key: UUID) -> datetime | None:
            return (await rows.presence(self._view, self._past)).since

        return _each(read)

    @cached_property
    def viewers(self) -> DataLoader[UUID, ViewerList]:
        async def read(key: UUID) -> ViewerList:
            return ViewerList([], 0)

        return _each(read)


async def past_lead(view: SchemaView, row: LeadRow, moment: AsOfInput) -> Lead | None:
    """The card as it was; null before the lead existed."""
    past = await _past(view, row, moment)
    return _card(view, past) if past else None


async def _past(view: SchemaView, row: LeadRow, moment: AsOfInput) -> Past | None:
    at = moment.at.value if moment.at else None
    return await read_past(view, row, at, moment.cursor.value if moment.cursor else None)


def _card(view: SchemaView, past: Past) -> Lead:
    return Lead(row=past.lead, view=PastView(view, past))


@strawberry.type(description="Difference between two moments.")
class LeadDiff:
    view: strawberry.Private[SchemaView]
    earlier: strawberry.Private[Past]
    later: strawberry.Private[Past]

    @strawberry.field(description="Earlier card.")
    def before(self) -> Lead:
        return _card(self.view, self.earlier)

    @strawberry.field(description="Later card.")
    def after(self) -> Lead:
        return _card(self.view, self.later)

    @strawberry.field(
        description="Fields, addresses, numbers, tags and segments that differ; values that you "
        "may not see are masked."
    )
    async def diffs(self) -> list[FieldDiff]:
        return await shown_diffs(self.view, await differences(self.view, self.earlier, self.later))

    @strawberry.field(
        description="Changes between, oldest first; those of a lead that went in in the meantime "
        "among them. Null on failure."
    )
    async def changes(self, first: First, after: After = None) -> HistoryEntryConnection | None:
        chosen = Chosen(ascending=True, until=self.later.logs, beyond=self.earlier.logs)
        wanted = Wanted(HISTORY, self.later.lead.id, first, after, chosen)
        count = partial(self.view.load.count.load, Counted(HISTORY, self.later.lead.id, chosen))
        return connection(
            HistoryEntryConnection,
            HistoryEntryEdge,
            await self.view.load.page.load(wanted),
            lambda row: HistoryEntry(row=row, view=self.view),
            count=count,
        )


async def lead_diff(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The lead.")],
    from_: Annotated[AsOfInput, strawberry.argument(name="from", description="Earlier moment.")],
    to: Annotated[
        AsOfInput | None, strawberry.argument(description="Later moment; absent: now.")
    ] = None,
) -> LeadDiff | None:
    """What differs between two moments of a lead."""
    view = await info.context.reading()
    row = await view.run(access.find_lead, view.actor, argument_id("lead", id))
    if row is None:
        return None
    now = AsOfInput(at=strawberry.Some(view.services.clock.now()), cursor=None)
    earlier, later = await _past(view, row, from_), await _past(view, row, to or now)
    if earlier is None or later is None or earlier.revision > later.revision:
        return None
    return LeadDiff(view=view, earlier=earlier, later=later)
