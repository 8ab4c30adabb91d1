"""A person's notifications as a stream: once, in order, taken up again, on both buses."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from models.enums import NotificationKind, StaffRole
from models.notifications import Notification, NotificationFeed
from models.staff import StaffSession
from models.workspace import Workspace
from resolvers import leads, notification_feed
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import BadArgument
from resolvers.notification_feed import Told, follow_notifications
from resolvers.notifications import mark_read, notify
from resolvers.services import Services
from resolvers.views import View
from tests.factories import make_lead, make_staff
from tests.live.following import Follower, execute, in_task
from tests.resolvers.verify import act

pytestmark = pytest.mark.realtime


@pytest.fixture(autouse=True)
def only_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that waits for time instead of its hint fails by the test's patience."""
    monkeypatch.setattr(notification_feed, "LOOK_SECONDS", 60.0)


def listening(
    services: Services, person: StaffActor, after: str | None = None
) -> AbstractAsyncContextManager[Follower]:
    return in_task(
        services,
        follow_notifications(services, person, after, lambda actor: View(services, actor)),
    )


async def tell(services: Services, person: StaffActor, *texts: str) -> None:
    for text in texts:
        await act(services, SYSTEM, notify, [person.id], NotificationKind.TASK_DUE, text)


def shown(items: list[Told[View]]) -> list[tuple[str | None, bool, int]]:
    """Text, whether it is read, and the count of each item."""
    return [
        (
            item.notification.text if item.notification else None,
            bool(item.notification and item.notification.read_at),
            item.unread,
        )
        for item in items
    ]


@pytest.mark.behaviour("C8")
async def test_a_stream_begins_with_the_count_and_brings_each_once_in_order(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    person = await make_staff(here)
    await tell(here, person, "before")
    async with listening(there, person) as follower:
        assert shown(await follower.count(1)) == [(None, False, 1)]
        await tell(here, person, *(str(number) for number in range(20)))
        items = await follower.count(21)
    assert [text for text, _, _ in shown(items)[1:]] == [str(number) for number in range(20)]
    assert items[-1].unread == 21
    assert len({item.cursor for item in items}) == 21


@pytest.mark.behaviour("C8")
async def test_an_assignment_reaches_the_new_assignee_at_once(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    admin = await make_staff(here)
    agent = await make_staff(here, StaffRole.AGENT, "Bo Brandt")
    lead_id = await make_lead(here, admin)
    async with listening(there, agent) as follower:
        await follower.count(1)
        await act(here, admin, leads.assign, lead_id, agent.id, None)
        (_, told) = await follower.count(2)
    assert (told.notification.text, told.unread) == ("Lena Lorenz is now yours.", 1)


async def test_a_stream_is_taken_up_where_it_ended(pair: tuple[Services, Services]) -> None:
    here, there = pair
    person = await make_staff(here)
    async with listening(there, person) as follower:
        (first,) = await follower.count(1)
        await tell(here, person, "a", "b")
        _, a, b = await follower.count(3)
    await tell(here, person, "c")
    async with listening(there, person, a.cursor) as follower:
        assert shown(await follower.count(2)) == [("b", False, 3), ("c", False, 3)]
        await tell(here, person, "d")
        assert shown(await follower.count(3))[2] == ("d", False, 4)
    async with listening(there, person, first.cursor) as follower:
        again = await follower.count(4)
        assert [text for text, _, _ in shown(again)] == ["a", "b", "c", "d"]
        assert again[1].cursor == b.cursor


async def test_what_is_read_in_one_browser_is_read_in_the_other(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    person = await make_staff(here)
    await tell(here, person, "a", "b", "c")
    async with listening(there, person) as one, listening(here, person) as two:
        await one.count(1)
        (begun,) = await two.count(1)
        await act(here, person, mark_read, person, None)
        for follower in (one, two):
            items = shown(await follower.count(4))[1:]
            assert items == [("a", True, 0), ("b", True, 0), ("c", True, 0)]
    async with listening(there, person, begun.cursor) as follower:
        assert len(shown(await follower.count(3))) == 3


async def test_what_was_read_before_it_was_told_comes_once(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    person = await make_staff(here)
    async with listening(there, person) as follower:
        (begun,) = await follower.count(1)
    await tell(here, person, "a", "b")
    async with listening(there, person, begun.cursor) as follower:
        a, _ = await follower.count(2)
    await act(here, person, mark_read, person, [a.notification.id])
    async with listening(there, person, begun.cursor) as follower:
        assert shown(await follower.count(2)) == [("b", False, 1), ("a", True, 1)]
        await tell(here, person, "c")
        assert shown(await follower.count(3))[2] == ("c", False, 2)


async def test_nobody_hears_what_others_are_told(pair: tuple[Services, Services]) -> None:
    here, there = pair
    one, two = await make_staff(here), await make_staff(here, StaffRole.ADMIN, "Bo Brandt")
    async with listening(there, one) as follower:
        await follower.count(1)
        await tell(here, two, "for two")
        await tell(here, one, "for one")
        assert shown(await follower.count(2))[1] == ("for one", False, 1)


async def test_what_commits_between_listening_and_reading_is_told(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    person = await make_staff(here)

    class Slow(View):
        """Lets something happen before its first statement."""

        before: Callable[[], Any] | None = None

        async def _run(self, reader: Any, arguments: tuple[Any, ...]) -> Any:
            before, Slow.before = Slow.before, None
            if before:
                await before()
            return await super()._run(reader, arguments)

    def make_view(actor: Any) -> Slow:
        return Slow(there, actor)

    async with listening(there, person) as follower:
        (begun,) = await follower.count(1)
    Slow.before = lambda: tell(here, person, "between")
    stream = follow_notifications(there, person, begun.cursor, make_view)
    async with in_task(there, stream) as follower:
        assert shown(await follower.count(1)) == [("between", False, 1)]


async def test_without_any_hint_time_is_a_reason_to_look(
    pair: tuple[Services, Services], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = pair
    person = await make_staff(here)
    monkeypatch.setattr(notification_feed, "LOOK_SECONDS", 0.05)
    row = Notification(
        staff_id=person.id, revision=1, kind=NotificationKind.TASK_DUE, at=here.clock.now(),
        actor_kind=SYSTEM.kind, actor_name=SYSTEM.name, text="quiet",
    )  # fmt: skip
    async with listening(here, person) as follower:
        await follower.count(1)
        async with here.database.write_session() as session, session.begin():
            session.add(NotificationFeed(staff_id=person.id, revision=1))
            session.add(row)
        assert shown(await follower.count(2))[1] == ("quiet", False, 1)


async def test_a_cursor_from_before_a_restore_begins_anew(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    person = await make_staff(here)
    await tell(here, person, "a", "b")
    async with listening(there, person) as follower:
        (before,) = await follower.count(1)
    await execute(
        here,
        delete(Notification),
        update(NotificationFeed).values(revision=1),
    )
    async with listening(there, person, before.cursor) as follower:
        assert shown(await follower.count(1)) == [(None, False, 0)]
    await execute(here, update(Workspace).values(epoch="another"))
    async with listening(there, person, before.cursor) as follower:
        assert shown(await follower.count(1)) == [(None, False, 0)]
        await tell(here, person, "c")
        assert shown(await follower.count(2))[1] == ("c", False, 1)


async def test_a_foreign_cursor_is_refused_and_who_signed_out_hears_no_more(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    one, two = await make_staff(here), await make_staff(here)
    async with listening(there, one) as follower:
        (item,) = await follower.count(1)
    for wrong in (item.cursor, "x", ""):
        with pytest.raises(BadArgument):
            async with listening(there, two, wrong) as follower:
                await follower.end()
    async with listening(there, one) as follower:
        await follower.count(1)
        ended = update(StaffSession).where(col(StaffSession.id) == one.session_id)
        await execute(here, ended.values(ended_at=here.clock.now()))
        await tell(here, one, "secret")
        assert len(await follower.end()) == 1


async def test_a_stream_ends_with_the_bus(pair: tuple[Services, Services]) -> None:
    here, there = pair
    person = await make_staff(here)
    async with listening(there, person) as follower:
        await follower.count(1)
        await there.bus.disconnect()
        async with asyncio.timeout(5):
            await follower.end()
