"""The one team's settings, and what all cards show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.enums import FieldType
from models.workspace import Workspace
from resolvers import access
from resolvers.errors import Conflict, ConflictReason, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, TypedValue

CARD = UUID(int=1)
"""Whose versions those of the cards' settings are: there is one workspace."""
LABELS = {
    "is_won_button_shown": ("isWonButtonShown", "Show the Won button"),
    "won_button_text": ("wonButtonText", "Text of the Won button"),
    "won_text": ("wonText", "Text once won"),
    "is_reopen_allowed": ("isReopenAllowed", "Show Reopen"),
    "won_needs_required_fields": ("wonNeedsRequiredFields", "Won needs required fields"),
}
"""Path and label of each setting, by its column."""


@dataclass(frozen=True)
class HeaderEdit:
    """The Won button as it shall be; None leaves a part as it is."""

    is_won_button_shown: bool | None = None
    won_button_text: str | None = None
    won_text: str | None = None
    is_reopen_allowed: bool | None = None
    expected: int | None = None


async def change_header(work: UnitOfWork, edit: HeaderEdit) -> None:
    """Changes the Won button of all cards; Conflict if it was changed since `expected`."""
    access.require(work.actor, Permission.CONFIGURE_CARD)
    workspace = await locked(work)
    wanted = {
        "is_won_button_shown": edit.is_won_button_shown,
        "won_button_text": _plain("wonButtonText", edit.won_button_text),
        "won_text": _plain("wonText", edit.won_text),
        "is_reopen_allowed": edit.is_reopen_allowed,
    }
    differing = _differing(workspace, wanted)
    if not differing:
        return
    if edit.expected is not None and workspace.header_version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The header was changed in the meantime.",
            owner=CARD,
            version=workspace.card_version,
        )
    diffs = _change(workspace, differing)
    workspace.header_version = workspace.card_version + 1
    await work.session.flush()
    work.record_workspace("header_changed", {"diffs": diffs}, card=True)


async def update_project(work: UnitOfWork, *, won_needs_required_fields: bool | None) -> None:
    """Changes settings of the workspace; None leaves one as it is."""
    access.require(work.actor, Permission.ADMINISTER)
    workspace = await locked(work)
    wanted = {"won_needs_required_fields": won_needs_required_fields}
    differing = _differing(workspace, wanted)
    if not differing:
        return
    diffs = _change(workspace, differing)
    await work.session.flush()
    work.record_workspace("project_changed", {"diffs": diffs})


async def locked(work: UnitOfWork) -> Workspace:
    """The workspace's row; who holds it is the only one to change what concerns everybody."""
    statement = select(Workspace).with_for_update().execution_options(populate_existing=True)
    return (await work.session.scalars(statement)).one()


def _plain(path: str, text: str | None) -> str | None:
    if text is None:
        return None
    text = required(path, text, 40)
    if "<" in text or ">" in text:
        raise invalid(path, ProblemCode.MALFORMED, "Plain text without < and >.")
    return text


def _differing(workspace: Workspace, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in wanted.items()
        if value is not None and value != getattr(workspace, key)
    }


def _change(workspace: Workspace, differing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Writes what differs; the diffs of it."""
    diffs = []
    for key, value in differing.items():
        path, label = LABELS[key]
        before, after = logged(getattr(workspace, key)), logged(value)
        diffs.append({"path": path, "label": label, "before": before, "after": after})
        setattr(workspace, key, value)
    return diffs


def logged(value: bool | str) -> LoggedValue:
    """A setting as the audit holds it."""
    if isinstance(value, bool):
        return {"type": FieldType.BOOLEAN.value, "boolean": value}
    return TypedValue(FieldType.TEXT, text=value).logged()
