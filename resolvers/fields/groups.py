"""Groups of fields, and where each field stands: the same for everybody."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from models.fields import FieldDefinition, FieldGroup, FieldLayout
from models.ids import new_id
from resolvers import access
from resolvers.errors import (
    Conflict,
    ConflictReason,
    LimitReached,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.fields.defining import field_for_id, group_for
from resolvers.policy import Permission
from resolvers.project import locked
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork

MAX_GROUPS = 50


async def move_field(work: UnitOfWork, field_id: UUID, group_id: UUID, position: int) -> None:
    """Puts a field into a group at a place among those that the actor sees there.

    Places outside are the nearest end. Moves follow one another, so all see the same order.
    """
    access.require(work.actor, Permission.CONFIGURE_CARD)
    await locked(work)
    field = await field_for_id(work, field_id)
    group = await group_for(work, group_id)
    there = await _fields_of(work, group.id)
    others = [each for each in there if each.id != field.id]
    shown = [
        each
        for each in others
        if _is_shown(each) and access.reads_field(work.actor, each.visibility)
    ]
    place = max(position, 0)
    before = shown[place] if place < len(shown) else None
    index = others.index(before) if before else len(others)
    wanted = [*others[:index], field, *others[index:]]
    if [each.id for each in wanted] == [each.id for each in there]:
        return
    field.group_id = group.id
    for number, each in enumerate(sorted(wanted, key=lambda each: not _is_shown(each))):
        each.position = number
    await work.session.flush()
    work.record_workspace(
        "field_moved",
        {"field": field.id.hex, "key": field.key, "label": field.label, "group": group.name},
        card=True,
    )


async def save_group(
    work: UnitOfWork,
    group_id: UUID | None,
    name: str,
    position: int | None,
    expected: int | None,
) -> FieldGroup:
    """Makes, renames or moves a group; a place outside is the nearest end."""
    access.require(work.actor, Permission.CONFIGURE_CARD)
    name = required("name", name, 60)
    await locked(work)
    groups = await _groups(work)
    is_new = group_id is None
    if group_id is None:
        group = FieldGroup(id=new_id(), name=name, position=len(groups))
    else:
        group = await group_for(work, group_id)
    others = [each for each in groups if each.id != group.id]
    if any(each.name.casefold() == name.casefold() for each in others):
        raise invalid("name", ProblemCode.TAKEN, "There is a group with this name.")
    if len(others) >= MAX_GROUPS:
        raise LimitReached(f"There can be at most {MAX_GROUPS} groups.", MAX_GROUPS)
    place = len(others) if is_new else groups.index(group)
    place = place if position is None else min(max(position, 0), len(others))
    if not is_new and group.name == name and groups.index(group) == place:
        return group
    if expected is not None and group.version > expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The group was changed in the meantime.",
            owner=group.id,
            version=group.version,
        )
    group.name = name
    group.version += not is_new
    work.session.add(group)
    for number, each in enumerate([*others[:place], group, *others[place:]]):
        each.position = number
    await work.session.flush()
    work.record_workspace(
        "field_group_saved", {"group": group.id.hex, "name": group.name}, card=True
    )
    return group


async def remove_group(work: UnitOfWork, group_id: UUID) -> None:
    """Removes a group without fields; archived ones in it go on to another group.

    Precondition IN_USE for one that has fields, and for the last one.
    """
    access.require(work.actor, Permission.CONFIGURE_CARD)
    await locked(work)
    group = await group_for(work, group_id, is_to_go=True)
    fields = await _fields_of(work, group.id)
    others = [each for each in await _groups(work) if each.id != group.id]
    if not others or any(_is_shown(each) for each in fields):
        raise Precondition(PreconditionReason.IN_USE, "Move its fields to another group first.")
    last = len(await _fields_of(work, others[0].id))
    for number, each in enumerate(fields, last):
        each.group_id, each.position = others[0].id, number
    await work.session.flush()
    await work.session.execute(
        delete(FieldLayout).where(col(FieldLayout.group_id) == group.id),
        execution_options={"synchronize_session": False},
    )
    await work.session.delete(group)
    await work.session.flush()
    work.record_workspace(
        "field_group_removed", {"group": group.id.hex, "name": group.name}, card=True
    )


def _is_shown(field: FieldDefinition) -> bool:
    """Whether the field stands on cards at all, for somebody."""
    return field.is_listed and field.archived_at is None


async def _groups(work: UnitOfWork) -> Sequence[FieldGroup]:
    statement = select(FieldGroup).order_by(col(FieldGroup.position), col(FieldGroup.id))
    found = await work.session.scalars(statement.execution_options(populate_existing=True))
    return found.all()


async def _fields_of(work: UnitOfWork, group_id: UUID) -> list[FieldDefinition]:
    statement = (
        select(FieldDefinition)
        .where(col(FieldDefinition.group_id) == group_id)
        .order_by(col(FieldDefinition.position), col(FieldDefinition.id))
        .execution_options(populate_existing=True)
    )
    return list(await work.session.scalars(statement))
