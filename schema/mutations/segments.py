"""Acts on segments."""

from typing import Annotated

import strawberry

from resolvers.segments import saving
from resolvers.segments.saving import SegmentEdit
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
from schema.filters import LeadFilter, literal_of
from schema.mutations.writing import INPUT
from schema.scalars import Version
from schema.segments import Segment


@strawberry.input(description="Input of `saveSegment`.")
class SaveSegmentInput:
    segment_id: strawberry.ID | None = strawberry.field(
        default=None, description="The segment; absent: a new one."
    )
    name: str | None = strawberry.field(
        default=None, description="1 to 80 characters; needed for a new one."
    )
    description: str | None = strawberry.field(
        default=None, description="At most 500 characters; empty: none."
    )
    filter: LeadFilter | None = strawberry.field(
        default=None,
        description="The rule; needed for a new one. Neither `presence` nor `isMe`; segments that "
        "it names must not form a circle.",
    )
    is_archived: bool | None = strawberry.field(
        default=None,
        description="Archive or bring back. One that another segment uses can't be archived.",
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveSegment`.")
class SaveSegmentSuccess:
    segment: Segment = strawberry.field(description="The segment.")


SaveSegmentResult = Annotated[
    SaveSegmentSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveSegmentResult", description="Result of `saveSegment`."),
]


async def save_segment(
    info: Info, input: Annotated[SaveSegmentInput, strawberry.argument(description=INPUT)]
) -> SaveSegmentResult:
    """Makes, changes or archives a segment."""
    segment_id = None
    if input.segment_id is not None:
        segment_id = read_id("segmentId", "segment", input.segment_id)
    edit = SegmentEdit(
        name=input.name,
        description=input.description,
        literal=literal_of(input.filter) if input.filter else None,
        is_archived=input.is_archived,
        expected=read_version(info, segment_id, input.expected_version) if segment_id else None,
    )
    async with info.context.work() as work:
        row = await saving.save_segment(work, segment_id, edit)
    return SaveSegmentSuccess(segment=Segment(row=row, view=info.context.view(work.actor)))
