"""Dockerfile and compose.yaml, as far as they can be proven where no container engine is.

What the Dockerfile copies is put into an empty folder, and its commands are run there.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.processes import free_port
from tests.test_architecture import ARROWS

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {name.upper() for name in Settings.model_fields}
START_SECONDS = 60


def instructions() -> Iterator[tuple[str, str]]:
    """Keyword and argument of each instruction of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            keyword, _, argument = line.partition(" ")
            yield keyword, argument.strip()


def arguments(keyword: str) -> list[str]:
    return [argument for each, argument in instructions() if each == keyword]


def command(argument: str) -> list[str]:
    """The JSON form of a command, with this test's Python for the image's."""
    parts: list[str] = json.loads(argument[argument.index("[") :])
    assert parts[0] == ".venv/bin/python"
    return [sys.executable, *parts[1:]]


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in arguments("ENV") for pair in shlex.split(line))


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a file at the top, or a folder there, into the image."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and fnmatch(path, line.removeprefix("!")):
            sent = line.startswith("!")
    return sent


def copied() -> Iterator[tuple[Path, str]]:
    """Each source of the Dockerfile and where in the image it goes."""
    for line in arguments("COPY"):
        *sources, target = line.split()
        for source in sources:
            found = sorted(ROOT.glob(source.rstrip("/")))
            assert found, f"COPY {source}: there is no such file"
            yield from ((path, target) for path in found)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder of the program as the image has it."""
    folder = tmp_path / "app"
    folder.mkdir()
    for source, target in copied():
        assert is_sent(source.name), f".dockerignore keeps {source.name} back"
        if source.is_dir():
            shutil.copytree(
                source,
                folder / target,
                ignore=shutil.ignore_patterns("__pycache__", "node_modules"),
            )
        else:
            shutil.copy(source, folder / target)
    return folder


# --- the image -------------------------------------------------------------------------------


def test_every_part_of_the_program_is_in_the_image(image: Path) -> None:
    parts = {part for part in ARROWS if (ROOT / part).is_dir()}
    modules = {f"{part}.py" for part in ARROWS if (ROOT / f"{part}.py").is_file()}
    assert {*parts, *modules, "web"} <= {path.name for path in image.iterdir()}


def test_nothing_but_the_program_is_in_the_image(image: Path) -> None:
    for name in ("tests", "data", ".git", ".env", ".venv", "bench"):
        assert not is_sent(name), name
        assert not (image / name).exists(), name


def test_the_program_starts_from_what_is_copied_and_its_health_check_tells(
    image: Path, tmp_path: Path
) -> None:
    environment = {
        **image_environment(),
        "PATH": os.environ["PATH"],
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "DATA_DIR": str(tmp_path / "data"),
        "DEMO": "false",
    }
    (serve,), (health,) = arguments("CMD"), arguments("HEALTHCHECK")
    check = command(health)
    assert subprocess.run(check, env=environment, capture_output=True, check=False).returncode
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command(serve), cwd=image, env=environment, stdout=log, stderr=log
        )
        try:
            waited = [*check[:-1], f"{WAITING}{check[-1]}"]
            assert server.poll() is None
            subprocess.run(waited, env=environment, timeout=START_SECONDS, check=True)
            subprocess.run(check, cwd=image, env=environment, timeout=10, check=True)
        finally:
            server.terminate()
            server.wait(timeout=20)


# Asks until somebody listens.
WAITING = """
import os, socket, time
while True:
    try:
        socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))).close()
        break
    except OSError:
        time.sleep(0.05)
"""


def test_requirements_are_installed_with_hashes_as_make_does() -> None:
    (install,) = (line for line in arguments("RUN") if "pip install" in line)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (ours,) = re.findall(r"^PIP := .*-m pip (install .*--require-hashes)", makefile, re.M)
    assert set(ours.split()) | {"-r", "requirements.txt"} <= set(install.split())


def test_the_program_runs_as_somebody_without_rights() -> None:
    (user,) = arguments("USER")
    (making,) = (line for line in arguments("RUN") if "useradd" in line)
    assert user != "root"
    assert making.split("&&")[0].split()[-1] == user
    assert f"-o {user}" in making
    keywords = [keyword for keyword, _ in instructions()]
    assert keywords.index("USER") > max(
        position for position, keyword in enumerate(keywords) if keyword in ("RUN", "COPY")
    )


def test_lines_that_a_shell_runs_are_understood_by_one() -> None:
    for line in arguments("RUN"):
        subprocess.run(["sh", "-n", "-c", line], check=True, timeout=10)


def test_the_image_sets_only_settings_that_there_are() -> None:
    ours = {name for name in image_environment() if not name.startswith("PYTHON")}
    assert ours <= SETTINGS


# --- compose ---------------------------------------------------------------------------------


class Missing(Exception):
    """A variable that must be set is not."""


def interpolated(value: Any, given: dict[str, str]) -> Any:
    """Replaces `${NAME:?message}` and `${NAME:-default}` in all texts of the file."""
    if isinstance(value, dict):
        return {key: interpolated(each, given) for key, each in value.items()}
    if isinstance(value, list):
        return [interpolated(each, given) for each in value]
    if not isinstance(value, str):
        return value

    def replace(found: re.Match[str]) -> str:
        name, how, word = found.groups()
        if given.get(name):
            return given[name]
        if how == ":?":
            raise Missing(f"{name}: {word}")
        return str(word)

    return re.sub(r"\$\{(\w+)(:\?|:-)([^}]*)\}", replace, value)


FILLED = {
    "SECRET_KEY": "s" * 32,
    "POSTGRES_PASSWORD": "p0stgres",
    "REDIS_PASSWORD": "r3dis",
    "PUBLIC_URL": "https://leads.example.com",
}


def compose(given: dict[str, str]) -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = interpolated(yaml.safe_load(text), given)
    return read


def ours(read: dict[str, Any]) -> dict[str, Any]:
    """The services that run this program."""
    return {name: each for name, each in read["services"].items() if "build" in each}


def test_every_process_gets_settings_that_the_program_takes() -> None:
    for service in ours(compose(FILLED)).values():
        environment = {name: str(value) for name, value in service["environment"].items()}
        assert environment.keys() <= SETTINGS
        settings = Settings.model_validate(
            {name.lower(): value for name, value in environment.items()}
        )
        assert settings.is_postgres
        assert not settings.is_embedded
        assert "p0stgres" in settings.database_url
        assert "r3dis" in (settings.redis_url or "")


@pytest.mark.parametrize("name", FILLED)
def test_compose_refuses_to_start_without(name: str) -> None:
    with pytest.raises(Missing, match=f"{name}: set it in .env"):
        compose({**FILLED, name: ""})


def test_the_example_names_what_must_be_set_and_gives_no_value() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == {f"{each}=" for each in FILLED}
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_one_image_serves_works_and_migrates() -> None:
    services = ours(compose(FILLED))
    assert set(services) == {"server", "worker", "migrate"}
    for name, service in services.items():
        run = service.get("command") or json.loads(arguments("CMD")[0])
        assert run[:3] == [".venv/bin/python", "-m", "cli"]
        assert run[3] == ("serve" if name == "server" else name)
        assert service["image"] == "leadlight"
    for name in ("server", "worker"):
        needed = services[name]["depends_on"]["migrate"]
        assert needed == {"condition": "service_completed_successfully"}


def test_services_and_volumes_that_are_named_are_there() -> None:
    read = compose(FILLED)
    services = read["services"]
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            if how["condition"] == "service_healthy":
                assert services[needed]["healthcheck"]["test"]
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in read["volumes"], "a path of the host"


def test_only_the_server_is_reached_from_outside_and_only_through_the_loopback() -> None:
    published = {
        name: service["ports"]
        for name, service in compose(FILLED)["services"].items()
        if "ports" in service
    }
    assert published == {"server": ["127.0.0.1:8000:8000"]}
    assert "--requirepass" in compose(FILLED)["services"]["redis"]["command"]
