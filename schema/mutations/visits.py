"""Acts of a visit's pages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from graphql import GraphQLError

from resolvers import deliveries, visits
from resolvers.errors import ProblemCode, invalid
from resolvers.visitor_feed import feed_cursor
from resolvers.visits import Claim, NewVisit, Page, StartedVisit, Told
from schema.context import Context, Info, read_id
from schema.errors import (
    ConflictError,
    InvalidInputError,
    LimitError,
    NotFoundError,
)
from schema.mutations.writing import INPUT
from schema.scalars import Cursor, IdempotencyKey, LanguageTag, TimeZone, Url, read_instant
from schema.values import ParameterInput, global_id, logged_parameters
from schema.visits import Visit, VisitMessage


@strawberry.input(description="Page that the visitor looks at.")
class VisitPageInput:
    url: Url = strawberry.field(description="Address; its query and fragment are dropped.")
    title: str | None = strawberry.field(
        default=None, description="At most 200 characters; more is cut, an odd one is ignored."
    )

    def given(self) -> Page:
        """As use-cases take it."""
        return Page(self.url, self.title)


@strawberry.input(description="Input of `startVisit`.")
class StartVisitInput:
    site_key: str = strawberry.field(description="Public key of the site.")
    page: VisitPageInput = strawberry.field(
        description="Page; it must be on one of the site's origins."
    )
    token: str | None = strawberry.field(
        default=None, description="Token of an earlier visit in this browser."
    )
    referrer: Url | None = strawberry.field(default=None, description="Page that it came from.")
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="Browser's zone; unknown names are ignored."
    )
    language: LanguageTag | None = strawberry.field(
        default=None, description="Browser's language; odd ones are ignored."
    )


@strawberry.type(description="Success of `startVisit`.")
class StartVisitSuccess:
    visit: Visit = strawberry.field(description="The visit.")
    token: str = strawberry.field(
        description="Token for the other calls; keep it in the site's own storage."
    )
    cursor: Cursor = strawberry.field(description="Position for `visitorFeed`.")
    next_beat_seconds: int = strawberry.field(description="When to beat first after now.")
    activity_seconds: int = strawberry.field(description="Least time between two reports of input.")


StartVisitResult = Annotated[
    StartVisitSuccess | NotFoundError | LimitError | InvalidInputError,
    strawberry.union("StartVisitResult", description="Result of `startVisit`."),
]


@strawberry.input(description="Input of `heartbeat`.")
class HeartbeatInput:
    page_key: str = strawberry.field(
        description="Random name of this page, 8 to 64 ASCII characters; at most 32 live ones."
    )
    is_visible: bool = strawberry.field(description="In front.")
    idle_ms: int | None = strawberry.field(
        default=None,
        description="Milliseconds since the last input; clamped to 0..86,400,000; absent: none "
        "since the last beat.",
    )
    page: VisitPageInput | None = strawberry.field(
        default=None,
        description="Page, when it changed; it must be on one of the site's origins.",
    )
    is_leaving: bool = strawberry.field(
        default=False, description="The page is being left: its lease shrinks to 10 s."
    )


@strawberry.type(description="Success of `heartbeat`.")
class HeartbeatSuccess:
    next_beat_seconds: int = strawberry.field(description="When to beat again.")


HeartbeatResult = Annotated[
    HeartbeatSuccess | LimitError | InvalidInputError,
    strawberry.union("HeartbeatResult", description="Result of `heartbeat`."),
]


@strawberry.input(description="Input of `recordEvent`.")
class RecordEventInput:
    name: str = strawberry.field(description="1 to 100 characters.")
    page_key: str = strawberry.field(description="As in `heartbeat`.")
    sequence: int = strawberry.field(description="Count of the page, from 0.")
    parameters: list[ParameterInput] = strawberry.field(
        default_factory=list, description="At most 50."
    )
    ago_ms: int = strawberry.field(
        default=0,
        description="Milliseconds ago that it happened; clamped to 0..86,400,000.",
    )
    page: VisitPageInput | None = strawberry.field(default=None, description="Page.")


@strawberry.type(description="Success of `recordEvent`.")
class RecordEventSuccess:
    event_id: strawberry.ID = strawberry.field(description="Id of the event.")


RecordEventResult = Annotated[
    RecordEventSuccess | LimitError | InvalidInputError,
    strawberry.union("RecordEventResult", description="Result of `recordEvent`."),
]


@strawberry.input(description="Input of `identify`.")
class IdentifyInput:
    external_id: str | None = strawberry.field(
        default=None, description="The site's id of the person, 1 to 128 characters."
    )
    email_address: str | None = strawberry.field(default=None, description="Address.")
    phone_number: str | None = strawberry.field(default=None, description="Number.")
    name: str | None = strawberry.field(default=None, description="At most 120 characters.")
    expires_at: str | None = strawberry.field(
        default=None,
        description="Instant when the signature ends, at most 24 h ahead, as it was signed.",
    )
    signature: str | None = strawberry.field(
        default=None,
        description="HMAC-SHA256 by the site's secret over externalId, address (may be empty) and "
        "expiresAt, newline between, hexadecimal.",
    )


@strawberry.type(description="Success of `identify`.")
class IdentifySuccess:
    visit: Visit = strawberry.field(description="The visit.")
    token: str = strawberry.field(description="New token; the old one ends.")


IdentifyResult = Annotated[
    IdentifySuccess | LimitError | InvalidInputError,
    strawberry.union("IdentifyResult", description="Result of `identify`."),
]


@strawberry.input(description="Input of `sendVisitorMessage`.")
class SendVisitorMessageInput:
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    text: str = strawberry.field(description="1 to 5,000 characters.")


@strawberry.type(description="Success of `sendVisitorMessage`.")
class SendVisitorMessageSuccess:
    sent_message: VisitMessage = strawberry.field(description="The message.")


SendVisitorMessageResult = Annotated[
    SendVisitorMessageSuccess | LimitError | ConflictError | InvalidInputError,
    strawberry.union("SendVisitorMessageResult", description="Result of `sendVisitorMessage`."),
]


@strawberry.input(description="Input of `markVisitorMessagesRead`.")
class MarkVisitorMessagesReadInput:
    message_id: strawberry.ID = strawberry.field(description="Last message, or the pop-up.")
    is_seen: bool = strawberry.field(
        default=True, description="False: the page has it, and nobody has seen it yet."
    )
    is_clicked: bool = strawberry.field(
        default=False, description="A pop-up's button was followed."
    )


@strawberry.type(description="Success of `markVisitorMessagesRead`.")
class MarkVisitorMessagesReadSuccess:
    unread_count: int = strawberry.field(description="Messages that were not seen yet.")


MarkVisitorMessagesReadResult = Annotated[
    MarkVisitorMessagesReadSuccess | NotFoundError | LimitError | InvalidInputError,
    strawberry.union(
        "MarkVisitorMessagesReadResult", description="Result of `markVisitorMessagesRead`."
    ),
]


@strawberry.input(description="Input of `setVisitorTyping`.")
class SetVisitorTypingInput:
    is_typing: bool = strawberry.field(description="Types.")


@strawberry.type(description="Success of `setVisitorTyping`.")
class SetVisitorTypingSuccess:
    until: datetime = strawberry.field(description="When the mark ends.")


SetVisitorTypingResult = Annotated[
    SetVisitorTypingSuccess | LimitError | InvalidInputError,
    strawberry.union("SetVisitorTypingResult", description="Result of `setVisitorTyping`."),
]


def _started(context: Context, started: StartedVisit) -> tuple[Visit, str]:
    return Visit(caller=started.actor, view=context.view(started.actor)), started.token


async def start_visit(
    info: Info, input: Annotated[StartVisitInput, strawberry.argument(description=INPUT)]
) -> StartVisitResult:
    """Begins or takes up a visit."""
    context: Context = info.context
    timing = context.services.visit_timing
    started = await visits.start_visit(
        context.services,
        NewVisit(
            site_key=input.site_key,
            page=input.page.given(),
            token=input.token,
            referrer=input.referrer,
            time_zone=input.time_zone,
            language=input.language,
            origin=context.origin,
            client=context.client,
            address=context.address,
            user_agent=context.device,
        ),
    )
    made, token = _started(context, started)
    return StartVisitSuccess(
        visit=made,
        token=token,
        cursor=Cursor(
            feed_cursor(
                context.services.secrets,
                started.actor,
                await made.view.epoch(),
                started.revision,
            )
        ),
        next_beat_seconds=whole(timing.visible_beat),
        activity_seconds=whole(timing.activity),
    )


def whole(seconds: float) -> int:
    """Whole seconds, at least one."""
    return max(1, round(seconds))


async def heartbeat(
    info: Info, input: Annotated[HeartbeatInput, strawberry.argument(description=INPUT)]
) -> HeartbeatResult:
    """Keeps a page's lease."""
    context: Context = info.context
    caller = await context.visitor()
    if input.is_leaving:
        await visits.leave(context.services, caller, input.page_key)
        return HeartbeatSuccess(next_beat_seconds=whole(context.services.visit_timing.hidden_beat))
    seconds = await visits.heartbeat(
        context.services,
        caller,
        input.page_key,
        is_visible=input.is_visible,
        idle_ms=input.idle_ms,
        page=input.page.given() if input.page else None,
    )
    return HeartbeatSuccess(next_beat_seconds=whole(seconds))


async def record_event(
    info: Info, input: Annotated[RecordEventInput, strawberry.argument(description=INPUT)]
) -> RecordEventResult:
    """Records what the visitor did."""
    context: Context = info.context
    caller = await context.visitor()
    told = Told(
        name=input.name,
        page_key=input.page_key,
        sequence=input.sequence,
        ago_ms=input.ago_ms,
        page=input.page.given() if input.page else None,
        parameters=logged_parameters("parameters", input.parameters),
    )
    event_id = await visits.record(context.services, caller, told)
    return RecordEventSuccess(event_id=global_id("event", event_id))


async def identify(
    info: Info, input: Annotated[IdentifyInput, strawberry.argument(description=INPUT)]
) -> IdentifyResult:
    """Links the visit to a person."""
    context: Context = info.context
    caller = await context.visitor()
    claim = Claim(
        external_id=input.external_id,
        email_address=input.email_address,
        phone_number=input.phone_number,
        name=input.name,
        expires_at=_instant("expiresAt", input.expires_at) if input.expires_at else None,
        expires_text=input.expires_at or "",
        signature=input.signature,
    )
    started = await visits.identify(context.services, caller, claim)
    made, token = _started(context, started)
    return IdentifySuccess(visit=made, token=token)


def _instant(path: str, written: str) -> datetime:
    """An instant that came as text, because the text itself is signed."""
    try:
        return read_instant(written)
    except GraphQLError as error:
        raise invalid(path, ProblemCode.MALFORMED, error.message) from error


async def send_visitor_message(
    info: Info,
    input: Annotated[SendVisitorMessageInput, strawberry.argument(description=INPUT)],
) -> SendVisitorMessageResult:
    """Writes to the team in the visit's chat."""
    context: Context = info.context
    caller = await context.visitor()
    message_id: UUID = await visits.send_visitor_message(
        context.services, caller, input.text, input.idempotency_key
    )
    row = await context.view(caller).load.message.load(message_id)
    assert row is not None
    return SendVisitorMessageSuccess(sent_message=VisitMessage(row=row))


async def mark_visitor_messages_read(
    info: Info,
    input: Annotated[MarkVisitorMessagesReadInput, strawberry.argument(description=INPUT)],
) -> MarkVisitorMessagesReadResult:
    """Tells what became of messages to the visitor."""
    context: Context = info.context
    caller = await context.visitor()
    await visits.mark_messages(
        context.services,
        caller,
        read_id("messageId", "message", input.message_id),
        is_seen=input.is_seen,
        is_clicked=input.is_clicked,
    )
    unread = await deliveries.unread_of(context.view(caller), caller.lead_id)
    return MarkVisitorMessagesReadSuccess(unread_count=unread)


async def set_visitor_typing(
    info: Info,
    input: Annotated[SetVisitorTypingInput, strawberry.argument(description=INPUT)],
) -> SetVisitorTypingResult:
    """Says that the visitor types."""
    context: Context = info.context
    caller = await context.visitor()
    until = await visits.set_typing(context.services, caller, input.is_typing)
    return SetVisitorTypingSuccess(until=until)
