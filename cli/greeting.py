"""What an operator reads while the demo loads and when it is up, and how to sign in."""

import sys
from typing import Any

import typer

from settings import Settings


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


class Loading:
    """Tells how far the demo has come: in one line of a terminal, else now and then in one more."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def __call__(self, done: int, total: int) -> None:
        if total and done == 0:
            typer.echo(
                f"  Loading the demo, once: {total} leads of a pretend shop and what they did.\n"
                "  This takes about a minute."
            )
        elif self._is_terminal:
            typer.echo(f"\r  {done} of {total} leads", nl=done == total)
        elif done == total or done % 50 == 0:
            typer.echo(f"  {done} of {total} leads")


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
