"""Addresses and phone numbers of leads, and the first status of an address."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.contact_points import EmailAddress, ErasedAddress, LeadEmailAddress, LeadPhoneNumber
from models.enums import (
    ChangeKind,
    Consent,
    Deliverability,
    HistoryType,
    InvalidEmailReason,
    SubscriptionStatus,
)
from models.ids import new_id
from models.leads import Lead
from models.workspace import Workspace
from resolvers import naming
from resolvers.errors import ProblemCode, invalid
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_new

MAX_PER_LEAD = 20
MAX_OTHERS = 20
MAX_ADDRESS = 254


def judge(typed: str) -> tuple[str, InvalidEmailReason | None]:
    """The key under which an address is one row, and why it can't be one, if so.

    The whole address is compared without case, the domain in punycode; Cyrillic letters are
    refused before anything else is looked at, because validators accept them.
    """
    typed = typed.strip()
    if "@" not in typed:
        return _raw_key(typed), InvalidEmailReason.NO_AT
    if any("\u0400" <= character <= "\u052f" for character in typed):
        return _raw_key(typed), InvalidEmailReason.CYRILLIC
    try:
        found = validate_email(
            typed, allow_smtputf8=False, check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        return _raw_key(typed), InvalidEmailReason.SYNTAX
    return f"{found.local_part}@{found.ascii_domain}".lower(), None


def _raw_key(typed: str) -> str:
    return typed.lower()[:MAX_ADDRESS]  # some letters grow when they are lowered


def shown_status(address: EmailAddress) -> SubscriptionStatus:
    """The one status shown for the two axes, strongest first."""
    if address.deliverability is Deliverability.INVALID:
        return SubscriptionStatus.INVALID_EMAIL
    if address.consent is Consent.UNSUBSCRIBED:
        return SubscriptionStatus.UNSUBSCRIBED
    if address.deliverability is Deliverability.HARD:
        return SubscriptionStatus.BOUNCED
    if address.consent in (Consent.PENDING, Consent.WAITING):
        return SubscriptionStatus.WAITING_FOR_CONFIRMATION
    if address.deliverability is Deliverability.SOFT:
        return SubscriptionStatus.BOUNCED
    return SubscriptionStatus.SUBSCRIBED


async def address_row(work: UnitOfWork, path: str, typed: str) -> tuple[EmailAddress, str]:
    """The row of an address, with its present status or a first one, and the text as typed.

    A known address keeps its status; a new one is SUBSCRIBED, or PENDING with double opt-in, or
    INVALID by its form.
    """
    typed = required(path, typed, MAX_ADDRESS)
    key, reason = judge(typed)
    (row,) = await first_statuses(work, {key: reason})
    await insert_new(work.session, EmailAddress, row, ["key"])
    statement = select(EmailAddress).where(col(EmailAddress.key) == key)
    return (await work.session.scalars(statement)).one(), typed


async def first_statuses(
    work: UnitOfWork, given: Mapping[str, InvalidEmailReason | None]
) -> list[dict[str, Any]]:
    """The rows that addresses begin with, by key why it can't be one; in the order of the keys.

    One that an erased lead had goes on with the status that it had then.
    """
    opt_in = await work.session.scalar(select(col(Workspace.is_double_opt_in_on)))
    digests = {work.services.secrets.address_digest(key): key for key in given}
    remembered = {
        digests[row.digest]: row
        for row in await work.session.scalars(
            select(ErasedAddress).where(col(ErasedAddress.digest).in_(digests))
        )
    }
    rows = []
    for key, reason in sorted(given.items()):
        row = {
            "id": new_id(),
            "key": key,
            "consent": Consent.PENDING if opt_in else Consent.SUBSCRIBED,
            "deliverability": Deliverability.INVALID if reason else Deliverability.OK,
            "invalid_reason": reason,
            "since": work.at,
        }
        if (before := remembered.get(key)) and not reason:
            row |= before.model_dump(exclude={"digest"})
        rows.append(row)
    return rows


async def add_addresses(
    work: UnitOfWork, lead: Lead, path: str, typed: Sequence[str], *, is_verified: bool = False
) -> list[LeadEmailAddress]:
    """Puts addresses on a lead, those that it has already left out; primary first."""
    if len(typed) > MAX_PER_LEAD:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_PER_LEAD} addresses.")
    present = await _addresses(work, lead)
    added = []
    for address, as_typed in await _address_rows(work, path, typed):
        known = present.get(address.id)
        if known:
            known.is_verified = known.is_verified or is_verified
            continue
        row = LeadEmailAddress(
            lead_id=lead.id,
            email_address_id=address.id,
            as_typed=as_typed,
            position=len(present),
            is_verified=is_verified,
            added_at=work.at,
        )
        present[address.id] = row
        work.session.add(row)
        added.append(row)
    if len(present) > MAX_PER_LEAD:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_PER_LEAD} addresses.")
    return added


async def _address_rows(
    work: UnitOfWork, path: str, typed: Sequence[str]
) -> list[tuple[EmailAddress, str]]:
    """The rows in the order given, made in the order of their keys.

    So two acts that add the same new addresses never wait for each other.
    """
    rows = {}
    for index, text in sorted(enumerate(typed), key=lambda pair: judge(pair[1])[0]):
        rows[index] = await address_row(work, f"{path}.{index}", text)
    return [rows[index] for index in range(len(typed))]


async def _addresses(work: UnitOfWork, lead: Lead) -> dict[Any, LeadEmailAddress]:
    rows = await work.session.scalars(
        select(LeadEmailAddress).where(col(LeadEmailAddress.lead_id) == lead.id)
    )
    return {row.email_address_id: row for row in rows}


async def add_phones(work: UnitOfWork, lead: Lead, path: str, typed: Sequence[str]) -> None:
    """Puts phone numbers on a lead, each once; InvalidInput for one that can't be dialled."""
    if len(typed) > MAX_PER_LEAD:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_PER_LEAD} numbers.")
    region = await default_region(work)
    rows = await work.session.scalars(
        select(LeadPhoneNumber).where(col(LeadPhoneNumber.lead_id) == lead.id)
    )
    numbers = {row.number for row in rows}
    for index, text in enumerate(typed):
        as_typed = required(f"{path}.{index}", text, 40)
        number = e164(f"{path}.{index}", as_typed, region)
        if number in numbers:
            continue
        work.session.add(
            LeadPhoneNumber(
                lead_id=lead.id,
                number=number,
                as_typed=as_typed,
                position=len(numbers),
                added_at=work.at,
            )
        )
        numbers.add(number)
    if len(numbers) > MAX_PER_LEAD:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_PER_LEAD} numbers.")


def place(rows: Sequence[LeadEmailAddress] | Sequence[LeadPhoneNumber]) -> None:
    """Gives the rows their places in this order; the first is the primary one."""
    for position, row in enumerate(rows):
        row.position = position


async def default_region(work: UnitOfWork) -> str:
    """Where national phone numbers are read."""
    return await work.session.scalar(select(col(Workspace.default_region))) or "DE"


def region(path: str, typed: str) -> str:
    """A region whose national numbers can be read, as two capitals; InvalidInput for another."""
    code = typed.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise invalid(path, ProblemCode.MALFORMED, "Two letters of a country, such as DE.")
    return code


def e164(path: str, typed: str, region: str) -> str:
    """`+4930123456`; national numbers are read in `region`."""
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise invalid(path, ProblemCode.MALFORMED, "This is no valid phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


async def listed(session: AsyncSession, lead_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Addresses and numbers of a lead in their order, as the log holds them."""
    addresses = await session.execute(
        select(LeadEmailAddress, EmailAddress)
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(col(LeadEmailAddress.lead_id) == lead_id)
        .order_by(col(LeadEmailAddress.position))
    )
    phones = await session.scalars(
        select(LeadPhoneNumber)
        .where(col(LeadPhoneNumber.lead_id) == lead_id)
        .order_by(col(LeadPhoneNumber.position))
    )
    return {
        "email_addresses": [
            logged_address(row.id, address.key, row.is_verified, row.as_typed)
            for row, address in addresses
        ],
        "phone_numbers": [
            logged_phone(row.id, row.number, row.label, row.as_typed) for row in phones
        ],
    }


def logged_address(
    identity: UUID, address: str, is_verified: bool, as_typed: str
) -> dict[str, Any]:
    """An address of a lead as the log holds it."""
    return {
        "id": identity.hex,
        "address": address,
        "is_verified": is_verified,
        **_as_typed(as_typed, address),
    }


def logged_phone(identity: UUID, number: str, label: str | None, as_typed: str) -> dict[str, Any]:
    """A number of a lead as the log holds it."""
    return {
        "id": identity.hex,
        "number": number,
        **({"label": label} if label else {}),
        **_as_typed(as_typed, number),
    }


def _as_typed(typed: str, canonical: str) -> dict[str, str]:
    """What was typed, where it says more than the canonical form."""
    return {} if typed == canonical else {"as_typed": typed}


async def logged(work: UnitOfWork, lead: Lead) -> dict[str, Any]:
    """As `listed`, with what the unit has pending."""
    await work.session.flush()
    return await listed(work.session, lead.id)


@asynccontextmanager
async def changing(work: UnitOfWork, lead: Lead) -> AsyncIterator[None]:
    """Records what becomes of the lead's addresses and numbers inside, as one change or none."""
    before, columns = await logged(work, lead), naming.columns(lead)
    yield
    now = await logged(work, lead)
    if now == before:
        return
    await naming.rename(work.session, lead)
    record_changed(work, lead, columns, before, now)


def record_changed(
    work: UnitOfWork,
    lead: Lead,
    columns: dict[str, Any],
    before: dict[str, Any],
    now: dict[str, Any],
) -> None:
    """Notes new addresses and numbers; `columns` are the lead's own as they were before."""
    work.record(
        lead.id,
        ChangeKind.CONTACT_POINTS_CHANGED,
        HistoryType.FIELD_CHANGE,
        {
            **now,
            "lead": naming.changed(columns, lead),
            "diffs": diffs(before, now),
        },
    )


KINDS = (
    ("email_addresses", "address", "E-mail address", "primaryEmailAddress"),
    ("phone_numbers", "number", "Phone number", "primaryPhoneNumber"),
)
"""Key of the list and of a row's value in the log, label, and the path of what is used first."""


def diffs(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """What came, went, or changed among addresses and numbers, as diffs of the log."""
    found = []
    for part, value, label, primary in KINDS:
        old = {row["id"]: row for row in before[part]}
        new = {row["id"]: row for row in now[part]}
        for identity in {**old, **new}:
            was, became = old.get(identity, {}), new.get(identity, {})
            path = f"{part}:{identity}"
            if was.get(value) != became.get(value):
                found.append(_diff(path, label, was.get(value), became.get(value)))
            if was and became and was.get("label") != became.get("label"):
                told = f"Label of {became[value]}"
                found.append(_diff(f"{path}:label", told, was.get("label"), became.get("label")))
        if old and new and (was := next(iter(old))) != (became := next(iter(new))):
            told = f"Primary {label[0].lower()}{label[1:]}"
            found.append(_diff(primary, told, old[was][value], new[became][value]))
    return found


def _diff(path: str, label: str, before: str | None, after: str | None) -> dict[str, Any]:
    return {"path": path, "label": label, "before": _text(before), "after": _text(after)}


def _text(value: str | None) -> dict[str, str] | None:
    return {"type": "TEXT", "text": value} if value else None
