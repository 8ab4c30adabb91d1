"""Closed sets of values, as stored. A value once released is never renamed."""

from enum import StrEnum


class StaffRole(StrEnum):
    ADMIN = "ADMIN"
    MANAGER = "MANAGER"
    AGENT = "AGENT"


class AccessScope(StrEnum):
    OWN = "OWN"
    TEAM = "TEAM"
    ALL = "ALL"


class ApiScope(StrEnum):
    READ_LEADS = "READ_LEADS"
    WRITE_LEADS = "WRITE_LEADS"
    NOTES = "NOTES"
    SEND_MESSAGES = "SEND_MESSAGES"
    CONFIGURE = "CONFIGURE"
    ADMINISTER = "ADMINISTER"


class ActorKind(StrEnum):
    STAFF = "STAFF"
    LEAD = "LEAD"
    SYSTEM = "SYSTEM"
    BOT = "BOT"
    AUTOMATION = "AUTOMATION"
    API = "API"


class Via(StrEnum):
    APP = "APP"
    API = "API"
    SITE = "SITE"
    IMPORT = "IMPORT"
    SYSTEM = "SYSTEM"


class StateKind(StrEnum):
    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class Priority(StrEnum):
    URGENT = "URGENT"
    HIGH = "HIGH"
    NORMAL = "NORMAL"
    LOW = "LOW"


class ListingType(StrEnum):
    SALES = "SALES"
    RENTALS = "RENTALS"


class SourceChannel(StrEnum):
    SITE = "SITE"
    STAFF = "STAFF"
    IMPORT = "IMPORT"
    API = "API"


class FieldType(StrEnum):
    TEXT = "TEXT"
    DROPDOWN = "DROPDOWN"
    MULTI_SELECT = "MULTI_SELECT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    MONEY = "MONEY"
    URL = "URL"
    FILE = "FILE"


class FieldVisibility(StrEnum):
    ALL = "ALL"
    MANAGERS = "MANAGERS"
    ADMINS = "ADMINS"


class ValueSource(StrEnum):
    MANUAL = "MANUAL"
    LEAD = "LEAD"
    SITE = "SITE"
    IMPORT = "IMPORT"
    API = "API"
    SYSTEM = "SYSTEM"


class NoteVisibility(StrEnum):
    PRIVATE = "PRIVATE"
    TEAM = "TEAM"


class FileUse(StrEnum):
    """What a file is part of."""

    NOTE = "NOTE"
    PROPERTY = "PROPERTY"
    AVATAR = "AVATAR"


class AvatarSource(StrEnum):
    SOCIAL = "SOCIAL"
    UPLOAD = "UPLOAD"
    INITIALS = "INITIALS"


class EventOrigin(StrEnum):
    SITE = "SITE"
    QUICK = "QUICK"
    MANUAL = "MANUAL"
    API = "API"
    SYSTEM = "SYSTEM"


class Channel(StrEnum):
    CHAT = "CHAT"
    EMAIL = "EMAIL"
    POPUP = "POPUP"
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"


class MessageDirection(StrEnum):
    TO_LEAD = "TO_LEAD"
    FROM_LEAD = "FROM_LEAD"
    TAKEN = "TAKEN"


class AppointmentKind(StrEnum):
    CALL = "CALL"
    SHOWING = "SHOWING"
    MEETING = "MEETING"


class AppointmentOutcome(StrEnum):
    HELD = "HELD"
    NO_SHOW = "NO_SHOW"
    MOVED = "MOVED"


class CallOutcome(StrEnum):
    ANSWERED = "ANSWERED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    VOICEMAIL = "VOICEMAIL"
    WRONG_NUMBER = "WRONG_NUMBER"


class DeliveryState(StrEnum):
    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    EXPIRED = "EXPIRED"


class ConversationState(StrEnum):
    OPEN = "OPEN"
    SNOOZED = "SNOOZED"
    CLOSED = "CLOSED"


class DueBand(StrEnum):
    OVERDUE = "OVERDUE"
    TODAY = "TODAY"
    SOON = "SOON"
    LATER = "LATER"
    NO_DATE = "NO_DATE"
    DONE = "DONE"


class Consent(StrEnum):
    SUBSCRIBED = "SUBSCRIBED"
    PENDING = "PENDING"
    """Double opt-in is on and no letter was sent yet."""
    WAITING = "WAITING"
    UNSUBSCRIBED = "UNSUBSCRIBED"


class Deliverability(StrEnum):
    OK = "OK"
    INVALID = "INVALID"
    SOFT = "SOFT"
    HARD = "HARD"


class InvalidEmailReason(StrEnum):
    NO_AT = "NO_AT"
    CYRILLIC = "CYRILLIC"
    SYNTAX = "SYNTAX"


class SubscriptionStatus(StrEnum):
    SUBSCRIBED = "SUBSCRIBED"
    WAITING_FOR_CONFIRMATION = "WAITING_FOR_CONFIRMATION"
    INVALID_EMAIL = "INVALID_EMAIL"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    BOUNCED = "BOUNCED"


class HistoryType(StrEnum):
    CHAT = "CHAT"
    CALL = "CALL"
    EMAIL = "EMAIL"
    TEXT_MESSAGE = "TEXT_MESSAGE"
    TASK = "TASK"
    FIELD_CHANGE = "FIELD_CHANGE"
    STATE = "STATE"
    ASSIGNMENT = "ASSIGNMENT"
    NOTE = "NOTE"
    EVENT = "EVENT"
    APPOINTMENT = "APPOINTMENT"
    SUBSCRIPTION = "SUBSCRIPTION"
    ACCOUNT = "ACCOUNT"
    SEGMENT = "SEGMENT"
    LIFECYCLE = "LIFECYCLE"


class ChangeKind(StrEnum):
    LEAD_CREATED = "lead_created"
    PROPERTIES_CHANGED = "properties_changed"
    CONTACT_POINTS_CHANGED = "contact_points_changed"
    LEAD_STATE_CHANGED = "lead_state_changed"
    LEAD_ASSIGNEE_CHANGED = "lead_assignee_changed"
    TAGS_CHANGED = "tags_changed"
    EVENT_RECORDED = "event_recorded"
    EVENT_ANNOTATED = "event_annotated"
    NOTE_CHANGED = "note_changed"
    TASK_CHANGED = "task_changed"
    IMPORTANT_DATE_CHANGED = "important_date_changed"
    MESSAGE_ADDED = "message_added"
    MESSAGE_DELIVERY_CHANGED = "message_delivery_changed"
    CONVERSATION_CHANGED = "conversation_changed"
    APPOINTMENT_CHANGED = "appointment_changed"
    CALL_CHANGED = "call_changed"
    LEAD_ACCOUNT_CHANGED = "lead_account_changed"
    SEGMENTS_CHANGED = "segments_changed"
    LEAD_VISIBILITY_CHANGED = "lead_visibility_changed"
    LEAD_IDENTIFIED = "lead_identified"
    LEAD_ABSORBED = "lead_absorbed"
    LEAD_MERGED = "lead_merged"
    LEAD_UNMERGED = "lead_unmerged"
    LEAD_RESTORED = "lead_restored"
    LEAD_ERASED = "lead_erased"


class PresenceState(StrEnum):
    """As realtime/presence announces it; stored with messages and intervals."""

    ONLINE = "ONLINE"
    SLEEPING = "SLEEPING"
    OFFLINE = "OFFLINE"


class SegmentAct(StrEnum):
    """What became of a lead towards a segment."""

    ENTERED = "ENTERED"
    LEFT = "LEFT"


class SegmentCause(StrEnum):
    """What made a lead enter or leave a segment."""

    CHANGE = "CHANGE"
    TIME = "TIME"
    RULE = "RULE"


class ProgressKind(StrEnum):
    """Long acts."""

    LEAD_IMPORT = "LEAD_IMPORT"


class LeadAccountChange(StrEnum):
    CREATED = "CREATED"
    RESET_BY_STAFF = "RESET_BY_STAFF"


class NotificationKind(StrEnum):
    """What a person is told of; members come with what causes them."""

    LEAD_ASSIGNED = "LEAD_ASSIGNED"
    LEAD_UNASSIGNED = "LEAD_UNASSIGNED"
    APPOINTMENT_REMINDER = "APPOINTMENT_REMINDER"
    APPOINTMENT_ASSIGNED = "APPOINTMENT_ASSIGNED"
    APPOINTMENT_CHANGED = "APPOINTMENT_CHANGED"
    TASK_ASSIGNED = "TASK_ASSIGNED"
    TASK_DUE = "TASK_DUE"
    MESSAGE_RECEIVED = "MESSAGE_RECEIVED"
    CONVERSATION_ASSIGNED = "CONVERSATION_ASSIGNED"
    CONVERSATION_WOKEN = "CONVERSATION_WOKEN"
    AUTOMATION = "AUTOMATION"
    INTEGRATION_FAILED = "INTEGRATION_FAILED"


class JobKind(StrEnum):
    """Kinds of background work."""

    RUN_AUTOMATIONS = "RUN_AUTOMATIONS"
    DELIVER_WEBHOOK = "DELIVER_WEBHOOK"
    REMIND_OF_APPOINTMENT = "REMIND_OF_APPOINTMENT"
    FETCH_AVATAR = "FETCH_AVATAR"
    TELL_TASK_OVERDUE = "TELL_TASK_OVERDUE"
    FINISH_ERASURE = "FINISH_ERASURE"
    WAKE_CONVERSATION = "WAKE_CONVERSATION"
    EVALUATE_SEGMENT = "EVALUATE_SEGMENT"


class TriggerKind(StrEnum):
    """What starts an automation."""

    STATE_ENTERED = "STATE_ENTERED"
    STATE_LEFT = "STATE_LEFT"
    EVENT_RECORDED = "EVENT_RECORDED"
    LEAD_CREATED = "LEAD_CREATED"
    ASSIGNED = "ASSIGNED"
    FIELD_CHANGED = "FIELD_CHANGED"
    MESSAGE_RECEIVED = "MESSAGE_RECEIVED"
    TASK_OVERDUE = "TASK_OVERDUE"
    SEGMENT_ENTERED = "SEGMENT_ENTERED"
    SEGMENT_LEFT = "SEGMENT_LEFT"


class AutomationActionKind(StrEnum):
    """What an automation does."""

    CHANGE_STATE = "CHANGE_STATE"
    ASSIGN = "ASSIGN"
    ASSIGN_IN_TURN = "ASSIGN_IN_TURN"
    ADD_TASK = "ADD_TASK"
    ADD_TAGS = "ADD_TAGS"
    SET_PROPERTY = "SET_PROPERTY"
    SEND_MESSAGE = "SEND_MESSAGE"
    NOTIFY = "NOTIFY"
    CALL_WEBHOOK = "CALL_WEBHOOK"


class PeriodUnit(StrEnum):
    """Units of time."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class RunOutcome(StrEnum):
    """How one run of an automation stands."""

    WAITING = "WAITING"
    DONE = "DONE"
    SKIPPED = "SKIPPED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"
    LOOP_STOPPED = "LOOP_STOPPED"
    WOULD_RUN = "WOULD_RUN"
