"""A file by the API: ticket, bytes, preview, import by the worker, progress, rejected rows."""

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from app import create_app
from models.clock import ManualClock
from models.engine import Database
from models.enums import ActorKind, StaffRole, Via
from models.ids import decode_id, encode_id
from models.imports import LeadImport
from models.leads import Lead
from models.staff import Staff
from models.uploads import Upload
from models.workspace import WorkspaceChange
from resolvers.actors import SYSTEM
from resolvers.errors import NotFound
from resolvers.imports.online import (
    REJECTED_KEPT,
    find_import,
    forget_rejected,
    rejected_path,
    run_waiting,
    start_import,
)
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.uploads import (
    LASTS,
    WRITTEN_AT_ONCE,
    create_upload,
    forget_uploads,
    path_of,
    receive,
)
from settings import Settings
from tests.client import Client, everything, key, nothing_written, staff_client
from tests.factories import make_staff
from tests.importing import received_upload
from tests.processes import Process
from tests.resolvers.verify import changes_of

ORIGIN = "https://leads.example"
ROWS = b"""Name,E-Mail,Phone,Team
Lena Lorenz,lena@mail.example,030 901820,A
Bo,bo@mail.example,555,B
"""
PREVIEW = """query ($id: ID!, $columns: [ImportColumnInput!]) {
  importPreview(uploadId: $id, columns: $columns) {
    rowCount encoding separator firstRows rejectedCount
    columns { column number target samples } rejected { row line reason }
  }
}"""
PARTS = """id kind done total startedAt endedAt failure created updated unchanged rejected
    file { name contentType sizeBytes downloadUrl }"""
PROGRESS = f"subscription ($id: ID!) {{ progress(id: $id) {{ {PARTS} }} }}"


@pytest.fixture
async def web(settings: Settings, clock: ManualClock) -> AsyncIterator[httpx2.AsyncClient]:
    """The application over HTTP, whose worker does what a test asks for and no more."""
    ours = settings.model_copy(update={"public_url": ORIGIN, "worker_inside": False})
    app = create_app(ours, clock)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN) as client,
    ):
        client.app = app  # type: ignore[attr-defined]  # tests look into its services
        yield client


def services_of(web: httpx2.AsyncClient) -> Services:
    services: Services = web.app.state.services  # type: ignore[attr-defined]  # set by the fixture
    return services


def as_staff(client: Client) -> dict[str, str]:
    return {"authorization": f"Bearer {client.token}"}


async def ticket(client: Client, size: int = len(ROWS)) -> dict[str, Any]:
    made = await client.done(
        "createUpload", "ticket { id uploadUrl expiresAt }", name="contacts.csv", sizeBytes=size
    )
    found: dict[str, Any] = made["ticket"]
    return found


async def put(
    web: httpx2.AsyncClient,
    client: Client | None,
    url: str,
    data: bytes = ROWS,
    encoding: str = "identity",
) -> int:
    more = as_staff(client) if client else {}
    return (
        await web.put(url, content=data, headers={**more, "content-encoding": encoding})
    ).status_code


async def uploaded(web: httpx2.AsyncClient, client: Client, data: bytes = ROWS) -> str:
    made = await ticket(client, len(data))
    assert await put(web, client, made["uploadUrl"], data) == 204
    return str(made["id"])


async def begun(client: Client, upload_id: str, columns: Sequence[str] = ()) -> dict[str, Any]:
    """An import of the columns named, each where its name says."""
    targets = {"Name": "name", "E-Mail": "emailAddress", "Phone": "phoneNumber"}
    made = await client.done(
        "importLeads",
        f"progress {{ {PARTS} }}",
        idempotencyKey=key(),
        uploadId=upload_id,
        columns=[{"column": name, "target": targets[name]} for name in columns or targets],
    )
    found: dict[str, Any] = made["progress"]
    return found


async def last_progress(client: Client, progress_id: str) -> dict[str, Any]:
    """How an import that has ended is told."""
    async with aclosing(client.stream(PROGRESS, id=progress_id)) as items:
        (item,) = [item async for item in items]
    assert item.data is not None
    found: dict[str, Any] = item.data["progress"]
    return found


async def test_a_file_goes_all_the_way(web: httpx2.AsyncClient, clock: ManualClock) -> None:
    services = services_of(web)
    manager = await staff_client(services, StaffRole.MANAGER, "Milo Marsh")
    upload_id = await uploaded(web, manager)
    found = (await manager.read(PREVIEW, id=upload_id))["importPreview"]
    assert found == {
        "rowCount": 2,
        "encoding": "UTF-8",
        "separator": "comma",
        "firstRows": [
            ["Lena Lorenz", "lena@mail.example", "030 901820", "A"],
            ["Bo", "bo@mail.example", "555", "B"],
        ],
        "columns": [
            {"column": "Name", "number": 1, "target": "name", "samples": ["Lena Lorenz", "Bo"]},
            {
                "column": "E-Mail",
                "number": 2,
                "target": "emailAddress",
                "samples": ["lena@mail.example", "bo@mail.example"],
            },
            {
                "column": "Phone",
                "number": 3,
                "target": "phoneNumber",
                "samples": ["030 901820", "555"],
            },
            {"column": "Team", "number": 4, "target": "property:team", "samples": ["A", "B"]},
        ],
        "rejectedCount": 1,
        "rejected": [{"row": 2, "line": 3, "reason": "Phone: This is no valid phone number."}],
    }
    progress = await begun(manager, upload_id)
    assert (progress["done"], progress["total"], progress["endedAt"]) == (0, 2, None)
    assert progress["file"] is None
    async with aclosing(manager.stream(PROGRESS, id=progress["id"])) as items:
        first = await anext(items)
        assert first.data == {"progress": progress}
        await run_waiting(services)
        clock.advance(60)
        rest = [item async for item in items]
    (last,) = [item.data["progress"] for item in rest if item.data]
    told = [last[name] for name in ("done", "created", "updated", "unchanged", "rejected")]
    assert told == [2, 1, 0, 0, 1]
    assert last["failure"] is None
    file = last["file"]
    assert (file["name"], file["contentType"]) == ("contacts.csv.rejected.csv", "text/csv")
    answer = await web.get(file["downloadUrl"], headers=as_staff(manager))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(answer.content) == file["sizeBytes"]
    rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert rows[1] == [
        "3",
        "Phone: This is no valid phone number.",
        "Bo",
        "bo@mail.example",
        "555",
        "B",
    ]
    async with services.database.read_session() as session:
        lead_id = (await session.scalars(select(col(Lead.id)))).one()
        kinds = await session.scalars(
            select(col(WorkspaceChange.kind)).order_by(col(WorkspaceChange.revision))
        )
        told_kinds = [kind for kind in kinds if "import" in kind or "upload" in kind]
    (change,) = await changes_of(services, lead_id)
    assert manager.actor is not None
    assert (change.actor_kind, change.actor_id, change.via) == (
        ActorKind.STAFF,
        manager.actor.id,
        Via.IMPORT,
    )
    assert told_kinds == ["upload_created", "lead_import_began", "lead_import_ended"]
    assert not path_of(services, decode_id("upload", upload_id)).exists()


# --- tickets -------------------------------------------------------------------------------------


async def test_a_ticket_is_for_one_person_and_one_try(
    web: httpx2.AsyncClient, clock: ManualClock
) -> None:
    services = services_of(web)
    ada, bo = await staff_client(services), await staff_client(services, name="Bo Brandt")
    url = (await ticket(ada))["uploadUrl"]
    assert url.startswith(f"{ORIGIN}/uploads/upload_")
    assert await put(web, None, url) == 401
    assert await put(web, bo, url) == 404
    assert await put(web, ada, f"{url}x") == 404
    assert await put(web, ada, url) == 204
    assert await put(web, ada, url) == 404
    late = (await ticket(ada))["uploadUrl"]
    clock.advance(LASTS.total_seconds() + 1)
    assert await put(web, ada, late) == 404
    async with services.database.read_session() as session:
        tickets = await session.scalars(select(col(Upload.token_hash)))
        assert all(url.rpartition("/")[2].encode() not in each for each in tickets)


@pytest.mark.parametrize(("data", "status"), [(ROWS + b"x", 413), (ROWS[:-1], 400)])
async def test_a_file_of_another_size_than_said_is_refused_and_leaves_nothing(
    web: httpx2.AsyncClient, data: bytes, status: int
) -> None:
    services = services_of(web)
    ada = await staff_client(services)
    made = await ticket(ada)
    assert await put(web, ada, made["uploadUrl"], data) == status
    assert list((services.files.folder / "uploads").iterdir()) == []
    assert (await ada.read(PREVIEW, id=made["id"]))["importPreview"] is None
    assert await put(web, ada, made["uploadUrl"]) == 404


async def test_a_compressed_file_is_refused(web: httpx2.AsyncClient) -> None:
    ada = await staff_client(services_of(web))
    url = (await ticket(ada))["uploadUrl"]
    assert await put(web, ada, url, encoding="gzip") == 415
    assert await put(web, ada, url) == 204  # the ticket was not tried


async def test_more_bytes_than_the_setting_allows_are_not_taken(
    settings: Settings, clock: ManualClock
) -> None:
    ours = settings.model_copy(
        update={"public_url": ORIGIN, "worker_inside": False, "upload_max_bytes": 10}
    )
    app = create_app(ours, clock)
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client,
    ):
        ada = await staff_client(app.state.services)
        url = (await ticket(ada, 10))["uploadUrl"]
        assert await put(client, ada, url, b"x" * 11) == 413
        told = await ada.write("createUpload", name="a.csv", sizeBytes=11)
        assert told["problems"][0]["code"] == "TOO_LARGE"


async def test_an_upload_goes_to_the_disk_while_it_comes(services: Services) -> None:
    ada = await make_staff(services)
    async with unit_of_work(services, ada) as work:
        made = await create_upload(work, "big.csv", 3 * WRITTEN_AT_ONCE)
    draft = path_of(services, made.upload.id).with_suffix(".part")
    sizes = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * WRITTEN_AT_ONCE
            sizes.append(draft.stat().st_size)

    await receive(services, ada, made.token, chunks())
    assert sizes == [WRITTEN_AT_ONCE, 2 * WRITTEN_AT_ONCE, 3 * WRITTEN_AT_ONCE]
    assert path_of(services, made.upload.id).stat().st_mode & 0o777 == 0o600


async def test_uploads_that_nothing_used_are_forgotten_after_an_hour(
    services: Services, clock: ManualClock
) -> None:
    ada = await make_staff(services)
    unused = await received_upload(services, ada, ROWS)
    used = await received_upload(services, ada, ROWS)
    await start_import(services, ada, key(), used, {"Name": "name"}, None)
    await forget_uploads(services)
    assert path_of(services, unused).exists()
    clock.advance(LASTS.total_seconds() + 1)
    await forget_uploads(services)
    assert not path_of(services, unused).exists()
    assert path_of(services, used).exists()
    async with services.database.read_session() as session:
        assert list(await session.scalars(select(col(Upload.id)))) == [used]


# --- preview -------------------------------------------------------------------------------------


async def test_a_preview_shows_nothing_to_who_may_not_import(services: Services) -> None:
    ada = await staff_client(services)
    assert ada.actor is not None
    upload_id = encode_id("upload", await received_upload(services, ada.actor, ROWS))
    agent = await staff_client(services, StaffRole.AGENT)
    other = await staff_client(services, name="Bo Brandt")
    for client in (agent, other):
        assert (await client.read(PREVIEW, id=upload_id))["importPreview"] is None
    assert await ada.refused(PREVIEW, id="note_0") == "BAD_USER_INPUT"


async def test_a_preview_says_why_a_file_or_a_column_can_not_be_used(services: Services) -> None:
    ada = await staff_client(services)
    assert ada.actor is not None
    empty = encode_id("upload", await received_upload(services, ada.actor, b"\n"))
    answer = await ada.run(PREVIEW, id=empty)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["message"] == "The file is empty."
    upload_id = encode_id("upload", await received_upload(services, ada.actor, ROWS))
    wrong = [{"column": "Nose", "target": "name"}]
    assert await ada.refused(PREVIEW, id=upload_id, columns=wrong) == "BAD_USER_INPUT"


async def test_a_preview_writes_nothing_and_finds_what_only_the_database_knows(
    services: Services,
) -> None:
    ada = await staff_client(services)
    assert ada.actor is not None
    for _ in range(2):
        given = {"idempotencyKey": key(), "emailAddresses": ["lena@mail.example"]}
        await ada.done("createLead", **given)
    upload_id = await received_upload(services, ada.actor, ROWS)
    before = await everything(services)
    async with nothing_written(services):
        columns = [{"column": "Phone", "target": None}, {"column": "#4", "target": "tags"}]
        data = await ada.read(PREVIEW, id=encode_id("upload", upload_id), columns=columns)
    assert await everything(services) == before
    found = data["importPreview"]
    assert [each["target"] for each in found["columns"]] == ["name", "emailAddress", None, "tags"]
    assert [(each["line"], each["reason"][:13]) for each in found["rejected"]] == [
        (2, "Several cards")
    ]


# --- import and progress -------------------------------------------------------------------------


async def test_columns_that_are_not_named_are_left_out(services: Services) -> None:
    ada = await staff_client(services)
    assert ada.actor is not None
    upload_id = encode_id("upload", await received_upload(services, ada.actor, ROWS))
    progress = await begun(ada, upload_id, ["Name"])
    await run_waiting(services)
    assert (await last_progress(ada, progress["id"]))["created"] == 2
    async with services.database.read_session() as session:
        names = await session.scalars(select(col(Lead.display_name)))
        assert sorted(names) == ["Bo", "Lena Lorenz"]
        assert all(await session.scalars(select(col(Lead.is_anonymous))))


async def test_a_repeated_key_answers_the_first_import_also_after_its_end(
    services: Services,
) -> None:
    ada = await make_staff(services)
    upload_id = await received_upload(services, ada, ROWS)
    given = ("key", upload_id, {"Name": "name"}, None)
    first = await start_import(services, ada, *given)
    await run_waiting(services)
    again = await start_import(services, ada, *given)
    assert (again.id, again.done) == (first.id, 2)
    async with services.database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(LeadImport)) == 1


async def test_progress_is_told_to_who_began_it_and_to_an_admin(services: Services) -> None:
    manager = await staff_client(services, StaffRole.MANAGER)
    other = await staff_client(services, StaffRole.MANAGER, "Mo Marsh")
    admin = await staff_client(services)
    assert manager.actor is not None
    upload_id = encode_id("upload", await received_upload(services, manager.actor, ROWS))
    progress = await begun(manager, upload_id)
    await run_waiting(services)
    assert (await last_progress(admin, progress["id"]))["done"] == 2
    for client, wanted in ((other, progress["id"]), (manager, f"progress_{'0' * 32}")):
        async with aclosing(client.stream(PROGRESS, id=wanted)) as items:
            (item,) = [item async for item in items]
        assert item.codes == ["BAD_USER_INPUT"]
    assert other.actor is not None
    with pytest.raises(NotFound):
        await find_import(services, other.actor, decode_id("progress", progress["id"]))


async def test_rejected_rows_are_for_who_began_the_import(web: httpx2.AsyncClient) -> None:
    services = services_of(web)
    manager = await staff_client(services, StaffRole.MANAGER)
    other = await staff_client(services, StaffRole.MANAGER, "Mo Marsh")
    progress = await begun(manager, await uploaded(web, manager))
    path = f"/imports/{progress['id']}/rejected.csv"
    assert (await web.get(path, headers=as_staff(manager))).status_code == 404  # not ended
    await run_waiting(services)
    assert (await web.get(path)).status_code == 401
    assert (await web.get(path, headers=as_staff(other))).status_code == 404
    assert (await web.get("/imports/x/rejected.csv", headers=as_staff(other))).status_code == 404
    assert (await web.get(path, headers=as_staff(manager))).status_code == 200


async def test_rejected_rows_are_kept_for_a_week(services: Services, clock: ManualClock) -> None:
    ada = await make_staff(services)
    upload_id = await received_upload(services, ada, ROWS)
    row = await start_import(services, ada, key(), upload_id, {"Phone": "phoneNumber"}, None)
    await run_waiting(services)
    clock.advance((REJECTED_KEPT - timedelta(hours=1)).total_seconds())
    await forget_rejected(services)
    assert rejected_path(services, upload_id).exists()
    clock.advance(2 * 3600)
    await forget_rejected(services)
    assert not rejected_path(services, upload_id).exists()
    assert (await find_import(services, ada, row.id)).rejected_bytes == 0


async def test_an_import_of_somebody_who_left_fails_and_says_so(services: Services) -> None:
    manager, admin = await staff_client(services, StaffRole.MANAGER), await staff_client(services)
    assert manager.actor is not None
    upload_id = await received_upload(services, manager.actor, ROWS)
    progress = await begun(manager, encode_id("upload", upload_id))
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(Staff).where(col(Staff.id) == manager.actor.id).values(is_active=False)
        )
    await run_waiting(services)
    told = await last_progress(admin, progress["id"])
    assert told["failure"] == "You may not do this."
    assert told["done"] == 0
    assert not path_of(services, upload_id).exists()


async def test_an_import_whose_file_is_gone_fails_and_lets_the_next_one_pass(
    services: Services,
) -> None:
    ada = await make_staff(services)
    first, second = [await received_upload(services, ada, ROWS) for _ in range(2)]
    rows = [
        await start_import(services, ada, key(), each, {"Name": "name"}, None)
        for each in (first, second)
    ]
    path_of(services, first).unlink()
    await run_waiting(services)
    ended = [await find_import(services, ada, row.id) for row in rows]
    assert [row.failure for row in ended] == ["There is no such file.", None]
    assert [row.done for row in ended] == [0, 2]


async def test_a_killed_worker_is_taken_over_by_the_next_and_each_row_is_done_once(
    settings: Settings, services: Services
) -> None:
    ada = await make_staff(services)
    count = 600
    data = "Name\n" + "".join(f"P{number}\n" for number in range(count))
    upload_id = await received_upload(services, ada, data.encode())
    row = await start_import(services, ada, key(), upload_id, {"Name": "name"}, None)
    worker = _worker(settings)
    worker.start()
    await _until(services.database, row.id, lambda found: found.done > 0)
    worker.kill()
    killed = await find_import(services, ada, row.id)
    again = _worker(settings)
    again.start()
    try:
        ended = await _until(services.database, row.id, lambda found: found.ended_at)
    finally:
        again.kill()
    assert (ended.done, ended.created, ended.failure) == (count, count, None)
    assert killed.done <= count
    async with services.database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(Lead)) == count


def _worker(settings: Settings) -> Process:
    assert settings.secret_key is not None
    return Process(
        settings.data_dir,
        "worker",
        DATABASE_URL=settings.database_url,
        SECRET_KEY=settings.secret_key.get_secret_value(),
    )


async def _until(database: Database, import_id: UUID, is_so: Any) -> LeadImport:
    for _ in range(6_000):
        async with database.read_session() as session:
            row = await session.get_one(LeadImport, import_id)
        if is_so(row):
            return row
        await asyncio.sleep(0.01)
    raise AssertionError("the import did not come so far")
