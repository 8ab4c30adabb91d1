"""People of the team: signing in and out, and whom a token stands for."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import StaffRole
from models.staff import Staff, StaffSession
from models.workspace import Workspace, WorkspaceChange
from resolvers import staff
from resolvers.actors import SYSTEM
from resolvers.errors import (
    DomainError,
    InvalidInput,
    LimitReached,
    Precondition,
    PreconditionReason,
    ProblemCode,
)
from resolvers.services import Services
from resolvers.staff import SignedIn
from resolvers.unit_of_work import unit_of_work
from tests.factories import PASSWORD, sign_in_new
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act

ADDRESS = "ada@team.example"
DAY = 24 * 3600


async def add(services: Services, address: str = ADDRESS, **given: Any) -> Staff:
    whole = {"name": "Ada Ames", "role": StaffRole.ADMIN, "password": PASSWORD, **given}
    person: Staff = await act(services, SYSTEM, staff.create_staff, email_address=address, **whole)
    return person


async def enter(
    services: Services, address: str = ADDRESS, password: str = PASSWORD, client: str = "c"
) -> SignedIn:
    return await staff.sign_in(services, address, password, device="test", client=client)


async def refusal(services: Services, **given: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await enter(services, **given)
    return caught.value


async def audit(services: Services) -> list[str]:
    async with services.database.read_session() as session:
        statement = select(col(WorkspaceChange.kind)).order_by(col(WorkspaceChange.revision))
        return list(await session.scalars(statement))


async def test_a_person_signs_in_and_out(services: Services) -> None:
    person = await add(services)
    signed_in = await enter(services, address="  ADA@Team.example")
    assert (signed_in.actor.id, signed_in.actor.name) == (person.id, "Ada Ames")
    assert await staff.actor_for_token(services, signed_in.token) == signed_in.actor
    async with services.database.read_session() as session:
        row = (await session.scalars(select(StaffSession))).one()
        before = await session.scalar(select(col(Workspace.access_version)))
    assert signed_in.token.encode() not in row.token_hash
    await staff.sign_out(services, signed_in.actor)
    assert await staff.actor_for_token(services, signed_in.token) is None
    async with services.database.read_session() as session:
        assert await session.scalar(select(col(Workspace.access_version))) == (before or 0) + 1
    assert (await audit(services))[-3:] == ["staff_created", "signed_in", "signed_out"]


async def test_every_wrong_sign_in_is_refused_alike(services: Services) -> None:
    await add(services)
    await add(services, "gone@team.example", name="Bo Berg")
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(Staff).where(col(Staff.name) == "Bo Berg").values(is_active=False)
        )
    told = [
        await refusal(services, **given)
        for given in (
            {"password": "another long password"},
            {"password": PASSWORD + " "},
            {"address": "unknown@team.example"},
            {"address": "gone@team.example"},
            {"address": "no address"},
            {"address": "ada@team.example\x00"},
        )
    ]
    assert {type(each) for each in told} == {Precondition}
    assert {each.message for each in told} == {told[0].message}
    assert {each.reason for each in told if isinstance(each, Precondition)} == {
        PreconditionReason.SIGN_IN_REFUSED
    }
    for password in ("", "x" * 257):
        assert await problem_of(enter(services, password=password)) == (
            "password",
            ProblemCode.MALFORMED,
        )


async def test_an_account_has_ten_tries_a_minute(services: Services) -> None:
    """Spent on tries without a password, which are counted and cost no hash."""
    await add(services)
    for address in (ADDRESS, "unknown@team.example"):
        for number in range(10):
            assert isinstance(
                await refusal(services, address=address, password="", client=str(number)),
                InvalidInput,
            )
        refused = await refusal(services, address=address.upper(), client="other")
        assert isinstance(refused, LimitReached)
        assert refused.limit == 10
        assert refused.retry_after
        assert 0 < refused.retry_after <= 60


async def test_a_client_has_thirty_tries_a_minute(services: Services) -> None:
    await add(services)
    for number in range(30):
        await refusal(services, address=f"{number}@team.example", password="")
    assert isinstance(await refusal(services), LimitReached)
    await enter(services, client="other")


async def test_the_right_of_a_token_ends(services: Services, clock: ManualClock) -> None:
    signed_in = await sign_in_new(services)

    async def holds() -> bool:
        return await staff.actor_for_token(services, signed_in.token) is not None

    for _ in range(6):  # each use keeps it for another 14 days, but never beyond 90
        clock.advance(13.9 * DAY)
        assert await holds()
    clock.advance(6 * DAY)
    assert await holds()
    clock.advance(DAY)
    assert not await holds()
    idle = await sign_in_new(services)
    clock.advance(14 * DAY)
    assert await staff.actor_for_token(services, idle.token) is None
    assert await staff.actor_for_token(services, "staff_unknown") is None


async def test_an_inactive_persons_token_stands_for_nobody(services: Services) -> None:
    signed_in = await sign_in_new(services)
    assert await staff.actor_for_token(services, signed_in.token)
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Staff).values(is_active=False))
    assert await staff.actor_for_token(services, signed_in.token) is None


async def test_a_token_is_used_without_a_write_for_two_minutes(
    services: Services, clock: ManualClock
) -> None:
    signed_in = await sign_in_new(services)

    async def last_used() -> Any:
        await asyncio.gather(*(staff.actor_for_token(services, signed_in.token) for _ in range(3)))
        async with services.database.read_session() as session:
            return await session.scalar(select(col(StaffSession.last_used_at)))

    first = await last_used()
    clock.advance(120)
    assert await last_used() == first
    clock.advance(1)
    assert await last_used() == clock.now()


async def test_odd_people_are_refused(services: Services) -> None:
    await add(services)
    for given, path, code in (
        ({"address": "ADA@team.example"}, "emailAddress", ProblemCode.TAKEN),
        ({"address": "ada"}, "emailAddress", ProblemCode.MALFORMED),
        ({"password": "x" * 11}, "password", ProblemCode.TOO_SMALL),
        ({"password": "x" * 257}, "password", ProblemCode.TOO_LARGE),
        ({"name": " "}, "name", ProblemCode.REQUIRED),
        ({"name": "x" * 101}, "name", ProblemCode.TOO_LARGE),
    ):
        run = add(services, **{"address": "bo@team.example", **given})
        assert await problem_of(run) == (path, code)
    assert (await audit(services)).count("staff_created") == 1
