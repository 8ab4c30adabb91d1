"""The index of words that leads are searched by."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from models.search import BIG, VECTOR, WORDS_INDEX, ends_of, words_of

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

AT_ONCE = 500
ENTRIES = sa.table(
    "search_entry", sa.column("lead_id", sa.Uuid), sa.column("subject_id", sa.Uuid),
    sa.column("words"),
)  # fmt: skip
LEADS = sa.table("lead", sa.column("id", sa.Uuid), sa.column("display_name"),
                 sa.column("merged_at"))  # fmt: skip
MESSAGES = sa.table("message", *(sa.column(name, sa.Uuid) for name in ("id", "lead_id")),
                    *(sa.column(name) for name in ("subject", "text")))  # fmt: skip
SAID = (
    "SELECT l.lead_id, 'name', e.key FROM lead_email_address l"
    " JOIN email_address e ON e.id = l.email_address_id WHERE l.lead_id IN :leads",
    "SELECT lead_id, 'number', number FROM lead_phone_number WHERE lead_id IN :leads",
    "SELECT l.lead_id, 'name', t.name FROM lead_tag l JOIN tag t ON t.id = l.tag_id"
    " WHERE l.lead_id IN :leads",
)


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("number", BIG, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("subject_id"),
    )
    op.create_index("ix_search_entry_lead_id", "search_entry", ["lead_id"])
    if op.get_bind().dialect.name == "sqlite":
        _index_on_sqlite()
    else:
        op.execute(f"CREATE INDEX {WORDS_INDEX} ON search_entry USING gin (({VECTOR}))")
    _fill()


def _index_on_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(words, content='search_entry', "
        "content_rowid='number', tokenize='ascii', prefix='2 3')"
    )
    add = "INSERT INTO search_words(rowid, words) VALUES (NEW.number, NEW.words);"
    take = (
        "INSERT INTO search_words(search_words, rowid, words) "
        "VALUES ('delete', OLD.number, OLD.words);"
    )
    for act, does in (("INSERT", add), ("DELETE", take), ("UPDATE", take + add)):
        op.execute(
            f"CREATE TRIGGER search_entry_{act.lower()} AFTER {act} ON search_entry "
            f"BEGIN {does} END"
        )


def _fill() -> None:
    connection = op.get_bind()
    for rows in _pages(LEADS, LEADS.c.id, LEADS.c.display_name, LEADS.c.merged_at):
        said: dict[UUID, list[str]] = {row.id: [row.display_name] for row in rows}
        words: dict[UUID, set[str]] = defaultdict(set)
        for query in SAID:
            statement = (
                sa.text(query)
                .bindparams(sa.bindparam("leads", list(said), sa.Uuid(), expanding=True))
                .columns(sa.column("lead_id", sa.Uuid), sa.column("kind"), sa.column("told"))
            )
            for lead_id, kind, told in connection.execute(statement):
                said[lead_id].append(told)
                words[lead_id].update(ends_of(told) if kind == "number" else ())
        _write(
            [
                {"lead_id": row.id, "subject_id": row.id,
                 "words": " ".join(sorted({*words_of(said[row.id]), *words[row.id]}))}
                for row in rows if row.merged_at is None
            ]
        )  # fmt: skip
    columns = (MESSAGES.c.id, MESSAGES.c.lead_id, MESSAGES.c.subject, MESSAGES.c.text)
    for rows in _pages(MESSAGES, *columns):
        _write(
            [
                {"lead_id": row.lead_id, "subject_id": row.id,
                 "words": " ".join(words_of([row.subject or "", row.text]))}
                for row in rows
            ]
        )  # fmt: skip


def _pages(table: Any, *columns: Any) -> Iterator[Sequence[Any]]:
    """All rows by their ids, some at once."""
    last: UUID | None = None
    while True:
        statement = sa.select(*columns).select_from(table).order_by(table.c.id).limit(AT_ONCE)
        if last is not None:
            statement = statement.where(table.c.id > last)
        rows = op.get_bind().execute(statement).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _write(rows: list[dict[str, Any]]) -> None:
    if rows:
        op.get_bind().execute(sa.insert(ENTRIES), rows)
