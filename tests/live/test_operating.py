"""What an operator does with a running program: watch it, back it up, put it back."""

import asyncio
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from backup import back_up
from tests.databases import copy_template, make_template
from tests.live.deployment import ADD_TAGS, CARD, ask
from tests.live.test_cli import add_staff, sign_in
from tests.processes import Process, free_port
from tests.servers import RedisServer
from tests.serving import open_socket

CREATE = """mutation ($key: IdempotencyKey!, $name: String!) {
  createLead(input: {idempotencyKey: $key, person: {firstName: $name}}) {
    ... on CreateLeadSuccess { lead { id } changes { cursor } } } }"""
NAMES = "{ leads(first: 50) { nodes { displayName } } }"


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Process]:
    server = Process(tmp_path / "data", "serve", PORT=free_port(), LOG_LEVEL="info")
    server.start()
    yield server
    server.kill()


async def create(client: httpx2.AsyncClient, server: Process, token: str, name: str) -> Any:
    made = await ask(client, server.url, token, CREATE, key=f"key-{name}", name=name)
    return made["createLead"]


async def names(client: httpx2.AsyncClient, server: Process, token: str) -> set[str]:
    data = await ask(client, server.url, token, NAMES)
    return {each["displayName"] for each in data["leads"]["nodes"]}


def refusal(folder: Path, *command: str) -> str:
    with pytest.raises(AssertionError) as refused:
        Process(folder, *command).run()
    return str(refused.value).strip()


async def test_a_backup_made_beside_a_server_brings_back_what_was_there(
    embedded: Process, tmp_path: Path
) -> None:
    folder, archive = embedded.folder, tmp_path / "leads.tar.gz"
    address = await asyncio.to_thread(add_staff, folder)
    async with httpx2.AsyncClient() as client:
        token = await sign_in(client, embedded.url, address)
        made = await create(client, embedded, token, "Kept")
        told = await asyncio.to_thread(Process(folder, "backup", str(archive)).run)
        assert "keep it safe" in told
        assert archive.stat().st_mode & 0o077 == 0
        await create(client, embedded, token, "Lost")
        later = await ask(
            client, embedded.url, token, ADD_TAGS, lead=made["lead"]["id"], tag="later"
        )
        cursor = later["addTags"]["changes"][0]["cursor"]
        assert await names(client, embedded, token) == {"Kept", "Lost"}

        assert "Another server uses" in refusal(folder, "restore", str(archive))
        await asyncio.to_thread(embedded.stop)
        told = await asyncio.to_thread(Process(folder, "restore", str(archive)).run)
        assert "before-restore-" in told
        assert len(list(folder.glob("before-restore-*/leadlight.db"))) == 1
        await asyncio.to_thread(embedded.start)
        assert await names(client, embedded, token) == {"Kept"}, "the session came back as well"
    # A position from before names changes that never were: the card begins again.
    async with open_socket(f"{embedded.url.replace('http', 'ws')}/graphql") as socket:
        await socket.sign_in(token=token)
        variables = {"id": made["lead"]["id"], "after": cursor}
        await socket.subscribe("1", CARD, variables=variables)
        first = await socket.receive()
        assert first["payload"]["data"]["leadCard"]["__typename"] == "LeadCardReset"


def test_a_backup_has_every_file_that_its_database_names_while_files_come_and_go(
    tmp_path: Path,
) -> None:
    folder, store = tmp_path / "data", tmp_path / "data" / "files"
    store.mkdir(parents=True)
    over = Event()

    def execute(statement: str, *given: object) -> None:
        with closing(sqlite3.connect(folder / "leadlight.db")) as database, database:
            database.execute(statement, given)

    def add() -> str:
        name = uuid4().hex
        (store / name).write_bytes(os.urandom(200_000))
        execute("INSERT INTO file VALUES (?)", name)
        return name

    def come_and_go(names: list[str]) -> None:
        while not over.wait(0.1):
            add()
            gone = names.pop()  # the last of the folder: the archive has not come to it yet
            execute("DELETE FROM file WHERE id = ?", gone)
            (store / gone).unlink()

    execute("CREATE TABLE file (id TEXT)")
    names = sorted(add() for _ in range(150))
    busy = Thread(target=come_and_go, args=(names,))
    busy.start()
    back_up(folder, tmp_path / "leads.tar.gz")
    over.set()
    busy.join()
    with tarfile.open(tmp_path / "leads.tar.gz") as archive:
        archive.extractall(tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / "leadlight.db")) as database:
        named = {row[0] for row in database.execute("SELECT id FROM file")}
    kept = {each.name for each in (tmp_path / "out" / "files" / "files").iterdir()}
    assert named <= kept
    assert len(names) < 150, "something went while the archive was written"


def test_what_is_no_backup_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Process(folder, "migrate").run()
    good, before = tmp_path / "good.tar.gz", (folder / "leadlight.db").read_bytes()
    Process(folder, "backup", str(good)).run()
    assert "is there already" in refusal(folder, "backup", str(good))
    text = tmp_path / "text.tar.gz"
    text.write_text("no archive")
    assert "is no backup" in refusal(folder, "restore", str(text))
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(good.read_bytes()[:2_000])
    assert "is no backup" in refusal(folder, "restore", str(cut))
    outside = tmp_path / "outside.tar.gz"
    with tarfile.open(outside, "w:gz") as archive:
        archive.add(text, "../escaped")
    assert "is no backup" in refusal(folder, "restore", str(outside))
    assert not (tmp_path / "escaped").exists()
    damaged = tmp_path / "damaged.tar.gz"
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"format": "leadlight-backup/1"}))
    with tarfile.open(damaged, "w:gz") as archive:
        archive.add(manifest, "manifest.json")
        archive.add(text, "leadlight.db")
    assert "no whole backup" in refusal(folder, "restore", str(damaged))
    assert (folder / "leadlight.db").read_bytes() == before
    assert refusal(tmp_path / "empty", "backup", "x.tar.gz").endswith("nothing to back up.")


async def test_requests_have_ids_lines_and_figures_without_anybodys_data(
    embedded: Process,
) -> None:
    address = await asyncio.to_thread(add_staff, embedded.folder)
    async with httpx2.AsyncClient(base_url=embedded.url) as client:
        token = await sign_in(client, embedded.url, address)
        await create(client, embedded, token, "N4ME-MARKER")
        await ask(client, embedded.url, token, NAMES)
        found = await client.get("/exports/history/T1CKET-MARKER?q=QU3RY-MARKER")
        await client.get("/P4TH-MARKER")
        kept = await client.get("/readyz", headers={"x-request-id": "from-the-proxy-1"})
        foreign = await client.get("/readyz", headers={"x-request-id": "<script>"})
        figures = (await client.get("/metrics")).text
    assert kept.headers["x-request-id"] == "from-the-proxy-1"
    assert len(foreign.headers["x-request-id"]) == 32
    assert kept.json() == {"status": "ready", "database": True, "bus": True}
    assert 'leadlight_operations_total{code="OK",kind="mutation"} 2.0' in figures
    assert 'leadlight_operation_seconds_count{kind="query"} 1.0' in figures
    assert 'leadlight_part_up{part="database"} 1.0' in figures
    lines = [json.loads(line) for line in embedded.log.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert {"/graphql", "/exports", "other"} <= {line["path"] for line in requests}
    assert found.headers["x-request-id"] in {line["request_id"] for line in requests}
    for secret in ("MARKER", token, address):
        assert secret not in embedded.log
        assert secret not in figures


@pytest.mark.realtime
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_without_redis_a_process_is_degraded_and_without_database_unavailable(
    tmp_path: Path, postgres_server: Any, redis_server: RedisServer, dialect: str
) -> None:
    admin = postgres_server.url
    template = make_template("postgresql", tmp_path, admin)
    url = copy_template("postgresql", template, tmp_path, admin)
    environment: dict[str, Any] = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_server.url,
        "SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "METRICS_TOKEN": "a token of sixteen characters",
        # Other tests share the server, and an emptied engine takes no lamp back for so long.
        "PRESENCE_VISIBLE_BEAT_SECONDS": 1,
        "PRESENCE_VISIBLE_LEASE_SECONDS": 3,
        "PRESENCE_LEAVE_SECONDS": 1,
    }
    server = Process(tmp_path / "api", "serve", PORT=free_port(), **environment)
    server.start()
    try:
        async with httpx2.AsyncClient(base_url=server.url) as client:
            assert await _state(client, "ready") == 200
            assert (await client.get("/metrics")).status_code == 404
            bearer = {"authorization": f"Bearer {environment['METRICS_TOKEN']}"}
            assert (await client.get("/metrics", headers=bearer)).status_code == 200
            redis_server.kill()
            assert await _state(client, "degraded") == 200
            redis_server.start()
            assert await _state(client, "ready") == 200
            await _drop(admin, url)
            assert await _state(client, "unavailable") == 503
            assert (await client.get("/healthz")).status_code == 200
    finally:
        server.kill()


async def _state(client: httpx2.AsyncClient, wanted: str) -> int:
    """Waits for the state; its HTTP status."""
    async with asyncio.timeout(40):
        while True:
            answer = await client.get("/readyz", timeout=20)
            if answer.json()["status"] == wanted:
                return answer.status_code
            await asyncio.sleep(0.1)


async def _drop(admin: str, url: str) -> None:
    name = urlsplit(url).path.strip("/")
    connection = await asyncpg.connect(admin.replace("postgresql+asyncpg", "postgresql"))
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()
