"""Groups of fields and the places in them, and each person's own view of both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.enums import FieldType, FieldVisibility, StaffRole
from models.fields import FieldDefinition, FieldGroup
from models.leads import Lead
from resolvers import fields, layouts, leads, readers
from resolvers.actors import StaffActor
from resolvers.errors import (
    Conflict,
    Forbidden,
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
)
from resolvers.fields import NewField
from resolvers.layouts import LayoutEdit
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.views import View
from tests.factories import make_lead, make_staff
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def group(services: Services, admin: StaffActor) -> FieldGroup:
    """A group with the fields a, b and c."""
    made: FieldGroup = await save(services, admin, "House")
    for key in "abc":
        await define(services, admin, key, made)
    return made


@asynccontextmanager
async def reading(services: Services, actor: Any) -> AsyncIterator[View]:
    view = View(services, actor)
    try:
        yield view
    finally:
        await view.close()


async def define(
    services: Services, admin: StaffActor, key: str, group: FieldGroup, **more: Any
) -> FieldDefinition:
    new = NewField(key, key.upper(), FieldType.TEXT, group_id=group.id, **more)
    field: FieldDefinition = await act(services, admin, fields.create_field, new)
    return field


async def save(
    services: Services,
    admin: Any,
    name: str,
    group_id: UUID | None = None,
    position: int | None = None,
    expected: int | None = None,
) -> Any:
    return await act(services, admin, fields.save_group, group_id, name, position, expected)


async def keys_of(services: Services, group: FieldGroup, actor: Any) -> list[str]:
    """Keys in the group as the actor sees them, in the project's order."""
    async with reading(services, actor) as view:
        rows = await readers.all_fields(view)
        return [row.key for row in rows if row.group_id == group.id and row.archived_at is None]


async def shown_to(services: Services, group: FieldGroup, actor: Any) -> list[str]:
    """Keys in the group in the actor's own layout."""
    async with reading(services, actor) as view:
        rows = [
            row
            for row in await readers.all_fields(view)
            if row.group_id == group.id and row.archived_at is None
        ]
        found = await layouts.layouts(view)
        return [row.key for row in layouts.arranged(rows, found.get(group.id))]


async def names(services: Services) -> list[str]:
    async with services.database.read_session() as session:
        statement = select(FieldGroup).order_by(col(FieldGroup.position))
        return [row.name for row in await session.scalars(statement)]


async def field_of(services: Services, key: str) -> FieldDefinition:
    async with services.database.read_session() as session:
        return (await fields.definitions(session, key))[key]


async def move(services: Services, actor: Any, key: str, group: FieldGroup, place: int) -> None:
    field = await field_of(services, key)
    await act(services, actor, fields.move_field, field.id, group.id, place)


@pytest.mark.behaviour("C32")
async def test_a_field_moves_within_its_group_and_to_another(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    await move(services, admin, "c", group, 0)
    assert await keys_of(services, group, admin) == ["c", "a", "b"]
    await move(services, admin, "company", group, 1)
    assert await keys_of(services, group, admin) == ["c", "company", "a", "b"]


@pytest.mark.behaviour("C32")
@pytest.mark.parametrize(("place", "order"), [(-5, "cab"), (99, "abc"), (2, "abc"), (1, "acb")])
async def test_a_place_outside_is_the_nearest_end(
    services: Services, admin: StaffActor, group: FieldGroup, place: int, order: str
) -> None:
    await move(services, admin, "c", group, place)
    assert await keys_of(services, group, admin) == list(order)


@pytest.mark.behaviour("C32")
async def test_moves_at_once_leave_one_order_with_every_field_once(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    other = await save(services, admin, "Garden")
    await asyncio.gather(
        move(services, admin, "a", group, 2),
        move(services, admin, "b", other, 0),
        move(services, admin, "c", other, 0),
        move(services, admin, "b", group, 0),
        move(services, admin, "a", other, 1),
    )
    found = await keys_of(services, group, admin), await keys_of(services, other, admin)
    assert sorted(found[0] + found[1]) == ["a", "b", "c"]
    async with services.database.read_session() as session:
        for each in (group, other):
            rows = await session.scalars(
                select(FieldDefinition).where(col(FieldDefinition.group_id) == each.id)
            )
            places = [row.position for row in rows]
            assert len(places) == len(set(places))


@pytest.mark.behaviour("C32")
async def test_places_are_those_that_the_mover_sees(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    await define(services, admin, "secret", group, visibility=FieldVisibility.ADMINS)
    await move(services, admin, "secret", group, 0)
    manager = await make_staff(services, StaffRole.MANAGER, "Mo")
    await move(services, manager, "c", group, 0)
    assert await keys_of(services, group, manager) == ["c", "a", "b"]
    assert await keys_of(services, group, admin) == ["secret", "c", "a", "b"]
    with pytest.raises(NotFound):
        await move(services, manager, "secret", group, 0)


@pytest.mark.behaviour("C32")
async def test_who_may_not_configure_moves_nothing(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    agent = await make_staff(services, StaffRole.AGENT, "Bo")
    with pytest.raises(Forbidden):
        await move(services, agent, "c", group, 0)
    field = await field_of(services, "c")
    with pytest.raises(NotFound):
        await act(services, admin, fields.move_field, field.id, uuid4(), 0)


@pytest.mark.behaviour("C31")
async def test_groups_are_made_renamed_and_moved(services: Services, admin: StaffActor) -> None:
    before = await names(services)
    house = await save(services, admin, " House ")
    assert await names(services) == [*before, "House"]
    await save(services, admin, "Home", house.id, 0)
    assert await names(services) == ["Home", *before]
    await save(services, admin, "Home", house.id, 99)
    assert await names(services) == [*before, "Home"]


@pytest.mark.behaviour("C31")
async def test_a_name_is_there_once_and_not_blank(services: Services, admin: StaffActor) -> None:
    house = await save(services, admin, "House")
    for name, code in (
        ("contact INFO", ProblemCode.TAKEN),
        (" ", ProblemCode.REQUIRED),
        ("x" * 61, ProblemCode.TOO_LARGE),
    ):
        assert await problem_of(save(services, admin, name)) == ("name", code)
        assert await problem_of(save(services, admin, name, house.id)) == ("name", code)
    await save(services, admin, "HOUSE", house.id)


@pytest.mark.behaviour("C31")
async def test_a_group_is_changed_by_its_version_and_there_are_at_most_50(
    services: Services, admin: StaffActor
) -> None:
    house = await save(services, admin, "House")
    await save(services, admin, "Home", house.id, None, house.version)
    with pytest.raises(Conflict):
        await save(services, admin, "Hut", house.id, None, house.version)
    with pytest.raises(NotFound):
        await save(services, admin, "Hut", uuid4())
    for number in range(fields.MAX_GROUPS - len(await names(services))):
        await save(services, admin, f"Group {number}")
    with pytest.raises(LimitReached):
        await save(services, admin, "One more")


@pytest.mark.behaviour("C31")
async def test_only_a_group_without_fields_is_removed(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    with pytest.raises(Precondition) as caught:
        await act(services, admin, fields.remove_group, group.id)
    assert caught.value.reason is PreconditionReason.IN_USE
    contact = (await field_of(services, "company")).group_id
    for key in "ab":
        await act(
            services, admin, fields.move_field, (await field_of(services, key)).id, contact, 0
        )
    archived = await field_of(services, "c")
    await act(services, admin, fields.update_field, archived.id, {"is_archived": True}, None)
    edit = LayoutEdit(is_collapsed=True)
    await act(services, admin, layouts.change_layout, admin, group.id, edit)
    await act(services, admin, fields.remove_group, group.id)
    assert "House" not in await names(services)
    assert (await field_of(services, "c")).group_id == contact
    with pytest.raises(NotFound):
        await act(services, admin, fields.remove_group, group.id)


@pytest.mark.behaviour("C31")
async def test_the_last_group_stays_and_new_fields_find_it(
    services: Services, admin: StaffActor
) -> None:
    async with services.database.read_session() as session:
        groups = list(await session.scalars(select(FieldGroup).order_by(col(FieldGroup.position))))
        rows = await session.scalars(select(FieldDefinition).where(col(FieldDefinition.is_listed)))
        listed = [row.id for row in rows]
    first, *others = groups
    for field_id in listed:
        await act(services, admin, fields.move_field, field_id, first.id, 0)
    for each in others:
        await act(services, admin, fields.remove_group, each.id)
    with pytest.raises(Precondition):
        await act(services, admin, fields.remove_group, first.id)
    lead_id = await make_lead(services, admin)
    await act(services, admin, leads.set_properties, lead_id, [PropertyEdit("rooms", None)])
    assert (await field_of(services, "rooms")).group_id == first.id


async def arrange(services: Services, actor: StaffActor, group: FieldGroup, *keys: str) -> None:
    edit = LayoutEdit(keys, has_shown=True)
    await act(services, actor, layouts.change_layout, actor, group.id, edit)


@pytest.mark.behaviour("C27", "C29")
async def test_a_person_shows_leaves_out_and_orders_fields_for_themselves(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    await arrange(services, admin, group, "c", "a")
    assert await shown_to(services, group, admin) == ["c", "a"]
    other = await make_staff(services, StaffRole.AGENT, "Bo")
    assert await shown_to(services, group, other) == ["a", "b", "c"]
    edit = LayoutEdit(None, has_shown=True)
    await act(services, admin, layouts.change_layout, admin, group.id, edit)
    assert await shown_to(services, group, admin) == ["a", "b", "c"]


@pytest.mark.behaviour("C27", "C29")
async def test_a_field_that_goes_is_dropped_and_one_that_comes_follows(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    await arrange(services, admin, group, "c", "a")
    await define(services, admin, "d", group)
    assert await shown_to(services, group, admin) == ["c", "a", "d"]
    gone = await field_of(services, "c")
    await act(services, admin, fields.update_field, gone.id, {"is_archived": True}, None)
    contact = (await field_of(services, "company")).group_id
    moved = await field_of(services, "a")
    await act(services, admin, fields.move_field, moved.id, contact, 0)
    assert await shown_to(services, group, admin) == ["d"]
    await act(services, admin, fields.update_field, gone.id, {"is_archived": False}, None)
    assert await shown_to(services, group, admin) == ["c", "d"]


@pytest.mark.behaviour("C27", "C29")
async def test_a_layout_names_fields_of_its_group_once(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    for keys, path, code in (
        (["a", "a"], "shownFieldKeys", ProblemCode.CONTRADICTION),
        (["a", "company"], "shownFieldKeys.1", ProblemCode.UNKNOWN),
        (["nothing"], "shownFieldKeys.0", ProblemCode.UNKNOWN),
    ):
        assert await problem_of(arrange(services, admin, group, *keys)) == (path, code)
    await define(services, admin, "secret", group, visibility=FieldVisibility.ADMINS)
    agent = await make_staff(services, StaffRole.AGENT, "Bo")
    refused = await problem_of(arrange(services, agent, group, "secret"))
    assert refused == ("shownFieldKeys.0", ProblemCode.UNKNOWN)
    with pytest.raises(NotFound):
        await act(services, admin, layouts.change_layout, admin, uuid4(), LayoutEdit())


@pytest.mark.behaviour("C27", "C29")
async def test_a_required_field_that_is_left_out_is_missed_all_the_same(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    lead_id = await make_lead(services, admin)
    field = await field_of(services, "b")
    await act(services, admin, fields.update_field, field.id, {"is_required": True}, None)
    await arrange(services, admin, group, "a")
    async with services.database.read_session() as session:
        lead = await session.get_one(Lead, lead_id)
        missing = await fields.missing_required(session, lead, admin)
    assert [each.key for each in missing] == ["b"]


@pytest.mark.behaviour("C33")
async def test_a_group_is_folded_for_one_person(
    services: Services, admin: StaffActor, group: FieldGroup
) -> None:
    edit = LayoutEdit(is_collapsed=True)
    await act(services, admin, layouts.change_layout, admin, group.id, edit)
    other = await make_staff(services, StaffRole.AGENT, "Bo")
    for actor, folded in ((admin, True), (other, False)):
        async with reading(services, actor) as view:
            found = await layouts.layouts(view)
        assert (group.id in found and found[group.id].is_collapsed) is folded
