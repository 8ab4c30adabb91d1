"""Triggers that keep what is written once as it was written; used by migrations."""

from alembic import op


def append_only(table: str, *, lead_column: str | None = None) -> None:
    """Refuses UPDATE and DELETE (and TRUNCATE on PostgreSQL) of `table`'s rows.

    With `lead_column`, rows of a lead in `erasing` pass: erasure is the one exception, and it
    writes and clears that row in its own transaction.
    """
    if op.get_bind().dialect.name == "sqlite":
        _append_only_sqlite(table, lead_column)
    else:
        _append_only_postgresql(table, lead_column)


def _append_only_sqlite(table: str, lead_column: str | None) -> None:
    when = (
        f"WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE lead_id = OLD.{lead_column})"
        if lead_column
        else ""
    )
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _append_only_postgresql(table: str, lead_column: str | None) -> None:
    passes = (
        f"IF EXISTS (SELECT 1 FROM erasing WHERE lead_id = OLD.{lead_column}) THEN "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF;"
        if lead_column
        else ""
    )
    refuse = f"RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation';"
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {passes} {refuse} END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE FUNCTION {table}_no_truncate() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {refuse} END $$"
    )
    # A statement that names a partition fires no trigger of the whole table.
    op.execute(
        f"DO $$ DECLARE part regclass; BEGIN "
        f"FOR part IN SELECT '{table}'::regclass UNION ALL "
        f"SELECT inhrelid FROM pg_inherits WHERE inhparent = '{table}'::regclass LOOP "
        f"EXECUTE format('CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON %s "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_no_truncate()', part); "
        f"END LOOP; END $$"
    )


def append_only_parts(table: str, column: str, owner: str) -> None:
    """Lets rows pass as well, in a table that is append-only, whose owner's lead is in `erasing`.

    `column` names the row of `owner` that a row of `table` belongs to.
    """
    is_erased = (
        f"EXISTS (SELECT 1 FROM erasing JOIN {owner} ON {owner}.lead_id = erasing.lead_id "
        f"WHERE {owner}.id = OLD.{column})"
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {table}_no_{act.lower()}")
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"WHEN NOT {is_erased} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {is_erased} THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; "
        f"END IF; RAISE EXCEPTION '{table} is append-only' "
        f"USING ERRCODE = 'restrict_violation'; END $$"
    )


def fixed_columns(table: str, *columns: str, name: str | None = None) -> None:
    """Refuses to change the named columns of a row that is otherwise editable.

    Columns that came later have a trigger of their own, under another `name` than the table's.
    """
    names, name = ", ".join(columns), name or table
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name}_fixed BEFORE UPDATE OF {names} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: {names} never change'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}_fixed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}: {names} never change' "
        f"USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_fixed BEFORE UPDATE OF {names} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}_fixed()"
    )


def partition(table: str, count: int) -> None:
    """Makes the hash partitions of a table on PostgreSQL; SQLite has none."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for number in range(count):
        op.execute(
            f"CREATE TABLE {table}_p{number} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {count}, REMAINDER {number})"
        )
