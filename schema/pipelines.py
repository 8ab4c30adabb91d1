"""Pipelines and their states."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import StateKind
from models.pipelines import Pipeline as PipelineRow
from models.pipelines import PipelineState as StateRow
from resolvers import readers
from schema.context import Info
from schema.loaders import SchemaView
from schema.scalars import Color
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

    @strawberry.field(description="States in order; the first is where new leads begin.")
    async def states(self) -> list[PipelineState]:
        return await states_of(self.view, self.row.id)

    @strawberry.field(description="New leads begin here.")
    def is_default(self) -> bool:
        return self.row.is_default


@strawberry.type(description="Step of the pipeline's bar.")
class StateBarStep:
    state: PipelineState = strawberry.field(description="The state.")
    is_current: bool = strawberry.field(description="Where the lead is.")
    is_passed: bool = strawberry.field(description="Stands before the present one.")


async def states_of(view: SchemaView, pipeline_id: UUID) -> list[PipelineState]:
    """A pipeline's states in order."""
    rows = await view.load.states_of_pipeline.load(pipeline_id)
    return [PipelineState(row=row, view=view) for row in rows]


async def state_of(view: SchemaView, state_id: UUID) -> PipelineState:
    """The state with this id."""
    row = await view.load.state.load(state_id)
    assert row is not None
    return PipelineState(row=row, view=view)


async def pipelines(info: Info) -> list[Pipeline]:
    """All pipelines in order."""
    view = await info.context.reading()
    return [Pipeline(row=row, view=view) for row in await readers.all_pipelines(view)]
