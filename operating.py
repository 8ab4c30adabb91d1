"""What an operator watches: readiness, metrics, and one line of log for each request.

Nothing here names a person: paths are told by their first segment, operations by kind.
"""

import asyncio
import hmac
import re
from ipaddress import ip_address
from time import perf_counter
from uuid import uuid4

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolvers.job_list import queue_states
from resolvers.services import Services
from resolvers.workspace import current_epoch
from schema.observing import Operation
from schema.sockets import Sockets
from settings import Settings

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 2.0
"""How long a part may take to say that it is there."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Metrics:
    """Figures of this process in Prometheus' text form."""

    def __init__(self, sockets: Sockets) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._operations = Counter(
            "leadlight_operations",
            "GraphQL operations that ended, by kind and code; OK: without errors.",
            ("kind", "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "leadlight_operation_seconds",
            "Duration of queries and mutations.",
            ("kind",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._responses = Counter(
            "leadlight_responses", "HTTP responses, by status.", ("status",), registry=self.registry
        )
        open_sockets = Gauge(
            "leadlight_open_sockets", "WebSockets that are open.", registry=self.registry
        )
        open_sockets.set_function(lambda: len(sockets))
        self._parts = Gauge(
            "leadlight_part_up",
            "1 while the database or the bus answers, else 0.",
            ("part",),
            registry=self.registry,
        )

        self._jobs = Gauge(
            "leadlight_jobs", "Background work, by queue and state.", ("queue", "state"),
            registry=self.registry,
        )  # fmt: skip
        self._lag = Gauge(
            "leadlight_oldest_job_seconds",
            "For how long the oldest job of a queue could have been taken.",
            ("queue",),
            registry=self.registry,
        )

    def observe(self, operation: Operation) -> None:
        """Counts an operation that ended."""
        self._operations.labels(operation.kind, operation.code).inc()
        if operation.kind in ("query", "mutation"):
            self._seconds.labels(operation.kind).observe(operation.seconds)

    def answered(self, status: int) -> None:
        """Counts an HTTP response."""
        self._responses.labels(str(status)).inc()

    async def text(self, services: Services) -> bytes:
        """All figures now."""
        for part, is_up in (await parts_up(services)).items():
            self._parts.labels(part).set(is_up)
            if part == "database" and is_up:
                await self._look_at_jobs(services)
        return generate_latest(self.registry)

    async def _look_at_jobs(self, services: Services) -> None:
        now = services.clock.now()
        async with services.database.read_session() as session:
            states = await queue_states(session, now)
        self._jobs.clear()
        self._lag.clear()
        for each in states:
            self._jobs.labels(each.queue, "waiting").set(each.waiting)
            self._jobs.labels(each.queue, "running").set(each.running)
            self._jobs.labels(each.queue, "failed").set(each.failed)
            lag = (now - each.oldest).total_seconds() if each.oldest else 0
            self._lag.labels(each.queue).set(lag)


async def parts_up(services: Services) -> dict[str, bool]:
    """Whether the database answers within 2 s, and whether the bus is connected."""
    return {"database": await _answers(services), "bus": services.bus.is_up}


async def _answers(services: Services) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await current_epoch(services)
    except Exception as error:
        # Whatever it is, the answer is no; the driver's own text may name addresses.
        log.warning("the database does not answer", error=type(error).__name__)
        return False
    return True


async def ready(request: Request) -> Response:
    """200 while requests can be served: `degraded` without the bus, when cards learn of changes
    a little later; 503 `unavailable` without the database."""
    parts = await parts_up(request.app.state.services)
    if not parts["database"]:
        return JSONResponse({"status": "unavailable", **parts}, 503)
    return JSONResponse({"status": "ready" if parts["bus"] else "degraded", **parts})


async def metrics(request: Request) -> Response:
    """For callers on this machine, and for those with METRICS_TOKEN as bearer."""
    if not _may_measure(request, request.app.state.settings):
        return PlainTextResponse("Not found.", 404)
    told = await request.app.state.metrics.text(request.app.state.services)
    return Response(told, media_type=CONTENT_TYPE_LATEST)


def _may_measure(request: Request, settings: Settings) -> bool:
    token = settings.metrics_token
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class RequestLog:
    """Gives each request an id, answers with it, and logs one line when it ended.

    A well-formed `X-Request-Id` of the caller is kept, so that lines of a proxy and ours meet.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, known: frozenset[str]) -> None:
        """`known` are the first segments of our paths: others may be anything."""
        self.app, self.metrics, self._known = app, metrics, known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                message = {**message, "headers": headers}
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, tell)
            finally:
                self._log(scope, status, perf_counter() - started)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        kind = scope["type"]
        if kind == "http":
            self.metrics.answered(status)
        place = scope["path"].split("/", 2)[1]
        if place in ("healthz", "readyz", "metrics"):
            return
        log.info(
            "request" if kind == "http" else "socket",
            method=scope.get("method"),
            path=f"/{place}" if place in self._known else "other",
            status=status or None,
            ms=round(seconds * 1000, 1),
        )


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if GIVEN_ID.fullmatch(given) else uuid4().hex
