"""Moves along a pipeline: any state by default, what a rule forbids, Won and back."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind, HistoryType, StateKind
from models.leads import Lead
from models.pipelines import Pipeline, PipelineState, StateTime
from models.workspace import Workspace
from resolvers import access, fields
from resolvers.errors import (
    MissingRequiredFields,
    Precondition,
    PreconditionReason,
    ProblemCode,
    TransitionRefused,
    invalid,
)
from resolvers.leads.creating import first_state
from resolvers.leads.own_fields import change_own_field
from resolvers.policy import Permission
from resolvers.text import optional
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, reference

MOVES_LOOKED_AT = 200
"""How far back a reopened lead's last open state is looked for."""


async def change_state(
    work: UnitOfWork,
    lead_id: UUID,
    state_id: UUID,
    expected: int | None,
    loss_reason: str | None = None,
) -> UUID:
    """Moves the lead to a state of any pipeline; the same one changes nothing.

    Raises:
        InvalidInput: the state can't be entered; a reason is missing, or there is none to give.
        TransitionRefused: a rule of the pipeline forbids the move.
        MissingRequiredFields: a state of kind WON, and the workspace demands them.
    """
    access.require(work.actor, Permission.CHANGE_STATE)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    reason = optional("lossReason", loss_reason, 500, lines=True)
    to = await work.session.get(PipelineState, state_id)
    if to is None or to.archived_at:
        raise invalid("stateId", ProblemCode.UNKNOWN, "This state can't be entered.")
    pipeline = await work.session.get_one(Pipeline, to.pipeline_id)
    if pipeline.archived_at:
        raise invalid("stateId", ProblemCode.UNKNOWN, "Its pipeline is archived.")
    if reason and to.kind is not StateKind.LOST:
        raise invalid("lossReason", ProblemCode.CONTRADICTION, "Only a lost lead has a reason.")
    if to.id == lead.state_id:
        if reason and reason != lead.loss_reason:
            raise invalid("lossReason", ProblemCode.CONTRADICTION, "It is in this state already.")
        return lead.id
    if to.kind is StateKind.LOST and pipeline.needs_loss_reason and not reason:
        raise invalid("lossReason", ProblemCode.REQUIRED, "Please say why it was lost.")
    _require_allowed(pipeline, lead.state_id, to.id)
    await _move(work, lead, to, expected, reason)
    return lead.id


async def win_lead(work: UnitOfWork, lead_id: UUID, expected: int | None) -> UUID:
    """Moves the lead to its pipeline's won state; already won, however, changes nothing.

    Raises:
        Precondition: NO_WON_STATE, or ARCHIVED for a pipeline that is not used any more.
        TransitionRefused, MissingRequiredFields: as in `change_state`.
    """
    access.require(work.actor, Permission.CHANGE_STATE)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    present = await work.session.get_one(PipelineState, lead.state_id)
    if present.kind is StateKind.WON:
        return lead.id
    pipeline = await work.session.get_one(Pipeline, present.pipeline_id)
    if pipeline.archived_at:
        raise Precondition(PreconditionReason.ARCHIVED, "The lead's pipeline is archived.")
    goal = await work.session.scalar(
        select(PipelineState).where(
            col(PipelineState.pipeline_id) == pipeline.id, col(PipelineState.is_goal)
        )
    )
    if goal is None:
        raise Precondition(PreconditionReason.NO_WON_STATE, "The pipeline has no won state.")
    _require_allowed(pipeline, present.id, goal.id)
    await _move(work, lead, goal, expected, None)
    return lead.id


async def reopen_lead(work: UnitOfWork, lead_id: UUID, expected: int | None) -> UUID:
    """Moves a won lead back to its last open state, or the first one if that is archived.

    Rules of the pipeline are not asked: who may reopen takes back what was done.

    Raises:
        Precondition: NOT_WON, or REOPEN_OFF by the header's settings.
    """
    lead = await access.lead_for(work.session, work.actor, lead_id)
    access.require(work.actor, Permission.REOPEN_LEAD)
    workspace = await work.session.get_one(Workspace, 1)
    if not workspace.is_reopen_allowed:
        raise Precondition(PreconditionReason.REOPEN_OFF, "Reopening is switched off.")
    present = await work.session.get_one(PipelineState, lead.state_id)
    if present.kind is not StateKind.WON:
        raise Precondition(PreconditionReason.NOT_WON, "The lead is not won.")
    await _move(work, lead, await _last_open(work, lead, present), expected, None)
    return lead.id


def _require_allowed(pipeline: Pipeline, from_id: UUID, to_id: UUID) -> None:
    """TransitionRefused if a rule of the pipeline that is entered forbids the move."""
    for rule in pipeline.transition_rules:
        if rule["to"] == to_id.hex and rule["from"] in (None, from_id.hex):
            only_from = from_id if rule["from"] else None
            raise TransitionRefused(only_from, to_id, rule["reason"])


async def _move(
    work: UnitOfWork, lead: Lead, to: PipelineState, expected: int | None, reason: str | None
) -> None:
    if to.kind is StateKind.WON:
        await _require_filled(work, lead)
    former = await work.session.get_one(PipelineState, lead.state_id)
    diff, row = await change_own_field(
        work, lead, "state", reference(former.name, former.id), reference(to.name, to.id),
        to.id.hex, expected,
    )  # fmt: skip
    diffs = [diff, *_reason_diffs(lead.loss_reason, reason)]
    seconds = max(int((work.at - lead.state_since).total_seconds()), 0)
    await _add_time(work.session, lead.id, former.id, seconds)
    lead.state_id, lead.state_since, lead.loss_reason = to.id, work.at, reason
    work.record(
        lead.id,
        ChangeKind.LEAD_STATE_CHANGED,
        HistoryType.STATE,
        {
            "from": former.id.hex,
            "to": to.id.hex,
            "since": lead.state_since.isoformat(),
            "seconds_in_from": seconds,
            "loss_reason": reason,
            "diffs": diffs,
        },
        stamps=[row],
    )


def _reason_diffs(before: str | None, after: str | None) -> list[dict[str, Any]]:
    if before == after:
        return []
    return [
        {
            "path": "lossReason",
            "label": "Loss reason",
            "before": _text(before),
            "after": _text(after),
        }
    ]


def _text(text: str | None) -> LoggedValue | None:
    return {"type": "TEXT", "text": text} if text else None


async def _add_time(session: AsyncSession, lead_id: UUID, state_id: UUID, seconds: int) -> None:
    time = await session.get(StateTime, (lead_id, state_id))
    if time is None:
        time = StateTime(lead_id=lead_id, state_id=state_id, seconds=0)
        session.add(time)
    time.seconds += seconds


async def _require_filled(work: UnitOfWork, lead: Lead) -> None:
    """MissingRequiredFields if the workspace demands them of a won lead."""
    workspace = await work.session.get_one(Workspace, 1)
    if not workspace.won_needs_required_fields:
        return
    missing = await fields.missing_required(work.session, lead, work.actor)
    if missing:
        raise MissingRequiredFields(missing)


async def _last_open(work: UnitOfWork, lead: Lead, present: PipelineState) -> PipelineState:
    """The open state that the lead was in last; where that can't be entered, the first one."""
    session = work.session
    moves = await session.scalars(
        select(col(Change.data))
        .where(col(Change.lead_id) == lead.id, col(Change.kind) == ChangeKind.LEAD_STATE_CHANGED)
        .order_by(col(Change.revision).desc())
        .limit(MOVES_LOOKED_AT)
    )
    for data in moves:
        state = await session.get(PipelineState, UUID(hex=data["from"])) if data else None
        if state is not None and state.kind is StateKind.OPEN:
            present = state
            break
    pipeline = await session.get_one(Pipeline, present.pipeline_id)
    if pipeline.archived_at:
        return await first_state(work)
    if present.kind is StateKind.OPEN and not present.archived_at:
        return present
    return await first_state(work, pipeline.id)
