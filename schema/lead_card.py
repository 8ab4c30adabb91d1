"""The live card: one stream of a snapshot, changes, and what stands beside the log."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.leads import Lead as LeadRow
from resolvers.actors import Actor as Caller
from resolvers.errors import AccessEndReason, BadArgument
from resolvers.lead_card import (
    BandsTold,
    Changed,
    Ended,
    Erased,
    Item,
    Merged,
    Position,
    PresenceTold,
    Reset,
    ResetReason,
    SettingsTold,
    Snapshot,
    TypingTold,
    ViewersTold,
    follow_lead_card,
)
from schema.changes import (
    AppointmentChanged,
    CallChanged,
    ContactPointsChanged,
    ConversationChanged,
    EventAnnotated,
    EventRecorded,
    ImportantDateChanged,
    LeadAbsorbed,
    LeadAccountChanged,
    LeadAssigneeChanged,
    LeadCreated,
    LeadIdentified,
    LeadRestored,
    LeadStateChanged,
    LeadUnmerged,
    LeadVisibilityChanged,
    MessageAdded,
    MessageDeliveryChanged,
    NoteChanged,
    PropertiesChanged,
    SegmentsChanged,
    TagsChanged,
    TaskChanged,
    change_of,
)
from schema.context import Context, Info, argument_id
from schema.leads import Lead, viewers_of
from schema.loaders import SchemaView
from schema.operation_errors import Code, operation_error
from schema.presence import CardViewer, Presence
from schema.project import CardConfiguration, WonButton, card_configuration_of, won_button_of
from schema.scalars import Cursor
from schema.tasks import Task
from schema.values import global_id


@strawberry.type(
    description="The whole card as of one position; first item unless `after` could be met."
)
class LeadCardSnapshot:
    cursor: Cursor = strawberry.field(description="Position; the next change follows it.")
    at: datetime = strawberry.field(description="When read.")
    lead: Lead = strawberry.field(description="The card.")


@strawberry.type(description="The cursor could not be met; drop what you have, a snapshot follows.")
class LeadCardReset:
    cursor: Cursor = strawberry.field(description="The position that can't be gone on from.")
    reset_reason: ResetReason = strawberry.field(description="Why.")


@strawberry.type(description="The lead was erased with all its data; last item.")
class LeadErased:
    lead_id: strawberry.ID = strawberry.field(description="Former id.")
    at: datetime = strawberry.field(description="When.")


@strawberry.type(description="The lead was merged into another; last item.")
class LeadMerged:
    lead_id: strawberry.ID = strawberry.field(description="Former id.")
    at: datetime = strawberry.field(description="When.")
    into: Lead | None = strawberry.field(description="The lead to open instead, if you may.")


@strawberry.type(
    description="You may not, or no longer, see this; last item, in the order of the log."
)
class AccessEnded:
    at: datetime = strawberry.field(description="When.")
    end_reason: AccessEndReason = strawberry.field(description="Why.")


@strawberry.type(
    description="The state or the open pages changed; also once after a resume. Of pages alone at "
    "most 1 a second."
)
class PresenceChanged:
    cursor: Cursor = strawberry.field(description="Position of the log that you have.")
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    presence: Presence = strawberry.field(description="Presence.")


@strawberry.type(
    description="Staff looking at the card changed, or what they edit; also once after a "
    "resume; at most 1 a second."
)
class ViewersChanged:
    cursor: Cursor = strawberry.field(description="Position of the log that you have.")
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    viewers: list[CardViewer] = strawberry.field(
        description="Viewers now, you included; at most 20."
    )
    viewer_count: int = strawberry.field(description="How many there are.")


@strawberry.type(
    description="The lead began or ceased typing in its chat; also once after a resume; at most "
    "1 a second. What was not renewed for 10 s has ceased."
)
class TypingChanged:
    cursor: Cursor = strawberry.field(description="Position of the log that you have.")
    conversation_id: strawberry.ID | None = strawberry.field(
        description="Conversation; null: none has begun, or nothing is known to have ceased."
    )
    is_lead_typing: bool = strawberry.field(description="Types now.")


@strawberry.type(
    description="What all cards show changed: the header, a pipeline, buttons of events. Also once "
    "after a resume; at most 1 a second."
)
class SettingsChanged:
    lead_row: strawberry.Private[LeadRow]
    view: strawberry.Private[SchemaView]
    cursor: Cursor = strawberry.field(description="Position of the log that you have.")

    @strawberry.field(description="The lead, to read again what settings show, such as its bar.")
    def lead(self) -> Lead:
        return Lead(row=self.lead_row, view=self.view)

    @strawberry.field(description="New settings.")
    async def card(self) -> CardConfiguration:
        return await card_configuration_of(self.view)

    @strawberry.field(description="The Won button of this lead now.")
    async def won_button(self) -> WonButton | None:
        return await won_button_of(self.view, self.lead_row)


@strawberry.type(
    description="Due bands moved at midnight in your zone or at a due instant, or you moved to "
    "another zone; also once after a resume."
)
class DueBandsChanged:
    view: strawberry.Private[SchemaView]
    task_ids: strawberry.Private[Sequence[UUID]]
    cursor: Cursor = strawberry.field(description="Position of the log that you have.")

    @strawberry.field(description="Tasks with a new band; at most 500.")
    async def tasks(self) -> list[Task]:
        rows = await self.view.load.task.load_many(self.task_ids)
        return [Task(row=row, view=self.view) for row in rows if row]


LeadCardItem = Annotated[
    LeadCardSnapshot
    | LeadCardReset
    | LeadErased
    | LeadMerged
    | AccessEnded
    | PresenceChanged
    | ViewersChanged
    | TypingChanged
    | SettingsChanged
    | DueBandsChanged
    | LeadCreated
    | PropertiesChanged
    | ContactPointsChanged
    | LeadStateChanged
    | LeadAssigneeChanged
    | TagsChanged
    | EventRecorded
    | EventAnnotated
    | NoteChanged
    | TaskChanged
    | ImportantDateChanged
    | MessageAdded
    | MessageDeliveryChanged
    | ConversationChanged
    | AppointmentChanged
    | CallChanged
    | LeadAccountChanged
    | SegmentsChanged
    | LeadVisibilityChanged
    | LeadIdentified
    | LeadAbsorbed
    | LeadUnmerged
    | LeadRestored,
    strawberry.union(
        "LeadCardItem",
        description="Item of a live card. Log members implement LeadChange and come once, in "
        "order. The others stand beside the log: they carry the newest truth and may be skipped.",
    ),
]


async def lead_card(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The lead.")],
    after: Annotated[
        Cursor | None,
        strawberry.argument(
            description="Cursor of the last item that you have; absent: begin with a snapshot."
        ),
    ] = None,
) -> AsyncGenerator[LeadCardItem, None]:
    """Follows a card; each item's view is closed once the item is answered."""
    context: Context = info.context
    caller = await context.staff()
    lead_id = argument_id("lead", id)

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = follow_lead_card(context.services, caller, lead_id, after, make_view)
    try:
        async with aclosing(stream) as items:
            async for item in items:
                yield _item(context, item)
                del item
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error


def _item(context: Context, item: Item[SchemaView]) -> LeadCardItem:
    match item:
        case Snapshot():
            return _snapshot(context, item)
        case Changed():
            view = context.adopt(item.view)
            change: LeadCardItem = change_of(view, item.change, item.position.epoch)  # type: ignore[assignment]  # the kinds of the union, except the one that Merged stands for
            return change
        case Reset():
            return LeadCardReset(cursor=_cursor(context, item.position), reset_reason=item.reason)
        case PresenceTold():
            view = context.adopt(item.view)
            return PresenceChanged(
                cursor=_cursor(context, item.position),
                lead_id=global_id("lead", item.position.lead_id),
                presence=Presence(reading=item.presence, view=view),
            )
        case ViewersTold():
            view = context.adopt(item.view)
            return ViewersChanged(
                cursor=_cursor(context, item.position),
                lead_id=global_id("lead", item.position.lead_id),
                viewers=viewers_of(view, item.viewers),
                viewer_count=item.viewers.count,
            )
        case TypingTold():
            chat = item.conversation_id
            return TypingChanged(
                cursor=_cursor(context, item.position),
                conversation_id=global_id("conversation", chat) if chat else None,
                is_lead_typing=item.is_typing,
            )
        case SettingsTold():
            view = context.adopt(item.view)
            cursor = _cursor(context, item.position)
            return SettingsChanged(cursor=cursor, lead_row=item.lead, view=view)
        case BandsTold():
            return DueBandsChanged(
                cursor=_cursor(context, item.position),
                task_ids=item.task_ids,
                view=context.adopt(item.view),
            )
        case Merged():
            view = context.adopt(item.view)
            into = Lead(row=item.into, view=view) if item.into else None
            return LeadMerged(lead_id=global_id("lead", item.lead_id), at=item.at, into=into)
        case Erased():
            return LeadErased(lead_id=global_id("lead", item.lead_id), at=item.at)
        case Ended():
            return AccessEnded(at=item.at, end_reason=item.reason)


def _snapshot(context: Context, item: Snapshot[SchemaView]) -> LeadCardSnapshot:
    view = context.adopt(item.view)
    view.load.presence.prime(item.lead.id, item.presence)
    view.load.viewers.prime(item.lead.id, item.viewers)
    return LeadCardSnapshot(
        cursor=_cursor(context, item.position), at=item.at, lead=Lead(row=item.lead, view=view)
    )


def _cursor(context: Context, position: Position) -> Cursor:
    return Cursor(
        context.services.secrets.seal("feed", position.lead_id, position.epoch, position.revision)
    )
