"""The README is a promise: its commands work as they stand there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from tests.processes import ROOT, Process, free_port

README = (ROOT / "README.md").read_text(encoding="utf-8")
PASSWORD = "a long enough password"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    Process(
        tmp_path,
        *("create-staff", "--name", "Ada Ames", "--email", "ada@oriel.example"),
        *("--password", PASSWORD),
    ).run()
    process = Process(tmp_path, "serve", PORT=free_port())
    process.start()
    yield process
    process.stop()


def test_the_curl_commands_sign_in_and_list_leads(server: Process) -> None:
    sign_in, ask = (
        block.replace("http://127.0.0.1:8000", server.url)
        for block in blocks("sh")
        if "curl" in block
    )
    token = run(sign_in, PASSWORD=PASSWORD)["data"]["signIn"]["token"]
    answer = run(ask, TOKEN=token)
    assert answer["data"]["leads"]["totalCount"]["value"] == 0


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


def test_the_graphql_examples_are_valid() -> None:
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))
    for example in blocks("graphql"):
        assert validate(schema, parse(example)) == []


def test_every_link_into_the_repository_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


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
