"""A history that left the server can be checked without it, and a changed file is found out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import select, text
from sqlmodel import col

from models.changes import LeadFeed
from models.clock import ManualClock
from models.enums import ChangeKind, HistoryType, StaffRole
from models.workspace import Erasing, WorkspaceChange
from resolvers import tags, visits
from resolvers.actors import StaffActor
from resolvers.errors import Forbidden, LimitReached, NotFound
from resolvers.history_export import (
    ROWS_AT_ONCE,
    HistoryExport,
    check_export,
    export_history,
    read_export,
)
from resolvers.limits import EXPORT
from resolvers.services import Services
from resolvers.tickets import LASTS
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff
from tests.processes import Process
from tests.resolvers.scene import Scene
from tests.resolvers.verify import act

pytestmark = pytest.mark.behaviour("C46")


@pytest.fixture
async def scene(services: Services, clock: ManualClock) -> Scene:
    return await Scene(services, clock).build()


async def asked(services: Services, actor: StaffActor, lead_id: UUID) -> HistoryExport:
    async with unit_of_work(services, actor) as work:
        return await export_history(work, lead_id)


async def file_of(services: Services, actor: StaffActor, lead_id: UUID) -> list[bytes]:
    made = await asked(services, actor, lead_id)
    return [line async for line in await read_export(services, actor, made.ticket.text)]


async def test_a_file_holds_every_change_and_checks_with_the_servers_key(
    services: Services, scene: Scene
) -> None:
    made = await asked(services, scene.admin, scene.lead_id)
    lines = [line async for line in await read_export(services, scene.admin, made.ticket.text)]
    found = check_export(iter(lines), made.public_key)
    assert found.fault is None
    async with services.database.read_session() as session:
        feed = await session.get_one(LeadFeed, scene.lead_id)
        told = await session.scalar(
            select(WorkspaceChange).where(col(WorkspaceChange.kind) == "history_exported")
        )
    assert (found.changes, found.erased) == (feed.revision, 0)
    assert orjson.loads(lines[-2])["digest"] == feed.head.hex()
    assert told is not None
    assert (told.actor_id, told.data) == (scene.admin.id, {"lead": scene.lead_id.hex})


async def test_a_long_history_is_whole_across_its_parts(services: Services) -> None:
    admin, lead_id = await make_staff(services), await make_lead(services)
    async with unit_of_work(services, admin) as work:
        for number in range(ROWS_AT_ONCE + 1):
            data = {"added": [{"id": uuid4().hex, "name": str(number)}], "removed": []}
            work.record(lead_id, ChangeKind.TAGS_CHANGED, HistoryType.FIELD_CHANGE, data)
    found = check_export(iter(await file_of(services, admin, lead_id)))
    assert (found.changes, found.fault) == (ROWS_AT_ONCE + 2, None)


async def test_the_logs_of_leads_that_went_in_come_along(services: Services, scene: Scene) -> None:
    claim = scene.claim("customer-1")
    await visits.identify(services, scene.visit.actor, claim)
    lines = await file_of(services, scene.admin, scene.lead_id)
    logs = [each["log"] for each in map(orjson.loads, lines) if "log" in each]
    survivor = scene.known.actor.lead_id
    assert logs == [f"lead_{survivor.hex}", f"lead_{scene.lead_id.hex}"]
    assert check_export(iter(lines)).fault is None


async def test_an_erased_row_is_counted_and_the_chain_holds_over_it(
    services: Services, scene: Scene, dialect: str
) -> None:
    async with services.database.write_session() as session:
        session.add(Erasing(lead_id=scene.lead_id))
        await session.flush()
        lead = scene.lead_id.hex if dialect == "sqlite" else scene.lead_id
        await session.execute(
            text(
                "UPDATE change SET data = NULL, salt = NULL, actor_name = ''"
                " WHERE lead_id = :lead AND revision = 2"
            ),
            {"lead": lead},
        )
        await session.commit()
    found = check_export(iter(await file_of(services, scene.admin, scene.lead_id)))
    assert (found.fault, found.erased) == (None, 1)


def _changed(line: bytes, **values: Any) -> bytes:
    return orjson.dumps({**orjson.loads(line), **values}, option=orjson.OPT_APPEND_NEWLINE)


Tampering = Callable[[list[bytes]], list[bytes]]
TAMPERINGS: dict[str, tuple[Tampering, str]] = {
    "a name": (lambda f: [*f[:3], _changed(f[3], actorName="Mallory"), *f[4:]], "is altered"),
    "a value": (lambda f: [*f[:3], _changed(f[3], data={"diffs": []}), *f[4:]], "is altered"),
    "an instant": (
        lambda f: [*f[:3], _changed(f[3], at="2030-01-01T00:00:00+00:00"), *f[4:]],
        "does not fit the chain",
    ),
    "a row left out": (lambda f: [*f[:3], *f[4:]], "is missing or out of order"),
    "rows swapped": (lambda f: [*f[:3], f[4], f[3], *f[5:]], "is missing or out of order"),
    "the last row left out": (lambda f: [*f[:-2], f[-1]], "lacks its last changes"),
    "the header": (lambda f: [_changed(f[0], exportedAt="2020"), *f[1:]], "the digest of the file"),
    "no signature": (lambda f: f[:-1], "the signature is missing"),
    "another signature": (
        lambda f: [*f[:-1], _changed(f[-1], signature="A" * 86 + "==")],
        "the signature is not by this key",
    ),
    "something behind": (lambda f: [*f, f[3]], "stands behind the signature"),
    "another format": (lambda f: [_changed(f[0], format="x/1"), *f[1:]], "the format is x/1"),
    "a row of nothing": (lambda f: [*f[:3], b"{}\n", *f[4:]], "line 4 is not of the format"),
    "no JSON": (lambda f: [*f[:3], b"\xff\n", *f[4:]], "line 4 is not of the format"),
    "a row without a log": (lambda f: [f[0], *f[2:]], "belongs to no log"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_a_changed_file_is_found_out(services: Services, scene: Scene, name: str) -> None:
    lines = await file_of(services, scene.admin, scene.lead_id)
    assert check_export(iter(lines)).fault is None
    tamper, told = TAMPERINGS[name]
    fault = check_export(iter(tamper(lines))).fault
    assert fault is not None
    assert told in fault


async def test_a_file_that_another_server_signed_does_not_pass_for_ours(
    services: Services, scene: Scene
) -> None:
    lines = await file_of(services, scene.admin, scene.lead_id)
    other_key = "A" * 43 + "="
    assert check_export(iter(lines), other_key).fault == "the signature is not by this key"


async def test_the_command_tells_a_whole_file_from_a_changed_one(
    services: Services, scene: Scene, tmp_path: Path
) -> None:
    made = await asked(services, scene.admin, scene.lead_id)
    lines = [line async for line in await read_export(services, scene.admin, made.ticket.text)]
    file = tmp_path / "history.jsonl"
    file.write_bytes(b"".join(lines))
    told = Process(tmp_path, "verify-export", str(file), "--public-key", made.public_key).run()
    assert "is whole" in told
    assert "not checked" not in told
    assert "not checked" in Process(tmp_path, "verify-export", str(file)).run()
    file.write_bytes(b"".join(lines).replace(b"Lena", b"Lina"))
    with pytest.raises(AssertionError, match="can't be trusted"):
        Process(tmp_path, "verify-export", str(file)).run()


async def test_a_ticket_is_for_one_person_and_a_quarter_of_an_hour(
    services: Services, scene: Scene, clock: ManualClock
) -> None:
    made = await asked(services, scene.admin, scene.lead_id)
    with pytest.raises(NotFound):
        await read_export(services, await make_staff(services), made.ticket.text)
    for forged in ("", "x", made.ticket.text[:-1], made.ticket.text + "A", "é"):
        with pytest.raises(NotFound):
            await read_export(services, scene.admin, forged)
    clock.advance(LASTS.total_seconds() - 1)
    await read_export(services, scene.admin, made.ticket.text)
    clock.advance(1)
    with pytest.raises(NotFound):
        await read_export(services, scene.admin, made.ticket.text)


async def test_only_admin_takes_a_history_away_and_not_without_end(
    services: Services, scene: Scene
) -> None:
    for role in (StaffRole.MANAGER, StaffRole.AGENT):
        with pytest.raises(Forbidden):
            await asked(services, await make_staff(services, role), scene.lead_id)
    with pytest.raises(NotFound):
        await asked(services, scene.admin, uuid4())
    await act(services, scene.admin, tags.add_tags, scene.lead_id, ["after"])
    for _ in range(EXPORT.amount - 1):
        await asked(services, scene.admin, scene.lead_id)
    with pytest.raises(LimitReached):
        await asked(services, scene.admin, scene.lead_id)
