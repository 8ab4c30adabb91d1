"""Acts on rules."""

from dataclasses import fields as dataclass_fields
from datetime import date
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.maybe import Some

from models.enums import AutomationActionKind, Channel, TriggerKind
from resolvers.automations import listing, saving
from resolvers.automations.actions import RuleMessage, RuleNotice
from resolvers.automations.saving import (
    UNSET,
    GivenAction,
    RuleCondition,
    RuleEdit,
    RuleTrigger,
)
from resolvers.errors import ProblemCode, invalid
from resolvers.leads import PropertyEdit
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
from schema.leads_list import LeadFilter
from schema.mutations.leads import PropertyInput
from schema.mutations.writing import INPUT
from schema.scalars import Version
from schema.values import global_id

ACTION = AutomationActionKind


@strawberry.input(description="Move that starts a rule.")
class TransitionTriggerInput:
    from_state_id: strawberry.ID | None = strawberry.field(
        default=None, description="From; absent: any."
    )
    to_state_id: strawberry.ID | None = strawberry.field(
        default=None, description="To; absent: any."
    )

    def given(self, kind: TriggerKind, path: str) -> RuleTrigger:
        """As the use-case takes it."""
        ends = (("fromStateId", self.from_state_id), ("toStateId", self.to_state_id))
        first, last = (
            read_id(f"trigger.{path}.{name}", "state", each) if each else None
            for name, each in ends
        )
        return RuleTrigger(kind, from_state=first, to_state=last)


@strawberry.input(description="What starts a rule.", one_of=True)
class AutomationTriggerInput:
    state_entered: strawberry.Maybe[TransitionTriggerInput] = strawberry.field(
        description="Entered; both absent: any move."
    )
    state_left: strawberry.Maybe[TransitionTriggerInput] = strawberry.field(description="Left.")
    event_kind_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Event of this kind."
    )
    event_name: strawberry.Maybe[str] = strawberry.field(
        description="Event of this name, without regard to case."
    )
    lead_created: strawberry.Maybe[bool] = strawberry.field(description="Lead created; only true.")
    assigned: strawberry.Maybe[bool] = strawberry.field(description="Assignee changed; only true.")
    field_changed: strawberry.Maybe[str] = strawberry.field(
        description="Path of the field, as history has it: `priority`, `property:budget`, `tags`."
    )
    message_received: strawberry.Maybe[list[Channel]] = strawberry.field(
        description="Message on one of these; empty: all."
    )

    def given(self) -> RuleTrigger:
        """As the use-case takes it."""
        if self.state_entered is not None:
            return self.state_entered.value.given(TriggerKind.STATE_ENTERED, "stateEntered")
        if self.state_left is not None:
            return self.state_left.value.given(TriggerKind.STATE_LEFT, "stateLeft")
        if self.event_kind_id is not None:
            kind_id = read_id("trigger.eventKindId", "eventkind", self.event_kind_id.value)
            return RuleTrigger(TriggerKind.EVENT_RECORDED, event_kind=kind_id)
        if self.event_name is not None:
            return RuleTrigger(TriggerKind.EVENT_RECORDED, event_name=self.event_name.value)
        if self.field_changed is not None:
            return RuleTrigger(TriggerKind.FIELD_CHANGED, path=self.field_changed.value)
        if self.message_received is not None:
            channels = tuple(self.message_received.value)
            return RuleTrigger(TriggerKind.MESSAGE_RECEIVED, channels=channels)
        if self.lead_created is not None:
            _only_true("trigger.leadCreated", self.lead_created.value)
            return RuleTrigger(TriggerKind.LEAD_CREATED)
        assert self.assigned is not None
        _only_true("trigger.assigned", self.assigned.value)
        return RuleTrigger(TriggerKind.ASSIGNED)


def _only_true(path: str, *values: bool) -> None:
    if not all(values):
        raise invalid(path, ProblemCode.CONTRADICTION, "Only true, or another trigger.")


@strawberry.input(description="Message of a rule.")
class AutomationMessageInput:
    channel: Channel = strawberry.field(description="Channel; CHAT.")
    text: str = strawberry.field(
        description="1 to 10,000 characters, with the variables `{{lead.name}}`, "
        "`{{lead.firstName}}`, `{{lead.state}}`, `{{assignee.name}}`."
    )


@strawberry.input(description="Notification of a rule.")
class AutomationNotificationInput:
    text: str = strawberry.field(
        description="1 to 200 characters, with variables as in a message; cut at 200 when filled."
    )
    staff_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Whom, at most 50; absent: the assignee."
    )


@strawberry.input(description="What a rule does.", one_of=True)
class AutomationActionInput:
    change_state_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Move to this state."
    )
    assign_to_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Assign to this person."
    )
    assign_in_turn_to_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="Assign in turn to active ones of these, 2 to 50."
    )
    add_tags: strawberry.Maybe[list[str]] = strawberry.field(description="Add these tags.")
    set_property: strawberry.Maybe[PropertyInput] = strawberry.field(
        description="Set this property; its field must be there."
    )
    send_message: strawberry.Maybe[AutomationMessageInput] = strawberry.field(
        description="Send this message."
    )
    notify: strawberry.Maybe[AutomationNotificationInput] = strawberry.field(description="Notify.")
    call_webhook_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Call this webhook."
    )

    def given(self, path: str) -> GivenAction:
        """As the use-case takes it."""
        if self.change_state_id is not None:
            place = f"{path}.changeStateId"
            return GivenAction(
                ACTION.CHANGE_STATE, read_id(place, "state", self.change_state_id.value)
            )
        if self.assign_to_id is not None:
            place = f"{path}.assignToId"
            return GivenAction(ACTION.ASSIGN, read_id(place, "staff", self.assign_to_id.value))
        if self.assign_in_turn_to_ids is not None:
            ids = _staff_ids(f"{path}.assignInTurnToIds", self.assign_in_turn_to_ids.value)
            return GivenAction(ACTION.ASSIGN_IN_TURN, ids)
        if self.add_tags is not None:
            return GivenAction(ACTION.ADD_TAGS, tuple(self.add_tags.value))
        return self._other(path)

    def _other(self, path: str) -> GivenAction:
        if self.set_property is not None:
            given = self.set_property.value
            value = given.value.given() if given.value is not None else None
            return GivenAction(ACTION.SET_PROPERTY, PropertyEdit(given.field_key, value))
        if self.send_message is not None:
            message = self.send_message.value
            return GivenAction(ACTION.SEND_MESSAGE, RuleMessage(message.channel, message.text))
        if self.notify is not None:
            notice = self.notify.value
            ids = _staff_ids(f"{path}.notify.staffIds", notice.staff_ids or [])
            return GivenAction(ACTION.NOTIFY, RuleNotice(notice.text, ids))
        assert self.call_webhook_id is not None
        place = f"{path}.callWebhookId"
        webhook_id = read_id(place, "webhook", self.call_webhook_id.value)
        return GivenAction(ACTION.CALL_WEBHOOK, webhook_id)


def _staff_ids(path: str, given: list[strawberry.ID]) -> tuple[Any, ...]:
    return tuple(read_id(f"{path}.{index}", "staff", each) for index, each in enumerate(given))


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
    return RuleCondition(given.clause(), _literal(given)) if given is not None else None


def _literal(given: Any) -> Any:
    """An input as a client could have written it in JSON."""
    if isinstance(given, Some):
        return _literal(given.value)
    if isinstance(given, list):
        return [_literal(each) for each in given]
    if isinstance(given, Enum):
        return given.name
    if isinstance(given, date):
        return given.isoformat()
    definition = get_object_definition(given) if hasattr(given, "__dataclass_fields__") else None
    if definition is None:
        return given
    names = {each.python_name: each.graphql_name for each in definition.fields}
    parts = {each.name: getattr(given, each.name) for each in dataclass_fields(given)}
    return {
        names.get(name) or _camel(name): _literal(part)
        for name, part in parts.items()
        if part is not None
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


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
