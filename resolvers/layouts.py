"""How each person sees the groups of fields on all cards: which fields, in which order, folded.

A layout is a view of the one person: no right, no part of a lead. It names what the person shows
and what they took out; a field that came since, or moved into the group, follows behind, and one
that was archived, moved away or hidden from them is as good as gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.fields import FieldDefinition, FieldGroup, FieldLayout
from models.ids import encode_id
from models.staff import Staff
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View


@dataclass(frozen=True)
class LayoutEdit:
    """What is to change; `shown` are keys in order, None the project's default."""

    shown: Sequence[str] | None = None
    has_shown: bool = False
    is_collapsed: bool | None = None


async def layouts(view: View) -> Mapping[UUID, FieldLayout]:
    """The viewer's layouts by group; none for anyone but staff."""
    if not isinstance(view.actor, StaffActor):
        return {}
    rows = await view.scalars(select(FieldLayout).where(col(FieldLayout.staff_id) == view.actor.id))
    return {row.group_id: row for row in rows}


def arranged(
    fields: Iterable[FieldDefinition], layout: FieldLayout | None
) -> list[FieldDefinition]:
    """A group's fields, given in the project's order, as the layout has them."""
    present = {each.id.hex: each for each in fields}
    if layout is None or layout.shown is None:
        return list(present.values())
    named = {*layout.shown, *(layout.hidden or ())}
    chosen = [present[key] for key in layout.shown if key in present]
    return chosen + [each for key, each in present.items() if key not in named]


async def change_layout(
    work: UnitOfWork, actor: StaffActor, group_id: UUID, edit: LayoutEdit
) -> None:
    """Changes how the person sees a group; what is so already changes nothing."""
    await work.session.execute(
        select(col(Staff.id)).where(col(Staff.id) == actor.id).with_for_update(key_share=True)
    )
    group = await work.session.get(FieldGroup, group_id)
    if group is None:
        raise NotFound("group of fields", encode_id("group", group_id))
    row = await work.session.get(FieldLayout, (actor.id, group_id), populate_existing=True)
    layout = row or FieldLayout(staff_id=actor.id, group_id=group_id)
    before = (layout.shown, layout.hidden, layout.is_collapsed)
    if edit.has_shown:
        layout.shown, layout.hidden = await _chosen(work, actor, group_id, edit.shown)
    if edit.is_collapsed is not None:
        layout.is_collapsed = edit.is_collapsed
    if (layout.shown, layout.hidden, layout.is_collapsed) == before:
        return
    work.session.add(layout)
    work.record_workspace("preferences_changed", {"staff": actor.id.hex, "layout": group.name})


async def _chosen(
    work: UnitOfWork, actor: StaffActor, group_id: UUID, keys: Sequence[str] | None
) -> tuple[list[str] | None, list[str] | None]:
    """Ids of the fields that are shown, and of those that were taken out."""
    if keys is None:
        return None, None
    rows = await work.session.scalars(
        select(FieldDefinition).where(
            col(FieldDefinition.group_id) == group_id,
            col(FieldDefinition.is_listed),
            col(FieldDefinition.archived_at).is_(None),
            access.visible_fields(actor),
        )
    )
    known = {row.key: row.id.hex for row in rows}
    if len(set(keys)) < len(keys):
        raise invalid("shownFieldKeys", ProblemCode.CONTRADICTION, "Each key once.")
    for index, key in enumerate(keys):
        if key not in known:
            raise invalid(
                f"shownFieldKeys.{index}", ProblemCode.UNKNOWN, "The group has no such field."
            )
    return [known[key] for key in keys], [known[key] for key in known if key not in set(keys)]
