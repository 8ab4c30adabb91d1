"""What must be known before a filter becomes SQL, and which of its clauses can't be met."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, select
from sqlmodel import col

from models.due_bands import Moment
from models.enums import FieldType, PresenceState
from models.fields import FieldDefinition
from models.ids import encode_id
from models.segments import Segment
from models.workspace import Workspace
from resolvers import access
from resolvers.actors import Actor
from resolvers.errors import ProblemCode
from resolvers.filters.checking import BadFilter
from resolvers.filters.operands import (
    Between,
    DayBetween,
    DayNear,
    Empty,
    HasOptions,
    IsTrue,
    MoneyTest,
    OnDay,
    Period,
    PropertyTest,
    TextContains,
    TextIn,
    TextStarts,
)
from resolvers.filters.tree import (
    Filter,
    HasTask,
    InSegment,
    LocalTimeBetween,
    Mark,
    Marked,
    PresenceIn,
    PriceTouches,
    PropertyIs,
    Test,
    TextField,
    TextOf,
    ValueIs,
    WantsListing,
    ZoneIn,
    clauses,
    everything,
)
from resolvers.presence import presence_of
from resolvers.services import Services

Rows = Callable[[Executable], Awaitable[Sequence[Any]]]
MOST_PRESENT = 10_000
TEXTS, CHOICES = (FieldType.TEXT, FieldType.URL), (FieldType.DROPDOWN, FieldType.MULTI_SELECT)
TYPES: dict[type, tuple[FieldType, ...]] = {
    TextIn: TEXTS,
    TextContains: TEXTS,
    TextStarts: TEXTS,
    Between: (FieldType.NUMBER,),
    MoneyTest: (FieldType.MONEY,),
    DayBetween: (FieldType.DATE,),
    DayNear: (FieldType.DATE,),
    IsTrue: (FieldType.BOOLEAN,),
    HasOptions: CHOICES,
    Empty: tuple(FieldType),
}
"""Types of fields that a test fits."""


@dataclass(frozen=True)
class Grounds:
    """One moment and one viewer, as a filter needs to know them."""

    actor: Actor
    now: Moment
    """In the project's time zone."""
    is_sqlite: bool
    fields: Mapping[str, FieldDefinition]
    """Fields that the viewer may see and that are not archived, by key."""
    present: Mapping[UUID, PresenceState]
    segments: frozenset[UUID] = frozenset()
    """Those that the viewer may see and that are not archived."""


async def grounds_for(services: Services, actor: Actor, rows: Rows, tree: Filter) -> Grounds:
    """Reads what the filter needs; most filters need nothing."""
    parts = list(everything(tree))
    zone = await rows(select(col(Workspace.time_zone))) if _mentions(parts, *BY_CALENDAR) else ()
    return Grounds(
        actor=actor,
        now=Moment(services.clock.now(), zone[0][0] if zone else "UTC"),
        is_sqlite=services.database.is_sqlite,
        fields=await _fields(actor, rows) if any(_is_about_fields(part) for part in parts) else {},
        present=await _present(services) if _mentions(parts, PresenceIn) else {},
        segments=await _segments(actor, rows) if _mentions(parts, InSegment) else frozenset(),
    )


BY_CALENDAR = (Period, OnDay, DayNear, HasTask)


def _mentions(parts: Sequence[Any], *kinds: type) -> bool:
    return any(isinstance(part, kinds) for part in parts)


def _is_about_fields(part: Any) -> bool:
    if isinstance(part, Marked):
        return part.field is Mark.INCOMPLETE
    return bool(keys_of(part))


async def _fields(actor: Actor, rows: Rows) -> dict[str, FieldDefinition]:
    found = await rows(
        select(FieldDefinition).where(
            access.visible_fields(actor), col(FieldDefinition.archived_at).is_(None)
        )
    )
    return {row[0].key: row[0] for row in found}


async def _segments(actor: Actor, rows: Rows) -> frozenset[UUID]:
    found = await rows(
        select(col(Segment.id)).where(
            access.visible_segments(actor), col(Segment.archived_at).is_(None)
        )
    )
    return frozenset(row[0] for row in found)


async def _present(services: Services) -> dict[UUID, PresenceState]:
    ids = await services.presence.present(MOST_PRESENT)
    found = await presence_of(services, ids)
    return {each: PresenceState(reading.state.value) for each, reading in found.items()}


def keys_of(clause: Any) -> tuple[str, ...]:
    """Keys of the fields that a clause looks at."""
    match clause:
        case PropertyIs(field_key):
            return (field_key,)
        case TextOf(TextField.TITLE):
            return ("title",)
        case ValueIs():
            return ("value",)
        case PriceTouches():
            return "sales_price_min", "sales_price_max"
        case WantsListing():
            return ("sales_listing_types",)
        case ZoneIn() | LocalTimeBetween():
            return ("time_zone",)
    return ()


def check_fields(tree: Filter, grounds: Grounds) -> None:
    """BadFilter for a field that there is not, that the viewer may not see, or of another type.

    The first two are told alike, and no row is looked at.
    """
    for place, clause in clauses(tree):
        problem = problem_of(clause, grounds)
        if problem:
            raise BadFilter(".".join((*place, clause.key)), *problem)


def problem_of(clause: Test, grounds: Grounds) -> tuple[ProblemCode, str] | None:
    """Why a clause can't be met for this viewer now; None if it can."""
    if isinstance(clause, InSegment) and clause.id not in grounds.segments:
        named = encode_id("segment", clause.id)
        return ProblemCode.UNKNOWN, f"There is no segment `{named}` that you may see."
    for key in keys_of(clause):
        if key not in grounds.fields:
            return ProblemCode.UNKNOWN, f"There is no field `{key}` that you may see."
    if isinstance(clause, PropertyIs):
        kind = grounds.fields[clause.field_key].type
        if not fits(clause.test, kind):
            told = f"The field `{clause.field_key}` is of type {kind}; this test is for another."
            return ProblemCode.WRONG_TYPE, told
    return None


def fits(test: PropertyTest, kind: FieldType) -> bool:
    """Whether a test can be made of values of this type."""
    return kind in TYPES[type(test)]
