"""What rules and webhooks make of changes, written in the commit of the changes themselves.

A rule that a change starts gets a row in `automation_run`, a webhook that wants the change one in
`webhook_delivery`, each with the job that carries it out. So nothing reads the log behind its
writers: what commits late can't be missed, and what is rolled back starts nothing. Which rules
there are is known in each process under a random key that the commit compares with the
workspace's; a change that no rule wants costs no statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.changes import RecordedChange
from models.enums import ChangeKind, HistoryType, JobKind, RunOutcome, TriggerKind
from models.ids import new_id
from models.webhooks import Webhook, WebhookDelivery
from resolvers.actors import Actor, AutomationActor
from resolvers.automations.triggers import starts
from resolvers.job_rows import Wanted, job_row
from resolvers.upserts import put_rows

DEEPEST = 5
"""Rules that may start each other in a row."""
TOO_DEEP = f"More than {DEEPEST} rules have started each other."


@dataclass(frozen=True)
class KnownRule:
    id: UUID
    position: int
    kind: TriggerKind
    trigger: dict[str, Any]


@dataclass(frozen=True)
class KnownWebhook:
    id: UUID
    types: frozenset[HistoryType]


@dataclass
class KnownRules:
    """The rules and webhooks that are on, as this process knows them, and the key they go by."""

    key: int | None = None
    rules: tuple[KnownRule, ...] = ()
    webhooks: tuple[KnownWebhook, ...] = ()


async def react(
    session: AsyncSession,
    known: KnownRules,
    key: int,
    changes: Iterable[RecordedChange],
    actor: Actor,
    at: datetime,
) -> Wanted:
    """Writes the runs and deliveries that numbered changes start; answers the jobs for them."""
    if key != known.key:
        await _learn(session, known, key)
    if not known.rules and not known.webhooks:
        return {}
    runs: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    depth = actor.depth + 1 if isinstance(actor, AutomationActor) else 1
    for change in changes:
        started = (rule for rule in known.rules if starts(rule.kind, rule.trigger, change))
        runs += [run_row(rule, change, depth, at) for rule in started]
        told = (each for each in known.webhooks if wants(each, change))
        deliveries += [delivery_row(each.id, change, at) for each in told]
    await put_rows(session, AutomationRun, runs)
    await put_rows(session, WebhookDelivery, deliveries)
    return jobs_of_runs(runs, at) | delivery_jobs(deliveries, at)


def jobs_of_runs(runs: Sequence[Mapping[str, Any]], at: datetime) -> Wanted:
    """The jobs that carry runs out, one for each lead."""
    leads = {run["lead_id"] for run in runs if run["outcome"] is RunOutcome.WAITING}
    return {
        (JobKind.RUN_AUTOMATIONS, lead_id.hex): job_row(
            JobKind.RUN_AUTOMATIONS, {"lead": lead_id.hex}, at, key=lead_id.hex
        )
        for lead_id in leads
    }


def wants(webhook: KnownWebhook, change: RecordedChange) -> bool:
    """Whether a webhook is told of a change: not that its lead went, which the other lead tells."""
    if change.kind is ChangeKind.LEAD_MERGED:
        return False
    return not webhook.types or change.category in webhook.types


def run_row(rule: KnownRule, change: RecordedChange, depth: int, at: datetime) -> dict[str, Any]:
    """A run that waits for its first try, or is one too many in a row."""
    is_too_deep = depth > DEEPEST
    return {
        "id": new_id(),
        "automation_id": rule.id,
        "lead_id": change.lead_id,
        "revision": change.revision,
        "change_id": change.id,
        "position": rule.position,
        "depth": depth,
        "at": at,
        "outcome": RunOutcome.LOOP_STOPPED if is_too_deep else RunOutcome.WAITING,
        "problem": TOO_DEEP if is_too_deep else None,
        "attempts": 0,
        "next_try_at": None,
        "done_at": at if is_too_deep else None,
        "wrote": [],
    }


def delivery_row(
    webhook_id: UUID, change: RecordedChange, at: datetime, automation_id: UUID | None = None
) -> dict[str, Any]:
    """A delivery that waits for its first try."""
    return {
        "id": new_id(),
        "webhook_id": webhook_id,
        "automation_id": automation_id,
        "lead_id": change.lead_id,
        "revision": change.revision,
        "created_at": at,
        "tried_at": None,
        "attempts": 0,
        "response_code": None,
        "problem": None,
        "delivered_at": None,
        "next_try_at": at,
    }


def delivery_jobs(deliveries: Sequence[Mapping[str, Any]], at: datetime) -> Wanted:
    """The jobs that send deliveries."""
    return {
        (JobKind.DELIVER_WEBHOOK, row["id"].hex): job_row(
            JobKind.DELIVER_WEBHOOK, {"delivery": row["id"].hex}, at, key=row["id"].hex
        )
        for row in deliveries
    }


async def _learn(session: AsyncSession, known: KnownRules, key: int) -> None:
    rules = await session.execute(
        select(
            col(Automation.id),
            col(Automation.position),
            col(Automation.trigger_kind),
            col(Automation.trigger),
        )
        .where(col(Automation.is_enabled), col(Automation.removed_at).is_(None))
        .order_by(col(Automation.position), col(Automation.id))
    )
    webhooks = await session.execute(
        select(col(Webhook.id), col(Webhook.types)).where(
            col(Webhook.is_enabled), col(Webhook.removed_at).is_(None)
        )
    )
    known.rules = tuple(KnownRule(*row) for row in rules)
    known.webhooks = tuple(
        KnownWebhook(row.id, frozenset(HistoryType(each) for each in row.types)) for row in webhooks
    )
    known.key = key
