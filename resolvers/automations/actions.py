"""What rules do: each action is checked when the rule is saved, and is an ordinary use-case when
it runs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.changes import Change
from models.enums import AutomationActionKind, Channel, NotificationKind
from models.leads import Lead
from models.pipelines import PipelineState
from models.staff import Staff
from models.webhooks import Webhook, WebhookDelivery
from resolvers import built_in, conversations, fields, leads, notifications, tags
from resolvers.automations.wording import check_words, fill_in
from resolvers.conversations import MAX_TEXT, NewMessage
from resolvers.errors import ProblemCode, invalid
from resolvers.leads import PropertyEdit
from resolvers.leads.assigning import active_staff
from resolvers.reactions import delivery_jobs, delivery_row
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import put_rows
from resolvers.values import of_type, reference

MOST_IN_TURN = 50
Stored = dict[str, Any]
"""`kind`, what doing it needs, `words` for people, and `told`: settings by name, as logged."""


@dataclass(frozen=True)
class Doing:
    """What an action acts on, and for which run of which rule."""

    work: UnitOfWork
    lead: Lead
    run: AutomationRun
    number: int


# --- checking ---------------------------------------------------------------------------------


def _stored(kind: AutomationActionKind, words: str, told: dict[str, Any], **more: Any) -> Stored:
    named = [{"name": name, "value": value} for name, value in told.items()]
    return {"kind": kind, "words": words, "told": named, **more}


def _text(text: str) -> dict[str, Any]:
    return {"type": "TEXT", "text": text}


async def _check_state(work: UnitOfWork, path: str, state_id: UUID) -> Stored:
    state = await usable_state(work, f"{path}.changeStateId", state_id)
    return _stored(
        AutomationActionKind.CHANGE_STATE,
        f"Move to {state.name}",
        {"state": reference(state.name, state.id)},
        state=state.id.hex,
    )


async def usable_state(work: UnitOfWork, path: str, state_id: UUID) -> PipelineState:
    """A state that leads can be in; InvalidInput for an unknown or archived one."""
    state = await work.session.get(PipelineState, state_id)
    if state is None or state.archived_at:
        raise invalid(path, ProblemCode.UNKNOWN, "This state can't be entered.")
    return state


async def _check_assignee(work: UnitOfWork, path: str, staff_id: UUID) -> Stored:
    staff = await active_staff(work, f"{path}.assignToId", staff_id)
    return _stored(
        AutomationActionKind.ASSIGN,
        f"Assign to {staff.name}",
        {"assignee": reference(staff.name, staff.id)},
        staff=staff.id.hex,
    )


async def _check_turn(work: UnitOfWork, path: str, staff_ids: Sequence[UUID]) -> Stored:
    path = f"{path}.assignInTurnToIds"
    if not 2 <= len(set(staff_ids)) <= MOST_IN_TURN or len(set(staff_ids)) < len(staff_ids):
        raise invalid(path, ProblemCode.MALFORMED, f"2 to {MOST_IN_TURN} different people.")
    people = [
        await active_staff(work, f"{path}.{index}", each) for index, each in enumerate(staff_ids)
    ]
    return _stored(
        AutomationActionKind.ASSIGN_IN_TURN,
        f"Assign in turn to {', '.join(each.name for each in people)}",
        {f"assignee{number}": reference(each.name, each.id) for number, each in
         enumerate(people, 1)},
        staff=[each.id.hex for each in people],
    )  # fmt: skip


async def _check_tags(work: UnitOfWork, path: str, names: Sequence[str]) -> Stored:
    found = list(tags.check(names, f"{path}.addTags").values())
    return _stored(
        AutomationActionKind.ADD_TAGS,
        f"Add the tags {', '.join(found)}",
        {f"tag{number}": _text(name) for number, name in enumerate(found, 1)},
        tags=found,
    )


async def _check_property(work: UnitOfWork, path: str, edit: PropertyEdit) -> Stored:
    path = f"{path}.setProperty"
    field = (await fields.definitions(work.session, edit.key)).get(edit.key)
    if field is None or field.archived_at or edit.key in fields.READ_ONLY:
        raise invalid(f"{path}.fieldKey", ProblemCode.UNKNOWN, "There is no such field to set.")
    value, typed = edit.value, None
    if value is not None:
        typed = of_type(field.type, f"{path}.value", value)
        if field.is_built_in:
            typed = built_in.check(f"{path}.value", field.key, typed)
        value = {key: _plain(each) for key, each in value.items()} if typed else None
    return _stored(
        AutomationActionKind.SET_PROPERTY,
        f"Set {field.label}" if value is not None else f"Clear {field.label}",
        {"field": _text(field.label), **({"value": typed.logged()} if typed else {})},
        field=edit.key,
        value=value,
    )


def _plain(value: Any) -> Any:
    return {"date": value.isoformat()} if isinstance(value, date) else value


def _typed(value: Any) -> Any:
    is_day = isinstance(value, dict) and set(value) == {"date"}
    return date.fromisoformat(value["date"]) if is_day else value


@dataclass(frozen=True)
class RuleMessage:
    """A message that a rule sends; variables are filled in."""

    channel: Channel
    text: str


async def _check_message(work: UnitOfWork, path: str, given: RuleMessage) -> Stored:
    path = f"{path}.sendMessage"
    if given.channel is not Channel.CHAT:
        raise invalid(f"{path}.channel", ProblemCode.UNKNOWN, "Rules write on CHAT only.")
    text = check_words(f"{path}.text", given.text, MAX_TEXT)
    return _stored(
        AutomationActionKind.SEND_MESSAGE,
        "Send a chat message",
        {"channel": _text(given.channel), "text": _text(text)},
        channel=given.channel,
        text=text,
    )


@dataclass(frozen=True)
class RuleNotice:
    """A notification of a rule; nobody named: the assignee is told."""

    text: str
    staff_ids: tuple[UUID, ...] = ()


async def _check_notice(work: UnitOfWork, path: str, given: RuleNotice) -> Stored:
    path = f"{path}.notify"
    if len(given.staff_ids) > MOST_IN_TURN:
        raise invalid(f"{path}.staffIds", ProblemCode.TOO_LARGE, f"At most {MOST_IN_TURN}.")
    people = [
        await active_staff(work, f"{path}.staffIds.{index}", each)
        for index, each in enumerate(dict.fromkeys(given.staff_ids))
    ]
    text = check_words(f"{path}.text", given.text, notifications.MOST_TEXT)
    whom = ", ".join(each.name for each in people) or "the assignee"
    return _stored(
        AutomationActionKind.NOTIFY,
        f"Notify {whom}",
        {"whom": _text(whom), "text": _text(text)},
        staff=[each.id.hex for each in people],
        text=text,
    )


async def _check_webhook(work: UnitOfWork, path: str, webhook_id: UUID) -> Stored:
    webhook = await work.session.get(Webhook, webhook_id)
    if webhook is None or webhook.removed_at:
        raise invalid(f"{path}.callWebhookId", ProblemCode.UNKNOWN, "There is no such webhook.")
    host = webhook.url.split("/")[2]
    return _stored(
        AutomationActionKind.CALL_WEBHOOK,
        f"Call the webhook at {host}",
        {"webhook": reference(host, webhook.id)},
        webhook=webhook.id.hex,
    )


Check = Callable[[UnitOfWork, str, Any], Awaitable[Stored]]
CHECKS: dict[AutomationActionKind, Check] = {
    AutomationActionKind.CHANGE_STATE: _check_state,
    AutomationActionKind.ASSIGN: _check_assignee,
    AutomationActionKind.ASSIGN_IN_TURN: _check_turn,
    AutomationActionKind.ADD_TAGS: _check_tags,
    AutomationActionKind.SET_PROPERTY: _check_property,
    AutomationActionKind.SEND_MESSAGE: _check_message,
    AutomationActionKind.NOTIFY: _check_notice,
    AutomationActionKind.CALL_WEBHOOK: _check_webhook,
}
"""What each kind is made of, as a client gives it, into its stored form."""


# --- doing ------------------------------------------------------------------------------------


async def _change_state(doing: Doing, action: Stored) -> None:
    await leads.change_state(doing.work, doing.lead.id, UUID(hex=action["state"]), None)


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


async def _add_tags(doing: Doing, action: Stored) -> None:
    await tags.add_tags(doing.work, doing.lead.id, action["tags"])


async def _set_property(doing: Doing, action: Stored) -> None:
    key, value = action["field"], action["value"]
    field = (await fields.definitions(doing.work.session, key)).get(key)
    if field is None or field.archived_at:
        raise invalid("fieldKey", ProblemCode.UNKNOWN, f"There is no field `{key}` to set.")
    typed = {name: _typed(each) for name, each in value.items()} if value is not None else None
    await leads.set_properties(doing.work, doing.lead.id, [PropertyEdit(key, typed)])


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
    AutomationActionKind.ADD_TAGS: _add_tags,
    AutomationActionKind.SET_PROPERTY: _set_property,
    AutomationActionKind.SEND_MESSAGE: _send_message,
    AutomationActionKind.NOTIFY: _notify,
    AutomationActionKind.CALL_WEBHOOK: _call_webhook,
}


async def do(doing: Doing, action: Stored) -> None:
    """Carries one action out; a refusal of its use-case is a refusal of the run."""
    await DOERS[AutomationActionKind(action["kind"])](doing, action)
