"""Addresses that are told of changes: signed, each change once or again under one id, and left
alone when they fail."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models.clock import ManualClock
from models.enums import StaffRole
from models.webhooks import Webhook
from resolvers.outbound import Outbound
from resolvers.services import Services
from resolvers.webhooks import sending
from resolvers.webhooks.sending import MOST_FAILURES, forget_deliveries
from resolvers.worker import run_due_jobs
from tests.client import Client, everything, key, lead, staff_client
from tests.factories import make_lead

WEBHOOKS = """query ($failed: Boolean! = false) { webhooks { id url types isEnabled disabledReason
  version deliveries(first: 50, failedOnly: $failed) { nodes {
    id at attempts responseCode problem deliveredAt nextTryAt cause { summary } } } } }"""
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
ERROR = b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"
REDIRECT = (
    b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest/\r\ncontent-length: 0\r\n\r\n"
)


@dataclass
class Receiver:
    """Somebody else's program: keeps what came, answers what it is told to."""

    port: int = 0
    answer: bytes = OK
    hangs: bool = False
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            parts = (line.partition(": ") for line in head[1:] if line)
            headers = {name.lower(): value for name, _, value in parts}
            self.bodies.append(await reader.readexactly(int(headers["content-length"])))
            self.headers.append(headers)
            if self.hangs:
                await asyncio.Event().wait()
            writer.write(self.answer)
            await writer.drain()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    found = Receiver()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        await found.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()


@pytest.fixture
def near(services: Services) -> Services:
    """Services that may call this machine."""
    return replace(services, outbound=Outbound(allows_loopback=True))


@pytest.fixture
async def admin(near: Services) -> Client:
    return await staff_client(near)


Tag = Callable[..., Awaitable[None]]


@pytest.fixture
async def tag(admin: Client) -> Tag:
    """Puts another tag on a lead: a change of type FIELD_CHANGE."""
    lead_id = await make_lead(admin.services)

    async def add(name: str = "VIP") -> None:
        await admin.done("addTags", leadId=lead(lead_id), tags=[name])

    return add


async def hook(admin: Client, url: str, **more: Any) -> dict[str, Any]:
    return await admin.done("saveWebhook", "webhook { id version } signingSecret", url=url, **more)


async def deliveries(admin: Client, **given: Any) -> list[dict[str, Any]]:
    (found,) = (await admin.read(WEBHOOKS, **given))["webhooks"]
    nodes: list[dict[str, Any]] = found["deliveries"]["nodes"]
    return nodes


async def test_a_change_is_told_signed_and_once(
    near: Services, admin: Client, receiver: Receiver, tag: Tag, clock: ManualClock
) -> None:
    made = await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    await tag()
    assert await run_due_jobs(near) == 1
    assert await run_due_jobs(near) == 0
    (told,), (headers,), (body,) = receiver.told, receiver.headers, receiver.bodies
    (delivery,) = await deliveries(admin)
    assert told["id"] == headers["leadlight-delivery"] == delivery["id"]
    assert told["change"]["type"] == "FIELD_CHANGE"
    assert told["change"]["summary"] == "Added VIP."
    assert told["change"]["diffs"][0]["after"] == {"type": "TEXT", "text": "VIP"}
    assert told["change"]["actor"] == {"kind": "STAFF", "name": "Ada Ames"}
    parts = dict(part.split("=") for part in headers["leadlight-signature"].split(","))
    assert parts["t"] == str(int(clock.now().timestamp()))
    secret = made["signingSecret"].encode()
    good = hmac.new(secret, f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert parts["v1"] == good
    assert (delivery["responseCode"], delivery["attempts"], delivery["problem"]) == (200, 1, None)
    assert delivery["cause"] == {"summary": "Added VIP."}


async def test_types_choose_and_a_webhook_that_is_off_hears_nothing_of_that_time(
    near: Services, admin: Client, receiver: Receiver, tag: Tag
) -> None:
    made = await hook(admin, receiver.url, types=["CHAT"])
    await tag()
    assert await run_due_jobs(near) == 0
    given = {"webhookId": made["webhook"]["id"], "url": receiver.url}
    await admin.done("saveWebhook", **given, isEnabled=False)
    await tag("Off")
    await admin.done("saveWebhook", **given)
    await tag("On")
    await run_due_jobs(near)
    assert [each["change"]["summary"] for each in receiver.told] == ["Added On."]


async def test_secrets_are_shown_once_and_sealed(
    near: Services, admin: Client, receiver: Receiver
) -> None:
    made = await hook(admin, receiver.url, idempotencyKey="first")
    again = await hook(admin, receiver.url, idempotencyKey="first")
    assert again == {**made, "signingSecret": None}
    given = {"webhookId": made["webhook"]["id"], "url": receiver.url}
    assert (await admin.done("saveWebhook", "signingSecret", **given))["signingSecret"] is None
    renewed = await admin.done("saveWebhook", "signingSecret", **given, renewSecret=True)
    assert renewed["signingSecret"] not in (None, made["signingSecret"])
    async with near.database.read_session() as session:
        (row,) = await session.scalars(select(Webhook))
    assert renewed["signingSecret"].encode() not in row.secret
    for role in (StaffRole.MANAGER, StaffRole.AGENT):
        assert await (await staff_client(near, role)).read("{ webhooks { id } }") == {
            "webhooks": []
        }
    one = "query ($id: ID!) { webhook(id: $id) { url } }"
    found = await admin.read(one, id=made["webhook"]["id"])
    assert found == {"webhook": {"url": receiver.url}}
    assert await (await staff_client(near, StaffRole.MANAGER)).read(
        one, id=made["webhook"]["id"]
    ) == {"webhook": None}


async def test_a_failure_is_tried_again_under_the_same_id_and_others_wait_meanwhile(
    near: Services, admin: Client, receiver: Receiver, tag: Tag, clock: ManualClock
) -> None:
    await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    receiver.answer = ERROR
    await tag("One")
    await run_due_jobs(near)
    (failed,) = await deliveries(admin, failed=True)
    assert (failed["responseCode"], failed["problem"]) == (500, "The address answered 500.")
    assert failed["nextTryAt"]
    receiver.answer = OK
    await tag("Two")
    await run_due_jobs(near)
    assert len(receiver.bodies) == 1  # it is left alone for a while
    clock.advance(10)
    await run_due_jobs(near)
    summaries = [each["change"]["summary"] for each in receiver.told]
    assert sorted(summaries) == ["Added One.", "Added One.", "Added Two."]
    same = [each["id"] for each in receiver.told if each["change"]["summary"] == "Added One."]
    assert same == [failed["id"]] * 2
    assert await deliveries(admin, failed=True) == []


async def test_a_webhook_follows_no_redirect(
    near: Services, admin: Client, receiver: Receiver, tag: Tag
) -> None:
    await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    receiver.answer = REDIRECT
    await tag()
    await run_due_jobs(near)
    (delivery,) = await deliveries(admin)
    assert delivery["problem"] == "The address answered 302, and redirects are not followed."
    assert delivery["deliveredAt"] is None


async def test_an_address_that_does_not_answer_in_time_has_failed(
    near: Services, admin: Client, receiver: Receiver, tag: Tag, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sending.SECONDS == 10
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    receiver.hangs = True
    await tag()
    await run_due_jobs(near)
    (delivery,) = await deliveries(admin)
    assert delivery["problem"] == "No whole answer within 0.2 seconds."


async def test_an_address_that_comes_to_lead_to_this_network_is_not_asked(
    services: Services, receiver: Receiver
) -> None:
    async def rebound(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    far = replace(services, outbound=Outbound(resolve=rebound))
    admin = await staff_client(far)
    await hook(admin, "https://hooks.example/in", types=["FIELD_CHANGE"])
    given = {"leadId": lead(await make_lead(far)), "tags": ["VIP"]}
    await admin.done("addTags", **given)
    await run_due_jobs(far)
    (delivery,) = await deliveries(admin)
    assert delivery["problem"] == "The name does not lead to the public internet."
    assert receiver.bodies == []


async def test_a_webhook_that_keeps_failing_is_switched_off_and_who_administers_is_told(
    near: Services, admin: Client, receiver: Receiver, tag: Tag, clock: ManualClock
) -> None:
    made = await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    receiver.answer = ERROR
    for number in range(MOST_FAILURES):
        await tag(f"Tag {number}")
    for _ in range(MOST_FAILURES):
        await run_due_jobs(near)
        clock.advance(sending.MOST_DELAY.total_seconds())
    again = await staff_client(near)
    (found,) = (await again.read(WEBHOOKS))["webhooks"]
    assert found["isEnabled"] is False
    assert found["disabledReason"] == "20 tries in a row failed."
    assert len(receiver.bodies) == MOST_FAILURES
    admin = replace(admin, token=again.token)
    async with near.database.read_session() as session:
        texts = [each async for each in _notices(session)]
    assert len(texts) == 1
    assert "was switched off" in texts[0]
    clock.advance(1e5)
    await run_due_jobs(near)
    assert len(receiver.bodies) == MOST_FAILURES
    receiver.answer = OK
    admin = await staff_client(near)
    given = {"webhookId": made["webhook"]["id"], "url": receiver.url, "types": ["FIELD_CHANGE"]}
    await admin.done("saveWebhook", **given)
    failed = await deliveries(admin, failed=True)
    await admin.done("resendWebhookDelivery", deliveryId=failed[0]["id"])
    await run_due_jobs(near)
    assert len(receiver.bodies) == MOST_FAILURES + 1


async def _notices(session: Any) -> AsyncIterator[str]:
    from models.notifications import Notification

    for row in await session.scalars(select(Notification)):
        if row.kind == "INTEGRATION_FAILED":
            yield row.text


async def test_a_delivery_is_sent_again_on_demand(
    near: Services, admin: Client, receiver: Receiver, tag: Tag
) -> None:
    await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    await tag()
    await run_due_jobs(near)
    (delivery,) = await deliveries(admin)
    await admin.done("resendWebhookDelivery", deliveryId=delivery["id"])
    await run_due_jobs(near)
    assert receiver.told[0] == receiver.told[1]


async def test_a_test_is_sent_once_also_to_a_webhook_that_is_off_and_counts_for_nothing(
    near: Services, admin: Client, receiver: Receiver, clock: ManualClock
) -> None:
    made = await hook(admin, receiver.url, isEnabled=False)
    wanted = {"webhookId": made["webhook"]["id"]}
    sent = await admin.done("testWebhook", "delivery { id isTest cause { id } at }", **wanted)
    assert (sent["delivery"]["isTest"], sent["delivery"]["at"]) == (True, None)
    await run_due_jobs(near)
    (told,) = receiver.told
    empty = {"automation": None, "lead": None, "change": None}
    assert told == {"id": sent["delivery"]["id"], "isTest": True, **empty}
    receiver.answer = ERROR
    for _ in range(2):
        await admin.done("testWebhook", **wanted)
        await run_due_jobs(near)
        clock.advance(86_400)
    assert len(receiver.bodies) == 3
    (found,) = (await admin.read(WEBHOOKS))["webhooks"]
    assert (found["isEnabled"], found["disabledReason"]) == (False, None)
    states = [(each["problem"], each["nextTryAt"]) for each in found["deliveries"]["nodes"]]
    assert states == [("The address answered 500.", None)] * 2 + [(None, None)]
    async with near.database.read_session() as session:
        (row,) = await session.scalars(select(Webhook))
    assert (row.failures, row.paused_until) == (0, None)


async def test_private_notes_and_hidden_values_stay_inside(
    near: Services, admin: Client, receiver: Receiver
) -> None:
    given = {"leadId": lead(await make_lead(near))}
    await admin.done("createField", key="margin", label="Margin", type="TEXT", visibility="ADMINS")
    await hook(admin, receiver.url)
    note = {"html": "<p>S3CRET</p>", "idempotencyKey": key()}
    await admin.done("addNote", **given, **note, visibility="PRIVATE")
    await admin.done("addNote", **given, html="<p>Seen</p>", visibility="TEAM",
                     idempotencyKey=key())  # fmt: skip
    secret = [{"fieldKey": "margin", "value": {"text": "S3CRET"}}]
    await admin.done("setProperties", **given, properties=secret)
    await run_due_jobs(near)
    assert b"S3CRET" not in b"".join(receiver.bodies)
    assert [each["change"]["type"] for each in receiver.told] == ["NOTE", "FIELD_CHANGE"]
    assert receiver.told[1]["change"]["diffs"][0]["after"] == {"type": "HIDDEN"}
    assert len(await deliveries(admin)) == 2


async def test_a_rule_calls_a_webhook_once_for_each_change(
    near: Services, admin: Client, receiver: Receiver, tag: Tag
) -> None:
    made = await hook(admin, receiver.url, types=["CHAT"])
    rule = await admin.done(
        "saveAutomation", "automation { id }", name="Tell them",
        trigger={"fieldChanged": "tags"}, actions=[{"callWebhookId": made["webhook"]["id"]}],
    )  # fmt: skip
    await tag()
    await run_due_jobs(near)
    (told,) = receiver.told
    assert told["automation"] == {"id": rule["automation"]["id"], "name": "Tell them"}
    await admin.done("removeWebhook", webhookId=made["webhook"]["id"])
    await tag("Again")
    await run_due_jobs(near)
    runs = await admin.read("{ automations { runs(first: 1) { nodes { outcome problem } } } }")
    assert runs["automations"][0]["runs"]["nodes"] == [
        {"outcome": "FAILED", "problem": "The webhook is off or was removed."}
    ]


async def test_deliveries_are_kept_for_30_days(
    near: Services, admin: Client, receiver: Receiver, tag: Tag, clock: ManualClock
) -> None:
    await hook(admin, receiver.url, types=["FIELD_CHANGE"])
    await tag()
    await run_due_jobs(near)
    clock.advance(timedelta(days=29).total_seconds())
    await forget_deliveries(near)
    assert (await everything(near))["webhook_delivery"] == 1
    clock.advance(timedelta(days=2).total_seconds())
    await forget_deliveries(near)
    assert (await everything(near))["webhook_delivery"] == 0
