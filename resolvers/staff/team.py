"""Who is in the team: adding, inviting, changing, and letting go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import StaffRole
from models.ids import encode_id, new_id
from models.staff import Staff, StaffInvitation
from models.workspace import Workspace
from resolvers import access, teams
from resolvers.actors import Actor, StaffActor
from resolvers.contact_points import judge
from resolvers.errors import (
    Conflict,
    ConflictReason,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.passwords import check_new
from resolvers.policy import Permission
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.staff.api_tokens import revoke_all
from resolvers.staff.sessions import SignedIn, acting, add_session, end_sessions, signed_in
from resolvers.staff.tries import count_client
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.upserts import insert_new
from resolvers.values import LoggedValue

INVITED_FOR = timedelta(days=7)


async def create_staff(
    work: UnitOfWork, name: str, email_address: str, role: StaffRole, password: str
) -> Staff:
    """Adds a person who can sign in at once."""
    access.require(work.actor, Permission.ADMINISTER)
    key = _address(email_address)
    check_new("password", password)
    staff = await _person(work, required("name", name, 100), key, role)
    if await _with_address(work.session, key):
        raise invalid("emailAddress", ProblemCode.TAKEN, "Somebody has this address.")
    staff.password_hash = await work.services.passwords.hash(password)
    if not await insert_new(work.session, Staff, staff.model_dump(), ["email_address"]):
        raise invalid("emailAddress", ProblemCode.TAKEN, "Somebody has this address.")
    data = {"staff": staff.id.hex, "name": staff.name, "role": role}
    work.record_workspace("staff_created", data, access=True)
    return staff


async def _person(work: UnitOfWork, name: str, key: str, role: StaffRole) -> Staff:
    zone = await work.session.scalar(select(col(Workspace.time_zone)))
    return Staff(
        id=new_id(),
        name=name,
        name_key=fold(name),
        email_address=key,
        password_hash="",
        role=role,
        time_zone=zone or "UTC",
        created_at=work.at,
    )


def _address(text: str) -> str:
    key, reason = judge(text)
    if reason:
        raise invalid("emailAddress", ProblemCode.MALFORMED, "This is no valid address.")
    return key


async def _with_address(session: AsyncSession, key: str) -> Staff | None:
    found: Staff | None = await session.scalar(
        select(Staff).where(col(Staff.email_address) == key).with_for_update(key_share=True)
    )
    return found


# --- inviting ------------------------------------------------------------------------------------


async def invite_staff(
    work: UnitOfWork,
    name: str,
    email_address: str,
    role: StaffRole,
    team_id: UUID | None = None,
) -> tuple[Staff, str]:
    """Invites a person; the token of the link is shown once and lasts 7 days.

    Somebody who has not come yet is invited anew, and the link before is void. Without `team_id`
    they stay in the team that they are in, if any; NotFound for a team that is not there.
    """
    access.require(work.actor, Permission.ADMINISTER)
    key = _address(email_address)
    name = required("name", name, 100)
    staff = await _with_address(work.session, key)
    if staff is None:
        staff = await _person(work, name, key, role)
        staff.is_active, staff.is_invited = False, True
        if not await insert_new(work.session, Staff, staff.model_dump(), ["email_address"]):
            raise _taken()
    elif staff.is_active or staff.password_hash:
        raise _taken()
    else:
        staff.name, staff.name_key, staff.role = name, fold(name), role
        staff.is_invited = True
        staff.version += 1
    token = await _invite(work, staff.id)
    moved = await teams.move(work, staff, team_id) if team_id else None
    data = {"staff": staff.id.hex, "name": name, "role": role, "diffs": [moved] if moved else []}
    work.record_workspace("staff_invited", data, access=moved is not None)
    return staff, token


def _taken() -> Conflict:
    return Conflict(ConflictReason.DUPLICATE, "Somebody has this address.")


async def _invite(work: UnitOfWork, staff_id: UUID) -> str:
    await _withdraw(work, staff_id)
    token = new_token("invitation")
    row = StaffInvitation(
        staff_id=staff_id, token_hash=hash_token(token), expires_at=work.at + INVITED_FOR
    )
    work.session.add(row)
    return token


async def _withdraw(work: UnitOfWork, staff_id: UUID) -> None:
    await work.session.execute(
        delete(StaffInvitation).where(col(StaffInvitation.staff_id) == staff_id)
    )


async def accept_invitation(
    services: Services, token: str, password: str, *, device: str, client: str
) -> SignedIn:
    """Sets the first password of an invited person and signs them in.

    Precondition TOKEN_INVALID for a link that is unknown, used, replaced or too old.
    """
    await count_client(services, client)
    check_new("password", password)
    async with services.database.read_session() as session:
        invited = await _invited(session, token, services.clock.now())
    hashed = await services.passwords.hash(password)
    async with unit_of_work(services, acting(invited)) as work:
        staff = await _invited(work.session, token, work.at, locks=True)
        staff.password_hash = hashed
        await join(work, staff)
        row, session_token = add_session(work, staff, device)
    return await signed_in(services, row.id, session_token)


async def _invited(
    session: AsyncSession, token: str, now: datetime, *, locks: bool = False
) -> Staff:
    statement = (
        select(Staff)
        .join(StaffInvitation, col(StaffInvitation.staff_id) == col(Staff.id))
        .where(
            col(StaffInvitation.token_hash) == hash_token(token),
            col(StaffInvitation.expires_at) > now,
            col(Staff.is_invited),
        )
    )
    if locks:
        statement = statement.with_for_update(key_share=True, of=Staff)
    staff: Staff | None = await session.scalar(statement)
    if staff is None:
        raise Precondition(
            PreconditionReason.TOKEN_INVALID, "This link is no longer good. Ask for another one."
        )
    return staff


async def join(work: UnitOfWork, staff: Staff) -> None:
    """Makes an invited person one of the team."""
    staff.is_active, staff.is_invited = True, False
    staff.version += 1
    await _withdraw(work, staff.id)
    work.record_workspace(
        "invitation_accepted", {"staff": staff.id.hex, "name": staff.name}, access=True
    )


# --- changing ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StaffEdit:
    """What to change of a person; None leaves it."""

    name: str | None = None
    role: StaffRole | None = None
    is_active: bool | None = None
    expected: int | None = None
    email_address: str | None = None
    moves: bool = False
    """Whether the team is to be `team_id`, None for none."""
    team_id: UUID | None = None


async def update_staff(work: UnitOfWork, staff_id: UUID, edit: StaffEdit) -> Staff:
    """Changes a person. Letting somebody go ends all that they are signed in with.

    Another sign-in address ends their sessions, but the one of who changes it, and takes back the
    link of an invitation: whoever came in by the old one has to know the new one.
    """
    if not _is_own_name(work.actor, staff_id, edit):
        access.require(work.actor, Permission.ADMINISTER)
    name = required("name", edit.name, 100) if edit.name is not None else None
    staff, other_admins = await _lock(work.session, staff_id)
    if edit.expected is not None and staff.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The person was changed in the meantime.",
            owner=staff.id,
            version=staff.version,
        )
    _check(staff, edit, is_last_admin=not other_admins)
    diffs = _change(staff, edit, name)
    readdressed = await _readdress(work.session, staff, edit.email_address)
    diffs += readdressed
    leaves = edit.is_active is False
    if leaves and staff.is_invited:
        staff.is_invited = False
        await _withdraw(work, staff.id)
        diffs.append(_diff("isInvited", "Invited", _flag(True), _flag(False)))
    moved = await teams.move(work, staff, edit.team_id) if edit.moves else None
    if moved:
        diffs.append(moved)
    if not diffs:
        return staff
    if leaves:
        await end_sessions(work, staff.id)
        await revoke_all(work, staff.id)
    elif readdressed:
        await _withdraw(work, staff.id)
        own = work.actor.session_id if isinstance(work.actor, StaffActor) else None
        await end_sessions(work, staff.id, but=own)
    staff.version += 1
    touches_access = edit.role is not None or edit.is_active is not None
    touches_access = touches_access or bool(readdressed) or moved is not None
    data = {"staff": staff.id.hex, "name": staff.name, "diffs": diffs}
    work.record_workspace("staff_changed", data, access=touches_access)
    return staff


def _is_own_name(actor: Actor, staff_id: UUID, edit: StaffEdit) -> bool:
    is_self = isinstance(actor, StaffActor) and actor.is_person and actor.id == staff_id
    is_more = edit.role or edit.is_active is not None or edit.email_address is not None
    return is_self and not is_more and not edit.moves


async def _lock(session: AsyncSession, staff_id: UUID) -> tuple[Staff, int]:
    """The person, and how many other active ADMINs there are.

    All of them are locked, in one order: of two who demote each other, the second sees the first.
    """
    is_admin = and_(col(Staff.role) == StaffRole.ADMIN, col(Staff.is_active))
    rows = (
        await session.scalars(
            select(Staff)
            .where(or_(col(Staff.id) == staff_id, is_admin))
            .order_by(col(Staff.id))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()
    staff = next((row for row in rows if row.id == staff_id), None)
    if staff is None:
        raise NotFound("person", encode_id("staff", staff_id))
    return staff, sum(row.id != staff_id for row in rows)


def _check(staff: Staff, edit: StaffEdit, *, is_last_admin: bool) -> None:
    is_admin = staff.is_active and staff.role is StaffRole.ADMIN
    stays = edit.is_active is not False and edit.role in (None, StaffRole.ADMIN)
    if is_admin and is_last_admin and not stays:
        raise Precondition(PreconditionReason.LAST_ADMIN, "One active ADMIN has to remain.")
    if edit.is_active and staff.is_invited:
        raise Precondition(
            PreconditionReason.INVITED, "The person becomes active by accepting the invitation."
        )


def _change(staff: Staff, edit: StaffEdit, name: str | None) -> list[dict[str, Any]]:
    """Writes what differs; the diffs of it."""
    diffs = []
    if name is not None and name != staff.name:
        diffs.append(_diff("name", "Name", _text(staff.name), _text(name)))
        staff.name, staff.name_key = name, fold(name)
    if edit.role is not None and edit.role is not staff.role:
        diffs.append(_diff("role", "Role", _text(staff.role), _text(edit.role)))
        staff.role = edit.role
    if edit.is_active is not None and edit.is_active != staff.is_active:
        diffs.append(_diff("isActive", "Active", _flag(staff.is_active), _flag(edit.is_active)))
        staff.is_active = edit.is_active
    return diffs


async def _readdress(
    session: AsyncSession, staff: Staff, typed: str | None
) -> list[dict[str, Any]]:
    """Gives the person another sign-in address; Conflict if somebody has it."""
    if typed is None:
        return []
    key = _address(typed)
    if key == staff.email_address:
        return []
    if await _with_address(session, key):
        raise _taken()
    before, staff.email_address = staff.email_address, key
    try:
        await session.flush()
    except IntegrityError as error:  # somebody was first at this very moment
        raise _taken() from error
    return [_diff("emailAddress", "Sign-in address", _text(before), _text(key))]


def _diff(path: str, label: str, before: LoggedValue, after: LoggedValue) -> dict[str, Any]:
    return {"path": path, "label": label, "before": before, "after": after}


def _text(value: str) -> LoggedValue:
    return {"type": "TEXT", "text": str(value)}


def _flag(value: bool) -> LoggedValue:
    return {"type": "BOOLEAN", "boolean": value}
