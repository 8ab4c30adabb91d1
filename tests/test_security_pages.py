"""The pages on security say what is so: tests that they name, limits, the permission table."""

import re

from schema.budget import Limits
from schema.build import build_schema
from schema.permissions import permissions_page
from settings import Settings
from tests.processes import ROOT

SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
POLICY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_proves_a_defence_exists_once() -> None:
    named = re.findall(r"`(test_\w+)`", SECURITY)
    assert len(named) > 60
    found: list[str] = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        found += re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    assert {name: found.count(name) for name in named} == dict.fromkeys(named, 1)


def test_every_threat_has_a_defence_and_a_proof() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ")]
    for row in rows:
        threat, defence, proof = row.strip("| ").split(" | ")
        assert threat
        assert defence
        assert proof == "proof" or "`test_" in proof, threat


def test_the_limits_are_those_of_the_code() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    for name in re.findall(r"`([A-Z_]+)`", POLICY):
        assert name.lower() in defaults, name
    limits = Limits()
    for figure in (
        f"cost {limits.cost:,}; depth {limits.depth}, {limits.fields:,} fields, {limits.aliases} "
        f"aliases, {limits.root_fields} root fields, {limits.tokens:,} tokens",
        f"cost {defaults['staff_cost_per_minute']:,} a staff member, "
        f"{defaults['visitor_cost_per_minute']:,} a visitor",
        f"{defaults['execution_seconds']} s",
        f"{defaults['max_body_bytes'] // 1024} KiB",
        f"{defaults['sign_in_per_minute']} an account, {3 * defaults['sign_in_per_minute']} an "
        f"address, {defaults['sign_in_per_minute_in_all']} in all",
        f"{defaults['sockets_per_caller']} a caller, "
        f"{defaults['operations_per_socket']} operations",
    ):
        assert figure in POLICY
    assert defaults["max_cost"] == limits.cost


def test_the_permission_page_is_the_one_of_the_tables() -> None:
    written = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert written == permissions_page(build_schema()) + "\n", (
        "run: .venv/bin/python -m cli export-permissions > docs/permissions.md"
    )
