"""Values of leads, of their fields and of their places."""

from models import enums
from resolvers import lead_list, leads_order, zones
from schema.enums.describing import described

described(
    enums.Priority,
    "Priority",
    "Priorities, highest first.",
    URGENT="Now.",
    HIGH="Soon.",
    NORMAL="As usual.",
    LOW="When there is time.",
)
described(
    enums.ListingType,
    "ListingType",
    "Sales or rentals.",
    SALES="To buy.",
    RENTALS="To rent.",
)
described(
    zones.LocationSource,
    "LocationSource",
    "How a place is known.",
    UNKNOWN="Not at all.",
    BROWSER="Browser's time zone.",
    NETWORK="Network address of the last visit, which is not kept.",
    STATED="Told by the lead or staff.",
)
described(
    enums.AvatarSource,
    "AvatarSource",
    "Source of a picture.",
    SOCIAL="Profile that the lead came with.",
    UPLOAD="Uploaded.",
    INITIALS="None: letters of the name.",
)
described(
    enums.SourceChannel,
    "SourceChannel",
    "Ways to become a lead.",
    SITE="Visit of a site.",
    STAFF="Made by staff.",
    IMPORT="Import of a file.",
    API="API.",
)
described(
    enums.StateKind,
    "StateKind",
    "Kinds of states.",
    OPEN="At work.",
    WON="Done with success.",
    LOST="Done without.",
)
described(
    enums.LeadAccountChange,
    "LeadAccountChange",
    "What happened to a portal account.",
    CREATED="Made.",
    RESET_BY_STAFF="Password reset by staff; the lead was not told.",
)
described(
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
described(
    enums.FieldVisibility,
    "FieldVisibility",
    "Who may read and write a field.",
    ALL="All who see the lead.",
    MANAGERS="MANAGER and ADMIN.",
    ADMINS="ADMIN.",
)
described(
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
described(
    enums.PresenceState,
    "PresenceState",
    "Presence states.",
    ONLINE="Active within 120 s.",
    SLEEPING="Page open, no input for 120 s.",
    OFFLINE="No page open.",
)
described(
    enums.SubscriptionStatus,
    "SubscriptionStatus",
    "The five subscription statuses.",
    SUBSCRIBED="Included in mail.",
    WAITING_FOR_CONFIRMATION="The opt-in letter is not answered, or not sent yet.",
    INVALID_EMAIL="It can't be an address.",
    UNSUBSCRIBED="Said no.",
    BOUNCED="Came back.",
)
described(
    enums.InvalidEmailReason,
    "InvalidEmailReason",
    "Why an address is invalid.",
    NO_AT="No ASCII @.",
    CYRILLIC="Cyrillic letters.",
    SYNTAX="Not of the form of an address.",
)
described(
    lead_list.LeadCollection,
    "LeadCollection",
    "Collections of leads.",
    LEADS="All leads.",
    VISITORS="Who is on the sites now or was within the last 24 h.",
)
described(
    leads_order.SortKey,
    "LeadSortKey",
    "What leads are sorted by; empty values last.",
    NAME="Display name.",
    CREATED_AT="Created.",
    LAST_ACTIVITY_AT="Last activity of the lead itself.",
    STATE_SINCE="In state since.",
    STATE="Place in the pipeline.",
    VALUE="Value: amounts as numbers, whatever their currency.",
    PRIORITY="Priority.",
    ASSIGNEE="Assignee's name.",
    LAST_MESSAGE_AT="Last message to or from the lead.",
    PROPERTY="A property: texts by letters, options by their place, amounts as numbers.",
)
