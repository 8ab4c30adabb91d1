"""Signing in with address and password."""

from sqlalchemy import select
from sqlmodel import col

from models.staff import Staff
from resolvers.actors import SYSTEM
from resolvers.contact_points import judge
from resolvers.errors import Precondition, PreconditionReason, ProblemCode, invalid
from resolvers.passwords import MAX_LENGTH
from resolvers.services import Services
from resolvers.staff.sessions import SignedIn, acting, add_session, signed_in
from resolvers.staff.tries import count_client, count_try
from resolvers.unit_of_work import unit_of_work


async def sign_in(
    services: Services, email_address: str, password: str, *, device: str, client: str
) -> SignedIn:
    """Precondition SIGN_IN_REFUSED for a wrong password and for an unknown or inactive account."""
    key, reason = judge(email_address)
    await count_client(services, client)
    await count_try(services, key)
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
        raise _refused()
    return await _open_session(services, staff, device)


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


async def _open_session(services: Services, proven: Staff, device: str) -> SignedIn:
    async with unit_of_work(services, acting(proven)) as work:
        # Whoever left or got another password while it was checked gets no session that would
        # outlive the ending of all others.
        staff = await work.session.scalar(
            select(Staff)
            .where(
                col(Staff.id) == proven.id,
                col(Staff.is_active),
                col(Staff.password_hash) == proven.password_hash,
            )
            .with_for_update(key_share=True)
        )
        if staff is None:
            raise _refused()
        row, token = add_session(work, staff, device)
    return await signed_in(services, row.id, token)
