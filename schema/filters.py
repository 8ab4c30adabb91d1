"""Filters of leads as clients write them, and how one that was read or stored is shown again."""

from dataclasses import fields as dataclass_fields
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.maybe import Some

from models.enums import (
    Channel,
    ConversationState,
    DueBand,
    ListingType,
    MessageDirection,
    PresenceState,
    Priority,
    SourceChannel,
    StateKind,
    SubscriptionStatus,
)
from resolvers.filters import Filter, read_filter
from schema.filter_operands import (
    CountFilter,
    InstantFilter,
    LocalTimeRangeInput,
    MoneyFilter,
    PeriodInput,
    PropertyTest,
    TextFilter,
)
from schema.scalars import CountryCode, TimeZone


@strawberry.input(description="Test of the pipeline position.", one_of=True)
class StateFilter:
    in_: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        name="in", description="One of these, 1 to 200."
    )
    kind_in: strawberry.Maybe[list[StateKind]] = strawberry.field(description="Of these kinds.")
    pipeline_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="In this pipeline.")
    longer_than: strawberry.Maybe[PeriodInput] = strawberry.field(
        description="In the present state for longer than."
    )
    closed_within_last: strawberry.Maybe[PeriodInput] = strawberry.field(
        description="Won or lost within the last."
    )


@strawberry.input(description="Test of the assignee.", one_of=True)
class AssigneeFilter:
    in_: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        name="in", description="One of these, 1 to 1,000."
    )
    is_me: strawberry.Maybe[bool] = strawberry.field(
        description="You; not in a rule that runs by itself."
    )
    team_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Member of this team.")
    is_nobody: strawberry.Maybe[bool] = strawberry.field(description="Nobody.")


@strawberry.input(description="Test of tags.", one_of=True)
class TagFilter:
    any: strawberry.Maybe[list[str]] = strawberry.field(description="Has one of these, 1 to 200.")
    all: strawberry.Maybe[list[str]] = strawberry.field(description="Has all of these, 1 to 200.")
    is_empty: strawberry.Maybe[bool] = strawberry.field(description="Has none at all.")


@strawberry.input(description="Test of a property; the test must fit its type.")
class PropertyFilter:
    field_key: str = strawberry.field(description="Key.")
    is_: PropertyTest = strawberry.field(name="is", description="Test.")


@strawberry.input(description="Test of the subscription.", one_of=True)
class SubscriptionFilter:
    in_: strawberry.Maybe[list[SubscriptionStatus]] = strawberry.field(
        name="in", description="Status is one of."
    )
    has_no_address: strawberry.Maybe[bool] = strawberry.field(description="No address.")


@strawberry.input(description="Test of a parameter; texts are compared exactly as written.")
class ParameterFilter:
    name: str = strawberry.field(description="Name, exactly as written.")
    is_: PropertyTest = strawberry.field(name="is", description="Test; options are none.")


@strawberry.input(
    description="Test of events; all given parts must hold for the events counted. Repeated views "
    "of one page in a visit count each, and are all of the instant of the first."
)
class EventFilter:
    kind_id: strawberry.ID | None = strawberry.field(default=None, description="Kind.")
    name: str | None = strawberry.field(default=None, description="Or name; case ignored.")
    within: InstantFilter | None = strawberry.field(default=None, description="Within.")
    parameters: list[ParameterFilter] | None = strawberry.field(
        default=None, description="Parameters; 1 to 10, all must hold."
    )
    count: CountFilter | None = strawberry.field(
        default=None, description="How many; absent: at least one."
    )
    first_at: InstantFilter | None = strawberry.field(default=None, description="First such event.")
    last_at: InstantFilter | None = strawberry.field(default=None, description="Last such event.")


@strawberry.input(description="Test of conversations; all given parts must hold for one.")
class ConversationCondition:
    states: list[ConversationState] | None = strawberry.field(default=None, description="State.")
    channels: list[Channel] | None = strawberry.field(default=None, description="Channel.")
    waiting_longer_than: PeriodInput | None = strawberry.field(
        default=None, description="The lead waits longer than."
    )
    last_message_at: InstantFilter | None = strawberry.field(
        default=None, description="Last message."
    )
    last_direction: MessageDirection | None = strawberry.field(
        default=None, description="Its direction."
    )


@strawberry.input(description="Test of tasks; all given parts must hold for one.")
class TaskCondition:
    bands: list[DueBand] | None = strawberry.field(
        default=None, description="Band in the project's zone."
    )
    assignee: AssigneeFilter | None = strawberry.field(default=None, description="Whose.")


@strawberry.input(description="Test of the place.", one_of=True)
class LocationFilter:
    countries: strawberry.Maybe[list[CountryCode]] = strawberry.field(
        description="One of these countries, 1 to 200."
    )
    region: strawberry.Maybe[TextFilter] = strawberry.field(description="Region.")
    city: strawberry.Maybe[TextFilter] = strawberry.field(description="City.")
    time_zones: strawberry.Maybe[list[TimeZone]] = strawberry.field(
        description="One of these zones, 1 to 200."
    )
    local_time_between: strawberry.Maybe[LocalTimeRangeInput] = strawberry.field(
        description="Local time is between these now; may pass midnight."
    )


@strawberry.input(
    description="Rule over leads; exactly one key. At most 8 levels and 100 clauses. A field that "
    "you may not see is refused by name. Missing values match only `isEmpty` and `not`.",
    one_of=True,
)
class LeadFilter:
    and_: strawberry.Maybe[list["LeadFilter"]] = strawberry.field(
        name="and", description="All hold; 1 to 50."
    )
    or_: strawberry.Maybe[list["LeadFilter"]] = strawberry.field(
        name="or", description="One holds; 1 to 50."
    )
    not_: strawberry.Maybe["LeadFilter"] = strawberry.field(
        name="not", description="Does not hold."
    )
    ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="One of these leads; 1 to 1,000."
    )
    name: strawberry.Maybe[TextFilter] = strawberry.field(description="Display name.")
    title: strawberry.Maybe[TextFilter] = strawberry.field(description="Title.")
    email_address: strawberry.Maybe[TextFilter] = strawberry.field(description="Any address.")
    phone_number: strawberry.Maybe[TextFilter] = strawberry.field(
        description="Any number, E.164; what people put between digits is left out."
    )
    priority: strawberry.Maybe[list[Priority]] = strawberry.field(description="Priority is one of.")
    value: strawberry.Maybe[MoneyFilter] = strawberry.field(description="Value, in one currency.")
    state: strawberry.Maybe[StateFilter] = strawberry.field(description="Position in the pipeline.")
    assignee: strawberry.Maybe[AssigneeFilter] = strawberry.field(description="Assignee.")
    tags: strawberry.Maybe[TagFilter] = strawberry.field(description="Tags.")
    property: strawberry.Maybe[PropertyFilter] = strawberry.field(description="Typed property.")
    presence: strawberry.Maybe[list[PresenceState]] = strawberry.field(
        description="Presence is one of."
    )
    subscription: strawberry.Maybe[SubscriptionFilter] = strawberry.field(
        description="Status of the primary address."
    )
    event: strawberry.Maybe[EventFilter] = strawberry.field(description="Events.")
    conversation: strawberry.Maybe[ConversationCondition] = strawberry.field(
        description="Conversations."
    )
    task: strawberry.Maybe[TaskCondition] = strawberry.field(description="Tasks.")
    location: strawberry.Maybe[LocationFilter] = strawberry.field(description="Place.")
    created_at: strawberry.Maybe[InstantFilter] = strawberry.field(description="When created.")
    last_activity_at: strawberry.Maybe[InstantFilter] = strawberry.field(
        description="Last activity of the lead itself."
    )
    last_seen_at: strawberry.Maybe[InstantFilter] = strawberry.field(
        description="Last seen on a site; who is there now is seen now."
    )
    segment_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="In this segment; segments must not form a circle."
    )
    source: strawberry.Maybe[list[SourceChannel]] = strawberry.field(description="Way it came.")
    is_hidden: strawberry.Maybe[bool] = strawberry.field(description="Hidden from Visitors.")
    is_anonymous: strawberry.Maybe[bool] = strawberry.field(
        description="No address and no phone known."
    )
    is_incomplete: strawberry.Maybe[bool] = strawberry.field(
        description="Some required field is empty."
    )
    listing_type: strawberry.Maybe[ListingType] = strawberry.field(
        description="Wants sales or rentals."
    )
    price: strawberry.Maybe[MoneyFilter] = strawberry.field(
        description="Price range touches this one."
    )

    def read(self) -> Filter:
        """The rule as the use-case takes it; BadFilter for operands that can't be."""
        return read_filter(literal_of(self))


def literal_of(given: Any) -> Any:
    """An input as a client could have written it in JSON."""
    if isinstance(given, Some):
        return literal_of(given.value)
    if isinstance(given, list):
        return [literal_of(each) for each in given]
    if isinstance(given, Enum):
        return given.name
    if isinstance(given, date):
        return given.isoformat()
    definition = get_object_definition(given) if hasattr(given, "__dataclass_fields__") else None
    if definition is None:
        return given
    names = {each.python_name: each.graphql_name for each in definition.fields}
    parts = {each.name: getattr(given, each.name) for each in dataclass_fields(given)}
    return {
        names.get(name) or _camel(name): literal_of(part)
        for name, part in parts.items()
        if part is not None
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
