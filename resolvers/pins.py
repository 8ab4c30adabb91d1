"""Properties that a person keeps in the header of every card, in an order of their own.

A pin is a view of the one person: no right, no part of a lead. Pins of fields that were archived,
or that the person may no longer see, are as good as gone and are cleared away by the next change.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, select
from sqlmodel import col

from models.fields import FieldDefinition
from models.pins import PinnedField
from models.staff import Staff
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.errors import LimitReached, NotFound, ProblemCode, invalid
from resolvers.text import clean
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MAX_PINS = 12


def _can_be_pinned(actor: Actor) -> ColumnElement[bool]:
    return and_(
        col(FieldDefinition.is_listed),
        col(FieldDefinition.archived_at).is_(None),
        access.visible_fields(actor),
    )


async def pinned_fields(view: View) -> Sequence[FieldDefinition]:
    """Fields in the viewer's header, in order; none for anyone but staff."""
    if not isinstance(view.actor, StaffActor):
        return []
    return await view.scalars(_pinned(view.actor))


def _pinned(actor: StaffActor) -> Select[FieldDefinition]:
    return (
        select(FieldDefinition)
        .join(PinnedField, col(PinnedField.field_id) == col(FieldDefinition.id))
        .where(col(PinnedField.staff_id) == actor.id, _can_be_pinned(actor))
        .order_by(col(PinnedField.position), col(FieldDefinition.key))
    )


async def pin_property(
    work: UnitOfWork, actor: StaffActor, key: str, position: int | None = None
) -> None:
    """Puts a field into the person's header; one that is there already only moves, if told to.

    `position` counts from 0, and beyond the end is the end. NotFound for a key without a field
    that could be shown, LimitReached for the thirteenth.
    """
    if position is not None and position < 0:
        raise invalid("position", ProblemCode.TOO_SMALL, "Places begin with 0.")
    key = clean("fieldKey", key, 64)
    pins = await _locked(work, actor)
    field = await work.session.scalar(
        select(FieldDefinition).where(col(FieldDefinition.key) == key, _can_be_pinned(actor))
    )
    if field is None:
        raise NotFound("property", key)
    others = [each for each in pins if each.id != field.id]
    if len(others) < len(pins) and position is None:
        return
    if len(others) >= MAX_PINS:
        raise LimitReached(f"At most {MAX_PINS} properties can be pinned.", MAX_PINS)
    place = len(others) if position is None else min(position, len(others))
    wanted = [*others[:place], field, *others[place:]]
    if wanted != pins:
        await _store(work, actor, wanted)


async def unpin_property(work: UnitOfWork, actor: StaffActor, key: str) -> None:
    """Takes a field from the person's header; one that is not there changes nothing."""
    key = clean("fieldKey", key, 64)
    pins = await _locked(work, actor)
    wanted = [each for each in pins if each.key != key]
    if wanted != pins:
        await _store(work, actor, wanted)


async def _locked(work: UnitOfWork, actor: StaffActor) -> list[FieldDefinition]:
    """The person's pins; two acts of one person come one after the other."""
    await work.session.execute(
        select(col(Staff.id)).where(col(Staff.id) == actor.id).with_for_update(key_share=True)
    )
    return list(await work.session.scalars(_pinned(actor)))


async def _store(work: UnitOfWork, actor: StaffActor, wanted: Sequence[FieldDefinition]) -> None:
    await work.session.execute(delete(PinnedField).where(col(PinnedField.staff_id) == actor.id))
    work.session.add_all(
        PinnedField(staff_id=actor.id, field_id=field.id, position=position)
        for position, field in enumerate(wanted)
    )
    work.record_workspace(
        "preferences_changed",
        {"staff": actor.id.hex, "pinned_fields": [field.key for field in wanted]},
    )
