"""Pages and files made from the code."""

import typer

from cli.program import program


@program.command("export-schema")
def export_schema() -> None:
    """Print the schema in its definition language."""
    from schema.build import build_schema

    typer.echo(build_schema().as_str())


@program.command("export-permissions")
def export_permissions() -> None:
    """Print the page that says who may see and do what."""
    from schema.build import build_schema
    from schema.permissions import permissions_page

    typer.echo(permissions_page(build_schema()))
