"""People of the team: sign-in, sessions, and who they are on each request."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import AccessScope, ActorKind, StaffRole, Via
from models.ids import new_id
from models.staff import Staff, StaffSession
from models.workspace import Workspace
from resolvers import access
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.contact_points import judge
from resolvers.errors import Precondition, PreconditionReason, ProblemCode, invalid
from resolvers.limits import SIGN_IN_ACCOUNT, SIGN_IN_ALL, SIGN_IN_CLIENT, spend
from resolvers.passwords import MAX_LENGTH, MIN_LENGTH
from resolvers.policy import LEAD_SCOPE, Permission
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork, unit_of_work

IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
TOUCH = timedelta(minutes=5)
"""How stale `last_used_at` may be: a write for each request would be dear."""


@dataclass(frozen=True)
class SignedIn:
    """A new session; the token is shown once."""

    actor: StaffActor
    token: str


async def sign_in(
    services: Services, email_address: str, password: str, *, device: str, client: str
) -> SignedIn:
    """Precondition SIGN_IN_REFUSED for a wrong password and for an unknown or inactive account."""
    key, reason = judge(email_address)
    await _count_attempt(services, key, client)
    if not password or len(password) > MAX_LENGTH:
        raise invalid("password", ProblemCode.MALFORMED, f"1 to {MAX_LENGTH} characters.")
    staff = None if reason else await _staff_with(services, key)
    usable = staff is not None and staff.is_active
    right = await services.passwords.verify(
        password, staff.password_hash if staff and usable else None
    )
    if staff is None or not right:
        if staff is not None:
            # not awaited: the answer would come later than for an account that does not exist
            services.hub.spawn(_note_refusal(services, staff))
        raise Precondition(
            PreconditionReason.SIGN_IN_REFUSED, "The address or the password is wrong."
        )
    return await _open_session(services, staff, device)


async def _count_attempt(services: Services, key: str, client: str) -> None:
    """By address, by account whether there is one or not, and in all: each hash is dear."""
    rules, limiter = services.api, services.limiter
    per_account = replace(SIGN_IN_ACCOUNT, amount=rules.sign_in_account)
    await spend(limiter, replace(SIGN_IN_CLIENT, amount=3 * rules.sign_in_account), client)
    await spend(limiter, per_account, key)
    await spend(limiter, replace(SIGN_IN_ALL, amount=rules.sign_in_all), "")


async def _staff_with(services: Services, key: str) -> Staff | None:
    async with services.database.read_session() as session:
        found: Staff | None = await session.scalar(
            select(Staff).where(col(Staff.email_address) == key)
        )
    return found


async def _note_refusal(services: Services, staff: Staff) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        work.record_workspace("sign_in_refused", {"staff": staff.id.hex})


async def _open_session(services: Services, staff: Staff, device: str) -> SignedIn:
    token, now = new_token("staff"), services.clock.now()
    row = StaffSession(
        staff_id=staff.id,
        token_hash=hash_token(token),
        device=device[:200],
        created_at=now,
        last_used_at=now,
        expires_at=now + LONGEST,
    )
    who = Actor(ActorKind.STAFF, staff.id, staff.name, Via.APP)
    async with unit_of_work(services, who) as work:
        work.session.add(row)
        work.record_workspace("signed_in", {"staff": staff.id.hex, "session": row.id.hex})
    async with services.database.read_session() as session:
        actor = await actor_for_session(services, session, row.id)
    assert actor is not None
    return SignedIn(actor, token)


async def sign_out(services: Services, actor: StaffActor) -> None:
    """Ends the session; its streams end as soon as the bus has told, else within 2 s."""
    async with unit_of_work(services, actor) as work:
        done: Any = await work.session.execute(
            update(StaffSession)
            .where(col(StaffSession.id) == actor.session_id, col(StaffSession.ended_at).is_(None))
            .values(ended_at=work.at)
        )
        if not done.rowcount:
            return  # signed out already
        work.record_workspace(
            "signed_out", {"staff": actor.id.hex if actor.id else None}, access=True
        )


async def actor_for_token(services: Services, token: str) -> StaffActor | None:
    """Who a bearer token or cookie stands for; None if nobody (any more)."""
    async with services.database.read_session() as session:
        found = await session.scalar(
            select(StaffSession).where(col(StaffSession.token_hash) == hash_token(token))
        )
        actor = await actor_for_session(services, session, found.id) if found else None
    if found and actor and services.clock.now() - found.last_used_at > TOUCH:
        async with unit_of_work(services, actor) as work:
            await work.session.execute(
                update(StaffSession)
                .where(col(StaffSession.id) == found.id)
                .values(last_used_at=services.clock.now())
            )
    return actor


async def ended_sessions(services: Services, ids: Collection[UUID]) -> set[UUID]:
    """Those of the sessions that no longer stand: signed out, expired, or the person left."""
    now = services.clock.now()
    async with services.database.read_session() as session:
        standing = await session.scalars(
            select(col(StaffSession.id))
            .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
            .where(
                col(StaffSession.id).in_(ids),
                col(StaffSession.ended_at).is_(None),
                col(StaffSession.expires_at) > now,
                col(Staff.is_active),
            )
        )
        return set(ids) - set(standing)


async def actor_for_session(
    services: Services, session: AsyncSession, session_id: UUID
) -> StaffActor | None:
    """The person behind a session with present rights; None once it ended or they may not."""
    now = services.clock.now()
    row = (
        await session.execute(
            select(Staff, StaffSession, Workspace)
            .join(StaffSession, col(StaffSession.staff_id) == col(Staff.id))
            .join(Workspace, col(Workspace.id) == 1)
            .where(
                col(StaffSession.id) == session_id,
                col(StaffSession.ended_at).is_(None),
                col(StaffSession.expires_at) > now,
                col(StaffSession.last_used_at) > now - IDLE,
                col(Staff.is_active),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    staff, signed_in, workspace = row
    return StaffActor(
        kind=ActorKind.STAFF,
        id=staff.id,
        name=staff.name,
        via=Via.APP,
        role=staff.role,
        session_id=signed_in.id,
        scope=scope_of(staff.role, workspace),
        access_version=workspace.access_version,
    )


def scope_of(role: StaffRole, workspace: Workspace) -> AccessScope:
    """Which leads a role sees in this workspace; the team's are everybody's until teams exist."""
    scope = LEAD_SCOPE[role]
    if scope is None:
        scope = workspace.manager_scope
    return AccessScope.ALL if scope is AccessScope.TEAM else scope


async def create_staff(
    work: UnitOfWork, name: str, email_address: str, role: StaffRole, password: str
) -> Staff:
    """Adds a person who can sign in at once."""
    access.require(work.actor, Permission.ADMINISTER)
    key, reason = judge(email_address)
    if reason:
        raise invalid("emailAddress", ProblemCode.MALFORMED, "This is no valid address.")
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise invalid(
            "password", ProblemCode.TOO_SMALL, f"{MIN_LENGTH} to {MAX_LENGTH} characters."
        )
    taken = await work.session.scalar(select(col(Staff.id)).where(col(Staff.email_address) == key))
    if taken:
        raise invalid("emailAddress", ProblemCode.TAKEN, "Somebody has this address.")
    name = required("name", name, 100)
    staff = Staff(
        id=new_id(),
        name=name,
        name_key=fold(name),
        email_address=key,
        password_hash=await work.services.passwords.hash(password),
        role=role,
        created_at=work.at,
    )
    work.session.add(staff)
    work.record_workspace("staff_created", {"staff": staff.id.hex, "role": role}, access=True)
    return staff
