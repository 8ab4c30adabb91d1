"""The card folded from its log is the card that the tables have, for every kind of change."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.contact_points import LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation
from models.enums import (
    AppointmentKind,
    AppointmentOutcome,
    CallOutcome,
    ChangeKind,
    Channel,
    ConversationState,
    MessageDirection,
    NoteVisibility,
    Priority,
)
from models.events import Event, EventKind
from models.important_dates import ImportantDate, ImportantDateKind
from models.notes import Note
from models.pipelines import PipelineState
from models.tasks import Task
from models.visits import Site
from resolvers import (
    access,
    accounts,
    appointments,
    calls,
    conversations,
    deliveries,
    email_addresses,
    erasing,
    event_texts,
    events,
    hiding,
    important_dates,
    leads,
    logged_messages,
    merging,
    notes,
    phone_numbers,
    tags,
    tasks,
    visits,
)
from resolvers.accounts import OneTimePassword
from resolvers.actors import StaffActor
from resolvers.appointments import AppointmentEdit, Held, NewAppointment
from resolvers.calls import CallEdit, NewCall
from resolvers.card_state import APPLY, CardState
from resolvers.conversations import NewMessage
from resolvers.errors import Conflict
from resolvers.events import NewEvent
from resolvers.important_dates import DateEdit
from resolvers.leads import NewLead, PropertyEdit
from resolvers.logged_messages import LoggedMessage
from resolvers.notes import NoteEdit
from resolvers.past import read_past
from resolvers.phone_numbers import NumberEdit
from resolvers.secrets import sign
from resolvers.segments.saving import SegmentEdit, save_segment
from resolvers.services import Services
from resolvers.tasks import NewTask
from resolvers.views import View
from resolvers.visits import Claim, StartedVisit, Told
from resolvers.worker import run_due_jobs
from tests.factories import ORIGIN, make_lead, make_site, make_staff, make_visit
from tests.importing import received_upload
from tests.resolvers.verify import (
    act,
    assert_folds,
    assert_log_holds,
    card_of,
    changes_of,
    head_of,
    verify_change,
)


@dataclass
class Stage:
    """Where an act is proved: a signed-in ADMIN, a visitor's lead with a bit of everything."""

    services: Services
    clock: ManualClock
    admin: StaffActor
    site: Site
    secret: str
    visit: StartedVisit
    lead_id: UUID

    async def by_admin(self, use_case: Any, *given: Any, **named: Any) -> Any:
        self.clock.advance(1)
        return await act(self.services, self.admin, use_case, *given, **named)

    async def first(self, statement: Any) -> Any:
        async with self.services.database.read_session() as session:
            return (await session.scalars(statement)).first()

    async def state(self, name: str) -> UUID:
        statement = select(col(PipelineState.id)).where(col(PipelineState.name) == name)
        found: UUID = await self.first(statement)
        return found

    async def note(self, *uploads: UUID) -> UUID:
        return await self.by_admin(
            notes.add_note, self.lead_id, "<p>Likes brass</p>", None, False, uuid4().hex, uploads
        )

    async def upload(self) -> UUID:
        return await received_upload(self.services, self.admin, b"words", "words.txt")

    async def conversation(self) -> UUID:
        await visits.send_visitor_message(self.services, self.visit.actor, "Hello", uuid4().hex)
        statement = select(col(Conversation.id)).where(col(Conversation.lead_id) == self.lead_id)
        found: UUID = await self.first(statement)
        return found

    def claim(self, external_id: str, **more: Any) -> Claim:
        """A claim as the site's server signs it."""
        expires_at = self.clock.now() + timedelta(hours=1)
        text = expires_at.isoformat()
        signature = sign(self.secret, external_id, more.get("email_address") or "", text)
        return Claim(
            external_id=external_id,
            expires_at=expires_at,
            expires_text=text,
            signature=signature,
            **more,
        )


@pytest.fixture
async def stage(services: Services, clock: ManualClock) -> Stage:
    admin = await make_staff(services)
    site, secret = await make_site(services)
    visit = await make_visit(services, site)
    return Stage(services, clock, admin, site, secret, visit, visit.actor.lead_id)


Act = Callable[[], Awaitable[object]]
PROOFS: dict[str, tuple[ChangeKind, Callable[[Stage], Awaitable[tuple[UUID, Act]]]]] = {}


def proves(kind: ChangeKind) -> Callable[[Any], Any]:
    """Registers a case: it sets the stage and answers whose card changes, and the act."""

    def register(case: Any) -> Any:
        PROOFS[case.__name__] = (kind, case)
        return case

    return register


@proves(ChangeKind.PROPERTIES_CHANGED)
async def properties_set(stage: Stage) -> tuple[UUID, Act]:
    given = [
        PropertyEdit("last_purchase", {"money": {"amount": "12.50", "currency": "EUR"}}),
        PropertyEdit("rooms", {"number": "-3.25"}),
        PropertyEdit("likes_brass", {"boolean": False}),
        PropertyEdit("moved_in", {"date": date(2026, 2, 28)}),
        PropertyEdit("found_at", {"url": "https://shop.example/lamps"}),
        PropertyEdit("remark", {"text": "Two words"}),
    ]
    return stage.lead_id, lambda: stage.by_admin(leads.set_properties, stage.lead_id, given)


@proves(ChangeKind.PROPERTIES_CHANGED)
async def a_property_cleared(stage: Stage) -> tuple[UUID, Act]:
    lead_id = stage.lead_id
    await stage.by_admin(leads.set_properties, lead_id, [PropertyEdit("remark", {"text": "x"})])
    gone = [PropertyEdit("remark", None)]
    return lead_id, lambda: stage.by_admin(leads.set_properties, lead_id, gone)


@proves(ChangeKind.PROPERTIES_CHANGED)
async def a_person_named(stage: Stage) -> tuple[UUID, Act]:
    person = {"first_name": "Lena", "birthday": date(1990, 5, 17)}
    own = {"title": "Prefers mornings", "time_zone": "Europe/Berlin"}
    return stage.lead_id, lambda: stage.by_admin(
        leads.change_person, stage.lead_id, person, own, None
    )


@proves(ChangeKind.PROPERTIES_CHANGED)
async def a_title_taken_away(stage: Stage) -> tuple[UUID, Act]:
    lead_id = stage.lead_id
    await stage.by_admin(leads.change_person, lead_id, {"last_name": "Lo"}, {"title": "x"}, None)
    return lead_id, lambda: stage.by_admin(
        leads.change_person, lead_id, {"last_name": None}, {"title": None}, None
    )


@proves(ChangeKind.PROPERTIES_CHANGED)
async def a_priority_chosen(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: stage.by_admin(
        leads.change_priority, stage.lead_id, Priority.URGENT, None
    )


@proves(ChangeKind.TAGS_CHANGED)
async def tags_added(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: stage.by_admin(tags.add_tags, stage.lead_id, ["VIP", "Brass"])


@proves(ChangeKind.TAGS_CHANGED)
async def tags_removed(stage: Stage) -> tuple[UUID, Act]:
    await stage.by_admin(tags.add_tags, stage.lead_id, ["VIP", "Brass"])
    return stage.lead_id, lambda: stage.by_admin(tags.remove_tags, stage.lead_id, ["vip"])


@proves(ChangeKind.LEAD_STATE_CHANGED)
async def a_state_entered(stage: Stage) -> tuple[UUID, Act]:
    to = await stage.state("Converted")
    return stage.lead_id, lambda: stage.by_admin(leads.change_state, stage.lead_id, to, None)


@proves(ChangeKind.LEAD_STATE_CHANGED)
async def a_lead_lost(stage: Stage) -> tuple[UUID, Act]:
    to = await stage.state("Lost")
    return stage.lead_id, lambda: stage.by_admin(
        leads.change_state, stage.lead_id, to, None, "Too dear"
    )


@proves(ChangeKind.LEAD_STATE_CHANGED)
async def a_lead_won_again(stage: Stage) -> tuple[UUID, Act]:
    for use_case in (leads.win_lead, leads.reopen_lead):
        await stage.by_admin(use_case, stage.lead_id, None)
    return stage.lead_id, lambda: stage.by_admin(leads.win_lead, stage.lead_id, None)


@proves(ChangeKind.LEAD_ASSIGNEE_CHANGED)
async def a_lead_assigned(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: stage.by_admin(leads.assign, stage.lead_id, stage.admin.id, None)


@proves(ChangeKind.LEAD_ASSIGNEE_CHANGED)
async def a_lead_given_to_nobody(stage: Stage) -> tuple[UUID, Act]:
    await stage.by_admin(leads.assign, stage.lead_id, stage.admin.id, None)
    return stage.lead_id, lambda: stage.by_admin(leads.assign, stage.lead_id, None, None)


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_added(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, stage.note


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_edited(stage: Stage) -> tuple[UUID, Act]:
    edit = NoteEdit(html="<p>Likes steel</p>", visibility=NoteVisibility.TEAM)
    note_id = await stage.note()
    return stage.lead_id, lambda: stage.by_admin(notes.edit_note, stage.lead_id, note_id, edit)


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_pinned(stage: Stage) -> tuple[UUID, Act]:
    note_id = await stage.note()
    return stage.lead_id, lambda: stage.by_admin(
        notes.edit_note, stage.lead_id, note_id, NoteEdit(is_pinned=True)
    )


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_given_a_file(stage: Stage) -> tuple[UUID, Act]:
    note_id = await stage.note()
    edit = NoteEdit(add_uploads=[await stage.upload(), await stage.upload()])
    return stage.lead_id, lambda: stage.by_admin(notes.edit_note, stage.lead_id, note_id, edit)


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_whose_files_change(stage: Stage) -> tuple[UUID, Act]:
    first, second = await stage.upload(), await stage.upload()
    note_id = await stage.note(first)
    edit = NoteEdit(add_uploads=[second], remove_files=[first])
    return stage.lead_id, lambda: stage.by_admin(notes.edit_note, stage.lead_id, note_id, edit)


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_with_files_removed(stage: Stage) -> tuple[UUID, Act]:
    note_id = await stage.note(await stage.upload())
    return stage.lead_id, lambda: stage.by_admin(notes.remove_note, stage.lead_id, note_id)


@proves(ChangeKind.NOTE_CHANGED)
async def a_note_removed(stage: Stage) -> tuple[UUID, Act]:
    note_id = await stage.note()
    return stage.lead_id, lambda: stage.by_admin(notes.remove_note, stage.lead_id, note_id)


async def a_task(stage: Stage, **given: Any) -> UUID:
    new = NewTask(**{"title": "Call back", "due_on": date(2026, 3, 4), **given})
    return await stage.by_admin(tasks.create_task, stage.lead_id, new, uuid4().hex)


@proves(ChangeKind.TASK_CHANGED)
async def a_task_added(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: a_task(stage, body="About the lamp", due_on=date(2026, 2, 1))


@proves(ChangeKind.TASK_CHANGED)
async def a_task_changed(stage: Stage) -> tuple[UUID, Act]:
    task_id = await a_task(stage)
    wanted = {"title": "Visit", "body": "Bring keys", "due_at": stage.clock.now(), "due_on": None}
    return stage.lead_id, lambda: stage.by_admin(
        tasks.update_task, stage.lead_id, task_id, wanted, None
    )


@proves(ChangeKind.TASK_CHANGED)
async def a_task_given_to_nobody(stage: Stage) -> tuple[UUID, Act]:
    task_id = await a_task(stage)
    return stage.lead_id, lambda: stage.by_admin(
        tasks.update_task, stage.lead_id, task_id, {"assignee_id": None, "due_on": None}, None
    )


@proves(ChangeKind.TASK_CHANGED)
async def a_task_done(stage: Stage) -> tuple[UUID, Act]:
    task_id = await a_task(stage)
    return stage.lead_id, lambda: stage.by_admin(
        tasks.complete_task, stage.lead_id, task_id, "Reached nobody"
    )


@proves(ChangeKind.TASK_CHANGED)
async def a_task_opened_again(stage: Stage) -> tuple[UUID, Act]:
    task_id = await a_task(stage)
    await stage.by_admin(tasks.complete_task, stage.lead_id, task_id, "x")
    return stage.lead_id, lambda: stage.by_admin(tasks.reopen_task, stage.lead_id, task_id)


@proves(ChangeKind.TASK_CHANGED)
async def a_task_put_off(stage: Stage) -> tuple[UUID, Act]:
    task_id = await a_task(stage)
    until = stage.clock.now() + timedelta(days=1)
    return stage.lead_id, lambda: stage.by_admin(tasks.snooze_task, stage.lead_id, task_id, until)


@proves(ChangeKind.TASK_CHANGED)
async def a_task_removed(stage: Stage) -> tuple[UUID, Act]:
    task_id = await a_task(stage)
    return stage.lead_id, lambda: stage.by_admin(tasks.remove_task, stage.lead_id, task_id)


async def date_edit(stage: Stage, day: date, note: str | None = None) -> DateEdit:
    kind = await stage.first(select(ImportantDateKind).order_by(col(ImportantDateKind.position)))
    return DateEdit(kind.id, day, note)


async def a_date(stage: Stage) -> UUID:
    edit = await date_edit(stage, date(2026, 5, 1))
    return await stage.by_admin(
        important_dates.save_important_date, stage.lead_id, None, edit, None, None
    )


@proves(ChangeKind.IMPORTANT_DATE_CHANGED)
async def an_important_date_added(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: a_date(stage)


@proves(ChangeKind.IMPORTANT_DATE_CHANGED)
async def an_important_date_moved(stage: Stage) -> tuple[UUID, Act]:
    date_id, edit = await a_date(stage), await date_edit(stage, date(2026, 6, 1), "At the notary")
    return stage.lead_id, lambda: stage.by_admin(
        important_dates.save_important_date, stage.lead_id, date_id, edit, None, None
    )


@proves(ChangeKind.IMPORTANT_DATE_CHANGED)
async def an_important_date_removed(stage: Stage) -> tuple[UUID, Act]:
    date_id = await a_date(stage)
    return stage.lead_id, lambda: stage.by_admin(
        important_dates.remove_important_date, stage.lead_id, date_id
    )


@proves(ChangeKind.EVENT_RECORDED)
async def an_event_added(stage: Stage) -> tuple[UUID, Act]:
    new = NewEvent("Phone call", parameters=[("minutes", {"type": "NUMBER", "number": "3"})])
    return stage.lead_id, lambda: stage.by_admin(events.add_event, stage.lead_id, new, uuid4().hex)


@proves(ChangeKind.EVENT_RECORDED)
async def an_event_told_by_the_page(stage: Stage) -> tuple[UUID, Act]:
    told = Told("Added to cart", "page-0001", 1, ago_ms=4_000)
    return stage.lead_id, lambda: visits.record(stage.services, stage.visit.actor, told)


@proves(ChangeKind.EVENT_RECORDED)
async def a_page_viewed_again_after_a_while(stage: Stage) -> tuple[UUID, Act]:
    page = visits.Page(f"{ORIGIN}/lamps")
    first = Told("Page view", "page-0001", 1, page=page)
    await visits.record(stage.services, stage.visit.actor, first)
    stage.clock.advance(31)
    again = Told("Page view", "page-0002", 1, page=page)
    return stage.lead_id, lambda: visits.record(stage.services, stage.visit.actor, again)


@proves(ChangeKind.EVENT_RECORDED)
async def an_event_at_one_click(stage: Stage) -> tuple[UUID, Act]:
    kind_id = await stage.first(select(col(EventKind.id)).where(col(EventKind.is_quick)))
    return stage.lead_id, lambda: stage.by_admin(
        events.log_quick_event, stage.lead_id, kind_id, uuid4().hex
    )


@proves(ChangeKind.EVENT_ANNOTATED)
async def an_event_written_on(stage: Stage) -> tuple[UUID, Act]:
    event_id = await stage.by_admin(
        events.add_event, stage.lead_id, NewEvent("Called"), uuid4().hex
    )
    return stage.lead_id, lambda: stage.by_admin(
        event_texts.annotate_event, stage.lead_id, event_id, "Call back", None
    )


@proves(ChangeKind.EVENT_ANNOTATED)
async def a_text_taken_off_an_event(stage: Stage) -> tuple[UUID, Act]:
    lead_id, write = await an_event_written_on(stage)
    await write()
    event_id = await stage.first(select(col(Event.id)))
    return lead_id, lambda: stage.by_admin(event_texts.annotate_event, lead_id, event_id, "", 1)


@proves(ChangeKind.EVENT_RECORDED)
async def a_page_viewed_again_that_was_written_on(stage: Stage) -> tuple[UUID, Act]:
    page = visits.Page(f"{ORIGIN}/lamps")
    await visits.record(
        stage.services, stage.visit.actor, Told("Page view", "page-0001", 1, page=page)
    )
    event_id = await stage.first(select(col(Event.id)))
    await stage.by_admin(event_texts.annotate_event, stage.lead_id, event_id, "Long look", None)
    stage.clock.advance(31)
    again = Told("Page view", "page-0002", 1, page=page)
    return stage.lead_id, lambda: visits.record(stage.services, stage.visit.actor, again)


@proves(ChangeKind.MESSAGE_ADDED)
async def a_message_from_the_lead(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: visits.send_visitor_message(
        stage.services, stage.visit.actor, "Is it in stock?", uuid4().hex
    )


@proves(ChangeKind.MESSAGE_ADDED)
async def a_message_to_the_lead(stage: Stage) -> tuple[UUID, Act]:
    conversation = await stage.conversation()
    return stage.lead_id, lambda: stage.by_admin(
        conversations.send_message, stage.lead_id,
        NewMessage(Channel.CHAT, "It is.", conversation_id=conversation), uuid4().hex,
    )  # fmt: skip


@proves(ChangeKind.MESSAGE_ADDED)
async def a_pop_up_for_the_lead(stage: Stage) -> tuple[UUID, Act]:
    until = stage.clock.now() + timedelta(days=1)
    return stage.lead_id, lambda: stage.by_admin(
        conversations.send_message, stage.lead_id,
        NewMessage(Channel.POPUP, "Ten off", "Today", expires_at=until), uuid4().hex,
    )  # fmt: skip


async def pop_up_at(stage: Stage, minutes: float) -> UUID:
    until = stage.clock.now() + timedelta(minutes=minutes)
    new = NewMessage(
        Channel.POPUP, "Ten off", "Today", expires_at=until, link=("See", f"{ORIGIN}/lamps")
    )
    return await stage.by_admin(conversations.send_message, stage.lead_id, new, uuid4().hex)


@proves(ChangeKind.MESSAGE_DELIVERY_CHANGED)
async def a_pop_up_followed(stage: Stage) -> tuple[UUID, Act]:
    message_id = await pop_up_at(stage, 60)
    return stage.lead_id, lambda: visits.mark_messages(
        stage.services, stage.visit.actor, message_id, is_seen=True, is_clicked=True
    )


@proves(ChangeKind.MESSAGE_DELIVERY_CHANGED)
async def a_pop_up_that_expired(stage: Stage) -> tuple[UUID, Act]:
    await pop_up_at(stage, 1)
    stage.clock.advance(61)
    return stage.lead_id, lambda: deliveries.expire_pop_ups(stage.services)


@proves(ChangeKind.MESSAGE_DELIVERY_CHANGED)
async def chat_messages_seen(stage: Stage) -> tuple[UUID, Act]:
    for text in ("It is.", "Two left."):
        last = await stage.by_admin(
            conversations.send_message, stage.lead_id, NewMessage(Channel.CHAT, text), uuid4().hex
        )
    return stage.lead_id, lambda: visits.mark_messages(
        stage.services, stage.visit.actor, last, is_seen=True, is_clicked=False
    )


@proves(ChangeKind.CONVERSATION_CHANGED)
async def a_conversation_closed(stage: Stage) -> tuple[UUID, Act]:
    conversation = await stage.conversation()
    return stage.lead_id, lambda: stage.by_admin(
        conversations.change_conversation_state, stage.lead_id, conversation,
        ConversationState.CLOSED,
    )  # fmt: skip


@proves(ChangeKind.CONVERSATION_CHANGED)
async def a_conversation_opened_again(stage: Stage) -> tuple[UUID, Act]:
    lead_id, close = await a_conversation_closed(stage)
    await close()
    conversation = await stage.first(select(col(Conversation.id)))
    return lead_id, lambda: stage.by_admin(
        conversations.change_conversation_state, lead_id, conversation, ConversationState.OPEN
    )


@proves(ChangeKind.CONVERSATION_CHANGED)
async def a_conversation_taken(stage: Stage) -> tuple[UUID, Act]:
    conversation = await stage.conversation()
    return stage.lead_id, lambda: stage.by_admin(
        conversations.assign_conversation, stage.lead_id, conversation, stage.admin.id, None
    )


@proves(ChangeKind.CONVERSATION_CHANGED)
async def a_conversation_put_off(stage: Stage) -> tuple[UUID, Act]:
    conversation = await stage.conversation()
    return stage.lead_id, lambda: stage.by_admin(
        conversations.change_conversation_state, stage.lead_id, conversation,
        ConversationState.SNOOZED, stage.clock.now() + timedelta(hours=1),
    )  # fmt: skip


@proves(ChangeKind.MESSAGE_ADDED)
async def a_message_that_wakes_a_conversation(stage: Stage) -> tuple[UUID, Act]:
    lead_id, put_off = await a_conversation_put_off(stage)
    await put_off()
    return lead_id, lambda: visits.send_visitor_message(
        stage.services, stage.visit.actor, "Now", uuid4().hex
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def an_address_typed_by_the_visitor(stage: Stage) -> tuple[UUID, Act]:
    claim = Claim(email_address="lena@mail.example", phone_number="+49 30 901820", name="Lena Lo")
    return stage.lead_id, lambda: visits.identify(stage.services, stage.visit.actor, claim)


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def an_address_vouched_for_later(stage: Stage) -> tuple[UUID, Act]:
    await visits.identify(
        stage.services, stage.visit.actor, Claim(email_address="lena@mail.example")
    )
    claim = stage.claim("customer-1", email_address="lena@mail.example")
    return stage.lead_id, lambda: visits.identify(stage.services, stage.visit.actor, claim)


async def entries(stage: Stage, table: Any) -> list[Any]:
    """Addresses or numbers of the stage's lead, primary first."""
    async with stage.services.database.read_session() as session:
        rows = await session.scalars(
            select(table).where(table.lead_id == stage.lead_id).order_by(table.position)
        )
        return list(rows)


async def two_addresses(stage: Stage) -> tuple[UUID, UUID]:
    for typed in ("Lena@Mail.Example", "second@mail.example"):
        await stage.by_admin(email_addresses.add_email_address, stage.lead_id, typed)
    first, second = await entries(stage, LeadEmailAddress)
    return first.id, second.id


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def an_address_added_first(stage: Stage) -> tuple[UUID, Act]:
    await two_addresses(stage)
    return stage.lead_id, lambda: stage.by_admin(
        email_addresses.add_email_address, stage.lead_id, "лена", is_primary=True
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def an_address_corrected(stage: Stage) -> tuple[UUID, Act]:
    first, _ = await two_addresses(stage)
    return stage.lead_id, lambda: stage.by_admin(
        email_addresses.correct_email_address, stage.lead_id, first, "Lena@Post.Example"
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def an_address_put_first(stage: Stage) -> tuple[UUID, Act]:
    _, second = await two_addresses(stage)
    return stage.lead_id, lambda: stage.by_admin(
        email_addresses.make_email_address_primary, stage.lead_id, second
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def a_primary_address_removed(stage: Stage) -> tuple[UUID, Act]:
    first, second = await two_addresses(stage)
    return stage.lead_id, lambda: stage.by_admin(
        email_addresses.remove_email_address, stage.lead_id, first, second
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def a_number_saved(stage: Stage) -> tuple[UUID, Act]:
    edit = NumberEdit("030 901820", "Home")
    return stage.lead_id, lambda: stage.by_admin(
        phone_numbers.save_phone_number, stage.lead_id, None, edit
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def a_number_labelled_and_put_first(stage: Stage) -> tuple[UUID, Act]:
    for typed in ("030 901820", "030 901821"):
        await stage.by_admin(
            phone_numbers.save_phone_number, stage.lead_id, None, NumberEdit(typed)
        )
    _, second = await entries(stage, LeadPhoneNumber)
    edit = NumberEdit("030 901822", "Work", is_primary=True)
    return stage.lead_id, lambda: stage.by_admin(
        phone_numbers.save_phone_number, stage.lead_id, second.id, edit
    )


@proves(ChangeKind.CONTACT_POINTS_CHANGED)
async def a_number_removed(stage: Stage) -> tuple[UUID, Act]:
    _, save = await a_number_saved(stage)
    await save()
    (entry,) = await entries(stage, LeadPhoneNumber)
    return stage.lead_id, lambda: stage.by_admin(
        phone_numbers.remove_phone_number, stage.lead_id, entry.id
    )


@proves(ChangeKind.PROPERTIES_CHANGED)
async def deal_valued(stage: Stage) -> tuple[UUID, Act]:
    worth = {"amount": "12400.50", "currency": "EUR"}
    return stage.lead_id, lambda: stage.by_admin(leads.change_value, stage.lead_id, worth, None)


@proves(ChangeKind.PROPERTIES_CHANGED)
async def wishes_told(stage: Stage) -> tuple[UUID, Act]:
    wanted = {
        "listing_types": ["RENTALS"],
        "property_types": ["Flat", "House"],
        "price_max": {"amount": "900", "currency": "EUR"},
        "move_in_from": date(2026, 6, 1),
        "remarks": "Two\nlines",
    }
    return stage.lead_id, lambda: stage.by_admin(leads.change_sales, stage.lead_id, wanted, None)


async def planned(stage: Stage) -> UUID:
    start = stage.clock.now() + timedelta(days=1)
    new = NewAppointment(
        AppointmentKind.SHOWING, start, start + timedelta(hours=1), "Flat tour", body="Ring twice"
    )
    made: UUID = await stage.by_admin(appointments.schedule, stage.lead_id, new, uuid4().hex)
    return made


@proves(ChangeKind.APPOINTMENT_CHANGED)
async def an_appointment_planned(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: planned(stage)


@proves(ChangeKind.APPOINTMENT_CHANGED)
async def an_appointment_moved(stage: Stage) -> tuple[UUID, Act]:
    row_id, start = await planned(stage), stage.clock.now() + timedelta(days=2)
    parts = {
        "starts_at": start,
        "ends_at": start + timedelta(days=2),
        "is_all_day": True,
        "place": "Elm Street 5",
        "body": None,
        "assignee_id": None,
        "reminder_minutes": None,
    }
    return stage.lead_id, lambda: stage.by_admin(
        appointments.update, stage.lead_id, row_id, AppointmentEdit(parts)
    )


@proves(ChangeKind.APPOINTMENT_CHANGED)
async def an_appointment_that_took_place(stage: Stage) -> tuple[UUID, Act]:
    row_id = await planned(stage)
    return stage.lead_id, lambda: stage.by_admin(
        appointments.record_outcome, stage.lead_id, row_id,
        AppointmentOutcome.HELD, {"note": "Liked the light"}, None,
    )  # fmt: skip


@proves(ChangeKind.APPOINTMENT_CHANGED)
async def an_appointment_called_off(stage: Stage) -> tuple[UUID, Act]:
    row_id = await planned(stage)
    return stage.lead_id, lambda: stage.by_admin(appointments.cancel, stage.lead_id, row_id, "Ill")


@proves(ChangeKind.APPOINTMENT_CHANGED)
async def a_meeting_put_down(stage: Stage) -> tuple[UUID, Act]:
    now = stage.clock.now()
    held = Held(AppointmentKind.MEETING, now - timedelta(hours=2), now, "Contract", "Signed")
    return stage.lead_id, lambda: stage.by_admin(
        appointments.log_meeting, stage.lead_id, held, uuid4().hex
    )


def call_put_down(stage: Stage) -> Awaitable[UUID]:
    new = NewCall(MessageDirection.TO_LEAD, CallOutcome.BUSY, duration_seconds=3, note="Later")
    return stage.by_admin(calls.log_call, stage.lead_id, new, uuid4().hex)


@proves(ChangeKind.CALL_CHANGED)
async def a_call_put_down(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: call_put_down(stage)


@proves(ChangeKind.CALL_CHANGED)
async def a_call_corrected(stage: Stage) -> tuple[UUID, Act]:
    row_id = await call_put_down(stage)
    edit = CallEdit({"outcome": CallOutcome.ANSWERED, "note": "Back at noon"})
    return stage.lead_id, lambda: stage.by_admin(calls.update_call, stage.lead_id, row_id, edit)


@proves(ChangeKind.MESSAGE_ADDED)
async def a_mail_put_down(stage: Stage) -> tuple[UUID, Act]:
    new = LoggedMessage(Channel.EMAIL, MessageDirection.FROM_LEAD, "Is it free?", "Question")
    return stage.lead_id, lambda: stage.by_admin(
        logged_messages.log_message, stage.lead_id, new, uuid4().hex
    )


async def account_made(stage: Stage) -> Act:
    """An address, and the act that makes an account of it."""
    address = f"{uuid4().hex}@mail.example"
    await stage.by_admin(email_addresses.add_email_address, stage.lead_id, address)
    card = await card_of(stage.services, stage.lead_id)
    entry = UUID(hex=card.email_addresses[-1]["id"])
    return lambda: stage.by_admin(accounts.create_account, stage.lead_id, entry, uuid4().hex)


@proves(ChangeKind.LEAD_ACCOUNT_CHANGED)
async def an_account_made(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, await account_made(stage)


@proves(ChangeKind.LEAD_ACCOUNT_CHANGED)
async def a_password_reset(stage: Stage) -> tuple[UUID, Act]:
    await (await account_made(stage))()
    password = OneTimePassword("abcde", "hash")
    return stage.lead_id, lambda: stage.by_admin(
        accounts.reset_password, stage.lead_id, password, uuid4().hex
    )


async def tagged_segment(stage: Stage) -> None:
    edit = SegmentEdit(name="VIPs", literal={"tags": {"any": ["VIP"]}})
    await stage.by_admin(save_segment, None, edit)
    await run_due_jobs(stage.services)


@proves(ChangeKind.SEGMENTS_CHANGED)
async def a_segment_entered(stage: Stage) -> tuple[UUID, Act]:
    await tagged_segment(stage)
    return stage.lead_id, lambda: stage.by_admin(tags.add_tags, stage.lead_id, ["VIP"])


@proves(ChangeKind.SEGMENTS_CHANGED)
async def a_segment_left(stage: Stage) -> tuple[UUID, Act]:
    await tagged_segment(stage)
    await stage.by_admin(tags.add_tags, stage.lead_id, ["VIP"])
    return stage.lead_id, lambda: stage.by_admin(tags.remove_tags, stage.lead_id, ["VIP"])


@proves(ChangeKind.LEAD_VISIBILITY_CHANGED)
async def a_lead_hidden(stage: Stage) -> tuple[UUID, Act]:
    return stage.lead_id, lambda: stage.by_admin(hiding.hide_lead, stage.lead_id)


@proves(ChangeKind.LEAD_VISIBILITY_CHANGED)
async def a_hidden_lead_that_writes(stage: Stage) -> tuple[UUID, Act]:
    await stage.by_admin(hiding.hide_lead, stage.lead_id)
    return stage.lead_id, stage.conversation


@proves(ChangeKind.LEAD_IDENTIFIED)
async def a_visitor_identified(stage: Stage) -> tuple[UUID, Act]:
    claim = stage.claim("customer-1")
    return stage.lead_id, lambda: visits.identify(stage.services, stage.visit.actor, claim)


async def two_cards(stage: Stage) -> tuple[UUID, UUID, Act]:
    """The known lead, the anonymous one with a bit of everything, and the act that joins them."""
    services, other = stage.services, await make_visit(stage.services, stage.site)
    known_id = other.actor.lead_id
    await visits.identify(
        services, other.actor, stage.claim("customer-1", email_address="lena@mail.example")
    )
    await act(services, stage.admin, tags.add_tags, known_id, ["VIP"])
    page = visits.Page(f"{ORIGIN}/lamps")
    for visitor in (other.actor, stage.visit.actor):
        await visits.record(services, visitor, Told("Page view", "page-0001", 1, page=page))
        await visits.record(services, visitor, Told("Signed up", "page-0001", 2))
    await act(services, stage.admin, tags.add_tags, stage.lead_id, ["vip", "Brass"])
    await stage.note(await stage.upload())
    removed = await stage.note()
    await act(services, stage.admin, notes.remove_note, stage.lead_id, removed)
    event_id = await stage.first(select(col(Event.id)).where(col(Event.lead_id) == stage.lead_id))
    await act(services, stage.admin, event_texts.annotate_event, stage.lead_id, event_id, "x", None)
    await stage.conversation()
    await pop_up_at(stage, 60)
    await planned(stage)
    await call_put_down(stage)
    await a_task(stage, body="About the lamp")
    await a_date(stage)
    await (await account_made(stage))()
    typed = Claim(email_address="lena@mail.example", phone_number="+4930901820")
    anonymous = (await visits.identify(services, stage.visit.actor, typed)).actor
    await visits.record(services, anonymous, Told("Left", "page-0002", 1))
    stage.clock.advance(60)

    async def join() -> object:
        return await visits.identify(services, anonymous, stage.claim("customer-1"))

    return known_id, stage.lead_id, join


@proves(ChangeKind.LEAD_ABSORBED)
async def a_lead_that_took_up_another(stage: Stage) -> tuple[UUID, Act]:
    known_id, _, join = await two_cards(stage)
    return known_id, join


@proves(ChangeKind.LEAD_MERGED)
async def a_lead_that_went_into_another(stage: Stage) -> tuple[UUID, Act]:
    _, alias_id, join = await two_cards(stage)
    return alias_id, join


@proves(ChangeKind.LEAD_UNMERGED)
async def a_lead_that_gave_another_back(stage: Stage) -> tuple[UUID, Act]:
    known_id, alias_id, join = await two_cards(stage)
    await join()
    return known_id, lambda: stage.by_admin(merging.unmerge_lead, alias_id)


@proves(ChangeKind.LEAD_RESTORED)
async def a_lead_that_came_back_out_of_another(stage: Stage) -> tuple[UUID, Act]:
    _, alias_id, join = await two_cards(stage)
    await join()
    return alias_id, lambda: stage.by_admin(merging.unmerge_lead, alias_id)


@proves(ChangeKind.LEAD_ERASED)
async def a_lead_erased(stage: Stage) -> tuple[UUID, Act]:
    await stage.note()
    lead_id = stage.lead_id
    return lead_id, lambda: stage.by_admin(erasing.erase_lead, lead_id, lead_id)


@pytest.mark.behaviour("C42", "C43")
@pytest.mark.parametrize("name", PROOFS)
async def test_the_log_of_an_act_leads_to_the_card_after_it(stage: Stage, name: str) -> None:
    kind, case = PROOFS[name]
    lead_id, run = await case(stage)
    changes = await verify_change(stage.services, lead_id, run)
    assert kind in {change.kind for change in changes}


@pytest.mark.behaviour("A54")
async def test_a_new_lead_begins_with_a_card_and_one_change(stage: Stage) -> None:
    new = NewLead(
        person={"first_name": "Lena", "company": "Lorenz Ltd"},
        email_addresses=["Lena@Mail.Example", "second@mail.example"],
        phone_numbers=["030 901820"],
        properties=[PropertyEdit("rooms", {"number": "3"}), PropertyEdit("empty", None)],
        tags=["VIP"],
        assignee_id=stage.admin.id,
        time_zone="Europe/Berlin",
    )
    lead_id = await stage.by_admin(leads.create_lead, new, uuid4().hex)
    changes = await changes_of(stage.services, lead_id)
    assert [change.kind for change in changes] == [ChangeKind.LEAD_CREATED]
    assert_folds(CardState(), changes, await card_of(stage.services, lead_id))
    await assert_log_holds(stage.services, lead_id)


@pytest.mark.behaviour("A54")
async def test_a_visitor_begins_with_a_card_and_one_change(stage: Stage) -> None:
    changes = await changes_of(stage.services, stage.lead_id)
    assert [change.kind for change in changes] == [ChangeKind.LEAD_CREATED]
    assert_folds(CardState(), changes, await card_of(stage.services, stage.lead_id))


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_of_change_is_shown_and_proved(kind: ChangeKind) -> None:
    assert kind in APPLY
    proved = {kind for kind, _ in PROOFS.values()} | {ChangeKind.LEAD_CREATED}
    assert kind in proved


WORDS = ["brass", "steel", "Zinc", "Ärger", "naïve", "🙂"]


async def random_act(stage: Stage, dice: random.Random, others: list[UUID]) -> None:
    """One of everything that changes the card, with random contents; it may change nothing."""
    services, lead_id, visitor = stage.services, stage.lead_id, stage.visit.actor
    word, key = dice.choice(WORDS), uuid4().hex
    match dice.randrange(18):
        case 0:
            value = dice.choice([None, {"text": word}, {"text": " "}])
            await stage.by_admin(leads.set_properties, lead_id, [PropertyEdit("remark", value)])
        case 1:
            person = {
                dice.choice(["first_name", "last_name", "company"]): dice.choice([None, word])
            }
            await stage.by_admin(leads.change_person, lead_id, person, {}, None)
        case 2:
            await stage.by_admin(tags.add_tags, lead_id, dice.sample(WORDS, 2))
        case 3:
            await stage.by_admin(tags.remove_tags, lead_id, dice.sample(WORDS, 2))
        case 4:
            await stage.by_admin(leads.change_priority, lead_id, dice.choice(list(Priority)), None)
        case 5:
            state = await stage.state(dice.choice(["New", "Contacted", "Lost"]))
            await stage.by_admin(leads.change_state, lead_id, state, None)
        case 6:
            await stage.by_admin(leads.assign, lead_id, dice.choice([None, *others]), None)
        case 7:
            await stage.by_admin(events.add_event, lead_id, NewEvent(word), key)
        case 8:
            await visits.send_visitor_message(services, visitor, word, key)
        case 9:
            await stage.by_admin(
                conversations.send_message, lead_id, NewMessage(Channel.CHAT, word), key
            )
        case 10:
            html = f"<p>{word}</p>"
            note_id = await stage.first(
                select(col(Note.id)).where(col(Note.removed_at).is_(None)).limit(1)
            )
            if note_id is None or dice.random() < 0.4:
                await stage.by_admin(notes.add_note, lead_id, html, None, False, key)
            elif dice.random() < 0.5:
                edit = NoteEdit(html=html, is_pinned=dice.random() < 0.5)
                await stage.by_admin(notes.edit_note, lead_id, note_id, edit)
            else:
                await stage.by_admin(notes.remove_note, lead_id, note_id)
        case 11:
            conversation = await stage.first(select(col(Conversation.id)).limit(1))
            if conversation:
                turned = dice.choice(list(ConversationState))
                is_put_off = turned is ConversationState.SNOOZED
                until = stage.clock.now() + timedelta(days=1) if is_put_off else None
                await stage.by_admin(
                    conversations.change_conversation_state, lead_id, conversation, turned, until
                )
                to = dice.choice([None, stage.admin.id])
                await stage.by_admin(
                    conversations.assign_conversation, lead_id, conversation, to, None
                )
        case 12:
            with suppress(Conflict):
                await stage.by_admin(
                    email_addresses.add_email_address, lead_id, f"{word}@mail.example",
                    is_primary=dice.random() < 0.5,
                )  # fmt: skip
        case 13:
            rows = await entries(stage, LeadEmailAddress)
            if len(rows) > 1:
                await stage.by_admin(
                    email_addresses.remove_email_address, lead_id, rows[0].id, rows[-1].id
                )
        case 14:
            rows = await entries(stage, LeadPhoneNumber)
            number = NumberEdit(f"030 9018{dice.randrange(20, 24)}", dice.choice([None, word]))
            entry_id = dice.choice([None, *(row.id for row in rows)])
            with suppress(Conflict):
                await stage.by_admin(phone_numbers.save_phone_number, lead_id, entry_id, number)
        case 15:
            await random_task_act(stage, dice, word)
        case 16:
            row = await stage.first(
                select(ImportantDate).where(col(ImportantDate.removed_at).is_(None)).limit(1)
            )
            moved = await date_edit(stage, date(2026, 5, dice.randrange(1, 30)), word)
            if row is not None and dice.random() < 0.3:
                await stage.by_admin(important_dates.remove_important_date, lead_id, row.id)
            else:
                known = row.id if row and dice.random() < 0.5 else None
                save = important_dates.save_important_date
                await stage.by_admin(save, lead_id, known, moved, None, None)
        case 17:
            await stage.by_admin(hiding.hide_lead, lead_id)


async def random_task_act(stage: Stage, dice: random.Random, word: str) -> None:
    """Adds a task, or does something with one."""
    rows = select(Task).where(col(Task.removed_at).is_(None)).limit(1)
    task = await stage.first(rows)
    if task is None or dice.random() < 0.4:
        await a_task(stage, title=word, body=dice.choice([None, word]))
        return
    until = stage.clock.now() + timedelta(hours=dice.randrange(1, 9))
    acts: list[tuple[Any, ...]] = [
        (tasks.update_task, {"title": word, "body": dice.choice([None, word])}, None),
        (tasks.complete_task, word),
        (tasks.reopen_task,),
        (tasks.remove_task,),
    ]
    if not task.completed_at:
        acts.append((tasks.snooze_task, dice.choice([None, until])))
    use_case, *given = dice.choice(acts)
    await stage.by_admin(use_case, stage.lead_id, task.id, *given)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_random_history_folds_to_the_card(stage: Stage, seed: int) -> None:
    dice = random.Random(seed)
    others = [stage.admin.id, (await make_staff(stage.services, name="Bo Berg")).id]
    for _ in range(30):
        await random_act(stage, dice, others)
    changes = await changes_of(stage.services, stage.lead_id)
    assert len(changes) > 10
    assert_folds(CardState(), changes, await card_of(stage.services, stage.lead_id))
    await assert_log_holds(stage.services, stage.lead_id)


@pytest.mark.parametrize("seed", [3, 4])
async def test_the_fold_to_a_past_moment_is_the_snapshot_taken_then(
    stage: Stage, seed: int
) -> None:
    dice = random.Random(seed)
    others = [stage.admin.id, (await make_staff(stage.services, name="Bo Berg")).id]
    taken: dict[int, CardState] = {}
    for _ in range(25):
        await random_act(stage, dice, others)
        revision = await head_of(stage.services, stage.lead_id)
        taken[revision] = await card_of(stage.services, stage.lead_id)
        stage.clock.advance(1)
    secrets, view = stage.services.secrets, View(stage.services, stage.admin)
    lead = await view.run(access.find_lead, stage.admin, stage.lead_id)
    epoch = await view.epoch()
    for revision, snapshot in taken.items():
        cursor = secrets.seal("feed", stage.lead_id, epoch, revision)
        past = await read_past(view, lead, None, cursor)
        assert past is not None
        assert (past.revision, past.card) == (revision, snapshot)
    await view.close()


async def test_an_act_that_changes_nothing_is_no_proof(stage: Stage) -> None:
    lead_id = await make_lead(stage.services, stage.admin)

    async def run() -> object:
        return await stage.by_admin(leads.change_priority, lead_id, Priority.NORMAL, None)

    with pytest.raises(pytest.fail.Exception, match="no change"):
        await verify_change(stage.services, lead_id, run)
