"""Rules and their runs as the people see them who may shape them; what a rule would have done."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, select, tuple_
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.changes import Change
from models.enums import RunOutcome
from models.ids import encode_id
from models.leads import Lead
from resolvers import access
from resolvers.automations.running import enqueue_retry
from resolvers.automations.soundness import problems_of
from resolvers.automations.triggers import KINDS, starts
from resolvers.errors import BadArgument, NotFound
from resolvers.filters.conditions import stored_condition
from resolvers.pages import Key, Page, check_first, read_page, seal, unseal_position
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MOST_BACK = timedelta(days=30)
LOOKED_AT_ONCE, MOST_LOOKED_AT = 2_000, 20_000
"""Changes that one page of a dry run looks at; a page may be short, and more may follow."""
DRY_ORDER = (Key(col(Change.id), descending=True, is_id=True),)


def may_configure(view: View) -> bool:
    """Whether the viewer sees rules at all."""
    return access.may(view.actor, Permission.CONFIGURE_AUTOMATIONS)


async def all_automations(view: View) -> Sequence[Automation]:
    """Rules in the order in which they run; empty for those who may not shape them."""
    if not may_configure(view):
        return []
    return await view.scalars(
        select(Automation)
        .where(col(Automation.removed_at).is_(None))
        .order_by(col(Automation.position), col(Automation.id))
    )


async def automations_by_id(view: View, ids: Sequence[UUID]) -> list[Automation | None]:
    """Rules that are there and that the viewer may know."""
    if not may_configure(view):
        return [None] * len(ids)
    rows = await view.scalars(
        select(Automation).where(col(Automation.id).in_(ids), col(Automation.removed_at).is_(None))
    )
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]


async def problems_by_id(view: View, ids: Sequence[UUID]) -> list[list[str]]:
    """What keeps rules from starting or acting; nothing for those who may not know them."""
    rules = await automations_by_id(view, ids)
    known = [rule for rule in rules if rule is not None]
    found = dict(zip((rule.id for rule in known), await problems_of(view, known), strict=True))
    return [found.get(each, []) for each in ids]


async def runs_page(
    view: View, automation_id: UUID, *, failed_only: bool, first: int, after: str | None
) -> Page[AutomationRun]:
    """Runs of a rule, newest first."""
    statement = select(AutomationRun).where(col(AutomationRun.automation_id) == automation_id)
    if failed_only:
        bad = (RunOutcome.FAILED, RunOutcome.LOOP_STOPPED)
        statement = statement.where(col(AutomationRun.outcome).in_(bad))
    order = (Key(col(AutomationRun.id), descending=True, is_id=True),)
    return await read_page(
        view, statement, order, f"runs:{automation_id}:{failed_only}", first, after
    )


async def changes_at(view: View, places: Sequence[tuple[UUID, int]]) -> list[Change | None]:
    """Changes by lead and revision that the viewer may see."""
    rows = await view.scalars(
        select(Change)
        .join(Lead, col(Lead.id) == col(Change.lead_id))
        .where(
            tuple_(col(Change.lead_id), col(Change.revision)).in_(places),
            access.visible_leads(view.actor),
            access.visible_changes(view.actor),
        )
    )
    found = {(row.lead_id, row.revision): row for row in rows}
    return [found.get(each) for each in places]


async def changes_written(view: View, run: AutomationRun) -> list[Change]:
    """What a run wrote and the viewer may see, in order."""
    if not run.wrote:
        return []
    rows = await view.scalars(
        select(Change)
        .join(Lead, col(Lead.id) == col(Change.lead_id))
        .where(
            col(Change.id).in_([UUID(hex=each) for each in run.wrote]),
            access.visible_leads(view.actor),
            access.visible_changes(view.actor),
        )
    )
    return sorted(rows, key=lambda row: (row.lead_id, row.revision))


async def retry_run(work: UnitOfWork, run_id: UUID) -> AutomationRun:
    """Tries a run again that came to nothing; one that is done or waits stays as it is."""
    access.require_rules(work.actor)
    run = await work.session.get(AutomationRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound("run", encode_id("automation_run", run_id))
    if run.outcome not in (RunOutcome.FAILED, RunOutcome.RETRYING, RunOutcome.LOOP_STOPPED):
        return run
    if run.outcome is RunOutcome.RETRYING and run.next_try_at == work.at:
        return run
    run.outcome, run.next_try_at, run.attempts = RunOutcome.RETRYING, work.at, 0
    run.depth, run.done_at = 1, None
    await work.session.flush()
    await enqueue_retry(work, run)
    work.record_workspace("automation_run_retried", {"run": run.id.hex})
    return run


# --- what would have been ---------------------------------------------------------------------


async def dry_run(
    view: View, automation_id: UUID, since: datetime, first: int, after: str | None
) -> Page[AutomationRun] | None:
    """Runs that a rule would have had on changes since an instant, newest first; nothing is done.

    The condition is tried on the leads as they are now. Only leads of the viewer count. None for
    an unknown rule and for those who may not shape rules. BadArgument beyond 30 days.
    """
    first = check_first(first)
    now = view.services.clock.now()
    if since < now - MOST_BACK:
        raise BadArgument("`since` is at most 30 days back.")
    (rule,) = await automations_by_id(view, [automation_id])
    if rule is None:
        return None
    scope, secrets = f"dry:{automation_id}:{since.isoformat()}", view.services.secrets
    last = unseal_position(secrets, scope, after, DRY_ORDER)[0] if after is not None else None
    started, last = await _started(view, rule, since, last, first + 1)
    shown = started[:first]
    held = await _held(view, rule, {each.lead_id for each in shown})
    runs = [_would(rule, each, holds=each.lead_id in held) for each in shown]
    cursors = [seal(secrets, scope, [each.id]) for each in shown]
    is_cut = last is not None and len(started) <= first
    if is_cut and cursors:
        # The page ends where the looking ended, not at its last row.
        cursors = [*cursors[:-1], seal(secrets, scope, [last])]
    has_next = len(started) > first or (is_cut and bool(runs))
    return Page(runs, cursors, has_next, after is not None)


async def _started(
    view: View, rule: Automation, since: datetime, last: UUID | None, most: int
) -> tuple[list[Change], UUID | None]:
    """The newest changes behind `last` that start the rule, and where the looking was given up.

    Few of a kind may start it, such as a task that becomes overdue among all that is done with
    tasks, so one page looks at many.
    """
    started: list[Change] = []
    for _ in range(MOST_LOOKED_AT // LOOKED_AT_ONCE):
        changes = await view.scalars(_past(view, rule, since, last))
        started += [each for each in changes if starts(rule.trigger_kind, rule.trigger, each)]
        if len(changes) < LOOKED_AT_ONCE:
            return started, None
        last = changes[-1].id
        if len(started) >= most:
            break
    return started, last


def _past(view: View, rule: Automation, since: datetime, last: UUID | None) -> Select[Any]:
    behind = (col(Change.id) < last,) if last else ()
    return (
        select(Change)
        .join(Lead, col(Lead.id) == col(Change.lead_id))
        .where(
            col(Change.id) >= _first_id(since),
            col(Change.at) >= since,
            col(Change.kind).in_(KINDS[rule.trigger_kind]),
            access.visible_leads(view.actor),
            access.visible_changes(view.actor),
            *behind,
        )
        .order_by(col(Change.id).desc())
        .limit(LOOKED_AT_ONCE)
    )


def _first_id(since: datetime) -> UUID:
    """The smallest id that a change of this instant can have: ids begin with milliseconds.

    Acts take their ids by the machine's clock and their instants by the program's, so a minute of
    difference is allowed for.
    """
    milliseconds = max(int((since - timedelta(minutes=1)).timestamp() * 1000), 0)
    return UUID(int=milliseconds << 80)


async def _held(view: View, rule: Automation, lead_ids: set[UUID]) -> set[UUID]:
    if rule.condition is None:
        return lead_ids
    test = await stored_condition(view.services, view.actor, view.rows, rule.condition)
    rows = await view.scalars(select(col(Lead.id)).where(col(Lead.id).in_(lead_ids), test))
    return set(rows)


def _would(rule: Automation, change: Change, *, holds: bool) -> AutomationRun:
    return AutomationRun(
        id=uuid4(),
        automation_id=rule.id,
        lead_id=change.lead_id,
        revision=change.revision,
        change_id=change.id,
        position=rule.position,
        depth=1,
        at=change.at,
        outcome=RunOutcome.WOULD_RUN if holds else RunOutcome.SKIPPED,
    )
