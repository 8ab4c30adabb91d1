import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"schema", "resolvers", "models", "realtime", "mail"}
OURS |= {"app", "auth", "cli", "settings", "tests"}
FILES = ["requirements.txt", "requirements-dev.txt"]


def entries(name: str) -> list[str]:
    """One string a requirement: pin, marker and hashes."""
    return (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def pins(name: str) -> dict[str, str]:
    return dict(entry.split()[0].split("==") for entry in entries(name))


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_a_pin_with_hashes(name):
    shape = re.compile(
        r"[a-z0-9-]+(\[[a-z,]+\])?==[\w.]+ ( ?; [^-#]+)?( +--hash=sha256:[0-9a-f]{64})+"
    )
    assert [entry for entry in entries(name) if not shape.fullmatch(entry)] == []


@pytest.mark.parametrize(
    "name", [*FILES, "requirements.in", "requirements-dev.in", "requirements-security.in"]
)
def test_requirements_name_no_host_and_no_file(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?:|file:|://|--find-links|--trusted| @ ", text) == []


def test_tests_run_with_the_pins_of_the_program():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize(
    ("compiled", "source"),
    [("requirements.txt", "requirements.in"), ("requirements-dev.txt", "requirements-dev.in")],
)
def test_everything_asked_for_is_pinned(compiled, source):
    lines = (ROOT / source).read_text(encoding="utf-8").splitlines()
    asked = {re.split(r"[\[=<>]", line)[0] for line in lines if line and line[0] not in "#-"}
    assert asked - pins(compiled).keys() == set()


def test_no_library_is_imported_under_a_name_of_ours():
    assert {
        name: packages_distributions()[name] for name in OURS & packages_distributions().keys()
    } == {}
