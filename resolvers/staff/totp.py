"""Authenticators: six digits that change every 30 seconds, demanded beside the password.

A code is good for its own step and one before and after, and once: whoever saw it typed can't use
it again.
"""

import base64
import contextlib
import re
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, select
from sqlmodel import col

from models.ids import encode_id
from models.staff import RecoveryCode, Staff, StaffTotp
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.errors import (
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.policy import Permission
from resolvers.secrets import Unsealable, hash_token
from resolvers.services import Services
from resolvers.staff.profile import own_row, prove
from resolvers.staff.tries import count_try
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.views import View

ISSUER = "Leadlight"
STEP_SECONDS = 30
DIGITS = re.compile(r"[0-9]{6}")
RECOVERY_CODES, RECOVERY_BYTES = 10, 10


async def start_totp(services: Services, actor: StaffActor, password: str) -> str:
    """A new secret as an `otpauth:` address, shown once; it counts after `confirm_totp`."""
    proven = await prove(services, actor, password)
    secret = secrets.token_bytes(20)
    async with unit_of_work(services, actor) as work:
        await own_row(work, actor)
        former = await work.session.get(StaffTotp, actor.id)
        if former and former.confirmed_at:
            raise Precondition(PreconditionReason.TOTP_ON, "Remove the authenticator first.")
        sealed = services.secrets.encrypt("totp", actor.id, secret)
        if former:
            former.sealed_secret = sealed
        else:
            work.session.add(StaffTotp(staff_id=actor.id, sealed_secret=sealed))
        work.record_workspace("totp_started", _about(actor))
    return _totp(secret).get_provisioning_uri(proven.email_address, ISSUER)


async def confirm_totp(services: Services, actor: StaffActor, code: str) -> list[str]:
    """Demands the authenticator from now on; ten recovery codes, shown once."""
    async with services.database.read_session() as session:
        staff = await session.get_one(Staff, actor.id)
    await count_try(services, staff.email_address)
    if not DIGITS.fullmatch(code.replace(" ", "")):
        raise invalid("totpCode", ProblemCode.MALFORMED, "Six digits.")
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    async with unit_of_work(services, actor) as work:
        await own_row(work, actor)
        row = await work.session.get(StaffTotp, actor.id)
        if row is None:
            raise _off()
        if row.confirmed_at:
            raise Precondition(PreconditionReason.TOTP_ON, "The authenticator is on already.")
        if not _use_digits(work, row, code):
            raise _wrong()
        row.confirmed_at = work.at
        for each in codes:
            work.session.add(RecoveryCode(code_hash=_hashed(actor.id, each), staff_id=actor.id))
        work.record_workspace("totp_confirmed", _about(actor))
    return codes


async def remove_totp(services: Services, actor: StaffActor, password: str) -> None:
    """Demands the authenticator no longer."""
    await prove(services, actor, password)
    async with unit_of_work(services, actor) as work:
        await _remove(work, await own_row(work, actor))


async def remove_staff_totp(work: UnitOfWork, staff_id: UUID) -> Staff:
    """Takes away the authenticator of somebody who lost it and the recovery codes too."""
    access.require(work.actor, Permission.ADMINISTER)
    if staff_id == work.actor.id:
        raise invalid("staffId", ProblemCode.CONTRADICTION, "Remove your own with your password.")
    staff: Staff | None = await work.session.scalar(
        select(Staff).where(col(Staff.id) == staff_id).with_for_update(key_share=True)
    )
    if staff is None:
        raise NotFound("person", encode_id("staff", staff_id))
    await _remove(work, staff)
    return staff


async def _remove(work: UnitOfWork, staff: Staff) -> None:
    done: Any = await work.session.execute(
        delete(StaffTotp).where(
            col(StaffTotp.staff_id) == staff.id, col(StaffTotp.confirmed_at).is_not(None)
        )
    )
    if not done.rowcount:
        raise _off()
    await work.session.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff.id))
    work.record_workspace("totp_removed", {"staff": staff.id.hex, "name": staff.name})


async def is_totp_on(view: View, staff_id: UUID) -> bool:
    """Whether a code is demanded when the person signs in."""
    statement = select(col(StaffTotp.confirmed_at)).where(col(StaffTotp.staff_id) == staff_id)
    return await view.scalar(statement) is not None


async def demand_code(work: UnitOfWork, staff: Staff, code: str | None) -> None:
    """Precondition TOTP_NEEDED unless the person has no authenticator or this is a code of it.

    The caller holds the person's row, so that of two who bring one code at once one comes in.
    """
    row = await work.session.get(StaffTotp, staff.id)
    if row is None or row.confirmed_at is None:
        return
    if not code:
        raise Precondition(
            PreconditionReason.TOTP_NEEDED, "A code of your authenticator is needed."
        )
    if not _use_digits(work, row, code) and not await _use_recovery_code(work, staff, code):
        raise _wrong()


def _use_digits(work: UnitOfWork, row: StaffTotp, code: str) -> bool:
    code = code.replace(" ", "")
    try:
        secret = work.services.secrets.decrypt("totp", row.staff_id, row.sealed_secret)
    except Unsealable:
        return False  # the deployment has another key: recovery codes still work
    if not DIGITS.fullmatch(code):
        return False
    step = _step_of(_totp(secret), code, work.at)
    if step is None or (row.last_step is not None and step <= row.last_step):
        return False
    row.last_step = step
    return True


def _step_of(totp: TOTP, code: str, at: datetime) -> int | None:
    now = int(at.timestamp()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        with contextlib.suppress(InvalidToken):
            totp.verify(code.encode(), step * STEP_SECONDS)
            return step
    return None


async def _use_recovery_code(work: UnitOfWork, staff: Staff, code: str) -> bool:
    done: Any = await work.session.execute(
        delete(RecoveryCode).where(
            col(RecoveryCode.code_hash) == _hashed(staff.id, code),
            col(RecoveryCode.staff_id) == staff.id,
        )
    )
    if not done.rowcount:
        return False
    work.record_workspace("recovery_code_used", {"staff": staff.id.hex, "name": staff.name})
    return True


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), STEP_SECONDS)  # what every authenticator understands


def _new_recovery_code() -> str:
    """80 random bits, `abcd-efgh-ijkl-mnop`."""
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _hashed(staff_id: UUID, code: str) -> bytes:
    return hash_token(f"{staff_id.hex}:{re.sub('[ -]', '', code.lower())}")


def _about(actor: Actor) -> dict[str, Any]:
    return {"staff": actor.id.hex if actor.id else None}


def _off() -> Precondition:
    return Precondition(PreconditionReason.TOTP_OFF, "There is no authenticator.")


def _wrong() -> Precondition:
    return Precondition(PreconditionReason.TOTP_NEEDED, "The code is wrong or was used already.")
