"""Servers and workers."""

import asyncio
import signal
import sys
from typing import Annotated, Any

import typer

from cli.data_folder import only_server
from cli.greeting import Loading, greeting
from cli.program import configure_logging, program, run
from settings import Settings, load_secret_key, load_settings

CLOSED_EACH_SECOND = 100
"""Sockets closed in a second of a shutdown, so that their clients come back spread out."""


@program.command()
def serve(
    reload: Annotated[bool, typer.Option(help="Start again when the code changes.")] = False,
) -> None:
    """Migrate, load demo data once, and serve."""
    settings = load_settings()
    configure_logging(settings)
    if reload:
        from watchfiles import run_process

        run_process(".", target=f"{sys.executable} -m cli serve", target_type="command")
        return
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from app import create_app
    from realtime.sockets import GracefulServer, server_config

    async with only_server(settings):
        access = await _prepare(settings)
        app = create_app(settings)

        async def drain() -> None:
            sockets = app.state.sockets
            over = min(settings.shutdown_seconds / 2, len(sockets) / CLOSED_EACH_SECOND)
            await sockets.close_all(over=over)

        config = server_config(
            app,
            settings.host,
            settings.port,
            shutdown_seconds=int(settings.shutdown_seconds),
            trusted_proxies=list(settings.trusted_proxies) or "127.0.0.1",
            ws_max_size=settings.max_message_bytes,
        )
        started = greeting(settings, access)
        server = GracefulServer(config, drain, lambda: typer.echo(started))
        await server.serve()
    if not server.started:
        sys.exit(1)


async def _prepare(settings: Settings) -> Any:
    """Refuses early what can't work; loads demo data, when asked for."""
    from app import open_database, open_services

    load_secret_key(settings)
    if not settings.demo:
        async with open_database(settings):
            return None
    from demo import ensure_demo_site_origins, load_demo, read_demo_access

    async with open_services(settings) as services:
        if settings.is_embedded:
            await load_demo(services, settings, tell=Loading())
        await ensure_demo_site_origins(services, settings)
    return read_demo_access(settings)


@program.command()
def worker() -> None:
    """Do the background work of a deployment whose API processes don't (WORKER_INSIDE)."""
    settings = load_settings()
    configure_logging(settings)
    run(_worker(settings))


async def _worker(settings: Settings) -> None:
    from app import open_services
    from resolvers.worker import run_worker
    from tracing import Tracing

    tracing = Tracing(settings.otel_exporter_otlp_endpoint)
    async with tracing.running(), open_services(settings) as services:
        work = asyncio.create_task(run_worker(services, tracing.run))
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, work.cancel)
        typer.echo("The worker is running. Stop it with Ctrl+C.")
        await asyncio.wait([work])
