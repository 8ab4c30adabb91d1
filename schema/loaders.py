"""Loaders of one view: keys that are asked for together become one statement."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from models.appointments import Appointment
from models.automations import Automation
from models.calls import Call
from models.changes import Change
from models.conversations import Conversation, Message
from models.events import Event, EventGroup, EventKind, EventText
from models.fields import FieldDefinition, FieldGroup, FieldLayout, FieldOption, Property
from models.files import File
from models.important_dates import ImportantDate, ImportantDateKind
from models.leads import Assignment, Lead
from models.notes import Note, NoteText
from models.pipelines import Pipeline, PipelineState, StateTime
from models.segments import Segment
from models.staff import Staff
from models.tags import Tag
from models.tasks import Task
from models.teams import Team
from models.workspace import Workspace
from resolvers import accounts, agenda, layouts, lists, pins, presence, readers, teams, wordings
from resolvers.accounts import AccountRow
from resolvers.actors import Actor
from resolvers.automations import listing
from resolvers.canned_replies import known_by_lead
from resolvers.conversations.reading import chats_by_lead, unread_by_conversation
from resolvers.filters import Explanation, Filter, explain_all
from resolvers.last_visits import LastVisit, last_visits
from resolvers.open_pages import PresenceSession, read_sessions
from resolvers.pages import Page
from resolvers.presence import Reading, ViewerList
from resolvers.segments import listing as segments
from resolvers.segments.learning import used_by
from resolvers.segments.listing import Membership
from resolvers.services import Services
from resolvers.staff.online import LastUse, last_uses
from resolvers.views import View

K = TypeVar("K")
R = TypeVar("R")


class SchemaView(View):
    """A view with its loaders. Types of the schema hold the view that they were read through."""

    is_past = False
    """Whether the card is read as it was: then nothing can be done with it."""

    @property
    def now(self) -> datetime:
        """The instant that the card is shown at."""
        return self.moment.at

    def __init__(self, services: Services, actor: Actor) -> None:
        super().__init__(services, actor)
        self.load = Loaders(self)

    async def close(self) -> None:
        """Gives the connection back, and all rows that were loaded."""
        await super().close()
        vars(self.load).clear()


class Loaders:
    """Made when first used: most operations need few of them."""

    def __init__(self, view: View) -> None:
        self._view = view

    def _of(self, read: Callable[[View, Sequence[K]], Awaitable[Sequence[R]]]) -> DataLoader[K, R]:
        async def load(keys: list[K]) -> Sequence[R]:
            return await read(self._view, keys)

        return DataLoader(load_fn=load)

    @cached_property
    def lead(self) -> DataLoader[UUID, Lead | None]:
        return self._of(readers.leads_by_id)

    @cached_property
    def staff(self) -> DataLoader[UUID, Staff | None]:
        return self._of(readers.staff_by_id)

    @cached_property
    def last_use(self) -> DataLoader[UUID, LastUse]:
        return self._of(last_uses)

    @cached_property
    def account_of_lead(self) -> DataLoader[UUID, AccountRow | None]:
        return self._of(accounts.accounts_by_lead)

    @cached_property
    def team_of_staff(self) -> DataLoader[UUID, Team | None]:
        return self._of(teams.teams_of_staff)

    @cached_property
    def members_of_team(self) -> DataLoader[UUID, list[Staff]]:
        return self._of(teams.members_of_teams)

    @cached_property
    def managers_of_team(self) -> DataLoader[UUID, list[Staff]]:
        return self._of(teams.managers_of_teams)

    @cached_property
    def automation(self) -> DataLoader[UUID, Automation | None]:
        return self._of(listing.automations_by_id)

    @cached_property
    def problems_of_automation(self) -> DataLoader[UUID, list[str]]:
        return self._of(listing.problems_by_id)

    @cached_property
    def segment(self) -> DataLoader[UUID, Segment | None]:
        return self._of(segments.segments_by_id)

    @cached_property
    def segments_of_lead(self) -> DataLoader[UUID, list[Membership]]:
        return self._of(segments.memberships_by_lead)

    @cached_property
    def count_of_segment(self) -> DataLoader[UUID, int]:
        return self._of(segments.counts_by_segment)

    @cached_property
    def users_of_segment(self) -> DataLoader[UUID, list[str]]:
        return self._of(segments.names_of_users)

    @cached_property
    def reasons(self) -> DataLoader[tuple[UUID, UUID], list[str]]:
        return self._of(segments.reasons)

    @cached_property
    def change(self) -> DataLoader[UUID, Change | None]:
        return self._of(readers.changes_by_id)

    @cached_property
    def change_at(self) -> DataLoader[tuple[UUID, int], Change | None]:
        return self._of(listing.changes_at)

    @cached_property
    def state(self) -> DataLoader[UUID, PipelineState | None]:
        return self._of(readers.states_by_id)

    @cached_property
    def pipeline(self) -> DataLoader[UUID, Pipeline | None]:
        return self._of(readers.pipelines_by_id)

    @cached_property
    def states_of_pipeline(self) -> DataLoader[UUID, list[PipelineState]]:
        return self._of(readers.states_by_pipeline)

    @cached_property
    def state_times_of_lead(self) -> DataLoader[UUID, list[StateTime]]:
        return self._of(readers.state_times_by_lead)

    @cached_property
    def workspace(self) -> DataLoader[None, Workspace | None]:
        async def load(keys: list[None]) -> list[Workspace | None]:
            return [await readers.workspace(self._view)] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def event_kind(self) -> DataLoader[UUID, EventKind | None]:
        return self._of(readers.event_kinds_by_id)

    @cached_property
    def event(self) -> DataLoader[tuple[UUID, UUID], Event | None]:
        return self._of(readers.events_by_id)

    @cached_property
    def event_texts(self) -> DataLoader[UUID, list[EventText]]:
        return self._of(readers.event_texts)

    @cached_property
    def conversation(self) -> DataLoader[UUID, Conversation | None]:
        return self._of(readers.conversations_by_id)

    @cached_property
    def unread(self) -> DataLoader[UUID, int]:
        """Messages of a conversation that the viewer has not read."""
        return self._of(unread_by_conversation)

    @cached_property
    def known_of_lead(self) -> DataLoader[UUID, Mapping[str, str | None]]:
        """What prepared answers may say of a lead that the viewer sees, by variable."""
        return self._of(known_by_lead)

    @cached_property
    def message(self) -> DataLoader[UUID, Message | None]:
        return self._of(readers.messages_by_id)

    @cached_property
    def note(self) -> DataLoader[UUID, Note | None]:
        return self._of(readers.notes_by_id)

    @cached_property
    def note_texts(self) -> DataLoader[UUID, list[NoteText]]:
        return self._of(readers.note_texts)

    @cached_property
    def file(self) -> DataLoader[UUID, File | None]:
        return self._of(readers.files_by_id)

    @cached_property
    def files_of(self) -> DataLoader[UUID, list[File]]:
        """By what they are part of."""
        return self._of(readers.files_by_subject)

    @cached_property
    def appointment(self) -> DataLoader[UUID, Appointment | None]:
        return self._of(agenda.appointments_by_id)

    @cached_property
    def overlaps(self) -> DataLoader[Appointment, list[Appointment]]:
        async def load(rows: list[Appointment]) -> list[list[Appointment]]:
            return await agenda.overlaps_of(self._view, rows)

        return DataLoader(load_fn=load, cache_key_fn=lambda row: row.id)

    @cached_property
    def call(self) -> DataLoader[UUID, Call | None]:
        return self._of(agenda.calls_by_id)

    @cached_property
    def wording(self) -> DataLoader[wordings.Worded, str]:
        return self._of(wordings.texts)

    @cached_property
    def task(self) -> DataLoader[UUID, Task | None]:
        return self._of(readers.tasks_by_id)

    @cached_property
    def task_text(self) -> DataLoader[tuple[UUID, int | None], str | None]:
        return self._of(readers.task_texts)

    @cached_property
    def lead_name(self) -> DataLoader[UUID, str]:
        return self._of(readers.names_of_leads)

    @cached_property
    def important_date(self) -> DataLoader[UUID, ImportantDate | None]:
        return self._of(readers.important_dates_by_id)

    @cached_property
    def important_date_kind(self) -> DataLoader[UUID, ImportantDateKind | None]:
        return self._of(readers.important_date_kinds_by_id)

    @cached_property
    def important_dates_of_lead(self) -> DataLoader[UUID, list[ImportantDate]]:
        return self._of(readers.important_dates_by_lead)

    @cached_property
    def tag(self) -> DataLoader[UUID, Tag | None]:
        return self._of(readers.tags_by_id)

    @cached_property
    def tags_of_lead(self) -> DataLoader[UUID, list[Tag]]:
        return self._of(readers.tags_by_lead)

    @cached_property
    def addresses_of_lead(self) -> DataLoader[UUID, list[readers.AddressRow]]:
        return self._of(readers.addresses_by_lead)

    @cached_property
    def leads_with_address(self) -> DataLoader[UUID, list[Lead]]:
        return self._of(readers.leads_by_address)

    @cached_property
    def phones_of_lead(self) -> DataLoader[UUID, list[Any]]:
        return self._of(readers.phones_by_lead)

    @cached_property
    def properties_of_lead(self) -> DataLoader[UUID, list[Property]]:
        return self._of(readers.properties_by_lead)

    @cached_property
    def version_of_lead(self) -> DataLoader[UUID, int]:
        return self._of(readers.versions_by_lead)

    @cached_property
    def assignments_of_lead(self) -> DataLoader[UUID, list[Assignment]]:
        return self._of(readers.assignments_by_lead)

    @cached_property
    def event_groups_of_lead(self) -> DataLoader[UUID, list[EventGroup]]:
        return self._of(readers.event_groups_by_lead)

    @cached_property
    def page(self) -> DataLoader[lists.Wanted, Page[Any]]:
        # An exception in a page's place fails that one page.
        read: Callable[..., Awaitable[Sequence[Any]]] = lists.read_pages
        return self._of(read)

    @cached_property
    def count(self) -> DataLoader[lists.Counted, int]:
        return self._of(lists.count_rows)

    @cached_property
    def presence(self) -> DataLoader[UUID, Reading]:
        return self._of(presence.read_presence)

    @cached_property
    def presence_sessions(self) -> DataLoader[Reading, list[PresenceSession]]:
        return self._of(read_sessions)

    @cached_property
    def viewers(self) -> DataLoader[UUID, ViewerList]:
        return self._of(presence.read_viewers)

    @cached_property
    def chat_of_lead(self) -> DataLoader[UUID, Conversation | None]:
        return self._of(chats_by_lead)

    @cached_property
    def last_visit(self) -> DataLoader[UUID, LastVisit | None]:
        return self._of(last_visits)

    @cached_property
    def last_seen(self) -> DataLoader[UUID, datetime | None]:
        return self._of(presence.last_seen)

    @cached_property
    def epoch(self) -> DataLoader[None, str]:
        async def load(keys: list[None]) -> list[str]:
            return [await self._view.epoch()] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def fields(self) -> DataLoader[None, Sequence[FieldDefinition]]:
        async def load(keys: list[None]) -> list[Sequence[FieldDefinition]]:
            return [await readers.all_fields(self._view)] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def options_of_field(self) -> DataLoader[UUID, list[FieldOption]]:
        return self._of(readers.options_by_field)

    @cached_property
    def explanation(self) -> DataLoader[Filter, Explanation]:
        async def load(keys: list[Filter]) -> list[Explanation]:
            hidden = await self.hidden_names({each for key in keys for each in used_by(key)})
            return await explain_all(self._view.rows, keys, hidden)

        return DataLoader(load_fn=load)

    async def hidden_names(self, segment_ids: Collection[UUID]) -> set[str]:
        """Keys of fields, and of these segments ids in 32 digits, that the viewer may not see."""
        rows = await self.segment.load_many(list(segment_ids))
        named = zip(segment_ids, rows, strict=True)
        hidden = {each.hex for each, row in named if row is None}
        return hidden | {*(await self.hidden_paths.load(None))}

    @cached_property
    def option(self) -> DataLoader[UUID, FieldOption | None]:
        return self._of(readers.options_by_id)

    @cached_property
    def layouts(self) -> DataLoader[None, Mapping[UUID, FieldLayout]]:
        async def load(keys: list[None]) -> list[Mapping[UUID, FieldLayout]]:
            return [await layouts.layouts(self._view)] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def pins(self) -> DataLoader[None, Sequence[FieldDefinition]]:
        async def load(keys: list[None]) -> list[Sequence[FieldDefinition]]:
            return [await pins.pinned_fields(self._view)] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def hidden_fields(self) -> DataLoader[None, frozenset[UUID]]:
        async def load(keys: list[None]) -> list[frozenset[UUID]]:
            return [await readers.hidden_field_ids(self._view)] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def hidden_paths(self) -> DataLoader[None, Mapping[str, str]]:
        """Paths of fields that the viewer may not see, by key."""

        async def load(keys: list[None]) -> list[Mapping[str, str]]:
            return [await readers.hidden_field_paths(self._view)] * len(keys)

        return DataLoader(load_fn=load)

    @cached_property
    def field_groups(self) -> DataLoader[None, Sequence[FieldGroup]]:
        async def load(keys: list[None]) -> list[Sequence[FieldGroup]]:
            return [await readers.all_field_groups(self._view)] * len(keys)

        return DataLoader(load_fn=load)
