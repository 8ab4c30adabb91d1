"""Signing in with address and password."""

from sqlalchemy import select
from sqlmodel import col

from models.staff import Staff
from resolvers.actors import SYSTEM
from resolvers.contact_points import judge
from resolvers.errors import Precondition, PreconditionReason
from resolvers.passwords import check_given
from resolvers.services import Services
from resolvers.staff.sessions import SignedIn, acting, add_session, signed_in
from resolvers.staff.totp import demand_code
from resolvers.staff.tries import count_client, count_try
from resolvers.unit_of_work import unit_of_work


async def sign_in(
    services: Services,
    email_address: str,
    password: str,
    totp_code: str | None = None,
    *,
    device: str,
    client: str,
) -> SignedIn:
    """Precondition SIGN_IN_REFUSED for a wrong password and for an unknown or inactive account.

    TOTP_NEEDED once the password was right, where the person has an authenticator and the code is
    missing or wrong.
    """
    key, reason = judge(email_address)
    await count_client(services, client)
    await count_try(services, key)
    check_given("password", password)
    staff = None if reason else await _staff_with(services, key)
    usable = staff is not None and staff.is_active
    right = await services.passwords.verify(
        password, staff.password_hash if staff and usable else None
    )
    if staff is None or not right:
        if staff is not None:
            # not awaited: the answer would come later than for an account that does not exist
            services.hub.spawn(_note_refusal(services, staff))
        raise _refused()
    try:
        return await _open_session(services, staff, totp_code, device)
    except Precondition:
        if totp_code:
            await _note_refusal(services, staff)
        raise


def _refused() -> Precondition:
    return Precondition(PreconditionReason.SIGN_IN_REFUSED, "The address or the password is wrong.")


async def _staff_with(services: Services, key: str) -> Staff | None:
    async with services.database.read_session() as session:
        found: Staff | None = await session.scalar(
            select(Staff).where(col(Staff.email_address) == key)
        )
    return found


async def _note_refusal(services: Services, staff: Staff) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        work.record_workspace("sign_in_refused", {"staff": staff.id.hex, "name": staff.name})


async def _open_session(
    services: Services, proven: Staff, totp_code: str | None, device: str
) -> SignedIn:
    async with unit_of_work(services, acting(proven)) as work:
        # Whoever left or got another address or password while it was checked gets no session that
        # would outlive the ending of all others.
        staff = await work.session.scalar(
            select(Staff)
            .where(
                col(Staff.id) == proven.id,
                col(Staff.is_active),
                col(Staff.email_address) == proven.email_address,
                col(Staff.password_hash) == proven.password_hash,
            )
            .with_for_update(key_share=True)
        )
        if staff is None:
            raise _refused()
        await demand_code(work, staff, totp_code)
        row, token = add_session(work, staff, device)
    return await signed_in(services, row.id, token)
