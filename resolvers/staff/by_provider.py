"""Signing in with what a provider vouches for."""

import hashlib

from sqlalchemy import select
from sqlmodel import col

from models.ids import new_id
from models.staff import Staff
from models.workspace import Idempotency
from resolvers.actors import SYSTEM
from resolvers.contact_points import judge
from resolvers.errors import Precondition, PreconditionReason
from resolvers.services import Services
from resolvers.staff.sessions import SignedIn, acting, add_session, signed_in
from resolvers.staff.team import join
from resolvers.staff.tries import count_client
from resolvers.unit_of_work import unit_of_work
from resolvers.upserts import insert_new

CALLER = "oidc"


async def begin_sign_in(services: Services, *, client: str) -> tuple[str, str]:
    """Where the browser goes, and the cookie that it has to come back with."""
    assert services.provider is not None
    await count_client(services, client)
    return await services.provider.begin()


async def finish_sign_in(
    services: Services, cookie: str, state: str, code: str, *, device: str, client: str
) -> SignedIn:
    """Signs in whom the provider vouches for, if that is one of the team; makes nobody.

    Precondition TOKEN_INVALID for an answer to no attempt of this browser, an old one or one that
    was answered before; SIGN_IN_REFUSED for an address that is not verified or is nobody's here.
    """
    assert services.provider is not None
    await count_client(services, client)
    attempt = services.provider.attempt_of(cookie)
    if attempt is None or not attempt.is_answered_by(state):
        raise _invalid()
    await _use_up(services, attempt.state)
    address = await services.provider.finish(attempt, code)
    staff = await _one_of_the_team(services, address)
    async with unit_of_work(services, acting(staff)) as work:
        found = await work.session.scalar(
            select(Staff)
            .where(col(Staff.id) == staff.id, col(Staff.email_address) == staff.email_address)
            .with_for_update(key_share=True)
        )
        if found is None or not (found.is_active or found.is_invited):
            raise _nobody()
        if found.is_invited:
            await join(work, found)
        row, token = add_session(work, found, device, services.provider.name)
    return await signed_in(services, row.id, token)


async def _use_up(services: Services, state: str) -> None:
    """An attempt is answered once, however often the answer is sent and to whichever process."""
    async with unit_of_work(services, SYSTEM) as work:
        row = {
            "caller": CALLER,
            "key": state,
            "body_hash": hashlib.sha256(state.encode()).digest(),
            "result_id": new_id(),
            "created_at": work.at,
        }
        if not await insert_new(work.session, Idempotency, row, ["caller", "key"]):
            raise _invalid()


async def _one_of_the_team(services: Services, address: str) -> Staff:
    key, reason = judge(address)
    async with services.database.read_session() as session:
        staff: Staff | None = await session.scalar(
            select(Staff).where(col(Staff.email_address) == key)
        )
    if reason or staff is None:
        raise _nobody()
    return staff


def _invalid() -> Precondition:
    return Precondition(
        PreconditionReason.TOKEN_INVALID, "This way in is over. Please begin again."
    )


def _nobody() -> Precondition:
    return Precondition(
        PreconditionReason.SIGN_IN_REFUSED, "Nobody of the team signs in with this address."
    )
