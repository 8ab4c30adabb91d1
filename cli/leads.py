"""Leads from files, and histories as files."""

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.program import configure_logging, program, run
from settings import load_settings


@program.command("verify-export")
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


@program.command("import")
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
    from cli.import_contacts import ImportFailed, import_contacts, look, read_map
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
        run(work())
    except ImportFailed as failed:
        sys.exit(str(failed))
