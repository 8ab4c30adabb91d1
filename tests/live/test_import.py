"""The command `import`, as a process of its own: beside a server, beside another one, killed."""

import asyncio
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from sqlmodel import col

from cli.import_contacts import ImportFailed, look, read_map
from models.engine import Database
from models.ids import encode_id
from models.imports import LeadImport
from models.leads import Lead
from models.turns import turn
from resolvers import log
from tests.importing import rejected_file, rejections
from tests.live.deployment import ask, follow_card, item_of
from tests.live.test_cli import PASSWORD, SIGN_IN
from tests.processes import ROOT, Process, free_port
from tests.serving import open_socket

SECRET = "0123456789abcdef0123456789abcdef"
ROWS = 600
PATIENCE = 60.0


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "LOG_LEVEL": "warning",
    }


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    """A file whose every tenth row is rejected."""
    path = tmp_path / "contacts.csv"
    lines = [f"P{n},p{n}@mail.example,{'555' if n % 10 == 0 else ''}" for n in range(ROWS)]
    path.write_text("\n".join(["First name,E-Mail,Phone", *lines]), encoding="utf-8")
    return path


def start(environment: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "import", *map(str, arguments)],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(environment: dict[str, str], *arguments: object) -> tuple[int, str]:
    """Exit status and all that it printed."""
    process = start(environment, *arguments)
    told, complaint = process.communicate(timeout=PATIENCE * 2)
    return process.returncode, told + complaint


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.dispose()


async def until(database: Database, is_so: Callable[[LeadImport], bool]) -> LeadImport:
    """The newest import, once it is so."""
    statement = select(LeadImport).order_by(col(LeadImport.id).desc()).limit(1)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        async with database.read_session() as session:
            row = await session.scalar(statement)
        if row is not None and is_so(row):
            return row
        await asyncio.sleep(0.02)
    raise AssertionError("the import did not come so far")


async def test_a_killed_import_goes_on_and_does_each_row_once(
    environment: dict[str, str], contacts: Path, database_url: str
) -> None:
    async with opened(database_url) as database:
        process = start(environment, contacts)
        await until(database, lambda row: row.done > 0)
        process.kill()
        process.communicate()
        killed = await until(database, lambda row: True)
        assert 0 < killed.done < ROWS
        status, told = await asyncio.to_thread(run, environment, contacts)
        assert status == 0, told
        assert f"Going on after row {killed.done:,}" in told
        assert "540 created, 0 updated, 0 unchanged, 60 rejected" in told
        assert [line for line, _ in rejections(contacts)] == [n + 2 for n in range(0, ROWS, 10)]
        async with database.read_session() as session:
            assert await session.scalar(select(func.count()).select_from(Lead)) == 540
            for lead_id in await session.scalars(select(col(Lead.id)).limit(20)):
                assert (await log.verify(session, lead_id)).problem is None
    status, told = await asyncio.to_thread(run, environment, contacts)
    assert (status, "0 created, 0 updated, 540 unchanged, 60 rejected" in told) == (0, True)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_second_import_at_once_is_refused_in_one_line(
    environment: dict[str, str], contacts: Path, database_url: str
) -> None:
    async with opened(database_url) as database, turn(database, "import") as has_turn:
        assert has_turn
        status, told = await asyncio.to_thread(run, environment, contacts)
    assert status == 1
    assert told.splitlines()[-1].startswith("Another import is under way.")
    assert not rejected_file(contacts).exists()


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_dry_run_writes_nothing_and_tells_what_would_happen(
    environment: dict[str, str], contacts: Path
) -> None:
    status, told = run(environment, contacts, "--dry-run")
    assert status == 0, told
    assert "540 created, 0 updated, 0 unchanged, 60 rejected" in told
    assert "line 2: Phone: This is no valid phone number." in told
    assert not rejected_file(contacts).exists()
    status, told = run(environment, contacts, "--map", "Phone=-", "--key", "E-Mail")
    assert status == 0, told
    assert "  E-Mail -> externalId (the key)" in told
    assert "600 created, 0 updated, 0 unchanged, 0 rejected" in told


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_what_can_not_be_imported_is_refused_in_one_line(
    environment: dict[str, str], tmp_path: Path, contacts: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    for arguments, complaint in (
        ((empty,), "empty.csv: The file is empty."),
        ((contacts, "--map", "Nose=email"), "The file has no column `Nose`."),
    ):
        status, told = run(environment, *arguments)
        assert status == 1
        assert told.splitlines()[-1] == complaint
        assert "Traceback" not in told


def test_a_map_is_read_and_a_wrong_one_refused() -> None:
    assert read_map(["E-Mail=email", "A=B=rooms", "Notes=-"]) == {
        "E-Mail": "emailAddress",
        "A=B": "property:rooms",
        "Notes": None,
    }
    for wrong in ("Name", "=email"):
        with pytest.raises(ImportFailed, match="--map"):
            read_map([wrong])


@pytest.mark.parametrize("options", [("x", None), (None, "ab"), (None, '"')])
def test_a_dialect_that_is_none_is_refused(
    contacts: Path, options: tuple[str | None, str | None]
) -> None:
    with pytest.raises(ImportFailed, match=r"contacts\.csv: "):
        look(contacts, *options)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_terminal_sees_a_bar(environment: dict[str, str], contacts: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "import", str(contacts)],
        cwd=ROOT, env={**environment, "TERM": "xterm", "COLUMNS": "160"},
        stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        told = b""
        while chunk := _read(ours):
            told += chunk
    os.close(ours)
    assert process.returncode == 0, told
    assert re.search(rb"600/600", told)
    assert "━".encode() in told


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.realtime
async def test_a_card_that_is_open_on_a_server_sees_an_import_beside_it(
    tmp_path: Path, dialect: str
) -> None:
    server = Process(tmp_path / "data", "serve", PORT=free_port())
    await asyncio.to_thread(server.start)
    try:
        await _follow_an_import(server, tmp_path)
    finally:
        server.kill()


async def _follow_an_import(server: Process, folder: Path) -> None:
    options = ["--name", "Ada Ames", "--email", "ada@team.example", "--password", PASSWORD]
    await asyncio.to_thread(Process(server.folder, "create-staff", *options).run)
    path = folder / "contacts.csv"
    path.write_text("First name,E-Mail\nLena,lena@mail.example\n", encoding="utf-8")
    await asyncio.to_thread(Process(server.folder, "import", str(path)).run)
    url = f"sqlite+aiosqlite:///{server.folder / 'leadlight.db'}"
    async with opened(url) as database, database.read_session() as session:
        lead_id = (await session.scalars(select(col(Lead.id)))).one()
    people = "".join(f"P{n},p{n}@mail.example\n" for n in range(300))
    path.write_text(f"First name,E-Mail\n{people}Lene,lena@mail.example\n", encoding="utf-8")
    async with httpx2.AsyncClient() as client:
        answer: dict[str, Any] = await ask(
            client, server.url, "", SIGN_IN, address="ada@team.example", password=PASSWORD
        )
    async with open_socket(server.url.replace("http", "ws") + "/graphql") as socket:
        await socket.sign_in(token=answer["signIn"]["token"])
        await follow_card(socket, lead_id)
        snapshot = await item_of(socket, "LeadCardSnapshot")
        assert snapshot["lead"]["id"] == encode_id("lead", lead_id)
        told = await asyncio.to_thread(Process(server.folder, "import", str(path)).run)
        assert "300 created, 1 updated" in told
        change = await item_of(socket, "PropertiesChanged")
        assert change["lead"]["displayName"] == "Lene"
