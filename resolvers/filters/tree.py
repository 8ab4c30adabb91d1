"""Filters of leads as the program holds them: clauses that join others, and clauses that test.

A clause that tests is named by its `key`, as clients write it. What is missing is matched by
`Empty` and by `Not` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import time
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

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
from resolvers.filters.operands import (
    Count,
    InstantTest,
    MoneyTest,
    Period,
    PropertyTest,
    TextTest,
)


@dataclass(frozen=True)
class All:
    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class Not:
    part: "Filter"


@dataclass(frozen=True)
class Ids:
    key: ClassVar[str] = "ids"
    ids: tuple[UUID, ...]


class TextField(StrEnum):
    """Texts of a lead, by the key of their clause."""

    NAME = "name"
    TITLE = "title"
    EMAIL_ADDRESS = "emailAddress"
    PHONE_NUMBER = "phoneNumber"


@dataclass(frozen=True)
class TextOf:
    field: TextField
    test: TextTest

    @property
    def key(self) -> str:
        return self.field.value


class InstantField(StrEnum):
    """Instants of a lead, by the key of their clause."""

    CREATED = "createdAt"
    LAST_ACTIVITY = "lastActivityAt"
    LAST_SEEN = "lastSeenAt"


@dataclass(frozen=True)
class InstantOf:
    field: InstantField
    test: InstantTest

    @property
    def key(self) -> str:
        return self.field.value


class Mark(StrEnum):
    """What a lead is or is not, by the key of its clause."""

    HIDDEN = "isHidden"
    ANONYMOUS = "isAnonymous"
    INCOMPLETE = "isIncomplete"


@dataclass(frozen=True)
class Marked:
    field: Mark
    value: bool

    @property
    def key(self) -> str:
        return self.field.value


@dataclass(frozen=True)
class PriorityIn:
    key: ClassVar[str] = "priority"
    values: tuple[Priority, ...]


@dataclass(frozen=True)
class ValueIs:
    """The deal's value."""

    key: ClassVar[str] = "value"
    test: MoneyTest


@dataclass(frozen=True)
class PriceTouches:
    """The range of prices that the lead looks for has a part of this one."""

    key: ClassVar[str] = "price"
    test: MoneyTest


@dataclass(frozen=True)
class WantsListing:
    key: ClassVar[str] = "listingType"
    type: ListingType


@dataclass(frozen=True)
class StateIn:
    key: ClassVar[str] = "state"
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class StateKindIn:
    key: ClassVar[str] = "state"
    kinds: tuple[StateKind, ...]


@dataclass(frozen=True)
class InPipeline:
    key: ClassVar[str] = "state"
    id: UUID


@dataclass(frozen=True)
class InStateLonger:
    """In the present state for longer than this."""

    key: ClassVar[str] = "state"
    period: Period


@dataclass(frozen=True)
class ClosedWithin:
    """Won or lost within the last."""

    key: ClassVar[str] = "state"
    period: Period


@dataclass(frozen=True)
class AssigneeIn:
    key: ClassVar[str] = "assignee"
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class AssigneeIsMe:
    """Whoever looks. A rule that runs for nobody can't have it."""

    key: ClassVar[str] = "assignee"
    value: bool


@dataclass(frozen=True)
class AssigneeInTeam:
    key: ClassVar[str] = "assignee"
    team_id: UUID


@dataclass(frozen=True)
class AssigneeIsNobody:
    key: ClassVar[str] = "assignee"
    value: bool


AssigneeTest = AssigneeIn | AssigneeIsMe | AssigneeInTeam | AssigneeIsNobody


@dataclass(frozen=True)
class HasTags:
    """One of these tags by name, or with `is_all` each of them."""

    key: ClassVar[str] = "tags"
    names: tuple[str, ...]
    is_all: bool = False


@dataclass(frozen=True)
class HasNoTag:
    key: ClassVar[str] = "tags"
    value: bool


@dataclass(frozen=True)
class PropertyIs:
    key: ClassVar[str] = "property"
    field_key: str
    test: PropertyTest


@dataclass(frozen=True)
class PresenceIn:
    key: ClassVar[str] = "presence"
    states: tuple[PresenceState, ...]


@dataclass(frozen=True)
class StatusIn:
    """Subscription status of the primary address."""

    key: ClassVar[str] = "subscription"
    statuses: tuple[SubscriptionStatus, ...]


@dataclass(frozen=True)
class HasNoAddress:
    key: ClassVar[str] = "subscription"
    value: bool


@dataclass(frozen=True)
class Parameter:
    """A parameter of an event by its name, case ignored."""

    name: str
    test: PropertyTest


@dataclass(frozen=True)
class Events:
    """Events of one kind or name, or of any; the parts but the last three choose those counted."""

    key: ClassVar[str] = "event"
    kind_id: UUID | None = None
    name: str | None = None
    within: InstantTest | None = None
    parameters: tuple[Parameter, ...] = ()
    count: Count = Count(least=1)
    first_at: InstantTest | None = None
    last_at: InstantTest | None = None


@dataclass(frozen=True)
class HasConversation:
    """One conversation with all of this."""

    key: ClassVar[str] = "conversation"
    states: tuple[ConversationState, ...] = ()
    channels: tuple[Channel, ...] = ()
    waiting_longer: Period | None = None
    last_message_at: InstantTest | None = None
    last_direction: MessageDirection | None = None


@dataclass(frozen=True)
class HasTask:
    """One task with all of this."""

    key: ClassVar[str] = "task"
    bands: tuple[DueBand, ...] = ()
    assignee: AssigneeTest | None = None


@dataclass(frozen=True)
class ZoneIn:
    key: ClassVar[str] = "location"
    zones: tuple[str, ...]


@dataclass(frozen=True)
class CountryIn:
    key: ClassVar[str] = "location"
    codes: tuple[str, ...]


class PlacePart(StrEnum):
    """Texts of a place."""

    REGION = "region"
    CITY = "city"


@dataclass(frozen=True)
class PlaceIs:
    key: ClassVar[str] = "location"
    part: PlacePart
    test: TextTest


@dataclass(frozen=True)
class LocalTimeBetween:
    """The lead's clock shows a time from the first on, before the second; may pass midnight."""

    key: ClassVar[str] = "location"
    since: time
    before: time


@dataclass(frozen=True)
class SourceIn:
    key: ClassVar[str] = "source"
    channels: tuple[SourceChannel, ...]


@dataclass(frozen=True)
class InSegment:
    """In a segment, as it is kept."""

    key: ClassVar[str] = "segmentId"
    id: UUID


Test = (
    Ids | TextOf | InstantOf | Marked | PriorityIn | ValueIs | PriceTouches | WantsListing
    | StateIn | StateKindIn | InPipeline | InStateLonger | ClosedWithin
    | AssigneeIn | AssigneeIsMe | AssigneeInTeam | AssigneeIsNobody
    | HasTags | HasNoTag | PropertyIs | PresenceIn | StatusIn | HasNoAddress
    | Events | HasConversation | HasTask | ZoneIn | LocalTimeBetween | CountryIn | PlaceIs
    | SourceIn | InSegment
)  # fmt: skip
Filter = All | AnyOf | Not | Test


def clauses(tree: Filter, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Test]]:
    """The clauses that test, in reading order, each with its place such as `and.0.not`."""
    match tree:
        case All(parts) | AnyOf(parts):
            key = "and" if isinstance(tree, All) else "or"
            for index, part in enumerate(parts):
                yield from clauses(part, (*path, key, str(index)))
        case Not(part):
            yield from clauses(part, (*path, "not"))
        case _:
            yield path, tree


def everything(held: Any) -> Iterator[Any]:
    """A clause and all clauses, operands and plain values within it."""
    yield held
    if isinstance(held, tuple):
        for each in held:
            yield from everything(each)
    elif is_dataclass(held):
        for part in fields(held):
            yield from everything(getattr(held, part.name))
