"""Signing in under attack: what guesses cost, and what their answers give away."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from models.enums import StaffRole
from models.staff import StaffSession
from models.workspace import WorkspaceChange
from resolvers import staff
from resolvers.actors import SYSTEM
from resolvers.errors import DomainError, LimitReached, Precondition, PreconditionReason
from resolvers.limits import ApiRules
from resolvers.passwords import Passwords
from resolvers.services import Services
from tests.factories import PASSWORD
from tests.resolvers.verify import act

KNOWN, UNKNOWN, MALFORMED = "ada@team.example", "nobody@team.example", "no address"


class Counted:
    """argon2 as it is, counted: all calls, and most at once."""

    def __init__(self, passwords: Passwords) -> None:
        self._hasher = passwords._hasher
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0
        self.calls: list[str] = []
        self.meanwhile: Callable[[], object] = list
        """Called in the thread of each check."""

    def hash(self, password: str) -> str:
        with self:
            self.calls.append("hash")
            return self._hasher.hash(password)

    def verify(self, password: str, hashed: str) -> bool:
        with self:
            self.calls.append("verify")
            self.meanwhile()
            return self._hasher.verify(password, hashed)

    def __enter__(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


@pytest.fixture
def argon2(services: Services) -> Counted:
    counted = Counted(services.passwords)
    services.passwords._hasher = counted  # type: ignore[assignment]  # has all that is called
    return counted


async def add(services: Services, address: str = KNOWN) -> Any:
    return await act(
        services,
        SYSTEM,
        staff.create_staff,
        email_address=address,
        name="Ada Ames",
        role=StaffRole.ADMIN,
        password=PASSWORD,
    )


async def guess(
    services: Services, address: str, password: str = "wrong password", client: str = "c"
) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await staff.sign_in(services, address, password, device="test", client=client)
    return caught.value


async def refusals(services: Services) -> int:
    async with services.database.read_session() as session:
        kind = col(WorkspaceChange.kind)
        statement = select(func.count()).where(kind == "sign_in_refused")
        return await session.scalar(statement.select_from(WorkspaceChange)) or 0


async def test_a_guess_costs_the_same_work_whoever_it_is_for(
    services: Services, argon2: Counted
) -> None:
    await add(services)
    work = {}
    for address in (KNOWN, UNKNOWN, MALFORMED):
        services.passwords._nobody = None  # as in a process that has just started
        for turn in ("first", "second"):
            argon2.calls.clear()
            told = await guess(services, address)
            work[address, turn] = (type(told), told.message, tuple(argon2.calls))
    for turn in ("first", "second"):
        assert len({work[address, turn] for address in (KNOWN, UNKNOWN, MALFORMED)}) == 1
    assert work[KNOWN, "second"][2] == ("verify",)


async def test_the_refusal_of_a_known_account_is_noted_after_the_answer(
    services: Services,
) -> None:
    await add(services)
    async with services.database.writing() as busy:  # the answer waits for no writer
        await busy.connection()
        async with asyncio.timeout(30):
            await guess(services, KNOWN)
            await guess(services, UNKNOWN)
    async with asyncio.timeout(30):
        while await refusals(services) != 1:
            await asyncio.wait(services.hub._tasks, timeout=0.05)


async def test_an_address_that_changes_while_its_password_is_checked_opens_nothing(
    services: Services, argon2: Counted
) -> None:
    person = await add(services)
    edit = staff.StaffEdit(email_address="ada.new@team.example")
    change = act(services, SYSTEM, staff.update_staff, person.id, edit)
    loop = asyncio.get_running_loop()
    argon2.meanwhile = lambda: asyncio.run_coroutine_threadsafe(change, loop).result(30)
    told = await guess(services, KNOWN, PASSWORD)
    assert isinstance(told, Precondition)
    assert told.reason is PreconditionReason.SIGN_IN_REFUSED
    async with services.database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(StaffSession)) == 0


async def test_no_more_than_two_passwords_are_hashed_at_once(
    services: Services, argon2: Counted
) -> None:
    await add(services)
    told = await asyncio.gather(*(guess(services, KNOWN, client=str(n)) for n in range(8)))
    assert len(told) == 8
    assert argon2.calls.count("verify") == 8
    assert argon2.most == 2


async def test_guesses_at_many_accounts_from_many_addresses_are_counted_together(
    services: Services, argon2: Counted
) -> None:
    few = replace(services, api=ApiRules(sign_in_all=5))
    await add(services)
    argon2.calls.clear()
    for number in range(5):
        await guess(few, f"{number}@team.example", "", client=f"192.0.2.{number}")
    for address in (KNOWN, UNKNOWN):
        told = await guess(few, address, PASSWORD, client="192.0.2.200")
        assert isinstance(told, LimitReached)
        assert told.limit == 5
    assert argon2.calls == []


async def test_an_address_that_spent_its_tries_spends_none_of_the_account(
    services: Services,
) -> None:
    """Else one attacker could keep a person out."""
    await add(services)
    for number in range(30):
        await guess(services, f"{number}@team.example", "", client="attacker")
    for _ in range(50):
        assert isinstance(await guess(services, KNOWN, client="attacker"), LimitReached)
    await staff.sign_in(services, KNOWN, PASSWORD, device="test", client="home")
