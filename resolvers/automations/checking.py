"""What actions of rules are made of: checked when the rule is saved, and put into words."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models.enums import AutomationActionKind, Channel, PeriodUnit, StateKind
from models.pipelines import Pipeline, PipelineState
from models.webhooks import Webhook
from resolvers import access, built_in, fields, notifications, tags
from resolvers.automations.wording import check_words
from resolvers.conversations import MAX_TEXT
from resolvers.errors import ProblemCode, invalid
from resolvers.leads import PropertyEdit
from resolvers.staff.active import active_staff
from resolvers.tasks.acts import MAX_TITLE
from resolvers.text import optional
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import reference

MOST_IN_TURN = 50
MOST_PERIODS = 10_000
MAX_REASON = 500
MOST_WORDS = 80
"""Characters of a text that are shown where an action is put into words."""
Stored = dict[str, Any]
"""`kind`, what doing it needs, `words` for people, and `told`: settings by name, as logged."""


def _stored(kind: AutomationActionKind, words: str, told: dict[str, Any], **more: Any) -> Stored:
    named = [{"name": name, "value": value} for name, value in told.items()]
    return {"kind": kind, "words": words, "told": named, **more}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 1]}…"


def _text(text: str) -> dict[str, Any]:
    return {"type": "TEXT", "text": text}


@dataclass(frozen=True)
class RuleMove:
    """A move that a rule makes; `path` is where the state stands, `reason` why it is lost."""

    state_id: UUID
    reason: str | None = None
    path: str = "changeStateId"


async def _check_state(work: UnitOfWork, path: str, given: RuleMove) -> Stored:
    state = await usable_state(work, f"{path}.{given.path}", given.state_id)
    at = f"{path}.changeState.lossReason"
    reason = optional(at, given.reason, MAX_REASON, lines=True)
    pipeline = await work.session.get_one(Pipeline, state.pipeline_id)
    if pipeline.archived_at:
        raise invalid(f"{path}.{given.path}", ProblemCode.UNKNOWN, "Its pipeline is archived.")
    if reason and state.kind is not StateKind.LOST:
        raise invalid(at, ProblemCode.CONTRADICTION, "Only a lost lead has a reason.")
    if not reason and state.kind is StateKind.LOST and pipeline.needs_loss_reason:
        words = f"{pipeline.name} asks for a reason: say why it is lost."
        raise invalid(at, ProblemCode.REQUIRED, words)
    why = f": “{_short(reason)}”" if reason else ""
    told = {"state": reference(state.name, state.id)}
    return _stored(
        AutomationActionKind.CHANGE_STATE,
        f"Move to {state.name}{why}",
        {**told, "lossReason": _text(reason)} if reason else told,
        state=state.id.hex,
        reason=reason,
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


@dataclass(frozen=True)
class RuleTask:
    """A task that a rule adds; `after` is an amount of a unit, `staff_id` None the assignee."""

    title: str
    after: tuple[int, PeriodUnit] | None = None
    staff_id: UUID | None = None


async def _check_task(work: UnitOfWork, path: str, given: RuleTask) -> Stored:
    path = f"{path}.addTask"
    title = check_words(f"{path}.title", given.title, MAX_TITLE)
    doer = None
    if given.staff_id:
        doer = await active_staff(work, f"{path}.assigneeId", given.staff_id)
    after = None
    if given.after is not None:
        amount, unit = given.after
        if not 1 <= amount <= MOST_PERIODS:
            code = ProblemCode.TOO_LARGE if amount > 0 else ProblemCode.TOO_SMALL
            raise invalid(f"{path}.dueAfter.amount", code, f"1 to {MOST_PERIODS:,}.")
        after = [amount, unit.value]
    when = _period(*given.after) if given.after else "never"
    whom = doer.name if doer else "the assignee"
    due = f", due {when} later" if after else ""
    return _stored(
        AutomationActionKind.ADD_TASK,
        f"Add the task “{title}” for {whom}{due}",
        {"title": _text(title), "dueAfter": _text(when), "assignee": _text(whom)},
        title=title,
        after=after,
        staff=doer.id.hex if doer else None,
    )


def _period(amount: int, unit: PeriodUnit) -> str:
    return f"{amount} {unit.value.lower()}{'' if amount == 1 else 's'}"


async def _check_tags(work: UnitOfWork, path: str, names: Sequence[str]) -> Stored:
    found = list(tags.check(names, f"{path}.addTags").values())
    return _stored(
        AutomationActionKind.ADD_TAGS,
        f"Add the tag{'s' if len(found) > 1 else ''} {', '.join(found)}",
        {f"tag{number}": _text(name) for number, name in enumerate(found, 1)},
        tags=found,
    )


async def _check_property(work: UnitOfWork, path: str, edit: PropertyEdit) -> Stored:
    path = f"{path}.setProperty"
    field = (await fields.definitions(work.session, edit.key)).get(edit.key)
    is_hidden = field is None or not access.reads_field(work.actor, field.visibility)
    if field is None or is_hidden or field.archived_at or edit.key in fields.READ_ONLY:
        raise invalid(f"{path}.fieldKey", ProblemCode.UNKNOWN, "There is no such field to set.")
    value, found = edit.value, None
    if value is not None:
        options = (await fields.options_of(work.session, field.id)).get(field.id, [])
        found = fields.checked(field, options, f"{path}.value", value)
        if found and field.is_built_in:
            found = built_in.check(f"{path}.value", field.key, found)
        value = {key: _plain(each) for key, each in value.items()} if found else None
    return _stored(
        AutomationActionKind.SET_PROPERTY,
        f"Set {field.label} to {_short(found.words)}" if found else f"Clear {field.label}",
        {"field": _text(field.label), **({"value": found.logged()} if found else {})},
        field=edit.key,
        value=value,
    )


def _plain(value: Any) -> Any:
    return {"date": value.isoformat()} if isinstance(value, date) else value


def typed(value: Any) -> Any:
    """A part of a property's value, from its stored form."""
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
        f"Send the chat message “{_short(text)}”",
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
        f"Notify {whom}: “{_short(text)}”",
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
    AutomationActionKind.ADD_TASK: _check_task,
    AutomationActionKind.ADD_TAGS: _check_tags,
    AutomationActionKind.SET_PROPERTY: _check_property,
    AutomationActionKind.SEND_MESSAGE: _check_message,
    AutomationActionKind.NOTIFY: _check_notice,
    AutomationActionKind.CALL_WEBHOOK: _check_webhook,
}
"""What each kind is made of, as a client gives it, into its stored form."""
