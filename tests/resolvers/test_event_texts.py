"""What is written on events later: every text is kept, and nobody's is overwritten unseen."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.events import Event, EventText
from models.leads import Lead
from resolvers import event_texts, events
from resolvers.access import lock_leads
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import Conflict, NotFound, ProblemCode
from resolvers.events import NewEvent
from resolvers.history import summary_of
from resolvers.merging import absorb
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of, head_of


class Desk:
    def __init__(self, services: Services, admin: StaffActor, lead_id: UUID) -> None:
        self.services, self.admin, self.lead_id = services, admin, lead_id

    async def event(self, name: str = "Left a voicemail") -> UUID:
        event_id: UUID = await act(
            self.services, self.admin, events.add_event, self.lead_id, NewEvent(name), uuid4().hex
        )
        return event_id

    async def write(
        self, event_id: UUID, body: str, expected: int | None = None, lead_id: UUID | None = None
    ) -> None:
        await act(
            self.services, self.admin, event_texts.annotate_event, lead_id or self.lead_id,
            event_id, body, expected,
        )  # fmt: skip

    async def texts(self, event_id: UUID) -> list[tuple[int, str]]:
        statement = (
            select(EventText)
            .where(col(EventText.event_id) == event_id)
            .order_by(col(EventText.version))
        )
        async with self.services.database.read_session() as session:
            return [(row.version, row.body) for row in await session.scalars(statement)]


@pytest.fixture
async def desk(services: Services) -> Desk:
    return Desk(services, await make_staff(services), await make_lead(services))


@pytest.mark.behaviour("A5")
async def test_every_text_is_kept_also_when_it_was_taken_away(
    desk: Desk, clock: ManualClock
) -> None:
    event_id = await desk.event()
    for body in ("Call back", " Call back\r\nafter five ", "", "She called"):
        clock.advance(1)
        await desk.write(event_id, body)
    assert await desk.texts(event_id) == [
        (1, "Call back"),
        (2, "Call back\nafter five"),
        (3, ""),
        (4, "She called"),
    ]
    changes = await changes_of(desk.services, desk.lead_id, 2)
    assert [summary_of(change) for change in changes] == [
        "Wrote on the event Left a voicemail.",
        "Changed the text on the event Left a voicemail.",
        "Removed the text on the event Left a voicemail.",
        "Wrote on the event Left a voicemail.",
    ]
    assert all("Call back" not in str(change.data) for change in changes)


@pytest.mark.behaviour("A5")
async def test_the_text_that_is_there_writes_nothing(desk: Desk) -> None:
    event_id = await desk.event()
    await desk.write(event_id, " ")
    await desk.write(event_id, "Call back")
    head = await head_of(desk.services, desk.lead_id)
    await desk.write(event_id, "Call back ", expected=0)
    assert await desk.texts(event_id) == [(1, "Call back")]
    assert await head_of(desk.services, desk.lead_id) == head == 3


@pytest.mark.behaviour("A5")
async def test_a_text_upon_an_old_one_is_refused_with_all_three(desk: Desk) -> None:
    event_id = await desk.event()
    await desk.write(event_id, "one", expected=0)
    await desk.write(event_id, "two", expected=1)
    for expected, base in ((1, {"type": "TEXT", "text": "one"}), (0, None)):
        with pytest.raises(Conflict) as caught:
            await desk.write(event_id, "mine", expected)
        (clash,) = caught.value.clashes
        assert (clash.path, clash.base, clash.changed_by) == ("body", base, "Ada Ames")
        assert (clash.current, clash.attempted) == (
            {"type": "TEXT", "text": "two"},
            {"type": "TEXT", "text": "mine"},
        )
        assert (caught.value.owner, caught.value.version) == (event_id, 2)
    await desk.write(event_id, "mine", expected=2)
    assert (await desk.texts(event_id))[-1] == (3, "mine")


@pytest.mark.behaviour("A5")
async def test_odd_texts_and_events_of_others_are_refused(desk: Desk) -> None:
    event_id = await desk.event()
    for body, code in (("x" * 20_001, ProblemCode.TOO_LARGE), ("a\x00", ProblemCode.MALFORMED)):
        assert await problem_of(desk.write(event_id, body)) == ("body", code)
    other = await make_lead(desk.services)
    for wrong_event, lead_id in ((uuid4(), desk.lead_id), (event_id, other)):
        with pytest.raises(NotFound):
            await desk.write(wrong_event, "Hello", lead_id=lead_id)
    assert await desk.texts(event_id) == []
    await desk.write(event_id, "x" * 20_000)


async def test_a_text_goes_with_its_event_into_another_lead(desk: Desk) -> None:
    event_id = await desk.event()
    await desk.write(event_id, "Call back")
    known = await make_lead(desk.services)
    async with unit_of_work(desk.services, SYSTEM) as work:
        into, gone = await lock_leads(work.session, known, desk.lead_id)
        assert isinstance(into, Lead)
        await absorb(work, into, gone)
    await desk.write(event_id, "She called", expected=1)
    async with desk.services.database.read_session() as session:
        event = await session.scalar(select(Event).where(col(Event.id) == event_id))
    assert event is not None
    assert (event.lead_id, event.version) == (known, 2)
    assert await desk.texts(event_id) == [(1, "Call back"), (2, "She called")]
