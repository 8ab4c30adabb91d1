"""What an operator reads when it is up, and how to sign in to the demo."""

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
