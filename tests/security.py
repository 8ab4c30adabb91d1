"""`make security`: tools that nobody here wrote, against a server with demo data on the loopback.

Each is run as its users run it. The end is a table of what they said; anything but "ok" fails.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import orjson

from demo.access import read_demo_access
from schema.audience import Audience
from schema.build import build_schema
from schema.permissions import operations_for
from settings import Settings
from tests.processes import ROOT, Process, free_port

TOOLS = ROOT / ".venv-security" / "bin"
PROTOCOLS = ROOT / "tests" / "protocols"
PARTS = ["models", "realtime", "resolvers", "schema"]
LARGE = 10**9
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { ... on SignInSuccess { token } } }"
START_VISIT = """mutation($i: StartVisitInput!) { startVisit(input: $i) {
  ... on StartVisitSuccess { token } } }"""
IDS = """{
  leads(first: 5) { nodes { id conversations(first: 1) { nodes { id } }
    notes(first: 1) { nodes { id } } history(first: 1) { nodes { id } } } }
  staffMembers(first: 2) { nodes { id } } pipelines { states { id } } eventKinds { id }
}"""
WAPITI_MODULES = "csp,http_headers,cookieflags,csrf,xss,redirect,methods"


class NotRun(Exception):
    """A tool that is not here; the message says what would bring it."""


@dataclass(frozen=True)
class Target:
    """A running server, tokens by role, ids that exist, the first one a lead's, and a folder for
    what the tools write."""

    url: str
    tokens: dict[str, str]
    ids: list[str]
    folder: Path


def bandit(target: Target) -> None:
    """The source for calls that are known to be dangerous."""
    files = [str(path) for path in ROOT.glob("*.py")]
    _run(TOOLS / "bandit", "-q", "-c", "pyproject.toml", "-r", *files, *PARTS)


def audit(target: Target) -> None:
    """GraphQL over HTTP."""
    _run(_node(), "audit.mjs", f"{target.url}/graphql", folder=PROTOCOLS)


def client(target: Target) -> None:
    """graphql-ws as a client."""
    arguments = (target.url, target.tokens["ADMIN"], target.ids[0])
    _run(_node(), "client.mjs", *arguments, folder=PROTOCOLS)


def schemathesis(target: Target) -> None:
    """Documents made from the schema, for each role those that it may send."""
    for role, token in {**target.tokens, "NOBODY": ""}.items():
        print(f"--- schemathesis as {role}", flush=True)
        shutil.copy(ROOT / "tests" / "schemathesis_hooks.py", target.folder)
        header = ("-H", f"Authorization: Bearer {token}") if token else ()
        named = (part for name in _operations(role) for part in ("--include-name", name))
        _run(
            *(TOOLS / "schemathesis", "run", ROOT / "schema" / "schema.graphql"),
            *("--url", f"{target.url}/graphql", "--phases", "fuzzing", "-n", "20"),
            *("--max-time", "120", "--seed", "1", "--exclude-checks", "positive_data_acceptance"),
            *("--generation-database", "none", "--no-color", "--continue-on-failure"),
            *("--warnings", "off", *header, *named),
            folder=target.folder,
            # not as a package of ours: beside it lies another `schema`
            SCHEMATHESIS_HOOKS="schemathesis_hooks",
            PYTHONPATH=str(target.folder),
            LEADLIGHT_IDS=" ".join(target.ids),
        )


def _operations(role: str) -> list[str]:
    """Root fields for this role, but for those after which its token stands for nobody."""
    audience = {"VISITOR": Audience.VISITOR, "NOBODY": Audience.PUBLIC}.get(role, Audience.STAFF)
    found = operations_for(build_schema(), audience)
    return [name for name in found if name not in ("Mutation.signOut", "Mutation.identify")]


def wapiti(target: Target) -> None:
    """The pages, as a stranger crawls them."""
    report = target.folder / "wapiti.json"
    _run(
        *(TOOLS / "wapiti", "-u", f"{target.url}/live", "-s", f"{target.url}/demo-site"),
        *("--scope", "domain", "-m", WAPITI_MODULES, "--max-scan-time", "180", "--no-bugreport"),
        *("-f", "json", "-o", report, "--flush-session", "--store-session", target.folder),
        folder=target.folder,
    )
    told = orjson.loads(report.read_bytes())
    found = {**told["vulnerabilities"], **told["anomalies"]}
    print(f"{told['infos']['crawled_pages_nbr']} pages, {sum(map(len, found.values()))} findings")
    if any(found.values()):
        raise AssertionError(str({name: each for name, each in found.items() if each}))


CHECKS: dict[str, Callable[[Target], None]] = {
    "bandit": bandit, "audit": audit, "client": client, "schemathesis": schemathesis,
    "wapiti": wapiti,
}  # fmt: skip


def main() -> None:
    """Runs the checks that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.security", description=__doc__)
    parser.add_argument("--only", action="append", choices=CHECKS, help="only this one")
    names = parser.parse_args().only or list(CHECKS)
    told: dict[str, str] = {}
    with target_server() as (target, server):
        for name in names:
            told[name] = _told(CHECKS[name], target)
        complaints = [line for line in server.log.splitlines() if '"level": "error"' in line]
    told["server log"] = f"FAILED: {len(complaints)} defects" if complaints else "ok"
    print("\n".join(["", *complaints[:20], *(f"{name:<14} {told[name]}" for name in told)]))
    sys.exit(any(each != "ok" for each in told.values()))


def _told(check: Callable[[Target], None], target: Target) -> str:
    print(f"=== {check.__name__}: {check.__doc__}", flush=True)
    started = time.monotonic()
    try:
        check(target)
    except NotRun as missing:
        return f"NOT RUN: {missing}"
    except subprocess.CalledProcessError as failure:  # its command holds a token
        return f"FAILED: {Path(failure.cmd[0]).name} ended with {failure.returncode}"
    except AssertionError as failure:
        return f"FAILED: {failure}"
    print(f"    {time.monotonic() - started:.0f} s", flush=True)
    return "ok"


def _run(program: Path | str, *arguments: object, folder: Path = ROOT, **environment: str) -> None:
    if not Path(program).exists():
        raise NotRun(f"{Path(program).name} is not installed")
    command = [program, *map(str, arguments)]
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, **environment})


def _node() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotRun("Node 20 or newer, with npm, is not on PATH")
    if not (PROTOCOLS / "node_modules").exists():
        _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=PROTOCOLS)
    return node


@contextmanager
def target_server() -> Iterator[tuple[Target, Process]]:
    """A server with demo data in a temporary folder, without limits on how much is asked."""
    with TemporaryDirectory(prefix="leadlight-security-") as name:
        folder = Path(name)
        limits = {f"{who}_COST_PER_MINUTE": LARGE for who in ("STAFF", "VISITOR", "ADDRESS")}
        server = Process(
            folder, "serve", PORT=free_port(), DEMO="true", LOG_LEVEL="error", **limits
        )
        server.start(patience=300)
        try:
            yield _target(server, folder), server
        finally:
            server.stop()


def _target(server: Process, folder: Path) -> Target:
    access = read_demo_access(Settings.model_validate({"data_dir": folder}))
    assert access is not None
    with httpx2.Client(base_url=server.url, timeout=30) as http:
        tokens = {
            str(login.role): _ask(
                http,
                SIGN_IN,
                i={
                    "emailAddress": login.email_address,
                    "password": login.password,
                    "wantsToken": True,
                },
            )["signIn"]["token"]
            for login in access.logins
        }
        page = {"url": f"{server.url}/demo-site", "title": "Lamps"}
        visit = {"siteKey": access.site_key, "page": page}
        http.headers["origin"] = server.url
        tokens["VISITOR"] = _ask(http, START_VISIT, i=visit)["startVisit"]["token"]
        http.headers["authorization"] = f"Bearer {tokens['ADMIN']}"
        ids = re.findall(r'"id":"(\w+)"', http.post("/graphql", json={"query": IDS}).text)
    return Target(server.url, tokens, ids, folder)


def _ask(http: httpx2.Client, query: str, **variables: object) -> Any:
    answer = http.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer
    return answer["data"]


if __name__ == "__main__":
    main()
