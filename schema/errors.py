"""Refusals as data: each domain error has one type, and one mapping for all mutations."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.types.field import StrawberryField

from models.enums import Channel
from resolvers import errors
from resolvers.errors import ConflictReason, PreconditionReason, ProblemCode
from resolvers.policy import Permission
from resolvers.secrets import Unsealable
from schema.context import Info
from schema.field_definitions import FieldDefinition
from schema.scalars import Version
from schema.values import Value, value_of


@strawberry.interface(description="Refusal that a client can act upon.")
class Error:
    message: str = strawberry.field(
        description="English, for people; type, codes and fields make it translatable."
    )


@strawberry.type(description="One problem of an input.")
class InputProblem:
    path: list[str] = strawberry.field(description="Keys and list indexes from `input` down.")
    code: ProblemCode = strawberry.field(description="Kind of problem.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="The input can't be accepted; nothing was written.")
class InvalidInputError(Error):
    problems: list[InputProblem] = strawberry.field(description="What is wrong, at least one.")


@strawberry.type(description="It does not exist or is not yours.")
class NotFoundError(Error):
    id: strawberry.ID = strawberry.field(description="The id that was not found.")


@strawberry.type(description="The lead was erased.")
class GoneError(Error):
    erased_at: datetime = strawberry.field(description="When.")


@strawberry.type(description="You see it but may not do this.")
class ForbiddenError(Error):
    permission: Permission = strawberry.field(description="The permission that is missing.")


@strawberry.type(description="One clash.")
class FieldConflict:
    path: str = strawberry.field(description="Field of the input.")
    base: Value | None = strawberry.field(description="Value at your version; null for none.")
    current: Value | None = strawberry.field(description="Value now; null for none.")
    attempted: Value | None = strawberry.field(description="Value that you sent; null for none.")
    changed_by_name: str = strawberry.field(description="Who changed it.")
    changed_at: datetime = strawberry.field(description="When.")


@strawberry.type(description="Somebody or something was first; nothing was written.")
class ConflictError(Error):
    conflict_reason: ConflictReason = strawberry.field(description="What clashes.")
    current_version: Version | None = strawberry.field(
        description="STALE_VERSION: version to try again with."
    )
    conflicts: list[FieldConflict] = strawberry.field(
        description="STALE_VERSION: the clashing fields; else empty."
    )
    existing_id: strawberry.ID | None = strawberry.field(
        description="DUPLICATE: the existing one, if it is yours."
    )


@strawberry.type(description="A stated limit is reached.")
class LimitError(Error):
    limit: int = strawberry.field(description="The limit.")
    retry_after: int | None = strawberry.field(
        description="Seconds until it may be tried again; null: waiting does not help."
    )


@strawberry.type(description="Something else must be so first; nothing was written.")
class PreconditionError(Error):
    reason: PreconditionReason = strawberry.field(description="What.")


@strawberry.type(description="The channel can't be used for this lead.")
class ChannelUnavailableError(Error):
    channel: Channel = strawberry.field(description="The channel.")
    alternatives: list[Channel] = strawberry.field(description="Channels that would do.")


@strawberry.type(description="Fields that must be filled first.")
class MissingRequiredFieldsError(Error):
    labels: list[str] = strawberry.field(description="Labels of the empty required fields.")
    fields: list[FieldDefinition] = strawberry.field(description="The empty required fields.")


class OnInvalidInput(ExceptionHandler[errors.InvalidInput, InvalidInputError]):
    def handle(
        self, exception: errors.InvalidInput, *, field: StrawberryField, info: Info
    ) -> InvalidInputError:
        problems = [
            InputProblem(path=list(each.path), code=each.code, message=each.message)
            for each in exception.problems
        ]
        return InvalidInputError(message=exception.message, problems=problems)


class OnNotFound(ExceptionHandler[errors.NotFound, NotFoundError]):
    def handle(
        self, exception: errors.NotFound, *, field: StrawberryField, info: Info
    ) -> NotFoundError:
        return NotFoundError(message=exception.message, id=strawberry.ID(exception.identity))


class OnGone(ExceptionHandler[errors.Gone, GoneError]):
    def handle(self, exception: errors.Gone, *, field: StrawberryField, info: Info) -> GoneError:
        return GoneError(message=exception.message, erased_at=exception.erased_at)


class OnForbidden(ExceptionHandler[errors.Forbidden, ForbiddenError]):
    def handle(
        self, exception: errors.Forbidden, *, field: StrawberryField, info: Info
    ) -> ForbiddenError:
        return ForbiddenError(
            message=exception.message, permission=Permission(exception.permission)
        )


class OnConflict(ExceptionHandler[errors.Conflict, ConflictError]):
    def handle(
        self, exception: errors.Conflict, *, field: StrawberryField, info: Info
    ) -> ConflictError:
        version = None
        if exception.owner is not None and exception.version is not None:
            version = seal_version(info, exception.owner, exception.version)
        return ConflictError(
            message=exception.message,
            conflict_reason=exception.reason,
            current_version=version,
            conflicts=[
                FieldConflict(
                    path=clash.path,
                    base=value_of(clash.base),
                    current=value_of(clash.current),
                    attempted=value_of(clash.attempted),
                    changed_by_name=clash.changed_by,
                    changed_at=clash.changed_at,
                )
                for clash in exception.clashes
            ],
            existing_id=strawberry.ID(exception.existing) if exception.existing else None,
        )


class OnPrecondition(ExceptionHandler[errors.Precondition, PreconditionError]):
    def handle(
        self, exception: errors.Precondition, *, field: StrawberryField, info: Info
    ) -> PreconditionError:
        return PreconditionError(message=exception.message, reason=exception.reason)


class OnLimit(ExceptionHandler[errors.LimitReached, LimitError]):
    def handle(
        self, exception: errors.LimitReached, *, field: StrawberryField, info: Info
    ) -> LimitError:
        return LimitError(
            message=exception.message, limit=exception.limit, retry_after=exception.retry_after
        )


class OnChannel(ExceptionHandler[errors.ChannelUnavailable, ChannelUnavailableError]):
    def handle(
        self, exception: errors.ChannelUnavailable, *, field: StrawberryField, info: Info
    ) -> ChannelUnavailableError:
        return ChannelUnavailableError(
            message=exception.message,
            channel=Channel(exception.channel),
            alternatives=[Channel(each) for each in exception.alternatives],
        )


class OnMissingFields(ExceptionHandler[errors.MissingRequiredFields, MissingRequiredFieldsError]):
    def handle(
        self, exception: errors.MissingRequiredFields, *, field: StrawberryField, info: Info
    ) -> MissingRequiredFieldsError:
        return MissingRequiredFieldsError(
            message=exception.message,
            labels=list(exception.labels),
            fields=[FieldDefinition(row=each) for each in exception.fields],
        )


HANDLERS: tuple[ExceptionHandler[Any, Any], ...] = (
    OnInvalidInput(),
    OnNotFound(),
    OnGone(),
    OnForbidden(),
    OnConflict(),
    OnPrecondition(),
    OnLimit(),
    OnChannel(),
    OnMissingFields(),
)


def seal_version(info: Info, owner: Any, number: int) -> Version:
    """An object's version as clients see it."""
    return Version(info.context.services.secrets.seal("version", owner, "", number))


def read_version(
    info: Info, owner: Any, text: str | None, path: str = "expectedVersion"
) -> int | None:
    """The number in a version; InvalidInput at `path` for one of another object."""
    if text is None:
        return None
    try:
        return info.context.services.secrets.unseal("version", owner, "", text)[0]
    except Unsealable as error:
        raise errors.invalid(
            path, errors.ProblemCode.MALFORMED, "This is no version of it."
        ) from error
