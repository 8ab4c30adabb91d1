"""Orders of lists of leads: the columns that a page is cut by, and the rows that they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from models.conversations import Conversation
from models.enums import FieldType, Priority
from models.fields import FieldDefinition, FieldOption, Property
from models.leads import Lead
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from resolvers import access
from resolvers.errors import BadArgument
from resolvers.pages import Key
from resolvers.views import View


class SortKey(StrEnum):
    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    LAST_ACTIVITY_AT = "LAST_ACTIVITY_AT"
    STATE_SINCE = "STATE_SINCE"
    STATE = "STATE"
    VALUE = "VALUE"
    PRIORITY = "PRIORITY"
    ASSIGNEE = "ASSIGNEE"
    LAST_MESSAGE_AT = "LAST_MESSAGE_AT"
    PROPERTY = "PROPERTY"


@dataclass(frozen=True)
class Sort:
    by: SortKey = SortKey.LAST_ACTIVITY_AT
    descending: bool = True
    field_key: str | None = None
    """PROPERTY: the key of the field."""


PRIORITY_RANK = {
    Priority.URGENT: 3,
    Priority.HIGH: 2,
    Priority.NORMAL: 1,
    Priority.LOW: 0,
}
CHOICES = (FieldType.DROPDOWN, FieldType.MULTI_SELECT)
TEXTS = (FieldType.TEXT, FieldType.URL)
LAST_MESSAGE = (
    select(
        col(Conversation.lead_id).label("lead_id"),
        func.max(col(Conversation.last_message_at)).label("at"),
    )
    .group_by(col(Conversation.lead_id))
    .subquery("last_message")
)

Ordered = tuple[Select[Any], tuple[Key, ...]]


async def in_order(view: View, statement: Select[Any], sort: Sort) -> Ordered:
    """A statement over `Lead` with what its order needs, and the columns; each order ends with the
    id. BadArgument for a field that there is not for the viewer, or that has no order."""
    by_id = Key(col(Lead.id), sort.descending, is_id=True)
    field = check_sort(sort, await _fields(view, sort))
    if field is not None:
        is_its = and_(
            col(Property.lead_id) == col(Lead.id),
            col(Property.field_id) == field.id,
            _is_kept_as(field.type),
        )
        value = await _value(view, field, descending=sort.descending)
        value = replace(value, kind=field.type.value)
        return statement.outerjoin(Property, is_its), (value, by_id)
    if sort.by is SortKey.LAST_MESSAGE_AT:
        at = Key(LAST_MESSAGE.c.at, sort.descending, is_instant=True, is_nullable=True)
        is_its = LAST_MESSAGE.c.lead_id == col(Lead.id)
        return statement.outerjoin(LAST_MESSAGE, is_its), (at, by_id)
    return statement, (*_columns(sort), by_id)


def _columns(sort: Sort) -> tuple[Key, ...]:
    down = sort.descending
    match sort.by:
        case SortKey.NAME:
            return (Key(col(Lead.name_key), down),)
        case SortKey.CREATED_AT:
            return (Key(col(Lead.created_at), down, is_instant=True),)
        case SortKey.STATE_SINCE:
            return (Key(col(Lead.state_since), down, is_instant=True),)
        case SortKey.STATE:
            place = (
                select(col(Pipeline.position))
                .where(col(Pipeline.id) == col(PipelineState.pipeline_id))
                .scalar_subquery()
            )
            return Key(place, down), Key(col(PipelineState.position), down)
        case SortKey.PRIORITY:
            return (Key(case(PRIORITY_RANK, value=col(Lead.priority), else_=1), down),)
        case SortKey.ASSIGNEE:
            return (Key(col(Staff.name_key), down, is_nullable=True),)
    return (Key(col(Lead.last_activity_at), down, is_instant=True, is_nullable=True),)


async def _fields(view: View, sort: Sort) -> Mapping[str, FieldDefinition]:
    if _key_of(sort) is None:
        return {}
    found = await view.scalars(
        select(FieldDefinition).where(
            col(FieldDefinition.key) == _key_of(sort),
            col(FieldDefinition.archived_at).is_(None),
            access.visible_fields(view.actor),
        )
    )
    return {field.key: field for field in found}


def _key_of(sort: Sort) -> str | None:
    return "value" if sort.by is SortKey.VALUE else sort.field_key


def check_sort(sort: Sort, fields: Mapping[str, FieldDefinition]) -> FieldDefinition | None:
    """The field whose values an order follows, if it does, of those that the viewer sees.

    BadArgument for one that is not there, or that has no order.
    """
    if (sort.by is SortKey.PROPERTY) != (sort.field_key is not None):
        raise BadArgument("`fieldKey` goes with PROPERTY, and PROPERTY needs it.")
    key = _key_of(sort)
    if key is None:
        return None
    if key not in fields:
        raise BadArgument(f"There is no field `{key}` that you may see.")
    if fields[key].type is FieldType.FILE:
        raise BadArgument(f"Files have no order: the field `{key}` is of type FILE.")
    return fields[key]


def _is_kept_as(kind: FieldType) -> ColumnElement[bool]:
    """Values that were kept as a former type of their field count as none."""
    kept = col(Property.stored_type)
    alike = next((each for each in (CHOICES, TEXTS) if kind in each), (kind,))
    return or_(kept.is_(None), kept.in_(alike))


async def _value(view: View, field: FieldDefinition, *, descending: bool) -> Key:
    is_sqlite = view.services.database.is_sqlite
    if field.type in CHOICES:
        places = await _places(view, field.id)
        first = case(places, value=_first_option(is_sqlite=is_sqlite)) if places else None
        column = col(Property.number_value) if first is None else first
        return Key(column, descending, is_nullable=True)
    if field.type is FieldType.DATE:
        return Key(col(Property.date_value), descending, is_day=True, is_nullable=True)
    if field.type in TEXTS:
        text = col(Property.text_key)
        return Key(text if is_sqlite else text.collate("C"), descending, is_nullable=True)
    return Key(col(Property.number_value), descending, is_number=True, is_nullable=True)


async def _places(view: View, field_id: UUID) -> dict[str, int]:
    """Places of a field's options by their ids as values name them."""
    rows = await view.rows(
        select(col(FieldOption.id))
        .where(col(FieldOption.field_id) == field_id)
        .order_by(col(FieldOption.position), col(FieldOption.id))
    )
    return {row[0].hex: place for place, row in enumerate(rows)}


def _first_option(*, is_sqlite: bool) -> ColumnElement[Any]:
    """The id of the first option that was chosen."""
    kept = col(Property.json_value)
    if is_sqlite:
        return func.json_extract(kept, "$[0].id", type_=String)
    first: ColumnElement[Any] = cast(kept, JSONB)[0]["id"].astext
    return first
