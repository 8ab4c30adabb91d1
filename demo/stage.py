"""What can happen to a lead of the demo: use-cases at instants of the past, in one unit of work."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from models.conversations import Conversation, Message
from models.enums import (
    ActorKind,
    AppointmentKind,
    AppointmentOutcome,
    CallOutcome,
    Channel,
    ConversationState,
    DeliveryState,
    EventOrigin,
    MessageDirection,
    NoteVisibility,
    PresenceState,
    Priority,
    Via,
)
from models.events import Event, EventKind
from models.fields import FieldDefinition
from models.ids import new_id
from models.leads import Lead
from models.pipelines import PipelineState
from models.staff import Staff
from models.visits import Site, Visit
from resolvers import (
    accounts,
    appointments,
    calls,
    contact_points,
    conversations,
    deliveries,
    event_texts,
    events,
    fields,
    important_dates,
    leads,
    naming,
    notes,
    places,
    tags,
    tasks,
)
from resolvers.actors import Actor, StaffActor, VisitorActor
from resolvers.appointments import NewAppointment
from resolvers.calls import NewCall
from resolvers.errors import DomainError
from resolvers.events import NewEvent, Seen
from resolvers.fields import Edit, Options
from resolvers.important_dates import DateEdit
from resolvers.leads import NewLead
from resolvers.notes import NoteEdit
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.tasks import NewTask
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

DEVICES = ("Chrome on Android", "Safari on iPhone", "Firefox on Windows", "Edge on Windows")


@dataclass(frozen=True)
class World:
    """The shop as the lives find it; `until` is when the last of them is told."""

    services: Services
    site: Site
    shop_url: str
    until: datetime
    team: Sequence[StaffActor]
    """ADMIN, MANAGER, then AGENTs."""
    people: Sequence[Staff]
    states: Mapping[str, PipelineState]
    kinds: Mapping[str, EventKind]
    date_kinds: Mapping[str, UUID]
    fields: Mapping[str, FieldDefinition]
    options: Options

    @property
    def admin(self) -> StaffActor:
        return self.team[0]

    @property
    def manager(self) -> StaffActor:
        return self.team[1]

    @property
    def agents(self) -> Sequence[StaffActor]:
        return self.team[2:]


def visitor_of(lead_id: UUID, visit_id: UUID, name: str | None = None) -> VisitorActor:
    """The lead itself as an actor, by default under the name of an unknown one."""
    name = name or naming.visitor_name(lead_id)
    return VisitorActor(ActorKind.LEAD, lead_id, name, Via.SITE, visit_id, lead_id, False)


class Stage:
    """One lead in one unit of work; each method is one act of the actor of the moment."""

    def __init__(self, world: World, work: UnitOfWork, lead_id: UUID, visit_id: UUID) -> None:
        self.world = world
        self.work = work
        self.lead_id = lead_id
        self.visit_id = visit_id
        self._lead: Lead | None = None
        self._seen_at: datetime | None = None
        self._conversation: Conversation | None = None
        self._views: dict[str, Event] = {}
        self._note_id: UUID | None = None
        self._appointment_id: UUID | None = None
        self._task_id: UUID | None = None
        self._event_id: UUID | None = None
        self._pop_up_id: UUID | None = None
        # Rows that every act looks up: known to the session, they cost no statement.
        work.session.add_all([*world.people, *world.states.values(), *world.kinds.values()])

    @property
    def lead(self) -> Lead:
        assert self._lead is not None
        return self._lead

    async def open(self) -> None:
        """Finds the lead of an earlier unit of work."""
        self._lead = await self.work.session.get_one(Lead, self.lead_id)

    def enter(self, who: Actor | None, at: datetime) -> None:
        """The next act is `who`'s, or the visitor's own with None."""
        self.work.at = at
        self.work.actor = who or self.visitor()
        if who is None:
            self._seen_at = at

    def visitor(self) -> VisitorActor:
        """The lead itself, under the name it has by now."""
        name = self._lead.display_name if self._lead else None
        return visitor_of(self.lead_id, self.visit_id, name)

    async def close(self) -> None:
        """Writes down when the lead itself was last seen."""
        last = self.lead.last_activity_at
        if self._seen_at and (last is None or last < self._seen_at):
            self.lead.last_activity_at = self._seen_at

    # --- how a lead begins ---------------------------------------------------------------------

    async def appear(self, new: NewLead) -> None:
        """The lead is put down by the team."""
        self._lead = await leads.insert_lead(self.work, new, self.lead_id)

    async def visit(self, new: NewLead) -> None:
        """The lead comes by its first page."""
        await self.appear(new)
        visit = Visit(
            id=self.visit_id,
            site_id=self.world.site.id,
            lead_id=self.lead_id,
            token_hash=hash_token(new_token("visit")),
            started_at=self.work.at,
            time_zone=new.time_zone,
            referrer=new.source_referrer,
            device=DEVICES[self.visit_id.int % len(DEVICES)],
        )
        places.put_place(visit, new.place)
        self.work.session.add(visit)

    # --- what the visitor does -----------------------------------------------------------------

    async def view(self, page: str, sequence: int, is_repeat: bool) -> None:
        """A page view; `is_repeat` if the visit saw the page before."""
        url = f"{self.world.shop_url}/{page}".rstrip("/")
        kind, seen = self.world.kinds["Page view"], Seen(self.visit_id, self._page_key, sequence)
        if is_repeat:
            found = self._views.get(url) or await events.latest_of_visit(
                self.work, self.lead_id, self.visit_id, kind.name, url
            )
            if found:
                await events.repeat_event(self.work, self.lead, found, self.work.at, seen)
                self._views[url] = found
                return
        event_id, new = new_id(), NewEvent(None, kind.id, page_url=url)
        await events.record_event(self.work, self.lead, new, EventOrigin.SITE, event_id, seen)
        # The row as it stands now: looking it up for each repeat would be a third of its cost.
        self._views[url] = Event(
            lead_id=self.lead_id,
            id=event_id,
            kind_id=kind.id,
            name=kind.name,
            group_key=events.group_key(kind, kind.name),
            origin=EventOrigin.SITE,
            actor_kind=ActorKind.LEAD,
            actor_name=self.work.actor.name,
            occurred_at=self.work.at,
            received_at=self.work.at,
            last_at=self.work.at,
            told_at=self.work.at,
        )

    @property
    def _page_key(self) -> str:
        return f"demo-{self.visit_id.hex}"

    async def do(
        self, name: str, parameters: Mapping[str, LoggedValue], sequence: int | None = None
    ) -> None:
        """An event of the visitor, or with `sequence` None one that a colleague enters."""
        kind = self.world.kinds.get(name)
        new = NewEvent(
            None if kind else name, kind.id if kind else None, parameters=tuple(parameters.items())
        )
        is_visitor = sequence is not None
        seen = Seen(self.visit_id, self._page_key, sequence) if sequence is not None else None
        origin = EventOrigin.SITE if is_visitor else EventOrigin.MANUAL
        await events.record_event(self.work, self.lead, new, origin, new_id(), seen)

    async def click(self, kind: str) -> None:
        """A colleague uses one of the card's buttons."""
        await self._ready()
        kind_id = self.world.kinds[kind].id
        self._event_id = await events.log_quick_event(self.work, self.lead_id, kind_id, self._key)

    async def write_on_event(self, body: str) -> None:
        """A colleague adds what there is to say of the event that was just clicked."""
        await self._ready()
        if self._event_id:
            await event_texts.annotate_event(self.work, self.lead_id, self._event_id, body, None)

    async def say(self, text: str) -> None:
        """The visitor writes in the chat."""
        if self._conversation is None:
            message = await conversations.receive_message(self.work, self.lead, text, new_id())
            self._conversation = await self.work.session.get_one(
                Conversation, message.conversation_id
            )
        else:
            await self._write(text, MessageDirection.FROM_LEAD)

    # --- what the team does --------------------------------------------------------------------

    async def _ready(self) -> None:
        """Sends what is pending: a use-case reads the lead again and must find it."""
        await self.work.session.flush()

    async def answer(self, text: str) -> None:
        """A colleague writes in the talk that is going on."""
        await self._write(text, MessageDirection.TO_LEAD)

    async def _write(self, text: str, direction: MessageDirection) -> None:
        conversation, actor = self._conversation, self.work.actor
        assert conversation is not None
        is_visitor = direction is MessageDirection.FROM_LEAD
        message = Message(
            id=new_id(),
            lead_id=self.lead_id,
            conversation_id=conversation.id,
            channel=conversation.channel,
            direction=direction,
            text=text,
            author_kind=actor.kind,
            author_id=actor.id,
            author_name=actor.name,
            at=self.work.at,
            lead_presence=None if is_visitor else PresenceState.ONLINE,
        )
        await conversations.add_message(self.work, conversation, message)

    async def end_talk(self) -> None:
        """A colleague closes the talk."""
        await self._ready()
        assert self._conversation is not None
        await conversations.change_conversation_state(
            self.work, self.lead_id, self._conversation.id, ConversationState.CLOSED
        )

    async def take_talk(self) -> None:
        """A colleague says that the talk is theirs to answer, unless somebody has it."""
        await self._ready()
        assert self._conversation is not None
        if self._conversation.assignee_id is not None:
            return
        await conversations.assign_conversation(
            self.work, self.lead_id, self._conversation.id, self.work.actor.id, None
        )

    async def put_off_talk(self, until: datetime) -> None:
        """A colleague comes back to the talk later."""
        await self._ready()
        assert self._conversation is not None
        await conversations.change_conversation_state(
            self.work, self.lead_id, self._conversation.id, ConversationState.SNOOZED, until
        )

    async def pop_up(self, title: str, text: str) -> None:
        """A pop-up that waits two days for the lead."""
        await self._ready()
        until = self.work.at + timedelta(days=2)
        link = ("See the workshop", self.world.shop_url)
        new = conversations.NewMessage(Channel.POPUP, text, title, expires_at=until, link=link)
        self._pop_up_id = await conversations.send_message(self.work, self.lead_id, new, self._key)

    async def tell_of_pop_up(self, states: Sequence[DeliveryState]) -> None:
        """What became of the pop-up that was just sent: the page told, or its time was over."""
        await self._ready()
        message = await self.work.session.get(Message, self._pop_up_id)
        for state in states:
            if message:
                deliveries.advance(self.work, message, state)

    @property
    def _key(self) -> str:
        return new_id().hex

    async def call(self, outcome: CallOutcome, seconds: int, note: str | None) -> None:
        """A colleague rang and puts it down."""
        await self._ready()
        new = NewCall(MessageDirection.TO_LEAD, outcome, duration_seconds=seconds, note=note)
        await calls.log_call(self.work, self.lead_id, new, self._key)

    async def plan(self, kind: AppointmentKind, title: str, start: datetime) -> None:
        await self._ready()
        new = NewAppointment(kind, start, start + timedelta(hours=1), title, place="Workshop")
        self._appointment_id = await appointments.schedule(self.work, self.lead_id, new, self._key)

    async def meet(self, note: str) -> None:
        """What was planned last took place."""
        await self._ready()
        if self._appointment_id:
            await appointments.record_outcome(
                self.work, self.lead_id, self._appointment_id, AppointmentOutcome.HELD,
                {"note": note}, None,
            )  # fmt: skip

    async def put_down(self, title: str, due: date | None) -> None:
        """A colleague means to do something about the lead."""
        await self._ready()
        self._task_id = await tasks.create_task(
            self.work, self.lead_id, NewTask(title, due_on=due), self._key
        )

    async def tick_off(self) -> None:
        """What was put down last is done."""
        await self._ready()
        if self._task_id:
            await tasks.complete_task(self.work, self.lead_id, self._task_id, None)

    async def mark_day(self, kind: str, day: date, note: str) -> None:
        await self._ready()
        edit = DateEdit(self.world.date_kinds[kind], day, note)
        await important_dates.save_important_date(
            self.work, self.lead_id, None, edit, self._key, None
        )

    async def open_account(self) -> None:
        """The lead is let into the portal by its first address, if it has one."""
        await self._ready()
        listed = await contact_points.listed(self.work.session, self.lead_id)
        for entry in listed["email_addresses"][:1]:
            with suppress(DomainError):  # no good address, or somebody of the household has it
                await accounts.create_account(
                    self.work, self.lead_id, UUID(hex=entry["id"]), self._key
                )

    async def note(self, html: str, visibility: NoteVisibility, is_pinned: bool) -> None:
        await self._ready()
        self._note_id = await notes.add_note(
            self.work, self.lead_id, html, visibility, is_pinned, self._key
        )

    async def rewrite_note(self, html: str) -> None:
        """Changes the note that was just written."""
        await self._ready()
        if self._note_id:
            edit = NoteEdit(html=html)
            await notes.edit_note(self.work, self.lead_id, self._note_id, edit)

    async def remove_note(self) -> None:
        """Takes away the note that was just written."""
        await self._ready()
        if self._note_id:
            await notes.remove_note(self.work, self.lead_id, self._note_id)

    async def move(self, state: str, reason: str | None = None) -> None:
        await self._ready()
        to = self.world.states[state]
        await leads.change_state(self.work, self.lead_id, to.id, None, reason)

    async def assign(self, to: StaffActor | None) -> None:
        await self._ready()
        await leads.assign(self.work, self.lead_id, to.id if to else None, None)

    async def tag(self, names: Sequence[str]) -> None:
        await self._ready()
        await tags.add_tags(self.work, self.lead_id, names)

    async def untag(self, names: Sequence[str]) -> None:
        await self._ready()
        await tags.remove_tags(self.work, self.lead_id, names)

    async def rate(self, priority: Priority) -> None:
        await self.fill({"priority": {"text": priority.value}})

    async def fill(self, values: Mapping[str, Any]) -> None:
        """Values by the keys of their fields, each as clients send them, or as words."""
        await self._ready()
        edits = []
        for key, value in values.items():
            field = self.world.fields[key]
            options = self.world.options.get(field.id, ())
            typed = (
                fields.spelled(field, options, key, value)
                if isinstance(value, str)
                else fields.checked(field, options, key, value)
            )
            edits.append(Edit(field, typed))
        await fields.edit(self.work, self.lead, edits)

    async def describe(self, person: Mapping[str, str | date | None]) -> None:
        """Personal information that a colleague has learned."""
        await self._ready()
        known = leads.person_edits(self.world.fields, person, None)
        await fields.edit(self.work, self.lead, known)
