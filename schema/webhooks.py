"""Addresses that are told of changes, and what became of each telling."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import HistoryType
from models.webhooks import Webhook as WebhookRow
from models.webhooks import WebhookDelivery as DeliveryRow
from resolvers.webhooks import saving
from resolvers.webhooks.saving import WebhookEdit
from schema.context import Info, argument_id, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
    seal_version,
)
from schema.history import HistoryEntry
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.pages import AFTER, FIRST, PageInfo, connection
from schema.scalars import Cursor, IdempotencyKey, Url, Version
from schema.values import global_id


@strawberry.type(description="One delivery to a webhook.")
class WebhookDelivery:
    row: strawberry.Private[DeliveryRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The delivery; sent along, so that a receiver can drop repeats.")
    def id(self) -> strawberry.ID:
        return global_id("webhook_delivery", self.row.id)

    @strawberry.field(description="A test, which tells of no change and is tried once.")
    def is_test(self) -> bool:
        return self.row.is_test

    @strawberry.field(description="The change that it tells of, if you may see it; null: a test.")
    async def cause(self) -> HistoryEntry | None:
        row = await self.view.load.change_at.load((self.row.lead_id, self.row.revision))
        return HistoryEntry(row=row, view=self.view) if row else None

    @strawberry.field(description="When it was wanted.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When first tried; null: not yet.")
    def at(self) -> datetime | None:
        return self.row.tried_at

    @strawberry.field(description="Tries so far.")
    def attempts(self) -> int:
        return self.row.attempts

    @strawberry.field(description="Answer of the last try.")
    def response_code(self) -> int | None:
        return self.row.response_code

    @strawberry.field(description="What went wrong, at most 500 characters.")
    def problem(self) -> str | None:
        return self.row.problem

    @strawberry.field(description="When it was accepted; null: not yet.")
    def delivered_at(self) -> datetime | None:
        return self.row.delivered_at

    @strawberry.field(description="Next try; null: none.")
    def next_try_at(self) -> datetime | None:
        return self.row.next_try_at


@strawberry.type(description="Row of WebhookDeliveryConnection.")
class WebhookDeliveryEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: WebhookDelivery = strawberry.field(description="The row.")


@strawberry.type(description="Page of deliveries.")
class WebhookDeliveryConnection:
    edges: list[WebhookDeliveryEdge] = strawberry.field(description="With cursors.")
    nodes: list[WebhookDelivery] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")


@strawberry.type(
    description="Address that is told of changes, signed with HMAC-SHA256 over timestamp and body."
)
class Webhook:
    row: strawberry.Private[WebhookRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The webhook.")
    def id(self) -> strawberry.ID:
        return global_id("webhook", self.row.id)

    @strawberry.field(description="https address of a public host.")
    def url(self) -> Url:
        return Url(self.row.url)

    @strawberry.field(description="History types sent; empty: all.")
    def types(self) -> list[HistoryType]:
        return [HistoryType(each) for each in self.row.types]

    @strawberry.field(description="Sends now.")
    def is_enabled(self) -> bool:
        return self.row.is_enabled

    @strawberry.field(description="Why it was switched off by itself.")
    def disabled_reason(self) -> str | None:
        return self.row.disabled_reason

    @strawberry.field(description="Deliveries, newest first; kept 30 days.")
    async def deliveries(
        self,
        first: Annotated[int, strawberry.argument(description=FIRST)],
        after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
        failed_only: Annotated[bool, strawberry.argument(description="Only failed ones.")] = False,
    ) -> WebhookDeliveryConnection:
        page = await saving.deliveries_page(
            self.view, self.row.id, failed_only=failed_only, first=first, after=after
        )
        return connection(
            WebhookDeliveryConnection,
            WebhookDeliveryEdge,
            page,
            lambda row: WebhookDelivery(row=row, view=self.view),
        )

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.input(description="Input of `saveWebhook`.")
class SaveWebhookInput:
    url: Url = strawberry.field(
        description="https address, port 443 or 8443; one that leads to a private host is refused."
    )
    idempotency_key: IdempotencyKey | None = strawberry.field(
        default=None, description="Makes a repeat safe when it is new."
    )
    webhook_id: strawberry.ID | None = strawberry.field(
        default=None, description="The webhook; absent: a new one."
    )
    types: list[HistoryType] = strawberry.field(
        default_factory=list, description="History types; empty: all."
    )
    is_enabled: bool = strawberry.field(default=True, description="On or off.")
    renew_secret: bool = strawberry.field(default=False, description="Give it a new secret.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveWebhook`.")
class SaveWebhookSuccess:
    webhook: Webhook = strawberry.field(description="The webhook.")
    signing_secret: str | None = strawberry.field(description="Signing secret when new; else null.")


SaveWebhookResult = Annotated[
    SaveWebhookSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveWebhookResult", description="Result of `saveWebhook`."),
]


@strawberry.input(description="Input of `removeWebhook`.")
class RemoveWebhookInput:
    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")


@strawberry.type(description="Success of `removeWebhook`.")
class RemoveWebhookSuccess:
    webhook_id: strawberry.ID = strawberry.field(description="Its id.")


RemoveWebhookResult = Annotated[
    RemoveWebhookSuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union("RemoveWebhookResult", description="Result of `removeWebhook`."),
]


@strawberry.input(description="Input of `resendWebhookDelivery`.")
class ResendWebhookDeliveryInput:
    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")


@strawberry.type(description="Success of `resendWebhookDelivery`.")
class ResendWebhookDeliverySuccess:
    delivery: WebhookDelivery = strawberry.field(description="The delivery.")


ResendWebhookDeliveryResult = Annotated[
    ResendWebhookDeliverySuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union(
        "ResendWebhookDeliveryResult", description="Result of `resendWebhookDelivery`."
    ),
]


@strawberry.input(description="Input of `testWebhook`.")
class TestWebhookInput:
    webhook_id: strawberry.ID = strawberry.field(description="The webhook, on or off.")


@strawberry.type(description="Success of `testWebhook`.")
class TestWebhookSuccess:
    delivery: WebhookDelivery = strawberry.field(description="The delivery, not yet tried.")


TestWebhookResult = Annotated[
    TestWebhookSuccess | ForbiddenError | NotFoundError | LimitError | InvalidInputError,
    strawberry.union("TestWebhookResult", description="Result of `testWebhook`."),
]


async def webhooks(info: Info) -> list[Webhook]:
    """Webhooks by address; empty for those who do not administer."""
    view = await info.context.reading()
    return [Webhook(row=row, view=view) for row in await saving.all_webhooks(view)]


async def webhook(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The webhook.")]
) -> Webhook | None:
    """One webhook; null for those who do not administer."""
    view = await info.context.reading()
    row = await saving.find_webhook(view, argument_id("webhook", id))
    return Webhook(row=row, view=view) if row else None


async def save_webhook(
    info: Info, input: Annotated[SaveWebhookInput, strawberry.argument(description=INPUT)]
) -> SaveWebhookResult:
    """Makes or changes a webhook."""
    webhook_id = None
    if input.webhook_id:
        webhook_id = read_id("webhookId", "webhook", input.webhook_id)
    edit = WebhookEdit(
        url=input.url,
        types=input.types,
        is_enabled=input.is_enabled,
        renews_secret=input.renew_secret,
        expected=read_version(info, webhook_id, input.expected_version) if webhook_id else None,
    )
    async with info.context.work() as work:
        row, secret = await saving.save_webhook(work, webhook_id, edit, input.idempotency_key)
    view = info.context.view(work.actor)
    return SaveWebhookSuccess(webhook=Webhook(row=row, view=view), signing_secret=secret)


async def remove_webhook(
    info: Info, input: Annotated[RemoveWebhookInput, strawberry.argument(description=INPUT)]
) -> RemoveWebhookResult:
    """Removes a webhook."""
    webhook_id = read_id("webhookId", "webhook", input.webhook_id)
    async with info.context.work() as work:
        await saving.remove_webhook(work, webhook_id)
    return RemoveWebhookSuccess(webhook_id=global_id("webhook", webhook_id))


async def resend_webhook_delivery(
    info: Info,
    input: Annotated[ResendWebhookDeliveryInput, strawberry.argument(description=INPUT)],
) -> ResendWebhookDeliveryResult:
    """Sends a delivery again."""
    delivery_id = read_id("deliveryId", "webhook_delivery", input.delivery_id)
    async with info.context.work() as work:
        row = await saving.resend(work, delivery_id)
    view = info.context.view(work.actor)
    return ResendWebhookDeliverySuccess(delivery=WebhookDelivery(row=row, view=view))


async def test_webhook(
    info: Info, input: Annotated[TestWebhookInput, strawberry.argument(description=INPUT)]
) -> TestWebhookResult:
    """Sends a test."""
    webhook_id = read_id("webhookId", "webhook", input.webhook_id)
    async with info.context.work() as work:
        row = await saving.send_test(work, webhook_id)
    view = info.context.view(work.actor)
    return TestWebhookSuccess(delivery=WebhookDelivery(row=row, view=view))
