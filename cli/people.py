"""People who can sign in."""

import sys
from typing import Annotated

import typer

from cli.program import configure_logging, program, run
from settings import Settings, load_settings


@program.command("create-staff")
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
    run(_create_staff(settings, name, email, role, password))


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
