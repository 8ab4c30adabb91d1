"""What a file would give, before it is imported: found out by reading alone."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.workspace import Workspace
from resolvers import access, fields
from resolvers.actors import Actor
from resolvers.imports.batch import Rejection, check_rows
from resolvers.imports.columns import Layout
from resolvers.imports.matching import match
from resolvers.imports.reading import Row, read_values
from resolvers.imports.rehearsal import stand_ins
from resolvers.imports.rows import Checker, Contact
from resolvers.imports.running import Wishes, plan
from resolvers.imports.survey import Survey, look_through
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.uploads import path_of, received

LOOKED_AT = 1_000
SHOWN = 100
FIRST = 5
MAX_CELL = 200


@dataclass(frozen=True)
class Preview:
    """The file, its columns, its first rows, and what is wrong with the first thousand."""

    survey: Survey
    layout: Layout
    first: Sequence[Sequence[str]]
    rejected: Sequence[Rejection]
    """At most a hundred."""
    rejected_count: int
    """Among the first thousand."""


async def preview(
    services: Services, actor: Actor, upload_id: UUID, columns: Mapping[str, str | None] | None
) -> Preview | None:
    """None for an upload that is not the person's own, and for people who may not import.

    InvalidInput or LimitReached where the file or the columns can't be used.
    """
    if not access.may(actor, Permission.IMPORT_LEADS):
        return None
    async with services.database.read_session() as session:
        upload = await received(session, actor, upload_id)
    source = path_of(services, upload_id)
    if upload is None or not source.exists():
        return None
    survey = await asyncio.to_thread(look_through, source)
    layout = await plan(services, actor, survey, Wishes(dict(columns or {})))
    rejected = await _rejected(services, actor, survey, layout, source)
    first = await asyncio.to_thread(_first_rows, survey, source)
    return Preview(survey, layout, first, rejected[:SHOWN], len(rejected))


def _first_rows(survey: Survey, source: Path) -> list[list[str]]:
    rows = islice(read_values(source, survey.dialect), FIRST)
    return [
        [cell[:MAX_CELL] for cell in row.cells] if isinstance(row, Row) else [row.text[:MAX_CELL]]
        for _, row in rows
    ]


async def _rejected(
    services: Services, actor: Actor, survey: Survey, layout: Layout, source: Path
) -> list[Rejection]:
    async with services.database.read_session() as session:
        known = await fields.definitions(session)
        options = await fields.options_of(session)
        region = await session.scalar(select(col(Workspace.default_region))) or "DE"
    known |= stand_ins(layout, known, survey)
    checker = Checker(layout, known, region, options)
    rows = islice(read_values(source, survey.dialect), LOOKED_AT)
    checked = await asyncio.to_thread(check_rows, checker, rows)
    contacts = [row for row in checked if isinstance(row, Contact)]
    found = [row for row in checked if isinstance(row, Rejection)]
    while contacts:
        async with services.database.read_session() as session:
            matched = await match(
                session, actor, contacts, known, by_key=checker.has_key, most=LOOKED_AT
            )
        found += [
            Rejection(each.number, each.line, reason, each.cells)
            for each, reason in matched.rejected
        ]
        contacts = contacts[matched.taken :]
    return sorted(found, key=lambda each: each.number)
