"""The leads database: filter, order, pages."""

from functools import partial
from typing import Annotated

import strawberry

from resolvers import access, leads_list
from resolvers.filters import Filter
from resolvers.leads_list import Chosen
from resolvers.leads_order import Sort, SortKey
from schema.context import Info, argument_id
from schema.enums import SortDirection
from schema.filters import LeadFilter, literal_of
from schema.leads import After, First, Lead, LeadConnection, LeadEdge
from schema.loaders import SchemaView
from schema.operation_errors import Code, operation_error
from schema.pages import connection
from schema.past import AsOfInput, past_lead
from schema.rules import Rule, rule_of
from schema.scalars import write_instant

SEARCH = (
    "Words looked for in names, addresses, numbers, tags, regions, cities and messages; the "
    "beginning of one will do. At most 200 characters and 20 words, never a pattern. Blank: all."
)


@strawberry.input(description="Order of leads; ties by id.")
class LeadSort:
    by: SortKey = strawberry.field(description="By.")
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESCENDING, description="Direction."
    )
    field_key: str | None = strawberry.field(default=None, description="PROPERTY: its key.")

    def given(self) -> Sort:
        """The order as the use-case takes it."""
        return Sort(self.by, self.direction is SortDirection.DESCENDING, self.field_key)


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
    """A lead's card; the survivor for the id of a merged lead, GONE for that of an erased one."""
    view = await info.context.reading()
    lead_id = argument_id("lead", id)
    row = await view.run(access.find_lead, view.actor, lead_id)
    if row is None and (erased_at := await view.run(access.erased_at, view.actor, lead_id)):
        raise operation_error(Code.GONE, "The lead was erased.", erasedAt=write_instant(erased_at))
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
    search: Annotated[str | None, strawberry.argument(description=SEARCH)] = None,
    sort: Annotated[
        LeadSort | None,
        strawberry.argument(description="Order; absent: last activity, newest first."),
    ] = None,
) -> LeadConnection:
    """The leads database."""
    view = await info.context.reading()
    rule = filter.read() if filter else None
    chosen = Chosen(rule, search)
    order = sort.given() if sort else Sort()
    page = await leads_list.leads_page(view, chosen, order, first, after)
    return connection(
        LeadConnection,
        LeadEdge,
        page,
        lambda row: Lead(row=row, view=view),
        count=partial(leads_list.count_leads, view, chosen),
        explain=partial(_explain, view, filter, rule) if filter and rule else None,
    )


async def _explain(view: SchemaView, written: LeadFilter, rule: Filter) -> Rule:
    return rule_of(literal_of(written), await view.load.explanation.load(rule))


async def visitors(
    info: Info,
    first: First,
    after: After = None,
    filter: Annotated[
        LeadFilter | None, strawberry.argument(description="Narrows it; absent: all of them.")
    ] = None,
) -> LeadConnection:
    """Who is on the sites now or was within the last 24 h."""
    view = await info.context.reading()
    rule = filter.read() if filter else None
    page = await leads_list.visitors_page(view, rule, first, after)
    return connection(
        LeadConnection,
        LeadEdge,
        page,
        lambda row: Lead(row=row, view=view),
        count=partial(leads_list.count_visitors, view, rule),
        explain=partial(_explain, view, filter, rule) if filter and rule else None,
    )
