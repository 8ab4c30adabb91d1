"""An import from its beginning to its end, in batches that a killed process leaves whole.

Invariants
- A batch, the counters and the length of the file of rejected rows are one commit: whoever goes on
  reads the file from the row after the last committed one.
- One import runs at a time; the turn ends with the process that has it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from models.enums import FieldType
from models.fields import FieldDefinition
from models.imports import LeadImport
from models.workspace import Workspace
from resolvers import access, fields
from resolvers.actors import Actor
from resolvers.errors import LimitReached
from resolvers.imports.batch import Outcome, Rejection, check_rows, write_batch
from resolvers.imports.columns import Column, Layout, choose, new_keys
from resolvers.imports.dialect import Dialect
from resolvers.imports.reading import read_values
from resolvers.imports.rejected import RejectedRows
from resolvers.imports.rows import Checker, Contact
from resolvers.imports.survey import Survey
from resolvers.imports.updating import Moved
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work

TURN = "import"
FIRST_BATCH, LEAST_BATCH, MOST_BATCH = 100, 100, 1_000
HELD_SECONDS = {True: 0.13, False: 0.3}
"""How long a batch should take, on SQLite, where it keeps other writers waiting, and else."""
FREE_SECONDS = 0.02
ATTEMPTS = 5


class Overtaken(Exception):
    """Another process goes on with this import."""


@dataclass(frozen=True)
class Wishes:
    """How a person wants a file to be read."""

    columns: dict[str, str | None]
    """Targets by name or number of a column; None leaves one out."""
    key: str | None = None
    guesses: bool = True
    """Columns that are not named go where their names say, or become properties."""


async def plan(services: Services, actor: Actor, survey: Survey, wishes: Wishes) -> Layout:
    """Where the columns go. InvalidInput or LimitReached where that can't be done."""
    access.require(actor, Permission.IMPORT_LEADS)
    async with services.database.read_session() as session:
        known = await fields.definitions(session)
    layout = choose(survey.names, wishes.columns, wishes.key, known, guesses=wishes.guesses)
    new = new_keys(layout, known, survey.filled)
    if len(known) + len(new) > fields.MAX_FIELDS:
        raise LimitReached(
            f"There can be at most {fields.MAX_FIELDS} fields: {len(known)} are there and the file "
            f"would make {len(new)} more. Leave columns out.",
            fields.MAX_FIELDS,
        )
    # A column without any value makes no field.
    columns = tuple(
        replace(each, target=None)
        if each.property_key and each.property_key not in {**known, **new}
        else each
        for each in layout.columns
    )
    return replace(layout, columns=columns)


async def begin(
    services: Services, actor: Actor, survey: Survey, layout: Layout, name: str
) -> LeadImport:
    """The import of a file: the one that was cut off, or a new one with its fields made."""
    written = _written(survey.dialect, layout)
    caller = actor.caller.encode()
    identity = sha256(survey.dialect.digest + caller + orjson.dumps(written)).digest()
    async with unit_of_work(services, actor) as work:
        access.require(work.actor, Permission.IMPORT_LEADS)
        begun = await work.session.scalar(
            select(LeadImport)
            .where(col(LeadImport.identity) == identity, col(LeadImport.ended_at).is_(None))
            .order_by(col(LeadImport.started_at).desc())
            .limit(1)
        )
        if begun is not None:
            return begun
        return await insert_import(work, survey, layout, name, identity, staff_id=actor.id)


async def insert_import(
    work: UnitOfWork,
    survey: Survey,
    layout: Layout,
    name: str,
    identity: bytes,
    **more: Any,
) -> LeadImport:
    """A new import with its fields made; `more` are further columns of its row."""
    known = await fields.definitions(work.session)
    labels = new_keys(layout, known, survey.filled)
    for key in layout.property_keys:
        await fields.field_for_key(work, "columns", key, FieldType.TEXT, labels.get(key))
    row = LeadImport(
        identity=identity,
        name=shown_name(name),
        plan=_written(survey.dialect, layout),
        total=survey.total,
        started_at=work.at,
        **more,
    )
    work.session.add(row)
    work.record_workspace(
        "lead_import_began", {"import": row.id.hex, "name": row.name, "rows": row.total}
    )
    return row


def shown_name(name: str) -> str:
    """A file's name without folders and without what no database takes."""
    name = name.rsplit("/", 1)[-1].encode("utf-8", "replace").decode()
    return "".join(each for each in name if each.isprintable())[-200:] or "file"


def _written(dialect: Dialect, layout: Layout) -> dict[str, Any]:
    return {
        "encoding": dialect.encoding,
        "separator": dialect.separator,
        "has_separator_line": dialect.has_separator_line,
        "columns": [[each.name, each.target] for each in layout.columns],
        "key": layout.key,
    }


def _read_plan(row: LeadImport) -> tuple[Dialect, Layout]:
    kept = row.plan
    columns = tuple(
        Column(number, name, target) for number, (name, target) in enumerate(kept["columns"], 1)
    )
    dialect = Dialect(
        kept["encoding"], kept["separator"], has_separator_line=kept["has_separator_line"]
    )
    return dialect, Layout(columns, kept["key"])


class Import:
    """One process's part of an import; it has the turn."""

    def __init__(
        self,
        services: Services,
        row: LeadImport,
        source: Path,
        rejected: Path,
        rights: Callable[[], Awaitable[Actor]],
    ) -> None:
        self.services, self.row = services, row
        self._rights = rights
        dialect, self._layout = _read_plan(row)
        names = [each.name for each in self._layout.columns]
        self._rejected = RejectedRows(rejected, names, row.rejected_bytes)
        self._rows = read_values(source, dialect, row.done)
        self._known: dict[str, FieldDefinition] = {}
        self._size = self._most = FIRST_BATCH
        self._held = HELD_SECONDS[services.database.is_sqlite]
        self.longest = 0.0
        """Seconds of the longest batch."""

    async def run(self, tell: Callable[[LeadImport], None] = lambda row: None) -> LeadImport:
        """Imports what is left; `tell` hears of each batch.

        Raises Forbidden once the rights are gone, and Overtaken if another process goes on.
        """
        self._rejected.restore()
        checker = await self._checker()
        waiting: list[Contact | Rejection] = []
        while True:
            # In a thread: an API process serves its cards meanwhile.
            taking = asyncio.to_thread(self._take, checker, self._size - len(waiting))
            checked, _ = await asyncio.gather(taking, self._leave_room())
            waiting += checked
            if not waiting:
                return await self._end()
            taken = await self._write(waiting[: self._size], checker)
            waiting = waiting[taken:]
            tell(self.row)

    async def _leave_room(self) -> None:
        """Other processes ask for SQLite's lock again and again; they must find it free."""
        if self.services.database.is_sqlite:
            await asyncio.sleep(FREE_SECONDS)

    async def _checker(self) -> Checker:
        async with self.services.database.read_session() as session:
            self._known = await fields.definitions(session)
            options = await fields.options_of(session)
            region = await session.scalar(select(col(Workspace.default_region))) or "DE"
        return Checker(self._layout, self._known, region, options)

    def _take(self, checker: Checker, count: int) -> list[Contact | Rejection]:
        return check_rows(checker, islice(self._rows, max(count, 0)))

    async def _write(self, rows: Sequence[Contact | Rejection], checker: Checker) -> int:
        """Writes the rows, or the first of them; answers how many."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._attempt(rows, checker)
            except (Moved, IntegrityError):
                # Somebody merged a lead or took a key meanwhile: what is there now is matched anew.
                self._rejected.restore()
        return await self._attempt(rows, checker)

    async def _attempt(self, rows: Sequence[Contact | Rejection], checker: Checker) -> int:
        async with unit_of_work(self.services, await self._rights()) as work:
            row = await work.session.get_one(LeadImport, self.row.id, with_for_update=True)
            begun = time.perf_counter()
            access.require(work.actor, Permission.IMPORT_LEADS)
            if row.done != self.row.done or row.ended_at:
                raise Overtaken
            outcome = await write_batch(work, rows, checker, self._known, self.row.name, self._most)
            row.rejected_bytes = self._rejected.append(
                [(each.line, each.reason, each.cells) for each in outcome.rejected]
            )
            row.done += outcome.taken
            row.created += outcome.created
            row.updated += outcome.updated
            row.unchanged += outcome.unchanged
            row.rejected += len(outcome.rejected)
        self.row, self._rejected.length = row, row.rejected_bytes
        self._adapt(outcome, time.perf_counter() - begun)
        return outcome.taken

    def _adapt(self, outcome: Outcome, seconds: float) -> None:
        """The next batch writes as many leads as fit into the time that a batch may take.

        Rows that change nothing cost next to nothing, so more of them are read at once.
        """
        self.longest = max(self.longest, seconds)
        written = outcome.created + outcome.updated
        if not written:
            self._size = min(self._size * 2, MOST_BATCH)
            return
        fitting = int(self._held * written / seconds)
        self._most = self._size = min(max(fitting, LEAST_BATCH), self._most * 2, MOST_BATCH)

    async def _end(self) -> LeadImport:
        async with unit_of_work(self.services, await self._rights()) as work:
            row = await work.session.get_one(LeadImport, self.row.id, with_for_update=True)
            row.ended_at = work.at
            work.record_workspace("lead_import_ended", {"import": row.id.hex, **counts(row)})
        return row


def counts(row: LeadImport) -> dict[str, int]:
    """Rows by what became of them."""
    return {
        "done": row.done,
        "created": row.created,
        "updated": row.updated,
        "unchanged": row.unchanged,
        "rejected": row.rejected,
    }
