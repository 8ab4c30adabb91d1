"""Which lines the summary of every lead has; the lead's id is always the first."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from models.fields import FieldDefinition
from models.workspace import Workspace
from resolvers import access
from resolvers.errors import Conflict, ConflictReason, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.project import CARD, locked
from resolvers.unit_of_work import UnitOfWork

OWN_LINES = ("id", "contact", "createdAt", "source")
"""Lines that are no field's, which is also what a summary has until somebody says otherwise."""
MAX_LINES = 20


def lines_of(workspace: Workspace) -> Sequence[str]:
    """Keys of the lines, in order: own ones, and of fields that may be gone or hidden by now."""
    return OWN_LINES if workspace.summary_keys is None else workspace.summary_keys


async def change_summary(work: UnitOfWork, keys: Sequence[str], expected: int | None) -> None:
    """Chooses the lines of the summary; the id is the first, named or not."""
    access.require(work.actor, Permission.ADMINISTER)
    workspace = await locked(work)
    known = {*OWN_LINES, *await _field_keys(work)}
    if len(set(keys)) < len(keys):
        raise invalid("fieldKeys", ProblemCode.CONTRADICTION, "Each key once.")
    for index, key in enumerate(keys):
        if key not in known:
            raise invalid(f"fieldKeys.{index}", ProblemCode.UNKNOWN, "There is no such field.")
    wanted = ["id", *(key for key in keys if key != "id")]
    if len(wanted) > MAX_LINES:
        raise invalid("fieldKeys", ProblemCode.TOO_LARGE, f"At most {MAX_LINES} lines.")
    before = list(lines_of(workspace))
    if wanted == before:
        return
    if expected is not None and workspace.summary_version > expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The summary was changed in the meantime.",
            owner=CARD,
            version=workspace.card_version,
        )
    workspace.summary_keys = wanted
    workspace.summary_version = workspace.card_version + 1
    await work.session.flush()
    work.record_workspace("summary_changed", {"before": before, "after": wanted}, card=True)


async def _field_keys(work: UnitOfWork) -> Sequence[str]:
    found = await work.session.scalars(
        select(col(FieldDefinition.key)).where(
            col(FieldDefinition.is_listed),
            col(FieldDefinition.archived_at).is_(None),
            access.visible_fields(work.actor),
        )
    )
    return found.all()
