"""How to get in: logins and the shop's keys, kept in the data folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from models.enums import StaffRole
from settings import Settings

FILE = "demo-access.json"


@dataclass(frozen=True)
class Login:
    """Somebody of the shop's team who can sign in."""

    name: str
    role: StaffRole
    email_address: str
    password: str


@dataclass(frozen=True)
class DemoAccess:
    """One login for each role, those of the other colleagues, and the shop's keys."""

    site_key: str
    identity_secret: str
    logins: tuple[Login, ...]
    others: tuple[Login, ...]


def read_demo_access(settings: Settings) -> DemoAccess | None:
    """What was kept when the demo was loaded; None without a demo or without its file."""
    try:
        kept = json.loads(_file(settings).read_text(encoding="utf-8"))
        return DemoAccess(
            kept["site_key"], kept["identity_secret"], _logins(kept["logins"]),
            _logins(kept["others"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _logins(rows: list[dict[str, str]]) -> tuple[Login, ...]:
    return tuple(
        Login(row["name"], StaffRole(row["role"]), row["email_address"], row["password"])
        for row in rows
    )


def keep_demo_access(settings: Settings, access: DemoAccess) -> None:
    """Writes the file that only its owner may read; a former one is replaced whole."""
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{FILE}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(asdict(access), opened, indent=2)
    draft.replace(file)


def _file(settings: Settings) -> Path:
    return settings.data_dir / FILE
