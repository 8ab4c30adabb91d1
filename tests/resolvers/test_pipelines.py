"""How pipelines are set up."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.enums import StateKind
from models.ids import new_id
from models.leads import Lead
from models.pipelines import Pipeline, PipelineState
from models.workspace import Workspace, WorkspaceChange
from resolvers import pipelines
from resolvers.actors import SYSTEM
from resolvers.errors import (
    Conflict,
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
)
from resolvers.pipelines import PipelineEdit, RuleEdit, StateEdit
from resolvers.services import Services
from tests.factories import make_lead
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act

BLUE = "#1F6FEB"
OPEN, WON, LOST = StateKind.OPEN, StateKind.WON, StateKind.LOST


def new(name: str, kind: StateKind = OPEN) -> StateEdit:
    return StateEdit(None, name, kind, BLUE)


RENTALS = PipelineEdit(
    "Rentals", [new("Asked"), new("Let", WON), new("Gone", LOST)], won_state_name="let"
)


async def save(services: Services, edit: PipelineEdit, pipeline_id: UUID | None = None) -> Pipeline:
    made: Pipeline = await act(services, SYSTEM, pipelines.save_pipeline, pipeline_id, edit)
    return made


async def states_of(services: Services, pipeline_id: UUID) -> list[PipelineState]:
    async with services.database.read_session() as session:
        rows = await session.scalars(
            select(PipelineState)
            .where(col(PipelineState.pipeline_id) == pipeline_id)
            .order_by(col(PipelineState.position))
        )
        return list(rows)


async def as_edits(services: Services, pipeline_id: UUID) -> list[StateEdit]:
    """What is there, to be saved again."""
    return [
        StateEdit(each.id, each.name, each.kind, each.color)
        for each in await states_of(services, pipeline_id)
        if not each.archived_at
    ]


async def saves(services: Services) -> list[WorkspaceChange]:
    async with services.database.read_session() as session:
        kind = col(WorkspaceChange.kind) == "pipeline_saved"
        rows = await session.scalars(
            select(WorkspaceChange).where(kind).order_by(col(WorkspaceChange.revision))
        )
        return list(rows)


async def card_version(services: Services) -> int:
    async with services.database.read_session() as session:
        return (await session.scalars(select(col(Workspace.card_version)))).one()


@pytest.mark.behaviour("C4", "C10")
async def test_a_pipeline_has_its_states_in_order_and_a_goal(services: Services) -> None:
    before = await card_version(services)
    made = await save(services, RENTALS)
    states = await states_of(services, made.id)
    assert [(each.name, each.kind, each.position, each.is_goal) for each in states] == [
        ("Asked", OPEN, 0, False), ("Let", WON, 1, True), ("Gone", LOST, 2, False),
    ]  # fmt: skip
    assert (made.version, made.is_default, made.position) == (1, False, 1)
    assert await card_version(services) == before + 1
    (told,) = await saves(services)
    diffs = {each["path"]: each["after"] for each in told.data["diffs"]}
    assert diffs["wonState"] == {"type": "TEXT", "text": "Let"}


async def test_saving_what_is_there_writes_nothing(services: Services) -> None:
    made = await save(services, RENTALS)
    edits = await as_edits(services, made.id)
    before = await card_version(services)
    for edit in (
        replace(RENTALS, states=edits),
        replace(RENTALS, states=edits, is_default=False, is_archived=False, expected=1),
    ):
        assert (await save(services, edit, made.id)).version == 1
    assert await card_version(services) == before
    assert len(await saves(services)) == 1


@pytest.mark.behaviour("C4")
async def test_states_are_renamed_moved_archived_and_brought_back(services: Services) -> None:
    made = await save(services, RENTALS)
    asked, let, gone = await as_edits(services, made.id)
    swapped = [replace(asked, name="Gone"), replace(gone, name="Asked"), let]
    await save(services, replace(RENTALS, states=swapped), made.id)
    found = [(each.id, each.name) for each in await states_of(services, made.id)]
    assert found == [(asked.id, "Gone"), (gone.id, "Asked"), (let.id, "Let")]
    without = replace(RENTALS, states=[replace(asked, name="Gone"), let])
    await save(services, without, made.id)
    *_, last = await states_of(services, made.id)
    assert (last.id, last.position, last.archived_at) == (gone.id, 2, services.clock.now())
    archived = replace(without, states=[*without.states, new("asked")])
    assert await problem_of(save(services, archived, made.id)) == (
        "states.2.name", ProblemCode.TAKEN,
    )  # fmt: skip
    await save(services, replace(RENTALS, states=swapped), made.id)
    assert not [each for each in await states_of(services, made.id) if each.archived_at]
    assert len(await saves(services)) == 4


async def test_odd_pipelines_are_refused(services: Services) -> None:
    made = await save(services, RENTALS)
    asked, let, gone = await as_edits(services, made.id)
    whole = replace(RENTALS, states=[asked, let, gone])
    rule = RuleEdit("Asked", "Gone", "No")
    for changes, path, code in (
        ({"name": " "}, "name", ProblemCode.REQUIRED),
        ({"name": "x" * 61}, "name", ProblemCode.TOO_LARGE),
        ({"name": "SALES"}, "name", ProblemCode.TAKEN),
        ({"states": []}, "states", ProblemCode.REQUIRED),
        ({"states": [new(f"S{n}") for n in range(31)]}, "states", ProblemCode.TOO_LARGE),
        ({"states": [let, asked]}, "states.0.kind", ProblemCode.CONTRADICTION),
        ({"states": [asked, let, new("ASKED")]}, "states.2.name", ProblemCode.TAKEN),
        ({"states": [asked, let, asked]}, "states.2.stateId", ProblemCode.UNKNOWN),
        ({"states": [asked, let, replace(gone, id=new_id())]}, "states.2.stateId",
         ProblemCode.UNKNOWN),
        ({"states": [asked, let, replace(gone, name="")]}, "states.2.name", ProblemCode.REQUIRED),
        ({"states": [asked, let, replace(gone, color="red")]}, "states.2.color",
         ProblemCode.MALFORMED),
        ({"won_state_name": "Sold"}, "wonStateName", ProblemCode.UNKNOWN),
        ({"won_state_name": "Asked"}, "wonStateName", ProblemCode.CONTRADICTION),
        ({"rules": [replace(rule, from_name="x")]}, "transitionRules.0.from",
         ProblemCode.UNKNOWN),
        ({"rules": [rule, replace(rule, to_name="x")]}, "transitionRules.1.to",
         ProblemCode.UNKNOWN),
        ({"rules": [replace(rule, reason="")]}, "transitionRules.0.reason", ProblemCode.REQUIRED),
        ({"rules": [rule] * 201}, "transitionRules", ProblemCode.TOO_LARGE),
    ):  # fmt: skip
        assert await problem_of(save(services, replace(whole, **changes), made.id)) == (path, code)
    with pytest.raises(NotFound):
        await save(services, whole, new_id())
    assert len(await saves(services)) == 1


async def test_an_edit_from_an_old_version_is_refused(services: Services) -> None:
    made = await save(services, RENTALS)
    edit = replace(RENTALS, states=await as_edits(services, made.id), expected=1)
    await save(services, replace(edit, name="Flats"), made.id)
    with pytest.raises(Conflict) as caught:
        await save(services, replace(edit, name="Houses"), made.id)
    assert (caught.value.owner, caught.value.version) == (made.id, 2)


@pytest.mark.behaviour("A13", "C4")
async def test_new_leads_begin_in_the_default_pipeline_of_which_there_is_always_one(
    services: Services,
) -> None:
    made = await save(services, replace(RENTALS, is_default=True))
    states = await as_edits(services, made.id)
    async with services.database.read_session() as session:
        defaults = await session.scalars(select(Pipeline).where(col(Pipeline.is_default)))
        assert [each.id for each in defaults] == [made.id]
    lead_id = await make_lead(services)
    async with services.database.read_session() as session:
        row = await session.get_one(Lead, lead_id)
        assert row.state_id == states[0].id
    whole = replace(RENTALS, states=states)
    for edit in (replace(whole, is_default=False), replace(whole, is_archived=True)):
        with pytest.raises(Precondition) as caught:
            await save(services, edit, made.id)
        assert caught.value.reason is PreconditionReason.IN_USE


async def test_there_are_at_most_20_pipelines_in_use(services: Services) -> None:
    rows = [await save(services, replace(RENTALS, name=f"No {n}")) for n in range(19)]
    with pytest.raises(LimitReached) as caught:
        await save(services, RENTALS)
    assert caught.value.limit == 20
    states = await as_edits(services, rows[0].id)
    gone = replace(RENTALS, name="No 0", states=states, is_archived=True)
    await save(services, gone, rows[0].id)
    await save(services, RENTALS)
