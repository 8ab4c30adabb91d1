"""Sends deliveries: signed, outside of any transaction, again and again until they are accepted.

An address that fails is left alone for a while, longer each time, whatever else waits for it; one
that keeps failing is switched off, and who administers is told.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.automations import Automation
from models.changes import Change
from models.enums import FieldVisibility, JobKind, NoteVisibility, NotificationKind
from models.fields import FieldDefinition
from models.ids import encode_id
from models.notes import Note
from models.webhooks import Webhook, WebhookDelivery
from resolvers import history, jobs, notifications
from resolvers.actors import SYSTEM
from resolvers.jobs import Claim
from resolvers.outbound import OutboundRefused
from resolvers.services import Services
from resolvers.staff.active import administrators
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.webhooks.saving import PURPOSE, host_of

SECONDS = 10.0
"""What an address may take for its whole answer."""
MOST_ANSWER_BYTES = 64 * 1024
MOST_TRIES = 10
FIRST_DELAY, MOST_DELAY = timedelta(seconds=10), timedelta(hours=2)
MOST_FAILURES = 20
"""Tries in a row that may fail before a webhook is switched off."""
KEPT = timedelta(days=30)
HIDDEN = {"type": "HIDDEN"}


@dataclass(frozen=True)
class Letter:
    """A request as it goes out."""

    url: str
    headers: dict[str, str]
    body: bytes


def signature(secret: str, at: datetime, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 over seconds, a point and the body>`."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={digest.hexdigest()}"


async def deliver(services: Services, claim: Claim) -> None:
    """Sends one delivery and notes what came of it."""
    delivery_id = UUID(hex=claim.data["delivery"])
    now = services.clock.now()
    async with services.database.read_session() as session:
        delivery = await session.get(WebhookDelivery, delivery_id)
        webhook = await session.get(Webhook, delivery.webhook_id) if delivery else None
        if delivery is None or webhook is None:
            return
        if webhook.removed_at or not (webhook.is_enabled or delivery.is_test):
            await _give_up(services, claim, delivery_id, "The webhook is off.")
            return
        is_paused = webhook.paused_until and webhook.paused_until > now
        if webhook.paused_until and is_paused and not delivery.is_test:
            await _put_off(services, claim, delivery_id, webhook.paused_until)
            return
        letter = await _letter(services, session, webhook, delivery, now)
    if letter is None:
        await _forget(services, claim, delivery_id)
        return
    code, problem = None, None
    try:
        answer = await services.outbound.send(
            "POST", letter.url, headers=letter.headers, body=letter.body,
            seconds=SECONDS, most_bytes=MOST_ANSWER_BYTES,
        )  # fmt: skip
        code = answer.status
        if not 200 <= code < 300:
            follows = ", and redirects are not followed" if 300 <= code < 400 else ""
            problem = f"The address answered {code}{follows}."
    except OutboundRefused as refused:
        problem = refused.reason
    await _note(services, claim, delivery_id, code, problem)


async def _letter(
    services: Services,
    session: AsyncSession,
    webhook: Webhook,
    delivery: WebhookDelivery,
    now: datetime,
) -> Letter | None:
    """None for a change that this address must not know: a private note's, or an erased one's."""
    change = None
    if not delivery.is_test:
        change = await session.get(Change, (delivery.lead_id, delivery.revision))
        if change is None or change.data is None or not await _is_for_others(session, change):
            return None
    body = orjson.dumps(await _body(session, delivery, change))
    secret = services.secrets.decrypt(PURPOSE, webhook.id, webhook.secret).decode()
    headers = {
        "content-type": "application/json",
        "leadlight-delivery": encode_id("webhook_delivery", delivery.id),
        "leadlight-signature": signature(secret, now, body),
    }
    return Letter(webhook.url, headers, body)


async def _is_for_others(session: AsyncSession, change: Change) -> bool:
    if change.subject_kind != "note" or change.subject_id is None:
        return True
    note = await session.get(Note, change.subject_id)
    return note is not None and note.visibility is NoteVisibility.TEAM


async def _body(
    session: AsyncSession, delivery: WebhookDelivery, change: Change | None
) -> dict[str, Any]:
    """Ids and typed values. Long texts are asked for by id; values that not everybody in the team
    may see are masked. A test has no lead and no change."""
    head = {"id": encode_id("webhook_delivery", delivery.id), "isTest": delivery.is_test}
    if change is None:
        return {**head, "automation": None, "lead": None, "change": None}
    open_to_all = col(FieldDefinition.visibility) == FieldVisibility.ALL
    open_fields = set(await session.scalars(select(col(FieldDefinition.id)).where(open_to_all)))
    rule = None
    if delivery.automation_id:
        rule = await session.get(Automation, delivery.automation_id)
    subject = None
    if change.subject_kind and change.subject_id:
        subject = encode_id(change.subject_kind, change.subject_id)
    return {
        **head,
        "automation": {"id": encode_id("automation", rule.id), "name": rule.name} if rule else None,
        "lead": {"id": encode_id("lead", change.lead_id)},
        "change": {
            "id": encode_id("change", change.id),
            "type": change.category,
            "kind": change.kind.upper(),
            "at": change.at.isoformat().replace("+00:00", "Z"),
            "actor": {"kind": change.actor_kind, "name": change.actor_name},
            "subject": subject,
            "summary": history.summary_of(change),
            "diffs": [_told(diff, open_fields) for diff in history.diffs_of(change)],
        },
    }


def _told(diff: history.Diff, open_fields: set[UUID]) -> dict[str, Any]:
    is_hidden = diff.field_id is not None and diff.field_id not in open_fields
    values = (diff.before, diff.after)
    before, after = (HIDDEN if is_hidden and each is not None else each for each in values)
    return {"path": diff.path, "label": diff.label, "before": before, "after": after}


# --- what became of it ------------------------------------------------------------------------


async def _give_up(services: Services, claim: Claim, delivery_id: UUID, problem: str) -> None:
    async with jobs.finishing(services, claim) as work:
        delivery = await work.session.get_one(WebhookDelivery, delivery_id, with_for_update=True)
        delivery.problem, delivery.next_try_at = problem, None


async def _forget(services: Services, claim: Claim, delivery_id: UUID) -> None:
    async with jobs.finishing(services, claim) as work:
        await work.session.execute(
            delete(WebhookDelivery).where(col(WebhookDelivery.id) == delivery_id)
        )


async def _put_off(services: Services, claim: Claim, delivery_id: UUID, until: datetime) -> None:
    async with jobs.finishing(services, claim) as work:
        delivery = await work.session.get_one(WebhookDelivery, delivery_id, with_for_update=True)
        await _want_again(work, delivery, until)


async def _want_again(work: UnitOfWork, delivery: WebhookDelivery, at: datetime) -> None:
    delivery.next_try_at = at
    await jobs.enqueue(
        work, JobKind.DELIVER_WEBHOOK, {"delivery": delivery.id.hex}, due_at=at,
        key=delivery.id.hex,
    )  # fmt: skip


async def _note(
    services: Services, claim: Claim, delivery_id: UUID, code: int | None, problem: str | None
) -> None:
    async with jobs.finishing(services, claim) as work:
        delivery = await work.session.get_one(WebhookDelivery, delivery_id, with_for_update=True)
        webhook = await work.session.get_one(Webhook, delivery.webhook_id, with_for_update=True)
        delivery.attempts += 1
        delivery.tried_at = delivery.tried_at or work.at
        delivery.response_code = code
        delivery.problem = problem[: jobs.MAX_PROBLEM] if problem else None
        delivery.next_try_at = None
        if problem is None:
            delivery.delivered_at = work.at
        if delivery.is_test:
            return  # it says nothing of how the webhook fares
        if problem is None:
            webhook.failures, webhook.paused_until = 0, None
            return
        webhook.failures += 1
        pause = min(FIRST_DELAY * 2 ** min(webhook.failures - 1, 20), MOST_DELAY)
        webhook.paused_until = work.at + pause
        if webhook.failures >= MOST_FAILURES:
            await _switch_off(work, webhook)
        elif delivery.attempts < MOST_TRIES:
            await _want_again(work, delivery, webhook.paused_until)


async def _switch_off(work: UnitOfWork, webhook: Webhook) -> None:
    if not webhook.is_enabled:
        return
    webhook.is_enabled = False
    webhook.disabled_reason = f"{MOST_FAILURES} tries in a row failed."
    webhook.version += 1
    host = host_of(webhook.url)
    told = {"webhook": webhook.id.hex, "name": host}
    work.record_workspace("webhook_switched_off", told, rules=True)
    admins = await administrators(work.session)
    text = f"The webhook at {host} was switched off: {MOST_FAILURES} tries in a row failed."
    await notifications.notify(work, admins, NotificationKind.INTEGRATION_FAILED, text)


async def forget_deliveries(services: Services) -> None:
    """Removes deliveries that are past their time."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            delete(WebhookDelivery).where(col(WebhookDelivery.created_at) < work.at - KEPT)
        )
