"""A lead with a row in every table that can be about one, one word in all of its texts."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlmodel import col

from models.contact_points import LeadEmailAddress
from models.enums import (
    AppointmentKind,
    AppointmentOutcome,
    CallOutcome,
    Channel,
    MessageDirection,
    NoteVisibility,
)
from models.events import Event
from models.important_dates import ImportantDateKind
from models.pipelines import PipelineState
from models.tasks import Task
from models.visits import Site
from resolvers import (
    accounts,
    appointments,
    avatars,
    calls,
    conversations,
    email_addresses,
    event_texts,
    important_dates,
    leads,
    logged_messages,
    notes,
    phone_numbers,
    tags,
    tasks,
    visits,
)
from resolvers.accounts import OneTimePassword
from resolvers.actors import StaffActor
from resolvers.appointments import Held, NewAppointment
from resolvers.calls import NewCall
from resolvers.conversations import NewMessage
from resolvers.important_dates import DateEdit
from resolvers.leads import PropertyEdit
from resolvers.logged_messages import LoggedMessage
from resolvers.phone_numbers import NumberEdit
from resolvers.services import Services
from resolvers.tasks import NewTask
from resolvers.visits import Page, StartedVisit, Told
from tests.factories import ORIGIN, make_visit
from tests.importing import received_upload
from tests.pictures import picture
from tests.resolvers.verify import act


class FullLife:
    """A visitor whom `admin` came to know; `word` is in whatever can be said of anybody."""

    def __init__(self, services: Services, admin: StaffActor, site: Site, word: str) -> None:
        self.services, self.admin, self.site, self.word = services, admin, site, word
        self.mail = f"{word.lower()}@mail.example"

    async def live(self, colleague: StaffActor) -> "FullLife":
        """Has it all happen; `colleague` is given the lead, and told."""
        self.visit = await make_visit(self.services, self.site)
        self.lead_id = self.visit.actor.lead_id
        await self._visit(self.visit)
        await self._person()
        await self._notes_and_files()
        await self._work(colleague)
        await self._talk()
        return self

    async def by(self, use_case: Any, *given: Any) -> Any:
        return await act(self.services, self.admin, use_case, self.lead_id, *given)

    async def first(self, statement: Any) -> Any:
        async with self.services.database.read_session() as session:
            return (await session.scalars(statement)).first()

    async def _visit(self, visit: StartedVisit) -> None:
        page = Page(f"{ORIGIN}/{self.word}", self.word)
        await visits.record(
            self.services, visit.actor, Told("Page view", "page-0001", 1, page=page)
        )
        own = Told(
            f"Asked {self.word}",
            "page-0001",
            2,
            page=page,
            parameters=[("for", {"type": "TEXT", "text": self.word})],
        )
        await visits.record(self.services, visit.actor, own)
        await visits.send_visitor_message(self.services, visit.actor, self.word, uuid4().hex)
        event = await self.first(select(Event).where(col(Event.lead_id) == self.lead_id))
        await self.by(event_texts.annotate_event, event.id, f"About {self.word}", None)

    async def _person(self) -> None:
        person = {"first_name": self.word, "last_name": "Lorenz", "company": self.word}
        await self.by(leads.change_person, person, {"title": self.word}, None)
        await self.by(leads.change_person, {"job_title": self.word}, {}, None)
        await self.by(leads.change_person, {"job_title": None}, {}, None)
        await self.by(leads.set_properties, [PropertyEdit("likes", {"text": self.word})])
        await self.by(email_addresses.add_email_address, f"old.{self.mail}")
        await self.by(email_addresses.add_email_address, self.mail)
        rows = select(LeadEmailAddress).where(col(LeadEmailAddress.lead_id) == self.lead_id)
        first = await self.first(rows.order_by(col(LeadEmailAddress.position)))
        last = await self.first(rows.order_by(col(LeadEmailAddress.position).desc()))
        await self.by(email_addresses.remove_email_address, first.id, last.id)
        await self.by(phone_numbers.save_phone_number, None, NumberEdit("030 901820", self.word))
        await self.by(accounts.create_account, last.id, uuid4().hex)
        password = OneTimePassword("plain", "hash")
        await self.by(accounts.reset_password, password, uuid4().hex)

    async def _notes_and_files(self) -> None:
        upload = (self.services, self.admin)
        file = await received_upload(*upload, f"{self.word} in words".encode(), f"{self.word}.txt")
        note = (f"<p>{self.word}</p>", NoteVisibility.TEAM, False, uuid4().hex, [file])
        await self.by(notes.add_note, *note)
        face = await received_upload(*upload, picture(), f"{self.word}.png")
        await self.by(avatars.set_avatar, face)

    async def _work(self, colleague: StaffActor) -> None:
        now, word = self.services.clock.now(), self.word
        due = now + timedelta(days=1)
        new = NewTask(title=word, body=word, due_at=due, assignee_id=colleague.id)
        await self.by(tasks.create_task, new, uuid4().hex)
        await self.by(tasks.create_task, NewTask(title=word), uuid4().hex)
        other = await self.first(
            select(Task).where(col(Task.lead_id) == self.lead_id, col(Task.due_at).is_(None))
        )
        await self.by(tasks.complete_task, other.id, f"Done with {word}")
        await self.by(leads.assign, colleague.id, None)
        kind = await self.first(select(ImportantDateKind))
        edit = DateEdit(kind.id, date(2026, 5, 1), word)
        await self.by(important_dates.save_important_date, None, edit, None, None)
        begin = now + timedelta(days=2)
        showing = NewAppointment(
            AppointmentKind.SHOWING, begin, begin + timedelta(hours=1), word, body=word, place=word,
            assignee_id=colleague.id, reminder_minutes=30,
        )  # fmt: skip
        row_id = await self.by(appointments.schedule, showing, uuid4().hex)
        note = {"note": word}
        await self.by(appointments.record_outcome, row_id, AppointmentOutcome.HELD, note, None)
        held = Held(AppointmentKind.MEETING, now - timedelta(hours=2), now, word, word)
        await self.by(appointments.log_meeting, held, uuid4().hex)
        call = NewCall(MessageDirection.TO_LEAD, CallOutcome.BUSY, duration_seconds=3, note=word)
        await self.by(calls.log_call, call, uuid4().hex)
        state = await self.first(
            select(PipelineState).where(col(PipelineState.name) == "Contacted")
        )
        await self.by(leads.change_state, state.id, None)
        await self.by(tags.add_tags, ["VIP"])

    async def _talk(self) -> None:
        mail = LoggedMessage(Channel.EMAIL, MessageDirection.FROM_LEAD, self.word, self.word)
        await self.by(logged_messages.log_message, mail, uuid4().hex)
        until = self.services.clock.now() + timedelta(minutes=30)
        pop_up = NewMessage(Channel.POPUP, self.word, self.word, expires_at=until)
        await self.by(conversations.send_message, pop_up, uuid4().hex)
