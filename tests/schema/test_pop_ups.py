"""Pop-ups from the card to the visitor's page and back, and chat messages that were seen."""

from typing import Any
from uuid import UUID

import pytest

from models.clock import ManualClock
from resolvers import worker
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written

DELIVERY = "delivery { state since expiresAt steps { state at } } seenAt link { text url }"
SENT = f"sentMessage {{ id subject text leadPresence {DELIVERY} }}"
VISIT = """{ visit { unreadCount popUps {
  id title text expiresAt secondsLeft link { text url } } } }"""
BEAT = {"pageKey": "page-0001", "isVisible": True, "idleMs": 0}
LINK = {"text": "See it", "url": "https://shop.example/lamps"}
NOW = "2026-03-02T09:00:00.000000Z"


class Line:
    """ADMIN on one end, a visitor on the other."""

    def __init__(self, admin: Client, visitor: tuple[Client, UUID]) -> None:
        self.admin, self.page = admin, visitor[0]
        self.id = lead(visitor[1])

    async def pop_up(self, **more: Any) -> dict[str, Any]:
        given: dict[str, Any] = {
            "leadId": self.id, "channel": "POPUP", "subject": "Ten off", "text": "Today only",
            "idempotencyKey": key(), **more,
        }  # fmt: skip
        made = await self.admin.done("sendMessage", SENT, **given)
        message: dict[str, Any] = made["sentMessage"]
        return message

    async def chat(self, text: str) -> str:
        made = await self.admin.done(
            "sendMessage", SENT, leadId=self.id, channel="CHAT", text=text, idempotencyKey=key()
        )
        message_id: str = made["sentMessage"]["id"]
        return message_id

    async def come(self) -> None:
        await self.page.done("heartbeat", **BEAT)

    async def mark(self, message_id: str, **more: Any) -> int:
        made = await self.page.done(
            "markVisitorMessagesRead", "unreadCount", messageId=message_id, **more
        )
        unread: int = made["unreadCount"]
        return unread

    async def visit(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.page.read(VISIT))["visit"]
        return found

    async def messages(self) -> list[dict[str, Any]]:
        data = await self.admin.read(
            f"query($id: ID!) {{ lead(id: $id) {{ messages(first: 9) {{ nodes {{ id {DELIVERY} "
            "}} history(first: 9) { nodes { type summary actor { kind } } } } }",
            id=self.id,
        )
        self.history = [
            (row["summary"], row["actor"]["kind"]) for row in data["lead"]["history"]["nodes"]
        ]
        nodes: list[dict[str, Any]] = data["lead"]["messages"]["nodes"]
        return nodes


@pytest.fixture
def line(admin: Client, visitor: tuple[Client, UUID]) -> Line:
    return Line(admin, visitor)


@pytest.mark.behaviour("B20")
async def test_a_pop_up_is_for_somebody_who_is_here_or_waits_if_it_is_told_how_long(
    line: Line, services: Services
) -> None:
    given = {
        "leadId": line.id, "channel": "POPUP", "subject": "Ten off", "text": "Today only",
        "idempotencyKey": key(),
    }  # fmt: skip
    async with nothing_written(services):
        refused = await line.admin.write("sendMessage", **given)
    assert (refused["__typename"], refused["reason"]) == ("PreconditionError", "LEAD_OFFLINE")
    waiting = await line.pop_up(expiresAt="2026-03-03T09:00:00Z")
    assert waiting["leadPresence"] == "OFFLINE"
    await line.come()
    shown = await line.pop_up(link=LINK)
    assert shown["delivery"] == {
        "state": "QUEUED",
        "since": NOW,
        "expiresAt": "2026-03-02T09:01:00.000000Z",
        "steps": [{"state": "QUEUED", "at": NOW}],
    }
    assert (shown["leadPresence"], shown["seenAt"], shown["link"]) == ("ONLINE", None, LINK)
    pop_ups = {each["id"]: each for each in (await line.visit())["popUps"]}
    assert pop_ups[shown["id"]] == {
        "id": shown["id"], "title": "Ten off", "text": "Today only", "link": LINK,
        "expiresAt": "2026-03-02T09:01:00.000000Z", "secondsLeft": 60,
    }  # fmt: skip
    assert pop_ups[waiting["id"]]["secondsLeft"] == 86_400


@pytest.mark.behaviour("B20")
async def test_a_pop_up_is_shown_by_the_feed_and_what_becomes_of_it_comes_to_the_card_in_order(
    line: Line, clock: ManualClock, services: Services
) -> None:
    feed = line.page.stream(
        """subscription { visitorFeed { __typename ... on VisitPopUpShown { cursor
          popUp { id title link { text url } secondsLeft } } } }"""
    )
    card = line.admin.stream(
        f"""subscription($id: ID!) {{ leadCard(id: $id) {{ __typename
          ... on MessageDeliveryChanged {{ step {{ state }} message {{ id {DELIVERY} }}
            entry {{ summary }} }} }} }}""",
        id=line.id,
    )
    try:
        for stream in (feed, card):
            await anext(stream)
        await line.come()
        sent = await line.pop_up(link=LINK)
        shown = (await anext(feed)).data
        assert shown is not None
        assert shown["visitorFeed"]["popUp"] == {
            "id": sent["id"], "title": "Ten off", "link": LINK, "secondsLeft": 60
        }  # fmt: skip
        clock.advance(2)
        for receipt in ({"isSeen": False}, {}, {"isClicked": True}):
            await line.mark(sent["id"], **receipt)
            async with nothing_written(services):
                await line.mark(sent["id"], **receipt)
        heard: list[dict[str, Any]] = []
        async for answer in card:
            assert answer.data is not None
            item = answer.data["leadCard"]
            if item["__typename"] == "MessageDeliveryChanged":
                heard.append(item)
                if len(heard) == 3:
                    break
    finally:
        await feed.aclose()
        await card.aclose()
    assert [item["step"]["state"] for item in heard] == ["DELIVERED", "OPENED", "CLICKED"]
    assert [item["entry"]["summary"] for item in heard] == [
        "Received a pop-up.", "Saw a pop-up.", "Followed the button of a pop-up.",
    ]  # fmt: skip
    (message,) = await line.messages()
    assert [step["state"] for step in message["delivery"]["steps"]] == [
        "QUEUED", "DELIVERED", "OPENED", "CLICKED",
    ]  # fmt: skip
    assert message["seenAt"] == "2026-03-02T09:00:02.000000Z"
    assert line.history[:3] == [
        ("Followed the button of a pop-up.", "LEAD"),
        ("Saw a pop-up.", "LEAD"),
        ("Received a pop-up.", "LEAD"),
    ]
    assert (await line.visit())["popUps"] == []


@pytest.mark.behaviour("B20")
async def test_a_pop_up_that_nobody_saw_ends_and_is_shown_no_more(
    line: Line, clock: ManualClock, services: Services
) -> None:
    await line.come()
    sent = await line.pop_up()
    clock.advance(60)
    assert (await line.visit())["popUps"] == []
    await worker.expire_all(services)
    async with nothing_written(services):
        await line.mark(sent["id"])
    (message,) = await line.messages()
    assert message["delivery"]["state"] == "EXPIRED"
    assert message["seenAt"] is None
    assert line.history[0] == ("Ended a pop-up that was not seen in time.", "SYSTEM")


@pytest.mark.behaviour("B20")
async def test_chat_messages_are_unread_until_a_page_shows_them(line: Line) -> None:
    ids = [await line.chat(text) for text in ("Hello", "Anybody?", "Still here")]
    assert (await line.visit())["unreadCount"] == 3
    assert await line.mark(ids[1]) == 1
    assert [each["delivery"]["state"] for each in await line.messages()] == [
        "QUEUED", "OPENED", "OPENED",
    ]  # fmt: skip
    own = await line.page.done(
        "sendVisitorMessage", "sentMessage { id }", text="Yes", idempotencyKey=key()
    )
    newest = (await line.messages())[0]
    assert (newest["id"], newest["delivery"]) == (own["sentMessage"]["id"], None)
    assert await line.mark(ids[2]) == 0


ODD: list[tuple[dict[str, Any], list[str]]] = [
    ({"expiresAt": "2026-04-02T09:00:00Z"}, ["expiresAt"]),
    ({"expiresAt": NOW}, ["expiresAt"]),
    ({"channel": "CHAT", "expiresAt": "2026-03-03T09:00:00Z"}, ["expiresAt"]),
    ({"channel": "CHAT", "link": LINK}, ["link"]),
    ({"link": {**LINK, "text": " "}}, ["link", "text"]),
    ({"link": {**LINK, "text": "x" * 41}}, ["link", "text"]),
    ({"link": {**LINK, "url": "javascript:alert(1)"}}, ["link", "url"]),
    ({"link": {**LINK, "url": "https://"}}, ["link", "url"]),
    ({"subject": None}, ["subject"]),
]


@pytest.mark.behaviour("B20")
async def test_an_odd_pop_up_is_refused(line: Line, services: Services) -> None:
    await line.come()
    for odd, path in ODD:
        given = {
            "leadId": line.id, "channel": "POPUP", "subject": "Ten off", "text": "Today only",
            "idempotencyKey": key(), **odd,
        }  # fmt: skip
        async with nothing_written(services):
            made = await line.admin.write("sendMessage", **given)
        assert made["__typename"] == "InvalidInputError", (odd, made)
        assert made["problems"][0]["path"] == path
