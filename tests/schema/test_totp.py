"""Authenticators: demanded at sign-in, good once, and replaced when lost."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import encode_id
from models.staff import RecoveryCode, StaffTotp
from resolvers.secrets import Secrets, Unsealable
from resolvers.services import Services
from tests.authenticator import code_of
from tests.client import Client, staff_client
from tests.factories import PASSWORD

STEP = 30


class Person:
    """Somebody with an authenticator on their phone."""

    def __init__(self, client: Client, clock: ManualClock) -> None:
        self.client, self.clock = client, clock
        self.nobody = Client(client.services)

    async def set_up(self) -> "Person":
        told = await self.client.read("{ me { staff { emailAddress } isTotpOn } }")
        self.address = told["me"]["staff"]["emailAddress"]
        assert told["me"]["isTotpOn"] is False
        made = await self.client.done("startTotp", "otpauthUrl", currentPassword=PASSWORD)
        self.url = made["otpauthUrl"]
        made = await self.client.done(
            "confirmTotp", "recoveryCodes me { isTotpOn }", totpCode=self.code()
        )
        assert made["me"]["isTotpOn"] is True
        self.recovery_codes: list[str] = made["recoveryCodes"]
        self.clock.advance(STEP)
        return self

    def code(self, steps: int = 0) -> str:
        return code_of(self.url, self.clock, steps=steps)

    async def enter(self, code: str | None, password: str = PASSWORD) -> dict[str, Any]:
        given: dict[str, Any] = {"emailAddress": self.address, "password": password}
        return await self.nobody.write("signIn", "token", **given, wantsToken=True, totpCode=code)

    async def comes_in(self, code: str | None) -> bool:
        made = await self.enter(code)
        if made["__typename"] == "SignInSuccess":
            return True
        assert made["reason"] == "TOTP_NEEDED", made
        return False


@pytest.fixture
async def person(admin: Client, clock: ManualClock) -> Person:
    return await Person(admin, clock).set_up()


async def test_a_code_is_demanded_beside_the_right_password_only(person: Person) -> None:
    assert not await person.comes_in(None)
    assert not await person.comes_in("")
    wrong = await person.enter(person.code(), "not the password")
    assert wrong["reason"] == "SIGN_IN_REFUSED"
    assert await person.comes_in(person.code())


async def test_a_code_is_good_once_and_none_before_it_afterwards(person: Person) -> None:
    before, now = person.code(-1), person.code()
    assert await person.comes_in(now)
    assert not await person.comes_in(now)
    assert not await person.comes_in(before)
    person.clock.advance(STEP)
    assert not await person.comes_in(now)
    assert await person.comes_in(f"{person.code()[:3]} {person.code()[3:]}")


async def test_a_code_is_good_for_one_step_before_and_after(person: Person) -> None:
    person.clock.advance(10 * STEP)
    assert not await person.comes_in(person.code(-2))
    assert not await person.comes_in(person.code(2))
    assert await person.comes_in(person.code(-1))
    assert await person.comes_in(person.code(1))


async def test_of_two_who_bring_one_code_at_once_one_comes_in(person: Person) -> None:
    code = person.code()
    made = await asyncio.gather(*(person.comes_in(code) for _ in range(2)))
    assert sorted(made) == [False, True]


async def test_the_code_that_confirmed_is_used_up(admin: Client, clock: ManualClock) -> None:
    person = await Person(admin, clock).set_up()
    clock.advance(-STEP)
    assert not await person.comes_in(person.code())


async def test_a_recovery_code_stands_in_once(person: Person) -> None:
    assert len(set(person.recovery_codes)) == 10
    first, second, *_ = person.recovery_codes
    assert await person.comes_in(first)
    assert not await person.comes_in(first)
    assert await person.comes_in(second.upper().replace("-", " "))
    stranger = await staff_client(person.client.services, StaffRole.ADMIN, "Bea Bohl")
    other = await Person(stranger, person.clock).set_up()
    assert not await other.comes_in(person.recovery_codes[2])


async def test_an_authenticator_counts_once_it_is_confirmed(
    admin: Client, clock: ManualClock
) -> None:
    person = Person(admin, clock)
    told = await admin.read("{ me { staff { emailAddress } } }")
    person.address = told["me"]["staff"]["emailAddress"]
    urls = [
        (await admin.done("startTotp", "otpauthUrl", currentPassword=PASSWORD))["otpauthUrl"]
        for _ in range(2)
    ]
    assert await person.comes_in(None)
    parts = urlsplit(urls[1])
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == f"/Leadlight:{person.address}"
    assert parse_qs(parts.query)["issuer"] == ["Leadlight"]
    made = await admin.write("confirmTotp", totpCode=code_of(urls[0], clock))
    assert made["reason"] == "TOTP_NEEDED", "a newer start voids the one before"
    await admin.done("confirmTotp", totpCode=code_of(urls[1], clock))
    assert not await person.comes_in(None)


async def test_an_authenticator_is_removed_with_the_password(person: Person) -> None:
    await person.client.done("removeTotp", "me { isTotpOn }", currentPassword=PASSWORD)
    assert await person.comes_in(None)
    async with person.client.services.database.read_session() as session:
        assert not (await session.scalars(select(RecoveryCode))).all()
    again = await Person(person.client, person.clock).set_up()
    assert await again.comes_in(again.code())


async def test_an_admin_removes_the_authenticator_of_somebody_who_lost_it(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Cy Coe")
    person = await Person(agent, clock).set_up()
    assert agent.actor
    given = {"staffId": encode_id("staff", agent.actor.id)}
    made = await admin.done("removeStaffTotp", "staff { name }", **given)
    assert made["staff"] == {"name": "Cy Coe"}
    assert await person.comes_in(None)
    audit = await admin.read("{ workspaceHistory(first: 2) { nodes { summary actor { name } } } }")
    assert audit["workspaceHistory"]["nodes"][1] == {
        "summary": "Removed the authenticator of Cy Coe.",
        "actor": {"name": "Ada Ames"},
    }


@pytest.mark.behaviour("G9")
async def test_guesses_of_codes_and_passwords_are_counted_together(person: Person) -> None:
    for _ in range(5):
        await person.enter("000000")
        await person.enter(None, "")
    for code in ("000000", person.code()):
        made = await person.enter(code)
        assert made["__typename"] == "LimitError"


async def test_a_wrong_code_is_noted_and_a_missing_one_is_not(person: Person) -> None:
    document = "{ workspaceHistory(first: 1) { nodes { summary } } }"
    await person.enter(None)
    (last,) = (await person.client.read(document))["workspaceHistory"]["nodes"]
    assert last["summary"] == "Turned an authenticator on."
    await person.enter("000000")
    (last,) = (await person.client.read(document))["workspaceHistory"]["nodes"]
    assert last["summary"] == "Refused a sign-in of Ada Ames."


async def test_the_database_holds_neither_secret_nor_codes(
    person: Person, services: Services
) -> None:
    async with services.database.read_session() as session:
        row = (await session.scalars(select(StaffTotp))).one()
        hashes = (await session.scalars(select(col(RecoveryCode.code_hash)))).all()
    secret = services.secrets.decrypt("totp", row.staff_id, row.sealed_secret)
    assert secret not in row.sealed_secret
    assert all(code.encode() not in b"".join(hashes) for code in person.recovery_codes)
    stranger = await staff_client(services)
    assert stranger.actor
    with pytest.raises(Unsealable):
        services.secrets.decrypt("totp", stranger.actor.id, row.sealed_secret)
    with pytest.raises(Unsealable):
        Secrets("another secret key of 32 characters").decrypt(
            "totp", row.staff_id, row.sealed_secret
        )
