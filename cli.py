"""`python -m cli`: serve, worker, migrate, demo, create-staff, backup, restore, new-epoch, ..."""

import asyncio
import fcntl
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import structlog
import typer

from settings import Settings, SettingsRefused, load_secret_key, load_settings

if TYPE_CHECKING:
    from resolvers.services import Services

cli = typer.Typer(
    help="Leadlight: one GraphQL API with a live lead card.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CLOSED_EACH_SECOND = 100
"""Sockets closed in a second of a shutdown, so that their clients come back spread out."""


def main() -> None:
    """Runs a command; what is wrong with the settings is told in a line each."""
    try:
        cli()
    except SettingsRefused as refused:
        sys.exit(str(refused))
    except OSError as fault:  # a server that does not answer, a folder that can't be written
        sys.exit(f"{type(fault).__name__}: {fault}")


def configure_logging(settings: Settings) -> None:
    """Logs of the program and its libraries as lines on standard error."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    from models.migrations import NewerDatabase

    try:
        return asyncio.run(work)
    except NewerDatabase as refused:
        sys.exit(str(refused))


class AlreadyRunning(SystemExit):
    """Another server has this data folder."""


@asynccontextmanager
async def only_server(settings: Settings) -> AsyncIterator[None]:
    """Holds the data folder while an embedded server runs: its bus reaches one process only."""
    if not settings.is_embedded:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.data_dir / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another server uses {settings.data_dir}. Stop it, or set DATABASE_URL and "
                "REDIS_URL to run several."
            ) from None
        yield
    finally:
        os.close(descriptor)


@cli.command()
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
    _run(_serve(settings))


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
            await load_demo(services, settings)
        await ensure_demo_site_origins(services, settings)
    return read_demo_access(settings)


def greeting(settings: Settings, access: Any) -> str:
    """What is printed once the server answers."""
    url = settings.public_url
    lines = [
        "",
        typer.style("  Leadlight is running", bold=True),
        "",
        f"  Live card   {url}/live",
        f"  Demo shop   {url}/demo-site",
        f"  GraphQL     {url}/graphql   (schema: {url}/schema.graphql)",
    ]
    return "\n".join([*lines, *logins(access), "", "  Stop it with Ctrl+C.", ""])


def logins(access: Any) -> list[str]:
    """A login for each role of the demo; nothing without one."""
    if access is None:
        return []
    return [
        "",
        typer.style("  Sign in with", bold=True),
        "",
        *(
            f"  {login.role.title():<9} {login.email_address:<22} {login.password}"
            for login in access.logins
        ),
    ]


@cli.command()
def worker() -> None:
    """Do the background work of a deployment whose API processes don't (WORKER_INSIDE)."""
    settings = load_settings()
    configure_logging(settings)
    _run(_worker(settings))


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


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema; servers do the same at their start."""
    settings = load_settings()
    configure_logging(settings)
    _run(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    from app import open_services

    async with open_services(settings):
        typer.echo("The database is up to date.")


@cli.command()
def demo() -> None:
    """Load the demo data into an empty workspace, also of PostgreSQL, and print the logins."""
    settings = load_settings()
    configure_logging(settings)
    _run(_demo(settings))


async def _demo(settings: Settings) -> None:
    from app import open_services
    from demo import ensure_demo_site_origins, load_demo, read_demo_access

    async with open_services(settings) as services:
        await load_demo(services, settings)
        await ensure_demo_site_origins(services, settings)
    typer.echo("\n".join(["The demo data is loaded.", *logins(read_demo_access(settings)), ""]))


@cli.command("create-staff")
def create_staff(  # nosec B107  # asked for
    name: Annotated[str, typer.Option(prompt=True, help="1 to 100 characters.")],
    email: Annotated[str, typer.Option(prompt=True, help="Sign-in address.")],
    role: Annotated[str, typer.Option(help="ADMIN, MANAGER or AGENT.")] = "ADMIN",
    password: Annotated[
        str,
        typer.Option(
            prompt=True, confirmation_prompt=True, hide_input=True, help="12 characters or more."
        ),
    ] = "",
) -> None:
    """Add a person who can sign in."""
    settings = load_settings()
    configure_logging(settings)
    _run(_create_staff(settings, name, email, role, password))


async def _create_staff(
    settings: Settings, name: str, email: str, role: str, password: str
) -> None:
    from app import open_services
    from models.enums import StaffRole
    from resolvers.actors import SYSTEM
    from resolvers.errors import DomainError
    from resolvers.staff import create_staff as add
    from resolvers.unit_of_work import unit_of_work

    if role.upper() not in StaffRole.__members__:
        raise typer.BadParameter("ADMIN, MANAGER or AGENT.")
    async with open_services(settings) as services:
        try:
            async with unit_of_work(services, SYSTEM) as work:
                await add(work, name, email, StaffRole[role.upper()], password)
        except DomainError as refused:
            sys.exit(refused.message)
    typer.echo(f"{name} can sign in with {email}.")


@cli.command("new-epoch")
def new_epoch() -> None:
    """Make open cards begin again with a snapshot; needed after a restore of PostgreSQL."""
    settings = load_settings()
    configure_logging(settings)
    _run(_renew_epoch(settings))


async def _renew_epoch(settings: Settings) -> None:
    from app import open_services
    from resolvers.workspace import renew_epoch

    async with open_services(settings) as services:
        await renew_epoch(services)
    typer.echo("There is a new epoch. Open cards begin again with a snapshot.")


@cli.command()
def backup(
    archive: Annotated[Path, typer.Argument(help="File to write, such as leadlight.tar.gz.")],
) -> None:
    """Write everything in the data folder to one archive; the server may run meanwhile."""
    from backup import BackupRefused, back_up

    settings = _embedded("backup")
    try:
        size = back_up(settings.data_dir, archive)
    except BackupRefused as refused:
        sys.exit(str(refused))
    typer.echo(f"{archive} has everything, {size:,} bytes, the secret key too: keep it safe.")


@cli.command()
def restore(
    archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="From backup.")],
) -> None:
    """Put a backup in place of what is in the data folder; the server must be stopped."""
    settings = _embedded("restore")
    configure_logging(settings)
    _run(_restore(settings, archive))


async def _restore(settings: Settings, archive: Path) -> None:
    from app import open_services
    from backup import BackupRefused
    from backup import restore as put_back
    from resolvers.workspace import renew_epoch

    async with only_server(settings):
        try:
            aside = put_back(settings.data_dir, archive)
        except BackupRefused as refused:
            sys.exit(str(refused))
        async with open_services(settings) as services:
            await renew_epoch(services)
    if aside:
        typer.echo(f"What was there is in {aside}; remove it when all is well.")
    typer.echo("The backup is in place. Start the server again.")


def _embedded(command: str) -> Settings:
    settings = load_settings()
    if settings.is_postgres:
        sys.exit(
            f"{command} is for the embedded database. With PostgreSQL use pg_dump and pg_restore, "
            "see docs/operating.md."
        )
    if not settings.database_url.endswith(f"///{settings.data_dir / 'leadlight.db'}"):
        sys.exit(f"{command} is for the database in DATA_DIR; DATABASE_URL names another file.")
    return settings


@cli.command("verify-export")
def verify_export(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="From exportHistory.")],
    public_key: Annotated[
        str | None, typer.Option(help="The server's key, as `exportHistory` told it.")
    ] = None,
) -> None:
    """Check a signed history: every change, the chain and the signature. Needs no server."""
    from resolvers.history_export import check_export

    with file.open("rb") as lines:
        found = check_export(lines, public_key)
    if found.fault:
        sys.exit(f"The file can't be trusted: {found.fault}.")
    erased = f", {found.erased} of them erased" if found.erased else ""
    typer.echo(f"The history of {found.lead} is whole: {found.changes} changes{erased}.")
    typer.echo(f"Written {found.exported_at} by {found.server}.")
    if public_key is None:
        typer.echo("Whose signature it is was not checked: name the key with --public-key.")


@cli.command("import")
def import_leads(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A file of rows.")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help='"Column=field", as often as needed; "Column=-" leaves it out.'),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Column whose values say which lead a row is about.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="utf-8, utf-16, cp1252 or latin-1; else found out.")
    ] = None,
    separator: Annotated[
        str | None, typer.Option(help="One character between cells; else found out.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Write nothing; tell what would happen.")] = False,
) -> None:
    """Import contacts from a CSV file; the same rows again change nothing."""
    from import_contacts import ImportFailed, import_contacts, look, read_map
    from resolvers.imports.running import Wishes

    settings = load_settings()
    configure_logging(settings)

    async def work() -> None:
        from app import open_services

        gc.freeze()  # what the program is made of is no garbage; looking through it takes time
        survey = look(file, encoding, separator)
        wishes = Wishes(read_map(column or ()), key)
        async with open_services(settings) as services:
            await import_contacts(services, file, wishes, survey, is_rehearsal=dry_run)

    try:
        _run(work())
    except ImportFailed as failed:
        sys.exit(str(failed))


jobs = typer.Typer(help="Background work: how queues stand, what failed, another try.")
cli.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_jobs() -> None:
    """Show how many jobs of each queue wait, are done now, and failed."""
    from job_table import show_queues

    _with_services(show_queues)


@jobs.command("failed")
def list_failed_jobs() -> None:
    """Show the last 50 jobs that were given up, and why."""
    from job_table import show_failed

    _with_services(show_failed)


@jobs.command("retry")
def retry_jobs(
    job: Annotated[str, typer.Argument(help="A job as `jobs failed` shows it, or `all`.")],
) -> None:
    """Let jobs that were given up be tried again."""
    from job_table import RetryFailed, retry

    async def again(services: "Services") -> None:
        count = await retry(services, job)
        typer.echo("1 job is tried again." if count == 1 else f"{count} jobs are tried again.")

    try:
        _with_services(again)
    except RetryFailed as failed:
        sys.exit(str(failed))


def _with_services(work: Callable[["Services"], Coroutine[Any, Any, None]]) -> None:
    from app import open_services

    settings = load_settings()
    configure_logging(settings)

    async def run() -> None:
        async with open_services(settings) as services:
            await work(services)

    _run(run())


@cli.command("export-schema")
def export_schema() -> None:
    """Print the schema in its definition language."""
    from schema.build import build_schema

    typer.echo(build_schema().as_str())


@cli.command("export-permissions")
def export_permissions() -> None:
    """Print the page that says who may see and do what."""
    from schema.build import build_schema
    from schema.permissions import permissions_page

    typer.echo(permissions_page(build_schema()))


if __name__ == "__main__":
    main()
