"""The shape of the program, read from its source: what may import what, and where things happen."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each part may import of ours. app and cli wire everything together.
ARROWS = {
    "schema": {"resolvers", "models"},
    "resolvers": {"models", "realtime", "mail"},
    "models": set(),
    "realtime": set(),
    "mail": {"models"},
    "settings": set(),
    "edge": {"schema", "settings"},
    "cors": {"resolvers"},
    "pages": {"resolvers"},
    "auth": {"schema", "resolvers"},
    "calendars": {"schema", "resolvers"},
    "demo": {"resolvers", "models", "settings"},
    "transfers": {"schema", "resolvers"},
    "operating": {"schema", "resolvers", "settings"},
    "backup": set(),
    "tracing": {"schema", "resolvers"},
    "app": {
        "auth",
        "calendars",
        "transfers",
        "operating",
        "tracing",
        "schema",
        "resolvers",
        "models",
        "realtime",
        "mail",
        "settings",
        "pages",
        "edge",
        "cors",
    },
    "cli": {
        "backup",
        "tracing",
        "schema",
        "resolvers",
        "models",
        "realtime",
        "mail",
        "settings",
        "app",
        "demo",
    },
}

# Where each library is at home: a part, or one module of it.
HOMES = {
    "aiosqlite": {"models"},
    "alembic": {"models"},
    "asyncpg": {"models"},
    "sqlalchemy": {"models", "resolvers"},
    "sqlmodel": {"models", "resolvers"},
    "authlib": {"resolvers.sign_in_providers"},
    "cryptography": {"resolvers"},
    "httpx2": {"resolvers.outbound", "resolvers.sign_in_providers"},
    "joserfc": {"resolvers.sign_in_providers"},
    "email_validator": {"resolvers"},
    "limits": {"realtime"},
    "obstore": {"resolvers.file_store"},
    "PIL": {"resolvers.pictures"},
    "icalendar": {"resolvers.calendar_feed"},
    "maxminddb": {"resolvers.places"},
    "nh3": {"resolvers.formatted_text"},
    "phonenumbers": {"resolvers"},
    "rapidfuzz": {"resolvers.merging.suggesting"},
    "pwdlib": {"resolvers"},
    "broadcaster": {"realtime"},
    "redis": {"realtime"},
    "prometheus_client": {"operating"},
    "opentelemetry": {"tracing"},
    "websockets": {"realtime.sockets"},
    "cross_web": {"schema.bodies", "schema.transport"},
    "graphql": {"schema"},
    "strawberry": {"schema"},
    "starlette": {
        "calendars",
        "transfers",
        "app",
        "auth",
        "operating",
        "cors",
        "edge",
        "pages",
        "schema.bodies",
        "schema.endpoint",
        "schema.transport",
    },
    "uvicorn": {"app", "cli", "realtime.sockets"},
    "pydantic": {"settings"},
    "pydantic_core": {"settings"},
    "pydantic_settings": {"settings"},
    "rich": {"cli"},
    "typer": {"cli"},
    "watchfiles": {"cli"},
}
EVERYWHERE = {"orjson", "structlog", "typing_extensions", "uuid_utils"}

# The only places that may call a method of this name.
CALLS = {
    "commit": {"resolvers.unit_of_work", "models.engine", "models.migrations"},
    "publish": {"resolvers.unit_of_work", "realtime"},
}

# Row and enum types are what the GraphQL layer may know of the tables.
NOT_FOR_SCHEMA = {"models.engine", "models.migrations"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def our_modules() -> list[tuple[str, ast.Module]]:
    files = [
        path
        for part in ARROWS
        for path in (*ROOT.glob(f"{part}.py"), *sorted((ROOT / part).rglob("*.py")))
    ]
    return [(module_name(path), ast.parse(path.read_text(encoding="utf-8"))) for path in files]


def is_within(module: str, places: set[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def imported(tree: ast.Module) -> Iterator[str]:
    """Full names that a module imports, also below TYPE_CHECKING and inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(module: str, tree: ast.Module) -> Iterator[str]:
    own = module.partition(".")[0]
    for name in imported(tree):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in EVERYWHERE or top == own:
            continue
        if top in ARROWS:
            if top not in ARROWS[own]:
                yield f"{module} may not import {name}: no arrow from {own} to {top}"
            elif own == "schema" and is_within(name, NOT_FOR_SCHEMA):
                yield f"{module} may not import {name}: only row and enum types"
        elif not is_within(module, homes := HOMES.get(top, set())):
            yield f"{module} may not import {name}: {top} is at home in {sorted(homes)}"


def wrong_calls(module: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        if name in CALLS and not is_within(module, CALLS[name]):
            yield f"{module}:{node.lineno} calls {name}(), which is for {sorted(CALLS[name])}"


def test_imports_follow_the_arrows_and_libraries_stay_at_home():
    assert [wrong for module, tree in our_modules() for wrong in wrong_imports(module, tree)] == []


def test_only_the_unit_of_work_commits_and_publishes():
    assert [wrong for module, tree in our_modules() for wrong in wrong_calls(module, tree)] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("models.leads", "from resolvers import leads"),
        ("models.leads", "import schema"),
        ("realtime.bus", "from models.clock import Clock"),
        ("schema.leads", "from models.engine import sessions"),
        ("schema.leads", "from models import engine"),
        ("schema.leads", "from starlette.requests import Request"),
        ("schema.leads", "def field():\n    import sqlalchemy"),
        ("resolvers.leads", "from redis.asyncio import Redis"),
        ("resolvers.leads", "import a_library_without_a_home"),
    ],
)
def test_a_wrong_import_is_noticed(module, source):
    assert len(list(wrong_imports(module, ast.parse(source)))) == 1


def test_a_commit_or_publish_elsewhere_is_noticed():
    source = "async def change(session, bus):\n    await session.commit()\n    await bus.publish()"
    assert len(list(wrong_calls("resolvers.leads", ast.parse(source)))) == 2


def test_tests_have_no_packages_that_would_shadow_ours():
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Name and text of each file that is, or would be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        # this file spells what it looks for
        if not name or not path.is_file() or path == Path(__file__).resolve():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def found(patterns: list[str]) -> list[str]:
    sought = re.compile("|".join(patterns))
    return [
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1} {hit[0]}"
        for name, text in tracked_texts()
        for hit in sought.finditer(text)
    ]


def test_no_file_names_a_package_index():
    patterns = [
        r"(?<!no-emit-)index-url",
        r'"resolved":',
        r"files\.pythonhosted",
        r"pypi\.org/simple",
        r"registry\.(npmjs|yarnpkg)",
    ]
    assert found(patterns) == []


def test_no_file_names_a_path_of_one_machine():
    own = [re.escape(f"{ROOT}/")] if len(ROOT.parts) > 2 else []
    home = [re.escape(f"{path}/") for path in {os.path.expanduser("~")} if path != "/"]
    assert found([*own, *home, r"(?<![\w./:-])/(home|Users)/\w+/\w", r"(?<![\w./:-])/root/"]) == []
