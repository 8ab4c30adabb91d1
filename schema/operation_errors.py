"""GraphQL errors: the codes that every one of them carries, and what a client may read of one.

Expected refusals of a mutation are members of its result union; the errors here are the rest.
"""

import re
import traceback
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from resolvers.errors import BadArgument

UNEXPECTED = "Unexpected error."

_log = structlog.get_logger("leadlight.operations")
_SUGGESTION = re.compile(r"\s*Did you mean\b.*", re.DOTALL)
_MAX_CAUSES = 5


class Code(StrEnum):
    """Values of `extensions.code`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    GONE = "GONE"
    RATE_LIMITED = "RATE_LIMITED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    TIMEOUT = "TIMEOUT"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


_CODES = frozenset(str(code) for code in Code)


def operation_error(code: Code, message: str, **extensions: Any) -> GraphQLError:
    """An error that reaches the client as it is, with `extensions.code` and what else is given."""
    return GraphQLError(message, extensions={"code": str(code), **extensions})


def presentable(error: GraphQLError, *, request_id: str, suggests: bool) -> GraphQLError:
    """What the client is told: ours as it is, the caller's mistakes labelled, defects masked.

    A defect is logged here, once, under the `request_id` that the client is given. `suggests` keeps
    "Did you mean" in messages, which otherwise gives away names of the schema.
    """
    if (error.extensions or {}).get("code") in _CODES:
        return error
    if not _is_callers_fault(error):
        log_defect("operation failed", error.original_error or error, request_id, error.path)
        return _copy(error, UNEXPECTED, code=Code.INTERNAL_SERVER_ERROR, requestId=request_id)
    return callers_mistake(error, suggests=suggests)


def callers_mistake(error: GraphQLError, *, suggests: bool) -> GraphQLError:
    """The error labelled as what it is, without "Did you mean" unless `suggests`."""
    message = error.message if suggests else _SUGGESTION.sub("", error.message)
    return _copy(error, message, code=Code.BAD_USER_INPUT)


def log_defect(
    event: str, defect: BaseException, request_id: str, path: list[str | int] | None = None
) -> None:
    """Logs where a defect arose. Messages of exceptions stay out: they repeat what clients sent."""
    _log.error(
        event,
        request_id=request_id,
        path=".".join(str(key) for key in path or ()),
        exception=_name(defect),
        trace=list(_trace(defect)),
    )


def _is_callers_fault(error: GraphQLError) -> bool:
    cause = error.original_error
    if isinstance(
        cause,
        BadArgument | CannotGetOperationTypeError | InvalidOperationTypeError | MissingQueryError,
    ):
        return True
    if error.path:
        # arguments filled from nullable variables are only checked while executing
        return isinstance(cause, GraphQLError) and error.message.startswith("Argument '")
    # without a path: syntax, and values of variables, whose cause is an error of GraphQL's own
    return cause is None or isinstance(cause, GraphQLError)


def _copy(error: GraphQLError, message: str, **extensions: Any) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={key: str(value) for key, value in extensions.items()},
    )


def _trace(defect: BaseException) -> Iterator[str]:
    """Frames of the defect and of its causes, innermost last, without any value."""
    cause: BaseException | None = defect
    for _ in range(_MAX_CAUSES):
        if cause is None:
            return
        yield _name(cause)
        for frame in traceback.extract_tb(cause.__traceback__):
            yield f"  {_tail(frame.filename)}:{frame.lineno} {frame.name}"
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _name(defect: BaseException) -> str:
    return f"{type(defect).__module__}.{type(defect).__qualname__}"


def _tail(filename: str) -> str:
    """The end of a path: enough to find the file, nothing of the machine."""
    return "/".join(filename.replace("\\", "/").split("/")[-3:])
