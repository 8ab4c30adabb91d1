"""What all commands share: the program itself, its logs, and how it ends."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import structlog
import typer

from settings import Settings, SettingsRefused, load_settings

if TYPE_CHECKING:
    from resolvers.services import Services

program = typer.Typer(
    help="Leadlight: one GraphQL API with a live lead card.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Runs a command; what is wrong with the settings is told in a line each."""
    try:
        program()
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


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs to its end; a database of a newer release is told in one line."""
    import app  # noqa: F401  # loads all that stays
    from models.migrations import NewerDatabase

    # The schema and the tables are a million objects; to look through them again and again for
    # garbage took a seventh of an import's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        return asyncio.run(work)
    except NewerDatabase as refused:
        sys.exit(str(refused))


def with_services(work: Callable[["Services"], Coroutine[Any, Any, None]]) -> None:
    """Runs with the parts of one process."""
    from app import open_services

    settings = load_settings()
    configure_logging(settings)

    async def opened() -> None:
        async with open_services(settings) as services:
            await work(services)

    run(opened())
