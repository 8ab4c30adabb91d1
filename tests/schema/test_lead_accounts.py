"""Portal accounts: what staff make and reset, and that a password is told once to one person."""

from datetime import timedelta
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select
from sqlmodel import SQLModel, col

from models.accounts import LeadAccount, LeadSession
from models.enums import StaffRole
from models.ids import encode_id
from resolvers.accounts import LETTERS
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, everything, key, lead, nothing_written
from tests.factories import make_lead
from tests.live.following import Follower, following
from tests.schema.conftest import ClientFor

CARD = """query ($id: ID!) { lead(id: $id) { emailAddresses { id }
  account { emailAddress createdAt mustChangePassword }
  viewerCan { resetPassword }
  history(first: 9, types: [ACCOUNT]) { nodes { summary type change { __typename
    ... on LeadAccountChanged { what account { emailAddress mustChangePassword } } } } } } }"""


async def with_account(admin: Client, services: Services, **more: object) -> UUID:
    """A lead with an account."""
    lead_id = await make_lead(
        services,
        admin.actor or SYSTEM,
        email_addresses=[f"{key()}@mail.example"],
        **more,  # type: ignore[arg-type]  # of make_lead
    )
    card = (await admin.read(CARD, id=lead(lead_id)))["lead"]
    given = {"leadId": lead(lead_id), "emailAddressId": card["emailAddresses"][0]["id"]}
    await admin.done("createLeadAccount", **given, idempotencyKey=key())
    return lead_id


async def reset(client: Client, lead_id: UUID, given_key: str = "") -> str:
    made = await client.done(
        "resetLeadPassword", "oneTimePassword",
        leadId=lead(lead_id), idempotencyKey=given_key or key(),
    )  # fmt: skip
    password: str = made["oneTimePassword"]
    return password


async def account_row(services: Services, lead_id: UUID) -> LeadAccount:
    async with services.database.read_session() as session:
        found = await session.scalars(
            select(LeadAccount).where(col(LeadAccount.lead_id) == lead_id)
        )
        return found.one()


async def stored_text(services: Services) -> str:
    """All that the database holds."""
    async with services.database.read_session() as session:
        found = [
            str(tuple(row))
            for table in SQLModel.metadata.sorted_tables
            for row in await session.execute(select(table))
        ]
    return "\n".join(found)


@pytest.mark.behaviour("A9")
async def test_an_account_is_made_once_and_shows_on_the_card(
    services: Services, admin: Client
) -> None:
    lead_id = await make_lead(services, admin.actor or SYSTEM, email_addresses=["l@mail.example"])
    card = (await admin.read(CARD, id=lead(lead_id)))["lead"]
    assert (card["account"], card["viewerCan"]["resetPassword"]) == (None, False)
    given = {"leadId": lead(lead_id), "emailAddressId": card["emailAddresses"][0]["id"]}
    again = key()
    made = await admin.done("createLeadAccount", **given, idempotencyKey=again)
    assert [each["__typename"] for each in made["changes"]] == ["LeadAccountChanged"]
    async with nothing_written(services):
        same = await admin.done("createLeadAccount", **given, idempotencyKey=again)
    assert same["changes"] == []
    card = (await admin.read(CARD, id=lead(lead_id)))["lead"]
    assert card["account"]["emailAddress"] == "l@mail.example"
    assert card["account"]["mustChangePassword"] is False
    assert card["viewerCan"]["resetPassword"] is True
    (entry,) = card["history"]["nodes"]
    assert entry["summary"] == "Made a portal account."
    row = await account_row(services, lead_id)
    assert row.password_hash == ""
    assert not await services.passwords.verify("", row.password_hash)


@pytest.mark.behaviour("A9", "A10")
async def test_a_reset_password_is_told_once_to_the_caller_and_nowhere_else(
    services: Services, admin: Client
) -> None:
    lead_id = await with_account(admin, services)
    before, used = await everything(services), key()
    with structlog.testing.capture_logs() as logs:
        async with following(services, admin.actor or SYSTEM, lead_id) as follower:
            await follower.count(1)
            password = await reset(admin, lead_id, used)
            await follower.until(lambda: follower.revisions)
    assert_is_hidden(follower, password)
    assert password not in str(logs)
    assert set(password) <= {*LETTERS, "-"}
    assert len(password) >= 20
    row = await account_row(services, lead_id)
    assert await services.passwords.verify(password, row.password_hash)
    card = await admin.run(CARD, id=lead(lead_id))
    assert password.encode() not in card.text
    assert card.data
    assert card.data["lead"]["account"]["mustChangePassword"] is True
    entry = card.data["lead"]["history"]["nodes"][0]
    assert entry["summary"] == "Reset the password of the portal account; the lead was not told."
    assert entry["change"]["what"] == "RESET_BY_STAFF"
    assert password not in await stored_text(services)
    async with nothing_written(services):
        refused = await admin.write("resetLeadPassword", leadId=lead(lead_id), idempotencyKey=used)
    assert refused["reason"] == "SECRET_SHOWN"
    after = await everything(services)
    grown = {name for name in after if after[name] != before[name]}
    assert grown == {"all revisions", "change", "idempotency"}, "and no letter or notification"
    assert await reset(admin, lead_id) != password


def assert_is_hidden(follower: Follower, password: str) -> None:
    """No item of a live card holds it, nor the change that came."""
    for item in follower.items:
        change = getattr(item, "change", None)
        assert password not in f"{item} {change and change.model_dump()}"


@pytest.mark.behaviour("A9")
async def test_a_reset_ends_the_leads_sessions_and_no_other(
    services: Services, admin: Client
) -> None:
    lead_id, other_id = await with_account(admin, services), await with_account(admin, services)
    now = services.clock.now()
    async with unit_of_work(services, SYSTEM) as work:
        for each in (lead_id, lead_id, other_id):
            account = await account_row(services, each)
            work.session.add(
                LeadSession(
                    account_id=account.id, token_hash=key().encode(), created_at=now,
                    expires_at=now + timedelta(days=1),
                )
            )  # fmt: skip
    await reset(admin, lead_id)
    async with services.database.read_session() as session:
        rows = (await session.scalars(select(LeadSession))).all()
    mine = (await account_row(services, lead_id)).id
    assert {row.ended_at is not None for row in rows if row.account_id == mine} == {True}
    assert [row.ended_at for row in rows if row.account_id != mine] == [None]


@pytest.mark.behaviour("A9")
async def test_who_does_not_see_the_lead_resets_nothing(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    agent, other = await client_for(StaffRole.AGENT, "Bo"), await client_for(StaffRole.AGENT, "Di")
    assert agent.actor
    lead_id = await with_account(admin, services, assignee_id=agent.actor.id)
    assert await reset(agent, lead_id)
    async with nothing_written(services):
        refused = await other.write("resetLeadPassword", leadId=lead(lead_id), idempotencyKey=key())
    assert refused["__typename"] == "NotFoundError"
    made = await admin.done(
        "createApiToken", "token", name="CRM", scopes=["READ_LEADS", "WRITE_LEADS"]
    )
    program = Client(services, made["token"])
    refused = await program.write("resetLeadPassword", leadId=lead(lead_id), idempotencyKey=key())
    assert refused["permission"] == "RESET_LEAD_PASSWORD"


async def test_a_past_card_has_the_account_that_it_had(services: Services, admin: Client) -> None:
    lead_id = await with_account(admin, services)
    asked = """query ($id: ID!, $cursor: Cursor!) { lead(id: $id, asOf: {cursor: $cursor}) {
      account { emailAddress mustChangePassword } viewerCan { resetPassword } } }"""
    entry = """query ($id: ID!) { lead(id: $id) { history(first: 1) {
      nodes { change { cursor } } } } }"""
    made = (await admin.read(entry, id=lead(lead_id)))["lead"]["history"]["nodes"][0]["change"]
    await reset(admin, lead_id)
    then = (await admin.read(asked, id=lead(lead_id), cursor=made["cursor"]))["lead"]
    assert then["account"]["mustChangePassword"] is False
    assert then["viewerCan"]["resetPassword"] is False
    assert encode_id("lead", lead_id) == lead(lead_id)
