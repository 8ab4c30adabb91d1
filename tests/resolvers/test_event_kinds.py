"""Kinds of events: their names, places and buttons."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.events import EventKind
from models.ids import new_id
from models.workspace import WorkspaceChange
from resolvers import event_kinds
from resolvers.actors import SYSTEM
from resolvers.errors import Conflict, ConflictReason, LimitReached, NotFound, ProblemCode
from resolvers.event_kinds import KindEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act

SHOWING = KindEdit("Showing held", "home", is_quick=True)


async def save(services: Services, edit: KindEdit, kind_id: UUID | None = None) -> EventKind:
    made: EventKind = await act(services, SYSTEM, event_kinds.save_event_kind, kind_id, edit)
    return made


async def in_order(services: Services) -> list[EventKind]:
    async with services.database.read_session() as session:
        return list(await session.scalars(select(EventKind).order_by(col(EventKind.position))))


async def names(services: Services) -> list[str]:
    return [kind.name for kind in await in_order(services)]


async def saves(services: Services) -> int:
    async with services.database.read_session() as session:
        kinds = await session.scalars(select(col(WorkspaceChange.kind)))
        return list(kinds).count("event_kind_saved")


@pytest.mark.behaviour("A3")
async def test_a_kind_goes_where_it_is_put_and_the_others_close_up(services: Services) -> None:
    first = await names(services)
    made = await save(services, SHOWING)
    assert (made.position, made.version) == (len(first), 1)
    moved = await save(services, replace(SHOWING, position=1), made.id)
    assert (moved.position, moved.version) == (1, 2)
    assert await names(services) == [first[0], "Showing held", *first[1:]]
    await save(services, replace(SHOWING, position=999), made.id)
    kinds = await in_order(services)
    assert [kind.name for kind in kinds] == [*first, "Showing held"]
    assert [kind.position for kind in kinds] == list(range(len(kinds)))
    assert {kind.version for kind in kinds if kind.id != made.id} == {1}
    await save(services, replace(SHOWING, name="Tour", position=0))
    assert await names(services) == ["Tour", *first, "Showing held"]


async def test_saving_what_is_there_writes_nothing(services: Services) -> None:
    made = await save(services, SHOWING)
    before = await saves(services)
    for same in (SHOWING, replace(SHOWING, position=made.position, is_archived=False)):
        assert (await save(services, same, made.id)).version == 1
    assert await saves(services) == before == 1


async def test_an_archived_kind_keeps_its_place_and_comes_back(services: Services) -> None:
    made = await save(services, SHOWING)
    archived = await save(services, replace(SHOWING, is_archived=True), made.id)
    assert archived.archived_at == services.clock.now()
    renamed = await save(services, replace(SHOWING, name="Tour"), made.id)
    assert renamed.archived_at == archived.archived_at
    back = await save(services, replace(SHOWING, name="Tour", is_archived=False), made.id)
    assert (back.archived_at, back.position, back.version) == (None, made.position, 4)


async def test_odd_kinds_are_refused(services: Services) -> None:
    await save(services, SHOWING)
    other = replace(SHOWING, name="Tour")
    tour = await save(services, other)
    for edit, kind_id, path, code in (
        (replace(other, name=" "), None, "name", ProblemCode.REQUIRED),
        (replace(other, name="x" * 61), None, "name", ProblemCode.TOO_LARGE),
        (replace(other, name="a\nb"), None, "name", ProblemCode.MALFORMED),
        (replace(other, name="SHOWING  held".replace("  ", " ")), None, "name", ProblemCode.TAKEN),
        (replace(other, name="Shöwing held"), tour.id, "name", ProblemCode.TAKEN),
        (replace(other, name="Walk", icon="skull"), None, "icon", ProblemCode.UNKNOWN),
        (replace(other, name="Walk", position=-1), None, "position", ProblemCode.TOO_SMALL),
    ):
        assert await problem_of(save(services, edit, kind_id)) == (path, code)
    with pytest.raises(NotFound):
        await save(services, other, new_id())
    assert await saves(services) == 2


async def test_an_edit_from_an_old_version_is_refused(services: Services) -> None:
    made = await save(services, SHOWING)
    await save(services, replace(SHOWING, name="Tour", expected=1), made.id)
    with pytest.raises(Conflict) as caught:
        await save(services, replace(SHOWING, expected=1), made.id)
    refusal = caught.value
    assert (refusal.reason, refusal.owner, refusal.version) == (
        ConflictReason.STALE_VERSION, made.id, 2,
    )  # fmt: skip


async def add_kinds(services: Services, count: int, **more: Any) -> list[EventKind]:
    kinds = [
        EventKind(name=f"Kind {n}", name_key=f"kind {n}", icon="star", position=100 + n, **more)
        for n in range(count)
    ]
    async with unit_of_work(services, SYSTEM) as work:
        work.session.add_all(kinds)
    return kinds


@pytest.mark.behaviour("A3")
async def test_a_card_has_at_most_12_buttons(services: Services) -> None:
    buttons = [kind for kind in await in_order(services) if kind.is_quick]
    extra = await add_kinds(services, 12 - len(buttons), is_quick=True)
    with pytest.raises(LimitReached) as caught:
        await save(services, SHOWING)
    assert caught.value.limit == 12
    made = await save(services, replace(SHOWING, is_quick=False))
    with pytest.raises(LimitReached):
        await save(services, SHOWING, made.id)
    last = extra[-1]
    gone = KindEdit(last.name, last.icon, is_quick=True, is_archived=True)
    await save(services, gone, last.id)
    await save(services, SHOWING, made.id)
    with pytest.raises(LimitReached):
        await save(services, replace(gone, is_archived=False), last.id)


async def test_there_are_at_most_200_kinds(services: Services) -> None:
    await add_kinds(services, 200 - len(await in_order(services)))
    with pytest.raises(LimitReached) as caught:
        await save(services, SHOWING)
    assert caught.value.limit == 200
