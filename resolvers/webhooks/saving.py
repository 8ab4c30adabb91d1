"""How webhooks are made, changed, removed and listed. ADMIN only."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.enums import HistoryType
from models.ids import encode_id, new_id
from models.webhooks import NO_CHANGE, Webhook, WebhookDelivery
from resolvers import access, idempotency
from resolvers.errors import (
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.limits import TEST_WEBHOOK, spend
from resolvers.outbound import OutboundRefused
from resolvers.pages import Key, Page, read_page
from resolvers.policy import Permission
from resolvers.reactions import delivery_jobs
from resolvers.secrets import new_token
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MAX_WEBHOOKS = 50
PURPOSE = "webhook"
"""What the secrets of webhooks are sealed for."""


@dataclass(frozen=True)
class WebhookEdit:
    """A webhook as it shall be."""

    url: str
    types: Sequence[HistoryType] = ()
    is_enabled: bool = True
    renews_secret: bool = False
    expected: int | None = None


async def save_webhook(
    work: UnitOfWork, webhook_id: UUID | None, edit: WebhookEdit, key: str | None = None
) -> tuple[Webhook, str | None]:
    """Makes or changes a webhook; answers its secret when that is new. Switching on forgets
    failures. A repeated key answers the first webhook, without its secret."""
    access.require(work.actor, Permission.ADMINISTER)
    url = _check_url(work, edit.url)
    types = [each.value for each in HistoryType if each in edit.types]
    is_new = webhook_id is None
    if webhook_id is None:
        wanted = new_id()
        if key is not None:
            body = {"url": url, "types": types, "enabled": edit.is_enabled}
            webhook_id = await idempotency.claim(work, "saveWebhook", key, body, wanted)
            if webhook_id != wanted:
                return await _webhook(work, webhook_id), None
        webhook = await _new(work, wanted, url)
    else:
        webhook = await _webhook(work, webhook_id)
    if edit.expected is not None and webhook.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The webhook was changed in the meantime.",
            owner=webhook.id,
            version=webhook.version,
        )
    before = (webhook.url, list(webhook.types), webhook.is_enabled)
    if not is_new and not edit.renews_secret and before == (url, types, edit.is_enabled):
        return webhook, None
    if not is_new and (webhook.url != url or edit.is_enabled != webhook.is_enabled):
        webhook.failures, webhook.paused_until = 0, None
    webhook.url, webhook.types, webhook.is_enabled = url, types, edit.is_enabled
    if edit.is_enabled:
        webhook.disabled_reason = None
    secret = None
    if is_new or edit.renews_secret:
        secret = new_token("hook")
        webhook.secret = work.services.secrets.encrypt(PURPOSE, webhook.id, secret.encode())
    if not is_new:
        webhook.version += 1
    await work.session.flush()
    told = {"webhook": webhook.id.hex, "name": host_of(url), "is_enabled": edit.is_enabled}
    work.record_workspace("webhook_saved", told, rules=True)
    return webhook, secret


def host_of(url: str) -> str:
    """The part of an address that people know it by."""
    return url.split("/")[2]


def _check_url(work: UnitOfWork, url: str) -> str:
    try:
        target = work.services.outbound.check(url.strip())
    except OutboundRefused as refused:
        raise invalid("url", ProblemCode.MALFORMED, refused.reason) from refused
    return str(target)


async def _new(work: UnitOfWork, webhook_id: UUID, url: str) -> Webhook:
    there = col(Webhook.removed_at).is_(None)
    count = await work.session.scalar(select(func.count()).select_from(Webhook).where(there))
    if (count or 0) >= MAX_WEBHOOKS:
        raise LimitReached(f"There can be at most {MAX_WEBHOOKS} webhooks.", MAX_WEBHOOKS)
    webhook = Webhook(id=webhook_id, url=url, types=[], secret=b"")
    work.session.add(webhook)
    return webhook


async def _webhook(work: UnitOfWork, webhook_id: UUID) -> Webhook:
    webhook = await work.session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None or webhook.removed_at:
        raise NotFound("webhook", encode_id("webhook", webhook_id))
    return webhook


async def remove_webhook(work: UnitOfWork, webhook_id: UUID) -> None:
    """Takes a webhook away; what waits for it is not sent."""
    access.require(work.actor, Permission.ADMINISTER)
    webhook = await _webhook(work, webhook_id)
    webhook.removed_at = work.at
    await work.session.flush()
    told = {"webhook": webhook.id.hex, "name": host_of(webhook.url)}
    work.record_workspace("webhook_removed", told, rules=True)


async def resend(work: UnitOfWork, delivery_id: UUID) -> WebhookDelivery:
    """Sends a delivery now, also one that was accepted before, under the same id."""
    access.require(work.actor, Permission.ADMINISTER)
    delivery = await work.session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound("delivery", encode_id("webhook_delivery", delivery_id))
    await _webhook(work, delivery.webhook_id)
    delivery.next_try_at, delivery.attempts, delivery.delivered_at = work.at, 0, None
    await work.session.flush()
    work.jobs |= delivery_jobs([{"id": delivery.id}], work.at)
    told = {"delivery": delivery.id.hex}
    work.record_workspace("webhook_delivery_resent", told)
    return delivery


async def send_test(work: UnitOfWork, webhook_id: UUID) -> WebhookDelivery:
    """Sends a delivery that tells of no change: once, now, also to a webhook that is off."""
    access.require(work.actor, Permission.ADMINISTER)
    webhook = await _webhook(work, webhook_id)
    await spend(work.services.limiter, TEST_WEBHOOK, work.actor.caller)
    lead_id, revision = NO_CHANGE
    delivery = WebhookDelivery(
        webhook_id=webhook.id, lead_id=lead_id, revision=revision, created_at=work.at,
        next_try_at=work.at,
    )  # fmt: skip
    work.session.add(delivery)
    await work.session.flush()
    work.jobs |= delivery_jobs([{"id": delivery.id}], work.at)
    told = {"webhook": webhook.id.hex, "name": host_of(webhook.url)}
    work.record_workspace("webhook_tested", told)
    return delivery


# --- reading ----------------------------------------------------------------------------------


async def all_webhooks(view: View) -> Sequence[Webhook]:
    """Webhooks by address; empty for those who don't administer."""
    if not access.may(view.actor, Permission.ADMINISTER):
        return []
    return await view.scalars(
        select(Webhook)
        .where(col(Webhook.removed_at).is_(None))
        .order_by(col(Webhook.url), col(Webhook.id))
    )


async def find_webhook(view: View, webhook_id: UUID) -> Webhook | None:
    """A webhook; None for those who don't administer."""
    there = (webhook for webhook in await all_webhooks(view) if webhook.id == webhook_id)
    return next(there, None)


async def deliveries_page(
    view: View, webhook_id: UUID, *, failed_only: bool, first: int, after: str | None
) -> Page[WebhookDelivery]:
    """Deliveries of a webhook, newest first; failed are those whose last try was."""
    statement = select(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook_id)
    if failed_only:
        statement = statement.where(
            col(WebhookDelivery.problem).is_not(None), col(WebhookDelivery.delivered_at).is_(None)
        )
    order = (Key(col(WebhookDelivery.id), descending=True, is_id=True),)
    scope = f"deliveries:{webhook_id}:{failed_only}"
    return await read_page(view, statement, order, scope, first, after)
