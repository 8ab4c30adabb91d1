"""The README is a promise: its commands work as they stand there."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.databases import make_empty
from tests.processes import ROOT, Process, free_port
from tests.servers import PostgresServer, RedisServer

README = (ROOT / "README.md").read_text(encoding="utf-8")
PASSWORD = "a long enough password"
PATIENCE = 180.0  # seconds; npm fetches packages
CREATE = """mutation ($input: CreateLeadInput!) {
  createLead(input: $input) { ... on CreateLeadSuccess { lead { id } } }
}"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("readme")
    Process(
        folder,
        *("create-staff", "--name", "Ada Ames", "--email", "ada@oriel.example"),
        *("--password", PASSWORD),
    ).run()
    process = Process(folder, "serve", PORT=free_port())
    process.start()
    yield process
    process.kill()


def curl_commands(server: Process) -> list[str]:
    """Sign in, then ask."""
    return [
        block.replace("http://127.0.0.1:8000", server.url)
        for block in blocks("sh")
        if "curl" in block
    ]


def test_the_curl_commands_sign_in_and_list_leads(server: Process) -> None:
    sign_in, ask = curl_commands(server)
    token = run(sign_in, PASSWORD=PASSWORD)["data"]["signIn"]["token"]
    before = run(ask, TOKEN=token)["data"]["leads"]["totalCount"]["value"]
    lead_id = make_lead(server.url, token)
    answer = run(ask, TOKEN=token)["data"]["leads"]
    assert answer["totalCount"]["value"] == before + 1
    assert lead_id in [each["id"] for each in answer["nodes"]]


def run(command: str, **environment: str) -> dict:
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(done.stdout)


def make_lead(url: str, token: str) -> str:
    """The id of a new lead."""
    given = {"idempotencyKey": uuid4().hex, "person": {"firstName": "Lena"}}
    made: str = ask(url, token, CREATE, input=given)["createLead"]["lead"]["id"]
    return made


def ask(url: str, token: str, query: str, **variables: object) -> Any:
    answer = httpx2.post(
        f"{url}/graphql",
        json={"query": query, "variables": variables},
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


@pytest.mark.parametrize("client", ["python", pytest.param("javascript", marks=pytest.mark.nodejs)])
def test_the_commands_that_follow_a_card_print_it(
    server: Process, tmp_path: Path, client: str
) -> None:
    token = run(curl_commands(server)[0], PASSWORD=PASSWORD)["data"]["signIn"]["token"]
    lead_id = make_lead(server.url, token)
    shutil.copytree(
        ROOT / "clients", tmp_path / "clients", ignore=shutil.ignore_patterns("node_modules")
    )
    (block,) = (each for each in blocks("sh") if f"clients/{client}/follow" in each)
    following = subprocess.Popen(
        ["bash", "-ec", block.replace(".venv/bin/python", sys.executable)],
        cwd=tmp_path,
        env={**os.environ, "LEADLIGHT_URL": server.url, "TOKEN": token, "LEAD": lead_id},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    stopper = threading.Timer(PATIENCE, os.killpg, (following.pid, signal.SIGKILL))
    stopper.start()
    try:
        assert following.stdout is not None
        printed = []
        for line in following.stdout:
            printed.append(line.strip())
            if printed[-1] == "Lena: New, OFFLINE":
                break
        assert "Lena: New, OFFLINE" in printed, printed
    finally:
        stopper.cancel()
        os.killpg(following.pid, signal.SIGKILL)
        following.communicate()


def test_several_processes_serve_one_team(
    postgres_server: PostgresServer, redis_server: RedisServer, tmp_path: Path
) -> None:
    (block,) = (each for each in blocks("sh") if "DATABASE_URL" in each)
    lines = [line for line in block.splitlines() if line]
    exported = [line.split("=")[0].split()[1] for line in lines if line.startswith("export ")]
    settings = {
        "DATABASE_URL": make_empty(tmp_path, postgres_server.url),
        "REDIS_URL": redis_server.url,
        "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    }
    assert exported == list(settings)
    commands = [line.split() for line in lines if not line.startswith("export ")]
    staff = ["create-staff", "--name", "Ada Ames", "--email", "ada@oriel.example"]
    Process(tmp_path, *staff, "--password", PASSWORD, **settings).run()
    processes = []
    for words in commands:
        ports = {"PORT": free_port()} if words[0].startswith("PORT=") else {}
        assert words[len(ports) : len(ports) + 3] == [".venv/bin/python", "-m", "cli"]
        processes.append(Process(tmp_path, *words[len(ports) + 3 :], **ports, **settings))
    try:
        for process in processes:
            process.start()
        first, second = (process.url for process in processes if process.port)
        sign_in = blocks("sh")[0].replace("http://127.0.0.1:8000", first)
        token = run(sign_in, PASSWORD=PASSWORD)["data"]["signIn"]["token"]
        lead_id = make_lead(first, token)
        query = "query ($id: ID!) { lead(id: $id) { displayName } }"
        assert ask(second, token, query, id=lead_id)["lead"]["displayName"] == "Lena"
    finally:
        ended = [process.stop() for process in processes]
    assert set(ended) <= {0, -signal.SIGTERM}, "each ran until it was told to stop"


def test_the_targets_of_make_are_there() -> None:
    targets = re.findall(r"^    make (\w+)$", README, flags=re.MULTILINE)
    assert targets == ["run", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


def test_the_picture_is_small() -> None:
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size < 250_000


def test_every_command_named_is_one_of_the_program() -> None:
    named = set(re.findall(r"python -m cli ([a-z-]+)|\.\.\. cli ([a-z-]+)", README))
    helped = subprocess.run(
        [Process(ROOT, "x")._command[0], "-m", "cli", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout
    for command in {part for pair in named for part in pair if part}:
        assert command in helped
