"""Acts on rules."""

from typing import Annotated

import strawberry

from resolvers.automations import listing, saving
from resolvers.automations.saving import (
    UNSET,
    RuleCondition,
    RuleEdit,
)
from schema.automations import Automation, AutomationRun
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
)
from schema.filters import LeadFilter, literal_of
from schema.mutations.automation_inputs import (
    AutomationActionInput,
    AutomationTriggerInput,
)
from schema.mutations.writing import INPUT
from schema.scalars import Version
from schema.values import global_id


@strawberry.input(description="Input of `saveAutomation`.")
class SaveAutomationInput:
    automation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The rule; absent: a new one."
    )
    name: str | None = strawberry.field(
        default=None, description="1 to 80 characters, unique; needed for a new one."
    )
    is_enabled: bool | None = strawberry.field(
        default=None, description="On or off; a new one is on unless said."
    )
    trigger: AutomationTriggerInput | None = strawberry.field(
        default=None, description="When; needed for a new one."
    )
    condition: strawberry.Maybe[LeadFilter | None] = strawberry.field(
        description="If; null: always."
    )
    actions: list[AutomationActionInput] | None = strawberry.field(
        default=None, description="Then, 1 to 10; needed for a new one."
    )
    position: int | None = strawberry.field(
        default=None, description="Place from 0; absent: as it is, a new one comes last."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveAutomation`.")
class SaveAutomationSuccess:
    automation: Automation = strawberry.field(description="The rule.")


SaveAutomationResult = Annotated[
    SaveAutomationSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveAutomationResult", description="Result of `saveAutomation`."),
]


@strawberry.input(description="Input of `removeAutomation`.")
class RemoveAutomationInput:
    automation_id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.type(description="Success of `removeAutomation`.")
class RemoveAutomationSuccess:
    automation_id: strawberry.ID = strawberry.field(description="Its id.")


RemoveAutomationResult = Annotated[
    RemoveAutomationSuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union("RemoveAutomationResult", description="Result of `removeAutomation`."),
]


@strawberry.input(description="Input of `retryAutomationRun`.")
class RetryAutomationRunInput:
    run_id: strawberry.ID = strawberry.field(description="The run.")


@strawberry.type(description="Success of `retryAutomationRun`.")
class RetryAutomationRunSuccess:
    run: AutomationRun = strawberry.field(description="The run.")


RetryAutomationRunResult = Annotated[
    RetryAutomationRunSuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union("RetryAutomationRunResult", description="Result of `retryAutomationRun`."),
]


async def save_automation(
    info: Info, input: Annotated[SaveAutomationInput, strawberry.argument(description=INPUT)]
) -> SaveAutomationResult:
    """Makes or changes a rule."""
    rule_id = None
    if input.automation_id:
        rule_id = read_id("automationId", "automation", input.automation_id)
    actions = None
    if input.actions is not None:
        actions = [each.given(f"actions.{index}") for index, each in enumerate(input.actions)]
    edit = RuleEdit(
        name=input.name,
        trigger=input.trigger.given() if input.trigger else None,
        actions=actions,
        condition=UNSET if input.condition is None else _condition(input.condition.value),
        is_enabled=input.is_enabled,
        position=input.position,
        expected=read_version(info, rule_id, input.expected_version) if rule_id else None,
    )
    async with info.context.work() as work:
        row = await saving.save_automation(work, rule_id, edit)
    view = info.context.view(work.actor)
    return SaveAutomationSuccess(automation=Automation(row=row, view=view))


def _condition(given: LeadFilter | None) -> RuleCondition | None:
    return RuleCondition(literal_of(given)) if given is not None else None


async def remove_automation(
    info: Info, input: Annotated[RemoveAutomationInput, strawberry.argument(description=INPUT)]
) -> RemoveAutomationResult:
    """Removes a rule."""
    rule_id = read_id("automationId", "automation", input.automation_id)
    async with info.context.work() as work:
        await saving.remove_automation(work, rule_id)
    return RemoveAutomationSuccess(automation_id=global_id("automation", rule_id))


async def retry_automation_run(
    info: Info, input: Annotated[RetryAutomationRunInput, strawberry.argument(description=INPUT)]
) -> RetryAutomationRunResult:
    """Tries a failed run again."""
    run_id = read_id("runId", "automation_run", input.run_id)
    async with info.context.work() as work:
        row = await listing.retry_run(work, run_id)
    view = info.context.view(work.actor)
    return RetryAutomationRunSuccess(run=AutomationRun(row=row, view=view))
