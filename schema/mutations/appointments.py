"""Acts on appointments."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Maybe

from models.enums import AppointmentKind, AppointmentOutcome
from resolvers import appointments
from resolvers.appointments import AppointmentEdit, NewAppointment
from resolvers.unit_of_work import UnitOfWork
from schema.appointments import Appointment
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    read_version,
)
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey, TimeZone, Version


@strawberry.input(description="Input of `scheduleAppointment`.")
class ScheduleAppointmentInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    kind: AppointmentKind = strawberry.field(description="Kind.")
    title: str | None = strawberry.field(
        default=None, description="1 to 200 characters; absent: the kind."
    )
    starts_at: datetime = strawberry.field(
        description="Start, from 1900 on; one in the past is marked."
    )
    ends_at: datetime = strawberry.field(description="End, after the start, at most 31 days.")
    is_all_day: bool = strawberry.field(
        default=False,
        description="Whole days: those that the time from start to end touches in the zone.",
    )
    time_zone: TimeZone | None = strawberry.field(default=None, description="Zone; absent: yours.")
    assignee_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who; absent: you."
    )
    place: str | None = strawberry.field(default=None, description="At most 300 characters.")
    body: str | None = strawberry.field(default=None, description="At most 10,000 characters.")
    reminder_minutes: int | None = strawberry.field(
        default=30, description="0 to 10,080; null: none."
    )


@strawberry.type(description="Success of `scheduleAppointment`.")
class ScheduleAppointmentSuccess(LeadWrite):
    appointment: Appointment = strawberry.field(description="The appointment.")


@strawberry.input(description="Input of `updateAppointment`; absent stays.")
class UpdateAppointmentInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    appointment_id: strawberry.ID = strawberry.field(description="The appointment.")
    title: Maybe[str] = strawberry.field(description="1 to 200 characters.")
    starts_at: Maybe[datetime] = strawberry.field(description="Start.")
    ends_at: Maybe[datetime] = strawberry.field(description="End.")
    is_all_day: Maybe[bool] = strawberry.field(description="Whole days.")
    assignee_id: Maybe[strawberry.ID | None] = strawberry.field(description="Who; null: nobody.")
    place: Maybe[str | None] = strawberry.field(description="At most 300 characters; null clears.")
    body: Maybe[str | None] = strawberry.field(
        description="At most 10,000 characters; null clears."
    )
    reminder_minutes: Maybe[int | None] = strawberry.field(description="0 to 10,080; null: none.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )

    def given(self) -> dict[str, Any]:
        """The parts that are there, as the use-case takes them."""
        parts = {
            key: getattr(self, key)
            for key in (
                "title", "starts_at", "ends_at", "is_all_day", "place", "body",
                "reminder_minutes", "assignee_id",
            )
        }  # fmt: skip
        given = {key: part.value for key, part in parts.items() if part is not None}
        if given.get("assignee_id") is not None:
            given["assignee_id"] = read_id("assigneeId", "staff", given["assignee_id"])
        return given


@strawberry.type(description="Success of `updateAppointment`.")
class UpdateAppointmentSuccess(LeadWrite):
    appointment: Appointment = strawberry.field(description="The appointment.")


@strawberry.input(description="Input of `recordAppointmentOutcome`.")
class RecordAppointmentOutcomeInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    appointment_id: strawberry.ID = strawberry.field(description="The appointment.")
    outcome: AppointmentOutcome = strawberry.field(description="Outcome.")
    note: Maybe[str | None] = strawberry.field(
        description="At most 20,000 characters; absent stays, null clears."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `recordAppointmentOutcome`.")
class RecordAppointmentOutcomeSuccess(LeadWrite):
    appointment: Appointment = strawberry.field(description="The appointment.")


@strawberry.input(description="Input of `cancelAppointment`.")
class CancelAppointmentInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    appointment_id: strawberry.ID = strawberry.field(description="The appointment.")
    reason: str | None = strawberry.field(
        default=None, description="At most 500 characters; kept in the history."
    )


@strawberry.type(description="Success of `cancelAppointment`.")
class CancelAppointmentSuccess(LeadWrite):
    appointment: Appointment = strawberry.field(description="The appointment.")


ScheduleAppointmentResult = Annotated[
    ScheduleAppointmentSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("ScheduleAppointmentResult", description="Result of `scheduleAppointment`."),
]
UpdateAppointmentResult = Annotated[
    UpdateAppointmentSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("UpdateAppointmentResult", description="Result of `updateAppointment`."),
]
RecordAppointmentOutcomeResult = Annotated[
    RecordAppointmentOutcomeSuccess
    | NotFoundError
    | ForbiddenError
    | ConflictError
    | InvalidInputError,
    strawberry.union(
        "RecordAppointmentOutcomeResult", description="Result of `recordAppointmentOutcome`."
    ),
]
CancelAppointmentResult = Annotated[
    CancelAppointmentSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("CancelAppointmentResult", description="Result of `cancelAppointment`."),
]


async def schedule_appointment(
    info: Info, input: Annotated[ScheduleAppointmentInput, strawberry.argument(description=INPUT)]
) -> ScheduleAppointmentResult:
    """Plans an appointment."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    who = input.assignee_id
    new = NewAppointment(
        kind=input.kind,
        starts_at=input.starts_at,
        ends_at=input.ends_at,
        title=input.title,
        is_all_day=input.is_all_day,
        time_zone=input.time_zone,
        assignee_id=read_id("assigneeId", "staff", who) if who else None,
        place=input.place,
        body=input.body,
        reminder_minutes=input.reminder_minutes,
    )
    async with info.context.work() as work:
        made = await appointments.schedule(work, lead_id, new, input.idempotency_key)
    return ScheduleAppointmentSuccess(**await with_appointment(info, work, lead_id, made))


async def update_appointment(
    info: Info, input: Annotated[UpdateAppointmentInput, strawberry.argument(description=INPUT)]
) -> UpdateAppointmentResult:
    """Changes an appointment."""
    lead_id, row_id = _ids(input)
    expected = read_version(info, row_id, input.expected_version)
    async with info.context.work() as work:
        edit = AppointmentEdit(input.given(), expected)
        await appointments.update(work, lead_id, row_id, edit)
    return UpdateAppointmentSuccess(**await with_appointment(info, work, lead_id, row_id))


async def record_appointment_outcome(
    info: Info,
    input: Annotated[RecordAppointmentOutcomeInput, strawberry.argument(description=INPUT)],
) -> RecordAppointmentOutcomeResult:
    """Says what came of an appointment."""
    lead_id, row_id = _ids(input)
    expected = read_version(info, row_id, input.expected_version)
    note = {"note": input.note.value} if input.note else {}
    async with info.context.work() as work:
        await appointments.record_outcome(work, lead_id, row_id, input.outcome, note, expected)
    return RecordAppointmentOutcomeSuccess(**await with_appointment(info, work, lead_id, row_id))


async def cancel_appointment(
    info: Info, input: Annotated[CancelAppointmentInput, strawberry.argument(description=INPUT)]
) -> CancelAppointmentResult:
    """Calls an appointment off."""
    lead_id, row_id = _ids(input)
    async with info.context.work() as work:
        await appointments.cancel(work, lead_id, row_id, input.reason)
    return CancelAppointmentSuccess(**await with_appointment(info, work, lead_id, row_id))


def _ids(input: Any) -> tuple[UUID, UUID]:
    lead_id: UUID = read_id("leadId", "lead", input.lead_id)
    row_id: UUID = read_id("appointmentId", "appointment", input.appointment_id)
    return lead_id, row_id


async def with_appointment(
    info: Info, work: UnitOfWork, lead_id: UUID, row_id: UUID
) -> dict[str, Any]:
    """The fields of an act's success, with the appointment after it."""
    view, fields = await written(info, work, lead_id)
    row = await view.load.appointment.load(row_id)
    assert row is not None
    return {"appointment": Appointment(row=row, view=view), **fields}
