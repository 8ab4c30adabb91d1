"""What a file of leads can hold: the card's own parts, and every field that the viewer may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import FieldType, SubscriptionStatus
from models.fields import FieldDefinition, FieldGroup
from models.ids import encode_id
from resolvers import access, fields
from resolvers.errors import InvalidInput, Problem, ProblemCode, invalid
from resolvers.values import TypedValue, stored
from resolvers.views import View

MOST = 200
NOT_TAKEN_IN = "Leadlight "
"""How headings begin that an import leaves out."""
HEADINGS = {
    "first_name": "First name",
    "last_name": "Last name",
    "company": "Company",
    "job_title": "Job title",
    "language": "Language",
    "birthday": "Birthday",
    "postal_address": "Postal address",
    "title": "Lead title",
    "time_zone": "Time zone",
}
"""Of built-in fields, as an import knows them; other built-in fields are not taken in."""

Value = str | bool | datetime | Sequence[str] | TypedValue | None


@dataclass(slots=True)
class LeadParts:
    """What was read of one lead: its row, and as much of the rest as the columns need."""

    row: Any
    addresses: list[tuple[str, SubscriptionStatus]] = field(default_factory=list)
    """Primary first, with the status of each."""
    phones: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    values: dict[UUID, Any] = field(default_factory=dict)
    """Rows with a property's columns, by field."""


@dataclass(frozen=True)
class Column:
    """A column by the key that clients name it with."""

    key: str
    label: str
    heading: str
    """In a CSV file."""
    read: Callable[[LeadParts], Value]
    field_id: UUID | None = None
    """Of the field that it shows."""

    @property
    def is_importable(self) -> bool:
        """Whether an import of the file takes it in again."""
        return not self.heading.startswith(NOT_TAKEN_IN)


def _own(
    key: str, label: str, read: Callable[[LeadParts], Value], *, is_importable: bool = False
) -> Column:
    return Column(key, label, label if is_importable else NOT_TAKEN_IN + label.lower(), read)


OWN = (
    _own("id", "Id", lambda parts: encode_id("lead", parts.row.id)),
    _own("name", "Name", lambda parts: parts.row.display_name),
    _own(
        "emailAddresses",
        "E-mail addresses",
        lambda parts: [address for address, _ in parts.addresses],
        is_importable=True,
    ),
    _own("phoneNumbers", "Phone numbers", lambda parts: parts.phones, is_importable=True),
    _own("tags", "Tags", lambda parts: parts.tags, is_importable=True),
    _own("createdAt", "Created at", lambda parts: parts.row.created_at, is_importable=True),
    _own("state", "State", lambda parts: parts.row.state),
    _own("pipeline", "Pipeline", lambda parts: parts.row.pipeline),
    _own("stateSince", "In state since", lambda parts: parts.row.state_since),
    _own("priority", "Priority", lambda parts: parts.row.priority.value),
    _own("assignee", "Assignee", lambda parts: parts.row.assignee),
    _own("source", "Source", lambda parts: parts.row.source_channel.value),
    _own("sourceDetail", "Source detail", lambda parts: parts.row.source_detail),
    _own(
        "subscription",
        "Subscription",
        lambda parts: parts.addresses[0][1].value if parts.addresses else None,
    ),
    _own("lastActivityAt", "Last activity", lambda parts: parts.row.last_activity_at),
    _own("isAnonymous", "Anonymous", lambda parts: parts.row.is_anonymous),
    _own("externalId", "External id", lambda parts: parts.row.external_id),
)
"""Columns that are no fields."""


async def columns_for(view: View) -> list[Column]:
    """Every column that the viewer may have, fields by their place on the card."""
    found = await view.scalars(
        select(FieldDefinition)
        .join(FieldGroup, col(FieldGroup.id) == col(FieldDefinition.group_id))
        .where(
            access.visible_fields(view.actor),
            col(FieldDefinition.is_listed),
            col(FieldDefinition.archived_at).is_(None),
        )
        .order_by(
            ~col(FieldDefinition.is_built_in),
            col(FieldGroup.position),
            col(FieldDefinition.position),
        )
    )
    return [*OWN, *map(_of_field, found)]


async def choose(view: View, keys: Sequence[str]) -> list[Column]:
    """The named columns in their order.

    InvalidInput for none, for too many, for one twice, and for one that is not there or not for
    the viewer: both look alike.
    """
    if not keys:
        raise invalid("columns", ProblemCode.REQUIRED, "Name at least one column.")
    if len(keys) > MOST:
        raise invalid("columns", ProblemCode.TOO_LARGE, f"At most {MOST} columns.")
    known = {each.key: each for each in await columns_for(view)}
    problems = []
    for index, key in enumerate(keys):
        path = ("columns", str(index))
        if key not in known:
            message = f"There is no column `{key[:80]}` that you may see."
            problems.append(Problem(path, ProblemCode.UNKNOWN, message))
        elif key in keys[:index]:
            message = f"`{key[:80]}` is named twice."
            problems.append(Problem(path, ProblemCode.CONTRADICTION, message))
    if problems:
        raise InvalidInput(*problems)
    return [known[key] for key in keys]


def _of_field(definition: FieldDefinition) -> Column:
    key = fields.path_of(definition).removeprefix("person.")
    heading = NOT_TAKEN_IN + key
    if not definition.is_built_in and definition.type is not FieldType.FILE:
        heading = key
    elif definition.is_built_in:
        heading = HEADINGS.get(definition.key, heading)
    kind, field_id = definition.type, definition.id

    def read(parts: LeadParts) -> Value:
        row = parts.values.get(field_id)
        return stored(kind, row) if row is not None else None

    return Column(key, definition.label, heading, read, field_id)
