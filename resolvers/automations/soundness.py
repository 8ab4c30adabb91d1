"""What rules name and can't use any more: archived, removed, switched off, gone.

A rule goes on when something of it goes: it is for people to say what it is to do instead. Its
runs fail with the reason, and this is said beside the rule before any does.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.automations import Automation
from models.enums import AutomationActionKind as Kind
from models.enums import StateKind
from models.events import EventKind
from models.fields import FieldDefinition, FieldOption
from models.pipelines import Pipeline, PipelineState
from models.segments import Segment
from models.staff import Staff
from models.webhooks import Webhook
from resolvers import fields
from resolvers.automations.checking import typed
from resolvers.automations.masking import HIDDEN_FIELD
from resolvers.errors import InvalidInput
from resolvers.readers import hidden_field_paths
from resolvers.views import View

Keys = Sequence[Any]
Reasons = dict[Any, str | None]
"""By id or key why it can't be used; None: it can. What is missing is gone."""


@dataclass(frozen=True)
class Need:
    """What a part of a rule needs: any one of these things."""

    noun: str
    keys: tuple[Any, ...]
    value: Any = None
    """Of a field: what it is to be set to."""


async def problems_of(view: View, rules: Sequence[Automation]) -> list[list[str]]:
    """For each rule, in sentences, what keeps it from starting or acting."""
    needs = [_needs(rule) for rule in rules]
    wanted: dict[str, set[Any]] = {}
    for each in (need for of_rule in needs for need in of_rule):
        wanted.setdefault(each.noun, set()).update(each.keys)
    found = {noun: await READERS[noun](view, list(keys)) for noun, keys in wanted.items()}
    values = await _Values.read(view, needs)
    return [
        list(dict.fromkeys(filter(None, (_why(need, found, values) for need in of_rule))))
        for of_rule in needs
    ]


def _why(need: Need, found: dict[str, Reasons], values: "_Values") -> str | None:
    gone = f"A {need.noun.partition(' without')[0]} is gone."
    reasons = [found[need.noun].get(key, gone) for key in need.keys]
    if None not in reasons:
        together = "None of the people in turn is active any more."
        return together if len(reasons) > 1 else reasons[0]
    return values.why(need) if need.value is not None else None


def _needs(rule: Automation) -> list[Need]:
    given, needs = rule.trigger, []
    if given.get("to"):
        needs.append(Need("state", (UUID(hex=given["to"]),)))
    if given.get("kind"):
        needs.append(Need("kind of event", (UUID(hex=given["kind"]),)))
    if given.get("segment"):
        needs.append(Need("segment", (UUID(hex=given["segment"]),)))
    noun, _, key = str(given.get("path", "")).partition(":")
    if noun == "property":
        needs.append(Need("field", (key,)))
    for action in rule.actions:
        match Kind(action["kind"]):
            case Kind.CHANGE_STATE:
                noun = "state" if action.get("reason") else "state without a reason"
                needs.append(Need(noun, (UUID(hex=action["state"]),)))
            case Kind.ASSIGN | Kind.ADD_TASK if action["staff"]:
                needs.append(Need("person", (UUID(hex=action["staff"]),)))
            case Kind.ASSIGN_IN_TURN:
                needs.append(Need("person", tuple(UUID(hex=each) for each in action["staff"])))
            case Kind.SET_PROPERTY:
                needs.append(Need("field", (action["field"],), action["value"]))
            case Kind.CALL_WEBHOOK:
                needs.append(Need("webhook", (UUID(hex=action["webhook"]),)))
    return needs


async def _states(view: View, ids: Keys) -> Reasons:
    rows = await view.rows(
        select(PipelineState, col(Pipeline.archived_at))
        .join(Pipeline, col(Pipeline.id) == col(PipelineState.pipeline_id))
        .where(col(PipelineState.id).in_(ids))
    )
    return {
        state.id: f"The state {state.name} is archived." if state.archived_at or archived else None
        for state, archived in rows
    }


async def _states_without_reason(view: View, ids: Keys) -> Reasons:
    """Like states, and those that lost leads enter with a reason alone can't be used."""
    found = await _states(view, ids)
    rows = await view.rows(
        select(col(PipelineState.id), col(PipelineState.name))
        .join(Pipeline, col(Pipeline.id) == col(PipelineState.pipeline_id))
        .where(
            col(PipelineState.id).in_(ids),
            col(PipelineState.kind) == StateKind.LOST,
            col(Pipeline.needs_loss_reason),
        )
    )
    demanded = {row[0]: f"{row[1]} asks for a reason, and none is given." for row in rows}
    return {key: why or demanded.get(key) for key, why in found.items()}


async def _people(view: View, ids: Keys) -> Reasons:
    rows = await view.scalars(select(Staff).where(col(Staff.id).in_(ids)))
    return {
        row.id: None if row.is_active else f"{row.name} is not active any more." for row in rows
    }


async def _fields(view: View, keys: Keys) -> Reasons:
    rows = await view.scalars(select(FieldDefinition).where(col(FieldDefinition.key).in_(keys)))
    hidden = await hidden_field_paths(view)
    return {
        row.key: f"{_named(row, hidden)} is archived." if row.archived_at else None for row in rows
    }


def _named(field: FieldDefinition, hidden: Mapping[str, str]) -> str:
    return HIDDEN_FIELD.capitalize() if field.key in hidden else f"The field {field.label}"


async def _webhooks(view: View, ids: Keys) -> Reasons:
    rows = await view.scalars(select(Webhook).where(col(Webhook.id).in_(ids)))
    return {row.id: _of_webhook(row) for row in rows}


def _of_webhook(row: Webhook) -> str | None:
    host = row.url.split("/")[2]
    if row.removed_at:
        return f"The webhook at {host} was removed."
    return None if row.is_enabled else f"The webhook at {host} is off."


async def _event_kinds(view: View, ids: Keys) -> Reasons:
    rows = await view.scalars(select(EventKind).where(col(EventKind.id).in_(ids)))
    return {
        row.id: f"The kind of event {row.name} is archived." if row.archived_at else None
        for row in rows
    }


async def _segments(view: View, ids: Keys) -> Reasons:
    rows = await view.scalars(select(Segment).where(col(Segment.id).in_(ids)))
    return {
        row.id: f"The segment {row.name} is archived." if row.archived_at else None for row in rows
    }


READERS: dict[str, Callable[[View, Keys], Awaitable[Reasons]]] = {
    "state": _states,
    "state without a reason": _states_without_reason,
    "person": _people,
    "field": _fields,
    "webhook": _webhooks,
    "kind of event": _event_kinds,
    "segment": _segments,
}


@dataclass(frozen=True)
class _Values:
    """Fields that are set, with their options: a value may not fit its field any more."""

    fields: dict[str, FieldDefinition]
    options: dict[UUID, list[FieldOption]]
    hidden: Mapping[str, str]

    @classmethod
    async def read(cls, view: View, needs: Sequence[Sequence[Need]]) -> "_Values":
        keys = {need.keys[0] for of_rule in needs for need in of_rule if need.value is not None}
        if not keys:
            return cls({}, {}, {})
        known = {
            row.key: row
            for row in await view.scalars(
                select(FieldDefinition).where(col(FieldDefinition.key).in_(keys))
            )
        }
        options: dict[UUID, list[FieldOption]] = {}
        ids = [row.id for row in known.values()]
        for option in await view.scalars(
            select(FieldOption).where(col(FieldOption.field_id).in_(ids))
        ):
            options.setdefault(option.field_id, []).append(option)
        return cls(known, options, await hidden_field_paths(view))

    def why(self, need: Need) -> str | None:
        """Why a field can't be set to a value; None: it can."""
        field = self.fields[need.keys[0]]
        given = {key: typed(each) for key, each in need.value.items()}
        try:
            fields.checked(field, self.options.get(field.id, ()), "value", given)
        except InvalidInput as refused:
            if field.key in self.hidden:
                return f"{HIDDEN_FIELD.capitalize()} can't be set so any more."
            return f"{field.label}: {refused.problems[0].message}"
        return None
