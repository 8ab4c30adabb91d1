"""Very many leads with events, tags, values and words, written by statements that make their own
rows: what they would be after an import and a while of visits, without their histories."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from models.enums import FieldType
from models.pipelines import Pipeline, PipelineState
from resolvers import fields
from resolvers.actors import Actor
from resolvers.fields import NewField
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

AT_ONCE = 20_000
"""Leads of one transaction."""
TAGS, EVENTS, FIRST_NAMES, LAST_NAMES, STATES = 50, 8, 40, 500, 4
BUDGETS = 100_000
FIELD = "bench_budget"
DAYS = 60
"""How long ago the last activity of a lead is at most."""


@dataclass(frozen=True)
class _Dialect:
    """How the parts of a statement are written."""

    series: str
    """Numbers `n` from :first to :last."""
    steps: str
    """Numbers `k` from 0 to :events - 1."""
    uid: str
    """The id of kind `{kind}` and number `{n}`."""
    ago: str
    """The instant `{s}` seconds ago."""
    no_bytes: str
    no_list: str
    given_id: str
    """An id that is handed over as :`{name}`."""


_SQLITE = _Dialect(
    series="(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last)"
    " SELECT n FROM s)",
    steps="(WITH RECURSIVE e(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM e WHERE k < :events - 1)"
    " SELECT k FROM e)",
    uid="printf('0000000{kind}000070008000%012x', {n})",
    ago="strftime('%Y-%m-%d %H:%M:%f000', :now - ({s}), 'unixepoch')",
    no_bytes="x''",
    no_list="'[]'",
    given_id=":{name}",
)
_POSTGRESQL = _Dialect(
    series="(SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n)",
    steps="(SELECT generate_series(0, CAST(:events AS int) - 1) AS k)",
    uid="CAST('0000000{kind}-0000-7000-8000-' || lpad(to_hex({n}), 12, '0') AS uuid)",
    ago="to_timestamp(CAST(:now AS bigint) - ({s}))",
    no_bytes="CAST('' AS bytea)",
    no_list="CAST('[]' AS jsonb)",
    given_id="CAST(:{name} AS uuid)",
)


def statements(is_sqlite: bool) -> list[str]:
    """The rows of leads number :first to :last, what others hang on first."""
    words = _SQLITE if is_sqlite else _POSTGRESQL

    def uid(kind: int, number: str = "n") -> str:
        return words.uid.format(kind=kind, n=number)

    def ago(seconds: str) -> str:
        return words.ago.format(s=seconds)

    last = f"(n * 7919) % {DAYS * 86_400}"
    states = " ".join(
        f"WHEN {each} THEN {words.given_id.format(name=f'state_{each}')}" for each in range(STATES)
    )
    first_name, last_name = f"(n % {FIRST_NAMES})", f"((n * 31) % {LAST_NAMES})"
    event = f"((n + k * k) % {EVENTS})"
    happened = ago(f"{last} + k * (43200 + (n * 13 + k * 7) % 86400)")
    leads, steps = f"FROM {words.series} AS numbers", f"CROSS JOIN {words.steps} AS steps"
    theirs = f"BETWEEN {uid(1, ':first')} AND {uid(1, ':last')}"
    if not is_sqlite:
        theirs = theirs.replace(":first", "CAST(:first AS bigint)").replace(
            ":last", "CAST(:last AS bigint)"
        )
    return [
        "INSERT INTO lead (id, display_name, name_key, is_anonymous, created_at, source_channel,"
        " state_id, state_since, priority, last_activity_at)"
        f" SELECT {uid(1)}, 'First' || {first_name} || ' Last' || {last_name},"
        f" 'first' || {first_name} || ' last' || {last_name}, FALSE, {ago('10000000 - n')},"
        f" 'IMPORT', CASE n % {STATES} {states} END, {ago(last)}, 'NORMAL', {ago(last)} {leads}",
        "INSERT INTO lead_feed (lead_id, revision, floor, head)"
        f" SELECT {uid(1)}, 0, 0, {words.no_bytes} {leads}",
        "INSERT INTO email_address (id, key, consent, deliverability, since)"
        f" SELECT {uid(2)}, 'p' || n || '@mail' || (n % 50) || '.example', 'SUBSCRIBED', 'OK',"
        f" {ago('10000000 - n')} {leads}",
        "INSERT INTO lead_email_address (id, lead_id, email_address_id, as_typed, position,"
        f" is_verified, added_at) SELECT {uid(3)}, {uid(1)}, {uid(2)},"
        f" 'p' || n || '@mail' || (n % 50) || '.example', 0, FALSE, {ago('10000000 - n')} {leads}",
        "INSERT INTO lead_tag (lead_id, tag_id, at)"
        f" SELECT {uid(1)}, {uid(5, f'n % {TAGS}')}, {ago(last)} {leads}",
        "INSERT INTO property (lead_id, field_id, number_value, stored_type, version, source,"
        f" updated_at, updated_by_kind, updated_by_name) SELECT {uid(1)},"
        f" {words.given_id.format(name='field')}, ((n * 37) % {BUDGETS}) * 1000000, 'NUMBER', 0,"
        f" 'IMPORT', {ago(last)}, 'SYSTEM', 'Bench' {leads}",
        "INSERT INTO search_entry (lead_id, subject_id, words)"
        f" SELECT {uid(1)}, {uid(1)}, 'example first' || {first_name} || ' last' || {last_name}"
        f" || ' mail' || (n % 50) || ' p' || n {leads}",
        "INSERT INTO event (lead_id, id, name, group_key, origin, actor_kind, actor_name,"
        " occurred_at, received_at, is_clamped, is_backdated, count, last_at, told_at, parameters,"
        f" version) SELECT {uid(1)}, {uid(4, 'n * 1000 + k')}, 'Event ' || {event},"
        f" 'name:event ' || {event}, 'API', 'LEAD', 'Bench', {happened},"
        f" {happened}, FALSE, FALSE, 1, {happened}, {happened}, {words.no_list}, 0"
        f" {leads} {steps}",
        "INSERT INTO event_group (lead_id, group_key, name, count, first_at, last_at)"
        " SELECT lead_id, group_key, min(name), sum(count), min(occurred_at), max(last_at)"
        f" FROM event WHERE lead_id {theirs} GROUP BY lead_id, group_key",
    ]


async def fill(
    services: Services, actor: Actor, leads: int, events: int, tell: Callable[[str], None]
) -> None:
    """Makes so many leads with so many events each."""
    is_sqlite = services.database.is_sqlite
    given = await _shared_rows(services, actor) | {
        "now": int(services.clock.now().timestamp()),
        "events": events,
    }
    made = statements(is_sqlite)
    for start in range(0, leads, AT_ONCE):
        first, last = start + 1, min(start + AT_ONCE, leads)
        async with services.database.writing() as session, session.begin():
            for statement in made:
                mine = {name: each for name, each in given.items() if f":{name}" in statement}
                await session.execute(text(statement), mine | {"first": first, "last": last})
        tell(f"{last:,} leads, {last * events:,} events")
    if not is_sqlite:
        # What it does by itself some time after many rows; SQLite never does.
        engine = services.database.writer.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.exec_driver_sql("VACUUM ANALYZE")


async def _shared_rows(services: Services, actor: Actor) -> dict[str, Any]:
    """The field, the tags and the states that the leads' rows name."""
    is_sqlite = services.database.is_sqlite
    words = _SQLITE if is_sqlite else _POSTGRESQL
    async with unit_of_work(services, actor) as work:
        field = await fields.create_field(work, NewField(FIELD, "Budget", FieldType.NUMBER))
    series = words.series.replace(":first", "0").replace(":last", str(TAGS - 1))
    async with services.database.writing() as session, session.begin():
        tag = words.uid.format(kind=5, n="n")
        await session.execute(
            text(
                "INSERT INTO tag (id, name, name_key)"
                f" SELECT {tag}, 'bench ' || n, 'bench ' || n FROM {series} AS numbers"
            )
        )
        ids = await session.scalars(
            select(col(PipelineState.id))
            .join(Pipeline, col(Pipeline.id) == col(PipelineState.pipeline_id))
            .where(col(Pipeline.is_default))
            .order_by(col(PipelineState.position))
            .limit(STATES)
        )
        states = list(ids)
    named = {"field": field.id, **{f"state_{n}": each for n, each in enumerate(states)}}
    return {name: each.hex if is_sqlite else each for name, each in named.items()}
