"""The log as the hub reads it: heads, rows after a revision, and bodies that may ride on hints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import Change, LeadFeed, RecordedChange
from models.engine import Database
from models.enums import ActorKind, ChangeKind, HistoryType, Via
from models.workspace import Workspace
from realtime.hub import Head, Reconciled

HINTED_KINDS = frozenset(ChangeKind) - {ChangeKind.NOTE_CHANGED, ChangeKind.SEGMENTS_CHANGED}
"""Kinds whose row may ride on a hint. Rows name long bodies by id; what not everybody may see, such
as notes, stays in the database."""

MISSING = Head(-1, -1)


def encode_change(change: RecordedChange) -> dict[str, Any] | None:
    """The row as JSON values, or None when it may not ride on a hint."""
    if change.kind not in HINTED_KINDS:
        return None
    return {
        "lead_id": change.lead_id.hex,
        "revision": change.revision,
        "id": change.id.hex,
        "at": change.at.isoformat(),
        "kind": change.kind,
        "category": change.category,
        "subject": [change.subject_kind, change.subject_id.hex] if change.subject_id else None,
        "actor": [change.actor_kind, change.actor_id and change.actor_id.hex, change.actor_name],
        "via": change.via,
        "access_version": change.access_version,
        "cause": change.cause_id and change.cause_id.hex,
        "data": change.data,
    }


def decode_change(body: Any) -> RecordedChange:
    """The row again; digests stay in the database. KeyError, TypeError or ValueError if odd."""
    kind, subject_id = body["subject"] or (None, None)
    actor_kind, actor_id, actor_name = body["actor"]
    return RecordedChange(
        lead_id=UUID(hex=body["lead_id"]),
        revision=int(body["revision"]),
        id=UUID(hex=body["id"]),
        at=datetime.fromisoformat(body["at"]),
        kind=ChangeKind(body["kind"]),
        category=HistoryType(body["category"]),
        subject_kind=kind,
        subject_id=UUID(hex=subject_id) if subject_id else None,
        actor_kind=ActorKind(actor_kind),
        actor_id=UUID(hex=actor_id) if actor_id else None,
        actor_name=actor_name,
        via=Via(body["via"]),
        access_version=int(body["access_version"]),
        cause_id=UUID(hex=body["cause"]) if body.get("cause") else None,
        data=body["data"],
        salt=None,
        commitment=b"",
        digest=b"",
    )


class LogSource:
    """What the hub knows of the database: three statements and no rights.

    Rights are checked by each stream, after the hub.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reconcile(self, known: Mapping[UUID, int]) -> Reconciled:
        """Heads that differ from what is known; leads without a log are MISSING."""
        async with self._database.read_session() as session:
            epoch, access, settings = (
                await session.execute(
                    select(
                        col(Workspace.epoch),
                        col(Workspace.access_version),
                        col(Workspace.card_version),
                    )
                )
            ).one()
            statement = select(
                col(LeadFeed.lead_id), col(LeadFeed.revision), col(LeadFeed.floor)
            ).where(col(LeadFeed.lead_id).in_(known))
            rows = (await session.execute(statement)).all() if known else []
        heads = {lead: Head(revision, floor) for lead, revision, floor in rows}
        found = {lead: head for lead, head in heads.items() if head.revision != known[lead]}
        found |= {lead: MISSING for lead in known if lead not in heads}
        return Reconciled(epoch, found, access, settings)

    async def changes_after(
        self, lead_id: UUID, revision: int, limit: int
    ) -> Sequence[RecordedChange]:
        """Rows after a revision, oldest first."""
        async with self._database.read_session() as session:
            rows = await session.scalars(
                select(Change)
                .where(col(Change.lead_id) == lead_id, col(Change.revision) > revision)
                .order_by(col(Change.revision))
                .limit(limit)
            )
            return rows.all()

    def decode(self, body: object) -> RecordedChange:
        return decode_change(body)
