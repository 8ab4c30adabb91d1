"""Telling people: in the same commit, never of own acts, and marked as read by themselves only."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.enums import NotificationKind, StaffRole
from models.ids import new_id
from models.notifications import Notification, NotificationFeed
from resolvers import leads, notifications
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.errors import InvalidInput
from resolvers.notifications import mark_read, notify
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from tests.client import nothing_written
from tests.factories import make_lead, make_staff
from tests.resolvers.verify import act

REMINDER = NotificationKind.APPOINTMENT_REMINDER


async def rows_of(services: Services, actor: StaffActor) -> list[Notification]:
    """The person's rows by number."""
    statement = (
        select(Notification)
        .where(col(Notification.staff_id) == actor.id)
        .order_by(col(Notification.revision))
    )
    async with services.database.read_session() as session:
        return list(await session.scalars(statement))


async def tell(services: Services, actor: Actor, *people: StaffActor, text: str = "Now") -> None:
    await act(services, actor, notify, {person.id for person in people}, REMINDER, text)


async def head_of(services: Services, actor: StaffActor) -> int:
    async with services.database.read_session() as session:
        feed = await session.get(NotificationFeed, actor.id)
    return feed.revision if feed else 0


@pytest.mark.behaviour("C8")
async def test_who_gets_a_lead_is_told_in_the_same_commit(services: Services) -> None:
    admin = await make_staff(services)
    agent = await make_staff(services, StaffRole.AGENT, "Bo Brandt")
    lead_id = await make_lead(services, admin)
    await act(services, admin, leads.assign, lead_id, agent.id, None)
    (told,) = await rows_of(services, agent)
    assert (told.kind, told.lead_id) == (NotificationKind.LEAD_ASSIGNED, lead_id)
    assert (told.text, told.actor_id) == ("Lena Lorenz is now yours.", admin.id)
    assert told.read_at is None

    async def fail(work: UnitOfWork) -> None:
        await leads.assign(work, lead_id, None, None)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await act(services, admin, fail)
    assert len(await rows_of(services, agent)) == 1


@pytest.mark.behaviour("C8")
async def test_nobody_is_told_of_an_own_act(services: Services) -> None:
    admin = await make_staff(services)
    agent = await make_staff(services, StaffRole.AGENT, "Bo Brandt")
    lead_id = await make_lead(services, agent)
    assert await rows_of(services, agent) == []
    await act(services, admin, leads.assign, lead_id, admin.id, None)
    assert await rows_of(services, admin) == []
    (told,) = await rows_of(services, agent)
    assert told.kind is NotificationKind.LEAD_UNASSIGNED


async def test_a_lead_that_is_made_for_somebody_tells_them(services: Services) -> None:
    admin = await make_staff(services)
    agent = await make_staff(services, StaffRole.AGENT, "Bo Brandt")
    await make_lead(services, admin, assignee_id=agent.id)
    (told,) = await rows_of(services, agent)
    assert told.kind is NotificationKind.LEAD_ASSIGNED


async def test_each_person_has_numbers_without_gaps_and_long_texts_are_cut(
    services: Services,
) -> None:
    one, two = await make_staff(services), await make_staff(services)
    async with unit_of_work(services, SYSTEM) as work:
        await notify(work, [one.id, two.id], REMINDER, "x" * 201)
        await notify(work, [one.id], REMINDER, "y" * 200)
    await tell(services, SYSTEM, two, one)
    assert [row.revision for row in await rows_of(services, one)] == [1, 2, 3]
    assert [row.revision for row in await rows_of(services, two)] == [1, 2]
    first, second, _ = await rows_of(services, one)
    assert (first.text, second.text) == ("x" * 199 + "…", "y" * 200)


async def test_writers_at_the_same_time_share_no_number(services: Services) -> None:
    one, two = await make_staff(services), await make_staff(services)
    await asyncio.gather(
        *(tell(services, SYSTEM, *(one, two)[:: 1 if turn % 2 else -1]) for turn in range(12))
    )
    for person in (one, two):
        assert [row.revision for row in await rows_of(services, person)] == list(range(1, 13))


async def test_reading_gives_a_new_number_and_a_second_time_writes_nothing(
    services: Services,
) -> None:
    person = await make_staff(services)
    for text in "abc":
        await tell(services, SYSTEM, person, text=text)
    a, b, c = await rows_of(services, person)
    assert await act(services, person, mark_read, person, [b.id]) == 2
    assert [row.text for row in await rows_of(services, person)] == ["a", "c", "b"]
    async with nothing_written(services):
        assert await act(services, person, mark_read, person, [b.id]) == 2
        assert await act(services, person, mark_read, person, []) == 2
    assert await head_of(services, person) == 4
    assert await act(services, person, mark_read, person, None) == 0
    assert [(row.text, row.revision) for row in await rows_of(services, person)] == [
        ("b", 4), ("a", 5), ("c", 6),
    ]  # fmt: skip
    assert await head_of(services, person) == 6


async def test_what_is_somebody_elses_stays_unread(services: Services) -> None:
    one, two = await make_staff(services), await make_staff(services)
    await tell(services, SYSTEM, one)
    (row,) = await rows_of(services, one)
    async with nothing_written(services):
        assert await act(services, two, mark_read, two, [row.id, new_id()]) == 0
        assert await act(services, two, mark_read, two, None) == 0
    assert (await rows_of(services, one))[0].read_at is None


async def test_more_than_a_hundred_at_once_are_refused(services: Services) -> None:
    person = await make_staff(services)
    many: list[UUID] = [new_id() for _ in range(notifications.MOST_AT_ONCE + 1)]
    with pytest.raises(InvalidInput, match="100"):
        await act(services, person, mark_read, person, many)
    assert await act(services, person, mark_read, person, many[1:]) == 0
