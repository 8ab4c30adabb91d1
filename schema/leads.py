"""The lead: the card that queries, snapshots and changes answer with."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from models.enums import (
    ActorKind,
    Channel,
    ConversationState,
    DueBand,
    HistoryType,
    Priority,
    SourceChannel,
)
from models.leads import Assignment as AssignmentRow
from models.leads import Lead as LeadRow
from resolvers import access, lists
from resolvers.actors import StaffActor
from resolvers.agenda import APPOINTMENTS, CALLS, AppointmentPeriod
from resolvers.counting_leads import told
from resolvers.deliveries import ON_SITES
from resolvers.lists import Chosen, Counted, OwnedList, Wanted
from resolvers.policy import Permission
from resolvers.presence import ViewerList
from resolvers.timeline import TimelineKind
from schema.accounts import LeadAccount
from schema.appointments import Appointment, AppointmentConnection, AppointmentEdge
from schema.avatar import Avatar
from schema.calls import Call, CallConnection, CallEdge
from schema.contact_points import (
    EmailSubscription,
    LeadEmailAddress,
    LeadPhoneNumber,
    addresses_of,
    phones_of,
)
from schema.context import Info, argument_id
from schema.conversations import (
    Conversation,
    ConversationConnection,
    ConversationEdge,
    Message,
    MessageConnection,
    MessageEdge,
)
from schema.enums import SortDirection
from schema.errors import seal_version
from schema.events import Event, EventConnection, EventEdge, EventGroup
from schema.events import group_of as event_group_of
from schema.field_definitions import FieldDefinition
from schema.fields import LeadFieldGroup, Property, groups_of, missing_of, pinned_of, properties_of
from schema.history import HistoryEntry, HistoryEntryConnection, HistoryEntryEdge
from schema.important_dates import ImportantDate
from schema.lead_info import PersonInfo, SalesInfo, person_of, sales_of, value_of
from schema.loaders import SchemaView
from schema.location import Location
from schema.notes import Note, NoteConnection, NoteEdge
from schema.pages import AFTER, FIRST, Count, PageInfo, connection
from schema.pipelines import PipelineState, StateBarStep, bar_of, state_of
from schema.presence import (
    CardViewer,
    LastVisit,
    Presence,
    PresenceInterval,
    PresenceIntervalConnection,
    PresenceIntervalEdge,
    presence_of,
)
from schema.project import WonButton, won_button_of
from schema.rules import Rule
from schema.scalars import Cursor, TimeZone, Url, Version
from schema.staff import Staff, staff_of
from schema.summary import SummaryField, summary_of
from schema.tags import Tag, tags_of
from schema.tasks import Task, TaskConnection, TaskEdge
from schema.timeline import TimelineItem, TimelineItemConnection, TimelineItemEdge
from schema.values import Money, global_id

if TYPE_CHECKING:
    from schema.segments import SegmentExplanation, SegmentMembership

T = TypeVar("T")
First = Annotated[int, strawberry.argument(description=FIRST)]
After = Annotated[Cursor | None, strawberry.argument(description=AFTER)]


@strawberry.input(description="Period of time; at least one end.")
class DateTimeRangeInput:
    from_at: datetime | None = strawberry.field(
        default=None, name="from", description="From this instant on."
    )
    to_at: datetime | None = strawberry.field(
        default=None, name="to", description="Up to this instant, not included."
    )


@strawberry.type(description="Origin of a lead; set once.")
class LeadSource:
    channel: SourceChannel = strawberry.field(description="Way.")
    detail: str | None = strawberry.field(
        description="Site, file or campaign; at most 200 characters."
    )
    referrer: Url | None = strawberry.field(description="Page that the first visit came from.")
    recorded_at: datetime | None = strawberry.field(
        description="When the source itself made the record; imports only."
    )


@strawberry.type(description="Former assignment.")
class PastAssignment:
    row: strawberry.Private[AssignmentRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Who; deactivated people stay.")
    async def staff(self) -> Staff:
        person = await staff_of(self.view, self.row.staff_id)
        assert person is not None
        return person

    @strawberry.field(name="from", description="From.")
    def from_at(self) -> datetime:
        return self.row.from_at

    @strawberry.field(name="to", description="To.")
    def to_at(self) -> datetime | None:
        return self.row.to_at


@strawberry.type(description="Who works on the lead.")
class Assignment:
    lead: strawberry.Private[LeadRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Present one; null: nobody.")
    async def current(self) -> Staff | None:
        return await staff_of(self.view, self.lead.assignee_id)

    @strawberry.field(description="Since when.")
    def since(self) -> datetime | None:
        return self.lead.assigned_since

    @strawberry.field(description="Former ones, newest first.")
    async def past(self) -> list[PastAssignment]:
        rows = await self.view.load.assignments_of_lead.load(self.lead.id)
        return [PastAssignment(row=row, view=self.view) for row in rows if row.to_at]


@strawberry.type(description="What you may do with a lead now; buttons follow it.")
class LeadViewerCan:
    edit: bool = strawberry.field(description="Change information, properties, tags.")
    change_state: bool = strawberry.field(description="Move along the pipeline, win.")
    reopen: bool = strawberry.field(description="Reopen.")
    assign: bool = strawberry.field(description="Assign to others; within own teams with TEAM.")
    assign_to_me: bool = strawberry.field(description="Take it yourself.")
    send_message: bool = strawberry.field(description="Write on some channel.")
    channels: list[Channel] = strawberry.field(description="Channels that would work now.")
    verify_history: bool = strawberry.field(description="Check the history's digest chain.")
    hide: bool = strawberry.field(description="Hide from Visitors.")
    merge: bool = strawberry.field(description="Merge and unmerge.")
    erase: bool = strawberry.field(description="Erase.")
    export_personal_data: bool = strawberry.field(description="Export the person's data.")
    lead_id: strawberry.Private[UUID]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Reset the portal password.")
    async def reset_password(self) -> bool:
        actor = self.view.actor
        if self.view.is_past or not access.may(actor, Permission.RESET_LEAD_PASSWORD):
            return False
        return await self.view.load.account_of_lead.load(self.lead_id) is not None


@strawberry.type(
    description="A person the team talks to, with everything known: the card. The same type "
    "answers queries, snapshots and changes."
)
class Lead:
    row: strawberry.Private[LeadRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The lead.")
    def id(self) -> strawberry.ID:
        return global_id("lead", self.row.id)

    @strawberry.field(
        description="Link to the card without any secret; opening it needs sign-in and access."
    )
    def url(self) -> Url:
        return Url(f"{self.view.services.public_url}/live#{global_id('lead', self.row.id)}")

    @strawberry.field(
        description="Name, else address, else phone, else `Visitor` and four characters."
    )
    def display_name(self) -> str:
        return self.row.display_name

    @strawberry.field(description="1 to 120 characters; the display name unless set by staff.")
    def title(self) -> str:
        return self.row.title or self.row.display_name

    @strawberry.field(description="The title was not set by staff.")
    def is_title_derived(self) -> bool:
        return self.row.title is None

    @strawberry.field(description="No address or phone is known.")
    def is_anonymous(self) -> bool:
        return self.row.is_anonymous

    @strawberry.field(description="Picture.")
    def avatar(self) -> Avatar:
        row = self.row
        return Avatar(
            name=row.display_name, view=self.view, file_id=row.avatar_id, given=row.avatar_source
        )

    @strawberry.field(description="Personal information.")
    async def person(self) -> PersonInfo:
        return await person_of(self.view, self.row.id)

    @strawberry.field(description="Sales information: what the lead wants.")
    async def sales(self) -> SalesInfo:
        return await sales_of(self.view, self.row.id)

    @strawberry.field(description="Addresses, primary first; at most 20.")
    async def email_addresses(self) -> list[LeadEmailAddress]:
        return await addresses_of(self.view, self.row.id)

    @strawberry.field(description="The primary address; null without any.")
    async def primary_email_address(self) -> LeadEmailAddress | None:
        return next(iter(await addresses_of(self.view, self.row.id)), None)

    @strawberry.field(description="Subscription of the primary address; null without an address.")
    async def email_subscription(self) -> EmailSubscription | None:
        primary = next(iter(await addresses_of(self.view, self.row.id)), None)
        return EmailSubscription(row=primary.shared) if primary else None

    @strawberry.field(description="Numbers, primary first; at most 20.")
    async def phone_numbers(self) -> list[LeadPhoneNumber]:
        return await phones_of(self.view, self.row.id)

    @strawberry.field(description="Closing, contract and other dates, by day; at most 50.")
    async def important_dates(self) -> list[ImportantDate]:
        rows = await self.view.load.important_dates_of_lead.load(self.row.id)
        return [ImportantDate(row=row, view=self.view) for row in rows[:50]]

    @strawberry.field(description="Portal account; null without one.")
    async def account(self) -> LeadAccount | None:
        row = await self.view.load.account_of_lead.load(self.row.id)
        return LeadAccount(row=row) if row else None

    @strawberry.field(description="Priority.")
    def priority(self) -> Priority:
        return self.row.priority

    @strawberry.field(description="What the deal is worth.")
    async def value(self) -> Money | None:
        return await value_of(self.view, self.row.id)

    @strawberry.field(description="Where the lead came from; never changes.")
    def source(self) -> LeadSource:
        row = self.row
        return LeadSource(
            channel=row.source_channel,
            detail=row.source_detail,
            referrer=Url(row.source_referrer) if row.source_referrer else None,
            recorded_at=row.source_recorded_at,
        )

    @strawberry.field(description="When the lead came to be; never changes.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="Last activity from the lead's own end.")
    def last_activity_at(self) -> datetime | None:
        return self.row.last_activity_at

    @strawberry.field(description="Since when hidden from Visitors; null when not.")
    def hidden_at(self) -> datetime | None:
        return self.row.hidden_at

    @strawberry.field(description="Where the lead is, as far as known.")
    def location(self) -> Location:
        return Location(lead=self.row, view=self.view)

    @strawberry.field(
        description="Zone of the lead; null: unknown.",
        deprecation_reason="Use `location { timeZone }`.",
    )
    def time_zone(self) -> TimeZone | None:
        return TimeZone(self.row.time_zone) if self.row.time_zone else None

    @strawberry.field(description="Position in the pipeline.")
    async def state(self) -> PipelineState:
        return await state_of(self.view, self.row.state_id)

    @strawberry.field(description="Since when.")
    def state_since(self) -> datetime:
        return self.row.state_since

    @strawberry.field(description="The pipeline's bar, in order.")
    async def state_bar(self) -> list[StateBarStep]:
        return await bar_of(self.view, self.row)

    @strawberry.field(description="The Won button as it is now; null when not shown.")
    async def won_button(self) -> WonButton | None:
        return await won_button_of(self.view, self.row)

    @strawberry.field(description="Why it was lost; only in a LOST state.")
    def loss_reason(self) -> str | None:
        return self.row.loss_reason

    @strawberry.field(description="Present assignee, if any.")
    async def assignee(self) -> Staff | None:
        return await staff_of(self.view, self.row.assignee_id)

    @strawberry.field(description="Present and past assignees.")
    def assignment(self) -> Assignment:
        return Assignment(lead=self.row, view=self.view)

    @strawberry.field(description="Non-editable summary in configured order; first the lead's id.")
    async def summary(self) -> list[SummaryField]:
        return await summary_of(self.view, self.row)

    @strawberry.field(description="Fields in your layout, by group.")
    async def field_groups(self) -> list[LeadFieldGroup]:
        return await groups_of(self.view, self.row.id)

    @strawberry.field(description="Your pinned properties, in order; at most 12.")
    async def pinned_properties(self) -> list[Property]:
        return await pinned_of(self.view, self.row.id)

    @strawberry.field(
        description="A value or gap for each field that you may see, by label; at most 500."
    )
    async def properties(
        self,
        keys: Annotated[
            list[str] | None,
            strawberry.argument(description="Only these, in this order, each once; absent: all."),
        ] = None,
    ) -> list[Property]:
        made = await properties_of(self.view, self.row.id)
        if keys is None:
            return made
        by_key = {each.definition.key: each for each in made}
        return [by_key[key] for key in dict.fromkeys(keys) if key in by_key]

    @strawberry.field(description="One property; null for an unknown key.")
    async def property(
        self, key: Annotated[str, strawberry.argument(description="Key.")]
    ) -> Property | None:
        made = await properties_of(self.view, self.row.id)
        return next((each for each in made if each.definition.key == key), None)

    @strawberry.field(description="Required fields that are empty, by label.")
    async def missing_required_fields(self) -> list[FieldDefinition]:
        return await missing_of(self.view, self.row.id)

    @strawberry.field(description="Tags, by name; at most 100.")
    async def tags(self) -> list[Tag]:
        return await tags_of(self.view, self.row.id)

    @strawberry.field(
        description="Segments the lead is in now, by name; computed, never set by hand. Those "
        "whose rule looks at a field that you may not see are left out."
    )
    async def segments(
        self,
    ) -> list[Annotated["SegmentMembership", strawberry.lazy("schema.segments")]]:
        from schema.segments import memberships_of

        return await memberships_of(self.view, self.row.id)

    @strawberry.field(
        description="Why the lead is or is not in a segment, weighed now; null for a segment that "
        "you may not know of, and on a past card."
    )
    async def segment_explanation(
        self, segment_id: Annotated[strawberry.ID, strawberry.argument(description="The segment.")]
    ) -> Annotated["SegmentExplanation", strawberry.lazy("schema.segments")] | None:
        from schema.segments import explanation_of

        return await explanation_of(self.view, self.row.id, segment_id)

    @strawberry.field(description="On the site now?")
    async def presence(self) -> Presence:
        return await presence_of(self.view, self.row.id)

    @strawberry.field(description="The visit that it came by last; null: none, or a past card.")
    async def last_visit(self) -> LastVisit | None:
        row = None if self.view.is_past else await self.view.load.last_visit.load(self.row.id)
        return LastVisit(row=row, view=self.view) if row else None

    @strawberry.field(description="When the lead was on the site, newest first.")
    async def presence_intervals(
        self,
        first: First,
        after: After = None,
        range: Annotated[
            DateTimeRangeInput | None,
            strawberry.argument(description="There at any moment within."),
        ] = None,
    ) -> PresenceIntervalConnection:
        return await self._list(
            lists.INTERVALS,
            Chosen(since=range.from_at if range else None, before=range.to_at if range else None),
            (first, after),
            (PresenceIntervalConnection, PresenceIntervalEdge),
            lambda row: PresenceInterval(row=row),
        )

    @strawberry.field(description="Who of the staff looks at this card now; at most 20.")
    async def viewers(self) -> list[CardViewer]:
        return viewers_of(self.view, await self.view.load.viewers.load(self.row.id))

    @strawberry.field(description="How many look at it.")
    async def viewer_count(self) -> int:
        return (await self.view.load.viewers.load(self.row.id)).count

    @strawberry.field(description="What you may do with this lead now; buttons follow it.")
    def viewer_can(self) -> LeadViewerCan:
        def may(permission: Permission) -> bool:
            return access.may(self.view.actor, permission) and not self.view.is_past

        can_send = may(Permission.SEND_MESSAGE)
        return LeadViewerCan(
            edit=may(Permission.EDIT_LEAD),
            change_state=may(Permission.CHANGE_STATE),
            reopen=may(Permission.REOPEN_LEAD),
            assign=may(Permission.ASSIGN_LEAD),
            assign_to_me=self._is_to_take(),
            send_message=can_send,
            channels=list(ON_SITES) if can_send else [],
            verify_history=may(Permission.VERIFY_HISTORY),
            hide=may(Permission.HIDE_LEAD),
            merge=may(Permission.MERGE_LEADS),
            erase=may(Permission.ERASE_LEAD),
            export_personal_data=may(Permission.EXPORT_PERSONAL_DATA),
            lead_id=self.row.id,
            view=self.view,
        )

    def _is_to_take(self) -> bool:
        actor, assignee = self.view.actor, self.row.assignee_id
        is_other = isinstance(actor, StaffActor) and actor.id != assignee
        return is_other and not self.view.is_past and access.may_assign(actor, assignee, actor.id)

    @strawberry.field(
        description="Tab: calls, mails, meetings, notes, messages, events and moves in one "
        "stream, newest first; an item "
        "stands where it was told first and shows its thing as it is now."
    )
    async def timeline(
        self,
        first: First,
        after: After = None,
        kinds: Annotated[
            list[TimelineKind] | None, strawberry.argument(description="Kinds; empty: all.")
        ] = None,
    ) -> TimelineItemConnection | None:
        # in one order, so that the same choice is the same list
        chosen = Chosen(items=tuple(kind for kind in TimelineKind if kind in (kinds or ())))
        page = await self.view.load.page.load(
            Wanted(lists.TIMELINE, self.row.id, first, after, chosen)
        )
        return connection(
            TimelineItemConnection,
            TimelineItemEdge,
            page,
            lambda row: TimelineItem(row=row, view=self.view),
        )

    @strawberry.field(description="Tab: the change log as staff read it, newest first.")
    async def history(
        self,
        first: First,
        after: After = None,
        types: Annotated[
            list[HistoryType] | None, strawberry.argument(description="Types; empty: all.")
        ] = None,
        actors: Annotated[
            list[ActorKind] | None,
            strawberry.argument(description="Kinds of actors; empty: all."),
        ] = None,
        range: Annotated[
            DateTimeRangeInput | None, strawberry.argument(description="Within.")
        ] = None,
    ) -> HistoryEntryConnection | None:
        chosen = Chosen(
            types=tuple(types or ()),
            actors=tuple(actors or ()),
            since=range.from_at if range else None,
            before=range.to_at if range else None,
        )
        return await self._list(
            lists.HISTORY,
            chosen,
            (first, after),
            (HistoryEntryConnection, HistoryEntryEdge),
            lambda row: HistoryEntry(row=row, view=self.view),
        )

    @strawberry.field(description="Tab: notes that you may see, pinned first, then newest.")
    async def notes(self, first: First, after: After = None) -> NoteConnection | None:
        return await self._list(
            lists.NOTES,
            Chosen(),
            (first, after),
            (NoteConnection, NoteEdge),
            lambda row: Note(row=row, view=self.view),
        )

    @strawberry.field(
        description="Tab: tasks of all assignees, open first by due date; then done ones, newest "
        "first."
    )
    async def tasks(
        self,
        first: First,
        after: After = None,
        bands: Annotated[
            list[DueBand] | None,
            strawberry.argument(description="Bands in your zone; empty: all."),
        ] = None,
        range: Annotated[
            DateTimeRangeInput | None,
            strawberry.argument(
                description="Due within; one due on a day, if the range has a part of that day."
            ),
        ] = None,
    ) -> TaskConnection | None:
        chosen = Chosen(
            bands=tuple(band for band in DueBand if band in (bands or ())),
            since=range.from_at if range else None,
            before=range.to_at if range else None,
            moment=self.view.moment,
        )
        return await self._list(
            lists.TASKS,
            chosen,
            (first, after),
            (TaskConnection, TaskEdge),
            lambda row: Task(row=row, view=self.view),
        )

    @strawberry.field(description="Tab: conversations, newest message first.")
    async def conversations(
        self,
        first: First,
        after: After = None,
        states: Annotated[
            list[ConversationState] | None, strawberry.argument(description="Which; empty: all.")
        ] = None,
    ) -> ConversationConnection | None:
        return await self._list(
            lists.CONVERSATIONS,
            Chosen(states=tuple(states or ())),
            (first, after),
            (ConversationConnection, ConversationEdge),
            lambda row: Conversation(row=row, view=self.view),
        )

    @strawberry.field(description="Tab: every message to and from the lead, newest first.")
    async def messages(
        self,
        first: First,
        after: After = None,
        channels: Annotated[
            list[Channel] | None, strawberry.argument(description="Channels; empty: all.")
        ] = None,
    ) -> MessageConnection | None:
        return await self._list(
            lists.LEAD_MESSAGES,
            Chosen(channels=tuple(channels or ())),
            (first, after),
            (MessageConnection, MessageEdge),
            lambda row: Message(row=row, view=self.view),
        )

    @strawberry.field(description="Tab: events, by time of happening.")
    async def events(
        self,
        first: First,
        after: After = None,
        order: Annotated[SortDirection, strawberry.argument(description="Order.")] = (
            SortDirection.DESCENDING
        ),
        kind_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this kind.")
        ] = None,
        name: Annotated[
            str | None,
            strawberry.argument(description="Only those with this name, when there is no kind."),
        ] = None,
    ) -> EventConnection | None:
        chosen = Chosen(
            ascending=order is SortDirection.ASCENDING,
            kind_id=argument_id("eventkind", kind_id) if kind_id else None,
            name=name,
        )
        return await self._list(
            lists.EVENTS,
            chosen,
            (first, after),
            (EventConnection, EventEdge),
            lambda row: Event(row=row, view=self.view),
        )

    @strawberry.field(
        description="Tab: events counted by kind and name, most recent first; at most 500."
    )
    async def event_groups(self) -> list[EventGroup] | None:
        rows = await self.view.load.event_groups_of_lead.load(self.row.id)
        return [event_group_of(self.view, row) for row in rows[:500]]

    @strawberry.field(
        description="Tab: calls, showings and meetings; UPCOMING by start, else newest first."
    )
    async def appointments(
        self,
        first: First,
        after: After = None,
        when: Annotated[
            AppointmentPeriod, strawberry.argument(description="Which side of now, by end time.")
        ] = AppointmentPeriod.UPCOMING,
        range: Annotated[
            DateTimeRangeInput | None, strawberry.argument(description="Starting within.")
        ] = None,
    ) -> AppointmentConnection | None:
        chosen = Chosen(
            ascending=when is AppointmentPeriod.UPCOMING,
            since=range.from_at if range else None,
            before=range.to_at if range else None,
            period=when,
            now=self.view.services.clock.now(),
        )
        return await self._list(
            APPOINTMENTS,
            chosen,
            (first, after),
            (AppointmentConnection, AppointmentEdge),
            lambda row: Appointment(row=row, view=self.view),
        )

    @strawberry.field(description="Tab: logged phone calls, newest first.")
    async def calls(self, first: First, after: After = None) -> CallConnection | None:
        return await self._list(
            CALLS,
            Chosen(),
            (first, after),
            (CallConnection, CallEdge),
            lambda row: Call(row=row, view=self.view),
        )

    @strawberry.field(description="Version for `expectedVersion` of changes to its own fields.")
    async def version(self, info: Info) -> Version:
        number = await self.view.load.version_of_lead.load(self.row.id)
        return seal_version(info, self.row.id, number)

    async def _list(
        self,
        owned: OwnedList,
        chosen: Chosen,
        place: tuple[int, str | None],
        kinds: tuple[Callable[..., T], Callable[..., Any]],
        node: Callable[[Any], Any],
    ) -> T:
        wanted = Wanted(owned, self.row.id, *place, chosen)
        page = await self.view.load.page.load(wanted)
        count = partial(self.view.load.count.load, Counted(owned, self.row.id, chosen))
        return connection(*kinds, page, node, count=count)


@strawberry.type(description="Row of LeadConnection.")
class LeadEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Lead = strawberry.field(description="The row.")


@strawberry.type(description="Page of leads.")
class LeadConnection:
    edges: list[LeadEdge] = strawberry.field(description="With cursors.")
    nodes: list[Lead] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]
    explain: strawberry.Private[Callable[[], Awaitable[Rule]] | None] = None

    @strawberry.field(description="All that you may see; costs a count.")
    async def total_count(self) -> Count:
        return count_of(await self.count())

    @strawberry.field(description="The filter in words; null without one.")
    async def rule(self) -> Rule | None:
        return await self.explain() if self.explain else None


def count_of(found: int) -> Count:
    """What a count says."""
    value, is_exact = told(found)
    return Count(value=value, is_exact=is_exact)


def viewers_of(view: SchemaView, listed: ViewerList) -> list[CardViewer]:
    """Staff who look at a card."""
    return [CardViewer(row=row, view=view) for row in listed.viewers]


async def lead_of(view: SchemaView, lead_id: UUID) -> Lead:
    """The lead with this id, which the viewer is known to see."""
    row = await view.load.lead.load(lead_id)
    assert row is not None
    return Lead(row=row, view=view)
