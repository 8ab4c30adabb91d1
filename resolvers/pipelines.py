"""Pipelines as they are set up: states in order, the goal, what is forbidden."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import StateKind
from models.ids import encode_id, new_id
from models.pipelines import Pipeline, PipelineState
from resolvers import access
from resolvers.errors import (
    Conflict,
    ConflictReason,
    InvalidInput,
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
    Problem,
    ProblemCode,
    invalid,
)
from resolvers.policy import Permission
from resolvers.project import locked, logged
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

MAX_PIPELINES, MAX_STATES, MAX_RULES = 20, 30, 200
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
MAX_KEPT = 200
"""Archived ones included: pipelines, and states of one pipeline."""


@dataclass(frozen=True)
class StateEdit:
    """A state as it shall be; without an id a new one."""

    id: UUID | None
    name: str
    kind: StateKind
    color: str


@dataclass(frozen=True)
class RuleEdit:
    """A forbidden move by names of states; `from_name` None: from anywhere."""

    from_name: str | None
    to_name: str
    reason: str


@dataclass(frozen=True)
class PipelineEdit:
    """A pipeline as it shall be, whole; None of the last parts leaves them."""

    name: str
    states: Sequence[StateEdit]
    won_state_name: str | None = None
    needs_loss_reason: bool = False
    rules: Sequence[RuleEdit] = ()
    is_default: bool | None = None
    is_archived: bool | None = None
    expected: int | None = None


async def save_pipeline(work: UnitOfWork, pipeline_id: UUID | None, edit: PipelineEdit) -> Pipeline:
    """Makes a pipeline, or makes one what `edit` says; states left out are archived.

    Leads in what is archived stay there; it can't be entered any more.
    """
    access.require(work.actor, Permission.CONFIGURE_CARD)
    name = required("name", edit.name, 60)
    # Names, places and the default are those of all pipelines together: one edit at a time.
    await locked(work)
    pipelines = await _in_order(work)
    pipeline = _named(pipelines, pipeline_id)
    if edit.expected is not None and pipeline.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The pipeline was changed in the meantime.",
            owner=pipeline.id,
            version=pipeline.version,
        )
    others = [each for each in pipelines if each is not pipeline]
    if any(fold(each.name) == fold(name) for each in others):
        raise invalid("name", ProblemCode.TAKEN, "There is a pipeline with this name.")
    kept = await _states_of(work, pipeline.id)
    before = _Shown(pipeline, kept)
    named = _arranged(pipeline.id, kept, edit.states)
    goal, rules = _goal(named, edit), _rules(named, edit.rules)
    is_new = pipeline not in pipelines
    pipeline.name, pipeline.needs_loss_reason = name, edit.needs_loss_reason
    if rules != pipeline.transition_rules:
        pipeline.transition_rules = rules
    _choose_default(work, pipeline, others, edit)
    _check_counts([*others, pipeline], {each.id for each in (*kept, *named.values())})
    if is_new:
        work.session.add(pipeline)
    await _write(work, kept, list(zip(named.values(), edit.states, strict=True)), goal)
    after = _Shown(pipeline, await _states_of(work, pipeline.id))
    if after.content == before.content:
        return pipeline
    if not is_new:
        pipeline.version += 1
    await work.session.flush()
    data = {"pipeline": pipeline.id.hex, "name": name, "diffs": after.diffs_from(before)}
    work.record_workspace("pipeline_saved", data, card=True)
    return pipeline


async def _in_order(work: UnitOfWork) -> list[Pipeline]:
    statement = select(Pipeline).order_by(col(Pipeline.position), col(Pipeline.id))
    return list(await work.session.scalars(statement))


async def _states_of(work: UnitOfWork, pipeline_id: UUID) -> list[PipelineState]:
    statement = (
        select(PipelineState)
        .where(col(PipelineState.pipeline_id) == pipeline_id)
        .order_by(col(PipelineState.position), col(PipelineState.id))
    )
    return list(await work.session.scalars(statement))


def _named(pipelines: Sequence[Pipeline], pipeline_id: UUID | None) -> Pipeline:
    if pipeline_id is None:
        position = max((each.position for each in pipelines), default=-1) + 1
        return Pipeline(id=new_id(), name="", position=position)
    for pipeline in pipelines:
        if pipeline.id == pipeline_id:
            return pipeline
    raise NotFound("pipeline", encode_id("pipeline", pipeline_id))


def _arranged(
    pipeline_id: UUID, kept: Sequence[PipelineState], edits: Sequence[StateEdit]
) -> dict[str, PipelineState]:
    """The states that are named, present or new, in their new order; nothing is written yet."""
    if not edits:
        raise invalid("states", ProblemCode.REQUIRED, "A pipeline has at least one state.")
    if len(edits) > MAX_STATES:
        raise invalid("states", ProblemCode.TOO_LARGE, f"At most {MAX_STATES} states.")
    if edits[0].kind is not StateKind.OPEN:
        raise invalid("states.0.kind", ProblemCode.CONTRADICTION, "Leads begin in an open state.")
    present = {each.id: each for each in kept}
    left_out = present.keys() - {each.id for each in edits}
    taken = {fold(present[each].name) for each in left_out}
    problems: list[Problem] = []
    named: dict[str, PipelineState] = {}
    for number, each in enumerate(edits):
        key = fold(required(f"states.{number}.name", each.name, 60))
        state = present.pop(each.id, None) if each.id else _new_state(pipeline_id, each)
        if not COLOR.fullmatch(each.color):
            problems.append(_problem(number, "color", ProblemCode.MALFORMED, "Such as #1F6FEB."))
        if state is None:
            problems.append(_problem(number, "stateId", ProblemCode.UNKNOWN, UNKNOWN_STATE))
        elif key in taken:
            problems.append(_problem(number, "name", ProblemCode.TAKEN, TAKEN_NAME))
        else:
            named[key] = state
        taken.add(key)
    if problems:
        raise InvalidInput(*problems)
    return named


UNKNOWN_STATE = "There is no such state here, or it is named twice."
TAKEN_NAME = "Another state has this name; an archived one comes back by its id."


def _problem(number: int, part: str, code: ProblemCode, message: str) -> Problem:
    return Problem(("states", str(number), part), code, message)


def _new_state(pipeline_id: UUID, edit: StateEdit) -> PipelineState:
    return PipelineState(
        id=new_id(),
        pipeline_id=pipeline_id,
        name=edit.name,
        kind=edit.kind,
        position=0,
        color=edit.color,
    )


def _goal(named: Mapping[str, PipelineState], edit: PipelineEdit) -> UUID | None:
    if edit.won_state_name is None:
        return None
    key = fold(edit.won_state_name.strip())
    if key not in named:
        raise invalid("wonStateName", ProblemCode.UNKNOWN, "No state has this name.")
    if edit.states[list(named).index(key)].kind is not StateKind.WON:
        raise invalid("wonStateName", ProblemCode.CONTRADICTION, "This state is not of kind WON.")
    return named[key].id


def _rules(
    named: Mapping[str, PipelineState], edits: Sequence[RuleEdit]
) -> list[dict[str, str | None]]:
    if len(edits) > MAX_RULES:
        raise invalid("transitionRules", ProblemCode.TOO_LARGE, f"At most {MAX_RULES} rules.")
    rules: list[dict[str, str | None]] = []
    for number, each in enumerate(edits):
        path = f"transitionRules.{number}"
        rules.append(
            {
                "from": _state_id(named, f"{path}.from", each.from_name),
                "to": _state_id(named, f"{path}.to", each.to_name),
                "reason": required(f"{path}.reason", each.reason, 200),
            }
        )
    return rules


def _state_id(named: Mapping[str, PipelineState], path: str, name: str | None) -> str | None:
    if name is None:
        return None
    state = named.get(fold(name.strip()))
    if state is None:
        raise invalid(path, ProblemCode.UNKNOWN, "No state has this name.")
    return state.id.hex


def _choose_default(
    work: UnitOfWork, pipeline: Pipeline, others: Sequence[Pipeline], edit: PipelineEdit
) -> None:
    if edit.is_archived is not None and edit.is_archived != bool(pipeline.archived_at):
        pipeline.archived_at = work.at if edit.is_archived else None
    if edit.is_default is False and pipeline.is_default:
        raise Precondition(
            PreconditionReason.IN_USE, "New leads begin here: make another one the default."
        )
    if edit.is_default and not pipeline.is_default:
        for each in others:
            if each.is_default:
                each.is_default = False
                each.version += 1
        pipeline.is_default = True
    if pipeline.is_default and pipeline.archived_at:
        raise Precondition(PreconditionReason.IN_USE, "The default pipeline can't be archived.")


def _check_counts(pipelines: Sequence[Pipeline], states: Collection[UUID]) -> None:
    if sum(each.archived_at is None for each in pipelines) > MAX_PIPELINES:
        raise LimitReached(f"There can be at most {MAX_PIPELINES} pipelines.", MAX_PIPELINES)
    if len(pipelines) > MAX_KEPT or len(states) > MAX_KEPT:
        raise LimitReached(f"At most {MAX_KEPT} are kept, archived ones too.", MAX_KEPT)


async def _write(
    work: UnitOfWork,
    kept: Sequence[PipelineState],
    states: Sequence[tuple[PipelineState, StateEdit]],
    goal: UUID | None,
) -> None:
    """Puts the states where and how they shall be, the rest behind them as archived ones."""
    names = {state.id: required("name", each.name, 60) for state, each in states}
    for state in kept:
        if names.get(state.id, state.name) != state.name:
            state.name = state.id.hex  # two that swap their names would clash on the way
    await work.session.flush()
    for position, (state, each) in enumerate(states):
        state.name, state.kind, state.color = names[state.id], each.kind, each.color
        state.position, state.is_goal, state.archived_at = position, state.id == goal, None
        work.session.add(state)
    left_out = [each for each in kept if each.id not in names]
    for position, state in enumerate(left_out, len(states)):
        state.position, state.is_goal = position, False
        state.archived_at = state.archived_at or work.at
    await work.session.flush()


class _Shown:
    """A pipeline as it was at a moment: what tells two moments apart, and how the audit says it."""

    def __init__(self, pipeline: Pipeline, states: Sequence[PipelineState]) -> None:
        names = {each.id.hex: each.name for each in states}
        rules = [
            f"{names[each['from']] if each['from'] else 'any'} to {names[each['to']]}: "
            f"{each['reason']}"
            for each in pipeline.transition_rules
        ]
        self.parts: dict[str, tuple[str, bool | str]] = {
            "name": ("Name", pipeline.name),
            "states": ("States", _listed(each for each in states if not each.archived_at)),
            "archivedStates": ("Archived states", _listed(x for x in states if x.archived_at)),
            "wonState": ("Won state", ", ".join(each.name for each in states if each.is_goal)),
            "needsLossReason": ("A reason on LOST", pipeline.needs_loss_reason),
            "transitionRules": ("Forbidden moves", "; ".join(rules)),
            "isDefault": ("Default", pipeline.is_default),
            "isArchived": ("Archived", pipeline.archived_at is not None),
        }
        self.content = (list(names), self.parts)

    def diffs_from(self, before: "_Shown") -> list[dict[str, Any]]:
        """Each part that differs."""
        return [
            {
                "path": path,
                "label": label,
                "before": _logged(before.parts[path][1]),
                "after": _logged(value),
            }
            for path, (label, value) in self.parts.items()
            if value != before.parts[path][1]
        ]


def _listed(states: Iterable[PipelineState]) -> str:
    return ", ".join(f"{each.name} ({each.kind}, {each.color})" for each in states)


def _logged(value: bool | str) -> LoggedValue | None:
    return logged(value) if value != "" else None
