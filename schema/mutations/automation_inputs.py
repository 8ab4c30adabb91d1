"""What rules are made of, as clients write it."""

from typing import Any

import strawberry

from models.enums import AutomationActionKind, Channel, TriggerKind
from resolvers.automations.checking import RuleMessage, RuleMove, RuleNotice, RuleTask
from resolvers.automations.saving import (
    GivenAction,
    RuleTrigger,
)
from resolvers.errors import ProblemCode, invalid
from resolvers.leads import PropertyEdit
from schema.context import read_id
from schema.filter_operands import PeriodInput
from schema.mutations.leads import PropertyInput

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
    task_overdue: strawberry.Maybe[bool] = strawberry.field(
        description="Task overdue, on a day once it is over where its assignee is; only true."
    )
    message_received: strawberry.Maybe[list[Channel]] = strawberry.field(
        description="Message on one of these; empty: all."
    )
    segment_entered_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Segment entered."
    )
    segment_left_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Segment left.")

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
        if self.segment_entered_id is not None:
            entered = read_id("trigger.segmentEnteredId", "segment", self.segment_entered_id.value)
            return RuleTrigger(TriggerKind.SEGMENT_ENTERED, segment=entered)
        if self.segment_left_id is not None:
            left = read_id("trigger.segmentLeftId", "segment", self.segment_left_id.value)
            return RuleTrigger(TriggerKind.SEGMENT_LEFT, segment=left)
        if self.lead_created is not None:
            _only_true("trigger.leadCreated", self.lead_created.value)
            return RuleTrigger(TriggerKind.LEAD_CREATED)
        if self.task_overdue is not None:
            _only_true("trigger.taskOverdue", self.task_overdue.value)
            return RuleTrigger(TriggerKind.TASK_OVERDUE)
        assert self.assigned is not None
        _only_true("trigger.assigned", self.assigned.value)
        return RuleTrigger(TriggerKind.ASSIGNED)


def _only_true(path: str, *values: bool) -> None:
    if not all(values):
        raise invalid(path, ProblemCode.CONTRADICTION, "Only true, or another trigger.")


@strawberry.input(description="Move of a rule.")
class AutomationMoveInput:
    state_id: strawberry.ID = strawberry.field(description="To this state.")
    loss_reason: str | None = strawberry.field(
        default=None,
        description="Why, for a state of kind LOST, at most 500 characters; some pipelines ask "
        "for it.",
    )

    def given(self, path: str) -> RuleMove:
        """As the use-case takes it."""
        state_id = read_id(f"{path}.changeState.stateId", "state", self.state_id)
        return RuleMove(state_id, self.loss_reason, "changeState.stateId")


@strawberry.input(description="Task of a rule.")
class AutomationTaskInput:
    title: str = strawberry.field(
        description="1 to 200 characters, with variables as in a message; cut at 200 when filled."
    )
    due_after: PeriodInput | None = strawberry.field(
        default=None, description="Due after; a day for days and longer units. Absent: never."
    )
    assignee_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who; absent: the assignee."
    )

    def given(self, path: str) -> RuleTask:
        """As the use-case takes it."""
        doer = None
        if self.assignee_id:
            doer = read_id(f"{path}.addTask.assigneeId", "staff", self.assignee_id)
        after = (self.due_after.amount, self.due_after.unit) if self.due_after else None
        return RuleTask(self.title, after, doer)


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
        description="Move to this state, without a reason."
    )
    change_state: strawberry.Maybe[AutomationMoveInput] = strawberry.field(
        description="Move to this state."
    )
    assign_to_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Assign to this person."
    )
    assign_in_turn_to_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="Assign in turn to active ones of these, 2 to 50."
    )
    add_task: strawberry.Maybe[AutomationTaskInput] = strawberry.field(description="Add a task.")
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
            state_id = read_id(place, "state", self.change_state_id.value)
            return GivenAction(ACTION.CHANGE_STATE, RuleMove(state_id))
        if self.change_state is not None:
            return GivenAction(ACTION.CHANGE_STATE, self.change_state.value.given(path))
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
        if self.add_task is not None:
            return GivenAction(ACTION.ADD_TASK, self.add_task.value.given(path))
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
