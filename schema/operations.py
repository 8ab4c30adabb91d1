"""The schema object: a context of its own for every operation, and errors fit for clients."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import strawberry
from graphql import GraphQLError
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from schema.operation_errors import Code, operation_error, presentable


class LeadlightSchema(strawberry.Schema):
    """A Strawberry schema that reads these of the context, all optional:

    - `for_operation()`: the context of one operation. Over a WebSocket the transport has one
      context for the whole connection, so what belongs to an operation (loaders, a view of the
      database) would go stale in it.
    - `await release()`: gives back what the operation holds. Awaited after each result was
      executed and before the transport sends it, since a slow client may take its time to read,
      and again when the operation ends in any way.
    - `may_introspect`, default true, and `request_id`, default a new one.
    """

    execution_seconds: float | None = None
    """After so long a query or mutation is cancelled; streams have no end of their own."""

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """As `strawberry.Schema.execute`, in a context of its own, released at the end.

        One result is no stream: subscriptions are refused.
        """
        allowed = set(allowed_operation_types or OperationType) - {OperationType.SUBSCRIPTION}
        context = _for_operation(context_value)
        try:
            return await super().execute(
                query,
                variable_values,
                context,
                root_value,
                operation_name,
                allowed,
                operation_extensions,
            )
        finally:
            await _release(context)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> StreamResult:
        """As `strawberry.Schema.stream`, which `subscribe` uses, releasing before each result."""
        context = _for_operation(context_value)
        results = await super().stream(
            query,
            variable_values,
            context,
            root_value,
            operation_name,
            operation_extensions,
            allowed_operation_types,
        )
        return _released(results, context)

    async def _execute_operation(
        self, execution_context: ExecutionContext, *arguments: Any, **options: Any
    ) -> Any:
        """The one place through which queries and mutations of both transports come. Strawberry
        does not promise to keep it; tests guard it."""
        try:
            async with asyncio.timeout(self.execution_seconds) as limit:
                return await super()._execute_operation(execution_context, *arguments, **options)
        except TimeoutError:
            if not limit.expired():
                raise
            raise operation_error(
                Code.TIMEOUT, f"This took longer than {self.execution_seconds:g} s and was ended."
            ) from None

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Replaces each error by what the client may read; called for every result and item."""
        context = execution_context.context if execution_context else None
        request_id = str(getattr(context, "request_id", None) or uuid4().hex)
        suggests = bool(getattr(context, "may_introspect", True))
        errors[:] = [
            presentable(error, request_id=request_id, suggests=suggests) for error in errors
        ]


async def _released(results: StreamResult, context: object) -> StreamResult:
    try:
        async with aclosing(results):
            async for result in results:
                await _release(context)
                yield result
                del result  # nothing of an answer outlives its sending while a stream waits
    finally:
        await _release(context)


def _for_operation(context: object) -> object:
    fresh = getattr(context, "for_operation", None)
    return context if fresh is None else fresh()


async def _release(context: object) -> None:
    release = getattr(context, "release", None)
    if release is not None:
        await release()
