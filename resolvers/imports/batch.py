"""One batch of rows: checked outside of any transaction, written in one unit of work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from models.fields import FieldDefinition
from models.imports import ImportedRow
from resolvers.imports.creating import create_many
from resolvers.imports.matching import match
from resolvers.imports.reading import Broken, Row
from resolvers.imports.rows import Checker, Contact, RowRejected
from resolvers.imports.updating import update_many
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import put_rows


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is not imported."""

    number: int
    line: int
    reason: str
    cells: Sequence[str]


@dataclass
class Outcome:
    """What became of rows."""

    taken: int = 0
    """How many of the rows these are; the rest comes with the next batch."""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)


def check_rows(
    checker: Checker, rows: Iterable[tuple[int, Row | Broken]]
) -> list[Contact | Rejection]:
    """What each row says, or why it can't be imported."""
    checked: list[Contact | Rejection] = []
    for number, row in rows:
        if isinstance(row, Broken):
            checked.append(Rejection(number, row.line, row.reason, [row.text]))
            continue
        try:
            checked.append(checker.check(number, row))
        except RowRejected as refused:
            checked.append(Rejection(number, row.line, str(refused), row.cells))
    return checked


async def write_batch(
    work: UnitOfWork,
    rows: Sequence[Contact | Rejection],
    checker: Checker,
    known: Mapping[str, FieldDefinition],
    file: str,
    most: int,
) -> Outcome:
    """Creates and updates at most so many leads for the first of the rows. Raises Moved."""
    contacts = [row for row in rows if isinstance(row, Contact)]
    found = await match(
        work.session, work.actor, contacts, known, by_key=checker.has_key, most=most
    )
    outcome = Outcome(taken=len(rows))
    if found.taken < len(contacts):
        outcome.taken = contacts[found.taken].number - rows[0].number
    made = await create_many(work, found.create, known, file)
    changed, refused = await update_many(work, found.update, known)
    rejected = [
        Rejection(each.number, each.line, reason, each.cells)
        for each, reason in (*found.rejected, *refused)
    ]
    rejected += [row for row in rows[: outcome.taken] if isinstance(row, Rejection)]
    outcome.rejected = sorted(rejected, key=lambda each: each.number)
    outcome.created, outcome.updated = len(made), len(changed)
    outcome.unchanged = outcome.taken - len(outcome.rejected) - outcome.created - outcome.updated
    refused_rows = {each.number for each in outcome.rejected}
    given = {lead: row for lead, row in found.update.items() if row.number not in refused_rows}
    await put_rows(
        work.session,
        ImportedRow,
        [
            {"lead_id": lead, "layout": checker.digest, "fingerprint": each.fingerprint}
            for lead, each in {**made, **given}.items()
        ],
        ["lead_id", "layout"],
        replaces=True,
    )
    return outcome
