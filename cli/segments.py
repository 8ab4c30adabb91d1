"""Segments, for the operator."""

import sys
from typing import TYPE_CHECKING

import typer

from cli.program import program, with_services

if TYPE_CHECKING:
    from resolvers.services import Services

segments = typer.Typer(help="Segments: whether who is kept in them is who belongs there.")
program.add_typer(segments, name="segments")
SHOWN = 50


@segments.callback()
def about() -> None:
    """Has the commands be named, although there is only one."""


@segments.command("verify")
def verify_segments() -> None:
    """Weigh every segment for every lead anew, and tell what is kept otherwise; nothing is written.

    Ends with 1 if there is any difference.
    """
    found = False

    async def verify(services: "Services") -> None:
        nonlocal found
        from models.ids import encode_id
        from resolvers.segments import verifying

        result = await verifying.verify(services)
        for each in result.differences[:SHOWN]:
            typer.echo(f"{encode_id('lead', each.lead_id)} {each.segment}: {each.words}")
        if len(result.differences) > SHOWN:
            typer.echo(f"... and {len(result.differences) - SHOWN:,} more.")
        for name in result.under_way:
            typer.echo(f"{name}: is being evaluated after an edit, and was not compared.")
        typer.echo(
            f"{result.leads:,} leads, {result.segments:,} segments, "
            f"{len(result.differences):,} differences."
        )
        found = bool(result.differences)

    with_services(verify)
    if found:
        sys.exit(1)
