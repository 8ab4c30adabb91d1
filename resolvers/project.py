"""The one team's settings, and what all cards show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import FieldType
from models.staff import Staff
from models.workspace import Workspace
from realtime import topics
from resolvers import access
from resolvers.contact_points import region
from resolvers.errors import Conflict, ConflictReason, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.task_legend import LegendEntry, change_legend
from resolvers.text import required, time_zone
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, TypedValue

CARD = UUID(int=1)
"""Whose versions those of the cards' settings are: there is one workspace."""
PROJECT = UUID(int=2)
"""Whose versions those of the other settings are."""
LABELS = {
    "is_won_button_shown": ("isWonButtonShown", "Show the Won button"),
    "won_button_text": ("wonButtonText", "Text of the Won button"),
    "won_text": ("wonText", "Text once won"),
    "is_reopen_allowed": ("isReopenAllowed", "Show Reopen"),
    "won_needs_required_fields": ("wonNeedsRequiredFields", "Won needs required fields"),
    "name": ("name", "Name"),
    "time_zone": ("timeZone", "Time zone"),
    "default_region": ("defaultRegion", "Region of phone numbers"),
    "default_note_visibility": ("defaultNoteVisibility", "Visibility offered for notes"),
    "manager_scope": ("managerScope", "What MANAGER sees"),
    "agent_scope": ("agentScope", "What AGENT sees"),
    "can_agents_self_assign": ("canAgentsSelfAssign", "Agents take leads of nobody"),
    "can_agents_assign": ("canAgentsAssign", "Agents give own leads away"),
    "can_managers_export": ("canManagersExport", "Managers export leads"),
}
"""Path and label of each setting, by its column."""
ACCESS = {
    "manager_scope",
    "agent_scope",
    "can_agents_self_assign",
    "can_agents_assign",
    "can_managers_export",
}
"""Settings that say who sees and does what."""

CARDS = {"default_note_visibility", "won_needs_required_fields"}
"""Settings that cards go by."""


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


async def update_project(
    work: UnitOfWork,
    wanted: Mapping[str, Any],
    legend: Sequence[LegendEntry] = (),
    expected: int | None = None,
) -> None:
    """Changes settings of the workspace, by column; None leaves one as it is.

    `legend` says how due bands are shown from now on; those not named stay. Conflict if any setting
    was changed since `expected`.
    """
    access.require(work.actor, Permission.ADMINISTER)
    wanted = {**wanted, **_checked(wanted)}
    workspace = await locked(work)
    if expected is not None and workspace.project_version > expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The settings were changed in the meantime.",
            owner=PROJECT,
            version=workspace.project_version,
        )
    differing = _differing(workspace, wanted)
    diffs = _change(workspace, differing) + change_legend(workspace, legend)
    if not diffs:
        return
    workspace.project_version += 1
    await work.session.flush()
    paints = any(each["path"].startswith("taskLegend") for each in diffs)
    work.record_workspace(
        "project_changed",
        {"diffs": diffs},
        access=not ACCESS.isdisjoint(differing),
        card=paints or not CARDS.isdisjoint(differing),
    )
    if paints:
        for staff_id in await work.session.scalars(
            select(col(Staff.id)).where(col(Staff.is_active))
        ):
            work.hint(topics.day(staff_id))


def _checked(wanted: Mapping[str, Any]) -> dict[str, str]:
    """The texts among the settings, if they can be taken."""
    checked = {}
    if wanted.get("name") is not None:
        checked["name"] = required("name", wanted["name"], 100)
    if wanted.get("time_zone") is not None:
        checked["time_zone"] = time_zone("timeZone", wanted["time_zone"])
    if wanted.get("default_region") is not None:
        checked["default_region"] = region("defaultRegion", wanted["default_region"])
    return checked


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
