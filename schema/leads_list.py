"""The leads database: filter, order, pages."""

from functools import partial
from typing import Annotated, Any

import strawberry

from models.enums import Priority, StateKind
from resolvers import access, leads_list
from resolvers.errors import BadArgument
from resolvers.leads_list import Clause, Sort, SortKey
from schema.context import Info, argument_id
from schema.enums import SortDirection
from schema.leads import After, First, Lead, LeadConnection, LeadEdge
from schema.pages import connection
from schema.past import AsOfInput, past_lead


@strawberry.input(description="Test of a text; case and accents ignored.", one_of=True)
class TextFilter:
    is_: strawberry.Maybe[str] = strawberry.field(name="is", description="Equal.")
    contains: strawberry.Maybe[str] = strawberry.field(description="Contains; not a pattern.")
    starts_with: strawberry.Maybe[str] = strawberry.field(description="Begins with.")

    def given(self) -> tuple[str, str]:
        """How, and the text."""
        if self.is_ is not None:
            return "is", self.is_.value
        if self.contains is not None:
            return "contains", self.contains.value
        assert self.starts_with is not None
        return "starts_with", self.starts_with.value


@strawberry.input(description="Test of the pipeline position.", one_of=True)
class StateFilter:
    in_: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        name="in", description="One of these."
    )
    kind_in: strawberry.Maybe[list[StateKind]] = strawberry.field(description="Of these kinds.")
    pipeline_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="In this pipeline.")

    def test(self) -> tuple[str, Any]:
        """Which one it is, and its value."""
        if self.in_ is not None:
            return "in", _ids("state", self.in_.value)
        if self.kind_in is not None:
            return "kind_in", tuple(self.kind_in.value)
        assert self.pipeline_id is not None
        return "pipeline", argument_id("pipeline", self.pipeline_id.value)


@strawberry.input(description="Test of the assignee.", one_of=True)
class AssigneeFilter:
    in_: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        name="in", description="One of these."
    )
    is_me: strawberry.Maybe[bool] = strawberry.field(description="You.")
    is_nobody: strawberry.Maybe[bool] = strawberry.field(description="Nobody.")


@strawberry.input(description="Test of tags.", one_of=True)
class TagFilter:
    any: strawberry.Maybe[list[str]] = strawberry.field(description="Has one of these.")
    all: strawberry.Maybe[list[str]] = strawberry.field(description="Has all of these.")


@strawberry.input(
    description="Rule over leads; exactly one key. At most 8 levels and 100 clauses.",
    one_of=True,
)
class LeadFilter:
    and_: strawberry.Maybe[list["LeadFilter"]] = strawberry.field(
        name="and", description="All hold."
    )
    or_: strawberry.Maybe[list["LeadFilter"]] = strawberry.field(
        name="or", description="One holds."
    )
    not_: strawberry.Maybe["LeadFilter"] = strawberry.field(
        name="not", description="Does not hold."
    )
    ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="One of these leads; at most 1,000."
    )
    name: strawberry.Maybe[TextFilter] = strawberry.field(description="Display name.")
    state: strawberry.Maybe[StateFilter] = strawberry.field(description="Position in the pipeline.")
    priority: strawberry.Maybe[list[Priority]] = strawberry.field(description="Priority is one of.")
    assignee: strawberry.Maybe[AssigneeFilter] = strawberry.field(description="Assignee.")
    tags: strawberry.Maybe[TagFilter] = strawberry.field(description="Tags.")
    is_anonymous: strawberry.Maybe[bool] = strawberry.field(
        description="No address and no phone known."
    )

    def clause(self) -> Clause:
        """The rule as the use-case takes it."""
        if self.and_ is not None:
            return Clause("and", tuple(each.clause() for each in self.and_.value))
        if self.or_ is not None:
            return Clause("or", tuple(each.clause() for each in self.or_.value))
        if self.not_ is not None:
            return Clause("not", self.not_.value.clause())
        return self._test()

    def _test(self) -> Clause:
        if self.ids is not None:
            return Clause("ids", _ids("lead", self.ids.value))
        if self.name is not None:
            return Clause("name", self.name.value.given())
        if self.state is not None:
            return Clause("state", self.state.value.test())
        if self.priority is not None:
            return Clause("priority", tuple(self.priority.value))
        if self.assignee is not None:
            return Clause("assignee", _assignee(self.assignee.value))
        if self.tags is not None:
            return Clause("tags", _tags(self.tags.value))
        assert self.is_anonymous is not None
        return Clause("is_anonymous", self.is_anonymous.value)


def _ids(noun: str, given: list[strawberry.ID]) -> tuple[object, ...]:
    if len(given) > 1_000:
        raise BadArgument("At most 1,000 ids.")
    return tuple(argument_id(noun, each) for each in given)


def _assignee(given: AssigneeFilter) -> tuple[str, object]:
    if given.in_ is not None:
        return "in", _ids("staff", given.in_.value)
    if given.is_me is not None:
        return "is_me", given.is_me.value
    assert given.is_nobody is not None
    return "is_nobody", given.is_nobody.value


def _tags(given: TagFilter) -> tuple[str, tuple[str, ...]]:
    if given.any is not None:
        return "any", tuple(given.any.value)
    assert given.all is not None
    return "all", tuple(given.all.value)


@strawberry.input(description="Order of leads; ties by id.")
class LeadSort:
    by: SortKey = strawberry.field(description="By.")
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESCENDING, description="Direction."
    )

    def given(self) -> Sort:
        """The order as the use-case takes it."""
        return Sort(self.by, self.direction is SortDirection.DESCENDING)


async def lead(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The lead.")],
    as_of: Annotated[
        AsOfInput | None,
        strawberry.argument(
            description="A past moment; absent: now. Before the lead existed: null. Rights are "
            "those of now; what was removed or erased since is left out, and the status of an "
            "address and names of kinds and states are as they are now."
        ),
    ] = None,
) -> Lead | None:
    """A lead's card; the survivor for the id of a merged lead."""
    view = await info.context.reading()
    row = await view.run(access.find_lead, view.actor, argument_id("lead", id))
    if row is None or as_of is None:
        return Lead(row=row, view=view) if row else None
    return await past_lead(view, row, as_of)


async def leads(
    info: Info,
    first: First,
    after: After = None,
    filter: Annotated[
        LeadFilter | None, strawberry.argument(description="Which; absent: all that you may see.")
    ] = None,
    sort: Annotated[
        LeadSort | None,
        strawberry.argument(description="Order; absent: last activity, newest first."),
    ] = None,
) -> LeadConnection:
    """The leads database."""
    view = await info.context.reading()
    rule = filter.clause() if filter else None
    order = sort.given() if sort else Sort()
    page = await leads_list.leads_page(view, rule, order, first, after)
    return connection(
        LeadConnection,
        LeadEdge,
        page,
        lambda row: Lead(row=row, view=view),
        count=partial(leads_list.count_leads, view, rule),
    )


async def visitors(info: Info, first: First, after: After = None) -> LeadConnection:
    """Who is on the sites now or was within the last 24 h."""
    view = await info.context.reading()
    page = await leads_list.visitors_page(view, first, after)
    return connection(
        LeadConnection,
        LeadEdge,
        page,
        lambda row: Lead(row=row, view=view),
        count=partial(leads_list.count_visitors, view),
    )
