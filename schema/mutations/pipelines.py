"""How pipelines and the header of all cards are set up."""

from typing import Annotated, TypeVar

import strawberry
from strawberry import Maybe, Some

from models.enums import StateKind
from resolvers import pipelines, project
from resolvers.errors import ProblemCode, invalid
from resolvers.pipelines import PipelineEdit, RuleEdit, StateEdit
from resolvers.project import CARD, HeaderEdit
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
from schema.mutations.writing import INPUT
from schema.pipelines import Pipeline
from schema.project import CardConfiguration, card_configuration_of
from schema.scalars import Color, Version

T = TypeVar("T")


@strawberry.input(description="State of a pipeline.")
class PipelineStateInput:
    name: str = strawberry.field(description="1 to 60 characters, unique without regard to case.")
    kind: StateKind = strawberry.field(description="Kind.")
    color: Color = strawberry.field(description="Colour.")
    state_id: strawberry.ID | None = strawberry.field(
        default=None, description="The state, an archived one comes back; absent: a new one."
    )


@strawberry.input(description="Forbidden move.")
class TransitionRuleInput:
    to: str = strawberry.field(description="State name.")
    reason: str = strawberry.field(description="1 to 200 characters.")
    from_: str | None = strawberry.field(
        default=None, name="from", description="State name; null: any."
    )


@strawberry.input(description="Input of `savePipeline`.")
class SavePipelineInput:
    name: str = strawberry.field(description="1 to 60 characters, unique without regard to case.")
    states: list[PipelineStateInput] = strawberry.field(
        description="States in order, 1 to 30, the first one OPEN; ones left out are archived, "
        "leads in them stay."
    )
    pipeline_id: strawberry.ID | None = strawberry.field(
        default=None, description="The pipeline; absent: a new one."
    )
    won_state_name: str | None = strawberry.field(
        default=None, description="Name of the won state; null: none."
    )
    needs_loss_reason: bool = strawberry.field(default=False, description="A reason on LOST.")
    transition_rules: list[TransitionRuleInput] = strawberry.field(
        default_factory=list, description="Forbidden moves, by state names; at most 200."
    )
    is_default: bool | None = strawberry.field(default=None, description="New leads begin here.")
    is_archived: bool | None = strawberry.field(
        default=None, description="Archive or bring back; not the default one."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `savePipeline`.")
class SavePipelineSuccess:
    pipeline: Pipeline = strawberry.field(description="The pipeline.")


SavePipelineResult = Annotated[
    SavePipelineSuccess
    | ForbiddenError
    | NotFoundError
    | PreconditionError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SavePipelineResult", description="Result of `savePipeline`."),
]


async def save_pipeline(
    info: Info, input: Annotated[SavePipelineInput, strawberry.argument(description=INPUT)]
) -> SavePipelineResult:
    """Makes or changes a pipeline, whole."""
    wanted = read_id("pipelineId", "pipeline", input.pipeline_id) if input.pipeline_id else None
    edit = PipelineEdit(
        name=input.name,
        states=[_state(number, each) for number, each in enumerate(input.states)],
        won_state_name=input.won_state_name,
        needs_loss_reason=input.needs_loss_reason,
        rules=[RuleEdit(each.from_, each.to, each.reason) for each in input.transition_rules],
        is_default=input.is_default,
        is_archived=input.is_archived,
        expected=read_version(info, wanted, input.expected_version) if wanted else None,
    )
    async with info.context.work() as work:
        row = await pipelines.save_pipeline(work, wanted, edit)
    return SavePipelineSuccess(pipeline=Pipeline(row=row, view=info.context.view(work.actor)))


def _state(number: int, given: PipelineStateInput) -> StateEdit:
    state_id = given.state_id and read_id(f"states.{number}.stateId", "state", given.state_id)
    return StateEdit(state_id or None, given.name, given.kind, given.color)


@strawberry.input(description="Input of `changeHeaderSettings`; what is absent stays as it is.")
class ChangeHeaderSettingsInput:
    is_won_button_shown: Maybe[bool | None] = strawberry.field(description="Show it.")
    won_button_text: Maybe[str | None] = strawberry.field(
        description="1 to 40 characters, no markup."
    )
    won_text: Maybe[str | None] = strawberry.field(description="1 to 40 characters, no markup.")
    is_reopen_allowed: Maybe[bool | None] = strawberry.field(description="Show Reopen.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changeHeaderSettings`.")
class ChangeHeaderSettingsSuccess:
    card: CardConfiguration = strawberry.field(description="What cards show.")


ChangeHeaderSettingsResult = Annotated[
    ChangeHeaderSettingsSuccess | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("ChangeHeaderSettingsResult", description="Result of `changeHeaderSettings`."),
]


async def change_header_settings(
    info: Info, input: Annotated[ChangeHeaderSettingsInput, strawberry.argument(description=INPUT)]
) -> ChangeHeaderSettingsResult:
    """Changes the Won button of all cards."""
    edit = HeaderEdit(
        is_won_button_shown=given("isWonButtonShown", input.is_won_button_shown),
        won_button_text=given("wonButtonText", input.won_button_text),
        won_text=given("wonText", input.won_text),
        is_reopen_allowed=given("isReopenAllowed", input.is_reopen_allowed),
        expected=read_version(info, CARD, input.expected_version),
    )
    async with info.context.work() as work:
        await project.change_header(work, edit)
    card = await card_configuration_of(info.context.view(work.actor))
    return ChangeHeaderSettingsSuccess(card=card)


def given(path: str, part: Some[T | None] | None) -> T | None:
    """None for what is absent; a setting has no null to be cleared to."""
    if part is not None and part.value is None:
        raise invalid(path, ProblemCode.REQUIRED, "Leave it out to keep it, null is no value.")
    return part.value if part is not None else None
