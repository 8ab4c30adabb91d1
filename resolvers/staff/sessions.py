"""Sessions of staff: opened, listed, ended.

Ending one raises the workspace's access version: every process looks at once, closes the session's
sockets and ends its streams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from models.enums import ActorKind, Via
from models.ids import encode_id
from models.staff import Staff, StaffSession
from realtime import topics
from resolvers.actors import Actor, StaffActor
from resolvers.errors import NotFound
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.staff.callers import actor_for_session, standing
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.views import View

LONGEST = timedelta(days=90)
MAX_LISTED = 50


@dataclass(frozen=True)
class SignedIn:
    """A new session; the token is shown once."""

    actor: StaffActor
    token: str


def acting(staff: Staff) -> Actor:
    """The person as the actor of their own way in, before there is a session."""
    return Actor(ActorKind.STAFF, staff.id, staff.name, Via.APP)


def add_session(
    work: UnitOfWork, staff: Staff, device: str, provider: str | None = None
) -> tuple[StaffSession, str]:
    """Opens a session of the person in this unit of work; its row and its token.

    `provider` vouched for the person, where it was not a password.
    """
    token = new_token("staff")
    row = StaffSession(
        staff_id=staff.id,
        token_hash=hash_token(token),
        device=device[:200],
        created_at=work.at,
        last_used_at=work.at,
        expires_at=work.at + LONGEST,
    )
    work.session.add(row)
    work.hint(topics.team())
    data = {"staff": staff.id.hex, "session": row.id.hex}
    if provider:
        work.record_workspace("signed_in_by_provider", {**data, "provider": provider})
    else:
        work.record_workspace("signed_in", data)
    return row, token


async def signed_in(services: Services, session_id: UUID, token: str) -> SignedIn:
    """What a new session is, once it is committed."""
    async with services.database.read_session() as session:
        actor = await actor_for_session(services, session, session_id)
    assert actor is not None
    return SignedIn(actor, token)


async def sign_out(services: Services, actor: StaffActor) -> None:
    """Ends the session; its streams end as soon as the bus has told, else within 2 s."""
    async with unit_of_work(services, actor) as work:
        if await _end(work, col(StaffSession.id) == actor.session_id):
            work.record_workspace("signed_out", {"staff": actor.id.hex}, access=True)


async def end_session(work: UnitOfWork, actor: StaffActor, session_id: UUID) -> None:
    """Signs the person out elsewhere; NotFound for a session that is not theirs or has ended."""
    mine = (col(StaffSession.id) == session_id, col(StaffSession.staff_id) == actor.id)
    if not await _end(work, *mine):
        raise NotFound("session", encode_id("session", session_id))
    work.record_workspace(
        "session_ended", {"staff": actor.id.hex, "session": session_id.hex}, access=True
    )


async def end_sessions(work: UnitOfWork, staff_id: UUID, *, but: UUID | None = None) -> int:
    """Ends the person's sessions, one perhaps left out; how many of them stood.

    The caller records it, with `access`.
    """
    others = [col(StaffSession.staff_id) == staff_id]
    if but is not None:
        others.append(col(StaffSession.id) != but)
    return await _end(work, *others)


async def _end(work: UnitOfWork, *which: ColumnElement[bool]) -> int:
    done: Any = await work.session.execute(
        update(StaffSession).where(*which, *standing(work.at)).values(ended_at=work.at)
    )
    return int(done.rowcount)


async def sessions_of(view: View, staff_id: UUID) -> Sequence[StaffSession]:
    """Where the person is signed in, newest first; at most 50."""
    return await view.scalars(
        select(StaffSession)
        .where(col(StaffSession.staff_id) == staff_id, *standing(view.services.clock.now()))
        .order_by(col(StaffSession.created_at).desc(), col(StaffSession.id).desc())
        .limit(MAX_LISTED)
    )
