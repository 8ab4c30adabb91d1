"""Addresses and numbers: what they are stored as, and the first status of an address."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.enums import Consent, Deliverability, InvalidEmailReason, SubscriptionStatus
from models.workspace import Workspace
from resolvers import leads, visits
from resolvers.actors import SYSTEM
from resolvers.contact_points import judge, shown_status
from resolvers.errors import ProblemCode
from resolvers.leads import NewLead
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import Claim
from tests.conftest import START
from tests.factories import make_lead, make_visit
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, card_of

INVALID = Deliverability.INVALID


async def address(services: Services, key: str) -> EmailAddress:
    async with services.database.read_session() as session:
        statement = select(EmailAddress).where(col(EmailAddress.key) == key)
        return (await session.scalars(statement)).one()


async def create(services: Services, **given: Any) -> UUID:
    lead_id: UUID = await act(services, SYSTEM, leads.create_lead, NewLead(**given), uuid4().hex)
    return lead_id


@pytest.mark.behaviour("B36")
@pytest.mark.parametrize(
    ("typed", "key", "reason"),
    [
        (" Lena@Mail.Example ", "lena@mail.example", None),
        ("lena+shop@mail.example", "lena+shop@mail.example", None),
        ("lena@bücher.example", "lena@xn--bcher-kva.example", None),
        ("lena.example", "lena.example", InvalidEmailReason.NO_AT),
        ("лена", "лена", InvalidEmailReason.NO_AT),
        ("лена@mail.example", "лена@mail.example", InvalidEmailReason.CYRILLIC),
        ("lena@почта.example", "lena@почта.example", InvalidEmailReason.CYRILLIC),
        ("le na@mail.example", "le na@mail.example", InvalidEmailReason.SYNTAX),
        ("ünal@mail.example", "ünal@mail.example", InvalidEmailReason.SYNTAX),
        ("lena@@mail.example", "lena@@mail.example", InvalidEmailReason.SYNTAX),
        ("lena@", "lena@", InvalidEmailReason.SYNTAX),
        ("İ" * 254, ("i̇" * 254)[:254], InvalidEmailReason.NO_AT),
    ],
)
def test_an_address_is_judged_by_its_form(
    typed: str, key: str, reason: InvalidEmailReason | None
) -> None:
    assert judge(typed) == (key, reason)


@pytest.mark.behaviour("B31", "B36")
async def test_a_new_address_is_subscribed_unless_it_is_invalid(services: Services) -> None:
    await create(services, email_addresses=["lena@mail.example", "lena", "İ" * 254])
    good, bad = await address(services, "lena@mail.example"), await address(services, "lena")
    assert shown_status(good) is SubscriptionStatus.SUBSCRIBED
    assert shown_status(bad) is SubscriptionStatus.INVALID_EMAIL
    assert bad.invalid_reason is InvalidEmailReason.NO_AT


@pytest.mark.behaviour("B31")
async def test_with_double_opt_in_a_new_address_waits(services: Services) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(is_double_opt_in_on=True))
    await create(services, email_addresses=["lena@mail.example", "lena"])
    found = await address(services, "lena@mail.example")
    assert found.consent is Consent.PENDING
    assert shown_status(found) is SubscriptionStatus.WAITING_FOR_CONFIRMATION
    assert shown_status(await address(services, "lena")) is SubscriptionStatus.INVALID_EMAIL


@pytest.mark.behaviour("B31")
async def test_a_known_address_keeps_its_status(services: Services) -> None:
    await create(services, email_addresses=["lena@mail.example"])
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(EmailAddress).values(consent=Consent.UNSUBSCRIBED))
    second = await create(services, email_addresses=["LENA@mail.example"])
    found = await address(services, "lena@mail.example")
    assert shown_status(found) is SubscriptionStatus.UNSUBSCRIBED
    async with services.database.read_session() as session:
        rows = list(await session.scalars(select(LeadEmailAddress)))
    assert {row.email_address_id for row in rows} == {found.id}
    assert [row.as_typed for row in rows if row.lead_id == second] == ["LENA@mail.example"]


@pytest.mark.behaviour("B31", "B36")
@pytest.mark.parametrize("consent", Consent)
@pytest.mark.parametrize("deliverability", Deliverability)
def test_one_status_is_shown_for_both_axes(
    consent: Consent, deliverability: Deliverability
) -> None:
    shown = shown_status(
        EmailAddress(key="k", consent=consent, deliverability=deliverability, since=START)
    )
    if deliverability is INVALID:
        assert shown is SubscriptionStatus.INVALID_EMAIL
    elif consent is Consent.UNSUBSCRIBED:
        assert shown is SubscriptionStatus.UNSUBSCRIBED
    elif deliverability is Deliverability.HARD:
        assert shown is SubscriptionStatus.BOUNCED
    elif consent is not Consent.SUBSCRIBED:
        assert shown is SubscriptionStatus.WAITING_FOR_CONFIRMATION
    else:
        is_soft = deliverability is Deliverability.SOFT
        assert (shown is SubscriptionStatus.BOUNCED) is is_soft


async def test_addresses_keep_the_order_in_which_they_were_given(services: Services) -> None:
    typed = ["z@mail.example", "a@mail.example", "Z@mail.example", "m@mail.example"]
    card = await card_of(services, await create(services, email_addresses=typed))
    assert [each["address"] for each in card.email_addresses] == [
        "z@mail.example",
        "a@mail.example",
        "m@mail.example",
    ]


@pytest.mark.behaviour("B44")
async def test_a_visitor_may_have_no_address(services: Services) -> None:
    visit = await make_visit(services)
    card = await card_of(services, visit.actor.lead_id)
    assert (card.email_addresses, card.phone_numbers) == ([], [])


async def test_numbers_are_stored_as_they_are_dialled(services: Services) -> None:
    typed = ["030 901820", "+49 (30) 901820", "+1 212-555-0123", "0049 30 901821"]
    await create(services, phone_numbers=typed)
    async with services.database.read_session() as session:
        statement = select(LeadPhoneNumber).order_by(col(LeadPhoneNumber.position))
        rows = list(await session.scalars(statement))
    assert [(row.number, row.as_typed) for row in rows] == [
        ("+4930901820", "030 901820"),
        ("+12125550123", "+1 212-555-0123"),
        ("+4930901821", "0049 30 901821"),
    ]
    for typed_wrongly in ("12", "phone", "+999 1", "0" * 30):
        run = create(services, phone_numbers=["030 901820", typed_wrongly])
        assert await problem_of(run) == ("phoneNumbers.1", ProblemCode.MALFORMED)


async def test_a_lead_has_at_most_20_of_each(services: Services) -> None:
    numbers = [f"+49309018{number}" for number in range(20, 41)]
    run = create(services, phone_numbers=numbers)
    assert await problem_of(run) == ("phoneNumbers", ProblemCode.TOO_LARGE)
    visitor = (await make_visit(services)).actor
    await create(services, phone_numbers=numbers[:20])
    async with unit_of_work(services, SYSTEM) as work:
        for position in range(20):
            number = numbers[position]
            work.session.add(
                LeadPhoneNumber(
                    lead_id=visitor.lead_id, number=number, as_typed=number, position=position,
                    added_at=work.at,
                )
            )  # fmt: skip
    one_more = visits.identify(services, visitor, Claim(phone_number=numbers[20]))
    assert await problem_of(one_more) == ("phoneNumber", ProblemCode.TOO_LARGE)
    await visits.identify(services, visitor, Claim(phone_number=numbers[0]))


async def test_two_leads_may_have_one_address(services: Services) -> None:
    first, second = [
        await make_lead(services, email_addresses=["lena@mail.example"]) for _ in range(2)
    ]
    assert first != second
    assert (await address(services, "lena@mail.example")).deliverability is Deliverability.OK
