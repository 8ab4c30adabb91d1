"""Leads on their way out: found and read in parts, so that memory holds one of them.

Which leads they are is read in short steps along the order, and then some of them at once; no
transaction is longer than a step, so writers never wait for a slow reader. Rights are those of the
moment of each part. Who loses them gets a file that ends in the middle, and sees that it did.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.leads import Lead
from models.workspace import Workspace, WorkspaceChange
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import NotFound
from resolvers.exports.columns import Column, choose
from resolvers.exports.leads import SCOPE, Format, Wish, noted_wish
from resolvers.exports.rights import Sending, noting, rightful_view
from resolvers.exports.rows import read_leads
from resolvers.exports.writing import csv_head, csv_rows, json_rows
from resolvers.leads_list import chosen_leads
from resolvers.leads_order import in_order
from resolvers.limits import FETCH_EXPORT, spend
from resolvers.pages import rows_behind
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.tickets import opened

READ = "leads_export_read"
IDS_AT_ONCE = 10_000
LEADS_AT_ONCE = 500
TYPES = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.NDJSON: "application/x-ndjson",
}


async def open_leads_export(services: Services, actor: StaffActor, ticket: str) -> Sending:
    """The file of a ticket.

    Raises:
        NotFound: it is not this person's, does not stand any more, or they may not.
        LimitReached: they fetch too often.
    """
    export_id, key = opened(services, actor, SCOPE, ticket)
    if export_id is None or not access.may(actor, Permission.EXPORT_LEADS):
        raise NotFound("file", "")
    await spend(services.limiter, FETCH_EXPORT, actor.id.hex)
    async with services.database.read_session() as session:
        noted = await session.scalar(
            select(WorkspaceChange).where(col(WorkspaceChange.id) == export_id)
        )
        name = await session.scalar(select(col(Workspace.name)))
    wish = noted_wish(noted, actor.id, key)
    assert noted is not None
    day = services.clock.now().date().isoformat()
    return Sending(
        name=f"{name} leads {day}.{wish.format.value.lower()}",
        content_type=TYPES[wish.format],
        parts=noting(services, actor, noted, READ, _file(services, actor, wish)),
    )


async def _file(
    services: Services, actor: StaffActor, wish: Wish
) -> AsyncIterator[tuple[bytes, int]]:
    """The parts of a file, each with how many leads are in it."""
    write = csv_rows if wish.format is Format.CSV else json_rows
    has_head = wish.format is Format.CSV
    async for columns, ids in _steps(services, actor, wish):
        if has_head:
            yield csv_head(columns, has_mark=wish.has_mark), 0
            has_head = False
        for start in range(0, len(ids), LEADS_AT_ONCE):
            async with rightful_view(services, actor, Permission.EXPORT_LEADS) as view:
                leads = await read_leads(view, ids[start : start + LEADS_AT_ONCE], columns)
            if leads:
                yield write(columns, leads), len(leads)


async def _steps(
    services: Services, actor: StaffActor, wish: Wish
) -> AsyncIterator[tuple[Sequence[Column], Sequence[UUID]]]:
    """Ids of the leads along the order, with the columns as the viewer may see them by then."""
    position: Sequence[Any] | None = None
    while True:
        async with rightful_view(services, actor, Permission.EXPORT_LEADS) as view:
            columns = await choose(view, wish.columns)
            leads = await chosen_leads(view, wish.chosen())
            statement, order = await in_order(view, leads, wish.sort)
            statement = statement.with_only_columns(col(Lead.id))
            rows = await rows_behind(view, statement, order, position, IDS_AT_ONCE)
        yield columns, [row[0] for row in rows]
        if len(rows) < IDS_AT_ONCE:
            return
        position = rows[-1][1:]
