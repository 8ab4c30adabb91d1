"""What the command `import` says and shows while it works."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.enums import ActorKind, Via
from models.turns import turn
from resolvers.actors import Actor
from resolvers.errors import DomainError
from resolvers.imports.columns import Layout, read_target
from resolvers.imports.rehearsal import rehearse
from resolvers.imports.running import TURN, Import, Overtaken, Wishes, begin, plan
from resolvers.imports.survey import Survey, look_through
from resolvers.services import Services

ACTOR = Actor(ActorKind.SYSTEM, None, "Import", Via.IMPORT)
LINE_SECONDS = 5.0
SHOWN = 20
"""Rejected rows that a rehearsal prints."""


class Counts(Protocol):
    """What is known of an import or of its rehearsal."""

    done: int
    created: int
    updated: int
    unchanged: int
    rejected: int


class ImportFailed(Exception):
    """The command ends with this sentence."""


def read_map(pairs: Sequence[str]) -> dict[str, str | None]:
    """`Column=field` by column; `Column=` and `Column=-` leave one out."""
    found = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or not column.strip():
            raise ImportFailed(f'--map {pair}: say it as "Column=field".')
        found[column.strip()] = read_target(field)
    return found


async def import_contacts(
    services: Services, source: Path, wishes: Wishes, survey: Survey, *, is_rehearsal: bool
) -> None:
    """Imports the file or tells what would happen; raises ImportFailed with a sentence."""
    try:
        layout = await plan(services, ACTOR, survey, wishes)
    except DomainError as refused:
        raise ImportFailed(refused.message) from refused
    typer.echo("\n".join(_described(source, survey, layout)))
    if is_rehearsal:
        await _rehearse(services, source, survey, layout)
        return
    async with turn(services.database, TURN) as has_turn:
        if not has_turn:
            raise ImportFailed("Another import is under way. Run this again when it has ended.")
        await _import(services, source, survey, layout)


async def _rehearse(services: Services, source: Path, survey: Survey, layout: Layout) -> None:
    with shown(survey.total) as tell:
        found = await rehearse(services, ACTOR, survey, layout, source, tell=tell)
    typer.echo(f"Nothing was written. An import would give: {_told(found)}.")
    for each in found.rejections[:SHOWN]:
        typer.echo(f"  line {each.line}: {each.reason}")
    if found.rejected > SHOWN:
        typer.echo(f"  ... and {found.rejected - SHOWN:,} more.")


async def _import(services: Services, source: Path, survey: Survey, layout: Layout) -> None:
    row = await begin(services, ACTOR, survey, layout, source.name)
    if row.done:
        typer.echo(f"Going on after row {row.done:,}, where it was cut off.")
    rejected = source.with_name(f"{source.name}.rejected.csv")

    async def rights() -> Actor:
        return ACTOR

    started = time.monotonic()
    with shown(row.total, row.done) as tell:
        try:
            ended = await Import(services, row, source, rejected, rights).run(tell)
        except Overtaken as overtaken:
            raise ImportFailed("Another process goes on with this import.") from overtaken
    typer.echo(f"Done in {time.monotonic() - started:.1f} s: {_told(ended)}.")
    if ended.rejected:
        typer.echo(f"Rejected rows, with the reasons: {rejected}")


def look(source: Path, encoding: str | None, separator: str | None) -> Survey:
    """Looks through the file; raises ImportFailed with a sentence."""
    try:
        return look_through(source, encoding, separator)
    except DomainError as refused:
        raise ImportFailed(f"{source.name}: {refused.message}") from refused


def _described(source: Path, survey: Survey, layout: Layout) -> list[str]:
    dialect = survey.dialect
    lines = [
        f"{source.name}: {survey.total:,} rows, {dialect.shown_encoding}, "
        f"separated by {dialect.shown_separator}."
    ]
    for each in layout.columns:
        key = " (the key)" if each.number == layout.key else ""
        lines.append(f"  {each.name} -> {each.target or 'left out'}{key}")
    return lines


def _told(counts: Counts) -> str:
    return (
        f"{counts.created:,} created, {counts.updated:,} updated, "
        f"{counts.unchanged:,} unchanged, {counts.rejected:,} rejected"
    )


@contextmanager
def shown(total: int, done: int = 0) -> Iterator["Tell"]:
    """Shows progress: a bar on a terminal, else a line now and then."""
    if not sys.stdout.isatty():
        yield Lines(total)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=Console()) as progress:
        task = progress.add_task("import", total=total, completed=done, told="")
        yield lambda counts: progress.update(task, completed=counts.done, told=_told(counts))


class Tell(Protocol):
    """Hears how far it has come."""

    def __call__(self, counts: Counts, /) -> None: ...


class Lines:
    """A line every few seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._last = time.monotonic()

    def __call__(self, counts: Counts, /) -> None:
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            typer.echo(f"{counts.done:,} of {self._total:,} rows: {_told(counts)}")
