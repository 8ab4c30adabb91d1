"""What rules do: each action is an ordinary use-case in the transaction of its run."""

from calendar import monthrange
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.changes import Change
from models.due_bands import Moment
from models.enums import AutomationActionKind, Channel, NotificationKind, PeriodUnit
from models.leads import Lead
from models.staff import Staff
from models.webhooks import Webhook, WebhookDelivery
from models.workspace import Workspace
from resolvers import conversations, fields, leads, notifications, tags, tasks
from resolvers.automations.checking import Stored, typed
from resolvers.automations.wording import fill_in
from resolvers.conversations import NewMessage
from resolvers.errors import ProblemCode, invalid
from resolvers.leads import PropertyEdit
from resolvers.reactions import delivery_jobs, delivery_row
from resolvers.tasks import NewTask
from resolvers.tasks.acts import MAX_TITLE
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import put_rows

SPANS = {
    PeriodUnit.MINUTE: timedelta(minutes=1),
    PeriodUnit.HOUR: timedelta(hours=1),
    PeriodUnit.DAY: timedelta(days=1),
    PeriodUnit.WEEK: timedelta(weeks=1),
}


@dataclass(frozen=True)
class Doing:
    """What an action acts on, and for which run of which rule."""

    work: UnitOfWork
    lead: Lead
    run: AutomationRun
    number: int


async def _change_state(doing: Doing, action: Stored) -> None:
    state_id, reason = UUID(hex=action["state"]), action.get("reason")
    if reason and doing.lead.state_id == state_id:
        return  # it is there already, perhaps for another reason
    await leads.change_state(doing.work, doing.lead.id, state_id, None, reason)


async def _assign(doing: Doing, action: Stored) -> None:
    await leads.assign(doing.work, doing.lead.id, UUID(hex=action["staff"]), None)


async def _assign_in_turn(doing: Doing, action: Stored) -> None:
    session = doing.work.session
    wanted = [UUID(hex=each) for each in action["staff"]]
    rows = await session.scalars(
        select(col(Staff.id)).where(col(Staff.id).in_(wanted), col(Staff.is_active))
    )
    active = set(rows)
    if not active:
        raise invalid("assignInTurnToIds", ProblemCode.UNKNOWN, "None of these people is active.")
    turn = await session.scalar(
        update(Automation)
        .where(col(Automation.id) == doing.run.automation_id)
        .values(turn=col(Automation.turn) + 1)
        .returning(col(Automation.turn)),
        execution_options={"synchronize_session": False},
    )
    assert turn is not None
    there = [each for each in wanted if each in active]
    await leads.assign(doing.work, doing.lead.id, there[(turn - 1) % len(there)], None)


async def _add_task(doing: Doing, action: Stored) -> None:
    work = doing.work
    title = await fill_in(work, doing.lead, action["title"])
    due_at, due_on = None, None
    if action["after"]:
        amount, unit = action["after"][0], PeriodUnit(action["after"][1])
        if unit in (PeriodUnit.MINUTE, PeriodUnit.HOUR):
            due_at = work.at + amount * SPANS[unit]
        else:
            zone = await work.session.scalar(select(col(Workspace.time_zone)))
            due_on = _later(Moment(work.at, zone or "UTC").today, amount, unit)
    doer = UUID(hex=action["staff"]) if action["staff"] else doing.lead.assignee_id
    new = NewTask(title[:MAX_TITLE], due_at=due_at, due_on=due_on, assignee_id=doer)
    await tasks.create_task(work, doing.lead.id, new, f"{doing.run.id.hex}-{doing.number}")


def _later(day: date, amount: int, unit: PeriodUnit) -> date:
    """A day so many days, weeks or months on; at the end of a shorter month its last day."""
    if unit is not PeriodUnit.MONTH:
        return day + amount * SPANS[unit]
    month = day.month - 1 + amount
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


async def _add_tags(doing: Doing, action: Stored) -> None:
    await tags.add_tags(doing.work, doing.lead.id, action["tags"])


async def _set_property(doing: Doing, action: Stored) -> None:
    key, value = action["field"], action["value"]
    field = (await fields.definitions(doing.work.session, key)).get(key)
    if field is None or field.archived_at:
        raise invalid("fieldKey", ProblemCode.UNKNOWN, "There is no such field to set.")
    given = {name: typed(each) for name, each in value.items()} if value is not None else None
    await leads.set_properties(doing.work, doing.lead.id, [PropertyEdit(key, given)])


async def _send_message(doing: Doing, action: Stored) -> None:
    text = await fill_in(doing.work, doing.lead, action["text"])
    message = NewMessage(Channel(action["channel"]), text)
    key = f"{doing.run.id.hex}-{doing.number}"
    await conversations.send_message(doing.work, doing.lead.id, message, key)


async def _notify(doing: Doing, action: Stored) -> None:
    assignee = [doing.lead.assignee_id] if doing.lead.assignee_id else []
    whom = [UUID(hex=each) for each in action["staff"]] or assignee
    text = await fill_in(doing.work, doing.lead, action["text"])
    kind = NotificationKind.AUTOMATION
    await notifications.notify(doing.work, whom, kind, text, doing.lead.id)


async def _call_webhook(doing: Doing, action: Stored) -> None:
    session, run = doing.work.session, doing.run
    webhook = await session.get(Webhook, UUID(hex=action["webhook"]))
    if webhook is None or webhook.removed_at or not webhook.is_enabled:
        raise invalid("callWebhookId", ProblemCode.UNKNOWN, "The webhook is off or was removed.")
    change = await session.get_one(Change, (run.lead_id, run.revision))
    row = delivery_row(webhook.id, change, doing.work.at, run.automation_id)
    await put_rows(session, WebhookDelivery, [row])
    doing.work.jobs |= delivery_jobs([row], doing.work.at)


Do = Callable[[Doing, Stored], Awaitable[None]]
DOERS: dict[AutomationActionKind, Do] = {
    AutomationActionKind.CHANGE_STATE: _change_state,
    AutomationActionKind.ASSIGN: _assign,
    AutomationActionKind.ASSIGN_IN_TURN: _assign_in_turn,
    AutomationActionKind.ADD_TASK: _add_task,
    AutomationActionKind.ADD_TAGS: _add_tags,
    AutomationActionKind.SET_PROPERTY: _set_property,
    AutomationActionKind.SEND_MESSAGE: _send_message,
    AutomationActionKind.NOTIFY: _notify,
    AutomationActionKind.CALL_WEBHOOK: _call_webhook,
}


async def do(doing: Doing, action: Stored) -> None:
    """Carries one action out; a refusal of its use-case is a refusal of the run."""
    await DOERS[AutomationActionKind(action["kind"])](doing, action)
