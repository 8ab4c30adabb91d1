"""Expected refusals. Each is a fact about the request; `schema/errors.py` turns it into data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.fields import FieldDefinition


class DomainError(Exception):
    """A refusal that the caller can act upon; nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    """It does not exist or is not the caller's; both look alike."""

    def __init__(self, noun: str, identity: str) -> None:
        super().__init__(f"There is no such {noun}.")
        self.identity = identity


class Gone(DomainError):
    """It was erased, and the caller may know."""

    def __init__(self, erased_at: datetime) -> None:
        super().__init__("The lead was erased.")
        self.erased_at = erased_at


class Forbidden(DomainError):
    """The caller sees it but may not do this."""

    def __init__(self, permission: str, message: str = "You may not do this.") -> None:
        super().__init__(message)
        self.permission = permission


class ProblemCode(StrEnum):
    REQUIRED = "REQUIRED"
    MALFORMED = "MALFORMED"
    TOO_LARGE = "TOO_LARGE"
    TOO_SMALL = "TOO_SMALL"
    WRONG_TYPE = "WRONG_TYPE"
    UNKNOWN = "UNKNOWN"
    TAKEN = "TAKEN"
    CONTRADICTION = "CONTRADICTION"
    CYCLE = "CYCLE"


@dataclass(frozen=True)
class Problem:
    """One problem of an input; `path` holds keys and list indexes from the input down."""

    path: tuple[str, ...]
    code: ProblemCode
    message: str


class InvalidInput(DomainError):
    """The input breaks a rule that its types can't express."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


def invalid(path: str, code: ProblemCode, message: str) -> InvalidInput:
    """One problem at a dotted path."""
    return InvalidInput(Problem(tuple(path.split(".")), code, message))


class ConflictReason(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    KEY_REUSED = "KEY_REUSED"
    DUPLICATE = "DUPLICATE"


@dataclass(frozen=True)
class Clash:
    """A field that somebody else changed since the caller's version; values as in the log."""

    path: str
    field_id: UUID | None
    base: Any
    current: Any
    attempted: Any
    changed_by: str
    changed_at: datetime


class Conflict(DomainError):
    """Somebody was first. `version` is the present one of `owner`, for another try.

    `existing` is the id of what is there already, as clients see it.
    """

    def __init__(
        self,
        reason: ConflictReason,
        message: str,
        *,
        owner: UUID | None = None,
        version: int | None = None,
        clashes: tuple[Clash, ...] = (),
        existing: str | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.owner = owner
        self.version = version
        self.clashes = clashes
        self.existing = existing


class PreconditionReason(StrEnum):
    ARCHIVED = "ARCHIVED"
    READ_ONLY = "READ_ONLY"
    PRIMARY_NEEDED = "PRIMARY_NEEDED"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    LEAD_OFFLINE = "LEAD_OFFLINE"
    TOTP_NEEDED = "TOTP_NEEDED"
    TOTP_ON = "TOTP_ON"
    TOTP_OFF = "TOTP_OFF"
    TOKEN_INVALID = "TOKEN_INVALID"
    LAST_ADMIN = "LAST_ADMIN"
    INVITED = "INVITED"
    UPLOAD_MISSING = "UPLOAD_MISSING"
    NO_ACCOUNT = "NO_ACCOUNT"
    SECRET_SHOWN = "SECRET_SHOWN"
    UPLOAD_TYPE = "UPLOAD_TYPE"
    IN_USE = "IN_USE"
    NOT_WON = "NOT_WON"
    NO_WON_STATE = "NO_WON_STATE"
    REOPEN_OFF = "REOPEN_OFF"
    ALREADY_UNMERGED = "ALREADY_UNMERGED"
    NEWER_MERGE = "NEWER_MERGE"


class Precondition(DomainError):
    """Something else must be so first."""

    def __init__(self, reason: PreconditionReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LimitReached(DomainError):
    """A stated limit; `retry_after` in seconds, None when waiting does not help."""

    def __init__(self, message: str, limit: int, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.limit = limit
        self.retry_after = retry_after


class ChannelUnavailable(DomainError):
    """The channel can't be used for this lead; `alternatives` could."""

    def __init__(self, channel: str, reason: str, alternatives: tuple[str, ...]) -> None:
        super().__init__("This channel can't be used for the lead.")
        self.channel = channel
        self.reason = reason
        self.alternatives = alternatives


class MissingRequiredFields(DomainError):
    """Required fields would be left empty; `fields` are copies, good after the transaction."""

    def __init__(self, fields: Sequence[FieldDefinition]) -> None:
        self.fields = [FieldDefinition(**each.model_dump()) for each in fields]
        self.labels = tuple(each.label for each in self.fields)
        super().__init__(f"Please fill: {', '.join(self.labels)}.")


class TransitionRefused(DomainError):
    """A rule of the pipeline forbids the move; `from_id` None: from anywhere."""

    def __init__(self, from_id: UUID | None, to_id: UUID, reason: str) -> None:
        super().__init__(reason)
        self.from_id = from_id
        self.to_id = to_id


class ProviderFailed(Exception):
    """Another service did not answer, or not as it should; the message is for the log."""


class BadArgument(Exception):
    """A query's or stream's argument is malformed: an error of the operation, not data."""


class AccessEndReason(StrEnum):
    NOT_FOUND = "NOT_FOUND"
    REASSIGNED = "REASSIGNED"
    RIGHTS_CHANGED = "RIGHTS_CHANGED"
    SIGNED_OUT = "SIGNED_OUT"
