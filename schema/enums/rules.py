"""Values of automations."""

from models import enums
from schema.enums.describing import described

described(
    enums.TriggerKind,
    "TriggerKind",
    "Kinds of triggers.",
    STATE_ENTERED="The lead entered a state.",
    STATE_LEFT="The lead left a state.",
    EVENT_RECORDED="An event was recorded.",
    LEAD_CREATED="A lead came to be.",
    ASSIGNED="The assignee changed.",
    FIELD_CHANGED="A field changed.",
    MESSAGE_RECEIVED="The lead wrote.",
    TASK_OVERDUE="A task became overdue.",
    SEGMENT_ENTERED="A segment was entered.",
    SEGMENT_LEFT="A segment was left.",
)
described(
    enums.SegmentCause,
    "SegmentCause",
    "What made a lead enter or leave a segment.",
    CHANGE="A change of the lead.",
    TIME="Time alone.",
    RULE="Another rule, or that the segment was archived.",
)
described(
    enums.AutomationActionKind,
    "AutomationActionKind",
    "Kinds of actions.",
    CHANGE_STATE="Move.",
    ASSIGN="Assign.",
    ASSIGN_IN_TURN="Assign in turn.",
    ADD_TASK="Add a task.",
    ADD_TAGS="Add tags.",
    SET_PROPERTY="Set a property.",
    SEND_MESSAGE="Send a message.",
    NOTIFY="Notify staff.",
    CALL_WEBHOOK="Call a webhook.",
)
described(
    enums.PeriodUnit,
    "PeriodUnit",
    "Units of time.",
    MINUTE="60 s.",
    HOUR="3,600 s.",
    DAY="Project days.",
    WEEK="7 project days.",
    MONTH="Calendar months.",
)
described(
    enums.RunOutcome,
    "RunOutcome",
    "Outcomes of a run.",
    WAITING="Not tried yet.",
    DONE="All actions done.",
    SKIPPED="The condition did not hold, or the rule was off by then; nothing was done.",
    RETRYING="Waits for another try; nothing was done.",
    FAILED="Given up; nothing was done.",
    LOOP_STOPPED="Stopped by the loop guard: 5 rules deep, or the same rule and lead 10 times a "
    "minute.",
    WOULD_RUN="Dry run: would have acted.",
)
