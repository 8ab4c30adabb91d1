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
from resolvers.exports.leads import SCOPE, Format, Wish, is_of
from resolvers.exports.rights import Sending, rightful_view
from resolvers.exports.rows import read_leads
from resolvers.exports.writing import csv_head, csv_rows, json_rows
from resolvers.leads_list import chosen_leads
from resolvers.leads_order import in_order
from resolvers.pages import rows_behind
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.tickets import subject_of
from resolvers.unit_of_work import unit_of_work

IDS_AT_ONCE = 10_000
LEADS_AT_ONCE = 500
TYPES = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.NDJSON: "application/x-ndjson",
}


async def open_leads_export(services: Services, actor: StaffActor, ticket: str) -> Sending:
    """The file of a ticket; NotFound unless it is this person's, still stands, and they may."""
    export_id = subject_of(services, actor, SCOPE, ticket)
    async with services.database.read_session() as session:
        noted = await session.scalar(
            select(WorkspaceChange).where(col(WorkspaceChange.id) == export_id)
        )
        name = await session.scalar(select(col(Workspace.name)))
    if not is_of(noted, actor.id) or not access.may(actor, Permission.EXPORT_LEADS):
        raise NotFound("file", "")
    assert noted is not None
    wish = Wish.restored(noted.data)
    day = services.clock.now().date().isoformat()
    return Sending(
        name=f"{name} leads {day}.{wish.format.value.lower()}",
        content_type=TYPES[wish.format],
        parts=_noting(services, actor, noted, _file(services, actor, wish)),
    )


async def _noting(
    services: Services,
    actor: StaffActor,
    noted: WorkspaceChange,
    parts: AsyncIterator[tuple[bytes, int]],
) -> AsyncIterator[bytes]:
    """The bytes; at the end the workspace's log has how many leads were sent."""
    sent = 0
    try:
        async for part, count in parts:
            yield part
            sent += count
    except BaseException:
        # Whoever stopped reading is not waited for: the task may be cancelled already.
        services.hub.spawn(_note(services, actor, noted.id, sent, is_whole=False))
        raise
    await _note(services, actor, noted.id, sent, is_whole=True)


async def _note(
    services: Services, actor: StaffActor, export_id: UUID, sent: int, *, is_whole: bool
) -> None:
    how = "" if is_whole else ", and did not read on"
    data = {"export": export_id.hex, "sent": sent, "is_whole": is_whole}
    async with unit_of_work(services, actor) as work:
        work.record_workspace("leads_export_read", data | {"count": f"{sent:,}", "how": how})


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
