"""Changes of a lead: the rows of its log, as they come live, from mutations and in history.

Each says all that a client needs to bring its card up to date. What a change mentions by id is
read as it is now, so a later edit may show already: applying it twice does no harm.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from models.changes import RecordedChange
from models.enums import (
    ChangeKind,
    DeliveryState,
    LeadAccountChange,
    SegmentAct,
    SegmentCause,
)
from schema.accounts import LeadAccount
from schema.appointments import Appointment
from schema.calls import Call
from schema.contact_points import (
    LeadEmailAddress,
    LeadPhoneNumber,
    addresses_of,
    phones_of,
)
from schema.conversations import Conversation, DeliveryStep, Message, conversation_of
from schema.enums import ChangeAction
from schema.events import Event, EventGroup, text_of
from schema.field_definitions import FieldDefinition
from schema.fields import Property, missing_of, properties_of
from schema.history import FieldDiff, HistoryEntry, diffs_of
from schema.important_dates import ImportantDate
from schema.loaders import SchemaView
from schema.notes import Note
from schema.pipelines import PipelineState, state_of
from schema.project import WonButton, won_button_of
from schema.scalars import Cursor
from schema.staff import Actor, Staff, actor_of, staff_of
from schema.tags import Tag
from schema.tasks import Task
from schema.texts import TextVersion
from schema.timeline import TimelineItem, item_of
from schema.values import global_id

if TYPE_CHECKING:
    from schema.leads import Lead
    from schema.segments import Segment, SegmentMembership


@strawberry.interface(
    description="Row of a lead's change log, with what it changed. The same types come live, from "
    "mutations and in history."
)
class LeadChange:
    row: strawberry.Private[RecordedChange]
    view: strawberry.Private[SchemaView]
    epoch: strawberry.Private[str]

    @property
    def data(self) -> dict[str, Any]:
        """What the log holds; an erased row is no change."""
        return self.row.data or {}

    @property
    def subject(self) -> UUID:
        """What the change is about."""
        assert self.row.subject_id is not None
        return self.row.subject_id

    @strawberry.field(description="Position, for `after`.")
    def cursor(self) -> Cursor:
        return feed_cursor(self.view, self.row.lead_id, self.epoch, self.row.revision)

    @strawberry.field(description="When committed.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="Who.")
    def actor(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.actor_kind, row.actor_id, row.actor_name)

    @strawberry.field(
        description="The lead, read at or after this change; select more than `id` only if needed."
    )
    async def lead(self) -> Annotated["Lead", strawberry.lazy("schema.leads")]:
        from schema.leads import lead_of

        return await lead_of(self.view, self.row.lead_id)

    @strawberry.field(description="The same row as history shows it.")
    def entry(self) -> HistoryEntry:
        return HistoryEntry(row=self.row, view=self.view)

    @strawberry.field(description="The item that it adds to the timeline; null: none.")
    async def timeline_item(self) -> TimelineItem | None:
        return await item_of(self.view, self.row)


@strawberry.type(description="The lead came to be; always the first.")
class LeadCreated(LeadChange):
    @strawberry.field(description="What it began with.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)


@strawberry.type(
    description="Own fields of the lead or its properties changed: person, title, sales, value, "
    "priority, zone, properties."
)
class PropertiesChanged(LeadChange):
    @strawberry.field(description="Each field that changed.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)

    @strawberry.field(description="Properties among them as they are now.")
    async def properties(self) -> list[Property]:
        ids = {diff["field_id"] for diff in self.data["diffs"]}
        made = await properties_of(self.view, self.row.lead_id)
        return [each for each in made if each.definition.id.hex in ids]

    @strawberry.field(description="Required fields that are empty now.")
    async def missing_required_fields(self) -> list[FieldDefinition]:
        return await missing_of(self.view, self.row.lead_id)


@strawberry.type(description="Addresses or numbers changed.")
class ContactPointsChanged(LeadChange):
    @strawberry.field(description="What changed.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)

    @strawberry.field(description="Addresses now.")
    async def email_addresses(self) -> list[LeadEmailAddress]:
        return await addresses_of(self.view, self.row.lead_id)

    @strawberry.field(description="Numbers now.")
    async def phone_numbers(self) -> list[LeadPhoneNumber]:
        return await phones_of(self.view, self.row.lead_id)


@strawberry.type(
    description="The lead moved along the pipeline; Won, Reopen and Lost are moves too."
)
class LeadStateChanged(LeadChange):
    @strawberry.field(description="From.")
    async def from_state(self) -> PipelineState:
        return await state_of(self.view, UUID(hex=self.data["from"]))

    @strawberry.field(description="To.")
    async def to_state(self) -> PipelineState:
        return await state_of(self.view, UUID(hex=self.data["to"]))

    @strawberry.field(description="Time in the former state.")
    def seconds_in_from(self) -> int:
        return int(self.data["seconds_in_from"])

    @strawberry.field(description="Given reason.")
    def loss_reason(self) -> str | None:
        reason: str | None = self.data.get("loss_reason")
        return reason

    @strawberry.field(description="The Won button now.")
    async def won_button(self) -> WonButton | None:
        row = await self.view.load.lead.load(self.row.lead_id)
        return await won_button_of(self.view, row) if row else None


@strawberry.type(description="The lead changed hands.")
class LeadAssigneeChanged(LeadChange):
    @strawberry.field(description="Former assignee.")
    async def from_assignee(self) -> Staff | None:
        return await staff_of(self.view, _uuid(self.data["from"]))

    @strawberry.field(description="New assignee.")
    async def to_assignee(self) -> Staff | None:
        return await staff_of(self.view, _uuid(self.data["to"]))

    @strawberry.field(description="Open tasks and appointments moved along.")
    def moved_item_count(self) -> int:
        return int(self.data.get("moved", 0))


@strawberry.type(description="Tags came or went.")
class TagsChanged(LeadChange):
    @strawberry.field(description="Added.")
    async def added(self) -> list[Tag]:
        ids = [UUID(hex=tag["id"]) for tag in self.data["added"]]
        rows = await self.view.load.tag.load_many(ids)
        return [Tag(row=row) for row in rows if row]

    @strawberry.field(description="Removed, by name.")
    def removed(self) -> list[str]:
        return [tag["name"] for tag in self.data["removed"]]


@strawberry.type(description="Something happened.")
class EventRecorded(LeadChange):
    @strawberry.field(description="The event.")
    async def event(self) -> Event | None:
        row = await self.view.load.event.load((self.row.lead_id, self.subject))
        return Event(row=row, view=self.view) if row else None

    @strawberry.field(description="Its group's counters after it.")
    def group(self) -> EventGroup:
        return EventGroup(logged=self.data["group"], view=self.view)


@strawberry.type(description="An event's text changed.")
class EventAnnotated(LeadChange):
    @strawberry.field(description="What happened to the text.")
    def action(self) -> ChangeAction:
        return ChangeAction(self.data["action"])

    @strawberry.field(description="The event.")
    async def event(self) -> Event | None:
        row = await self.view.load.event.load((self.row.lead_id, self.subject))
        return Event(row=row, view=self.view) if row else None

    @strawberry.field(
        description="The text that this change gave the event; null: it took it away."
    )
    async def text(self) -> TextVersion | None:
        texts = await self.view.load.event_texts.load(self.subject)
        version = self.data["event"]["version"]
        return next(
            (text_of(self.view, row) for row in texts if row.version == version and row.body), None
        )


@strawberry.type(description="A note that you may see.")
class NoteChanged(LeadChange):
    @strawberry.field(description="What happened.")
    def action(self) -> ChangeAction:
        return ChangeAction(self.data["action"])

    @strawberry.field(description="Its id.")
    def note_id(self) -> strawberry.ID:
        return global_id("note", self.subject)

    @strawberry.field(description="As it is now; null: removed.")
    async def note(self) -> Note | None:
        row = await self.view.load.note.load(self.subject)
        return Note(row=row, view=self.view) if row else None


@strawberry.type(
    description="A task was made, changed, done, snoozed, opened, handed on or removed."
)
class TaskChanged(LeadChange):
    @strawberry.field(description="What happened.")
    def action(self) -> ChangeAction:
        return ChangeAction(self.data["action"])

    @strawberry.field(description="Its id.")
    def task_id(self) -> strawberry.ID:
        return global_id("task", self.subject)

    @strawberry.field(description="As it is now; null: removed.")
    async def task(self) -> Task | None:
        row = await self.view.load.task.load(self.subject)
        return Task(row=row, view=self.view) if row else None

    @strawberry.field(description="What changed, but for the text.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)


@strawberry.type(description="An important date was added, changed or removed.")
class ImportantDateChanged(LeadChange):
    @strawberry.field(description="What happened.")
    def action(self) -> ChangeAction:
        return ChangeAction(self.data["action"])

    @strawberry.field(description="Its id.")
    def important_date_id(self) -> strawberry.ID:
        return global_id("importantdate", self.subject)

    @strawberry.field(description="As it is now; null: removed.")
    async def important_date(self) -> ImportantDate | None:
        row = await self.view.load.important_date.load(self.subject)
        return ImportantDate(row=row, view=self.view) if row else None


@strawberry.type(
    description="An appointment was planned, changed, logged, called off or got an outcome."
)
class AppointmentChanged(LeadChange):
    @strawberry.field(description="What happened.")
    def action(self) -> ChangeAction:
        return ChangeAction(self.data["action"])

    @strawberry.field(description="The appointment as it is now.")
    async def appointment(self) -> Appointment:
        row = await self.view.load.appointment.load(self.subject)
        assert row is not None
        return Appointment(row=row, view=self.view)

    @strawberry.field(description="What changed; of long texts the first 500 characters.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)


@strawberry.type(description="A call was put down or corrected.")
class CallChanged(LeadChange):
    @strawberry.field(description="What happened.")
    def action(self) -> ChangeAction:
        return ChangeAction(self.data["action"])

    @strawberry.field(description="The call as it is now.")
    async def call(self) -> Call:
        row = await self.view.load.call.load(self.subject)
        assert row is not None
        return Call(row=row, view=self.view)

    @strawberry.field(description="What was corrected; of the note the first 500 characters.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)


@strawberry.type(description="A message was sent, received, taken or logged.")
class MessageAdded(LeadChange):
    @strawberry.field(description="The message.")
    async def message(self) -> Message:
        row = await self.view.load.message.load(self.subject)
        assert row is not None
        return Message(row=row, view=self.view)

    @strawberry.field(description="Its conversation now.")
    async def conversation(self) -> Conversation:
        return await conversation_of(self.view, UUID(hex=self.data["conversation"]["id"]))


@strawberry.type(description="Delivery of a message went a step further.")
class MessageDeliveryChanged(LeadChange):
    @strawberry.field(description="The message.")
    async def message(self) -> Message:
        row = await self.view.load.message.load(self.subject)
        assert row is not None
        return Message(row=row, view=self.view)

    @strawberry.field(description="The step.")
    def step(self) -> DeliveryStep:
        return DeliveryStep(state=DeliveryState(self.data["state"]), at=self.row.at)


@strawberry.type(description="A conversation was closed or opened.")
class ConversationChanged(LeadChange):
    @strawberry.field(description="The conversation.")
    async def conversation(self) -> Conversation:
        return await conversation_of(self.view, UUID(hex=self.data["conversation"]["id"]))

    @strawberry.field(description="What changed.")
    async def diffs(self) -> list[FieldDiff]:
        return await diffs_of(self.view, self.row)


@strawberry.type(description="The portal account was made, or its password reset.")
class LeadAccountChanged(LeadChange):
    @strawberry.field(description="What happened.")
    def what(self) -> LeadAccountChange:
        return LeadAccountChange(self.data["what"])

    @strawberry.field(description="The account.")
    async def account(self) -> LeadAccount | None:
        row = await self.view.load.account_of_lead.load(self.row.lead_id)
        return LeadAccount(row=row) if row else None


@strawberry.type(
    description="The lead entered or left a segment, by the change before this one, by time, or "
    "since the rule is another one."
)
class SegmentsChanged(LeadChange):
    @strawberry.field(description="Entered, with reasons.")
    async def entered(
        self,
    ) -> list[Annotated["SegmentMembership", strawberry.lazy("schema.segments")]]:
        from schema.segments import SegmentMembership

        row = await self.view.load.segment.load(self.subject)
        if row is None or self.data["act"] != SegmentAct.ENTERED:
            return []
        return [
            SegmentMembership(
                row=row,
                view=self.view,
                lead_id=self.row.lead_id,
                told=self.data["because"],
                since=self.row.at,
            )
        ]

    @strawberry.field(description="Left.")
    async def left(self) -> list[Annotated["Segment", strawberry.lazy("schema.segments")]]:
        from schema.segments import Segment

        row = await self.view.load.segment.load(self.subject)
        is_left = row is not None and self.data["act"] == SegmentAct.LEFT
        return [Segment(row=row, view=self.view)] if row is not None and is_left else []

    @strawberry.field(description="What made it so; of a change, `entry.cause` is that change.")
    def cause(self) -> SegmentCause:
        return SegmentCause(self.data["cause"])


@strawberry.type(description="Hidden from Visitors, or back by the lead's own activity.")
class LeadVisibilityChanged(LeadChange):
    @strawberry.field(description="Since when hidden; null: not.")
    def hidden_at(self) -> datetime | None:
        told = self.data["hidden_at"]
        return datetime.fromisoformat(told) if told else None


@strawberry.type(description="A visit or address was linked to the lead.")
class LeadIdentified(LeadChange):
    @strawberry.field(description="Number of visits linked.")
    def visit_count(self) -> int:
        return int(self.data["visit_count"])

    @strawberry.field(description="Proven by the site's signature.")
    def is_verified(self) -> bool:
        return bool(self.data["is_verified"])


@strawberry.type(
    description="Another lead was merged into this one; a reset and a new snapshot follow."
)
class LeadAbsorbed(LeadChange):
    @strawberry.field(description="Id of the lead that went in; it leads here.")
    def merged_lead_id(self) -> strawberry.ID:
        return global_id("lead", self.data["alias"])

    @strawberry.field(description="Its name then.")
    def merged_name(self) -> str:
        return str(self.data["name"])


@strawberry.type(description="The lead went into another one; the last of its log.")
class LeadWentIn(LeadChange):
    @strawberry.field(description="Id of the lead that stays.")
    def into_id(self) -> strawberry.ID:
        return global_id("lead", self.data["into"])


@strawberry.type(description="A merge was undone; a reset and a new snapshot follow.")
class LeadUnmerged(LeadChange):
    @strawberry.field(description="Id of the lead that was given back.")
    def restored_lead_id(self) -> strawberry.ID:
        return global_id("lead", self.data["alias"])


@strawberry.type(
    description="The lead is back that had gone into another; a reset and a new snapshot follow."
)
class LeadRestored(LeadChange):
    @strawberry.field(description="Id of the lead that it had gone into.")
    def from_lead_id(self) -> strawberry.ID:
        return global_id("lead", self.data["from"])


@strawberry.type(description="The lead was erased with all its data; the last of its log.")
class LeadErasure(LeadChange):
    """Without content, as all that it left."""


TYPES: dict[ChangeKind, type[LeadChange]] = {
    ChangeKind.LEAD_CREATED: LeadCreated,
    ChangeKind.PROPERTIES_CHANGED: PropertiesChanged,
    ChangeKind.CONTACT_POINTS_CHANGED: ContactPointsChanged,
    ChangeKind.LEAD_STATE_CHANGED: LeadStateChanged,
    ChangeKind.LEAD_ASSIGNEE_CHANGED: LeadAssigneeChanged,
    ChangeKind.TAGS_CHANGED: TagsChanged,
    ChangeKind.EVENT_RECORDED: EventRecorded,
    ChangeKind.EVENT_ANNOTATED: EventAnnotated,
    ChangeKind.NOTE_CHANGED: NoteChanged,
    ChangeKind.TASK_CHANGED: TaskChanged,
    ChangeKind.IMPORTANT_DATE_CHANGED: ImportantDateChanged,
    ChangeKind.MESSAGE_ADDED: MessageAdded,
    ChangeKind.MESSAGE_DELIVERY_CHANGED: MessageDeliveryChanged,
    ChangeKind.CONVERSATION_CHANGED: ConversationChanged,
    ChangeKind.APPOINTMENT_CHANGED: AppointmentChanged,
    ChangeKind.CALL_CHANGED: CallChanged,
    ChangeKind.LEAD_ACCOUNT_CHANGED: LeadAccountChanged,
    ChangeKind.SEGMENTS_CHANGED: SegmentsChanged,
    ChangeKind.LEAD_VISIBILITY_CHANGED: LeadVisibilityChanged,
    ChangeKind.LEAD_IDENTIFIED: LeadIdentified,
    ChangeKind.LEAD_ABSORBED: LeadAbsorbed,
    ChangeKind.LEAD_MERGED: LeadWentIn,
    ChangeKind.LEAD_UNMERGED: LeadUnmerged,
    ChangeKind.LEAD_RESTORED: LeadRestored,
    ChangeKind.LEAD_ERASED: LeadErasure,
}
"""The type of each kind of change; a test finds kinds without one."""


def change_of(view: SchemaView, row: RecordedChange, epoch: str) -> LeadChange:
    """A row of the log for clients."""
    return TYPES[row.kind](row=row, view=view, epoch=epoch)


def feed_cursor(view: SchemaView, lead_id: UUID, epoch: str, revision: int) -> Cursor:
    """A sealed place in a lead's log."""
    return Cursor(view.services.secrets.seal("feed", lead_id, epoch, revision))


def _uuid(text: str | None) -> UUID | None:
    return UUID(hex=text) if text else None
