"""Reminders ahead of appointments: once, in time, to who goes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import AppointmentKind, AppointmentOutcome, JobKind, NotificationKind, StaffRole
from models.jobs import Job
from models.notifications import Notification
from models.staff import Staff
from resolvers import appointments, jobs, leads
from resolvers.actors import SYSTEM
from resolvers.appointments import AppointmentEdit, Held, NewAppointment
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.worker import run_due_jobs
from tests.factories import make_lead, make_staff
from tests.resolvers.verify import act

HOUR = timedelta(hours=1)


class Desk:
    """ADMIN plans for Bo, who sees the lead; the clock stands at 09:00 UTC."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock

    async def set_up(self) -> "Desk":
        self.admin = await make_staff(self.services)
        self.bo = await make_staff(self.services, StaffRole.AGENT, "Bo Brandt")
        self.lead_id = await make_lead(self.services, assignee_id=self.bo.id)
        return self

    async def by_admin(self, use_case: Any, *given: Any) -> Any:
        return await act(self.services, self.admin, use_case, self.lead_id, *given)

    async def plan(self, ahead: timedelta = HOUR, minutes: int | None = 30, **more: Any) -> UUID:
        start = self.clock.now() + ahead
        given = {"title": "Flat tour", "assignee_id": self.bo.id, **more}
        new = NewAppointment(
            AppointmentKind.SHOWING, start, start + HOUR, reminder_minutes=minutes, **given
        )
        made: UUID = await self.by_admin(appointments.schedule, new, uuid4().hex)
        return made

    async def edit(self, appointment_id: UUID, **parts: Any) -> None:
        await self.by_admin(appointments.update, appointment_id, AppointmentEdit(parts))

    async def later(self, minutes: float) -> None:
        self.clock.advance(minutes * 60)
        await run_due_jobs(self.services)

    async def told(self) -> Sequence[Notification]:
        statement = (
            select(Notification)
            .where(col(Notification.kind) == NotificationKind.APPOINTMENT_REMINDER)
            .order_by(col(Notification.at))
        )
        async with self.services.database.read_session() as session:
            return (await session.scalars(statement)).all()

    async def waiting(self) -> list[JobKind]:
        async with self.services.database.read_session() as session:
            return list(await session.scalars(select(col(Job.kind))))


@pytest.fixture
async def desk(services: Services, clock: ManualClock) -> Desk:
    return await Desk(services, clock).set_up()


@pytest.mark.behaviour("A46")
async def test_who_goes_is_reminded_once_and_not_before_its_time(desk: Desk) -> None:
    appointment_id = await desk.plan()
    await desk.later(29.99)
    assert await desk.told() == []
    await desk.later(0.01)
    (reminder,) = await desk.told()
    assert reminder.staff_id == desk.bo.id
    assert reminder.text == "Mon 2 March, 10:00: Flat tour, Lena Lorenz"
    assert (reminder.lead_id, reminder.subject_id) == (desk.lead_id, appointment_id)
    await desk.later(600)
    assert len(await desk.told()) == 1
    assert await desk.waiting() == []


@pytest.mark.behaviour("A46")
async def test_the_time_is_told_in_the_zone_of_who_goes(desk: Desk) -> None:
    async with unit_of_work(desk.services, SYSTEM) as work:
        await work.session.execute(update(Staff).values(time_zone="Asia/Kolkata"))
    await desk.plan(title="x" * 200)
    await desk.plan(timedelta(hours=4), is_all_day=True, time_zone="Pacific/Kiritimati", minutes=0)
    await desk.later(30)
    await desk.later(30)
    texts = {each.text for each in await desk.told()}
    assert texts == {f"Mon 2 March, 15:30: {'x' * 179}…", "Tue 3 March: Flat tour, Lena Lorenz"}


@pytest.mark.behaviour("A46")
async def test_a_reminder_moves_with_its_appointment(desk: Desk) -> None:
    appointment_id = await desk.plan()
    start = desk.clock.now() + 3 * HOUR
    await desk.edit(appointment_id, starts_at=start, ends_at=start + HOUR)
    await desk.later(60)
    assert await desk.told() == []
    await desk.edit(appointment_id, reminder_minutes=90)
    await desk.later(30)
    assert len(await desk.told()) == 1
    await desk.edit(appointment_id, starts_at=start + HOUR, ends_at=start + 2 * HOUR)
    await desk.later(59)
    assert len(await desk.told()) == 1
    await desk.later(1)
    assert len(await desk.told()) == 2


@pytest.mark.behaviour("A46")
async def test_what_is_over_or_wanted_no_more_reminds_nobody(desk: Desk) -> None:
    await desk.by_admin(appointments.cancel, await desk.plan(), None)
    held = AppointmentOutcome.HELD
    await desk.by_admin(appointments.record_outcome, await desk.plan(), held, {}, None)
    await desk.edit(await desk.plan(), reminder_minutes=None)
    await desk.plan(minutes=None)
    await desk.plan(timedelta(minutes=10))  # its time was over when it was planned
    start = desk.clock.now() - HOUR
    put_down = Held(AppointmentKind.MEETING, start, start + HOUR)
    await desk.by_admin(appointments.log_meeting, put_down, uuid4().hex)
    assert await desk.waiting() == []
    await desk.later(600)
    assert await desk.told() == []


@pytest.mark.behaviour("A46")
async def test_only_who_goes_then_and_is_here_is_reminded(
    desk: Desk,
) -> None:
    handed = await desk.plan()
    await desk.edit(handed, assignee_id=desk.admin.id)
    await desk.edit(await desk.plan(), assignee_id=None)
    cy = await make_staff(desk.services, StaffRole.AGENT, "Cy Cole")
    await desk.plan(assignee_id=cy.id)
    dee = await make_staff(desk.services, StaffRole.MANAGER, "Dee Dahl")
    await desk.plan(assignee_id=dee.id)
    async with unit_of_work(desk.services, SYSTEM) as work:
        row = await work.session.get_one(Staff, dee.id)
        row.is_active = False
    await desk.later(30)
    told = {each.staff_id: each for each in await desk.told()}
    assert set(told) == {desk.admin.id, cy.id}
    assert told[desk.admin.id].lead_id == desk.lead_id
    assert "Lorenz" in told[desk.admin.id].text
    assert told[cy.id].lead_id is None
    assert "Lorenz" not in told[cy.id].text
    assert await desk.waiting() == []


@pytest.mark.behaviour("A46")
async def test_a_reminder_that_comes_much_too_late_is_none(desk: Desk) -> None:
    await desk.plan()
    await desk.plan(minutes=0)
    desk.clock.advance(2 * 3600 - 1)
    await run_due_jobs(desk.services)
    assert len(await desk.told()) == 2
    await desk.plan()
    await desk.later(120)
    assert len(await desk.told()) == 2


@pytest.mark.behaviour("A46")
async def test_a_second_job_for_one_reminder_tells_nothing(desk: Desk) -> None:
    appointment_id = await desk.plan()
    due = desk.clock.now() + HOUR / 2
    data = {"appointment": appointment_id.hex, "due": due.isoformat()}
    async with unit_of_work(desk.services, SYSTEM) as work:
        await jobs.enqueue(work, JobKind.REMIND_OF_APPOINTMENT, data, due_at=due, key="other")
    await desk.later(30)
    assert len(await desk.told()) == 1
    assert await desk.waiting() == []


@pytest.mark.behaviour("A46")
async def test_a_failed_act_leaves_the_reminder_as_it_was(desk: Desk) -> None:
    appointment_id = await desk.plan()

    async def cancel_and_fail(work: UnitOfWork, lead_id: UUID) -> None:
        await appointments.cancel(work, lead_id, appointment_id, None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await desk.by_admin(cancel_and_fail)
    await desk.later(30)
    assert len(await desk.told()) == 1


@pytest.mark.behaviour("A43", "A46")
async def test_handing_a_lead_over_hands_over_what_is_ahead_with_its_reminder(
    desk: Desk,
) -> None:
    await desk.plan()
    await desk.plan(title="The admin's own", assignee_id=desk.admin.id, minutes=None)
    await desk.by_admin(leads.assign, desk.admin.id, None)
    async with unit_of_work(desk.services, desk.admin) as work:
        moved = await appointments.move_open(work, desk.lead_id, desk.bo.id, desk.admin.id)
    assert moved == 1
    await desk.later(30)
    assert [each.staff_id for each in await desk.told()] == [desk.admin.id]
