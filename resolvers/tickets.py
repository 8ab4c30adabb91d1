"""Tickets for files that are fetched by GET: for one person, for a while, for one thing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from resolvers.actors import StaffActor
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork

LASTS = timedelta(minutes=15)
"""How long a ticket can be used, by the person who asked for it."""


@dataclass(frozen=True)
class Ticket:
    """What a path ends with, and until when it leads anywhere."""

    text: str
    expires_at: datetime


def issue(work: UnitOfWork, scope: str, subject: UUID, key: bytes = b"") -> Ticket:
    """A ticket for the actor, who is somebody of the team; `scope` says what kind of thing.

    `key` is up to 32 bytes that are kept nowhere else.
    """
    assert work.actor.id is not None
    expires_at = work.at + LASTS
    what = orjson.dumps([subject.hex, work.actor.id.hex, expires_at.timestamp(), key.hex()])
    return Ticket(work.services.secrets.seal_page(scope, what), expires_at)


def subject_of(services: Services, actor: StaffActor, scope: str, text: str) -> UUID | None:
    """What the ticket is for; None unless it is this person's and still stands."""
    subject, _ = opened(services, actor, scope, text)
    return subject


def opened(
    services: Services, actor: StaffActor, scope: str, text: str
) -> tuple[UUID | None, bytes]:
    """What the ticket is for, as `subject_of`, and the key in it."""
    try:
        subject, staff, until, *key = orjson.loads(services.secrets.unseal_page(scope, text))
    except Unsealable:
        return None, b""
    is_theirs = staff == actor.id.hex
    if not is_theirs or services.clock.now().timestamp() >= until:
        return None, b""
    return UUID(hex=subject), bytes.fromhex("".join(key))
