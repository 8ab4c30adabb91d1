"""What a visitor's page is told, live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import Channel, MessageDirection
from models.visits import Visit
from models.workspace import Workspace
from resolvers import conversations, visits
from resolvers.actors import StaffActor, VisitorActor
from resolvers.conversations import NewMessage
from resolvers.lead_card import ResetReason
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.views import View
from resolvers.visitor_feed import (
    FeedEnded,
    FeedMessage,
    FeedReset,
    FeedSnapshot,
    feed_owner,
    follow_visitor_feed,
)
from resolvers.visits import Claim
from tests.factories import make_site, make_staff, make_visit
from tests.live.following import Follower, assert_nothing_is_held, execute, in_task, tag
from tests.resolvers.verify import act


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def visitor(services: Services) -> VisitorActor:
    return (await make_visit(services)).actor


@asynccontextmanager
async def feed_of(
    services: Services, actor: VisitorActor, after: str | None = None
) -> AsyncIterator[Follower]:
    stream = follow_visitor_feed(services, actor, after, lambda actor: View(services, actor))
    async with in_task(services, stream) as follower:
        yield follower


async def write(services: Services, admin: StaffActor, to: VisitorActor, words: str) -> None:
    new = NewMessage(Channel.CHAT, words)
    await act(services, admin, conversations.send_message, to.lead_id, new, words)


async def pop_up(
    services: Services, admin: StaffActor, to: VisitorActor, title: str, **more: Any
) -> None:
    new = NewMessage(Channel.POPUP, "Look", title, **more)
    await act(services, admin, conversations.send_message, to.lead_id, new, title)


def texts(feed: Follower) -> list[str]:
    return [item.message.text for item in feed.all_of(FeedMessage)]


async def test_messages_of_both_sides_come_once_and_in_order(
    services: Services, admin: StaffActor, visitor: VisitorActor
) -> None:
    async with feed_of(services, visitor) as feed:
        await feed.of(FeedSnapshot)
        wanted = []
        for number in range(6):
            await visits.send_visitor_message(services, visitor, f"ask {number}", f"k{number}")
            await write(services, admin, visitor, f"answer {number}")
            await tag(services, admin, visitor.lead_id, f"not for visitors {number}")
            wanted += [f"ask {number}", f"answer {number}"]
        await feed.of(FeedMessage, 12)
        assert texts(feed) == wanted
        directions = [item.message.direction for item in feed.all_of(FeedMessage)[:2]]
        assert directions == [MessageDirection.FROM_LEAD, MessageDirection.TO_LEAD]
        assert feed.kinds == ["FeedSnapshot"] + ["FeedMessage"] * 12
    await assert_nothing_is_held(services, [visitor.lead_id])


async def test_every_cursor_gives_exactly_the_rest(
    services: Services, admin: StaffActor, visitor: VisitorActor
) -> None:
    async with feed_of(services, visitor) as feed:
        await feed.of(FeedSnapshot)
        for number in range(5):
            await write(services, admin, visitor, f"answer {number}")
        await feed.of(FeedMessage, 5)
        cursors = [item.cursor for item in feed.items]
        told = texts(feed)
    assert len(set(cursors)) == 6
    await write(services, admin, visitor, "last")
    for place, after in enumerate(cursors):
        async with feed_of(services, visitor, after) as again:
            rest = [*told[place:], "last"]
            await again.of(FeedMessage, len(rest))
            assert texts(again) == rest
            assert not again.all_of(FeedSnapshot)


async def test_the_cursor_of_a_started_visit_begins_behind_its_start(
    services: Services, admin: StaffActor
) -> None:
    started = await make_visit(services)
    await write(services, admin, started.actor, "first")
    epoch = (await services.hub.source.reconcile({})).epoch
    owner = feed_owner(started.actor)
    after = services.secrets.seal("visit", owner, epoch, started.revision)
    async with feed_of(services, started.actor, after) as feed:
        await feed.of(FeedMessage)
        assert feed.kinds == ["FeedMessage"]


async def test_cursors_of_others_give_a_reset_and_a_snapshot(
    services: Services, admin: StaffActor, visitor: VisitorActor
) -> None:
    other = (await make_visit(services)).actor
    async with feed_of(services, other) as feed:
        foreign = (await feed.of(FeedSnapshot)).cursor
    for after in (foreign, "garbage", ""):
        async with feed_of(services, visitor, after) as feed:
            reset, _ = await feed.count(2)
            assert reset.reason is ResetReason.MERGE
            assert feed.kinds[:2] == ["FeedReset", "FeedSnapshot"]
            await write(services, admin, visitor, f"goes on after {after}")
            await feed.of(FeedMessage)


async def test_cursors_of_the_future_and_of_another_epoch_give_a_reset(
    services: Services, visitor: VisitorActor
) -> None:
    epoch = (await services.hub.source.reconcile({})).epoch
    owner = feed_owner(visitor)
    for text_epoch, revision, reason in (
        (epoch, 99, ResetReason.FROM_THE_FUTURE),
        ("another", 1, ResetReason.OTHER_EPOCH),
    ):
        after = services.secrets.seal("visit", owner, text_epoch, revision)
        async with feed_of(services, visitor, after) as feed:
            assert (await feed.of(FeedReset)).reason is reason
            await feed.of(FeedSnapshot)


async def test_a_new_epoch_resets_open_feeds(services: Services, visitor: VisitorActor) -> None:
    async with feed_of(services, visitor) as feed:
        await feed.of(FeedSnapshot)
        await execute(services, update(Workspace).values(epoch="restored"))
        assert (await feed.of(FeedReset)).reason is ResetReason.OTHER_EPOCH
        await feed.of(FeedSnapshot, 2)


async def test_a_feed_ends_when_its_visit_gets_another_token(
    services: Services, admin: StaffActor, visitor: VisitorActor
) -> None:
    async with feed_of(services, visitor) as feed:
        await feed.of(FeedSnapshot)
        claim = Claim(email_address="somebody@example.com")
        identified = await visits.identify(services, visitor, claim)
        await write(services, admin, identified.actor, "for the new token only")
        assert [type(item) for item in await feed.end()] == [FeedSnapshot, FeedEnded]
    async with feed_of(services, identified.actor) as feed:
        await feed.of(FeedSnapshot)
        await write(services, admin, identified.actor, "heard")
        await feed.of(FeedMessage)
    await assert_nothing_is_held(services, [visitor.lead_id])


async def test_a_feed_that_is_read_late_ends_in_the_place_of_the_new_token(
    services: Services, admin: StaffActor, visitor: VisitorActor
) -> None:
    stream = follow_visitor_feed(services, visitor, None, lambda actor: View(services, actor))
    async with asyncio.timeout(10):
        assert isinstance(await anext(stream), FeedSnapshot)
        await write(services, admin, visitor, "first")
        first = await anext(stream)
        assert isinstance(first, FeedMessage)
        await write(services, admin, visitor, "still theirs")
        second = await anext(stream)
        await visits.identify(services, visitor, Claim(name="Somebody"))
        await write(services, admin, visitor, "secret")
        assert isinstance(second, FeedMessage)
        assert [type(item) async for item in stream] == [FeedEnded]


async def test_a_feed_ends_when_its_visit_moves_to_a_known_lead(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    site, secret = await make_site(services)
    until = clock.now() + timedelta(hours=1)
    signature = sign(secret, "customer-1", "", until.isoformat())
    claim = Claim(
        "customer-1", expires_at=until, expires_text=until.isoformat(), signature=signature
    )
    known = (await make_visit(services, site)).actor
    await visits.identify(services, known, claim)
    visitor = (await make_visit(services, site)).actor
    async with feed_of(services, visitor) as feed:
        before = (await feed.of(FeedSnapshot)).cursor
        moved = await visits.identify(services, visitor, claim)
        assert moved.actor.lead_id == known.lead_id
        assert [type(item) for item in await feed.end()] == [FeedSnapshot, FeedEnded]
    async with feed_of(services, moved.actor, before) as feed:
        assert (await feed.of(FeedReset)).reason is ResetReason.MERGE
        await feed.of(FeedSnapshot)


async def test_a_feed_of_an_ended_visit_only_says_so(
    services: Services, visitor: VisitorActor, clock: ManualClock
) -> None:
    ended = update(Visit).where(col(Visit.id) == visitor.visit_id).values(ended_at=clock.now())
    await execute(services, ended)
    async with feed_of(services, visitor) as feed:
        assert [type(item) for item in await feed.end()] == [FeedEnded]


async def test_pop_ups_are_not_shown_after_their_end(
    services: Services, admin: StaffActor, visitor: VisitorActor, clock: ManualClock
) -> None:
    async with feed_of(services, visitor) as feed:
        before = (await feed.of(FeedSnapshot)).cursor
        soon, later = (clock.now() + timedelta(minutes=minutes) for minutes in (5, 60))
        await pop_up(services, admin, visitor, "short", expires_at=soon)
        await pop_up(services, admin, visitor, "long", expires_at=later)
        await feed.of(FeedMessage, 2)
        shown = [item.message.subject for item in feed.all_of(FeedMessage)]
        assert shown == ["short", "long"]
    clock.advance(301)
    await write(services, admin, visitor, "and a word")
    async with feed_of(services, visitor, before) as feed:
        await feed.of(FeedMessage, 2)
        assert [item.message.subject for item in feed.all_of(FeedMessage)] == ["long", None]


async def test_pop_ups_that_were_seen_are_not_shown_again(
    services: Services, admin: StaffActor, visitor: VisitorActor, clock: ManualClock
) -> None:
    until = clock.now() + timedelta(hours=1)
    async with feed_of(services, visitor) as feed:
        before = (await feed.of(FeedSnapshot)).cursor
        for title in ("seen", "arrived"):
            await pop_up(services, admin, visitor, title, expires_at=until)
        await feed.of(FeedMessage, 2)
        seen, arrived = (item.message.id for item in feed.all_of(FeedMessage))
        for message_id, is_seen in ((seen, True), (arrived, False)):
            await visits.mark_messages(
                services, visitor, message_id, is_seen=is_seen, is_clicked=False
            )
    await write(services, admin, visitor, "and a word")
    async with feed_of(services, visitor, before) as feed:
        await feed.of(FeedMessage, 2)
        assert [item.message.subject for item in feed.all_of(FeedMessage)] == ["arrived", None]


async def test_opening_and_closing_a_feed_leaves_nothing_behind(
    services: Services, visitor: VisitorActor
) -> None:
    for _ in range(10):
        stream = follow_visitor_feed(services, visitor, None, lambda actor: View(services, actor))
        item: Any = await anext(stream)
        await stream.aclose()
        assert item.view.is_closed
    await assert_nothing_is_held(services, [visitor.lead_id])
