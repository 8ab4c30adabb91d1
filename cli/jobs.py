"""Background work, for the operator."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.program import program, with_services

if TYPE_CHECKING:
    from resolvers.services import Services

jobs = typer.Typer(help="Background work: how queues stand, what failed, another try.")
program.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_jobs() -> None:
    """Show how many jobs of each queue wait, are done now, and failed."""
    from cli.job_table import show_queues

    with_services(show_queues)


@jobs.command("failed")
def list_failed_jobs() -> None:
    """Show the last 50 jobs that were given up, and why."""
    from cli.job_table import show_failed

    with_services(show_failed)


@jobs.command("retry")
def retry_jobs(
    job: Annotated[str, typer.Argument(help="A job as `jobs failed` shows it, or `all`.")],
) -> None:
    """Let jobs that were given up be tried again."""
    from cli.job_table import RetryFailed, retry

    async def again(services: "Services") -> None:
        count = await retry(services, job)
        typer.echo("1 job is tried again." if count == 1 else f"{count} jobs are tried again.")

    try:
        with_services(again)
    except RetryFailed as failed:
        sys.exit(str(failed))
