"""The commands, as processes of their own."""

import asyncio
import io
import os
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from app import open_database
from models.enums import JobKind, StaffRole
from models.ids import encode_id
from models.jobs import Job
from models.staff import Staff
from models.visits import PresenceInterval
from settings import Settings
from tests import warm
from tests.conftest import make_settings
from tests.live.deployment import ask, next_item
from tests.processes import Process, free_port
from tests.servers import RedisServer
from tests.serving import open_socket

SECRET = "0123456789abcdef0123456789abcdef"
PASSWORD = "a long enough password"
SIGN_IN = """mutation ($address: EmailAddress!, $password: String!) {
  signIn(input: {emailAddress: $address, password: $password, wantsToken: true}) {
    __typename ... on SignInSuccess { token }
  }
}"""
CREATE_LEAD = """mutation {
  createLead(input: {idempotencyKey: "first", person: {firstName: "Lena"}}) {
    ... on CreateLeadSuccess { lead { id } }
  }
}"""
SAVE_SITE = """mutation {
  saveSite(input: {name: "Shop", origins: ["https://shop.example"]}) {
    ... on SaveSiteSuccess { site { siteKey } }
  }
}"""
START_VISIT = """mutation ($key: String!) {
  startVisit(input: {siteKey: $key, page: {url: "https://shop.example/"}}) {
    ... on StartVisitSuccess { token }
  }
}"""
HEARTBEAT = """mutation {
  heartbeat(input: {pageKey: "page-0001", isVisible: true, idleMs: 0}) {
    ... on HeartbeatSuccess { nextBeatSeconds }
  }
}"""


def refused(folder: Path, *command: str, **environment: object) -> list[str]:
    """What a command that must fail says, line by line."""
    given = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "DEMO": "false",
        **{key: str(value) for key, value in environment.items()},
    }
    done = warm.run(command, given)
    assert done.returncode == 1, done.stdout + done.stderr
    assert not done.stdout
    return done.stderr.splitlines()


def add_staff(folder: Path, role: str = "ADMIN", **environment: object) -> str:
    """Creates a person by the command; answers the address."""
    options = ["--name", "Ada Ames", "--email", "ada@team.example", "--role", role]
    command = Process(folder, "create-staff", *options, "--password", PASSWORD, **environment)
    assert "ada@team.example" in command.run()
    return "ada@team.example"


async def sign_in(client: httpx2.AsyncClient, url: str, address: str) -> str:
    answer = await ask(client, url, "", SIGN_IN, address=address, password=PASSWORD)
    token: str = answer["signIn"]["token"]
    return token


EXPORT_HISTORY = """mutation ($id: ID!) { exportHistory(input: {leadId: $id}) {
  ... on ExportHistorySuccess { downloadPath publicKey } } }"""
EXPORT_REST = """mutation ($id: ID!) {
  leads: exportLeads(input: {columns: ["name"]}) { ... on ExportLeadsSuccess {
    downloadPath leadCount { value isExact } } }
  person: exportPersonalData(input: {leadId: $id}) {
    ... on ExportPersonalDataSuccess { downloadPath } }
  updateProject(input: {name: "Zürich \\"Lamps\\""}) { __typename }
}"""


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Process]:
    """A server with everything inside, in a fresh folder."""
    server = Process(tmp_path / "data", "serve", PORT=free_port())
    server.start()
    yield server
    server.kill()


def test_a_second_server_on_one_folder_is_refused_in_one_line(embedded: Process) -> None:
    (line,) = refused(embedded.folder, "serve", PORT=free_port())
    assert line.startswith("Another server uses ")
    assert "DATABASE_URL" in line
    embedded.kill()
    embedded.start()  # the lock went with the process


@pytest.mark.realtime
async def test_staff_made_beside_a_server_can_sign_in_and_sigterm_ends_it_in_three_seconds(
    embedded: Process,
) -> None:
    address = await asyncio.to_thread(add_staff, embedded.folder)
    async with httpx2.AsyncClient() as client:
        token = await sign_in(client, embedded.url, address)
        answer = await ask(client, embedded.url, token, CREATE_LEAD)
    url = embedded.url.replace("http", "ws") + "/graphql"
    async with open_socket(url) as busy, open_socket(url) as idle:
        await busy.sign_in(token=token)
        variables: dict[str, Any] = {"id": answer["createLead"]["lead"]["id"]}
        await busy.subscribe(
            "1", "subscription ($id: ID!) { leadCard(id: $id) { __typename } }", variables=variables
        )
        assert (await next_item(busy))["__typename"] == "LeadCardSnapshot"
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(embedded.stop))
        assert [(await socket.closed())[0] for socket in (busy, idle)] == [1012, 1012]
        status = await stopping
        took = time.monotonic() - began
    assert status in (0, -15)
    assert took < 3
    assert "Traceback" not in embedded.log


async def test_an_exported_history_comes_to_who_asked_for_it_and_checks_without_the_server(
    embedded: Process,
) -> None:
    address = await asyncio.to_thread(add_staff, embedded.folder)
    async with httpx2.AsyncClient(base_url=embedded.url) as client:
        token = await sign_in(client, embedded.url, address)
        made = await ask(client, embedded.url, token, CREATE_LEAD)
        lead_id = made["createLead"]["lead"]["id"]
        answer = await ask(client, embedded.url, token, EXPORT_HISTORY, id=lead_id)
        export = answer["exportHistory"]
        assert (await client.get(export["downloadPath"])).status_code == 401
        mine = {"authorization": f"Bearer {token}"}
        assert (await client.get("/exports/history/x", headers=mine)).status_code == 404
        file = await client.get(export["downloadPath"], headers=mine)
        rest = await ask(client, embedded.url, token, EXPORT_REST, id=lead_id)
        paths = [rest[name]["downloadPath"] for name in ("leads", "person")]
        assert [(await client.get(each)).status_code for each in paths] == [401, 401]
        assert (await client.get("/exports/leads/x", headers=mine)).status_code == 404
        assert (await client.get("/exports/person/x", headers=mine)).status_code == 404
        leads, person = [await client.get(each, headers=mine) for each in paths]
        again = [await client.get(paths[number % 2], headers=mine) for number in range(10)]
    assert [each.status_code for each in again] == [200] * 8 + [429] * 2
    assert all(0 < int(each.headers["retry-after"]) <= 60 for each in again[8:])
    assert rest["leads"]["leadCount"] == {"value": 1, "isExact": True}
    assert leads.text.splitlines()[0] == "\ufeffLeadlight name"
    assert leads.headers["content-type"].startswith("text/csv")
    assert leads.headers["cache-control"] == "no-store"
    named = leads.headers["content-disposition"]
    assert named.startswith('attachment; filename="Z_rich -Lamps- leads 20')
    assert "; filename*=UTF-8''Z%C3%BCrich%20-Lamps-%20leads%2020" in named
    assert zipfile.ZipFile(io.BytesIO(person.content)).namelist() == ["data.json"]
    assert file.headers["content-disposition"].startswith("attachment")
    path = embedded.folder / "history.jsonl"
    path.write_bytes(file.content)
    command = ("verify-export", str(path), "--public-key", export["publicKey"])
    told = await asyncio.to_thread(Process(embedded.folder, *command).run)
    assert told.startswith(f"The history of {lead_id} is whole: ")


async def test_create_staff_stores_the_role_and_tells_what_is_wrong_in_one_line(
    tmp_path: Path,
) -> None:
    assert Process(tmp_path, "migrate").run() == "The database is up to date.\n"
    address = await asyncio.to_thread(add_staff, tmp_path, "manager")
    settings = make_settings(f"sqlite:///{tmp_path / 'leadlight.db'}", tmp_path)
    async with open_database(settings) as database, database.read_session() as session:
        person = (await session.scalars(select(Staff))).one()
    assert (person.name, person.role) == ("Ada Ames", StaffRole.MANAGER)
    again = ["create-staff", "--name", "Ada", "--email", address, "--password", PASSWORD]
    assert refused(tmp_path, *again) == ["Somebody has this address."]


async def test_failed_work_is_shown_and_tried_again_in_a_line_each(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    listed = Process(folder, "jobs", "list").run()
    assert listed == "No background work waits, and none has failed.\n"
    settings = make_settings(f"sqlite+aiosqlite:///{folder / 'leadlight.db'}", tmp_path)
    now = datetime.now(UTC)
    job = Job(queue="webhooks", kind=JobKind.DELIVER_WEBHOOK, data={}, created_at=now,
              due_at=now, attempts=8, problem="No answer came.", failed_at=now)  # fmt: skip
    async with open_database(settings) as database, database.writing() as session, session.begin():
        session.add(job)
    assert Process(folder, "jobs", "list").run().splitlines()[1].split() == [
        "webhooks", "0", "0", "1",
    ]  # fmt: skip
    row = Process(folder, "jobs", "failed").run().splitlines()[1]
    assert row.split()[:2] == [encode_id("job", job.id), "DELIVER_WEBHOOK"]
    assert row.rstrip().endswith("8      No answer came.")
    again = Process(folder, "jobs", "retry", encode_id("job", job.id)).run()
    assert again == "1 job is tried again.\n"
    assert Process(folder, "jobs", "failed").run() == "No job has failed.\n"
    (line,) = refused(folder, "jobs", "retry", f"job_{'0' * 32}")
    assert line == "There is no such job."


def test_export_schema_prints_the_schema(tmp_path: Path) -> None:
    assert "union LeadCardItem =" in Process(tmp_path, "export-schema").run()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("DATABASE_URL", "mysql://example"),
        ("REDIS_URL", "http://example"),
        ("PRESENCE_SLEEP_SECONDS", "-1"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    (line,) = refused(tmp_path, "migrate", **{name: value})
    assert line.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("command", "environment", "told"),
    [
        ("serve", {}, "SECRET_KEY: "),
        ("serve", {"SECRET_KEY": SECRET}, "ConnectionRefusedError: "),
        ("worker", {"SECRET_KEY": SECRET}, "ConnectionRefusedError: "),
    ],
)
def test_postgresql_without_a_secret_or_a_server_is_told_in_one_line(
    tmp_path: Path, command: str, environment: dict[str, str], told: str
) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    (line,) = refused(tmp_path, command, DATABASE_URL=nowhere, **environment)
    assert line.startswith(told)


# --- at scale --------------------------------------------------------------------------------


@pytest.fixture
def shared(database_url: str, tmp_path: Path, redis_server: RedisServer) -> Settings:
    return make_settings(database_url, tmp_path, redis_url=redis_server.url)


@pytest.fixture
async def deployed(shared: Settings, tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    """A server and a worker on PostgreSQL and Valkey."""
    assert shared.redis_url is not None
    environment = {
        "DATABASE_URL": shared.database_url,
        "REDIS_URL": shared.redis_url,
        "SECRET_KEY": SECRET,
    }
    await asyncio.to_thread(add_staff, tmp_path / "staff", "ADMIN", **environment)
    server = Process(tmp_path / "server", "serve", PORT=free_port(), **environment)
    worker = Process(tmp_path / "worker", "worker", **environment)
    try:
        await asyncio.to_thread(server.start)
        worker.start()
        yield server, worker
    finally:
        server.kill()
        worker.kill()


@pytest.mark.realtime
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_worker_stores_what_a_server_of_its_own_process_tells(
    deployed: tuple[Process, Process], shared: Settings
) -> None:
    server, worker = deployed
    async with httpx2.AsyncClient() as client:
        token = await sign_in(client, server.url, "ada@team.example")
        site = await ask(client, server.url, token, SAVE_SITE)
        key = site["saveSite"]["site"]["siteKey"]
        visit = (await ask(client, server.url, "", START_VISIT, key=key))["startVisit"]["token"]
        await ask(client, server.url, visit, HEARTBEAT)
    async with open_database(shared) as database, asyncio.timeout(20):
        for _ in iter(int, 1):
            async with database.read_session() as session:
                if (await session.scalars(select(PresenceInterval))).all():
                    break
            await asyncio.sleep(0.1)
    assert await asyncio.to_thread(worker.stop) == 0
    assert await asyncio.to_thread(server.stop) in (0, -15)
    assert "Traceback" not in worker.log + server.log
