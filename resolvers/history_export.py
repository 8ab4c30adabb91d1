"""A lead's history as a signed file that anybody can check without the server.

The file is JSON Lines: a header; for each log of the lead (its own, and those of leads that went
into it) one line and then its changes from first to last; at the end the SHA-256 of all bytes
before it, and an Ed25519 signature over that digest. Every row carries all that its commitment and
its digest are made of, so the chain can be computed again from the file alone.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlmodel import col

from models.changes import Change, LeadFeed
from models.ids import encode_id
from models.leads import LeadAlias
from resolvers import access, log
from resolvers.actors import StaffActor
from resolvers.errors import NotFound
from resolvers.limits import EXPORT, spend
from resolvers.policy import Permission
from resolvers.secrets import Secrets
from resolvers.services import Services
from resolvers.tickets import Ticket, issue, subject_of
from resolvers.unit_of_work import UnitOfWork

FORMAT = "leadlight-history/1"
ROWS_AT_ONCE = 500
SCOPE = "history-export"


@dataclass(frozen=True)
class HistoryExport:
    """What was asked for: the ticket says which lead, for whom and until when."""

    ticket: Ticket
    public_key: str


async def export_history(work: UnitOfWork, lead_id: UUID) -> HistoryExport:
    """Notes in the workspace's log that the person takes a lead's history away."""
    access.require(work.actor, Permission.VERIFY_HISTORY)
    assert work.actor.id is not None
    await spend(work.services.limiter, EXPORT, work.actor.id.hex)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    work.record_workspace("history_exported", {"lead": lead.id.hex})
    public_key = _text(work.services.secrets.export_public_key())
    return HistoryExport(issue(work, SCOPE, lead.id), public_key)


async def read_export(services: Services, actor: StaffActor, ticket: str) -> AsyncIterator[bytes]:
    """The lines of the file; NotFound unless the ticket is this person's and still stands."""
    lead_id = subject_of(services, actor, SCOPE, ticket)
    async with services.database.read_session() as session:
        lead = await access.find_lead(session, actor, lead_id) if lead_id else None
    if lead is None or not access.may(actor, Permission.VERIFY_HISTORY):
        raise NotFound("lead", encode_id("lead", lead_id or UUID(int=0)))
    return _signed(services.secrets, _lines(services, actor, lead.id))


async def _signed(secrets: Secrets, lines: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    seen = hashlib.sha256()
    async for line in lines:
        encoded = _encode(line)
        seen.update(encoded)
        yield encoded
    digest = seen.digest()
    yield _encode({"sha256": digest.hex(), "signature": _text(secrets.sign_export(digest))})


async def _lines(
    services: Services, actor: StaffActor, lead_id: UUID
) -> AsyncIterator[dict[str, Any]]:
    yield {
        "format": FORMAT,
        "lead": encode_id("lead", lead_id),
        "exportedAt": services.clock.now().isoformat(),
        "exportedBy": {"id": actor.id and encode_id("staff", actor.id), "name": actor.name},
        "server": services.public_url,
        "publicKey": _text(services.secrets.export_public_key()),
    }
    for feed in await _feeds(services, lead_id):
        log_id = encode_id("lead", feed.lead_id)
        yield {"log": log_id, "changes": feed.revision, "head": feed.head.hex()}
        for start in range(0, feed.revision, ROWS_AT_ONCE):
            for change in await _batch(services, feed, start):
                yield _row(change)


async def _feeds(services: Services, lead_id: UUID) -> list[LeadFeed]:
    """The lead's own log first, then those of leads that went into it."""
    absorbed = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == lead_id)
    statement = select(LeadFeed).where(
        (col(LeadFeed.lead_id) == lead_id) | col(LeadFeed.lead_id).in_(absorbed)
    )
    async with services.database.read_session() as session:
        feeds = (await session.scalars(statement)).all()
    return sorted(feeds, key=lambda feed: (feed.lead_id != lead_id, feed.lead_id))


async def _batch(services: Services, feed: LeadFeed, start: int) -> list[Change]:
    """Rows after `start`: a connection for each part, since a reader may be slow."""
    end = min(start + ROWS_AT_ONCE, feed.revision)
    statement = (
        select(Change)
        .where(col(Change.lead_id) == feed.lead_id, col(Change.revision).between(start + 1, end))
        .order_by(col(Change.revision))
    )
    async with services.database.read_session() as session:
        return list(await session.scalars(statement))


def _row(change: Change) -> dict[str, Any]:
    return {
        "revision": change.revision,
        "id": change.id.hex,
        "at": change.at.isoformat(),
        "kind": change.kind,
        "category": change.category,
        "subjectKind": change.subject_kind,
        "subjectId": change.subject_id.hex if change.subject_id else None,
        "actorKind": change.actor_kind,
        "actorId": change.actor_id.hex if change.actor_id else None,
        "actorName": change.actor_name,
        "via": change.via,
        "accessVersion": change.access_version,
        "causeId": change.cause_id.hex if change.cause_id else None,
        "data": change.data,
        "salt": change.salt.hex() if change.salt is not None else None,
        "commitment": change.commitment.hex(),
        "digest": change.digest.hex(),
    }


def _encode(line: dict[str, Any]) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# --- checking a file -------------------------------------------------------------------------


@dataclass(frozen=True)
class ExportCheck:
    """What a file says of itself, and what is wrong with it: nothing, or the first fault."""

    lead: str
    server: str
    exported_at: str
    changes: int
    erased: int
    public_key: str
    fault: str | None


class _Faulty(Exception):
    """The file is not as the server wrote it; the message says where."""


def check_export(lines: Iterator[bytes], public_key: str | None = None) -> ExportCheck:
    """Computes the chain, the digest and the signature of a file again.

    `public_key` is the server's as known from elsewhere (base64); without it, the file's own is
    taken: then the signature proves that the file is whole, not who wrote it.
    """
    reading = _Reading()
    try:
        for line in lines:
            reading.take(line)
        reading.end(public_key)
        fault = None
    except _Faulty as found:
        fault = str(found)
    except (KeyError, TypeError, ValueError):
        fault = f"line {reading.number} is not of the format {FORMAT}"
    header = reading.header
    return ExportCheck(
        lead=str(header.get("lead", "")),
        server=str(header.get("server", "")),
        exported_at=str(header.get("exportedAt", "")),
        changes=reading.changes,
        erased=reading.erased,
        public_key=str(header.get("publicKey", "")),
        fault=fault,
    )


class _Reading:
    """One pass over the lines of a file."""

    def __init__(self) -> None:
        self.header: dict[str, Any] = {}
        self.number = self.changes = self.erased = 0
        self._seen = hashlib.sha256()
        self._log: dict[str, Any] | None = None
        self._place, self._head = 0, b""
        self._last: dict[str, Any] | None = None

    def take(self, line: bytes) -> None:
        self.number += 1
        if self._last is not None:
            raise _Faulty(f"line {self.number} stands behind the signature")
        found: dict[str, Any] = orjson.loads(line)
        if self.number == 1:
            if found["format"] != FORMAT:
                raise _Faulty(f"the format is {found['format']}, not {FORMAT}")
            self.header = found
        elif "signature" in found:
            self._last = found
            return
        elif "log" in found:
            self._end_log()
            self._log, self._place, self._head = found, 0, b""
        else:
            self._take_change(found)
        self._seen.update(line)

    def _take_change(self, found: dict[str, Any]) -> None:
        if self._log is None:
            raise _Faulty(f"line {self.number} belongs to no log")
        change = _change(UUID(hex=self._log["log"].removeprefix("lead_")), found)
        self._place += 1
        where = f"change {self._place} of {self._log['log']}"
        if change.revision != self._place:
            raise _Faulty(f"{where} is missing or out of order")
        if change.data is None:
            self.erased += 1
        elif not log.is_as_committed(change):
            raise _Faulty(f"{where} is altered")
        if log.chain(self._head, change) != change.digest:
            raise _Faulty(f"{where} does not fit the chain")
        self._head = change.digest
        self.changes += 1

    def _end_log(self) -> None:
        if self._log is None:
            return
        is_whole = self._place == self._log["changes"] and self._head.hex() == self._log["head"]
        if not is_whole:
            raise _Faulty(f"{self._log['log']} lacks its last changes")

    def end(self, public_key: str | None) -> None:
        self._end_log()
        if self._last is None:
            raise _Faulty("the signature is missing: the file was cut")
        digest = self._seen.digest()
        if self._last["sha256"] != digest.hex():
            raise _Faulty("the digest of the file is another: something was changed")
        key = base64.b64decode(public_key or self.header["publicKey"], validate=True)
        if not Secrets.is_export_signed(key, base64.b64decode(self._last["signature"]), digest):
            raise _Faulty("the signature is not by this key")


def _change(lead_id: UUID, found: dict[str, Any]) -> Change:
    return Change(
        lead_id=lead_id,
        revision=found["revision"],
        id=UUID(hex=found["id"]),
        at=datetime.fromisoformat(found["at"]),
        kind=found["kind"],
        category=found["category"],
        subject_kind=found["subjectKind"],
        subject_id=UUID(hex=found["subjectId"]) if found["subjectId"] else None,
        actor_kind=found["actorKind"],
        actor_id=UUID(hex=found["actorId"]) if found["actorId"] else None,
        actor_name=found["actorName"],
        via=found["via"],
        access_version=found["accessVersion"],
        cause_id=UUID(hex=found["causeId"]) if found.get("causeId") else None,
        data=found["data"],
        salt=bytes.fromhex(found["salt"]) if found["salt"] is not None else None,
        commitment=bytes.fromhex(found["commitment"]),
        digest=bytes.fromhex(found["digest"]),
    )
