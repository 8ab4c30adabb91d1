"""What is kept: the database, the demo in it, and its backups."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.data_folder import only_server
from cli.greeting import Loading, logins
from cli.program import configure_logging, program, run
from settings import Settings, load_settings


@program.command()
def migrate() -> None:
    """Bring the database to the newest schema; servers do the same at their start."""
    settings = load_settings()
    configure_logging(settings)
    run(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    from app import open_services

    async with open_services(settings):
        typer.echo("The database is up to date.")


@program.command()
def demo() -> None:
    """Load the demo data into an empty workspace, also of PostgreSQL, and print the logins."""
    settings = load_settings()
    configure_logging(settings)
    run(_demo(settings))


async def _demo(settings: Settings) -> None:
    from app import open_services
    from demo import ensure_demo_site_origins, load_demo, read_demo_access

    async with open_services(settings) as services:
        await load_demo(services, settings, tell=Loading())
        await ensure_demo_site_origins(services, settings)
    typer.echo("\n".join(["The demo data is loaded.", *logins(read_demo_access(settings)), ""]))


@program.command("new-epoch")
def new_epoch() -> None:
    """Make open cards begin again with a snapshot; needed after a restore of PostgreSQL."""
    settings = load_settings()
    configure_logging(settings)
    run(_renew_epoch(settings))


async def _renew_epoch(settings: Settings) -> None:
    from app import open_services
    from resolvers.workspace import renew_epoch

    async with open_services(settings) as services:
        await renew_epoch(services)
    typer.echo("There is a new epoch. Open cards begin again with a snapshot.")


@program.command()
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


@program.command()
def restore(
    archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="From backup.")],
) -> None:
    """Put a backup in place of what is in the data folder; the server must be stopped."""
    settings = _embedded("restore")
    configure_logging(settings)
    run(_restore(settings, archive))


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
