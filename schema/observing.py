"""Tells an observer of each operation once it has ended: how it went, never what it was about."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import perf_counter, time_ns
from typing import Any

from strawberry.extensions import SchemaExtension


@dataclass(frozen=True)
class Operation:
    """One operation: its kind, the code of its first error or OK, and how long it took.

    `name` is what the client calls it, and None unless that is a plain identifier of at most 64
    characters; it is the client's text and no value of a metric.
    """

    kind: str
    name: str | None
    code: str
    request_id: str
    started_ns: int
    """Nanoseconds since 1970."""
    seconds: float


Observe = Callable[[Operation], None]
MAX_NAME = 64


class Observing(SchemaExtension):
    """Pass it as a factory, `lambda: Observing(observe)`, before all others.

    A stream is an operation of its whole life.
    """

    def __init__(self, observe: Observe) -> None:
        self._observe = observe

    async def on_operation(self) -> AsyncIterator[None]:
        started_ns, started = time_ns(), perf_counter()
        try:
            yield
        finally:
            told = self._told(started_ns, perf_counter() - started)
            self._observe(told)

    def _told(self, started_ns: int, seconds: float) -> Operation:
        context = self.execution_context
        result: Any = context.result
        errors = context.pre_execution_errors or getattr(result, "errors", None) or ()
        codes = [str((error.extensions or {}).get("code", "")) for error in errors]
        name = context.operation_name
        is_plain = name is not None and name.isidentifier() and len(name) <= MAX_NAME
        return Operation(
            kind=_kind(context),
            name=name if is_plain else None,
            code=(codes[0] or "INTERNAL_SERVER_ERROR") if codes else "OK",
            request_id=str(getattr(context.context, "request_id", "")),
            started_ns=started_ns,
            seconds=seconds,
        )


def _kind(context: Any) -> str:
    """`query`, `mutation`, `subscription`, or `none` for what is no operation."""
    try:
        return str(context.operation_type.value)
    except Exception:
        # Strawberry raises for documents that could not be parsed and for unknown names.
        return "none"
