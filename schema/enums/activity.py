"""Values of what is done with leads."""

from models import enums
from resolvers import agenda, log, timeline
from schema.enums.describing import described

described(
    enums.NoteVisibility,
    "NoteVisibility",
    "Who sees a note.",
    PRIVATE="Author and ADMIN.",
    TEAM="All who see the lead.",
)
described(
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
described(
    enums.EventOrigin,
    "EventOrigin",
    "Origin of an event.",
    SITE="Tracked on a site.",
    QUICK="Quick event button.",
    MANUAL="Added by staff.",
    API="API.",
    SYSTEM="This program.",
)
described(
    enums.Channel,
    "Channel",
    "Ways to talk.",
    CHAT="Chat on a site.",
    EMAIL="E-mail.",
    SMS="Text message.",
    WHATSAPP="WhatsApp.",
    POPUP="Pop-up on a site.",
)
described(
    enums.MessageDirection,
    "MessageDirection",
    "Who speaks.",
    TO_LEAD="From the team.",
    FROM_LEAD="From the lead.",
    TAKEN="About the lead, taken from somebody else.",
)
described(
    enums.AppointmentKind,
    "AppointmentKind",
    "Kinds of appointments.",
    CALL="Phone call.",
    SHOWING="Showing of a listing.",
    MEETING="Meeting.",
)
described(
    enums.AppointmentOutcome,
    "AppointmentOutcome",
    "What came of an appointment.",
    HELD="It took place.",
    NO_SHOW="The lead did not come.",
    MOVED="Moved to another time.",
)
described(
    agenda.AppointmentPeriod,
    "AppointmentPeriod",
    "Side of now, by end time.",
    UPCOMING="Not ended; called off ones left out.",
    PAST="Ended or called off.",
    ALL="Both.",
)
described(
    enums.CallOutcome,
    "CallOutcome",
    "What came of a call.",
    ANSWERED="They talked.",
    NO_ANSWER="Nobody answered.",
    BUSY="Engaged.",
    VOICEMAIL="A message was left.",
    WRONG_NUMBER="Number out of use.",
)
described(
    enums.DeliveryState,
    "DeliveryState",
    "States of delivery.",
    QUEUED="Waits.",
    DELIVERED="A page of the lead has it.",
    OPENED="Seen.",
    CLICKED="Its button was followed.",
    EXPIRED="Not seen in time; pop-ups.",
)
described(
    enums.ConversationState,
    "ConversationState",
    "States of a conversation.",
    OPEN="Waits for somebody.",
    SNOOZED="Back later, or at the lead's next message.",
    CLOSED="Done; a new message opens it.",
)
described(
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
    SEGMENT="Segment.",
    LIFECYCLE="Creation, identification, merge.",
)
described(
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
described(
    log.HistoryProblem,
    "HistoryProblem",
    "What can be wrong with a history.",
    ALTERED="A row's content was changed.",
    MISSING="A row is missing.",
    REORDERED="Rows changed places.",
)
