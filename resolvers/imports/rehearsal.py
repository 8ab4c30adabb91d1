"""What an import would do, found out by doing it without ever committing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from models.enums import FieldType
from models.fields import FieldDefinition
from models.ids import new_id
from models.workspace import Workspace
from resolvers import fields
from resolvers.actors import Actor
from resolvers.imports.batch import Outcome, Rejection, check_rows, write_batch
from resolvers.imports.columns import Layout, new_keys
from resolvers.imports.reading import read_values
from resolvers.imports.rows import Checker, Contact
from resolvers.imports.survey import Survey
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

AT_ONCE = 100
SHOWN = 100


@dataclass
class Rehearsal:
    """Counts of rows, and the first that would be rejected."""

    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.done += outcome.taken
        self.created += outcome.created
        self.updated += outcome.updated
        self.unchanged += outcome.unchanged
        self.rejected += len(outcome.rejected)
        room = SHOWN - len(self.rejections)
        self.rejections += outcome.rejected[: max(room, 0)]


class _Undone(Exception):
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


async def rehearse(
    services: Services,
    actor: Actor,
    survey: Survey,
    layout: Layout,
    source: Path,
    *,
    most: int | None = None,
    tell: Callable[[Rehearsal], None] = lambda found: None,
) -> Rehearsal:
    """Goes through the file, or its first `most` rows, and writes nothing."""
    async with services.database.read_session() as session:
        known = await fields.definitions(session)
        options = await fields.options_of(session)
        region = await session.scalar(select(col(Workspace.default_region))) or "DE"
    known |= stand_ins(layout, known, survey)
    checker = Checker(layout, known, region, options)
    found, seen = Rehearsal(), set[int]()
    rows = islice(read_values(source, survey.dialect), most)
    waiting: list[Contact | Rejection] = []
    while True:
        waiting += check_rows(checker, islice(rows, AT_ONCE - len(waiting)))
        if not waiting:
            return found
        outcome = _known_in_file(waiting, seen) or await _write(
            services, actor, _until_known(waiting, seen), checker, known
        )
        refused = {row.number for row in outcome.rejected}
        for row in waiting[: outcome.taken]:
            if row.number not in refused:
                seen |= _marks(row)
        waiting = waiting[outcome.taken :]
        found.add(outcome)
        tell(found)


def stand_ins(
    layout: Layout, known: Mapping[str, FieldDefinition], survey: Survey
) -> dict[str, FieldDefinition]:
    """Fields as the import would make them."""
    group = next(iter(known.values())).group_id
    return {
        key: FieldDefinition(
            id=new_id(), key=key, label=label, type=FieldType.TEXT, group_id=group, position=0
        )
        for key, label in new_keys(layout, known, survey.filled).items()
    }


def _marks(row: Contact | Rejection) -> set[int]:
    """What makes another row of the file the same lead's; numbers, for they are many."""
    if isinstance(row, Rejection):
        return set()
    texts = [row.external_id] if row.external_id else row.matchable
    return {hash(row.fingerprint), *map(hash, texts)}


def _until_known(
    waiting: Sequence[Contact | Rejection], seen: set[int]
) -> Sequence[Contact | Rejection]:
    """The rows before the first that is about a lead of an earlier row."""
    for place, row in enumerate(waiting):
        if _marks(row) & seen:
            return waiting[:place]
    return waiting


def _known_in_file(waiting: Sequence[Contact | Rejection], seen: set[int]) -> Outcome | None:
    """The outcome of a first row that is about a lead of an earlier row."""
    first = waiting[0]
    if not _marks(first) & seen or isinstance(first, Rejection):
        return None
    is_same = hash(first.fingerprint) in seen
    return Outcome(taken=1, updated=int(not is_same), unchanged=int(is_same))


async def _write(
    services: Services,
    actor: Actor,
    rows: Sequence[Contact | Rejection],
    checker: Checker,
    known: Mapping[str, FieldDefinition],
) -> Outcome:
    try:
        async with unit_of_work(services, actor) as work:
            raise _Undone(await write_batch(work, rows, checker, known, "rehearsal", AT_ONCE))
    except _Undone as undone:
        return undone.outcome
