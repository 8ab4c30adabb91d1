"""Events added by hand: kinds, times, and what they are counted as."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import EventOrigin
from models.events import Event, EventGroup, EventKind
from models.leads import Lead
from resolvers import events
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import NotFound, Precondition, PreconditionReason, ProblemCode
from resolvers.events import NewEvent
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, head_of


class Desk:
    def __init__(self, services: Services, admin: StaffActor, lead_id: UUID) -> None:
        self.services, self.admin, self.lead_id = services, admin, lead_id

    async def add(self, new: NewEvent) -> Event:
        event_id = await act(
            self.services, self.admin, events.add_event, self.lead_id, new, uuid4().hex
        )
        (event,) = await self.all(select(Event).where(col(Event.id) == event_id))
        assert isinstance(event, Event)
        return event

    async def all(self, statement: Any) -> list[Any]:
        async with self.services.database.read_session() as session:
            return list(await session.scalars(statement))

    async def kind(self, name: str) -> UUID:
        (kind,) = await self.all(select(EventKind).where(col(EventKind.name) == name))
        return kind.id


@pytest.fixture
async def desk(services: Services) -> Desk:
    return Desk(services, await make_staff(services), await make_lead(services))


@pytest.mark.behaviour("B18")
async def test_an_event_by_hand_is_no_activity_of_the_lead(desk: Desk) -> None:
    event = await desk.add(NewEvent("Came by"))
    assert (event.origin, event.actor_name) == (EventOrigin.MANUAL, "Ada Ames")
    (lead,) = await desk.all(select(Lead))
    assert lead.last_activity_at is None


@pytest.mark.behaviour("B17")
async def test_times_ahead_are_clamped_and_times_before_are_flagged(
    desk: Desk, clock: ManualClock
) -> None:
    now = clock.now()
    for offset, is_clamped, is_backdated in (
        (timedelta(minutes=5), False, False),
        (timedelta(minutes=5, microseconds=1), True, False),
        (timedelta(days=400), True, False),
        (timedelta(minutes=-5), False, False),
        (timedelta(days=-400), False, True),
    ):
        event = await desk.add(NewEvent("Came by", occurred_at=now + offset))
        assert (event.is_clamped, event.is_backdated) == (is_clamped, is_backdated), offset
        assert event.occurred_at == (now if is_clamped else now + offset)
        assert event.received_at == now
    (group,) = await desk.all(select(EventGroup))
    assert (group.count, group.first_at) == (5, now - timedelta(days=400))
    assert group.last_at == now + timedelta(minutes=5)


@pytest.mark.behaviour("B19")
async def test_events_are_counted_by_kind_or_by_name_without_case(desk: Desk) -> None:
    call = await desk.kind("Phone call")
    for new in (
        NewEvent(None, call),
        NewEvent(" phone CALL "),
        NewEvent("Came by"),
        NewEvent("came BY"),
        NewEvent("Cäme by"),
    ):
        await desk.add(new)
    rows = await desk.all(select(Event))
    groups = await desk.all(select(EventGroup))
    assert {group.name: group.count for group in groups} == {"Phone call": 2, "Came by": 3}
    for group in groups:
        of_group = [row for row in rows if row.group_key == group.group_key]
        assert sum(row.count for row in of_group) == group.count
        assert max(row.occurred_at for row in of_group) == group.last_at
    assert {row.kind_id for row in rows} == {call, None}


@pytest.mark.behaviour("B18")
async def test_odd_events_are_refused(desk: Desk) -> None:
    call = await desk.kind("Phone call")
    fine = NewEvent("Came by", parameters=[("a", {"type": "TEXT", "text": "b"})])
    parameters = [(f"p{number}", {"type": "TEXT", "text": "b"}) for number in range(51)]
    for new, path, code in (
        (replace(fine, name=None), "name", ProblemCode.REQUIRED),
        (replace(fine, name="  "), "name", ProblemCode.REQUIRED),
        (replace(fine, name="x" * 101), "name", ProblemCode.TOO_LARGE),
        (replace(fine, name="a\x00"), "name", ProblemCode.MALFORMED),
        (replace(fine, kind_id=call), "name", ProblemCode.CONTRADICTION),
        (replace(fine, parameters=parameters), "parameters", ProblemCode.TOO_LARGE),
        (replace(fine, parameters=[("", parameters[0][1])]), "parameters.0.name",
         ProblemCode.REQUIRED),
        (replace(fine, page_url="javascript:x"), "page.url", ProblemCode.MALFORMED),
        (replace(fine, page_url="https://a.example/" + "x" * 2048), "page.url",
         ProblemCode.MALFORMED),
    ):  # fmt: skip
        assert await problem_of(desk.add(new)) == (path, code)
    with pytest.raises(NotFound):
        await desk.add(NewEvent(None, uuid4()))
    assert await head_of(desk.services, desk.lead_id) == 1
    event = await desk.add(replace(fine, page_url="https://a.example/b?token=c#d"))
    assert event.page_url == "https://a.example/b"
    assert event.parameters == [{"name": "a", "value": {"type": "TEXT", "text": "b"}}]


async def test_an_archived_kind_takes_no_more_events(desk: Desk) -> None:
    call = await desk.kind("Phone call")
    await desk.add(NewEvent(None, call))
    async with unit_of_work(desk.services, SYSTEM) as work:
        await work.session.execute(update(EventKind).values(archived_at=work.at))
    with pytest.raises(Precondition) as caught:
        await desk.add(NewEvent(None, call))
    assert caught.value.reason is PreconditionReason.ARCHIVED
    assert (await desk.add(NewEvent("Phone call"))).kind_id is None
