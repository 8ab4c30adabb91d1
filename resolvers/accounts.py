"""Accounts of leads in the portal: making one, and a password given by staff.

Invariants
- A one-time password is answered once to who asked for it. Its hash is stored; it stands in no
  change, log or hint, and a repeated call is refused instead of answered.
- The lead is told nothing. Whoever was signed in to the account is signed out.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.accounts import LeadAccount, LeadSession
from models.contact_points import EmailAddress, LeadEmailAddress
from models.enums import ChangeKind, Deliverability, HistoryType, LeadAccountChange
from models.ids import encode_id, new_id
from models.leads import Lead
from resolvers import access, idempotency
from resolvers.actors import Actor
from resolvers.errors import (
    Conflict,
    ConflictReason,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.limits import RESET_LEAD_PASSWORD, spend
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: the password is read out."""
PARTS, PART = 4, 5

AccountRow = tuple[LeadAccount, str]
"""An account and its sign-in address."""


@dataclass(frozen=True)
class OneTimePassword:
    """A new password and its hash."""

    text: str = field(repr=False)
    hashed: str = field(repr=False)


async def create_account(work: UnitOfWork, lead_id: UUID, entry_id: UUID, key: str) -> UUID:
    """Makes an account for one of the lead's addresses, without a password; nothing is sent."""
    access.require(work.actor, Permission.RESET_LEAD_PASSWORD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    body = {"lead": lead.id, "address": entry_id}
    if await idempotency.claim(work, "createLeadAccount", key, body, wanted) != wanted:
        return lead.id
    address = await work.session.scalar(
        select(EmailAddress)
        .join(LeadEmailAddress, col(LeadEmailAddress.email_address_id) == col(EmailAddress.id))
        .where(col(LeadEmailAddress.id) == entry_id, col(LeadEmailAddress.lead_id) == lead.id)
        .with_for_update(of=EmailAddress)
    )
    if address is None or address.deliverability is Deliverability.INVALID:
        raise invalid("emailAddressId", ProblemCode.UNKNOWN, "This is no good address of the lead.")
    await _refuse_second(work, lead, address)
    row = LeadAccount(id=wanted, lead_id=lead.id, email_address_id=address.id, created_at=work.at)
    work.session.add(row)
    await work.session.flush()
    _record(work, row, address.key, LeadAccountChange.CREATED)
    return lead.id


async def _refuse_second(work: UnitOfWork, lead: Lead, address: EmailAddress) -> None:
    found: LeadAccount | None = await work.session.scalar(
        select(LeadAccount).where(
            or_(
                col(LeadAccount.lead_id) == lead.id,
                col(LeadAccount.email_address_id) == address.id,
            )
        )
    )
    if found is None:
        return
    other = await access.find_lead(work.session, work.actor, found.lead_id)
    raise Conflict(
        ConflictReason.DUPLICATE,
        "There is an account already.",
        existing=encode_id("lead", other.id) if other else None,
    )


async def one_time_password(services: Services, actor: Actor, lead_id: UUID) -> OneTimePassword:
    """A new password for a lead's account, hashed before anybody waits for the transaction."""
    access.require(actor, Permission.RESET_LEAD_PASSWORD)
    async with services.database.read_session() as session:
        lead = await access.find_lead(session, actor, lead_id)
        if lead is None:
            raise NotFound("lead", encode_id("lead", lead_id))
        if await account_of(session, lead.id) is None:
            raise _no_account()
    await spend(services.limiter, RESET_LEAD_PASSWORD, actor.caller)
    parts = ("".join(secrets.choice(LETTERS) for _ in range(PART)) for _ in range(PARTS))
    text = "-".join(parts)
    return OneTimePassword(text, await services.passwords.hash(text))


async def reset_password(
    work: UnitOfWork, lead_id: UUID, password: OneTimePassword, key: str
) -> UUID:
    """Gives the account this password, to be changed at the next sign-in; ends its sessions."""
    access.require(work.actor, Permission.RESET_LEAD_PASSWORD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    found = await account_of(work.session, lead.id, locks=True)
    if found is None:
        raise _no_account()
    wanted = new_id()
    body = {"lead": lead.id}
    if await idempotency.claim(work, "resetLeadPassword", key, body, wanted) != wanted:
        raise Precondition(
            PreconditionReason.SECRET_SHOWN, "The password was shown by the first call."
        )
    row, address = found
    row.password_hash, row.password_set_at = password.hashed, work.at
    row.must_change_password = True
    await work.session.execute(
        update(LeadSession)
        .where(col(LeadSession.account_id) == row.id, col(LeadSession.ended_at).is_(None))
        .values(ended_at=work.at)
    )
    await work.session.flush()
    _record(work, row, address, LeadAccountChange.RESET_BY_STAFF)
    return lead.id


def _no_account() -> Precondition:
    return Precondition(PreconditionReason.NO_ACCOUNT, "The lead has no account in the portal.")


async def account_of(
    session: AsyncSession, lead_id: UUID, *, locks: bool = False
) -> AccountRow | None:
    """The lead's account, if any."""
    statement = _accounts().where(col(LeadAccount.lead_id) == lead_id)
    if locks:
        statement = statement.with_for_update(of=LeadAccount)
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


def _accounts() -> Any:
    return select(LeadAccount, col(EmailAddress.key)).join(
        EmailAddress, col(EmailAddress.id) == col(LeadAccount.email_address_id)
    )


async def accounts_by_lead(view: View, ids: Sequence[UUID]) -> list[AccountRow | None]:
    """Accounts of leads that the viewer is known to see."""
    rows = await view.rows(_accounts().where(col(LeadAccount.lead_id).in_(ids)))
    found: dict[UUID, AccountRow] = {row[0].lead_id: (row[0], row[1]) for row in rows}
    return [found.get(each) for each in ids]


def logged(row: LeadAccount, address: str) -> dict[str, Any]:
    """An account as the log holds it."""
    return {
        "id": row.id.hex,
        "address": address,
        "address_id": row.email_address_id.hex,
        "created_at": row.created_at.isoformat(),
        "password_set_at": row.password_set_at.isoformat() if row.password_set_at else None,
        "must_change_password": row.must_change_password,
    }


def _record(work: UnitOfWork, row: LeadAccount, address: str, what: LeadAccountChange) -> None:
    work.record(
        row.lead_id,
        ChangeKind.LEAD_ACCOUNT_CHANGED,
        HistoryType.ACCOUNT,
        {"what": what, "account": logged(row, address)},
        subject=("account", row.id),
    )
