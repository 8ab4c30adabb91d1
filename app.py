"""Wiring: settings become a database, a bus, presence and the application that serves them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

import operating
from auth import PATH, ProviderRoutes
from calendars import calendar_routes
from cors import Cors
from edge import Edge
from models.clock import Clock, SystemClock
from models.engine import Database
from models.migrations import migrate
from pages import page_routes
from realtime.buckets import Buckets, MemoryBuckets, RedisBuckets
from realtime.bus import Bus
from realtime.hub import Hub
from realtime.limiter import Limiter
from realtime.presence import MemoryPresence, Presence, RedisPresence, Timing, run_sweeper
from realtime.store import Store
from realtime.tasks import end
from realtime.viewers import MemoryViewers, RedisViewers, Viewers
from resolvers import staff, visits
from resolvers.errors import DomainError
from resolvers.feed import LogSource
from resolvers.file_intake import Intake
from resolvers.file_store import FileStore
from resolvers.job_runner import Observe
from resolvers.limits import ApiRules, DocumentMode
from resolvers.origins import KnownOrigins
from resolvers.passwords import Passwords
from resolvers.places import NoPlaces, Places
from resolvers.presence import note_alive, take_up_intervals
from resolvers.secrets import Secrets
from resolvers.services import Files, Services, VisitTiming
from resolvers.worker import run_worker, store_all
from resolvers.workspace import begin_workspace
from schema.budget import Limits
from schema.build import build_schema
from schema.documents import DocumentCache
from schema.endpoint import GraphQLEndpoint
from schema.observing import Operation
from schema.sockets import Sockets
from schema.trusted import ManifestRefused, TrustedDocuments, read_trusted
from settings import Settings, SettingsRefused, load_secret_key
from tracing import Tracing
from transfers import transfer_routes

if TYPE_CHECKING:
    from resolvers.sign_in_providers import OidcProvider

log = structlog.get_logger(__name__)

LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
MAX_LEAVE_BYTES = 2_048


def presence_timing(settings: Settings) -> Timing:
    """Durations of presence as the settings have them."""
    return Timing(
        sleep=settings.presence_sleep_seconds,
        leave=settings.presence_leave_seconds,
        visible_lease=settings.presence_visible_lease_seconds,
        hidden_lease=settings.presence_hidden_lease_seconds,
        grace=settings.presence_visible_lease_seconds,
    )


def api_rules(settings: Settings) -> ApiRules:
    """What callers may send, as the settings have it."""
    return ApiRules(
        everyone_introspects=settings.introspection == "everyone",
        documents=DocumentMode(settings.documents),
        staff_cost=settings.staff_cost_per_minute,
        visitor_cost=settings.visitor_cost_per_minute,
        address_cost=settings.address_cost_per_minute,
        sign_in_account=settings.sign_in_per_minute,
        sign_in_all=settings.sign_in_per_minute_in_all,
    )


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, migrated."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        await migrate(database)
        yield database
    finally:
        await database.dispose()


@asynccontextmanager
async def open_services(
    settings: Settings,
    clock: Clock | None = None,
    on_reconcile: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Services]:
    """The parts of one process, started, and stopped again at the end; the schema is migrated.

    `on_reconcile` runs with each look at the database that the hub takes.
    """
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(load_secret_key(settings).decode())
        database = await stack.enter_async_context(open_database(settings))
        bus = Bus.open(settings.redis_url)
        store = Store.open(settings.redis_url) if settings.redis_url else None
        if store:
            stack.push_async_callback(store.close)
        limiter = Limiter(settings.redis_url)
        stack.push_async_callback(limiter.close)
        hub = Hub(
            bus,
            LogSource(database),
            reconcile_seconds=settings.reconcile_seconds,
            on_reconcile=on_reconcile,
        )
        buckets: Buckets = RedisBuckets(store) if store else MemoryBuckets()
        presence, viewers = _presence(settings, clock, bus, store)
        services = Services(
            database=database,
            clock=clock,
            bus=bus,
            hub=hub,
            presence=presence,
            viewers=viewers,
            secrets=secrets,
            limiter=limiter,
            buckets=buckets,
            passwords=Passwords(),
            public_url=settings.public_url,
            origins=KnownOrigins(database, clock, settings.allowed_origins),
            api=api_rules(settings),
            provider=_provider(settings, clock, secrets),
            visit_timing=VisitTiming(
                visible_beat=settings.presence_visible_beat_seconds,
                hidden_beat=settings.presence_hidden_beat_seconds,
                activity=settings.presence_activity_seconds,
            ),
            files=_files(settings),
            places=stack.enter_context(contextlib.closing(_places(settings))),
            lease_seconds=settings.worker_lease_seconds,
        )
        await bus.connect()
        stack.push_async_callback(bus.disconnect)
        await hub.start()
        stack.push_async_callback(hub.close)
        await begin_workspace(services)
        yield services


def _files(settings: Settings) -> Files:
    store = FileStore(settings.data_dir / "files", settings.file_store_url)
    intake = Intake(store, settings.file_max_bytes, settings.file_check_command)
    return Files(settings.data_dir, settings.upload_max_bytes, store, intake)


def _places(settings: Settings) -> Places:
    try:
        return Places(settings.location_file)
    except NoPlaces as refused:
        raise SettingsRefused(f"LOCATION_FILE: {refused}") from None


def _provider(settings: Settings, clock: Clock, secrets: Secrets) -> "OidcProvider | None":
    if settings.oidc_issuer is None:
        return None
    # Only here, because it loads an HTTP client that nothing else needs.
    from resolvers.sign_in_providers import OidcProvider

    assert settings.oidc_client_id is not None
    assert settings.oidc_client_secret is not None
    return OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        clock=clock,
        vault=secrets,
        redirect_uri=f"{settings.public_url}{PATH}/callback",
    )


def _presence(
    settings: Settings, clock: Clock, bus: Bus, store: Store | None
) -> tuple[Presence, Viewers]:
    timing = presence_timing(settings)
    if store:
        return RedisPresence(store, timing), RedisViewers(store)
    return MemoryPresence(clock, timing, bus.publish), MemoryViewers(clock, bus.publish)


def trusted_documents(settings: Settings) -> TrustedDocuments:
    """Documents of our own pages and those of DOCUMENTS_DIR; raises SettingsRefused."""
    try:
        return read_trusted(settings.documents_dir)
    except ManifestRefused as refused:
        raise SettingsRefused(f"DOCUMENTS_DIR: {refused}") from None


def create_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """The ASGI application of one process."""
    sockets = Sockets()
    metrics = operating.Metrics(sockets)
    tracing = Tracing(settings.otel_exporter_otlp_endpoint)

    def observe(operation: Operation) -> None:
        metrics.observe(operation)
        tracing.operation(operation)

    schema = build_schema(
        DocumentCache(Limits(cost=settings.max_cost)),
        trusted_documents(settings),
        execution_seconds=settings.execution_seconds,
        observe=observe,
    )
    is_secure = settings.public_url.startswith(("https://", *LOOPBACK))
    graphql = GraphQLEndpoint(
        schema,
        public_url=settings.public_url,
        sockets=sockets,
        max_body_bytes=settings.max_body_bytes,
        max_operations_per_socket=settings.operations_per_socket,
        max_sockets_per_caller=settings.sockets_per_caller,
    )
    graphql.cookie = "__Host-leadlight" if is_secure else "leadlight"
    graphql.is_secure = is_secure

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async def look_after_sessions() -> None:
            if hasattr(app.state, "services"):
                await close_ended_sessions(app.state.services, sockets)

        opened = open_services(settings, clock, look_after_sessions)
        async with tracing.running(), opened as services:
            app.state.services = graphql.services = services
            async with background(settings, services, tracing.run):
                yield

    async def schema_file(request: Request) -> Response:
        return PlainTextResponse(schema.as_str())

    routes = [
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        Route("/schema.graphql", schema_file),
        Route("/healthz", healthy),
        Route("/readyz", operating.ready),
        Route("/metrics", operating.metrics),
        *calendar_routes(),
        *transfer_routes(graphql, settings.upload_max_bytes),
        Route("/visit/leave", leave_page, methods=["POST"], max_body_size=MAX_LEAVE_BYTES),
        *ProviderRoutes(graphql).routes(),
        *page_routes(),
    ]
    known = frozenset(str(getattr(route, "path", "/")).split("/", 2)[1] for route in routes)
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(operating.RequestLog, metrics=metrics, known=known),
            Middleware(Edge, settings=settings),
            Middleware(Cors),
        ],
        lifespan=lifespan,
    )
    app.state.sockets, app.state.metrics, app.state.settings = sockets, metrics, settings
    return app


@asynccontextmanager
async def background(
    settings: Settings, services: Services, observe: Observe = lambda run: None
) -> AsyncIterator[None]:
    """What runs beside the requests of an API process; `observe` is told of the worker's runs."""
    if settings.redis_url is None:
        await take_up_intervals(services, presence_timing(settings))
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(run_sweeper(services.presence))]
    if settings.worker_inside:
        tasks.append(asyncio.create_task(run_worker(services, observe)))
    try:
        yield
    finally:
        await end(tasks)
        if settings.worker_inside:
            await store_all(services)
            await note_alive(services)


async def close_ended_sessions(services: Services, sockets: Sockets) -> None:
    """Closes the sockets of people who signed out or may no longer sign in; who is left is here."""
    ids = {UUID(hex=key[6:]): key for key in sockets.sessions() if key.startswith("staff:")}
    if not ids:
        return
    for session_id in await staff.ended_sessions(services, ids):
        # Not awaited: a client that does not read must not keep the hub from looking.
        services.hub.spawn(sockets.close_session(ids.pop(session_id)))
    await staff.keep_awake(services, ids)


async def healthy(request: Request) -> Response:
    """The process answers; what it depends on is not asked."""
    return JSONResponse({"isHealthy": True})


async def leave_page(request: Request) -> Response:
    """The beacon of a page that is being left: `{"token": ..., "pageKey": ...}` as text.

    It can do no more than shorten one lease of the token's own visit, so any site may send it.
    """
    services: Services = request.app.state.services
    try:
        body = orjson.loads(await request.body())
        token, page_key = str(body["token"]), str(body["pageKey"])
        actor = await visits.actor_for_token(services, token)
        if actor is not None:
            await visits.leave(services, actor, page_key)
    except (orjson.JSONDecodeError, KeyError, TypeError, DomainError):
        return Response(status_code=400)
    return Response(status_code=204)
