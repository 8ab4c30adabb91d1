"""Closed sets of values as clients see them: importing this registers each, once, described.

Types of the schema name the enums where they are defined; nothing else is to be found here.
"""

from enum import Enum, StrEnum
from typing import Any

import strawberry

from models import enums
from resolvers import agenda, errors, lead_card, lead_list, leads_list, log, policy, timeline, zones


class SortDirection(StrEnum):
    ASCENDING = "ASCENDING"
    DESCENDING = "DESCENDING"


class ChangeAction(StrEnum):
    ADDED = "ADDED"
    EDITED = "EDITED"
    REMOVED = "REMOVED"


def _described(kind: type[Enum], name: str, description: str, **values: str) -> None:
    made: Any = strawberry.enum(kind, name=name, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[value.name]


_described(
    enums.Priority,
    "Priority",
    "Priorities, highest first.",
    URGENT="Now.",
    HIGH="Soon.",
    NORMAL="As usual.",
    LOW="When there is time.",
)
_described(
    enums.ListingType,
    "ListingType",
    "Sales or rentals.",
    SALES="To buy.",
    RENTALS="To rent.",
)
_described(
    zones.LocationSource,
    "LocationSource",
    "How a place is known.",
    UNKNOWN="Not at all.",
    BROWSER="Browser's time zone.",
    STATED="Told by the lead or staff.",
)
_described(
    enums.AvatarSource,
    "AvatarSource",
    "Source of a picture.",
    SOCIAL="Profile that the lead came with.",
    UPLOAD="Uploaded.",
    INITIALS="None: letters of the name.",
)
_described(
    enums.SourceChannel,
    "SourceChannel",
    "Ways to become a lead.",
    SITE="Visit of a site.",
    STAFF="Made by staff.",
    IMPORT="Import of a file.",
    API="API.",
)
_described(
    enums.StateKind,
    "StateKind",
    "Kinds of states.",
    OPEN="At work.",
    WON="Done with success.",
    LOST="Done without.",
)
_described(
    enums.StaffRole,
    "StaffRole",
    "Roles of staff.",
    ADMIN="Broker: everything.",
    MANAGER="All leads, or those of own teams, by setting; configuration of the card.",
    AGENT="Own leads, or those of the own team, by setting.",
)
_described(
    enums.LeadAccountChange,
    "LeadAccountChange",
    "What happened to a portal account.",
    CREATED="Made.",
    RESET_BY_STAFF="Password reset by staff; the lead was not told.",
)
_described(
    enums.NotificationKind,
    "NotificationKind",
    "Kinds of notifications.",
    LEAD_ASSIGNED="A lead is now yours.",
    LEAD_UNASSIGNED="A lead is no longer yours.",
    APPOINTMENT_REMINDER="An appointment is near.",
    TASK_ASSIGNED="A task was given to you.",
    TASK_DUE="A task of yours is due.",
    MESSAGE_RECEIVED="A lead of yours, or one that you answer, wrote.",
    CONVERSATION_ASSIGNED="A conversation was given to you.",
    CONVERSATION_WOKEN="A conversation that was put off is back.",
    AUTOMATION="An automation tells you something.",
    INTEGRATION_FAILED="An automation or webhook stopped working.",
)
_described(
    enums.AccessScope,
    "AccessScope",
    "Width of access.",
    OWN="Own leads.",
    TEAM="Own, and those of members of the teams that one is in or manages.",
    ALL="All leads.",
)
_described(
    enums.ApiScope,
    "ApiScope",
    "What an API token is for. It never may more than its owner.",
    READ_LEADS="See leads, all but their notes.",
    WRITE_LEADS="Make and change leads, their properties, tags, states and events.",
    NOTES="See and write notes, which do not exist without it; check histories as a whole.",
    SEND_MESSAGES="Write to leads; assign, close, put off and open conversations.",
    CONFIGURE="Fields, pipelines and rules; a rule needs the scopes of what it does, too.",
    ADMINISTER="Change staff, sites and settings; read the workspace's audit.",
)
_described(
    enums.ActorKind,
    "ActorKind",
    "Kinds of actors.",
    STAFF="Person of the team.",
    LEAD="The lead itself.",
    SYSTEM="This program.",
    BOT="The assistant, on behalf of a person.",
    AUTOMATION="Automation rule.",
    API="Integration with its own token.",
)
_described(
    enums.Via,
    "Via",
    "How an act came in.",
    APP="Staff application.",
    API="API token.",
    SITE="Site.",
    IMPORT="Import.",
    SYSTEM="This program.",
)
_described(
    enums.FieldType,
    "FieldType",
    "Types of fields.",
    TEXT="One line or more.",
    DROPDOWN="One option.",
    MULTI_SELECT="Several options.",
    NUMBER="Decimal number.",
    BOOLEAN="Yes or no.",
    DATE="Day without zone.",
    MONEY="Amount and currency.",
    URL="Link.",
    FILE="Uploaded file.",
)
_described(
    enums.FieldVisibility,
    "FieldVisibility",
    "Who may read and write a field.",
    ALL="All who see the lead.",
    MANAGERS="MANAGER and ADMIN.",
    ADMINS="ADMIN.",
)
_described(
    enums.ValueSource,
    "ValueSource",
    "How a value came to be known.",
    MANUAL="Typed by staff.",
    LEAD="Told by the lead.",
    SITE="Told by a site.",
    IMPORT="Import.",
    API="API.",
    SYSTEM="Computed.",
)
_described(
    enums.NoteVisibility,
    "NoteVisibility",
    "Who sees a note.",
    PRIVATE="Author and ADMIN.",
    TEAM="All who see the lead.",
)
_described(
    enums.DueBand,
    "DueBand",
    "Bands of due dates.",
    OVERDUE="Past.",
    TODAY="Today.",
    SOON="Within 7 days.",
    LATER="Later.",
    NO_DATE="No due date.",
    DONE="Done.",
)
_described(
    enums.EventOrigin,
    "EventOrigin",
    "Origin of an event.",
    SITE="Tracked on a site.",
    QUICK="Quick event button.",
    MANUAL="Added by staff.",
    API="API.",
    SYSTEM="This program.",
)
_described(
    enums.Channel,
    "Channel",
    "Ways to talk.",
    CHAT="Chat on a site.",
    EMAIL="E-mail.",
    SMS="Text message.",
    WHATSAPP="WhatsApp.",
    POPUP="Pop-up on a site.",
)
_described(
    enums.MessageDirection,
    "MessageDirection",
    "Who speaks.",
    TO_LEAD="From the team.",
    FROM_LEAD="From the lead.",
    TAKEN="About the lead, taken from somebody else.",
)
_described(
    enums.AppointmentKind,
    "AppointmentKind",
    "Kinds of appointments.",
    CALL="Phone call.",
    SHOWING="Showing of a listing.",
    MEETING="Meeting.",
)
_described(
    enums.AppointmentOutcome,
    "AppointmentOutcome",
    "What came of an appointment.",
    HELD="It took place.",
    NO_SHOW="The lead did not come.",
    MOVED="Moved to another time.",
)
_described(
    agenda.AppointmentPeriod,
    "AppointmentPeriod",
    "Side of now, by end time.",
    UPCOMING="Not ended; called off ones left out.",
    PAST="Ended or called off.",
    ALL="Both.",
)
_described(
    enums.CallOutcome,
    "CallOutcome",
    "What came of a call.",
    ANSWERED="They talked.",
    NO_ANSWER="Nobody answered.",
    BUSY="Engaged.",
    VOICEMAIL="A message was left.",
    WRONG_NUMBER="Number out of use.",
)
_described(
    enums.DeliveryState,
    "DeliveryState",
    "States of delivery.",
    QUEUED="Waits.",
    DELIVERED="A page of the lead has it.",
    OPENED="Seen.",
    CLICKED="Its button was followed.",
    EXPIRED="Not seen in time; pop-ups.",
)
_described(
    enums.ConversationState,
    "ConversationState",
    "States of a conversation.",
    OPEN="Waits for somebody.",
    SNOOZED="Back later, or at the lead's next message.",
    CLOSED="Done; a new message opens it.",
)
_described(
    enums.PresenceState,
    "PresenceState",
    "Presence states.",
    ONLINE="Active within 120 s.",
    SLEEPING="Page open, no input for 120 s.",
    OFFLINE="No page open.",
)
_described(
    enums.SubscriptionStatus,
    "SubscriptionStatus",
    "The five subscription statuses.",
    SUBSCRIBED="Included in mail.",
    WAITING_FOR_CONFIRMATION="The opt-in letter is not answered, or not sent yet.",
    INVALID_EMAIL="It can't be an address.",
    UNSUBSCRIBED="Said no.",
    BOUNCED="Came back.",
)
_described(
    enums.InvalidEmailReason,
    "InvalidEmailReason",
    "Why an address is invalid.",
    NO_AT="No ASCII @.",
    CYRILLIC="Cyrillic letters.",
    SYNTAX="Not of the form of an address.",
)
_described(
    enums.HistoryType,
    "HistoryType",
    "Types of history entries.",
    CHAT="Chat and pop-up.",
    CALL="Phone call.",
    EMAIL="Mail.",
    TEXT_MESSAGE="Text and WhatsApp.",
    TASK="Task.",
    FIELD_CHANGE="Field, property, tag, address.",
    STATE="Pipeline.",
    ASSIGNMENT="Assignee.",
    NOTE="Note.",
    EVENT="Event.",
    APPOINTMENT="Appointment.",
    SUBSCRIPTION="Subscription.",
    ACCOUNT="Portal account.",
    LIFECYCLE="Creation, identification, merge.",
)
_described(
    timeline.TimelineKind,
    "TimelineKind",
    "Kinds of timeline items.",
    CALL="Calls.",
    EMAIL="Mails.",
    MEETING="Meetings, showings, planned calls.",
    NOTE="Notes.",
    TASK="Tasks.",
    MESSAGE="Chat, pop-ups, text messages, WhatsApp.",
    EVENT="Events.",
    CHANGE="Moves and assignments; how the lead began, was identified, took in another.",
)
_described(
    log.HistoryProblem,
    "HistoryProblem",
    "What can be wrong with a history.",
    ALTERED="A row's content was changed.",
    MISSING="A row is missing.",
    REORDERED="Rows changed places.",
)
_described(
    enums.ProgressKind,
    "ProgressKind",
    "Kinds of long acts.",
    LEAD_IMPORT="Import of leads.",
)
_described(
    policy.Permission,
    "Permission",
    "What the permission table can grant.",
    EDIT_LEAD="Change personal information, properties, tags; add events.",
    CHANGE_STATE="Move along the pipeline, win.",
    REOPEN_LEAD="Reopen a won lead.",
    ASSIGN_LEAD="Assign to others.",
    ASSIGN_SELF="Take a lead of nobody.",
    SEND_MESSAGE="Write to leads.",
    RESET_LEAD_PASSWORD="Make a lead's portal account and reset its password; no API token may.",
    WRITE_NOTES="Write notes.",
    READ_ALL_NOTES="See and edit notes of others.",
    CONFIGURE_CARD="Fields, pipelines, header.",
    IMPORT_LEADS="Import leads from a file.",
    VERIFY_HISTORY="Check the digest chain of a history.",
    MERGE_LEADS="Merge and unmerge.",
    ERASE_LEAD="Erase a lead with all its data.",
    CONFIGURE_AUTOMATIONS="Automations.",
    ADMINISTER="Staff, teams, sites, kinds of events, API tokens, webhooks, project settings.",
)
_described(
    errors.ProblemCode,
    "InputProblemCode",
    "Kinds of input problems.",
    REQUIRED="Missing, blank or null.",
    MALFORMED="Not of the form described; an id with a wrong prefix too.",
    TOO_LARGE="Too long, too many or too large.",
    TOO_SMALL="Too short, too few or too small.",
    WRONG_TYPE="Of the wrong type for this field.",
    UNKNOWN="Unknown, or one that can't be used here.",
    TAKEN="Already used by another.",
    CONTRADICTION="Two values contradict each other.",
)
_described(
    errors.ConflictReason,
    "ConflictReason",
    "Kinds of conflicts.",
    STALE_VERSION="The same fields changed since your version.",
    KEY_REUSED="The idempotency key was used with another body.",
    DUPLICATE="There is one already.",
)
_described(
    errors.PreconditionReason,
    "PreconditionReason",
    "What must be so first.",
    ARCHIVED="It is archived and can't be used anew.",
    READ_ONLY="Built in or read-only: can't be changed or removed.",
    PRIMARY_NEEDED="Name a new primary address first.",
    SIGN_IN_REFUSED="Wrong password or unknown account; both look alike.",
    LEAD_OFFLINE="The lead is offline and the pop-up has no expiry to wait for.",
    TOTP_NEEDED="A code of the authenticator is needed or wrong.",
    TOTP_ON="An authenticator is demanded already: remove it first.",
    TOTP_OFF="There is no authenticator.",
    TOKEN_INVALID="The link or token is unknown, used or ended; all look alike.",
    LAST_ADMIN="One active ADMIN has to remain.",
    INVITED="The person has to accept the invitation first.",
    UPLOAD_MISSING="The upload is not finished, was used before, or is gone.",
    UPLOAD_TYPE="Content of a type that is not allowed, or not what the name says.",
    IN_USE="Others use it: change these first.",
    NOT_WON="The lead is not won.",
    NO_WON_STATE="The pipeline has no won state.",
    REOPEN_OFF="Reopening is switched off.",
    NO_ACCOUNT="The lead has no portal account.",
    SECRET_SHOWN="The secret was shown by the first call with this key.",
    ALREADY_UNMERGED="It was unmerged already.",
    NEWER_MERGE="A later merge must be undone first.",
)
_described(
    lead_card.ResetReason,
    "ResetReason",
    "Why a stream begins anew.",
    TOO_OLD="Older than what is kept.",
    TOO_FAR_BEHIND="More than 5,000 items behind.",
    OTHER_EPOCH="From before a restore.",
    FROM_THE_FUTURE="Ahead of the log.",
    MERGE="A merge.",
    ACCESS_CHANGED="You may see more or less now.",
)
_described(
    errors.AccessEndReason,
    "AccessEndReason",
    "Why access ended.",
    NOT_FOUND="It does not exist or is not yours; first and only item.",
    REASSIGNED="Given to somebody else.",
    RIGHTS_CHANGED="Your role or the team's rights changed.",
    SIGNED_OUT="Signed out or disabled.",
)
_described(
    lead_list.LeadCollection,
    "LeadCollection",
    "Collections of leads.",
    LEADS="All leads.",
    VISITORS="Who is on the sites now or was within the last 24 h.",
)
_described(
    leads_list.SortKey,
    "LeadSortKey",
    "What leads are sorted by; empty values last.",
    NAME="Display name.",
    CREATED_AT="Created.",
    LAST_ACTIVITY_AT="Last activity of the lead itself.",
    STATE_SINCE="In state since.",
    STATE="Place in the pipeline.",
    PRIORITY="Priority.",
    ASSIGNEE="Assignee's name.",
)
_described(
    SortDirection,
    "SortDirection",
    "Sort direction.",
    ASCENDING="Smallest, oldest, A first.",
    DESCENDING="Largest, newest, Z first.",
)
_described(
    ChangeAction,
    "ChangeAction",
    "What happened to a thing.",
    ADDED="It is new.",
    EDITED="It is different.",
    REMOVED="It is gone.",
)
_described(
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
)
_described(
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
_described(
    enums.PeriodUnit,
    "PeriodUnit",
    "Units of time.",
    MINUTE="60 s.",
    HOUR="3,600 s.",
    DAY="Project days.",
    WEEK="7 project days.",
    MONTH="Calendar months.",
)
_described(
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
