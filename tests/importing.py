"""Importing a file in a test, as the command and the worker do it."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import ActorKind, Via
from models.imports import LeadImport
from models.leads import Lead
from resolvers.actors import Actor, StaffActor
from resolvers.imports.running import Import, Wishes, begin, plan
from resolvers.imports.survey import look_through
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.uploads import create_upload, receive

IMPORTER = Actor(ActorKind.SYSTEM, None, "Import", Via.IMPORT)
Counts = tuple[int, int, int, int]


def rejected_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.rejected.csv")


def rejections(path: Path) -> list[tuple[int, str]]:
    """Line and reason of each rejected row."""
    if not rejected_file(path).exists():
        return []
    with rejected_file(path).open(encoding="utf-8-sig", newline="") as opened:
        return [(int(row[0]), row[1]) for row in list(csv.reader(opened))[1:]]


async def begun(
    services: Services,
    path: Path,
    key: str | None = None,
    actor: Actor = IMPORTER,
) -> Import:
    """An import that may run."""
    survey = look_through(path)
    layout = await plan(services, actor, survey, Wishes({}, key))
    row = await begin(services, actor, survey, layout, path.name)

    async def rights() -> Actor:
        return actor

    return Import(services, row, path, rejected_file(path), rights)


async def imported(
    services: Services,
    path: Path,
    key: str | None = None,
    actor: Actor = IMPORTER,
) -> Counts:
    """Imports a file; answers how many were created, updated, unchanged and rejected."""
    running = await begun(services, path, key, actor)
    return counts_of(await running.run())


def counts_of(row: LeadImport) -> Counts:
    assert row.done == row.total
    return (row.created, row.updated, row.unchanged, row.rejected)


async def lead_ids(services: Services) -> list[UUID]:
    """All leads, oldest first."""
    async with services.database.read_session() as session:
        return list(await session.scalars(select(col(Lead.id)).order_by(col(Lead.id))))


async def received_upload(
    services: Services, actor: StaffActor, data: bytes, name: str = "contacts.csv"
) -> UUID:
    """An upload whose bytes are there."""
    async with unit_of_work(services, actor) as work:
        ticket = await create_upload(work, name, len(data))

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    await receive(services, actor, ticket.token, chunks())
    return ticket.upload.id
