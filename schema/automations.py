"""Rules that act by themselves, their runs, and what a rule would have done."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from models.automations import Automation as AutomationRow
from models.automations import AutomationRun as RunRow
from models.enums import AutomationActionKind, Channel, PeriodUnit, RunOutcome, TriggerKind
from models.segments import Segment as SegmentRow
from resolvers.automations import listing
from resolvers.automations.checking import Stored
from resolvers.automations.masking import shown_action, shown_filter, shown_trigger
from resolvers.filters import restore
from resolvers.filters.wording import HIDDEN_SEGMENT
from resolvers.pages import Page
from schema.changes import LeadChange, change_of
from schema.context import Info, argument_id
from schema.errors import seal_version
from schema.events import EventKind
from schema.history import HistoryEntry
from schema.leads import Lead
from schema.loaders import SchemaView
from schema.pages import AFTER, FIRST, PageInfo, connection
from schema.pipelines import PipelineState, state_of
from schema.rules import Rule, rule_of
from schema.scalars import Cursor, Version
from schema.staff import Actor, Staff, actor_of, staff_of
from schema.values import Parameter, Value, global_id, hidden, value_of

if TYPE_CHECKING:
    from schema.segments import Segment

TRIGGER_WORDS = {
    TriggerKind.LEAD_CREATED: "A lead comes to be",
    TriggerKind.ASSIGNED: "The assignee changes",
    TriggerKind.TASK_OVERDUE: "A task becomes overdue",
}


CHANNELS = {
    Channel.CHAT: "in the chat",
    Channel.EMAIL: "by e-mail",
    Channel.SMS: "by text message",
    Channel.WHATSAPP: "on WhatsApp",
}


@strawberry.type(description="What starts a rule.")
class AutomationTrigger:
    kind: TriggerKind = strawberry.field(description="Kind.")
    given: strawberry.Private[dict[str, Any]]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="In words; names are those of when the rule was saved.")
    async def words(self) -> str:
        given = self.given
        match self.kind:
            case TriggerKind.SEGMENT_ENTERED | TriggerKind.SEGMENT_LEFT:
                is_known = await self._segment() is not None
                name = f"the segment {given['name']}" if is_known else HIDDEN_SEGMENT
                verb = "enters" if self.kind is TriggerKind.SEGMENT_ENTERED else "leaves"
                return f"The lead {verb} {name}"
            case TriggerKind.STATE_ENTERED | TriggerKind.STATE_LEFT:
                ends = (("from", "from_name"), ("to", "to_name"))
                named = [f"{end} {given[name]}" for end, name in ends if name in given]
                return " ".join(["The lead moves", *(named or ["to any state"])])
            case TriggerKind.EVENT_RECORDED:
                return f"{given['name']} is recorded"
            case TriggerKind.FIELD_CHANGED:
                return f"{given['label']} changes"
            case TriggerKind.MESSAGE_RECEIVED:
                names = [CHANNELS.get(each, each) for each in given["channels"]]
                return f"The lead writes {' or '.join(names)}".rstrip()
        return TRIGGER_WORDS[self.kind]

    async def _state(self, end: str) -> PipelineState | None:
        state_id = self.given.get(end)
        return await state_of(self.view, UUID(hex=state_id)) if state_id else None

    @strawberry.field(description="STATE_*: from; null: any.")
    async def from_state(self) -> PipelineState | None:
        return await self._state("from")

    @strawberry.field(description="STATE_*: to; null: any.")
    async def to_state(self) -> PipelineState | None:
        return await self._state("to")

    @strawberry.field(description="EVENT_RECORDED: kind.")
    async def event_kind(self) -> EventKind | None:
        kind_id = self.given.get("kind")
        if kind_id is None:
            return None
        row = await self.view.load.event_kind.load(UUID(hex=kind_id))
        return EventKind(row=row) if row else None

    @strawberry.field(description="SEGMENT_*: segment; null also when you may not know of it.")
    async def segment(
        self,
    ) -> Annotated["Segment", strawberry.lazy("schema.segments")] | None:
        from schema.segments import Segment

        row = await self._segment()
        return Segment(row=row, view=self.view) if row else None

    async def _segment(self) -> SegmentRow | None:
        segment_id = self.given.get("segment")
        return await self.view.load.segment.load(UUID(hex=segment_id)) if segment_id else None

    @strawberry.field(description="EVENT_RECORDED: free name.")
    def event_name(self) -> str | None:
        given = self.given
        return given["name"] if "name_key" in given else None

    @strawberry.field(description="FIELD_CHANGED: path; null for a field that you may not see.")
    def path(self) -> str | None:
        return self.given.get("path")

    @strawberry.field(description="MESSAGE_RECEIVED: channels; empty: all.")
    def channels(self) -> list[Channel]:
        return [Channel(each) for each in self.given.get("channels", ())]


@strawberry.type(description="Length of time.")
class Period:
    amount: int = strawberry.field(description="1 to 10,000.")
    unit: PeriodUnit = strawberry.field(description="Unit.")


@strawberry.type(description="What a rule does.")
class AutomationAction:
    stored: strawberry.Private[Stored]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Kind.")
    def kind(self) -> AutomationActionKind:
        return AutomationActionKind(self.stored["kind"])

    @strawberry.field(description="In words; names are those of when the rule was saved.")
    def words(self) -> str:
        words: str = self.stored["words"]
        return words

    @strawberry.field(description="As given, by name.")
    def settings(self) -> list[Parameter]:
        return [_parameter(told["name"], told["value"]) for told in self.stored["told"]]

    @strawberry.field(description="CHANGE_STATE: the state.")
    async def state(self) -> PipelineState | None:
        state_id = self.stored.get("state")
        return await state_of(self.view, UUID(hex=state_id)) if state_id else None

    @strawberry.field(
        description="ASSIGN, ASSIGN_IN_TURN, ADD_TASK, NOTIFY: these people; empty: the assignee."
    )
    async def people(self) -> list[Staff]:
        given = self.stored.get("staff") or []
        ids = [given] if isinstance(given, str) else given
        found = [await staff_of(self.view, UUID(hex=each)) for each in ids]
        return [each for each in found if each is not None]

    @strawberry.field(
        description="ADD_TASK: title. SEND_MESSAGE, NOTIFY: text. Variables are not filled in."
    )
    def text(self) -> str | None:
        return self.stored.get("title") or self.stored.get("text")

    @strawberry.field(description="ADD_TASK: due after; null: never.")
    def due_after(self) -> Period | None:
        after = self.stored.get("after")
        return Period(amount=after[0], unit=PeriodUnit(after[1])) if after else None

    @strawberry.field(description="ADD_TAGS: the tags.")
    def tags(self) -> list[str]:
        return list(self.stored.get("tags", ()))

    @strawberry.field(description="CHANGE_STATE: why a lead is lost; null: no reason is given.")
    def loss_reason(self) -> str | None:
        return self.stored.get("reason")

    @strawberry.field(
        description="SET_PROPERTY: key of the field; null for one that you may not see."
    )
    def field_key(self) -> str | None:
        return self.stored.get("field")

    @strawberry.field(description="SET_PROPERTY: the value as it was given; null: cleared.")
    def value(self) -> Value | None:
        if self.stored.get("is_masked"):
            return hidden()
        is_set = AutomationActionKind(self.stored["kind"]) is AutomationActionKind.SET_PROPERTY
        told = {each["name"]: each["value"] for each in self.stored["told"]}
        return value_of(told.get("value")) if is_set else None

    @strawberry.field(description="CALL_WEBHOOK: its id.")
    def webhook_id(self) -> strawberry.ID | None:
        webhook_id = self.stored.get("webhook")
        return global_id("webhook", webhook_id) if webhook_id else None


@strawberry.type(description="One run of a rule.")
class AutomationRun:
    row: strawberry.Private[RunRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The run.")
    def id(self) -> strawberry.ID:
        return global_id("automation_run", self.row.id)

    @strawberry.field(description="The rule; null: removed.")
    async def automation(
        self,
    ) -> Annotated["Automation", strawberry.lazy("schema.automations")] | None:
        row = await self.view.load.automation.load(self.row.automation_id)
        return Automation(row=row, view=self.view) if row else None

    @strawberry.field(description="The lead, if you may see it.")
    async def lead(self) -> Lead | None:
        row = await self.view.load.lead.load(self.row.lead_id)
        return Lead(row=row, view=self.view) if row else None

    @strawberry.field(description="The change that started it, if you may see it.")
    async def cause(self) -> HistoryEntry | None:
        row = await self.view.load.change_at.load((self.row.lead_id, self.row.revision))
        return HistoryEntry(row=row, view=self.view) if row else None

    @strawberry.field(description="When it was started.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="Outcome.")
    def outcome(self) -> RunOutcome:
        return self.row.outcome

    @strawberry.field(description="Why it failed or was stopped.")
    def problem(self) -> str | None:
        return self.row.problem

    @strawberry.field(description="Tries so far.")
    def attempts(self) -> int:
        return self.row.attempts

    @strawberry.field(description="Next try; null: none.")
    def next_try_at(self) -> datetime | None:
        return self.row.next_try_at

    @strawberry.field(description="What it wrote and you may see, in order.")
    async def changes(self) -> list[LeadChange]:
        epoch = await self.view.load.epoch.load(None)
        rows = await listing.changes_written(self.view, self.row)
        return [change_of(self.view, row, epoch) for row in rows if row.data is not None]


@strawberry.type(description="Row of AutomationRunConnection.")
class AutomationRunEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: AutomationRun = strawberry.field(description="The row.")


@strawberry.type(description="Page of automation runs.")
class AutomationRunConnection:
    edges: list[AutomationRunEdge] = strawberry.field(description="With cursors.")
    nodes: list[AutomationRun] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")


@strawberry.type(description="Rule that acts by itself, once for each triggering change.")
class Automation:
    row: strawberry.Private[AutomationRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The rule.")
    def id(self) -> strawberry.ID:
        return global_id("automation", self.row.id)

    @strawberry.field(description="1 to 80 characters, unique.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Runs now; switching on does not run for the past.")
    def is_enabled(self) -> bool:
        return self.row.is_enabled

    @strawberry.field(description="When.")
    async def trigger(self) -> AutomationTrigger:
        given = shown_trigger(self.row.trigger, await self.view.load.hidden_paths.load(None))
        return AutomationTrigger(kind=self.row.trigger_kind, given=given, view=self.view)

    async def _condition(self) -> Rule | None:
        stored = self.row.condition
        if stored is None:
            return None
        explained = await self.view.load.explanation.load(restore(stored))
        paths = await self.view.load.hidden_paths.load(None)
        return rule_of(shown_filter(stored["filter"], paths), explained)

    @strawberry.field(description="If; null: always.")
    async def condition(self) -> Rule | None:
        return await self._condition()

    @strawberry.field(description="Then, in order, 1 to 10.")
    async def actions(self) -> list[AutomationAction]:
        paths = await self.view.load.hidden_paths.load(None)
        return [
            AutomationAction(stored=shown_action(each, paths), view=self.view)
            for each in self.row.actions
        ]

    @strawberry.field(description="Place from 0; rules run in this order.")
    def position(self) -> int:
        return self.row.position

    @strawberry.field(
        description="What of it can't be any more, each in a sentence: a state, field or kind of "
        "event that is archived, a person who left, a webhook that is off. The rule goes on, and "
        "runs that need it fail. Empty: nothing is known."
    )
    async def problems(self) -> list[str]:
        found = await self.view.load.problems_of_automation.load(self.row.id)
        condition = await self._condition()
        broken = [each.words for each in condition.clauses if each.is_broken] if condition else []
        return [*found, *(f"The condition “{words}” can't be tested any more." for words in broken)]

    @strawberry.field(description="Runs, newest first; kept 90 days.")
    async def runs(
        self,
        first: Annotated[int, strawberry.argument(description=FIRST)],
        after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
        failed_only: Annotated[
            bool, strawberry.argument(description="Only failed and stopped ones.")
        ] = False,
    ) -> AutomationRunConnection:
        page = await listing.runs_page(
            self.view, self.row.id, failed_only=failed_only, first=first, after=after
        )
        return _runs(self.view, page)

    @strawberry.field(description="Who changed it last.")
    def updated_by(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.updated_by_kind, row.updated_by_id, row.updated_by_name)

    @strawberry.field(description="When it was changed last.")
    def updated_at(self) -> datetime:
        return self.row.updated_at

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


def _parameter(name: str, logged: dict[str, object]) -> Parameter:
    value = value_of(logged)
    assert value is not None
    return Parameter(name=name, value=value)


def _runs(view: SchemaView, page: Page[RunRow]) -> AutomationRunConnection:
    return connection(
        AutomationRunConnection,
        AutomationRunEdge,
        page,
        lambda row: AutomationRun(row=row, view=view),
    )


async def automations(info: Info) -> list[Automation]:
    """Rules in order of running; empty for those who may not shape them."""
    view = await info.context.reading()
    return [Automation(row=row, view=view) for row in await listing.all_automations(view)]


async def automation(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The automation.")]
) -> Automation | None:
    """One rule; null for those who may not shape them."""
    view = await info.context.reading()
    row = await view.load.automation.load(argument_id("automation", id))
    return Automation(row=row, view=view) if row else None


async def automation_dry_run(
    info: Info,
    automation_id: Annotated[strawberry.ID, strawberry.argument(description="The automation.")],
    since: Annotated[
        datetime, strawberry.argument(description="Since when; at most 30 days back.")
    ],
    first: Annotated[int, strawberry.argument(description=FIRST)],
    after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
) -> AutomationRunConnection | None:
    """What a rule would have done."""
    view = await info.context.reading()
    rule_id = argument_id("automation", automation_id)
    page = await listing.dry_run(view, rule_id, since, first, after)
    return _runs(view, page) if page else None
