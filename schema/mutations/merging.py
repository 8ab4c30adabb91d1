"""Merging leads, and undoing a merge."""

from typing import Annotated

import strawberry

from resolvers import merging
from schema.context import Info, read_id
from schema.errors import (
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    PreconditionError,
)
from schema.leads import Lead, lead_of
from schema.merging import Merge, merge_of
from schema.mutations.writing import INPUT


@strawberry.input(description="Input of `mergeLeads`.")
class MergeLeadsInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead that stays.")
    merged_lead_id: strawberry.ID = strawberry.field(description="The lead that goes in.")
    take_fields: list[str] = strawberry.field(
        default_factory=list,
        description="Keys of fields taken from the one that goes in, at most 100; others fill only "
        "gaps. State and assignee stay.",
    )


@strawberry.type(description="Success of `mergeLeads`.")
class MergeLeadsSuccess:
    lead: Lead = strawberry.field(description="The lead that stays.")
    merge: Merge = strawberry.field(description="The merge.")


MergeLeadsResult = Annotated[
    MergeLeadsSuccess | NotFoundError | ForbiddenError | GoneError | InvalidInputError,
    strawberry.union("MergeLeadsResult", description="Result of `mergeLeads`."),
]


@strawberry.input(description="Input of `unmergeLead`.")
class UnmergeLeadInput:
    merge_id: strawberry.ID = strawberry.field(description="The merge.")


@strawberry.type(description="Success of `unmergeLead`.")
class UnmergeLeadSuccess:
    lead: Lead = strawberry.field(description="The lead that stayed.")
    restored_lead: Lead | None = strawberry.field(
        description="The lead that is back; null if it is not yours."
    )


UnmergeLeadResult = Annotated[
    UnmergeLeadSuccess
    | NotFoundError
    | ForbiddenError
    | GoneError
    | PreconditionError
    | InvalidInputError,
    strawberry.union("UnmergeLeadResult", description="Result of `unmergeLead`."),
]


async def merge_leads(
    info: Info, input: Annotated[MergeLeadsInput, strawberry.argument(description=INPUT)]
) -> MergeLeadsResult:
    """Makes one lead of two."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    merged_id = read_id("mergedLeadId", "lead", input.merged_lead_id)
    async with info.context.work() as work:
        into, gone = await merging.merge_leads(work, lead_id, merged_id, input.take_fields)
    view = info.context.view(work.actor)
    return MergeLeadsSuccess(lead=await lead_of(view, into), merge=await merge_of(view, into, gone))


async def unmerge_lead(
    info: Info, input: Annotated[UnmergeLeadInput, strawberry.argument(description=INPUT)]
) -> UnmergeLeadResult:
    """Makes two leads of one again."""
    merged_id = read_id("mergeId", "merge", input.merge_id)
    async with info.context.work() as work:
        into, gone = await merging.unmerge_lead(work, merged_id)
    view = info.context.view(work.actor)
    restored = await view.load.lead.load(gone)
    return UnmergeLeadSuccess(
        lead=await lead_of(view, into),
        restored_lead=Lead(row=restored, view=view) if restored else None,
    )
