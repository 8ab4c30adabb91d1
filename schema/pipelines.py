"""Pipelines and their states."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.types.field import StrawberryField

from models.enums import StateKind
from models.leads import Lead
from models.pipelines import Pipeline as PipelineRow
from models.pipelines import PipelineState as StateRow
from resolvers import readers
from resolvers.errors import TransitionRefused
from schema.context import Info
from schema.errors import Error, seal_version
from schema.loaders import SchemaView
from schema.scalars import Color, Version
from schema.values import global_id


@strawberry.type(description="Position in a pipeline.")
class PipelineState:
    row: strawberry.Private[StateRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The state.")
    def id(self) -> strawberry.ID:
        return global_id("state", self.row.id)

    @strawberry.field(description="1 to 60 characters, unique in its pipeline.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Kind.")
    def kind(self) -> StateKind:
        return self.row.kind

    @strawberry.field(description="Place from 0.")
    def position(self) -> int:
        return self.row.position

    @strawberry.field(description="Colour.")
    def color(self) -> Color:
        return Color(self.row.color)

    @strawberry.field(description="Its pipeline.")
    async def pipeline(
        self,
    ) -> Annotated["Pipeline", strawberry.lazy("schema.pipelines")]:
        row = await self.view.load.pipeline.load(self.row.pipeline_id)
        assert row is not None
        return Pipeline(row=row, view=self.view)

    @strawberry.field(
        description="Since when it can't be entered; leads that were in it stay in it."
    )
    def archived_at(self) -> datetime | None:
        return self.row.archived_at


@strawberry.type(description="Forbidden move.")
class TransitionRule:
    from_id: strawberry.Private[UUID | None]
    to_id: strawberry.Private[UUID]
    view: strawberry.Private[SchemaView]
    reason: str = strawberry.field(description="Shown when refused, 1 to 200 characters.")

    @strawberry.field(name="from", description="From; null: any.")
    async def from_state(self) -> PipelineState | None:
        return await state_of(self.view, self.from_id) if self.from_id else None

    @strawberry.field(name="to", description="To.")
    async def to_state(self) -> PipelineState:
        return await state_of(self.view, self.to_id)


@strawberry.type(description="A rule of the pipeline forbids the move.")
class TransitionRefusedError(Error):
    rule: TransitionRule = strawberry.field(description="The rule.")


class OnTransitionRefused(ExceptionHandler[TransitionRefused, TransitionRefusedError]):
    def handle(
        self, exception: TransitionRefused, *, field: StrawberryField, info: Info
    ) -> TransitionRefusedError:
        # the unit of work is gone with its rows; states are anybody's of the team to read
        rule = TransitionRule(
            from_id=exception.from_id,
            to_id=exception.to_id,
            view=info.context.view(info.context.nobody),
            reason=exception.message,
        )
        return TransitionRefusedError(message=exception.message, rule=rule)


@strawberry.type(description="Ordered states.")
class Pipeline:
    row: strawberry.Private[PipelineRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The pipeline.")
    def id(self) -> strawberry.ID:
        return global_id("pipeline", self.row.id)

    @strawberry.field(description="1 to 60 characters, unique.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(
        description="States in order, 1 to 30, archived ones last; the first is where new leads "
        "begin."
    )
    async def states(
        self,
        include_archived: Annotated[
            bool, strawberry.argument(description="Archived ones too.")
        ] = False,
    ) -> list[PipelineState]:
        rows = await self.view.load.states_of_pipeline.load(self.row.id)
        return [
            PipelineState(row=row, view=self.view)
            for row in rows
            if include_archived or row.archived_at is None
        ]

    @strawberry.field(description="State that Won leads to; null: no Won button.")
    async def won_state(self) -> PipelineState | None:
        rows = await self.view.load.states_of_pipeline.load(self.row.id)
        found = [PipelineState(row=row, view=self.view) for row in rows if row.is_goal]
        return next(iter(found), None)

    @strawberry.field(description="A reason must be given on LOST.")
    def needs_loss_reason(self) -> bool:
        return self.row.needs_loss_reason

    @strawberry.field(description="Forbidden moves; empty: any state to any.")
    def transition_rules(self) -> list[TransitionRule]:
        return [
            transition_rule(self.view, each["from"], each["to"], each["reason"])
            for each in self.row.transition_rules
        ]

    @strawberry.field(description="New leads begin here.")
    def is_default(self) -> bool:
        return self.row.is_default

    @strawberry.field(description="Since when it can't be used; leads that were in it stay in it.")
    def archived_at(self) -> datetime | None:
        return self.row.archived_at

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Step of the pipeline's bar.")
class StateBarStep:
    state: PipelineState = strawberry.field(description="The state.")
    is_current: bool = strawberry.field(description="Where the lead is.")
    is_passed: bool = strawberry.field(description="Was there before.")
    spent_seconds: int = strawberry.field(description="Time spent there in all visits, up to now.")


async def bar_of(view: SchemaView, lead: Lead) -> list[StateBarStep]:
    """The steps of the lead's pipeline; an archived state only while the lead is in it."""
    current = (await state_of(view, lead.state_id)).row
    times = await view.load.state_times_of_lead.load(lead.id)
    spent = {each.state_id: each.seconds for each in times}
    passing = max(int((view.now - lead.state_since).total_seconds()), 0)
    return [
        StateBarStep(
            state=PipelineState(row=row, view=view),
            is_current=row.id == current.id,
            is_passed=row.id in spent,
            spent_seconds=spent.get(row.id, 0) + (passing if row.id == current.id else 0),
        )
        for row in await view.load.states_of_pipeline.load(current.pipeline_id)
        if row.archived_at is None or row.id == current.id
    ]


async def is_won(view: SchemaView, state_id: UUID) -> bool | None:
    """Whether a lead in this state is won; None where its pipeline has nowhere to lead to."""
    present = (await state_of(view, state_id)).row
    pipeline = await view.load.pipeline.load(present.pipeline_id)
    assert pipeline is not None
    rows = await view.load.states_of_pipeline.load(pipeline.id)
    is_there = present.kind is StateKind.WON
    if not any(row.is_goal for row in rows) or (pipeline.archived_at and not is_there):
        return None
    return is_there


def transition_rule(
    view: SchemaView, from_id: str | None, to_id: str, reason: str
) -> TransitionRule:
    """A rule as its pipeline keeps it."""
    return TransitionRule(
        from_id=UUID(hex=from_id) if from_id else None,
        to_id=UUID(hex=to_id),
        view=view,
        reason=reason,
    )


async def state_of(view: SchemaView, state_id: UUID) -> PipelineState:
    """The state with this id."""
    row = await view.load.state.load(state_id)
    assert row is not None
    return PipelineState(row=row, view=view)


async def pipelines(
    info: Info,
    include_archived: Annotated[
        bool, strawberry.argument(description="Archived ones too.")
    ] = False,
) -> list[Pipeline]:
    """All pipelines in order."""
    view = await info.context.reading()
    rows = await readers.all_pipelines(view, with_archived=include_archived)
    return [Pipeline(row=row, view=view) for row in rows]
