"""Traces for an OpenTelemetry collector: a span for each GraphQL operation and each worker's run.

A span tells how it went, never what it was about: no document, variable or person. Without a
collector neither its tracing nor an exporter is imported.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from resolvers.job_runner import Run
from schema.observing import Operation

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

SERVICE = "leadlight"


class Tracing:
    """Sends spans in batches from a thread of its own; what a collector does not take is lost."""

    def __init__(self, endpoint: str | None) -> None:
        """`endpoint` is the collector's address without the path of a signal."""
        self._endpoint = endpoint
        self._tracer: Tracer | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tells of what ends meanwhile; the last spans are sent at the end."""
        if self._endpoint is None:
            yield
            return
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        process = {"service.name": SERVICE, "service.instance.id": uuid4().hex}
        provider = TracerProvider(resource=Resource.create(process), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{self._endpoint}/v1/traces", timeout=SEND_SECONDS)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = provider.get_tracer(SERVICE)
        try:
            yield
        finally:
            self._tracer = None
            await asyncio.to_thread(provider.shutdown)

    def operation(self, operation: Operation) -> None:
        """Tells of a GraphQL operation that ended."""
        name = operation.kind if operation.name is None else f"{operation.kind} {operation.name}"
        told = {
            "graphql.operation.type": operation.kind,
            "leadlight.code": operation.code,
            "leadlight.request_id": operation.request_id,
        }
        is_defect = operation.code == "INTERNAL_SERVER_ERROR"
        self._tell(name, told, operation.started_ns, operation.seconds, is_defect)

    def run(self, run: Run) -> None:
        """Tells of a run of background work that ended."""
        told = {"leadlight.code": run.failure or "OK"}
        self._tell(f"worker {run.name}", told, run.started_ns, run.seconds, bool(run.failure))

    def _tell(
        self, name: str, told: dict[str, str], started_ns: int, seconds: float, is_defect: bool
    ) -> None:
        if self._tracer is None:
            return
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind, StatusCode

        kind = SpanKind.INTERNAL if name.startswith("worker ") else SpanKind.SERVER
        span = self._tracer.start_span(
            name, context=Context(), kind=kind, attributes=told, start_time=started_ns
        )
        if is_defect:
            span.set_status(StatusCode.ERROR)
        span.end(started_ns + round(seconds * 1e9))


SEND_SECONDS = 3.0
"""How long a collector may take; a stopping server waits no longer for it."""
