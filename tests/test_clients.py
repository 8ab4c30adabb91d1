"""The examples in clients/ against a real server: they follow a card through a lost connection."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.processes import ROOT, Process, free_port

CLIENTS = ROOT / "clients"
PASSWORD = "a long enough password"
PATIENCE = 30.0  # seconds that a test waits for what must come
NPM_SECONDS = 180.0

SIGN_IN = """mutation ($input: SignInInput!) {
  signIn(input: $input) { ... on SignInSuccess { token } }
}"""
CREATE = """mutation ($input: CreateLeadInput!) {
  createLead(input: $input) { ... on CreateLeadSuccess { lead { id } } }
}"""
ADD_TAGS = "mutation ($input: AddTagsInput!) { addTags(input: $input) { __typename } }"
SIGN_OUT = "mutation { signOut { __typename } }"


class Server:
    """A running server and one person who asks it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.token = ""

    def ask(self, query: str, **given: Any) -> Any:
        """The answer of the only field."""
        answer = httpx2.post(
            f"{self.process.url}/graphql",
            json={"query": query, "variables": {"input": given}},
            headers={"authorization": f"Bearer {self.token}"} if self.token else {},
            timeout=PATIENCE,
        ).json()
        assert "errors" not in answer, answer
        (made,) = answer["data"].values()
        return made

    def sign_in(self) -> str:
        """A token of a new session."""
        self.token = ""
        person = {"emailAddress": "ada@team.example", "password": PASSWORD, "wantsToken": True}
        token: str = self.ask(SIGN_IN, **person)["token"]
        self.token = token
        return token

    async def tag(self, lead_id: str, name: str) -> None:
        await asyncio.to_thread(self.ask, ADD_TAGS, leadId=lead_id, tags=[name])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("clients")
    Process(
        folder, "create-staff", "--name", "Ada Ames", "--email", "ada@team.example",
        "--password", PASSWORD,
    ).run()  # fmt: skip
    process = Process(folder, "serve", PORT=free_port())
    process.start()
    yield Server(process)
    process.kill()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JavaScript example with its packages, away from the checkout."""
    folder = tmp_path_factory.mktemp("javascript") / "javascript"
    shutil.copytree(CLIENTS / "javascript", folder, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(params=["python", pytest.param("javascript", marks=pytest.mark.nodejs)])
def command(request: pytest.FixtureRequest) -> list[str]:
    """What starts the example."""
    if request.param == "python":
        return [sys.executable, str(CLIENTS / "python" / "follow_card.py")]
    folder: Path = request.getfixturevalue("installed")
    return ["node", str(folder / "follow-card.mjs")]


class Wire:
    """A TCP relay to a port, which a test may cut and mend."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self._to = to
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "Wire":
        await self.mend()
        return self

    async def __aexit__(self, *raised: object) -> None:
        self.cut()

    async def mend(self) -> None:
        """Connections can be made."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)

    def cut(self) -> None:
        """Every connection breaks, and none can be made."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, there}
        await asyncio.gather(self._copy(reader, there), self._copy(there_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()
        writer.close()


class Example:
    """A running example and the lines that it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, end: str) -> str:
        """The next line that ends so."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self.process.stdout.readline()).decode().rstrip():
                self.lines.append(line)
                if line.endswith(end):
                    return line
        raise AssertionError(f"it ended: {await self.said()}")

    async def said(self) -> str:
        """What it complained of before it ended."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            return (await self.process.stderr.read()).decode()


@asynccontextmanager
async def running(command: list[str], url: str, token: str, lead_id: str) -> AsyncIterator[Example]:
    environment = {**os.environ, "LEADLIGHT_URL": url, "TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        *command, lead_id, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        yield Example(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_an_example_prints_each_change_once_also_after_a_lost_connection(
    server: Server, command: list[str]
) -> None:
    token = await asyncio.to_thread(server.sign_in)
    person = {"firstName": "Lena", "lastName": "Lorenz"}
    key = f"lead of {token[-8:]}"
    made = await asyncio.to_thread(server.ask, CREATE, idempotencyKey=key, person=person)
    lead_id = made["lead"]["id"]
    async with (
        Wire(server.process.port) as wire,
        running(command, f"http://127.0.0.1:{wire.port}", token, lead_id) as example,
    ):
        assert await example.until("OFFLINE") == "Lena Lorenz: New, OFFLINE"
        await server.tag(lead_id, "heard")
        assert " Ada Ames: Added heard." in await example.until("heard.")
        wire.cut()
        await server.tag(lead_id, "missed")
        await server.tag(lead_id, "missed too")
        await wire.mend()
        await example.until("Added missed too.")
        await server.tag(lead_id, "last")
        await example.until("Added last.")
        told = [line.partition("Ames: ")[2] for line in example.lines if "Ames: " in line]
        assert told == ["Added heard.", "Added missed.", "Added missed too.", "Added last."]
        assert sum("Lena" in line for line in example.lines) == 1, "it resumed, not began again"

        await asyncio.to_thread(server.ask, SIGN_OUT)
        said = await example.said()
        assert said.strip() in ("Access ended: SIGNED_OUT", "Closed: 4401 The session ended")
        assert await example.process.wait() == 1


@pytest.mark.parametrize(
    ("lead_id", "why"),
    [
        ("lead_" + "0" * 32, "Access ended: NOT_FOUND"),
        ("Lena", "BAD_USER_INPUT: An id of the form"),
    ],
)
async def test_an_example_says_why_there_is_nothing_to_follow(
    server: Server, command: list[str], lead_id: str, why: str
) -> None:
    token = await asyncio.to_thread(server.sign_in)
    async with running(command, server.process.url, token, lead_id) as example:
        assert why in await example.said()
        assert await example.process.wait() == 1


async def test_an_example_ends_with_a_wrong_token(server: Server, command: list[str]) -> None:
    async with running(command, server.process.url, "wrong", "lead_" + "0" * 32) as example:
        assert (await example.said()).strip() == "Closed: 4401 Unauthorized"


def test_the_lock_file_names_no_host_and_pins_every_package() -> None:
    lock = json.loads((CLIENTS / "javascript" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert {"node_modules/graphql-ws", "node_modules/ws"} <= set(packages)
    for each in packages.values():
        assert "resolved" not in each
        assert each["integrity"].startswith("sha512-")
