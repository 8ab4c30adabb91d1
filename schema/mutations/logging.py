"""Putting down what took place elsewhere: meetings, calls, mails and messages."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Maybe

from models.enums import AppointmentKind, CallOutcome, Channel, MessageDirection
from resolvers import appointments, calls, logged_messages
from resolvers.appointments import Held
from resolvers.calls import CallEdit, NewCall
from resolvers.logged_messages import LoggedMessage
from resolvers.unit_of_work import UnitOfWork
from schema.appointments import Appointment
from schema.calls import Call
from schema.context import Info, read_id
from schema.conversations import Message
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    read_version,
)
from schema.mutations.appointments import with_appointment
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey, PhoneNumber, Version


@strawberry.input(description="Input of `logMeeting`.")
class LogMeetingInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    kind: AppointmentKind = strawberry.field(
        default=AppointmentKind.MEETING, description="MEETING or SHOWING; a call has `logCall`."
    )
    starts_at: datetime = strawberry.field(description="Start; back-dating is marked.")
    ends_at: datetime = strawberry.field(description="End, after the start.")
    title: str | None = strawberry.field(
        default=None, description="1 to 200 characters; absent: the kind."
    )
    note: str | None = strawberry.field(default=None, description="At most 20,000 characters.")


@strawberry.type(description="Success of `logMeeting`.")
class LogMeetingSuccess(LeadWrite):
    appointment: Appointment = strawberry.field(description="The appointment.")


@strawberry.input(description="Input of `logCall`.")
class LogCallInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    direction: MessageDirection = strawberry.field(description="Who called; not TAKEN.")
    phone_number: PhoneNumber | None = strawberry.field(
        default=None, description="Number; absent: the primary."
    )
    occurred_at: datetime | None = strawberry.field(
        default=None, description="Start, not in the future; absent: now."
    )
    duration_seconds: int = strawberry.field(default=0, description="0 to 86,400.")
    outcome: CallOutcome = strawberry.field(description="Outcome.")
    note: str | None = strawberry.field(default=None, description="At most 20,000 characters.")


@strawberry.type(description="Success of `logCall`.")
class LogCallSuccess(LeadWrite):
    call: Call = strawberry.field(description="The call.")


@strawberry.input(description="Input of `updateCall`; absent stays.")
class UpdateCallInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    call_id: strawberry.ID = strawberry.field(description="The call.")
    outcome: Maybe[CallOutcome] = strawberry.field(description="Outcome.")
    note: Maybe[str | None] = strawberry.field(
        description="At most 20,000 characters; null clears."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `updateCall`.")
class UpdateCallSuccess(LeadWrite):
    call: Call = strawberry.field(description="The call.")


@strawberry.input(description="Input of `logMessage`.")
class LogMessageInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    channel: Channel = strawberry.field(
        description="EMAIL, SMS or WHATSAPP; chat and pop-ups are kept anyway."
    )
    direction: MessageDirection = strawberry.field(description="Direction.")
    subject: str | None = strawberry.field(default=None, description="At most 200 characters.")
    text: str = strawberry.field(description="1 to 20,000 characters.")
    taken_from: str | None = strawberry.field(
        default=None, description="TAKEN: from whom; at most 100 characters."
    )
    at: datetime | None = strawberry.field(
        default=None, description="When, not in the future; absent: now."
    )


@strawberry.type(description="Success of `logMessage`.")
class LogMessageSuccess(LeadWrite):
    logged_message: Message = strawberry.field(description="The message.")


LogMeetingResult = Annotated[
    LogMeetingSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("LogMeetingResult", description="Result of `logMeeting`."),
]
LogCallResult = Annotated[
    LogCallSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("LogCallResult", description="Result of `logCall`."),
]
UpdateCallResult = Annotated[
    UpdateCallSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("UpdateCallResult", description="Result of `updateCall`."),
]
LogMessageResult = Annotated[
    LogMessageSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("LogMessageResult", description="Result of `logMessage`."),
]


async def log_meeting(
    info: Info, input: Annotated[LogMeetingInput, strawberry.argument(description=INPUT)]
) -> LogMeetingResult:
    """Puts down a meeting or showing."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    held = Held(input.kind, input.starts_at, input.ends_at, input.title, input.note)
    async with info.context.work() as work:
        made = await appointments.log_meeting(work, lead_id, held, input.idempotency_key)
    return LogMeetingSuccess(**await with_appointment(info, work, lead_id, made))


async def log_call(
    info: Info, input: Annotated[LogCallInput, strawberry.argument(description=INPUT)]
) -> LogCallResult:
    """Puts down a phone call."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    new = NewCall(
        direction=input.direction,
        outcome=input.outcome,
        number=input.phone_number,
        occurred_at=input.occurred_at,
        duration_seconds=input.duration_seconds,
        note=input.note,
    )
    async with info.context.work() as work:
        made = await calls.log_call(work, lead_id, new, input.idempotency_key)
    return LogCallSuccess(**await _with_call(info, work, lead_id, made))


async def update_call(
    info: Info, input: Annotated[UpdateCallInput, strawberry.argument(description=INPUT)]
) -> UpdateCallResult:
    """Corrects a call."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    call_id = read_id("callId", "call", input.call_id)
    given = (("outcome", input.outcome), ("note", input.note))
    parts = {key: part.value for key, part in given if part is not None}
    edit = CallEdit(parts, read_version(info, call_id, input.expected_version))
    async with info.context.work() as work:
        await calls.update_call(work, lead_id, call_id, edit)
    return UpdateCallSuccess(**await _with_call(info, work, lead_id, call_id))


async def log_message(
    info: Info, input: Annotated[LogMessageInput, strawberry.argument(description=INPUT)]
) -> LogMessageResult:
    """Puts down a mail or message."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    new = LoggedMessage(
        channel=input.channel,
        direction=input.direction,
        text=input.text,
        subject=input.subject,
        taken_from=input.taken_from,
        at=input.at,
    )
    async with info.context.work() as work:
        made = await logged_messages.log_message(work, lead_id, new, input.idempotency_key)
    view, fields = await written(info, work, lead_id)
    row = await view.load.message.load(made)
    assert row is not None
    return LogMessageSuccess(logged_message=Message(row=row, view=view), **fields)


async def _with_call(info: Info, work: UnitOfWork, lead_id: UUID, call_id: UUID) -> dict[str, Any]:
    view, fields = await written(info, work, lead_id)
    row = await view.load.call.load(call_id)
    assert row is not None
    return {"call": Call(row=row, view=view), **fields}
