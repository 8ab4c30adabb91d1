"""Values of answers: orders, progress, refusals and ends."""

from enum import StrEnum

from models import enums
from resolvers import errors, exports, lead_card
from schema.enums.describing import described


class SortDirection(StrEnum):
    ASCENDING = "ASCENDING"
    DESCENDING = "DESCENDING"


class ChangeAction(StrEnum):
    ADDED = "ADDED"
    EDITED = "EDITED"
    REMOVED = "REMOVED"


described(
    enums.ProgressKind,
    "ProgressKind",
    "Kinds of long acts.",
    LEAD_IMPORT="Import of leads.",
)
described(
    exports.Format,
    "ExportFormat",
    "Formats of exports.",
    CSV="Comma-separated, UTF-8; formula cells are defused.",
    NDJSON="One JSON object a line.",
)
described(
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
    CYCLE="It would follow from itself; the message names the circle.",
)
described(
    errors.ConflictReason,
    "ConflictReason",
    "Kinds of conflicts.",
    STALE_VERSION="The same fields changed since your version.",
    KEY_REUSED="The idempotency key was used with another body.",
    DUPLICATE="There is one already.",
)
described(
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
described(
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
described(
    errors.AccessEndReason,
    "AccessEndReason",
    "Why access ended.",
    NOT_FOUND="It does not exist or is not yours; first and only item.",
    REASSIGNED="Given to somebody else.",
    RIGHTS_CHANGED="Your role or the team's rights changed.",
    SIGNED_OUT="Signed out or disabled.",
)
described(
    SortDirection,
    "SortDirection",
    "Sort direction.",
    ASCENDING="Smallest, oldest, A first.",
    DESCENDING="Largest, newest, Z first.",
)
described(
    ChangeAction,
    "ChangeAction",
    "What happened to a thing.",
    ADDED="It is new.",
    EDITED="It is different.",
    REMOVED="It is gone.",
)
