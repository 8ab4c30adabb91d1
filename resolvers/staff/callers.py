"""Whom a session or an API token stands for, with the rights of now.

Both are rows with a random id, and whatever is open on their behalf (a socket, a stream) goes by
that id: it need not know which of the two let it in.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import AccessScope, ActorKind, ApiScope, Via
from models.staff import ApiToken, Staff, StaffSession
from models.workspace import Workspace
from realtime import topics
from resolvers.actors import Rights, StaffActor
from resolvers.policy import BY_SETTING, LEAD_SCOPE
from resolvers.secrets import hash_token
from resolvers.services import Services
from resolvers.teams import mates
from resolvers.unit_of_work import unit_of_work

IDLE = timedelta(days=14)
TOUCH = timedelta(minutes=2)
"""How stale `last_used_at` may be: a write for each request would be dear."""
AWAY = timedelta(minutes=5)
"""Who has used no session for so long is not here any more."""

Credential = type[StaffSession] | type[ApiToken]


def standing(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Sessions that have neither ended nor expired nor been left alone for too long."""
    return (
        col(StaffSession.ended_at).is_(None),
        col(StaffSession.expires_at) > now,
        col(StaffSession.last_used_at) > now - IDLE,
    )


def standing_tokens(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """API tokens that are neither revoked nor expired."""
    return (
        col(ApiToken.revoked_at).is_(None),
        or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > now),
    )


async def actor_for_token(services: Services, token: str) -> StaffActor | None:
    """Who a bearer token or cookie stands for; None if nobody (any more)."""
    kind: Credential = ApiToken if token.startswith("api_") else StaffSession
    async with services.database.read_session() as session:
        found: Any = await session.scalar(
            select(kind).where(col(kind.token_hash) == hash_token(token))
        )
        actor = await actor_for_session(services, session, found.id) if found else None
    if actor and _is_stale(found.last_used_at, services.clock.now()):
        async with unit_of_work(services, actor) as work:
            await work.session.execute(
                update(kind).where(col(kind.id) == found.id).values(last_used_at=work.at)
            )
            if kind is StaffSession and work.at - found.last_used_at >= AWAY:
                work.hint(topics.team())
    return actor


def _is_stale(last_used_at: datetime | None, now: datetime) -> bool:
    return last_used_at is None or now - last_used_at > TOUCH


async def ended_sessions(services: Services, ids: Collection[UUID]) -> set[UUID]:
    """Those of the sessions and API tokens that no longer stand, or whose person left."""
    now = services.clock.now()
    sessions = (
        select(col(StaffSession.id))
        .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
        .where(
            col(StaffSession.id).in_(ids),
            col(StaffSession.ended_at).is_(None),
            col(StaffSession.expires_at) > now,
            col(Staff.is_active),
        )
    )
    tokens = (
        select(col(ApiToken.id))
        .join(Staff, col(Staff.id) == col(ApiToken.owner_id))
        .where(col(ApiToken.id).in_(ids), *standing_tokens(now), col(Staff.is_active))
    )
    async with services.database.read_session() as session:
        found = await session.scalars(sessions.union_all(tokens))
        return set(ids) - set(found)


async def actor_for_session(
    services: Services, session: AsyncSession, session_id: UUID
) -> StaffActor | None:
    """The person behind a session, or the program behind an API token, with present rights.

    None once it ended or its person may not come in.
    """
    now = services.clock.now()
    row = (
        await session.execute(
            select(Staff, Workspace)
            .join(StaffSession, col(StaffSession.staff_id) == col(Staff.id))
            .join(Workspace, col(Workspace.id) == 1)
            .where(col(StaffSession.id) == session_id, *standing(now), col(Staff.is_active))
        )
    ).one_or_none()
    if row is not None:
        rights = await rights_of(session, row[0], row[1])
        return _actor(row[0], row[1], session_id, rights)
    by_token = (
        await session.execute(
            select(Staff, Workspace, ApiToken)
            .join(ApiToken, col(ApiToken.owner_id) == col(Staff.id))
            .join(Workspace, col(Workspace.id) == 1)
            .where(col(ApiToken.id) == session_id, *standing_tokens(now), col(Staff.is_active))
        )
    ).one_or_none()
    if by_token is None:
        return None
    person, workspace, token = by_token
    rights = await rights_of(session, person, workspace)
    return _actor(person, workspace, session_id, rights, token)


async def actor_for_person(session: AsyncSession, staff_id: UUID) -> tuple[StaffActor, str] | None:
    """Somebody who is not here, with the rights of now and their zone; None once they left.

    For what is told to people: nobody can act as the answer.
    """
    found = (
        await session.execute(
            select(Staff, Workspace)
            .join(Workspace, col(Workspace.id) == 1)
            .where(col(Staff.id) == staff_id, col(Staff.is_active))
        )
    ).one_or_none()
    if found is None:
        return None
    person, workspace = found
    rights = await rights_of(session, person, workspace)
    return _actor(person, workspace, staff_id, rights), person.time_zone


def _actor(
    staff: Staff,
    workspace: Workspace,
    session_id: UUID,
    rights: Rights,
    token: ApiToken | None = None,
) -> StaffActor:
    is_integration = token is not None and not token.is_personal
    return StaffActor(
        kind=ActorKind.API if is_integration else ActorKind.STAFF,
        id=staff.id,
        name=token.name if token and is_integration else staff.name,
        via=Via.API if token else Via.APP,
        role=staff.role,
        session_id=session_id,
        rights=rights,
        access_version=workspace.access_version,
        time_zone=staff.time_zone,
        api_scopes=frozenset(map(ApiScope, token.scopes)) if token else None,
    )


async def rights_of(session: AsyncSession, staff: Staff, workspace: Workspace) -> Rights:
    """What role, teams and settings give a person now."""
    scope = LEAD_SCOPE[staff.role]
    if not isinstance(scope, AccessScope):
        scope = AccessScope(getattr(workspace, scope))
    granted = frozenset(
        permission
        for permission, (role, setting) in BY_SETTING.items()
        if role is staff.role and getattr(workspace, setting)
    )
    if scope is AccessScope.ALL:
        return Rights(granted=granted)
    people = {staff.id}
    if scope is AccessScope.TEAM:
        people |= await mates(session, staff.id)
    return Rights(scope, frozenset(people), workspace.can_agents_self_assign, granted)
