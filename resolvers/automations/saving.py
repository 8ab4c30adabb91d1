"""How rules are made, changed, put in order and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.automations import Automation
from models.enums import ActorKind, AutomationActionKind, Channel, TriggerKind
from models.events import EventKind
from models.ids import encode_id, new_id
from models.segments import Segment
from models.workspace import Workspace
from resolvers import access, fields, filters
from resolvers.actors import Actor
from resolvers.automations.checking import CHECKS, Stored, usable_state
from resolvers.errors import (
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.filters import BadFilter
from resolvers.filters.conditions import rows_in
from resolvers.policy import Permission
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork

MAX_RULES, MAX_ACTIONS = 200, 10
NEEDS: dict[AutomationActionKind, Permission] = {
    AutomationActionKind.CHANGE_STATE: Permission.CHANGE_STATE,
    AutomationActionKind.ASSIGN: Permission.ASSIGN_LEAD,
    AutomationActionKind.ASSIGN_IN_TURN: Permission.ASSIGN_LEAD,
    AutomationActionKind.ADD_TASK: Permission.EDIT_LEAD,
    AutomationActionKind.ADD_TAGS: Permission.EDIT_LEAD,
    AutomationActionKind.SET_PROPERTY: Permission.EDIT_LEAD,
    AutomationActionKind.SEND_MESSAGE: Permission.SEND_MESSAGE,
}
"""What one needs to have a rule do what one could do by hand; the others need rules alone."""
OTHER_PATHS = frozenset({"tags", "email_addresses", "phone_numbers", "state", "assignee"})
"""Paths of the history that belong to no property."""


@dataclass(frozen=True)
class RuleTrigger:
    """What starts a rule, as a client gives it: a kind and what that kind needs."""

    kind: TriggerKind
    from_state: UUID | None = None
    to_state: UUID | None = None
    event_kind: UUID | None = None
    event_name: str | None = None
    path: str | None = None
    channels: tuple[Channel, ...] = ()
    segment: UUID | None = None


@dataclass(frozen=True)
class GivenAction:
    kind: AutomationActionKind
    value: Any


@dataclass(frozen=True)
class RuleCondition:
    """A filter of leads as clients write it."""

    literal: dict[str, Any]


class Unset:
    """Stands for what an edit leaves as it is, where None means something."""


UNSET = Unset()


@dataclass(frozen=True)
class RuleEdit:
    """A rule as it shall be; None leaves a part as it is, and a new rule needs the first three."""

    name: str | None = None
    trigger: RuleTrigger | None = None
    actions: Sequence[GivenAction] | None = None
    condition: RuleCondition | Unset | None = UNSET
    is_enabled: bool | None = None
    position: int | None = None
    expected: int | None = None


async def save_automation(
    work: UnitOfWork, automation_id: UUID | None, edit: RuleEdit
) -> Automation:
    """Makes or changes a rule; the same again changes nothing."""
    access.require_rules(work.actor)
    # Names and places are those of all rules together, so one edit follows the other.
    await work.session.execute(select(col(Workspace.id)).with_for_update())
    rules = await _in_order(work)
    rule = _named(work, rules, automation_id)
    if edit.expected is not None and rule.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The rule was changed in the meantime.",
            owner=rule.id,
            version=rule.version,
        )
    is_new = automation_id is None
    if is_new and len(rules) >= MAX_RULES:
        raise LimitReached(f"There can be at most {MAX_RULES} rules.", MAX_RULES)
    before = rule.model_dump()
    await _apply(work, rule, [each for each in rules if each is not rule], edit, is_new=is_new)
    place = _place(rules, rule, edit.position)
    has_moved = not is_new and rules.index(rule) != place
    if not is_new and not has_moved and before == rule.model_dump():
        return rule
    others = [each for each in rules if each is not rule]
    for position, each in enumerate([*others[:place], rule, *others[place:]]):
        each.position = position
    _sign(rule, work.actor)
    rule.updated_at = work.at
    if is_new:
        work.session.add(rule)
    else:
        rule.version += 1
    await work.session.flush()
    told = {"automation": rule.id.hex, "name": rule.name, "is_enabled": rule.is_enabled}
    work.record_workspace("automation_saved", told, rules=True)
    return rule


async def remove_automation(work: UnitOfWork, automation_id: UUID) -> None:
    """Takes a rule away; its runs and what it did keep its name, what waits is not done."""
    access.require_rules(work.actor)
    await work.session.execute(select(col(Workspace.id)).with_for_update())
    rules = await _in_order(work)
    rule = _named(work, rules, automation_id)
    rule.removed_at = work.at
    for position, each in enumerate(each for each in rules if each is not rule):
        each.position = position
    await work.session.flush()
    told = {"automation": rule.id.hex, "name": rule.name}
    work.record_workspace("automation_removed", told, rules=True)


async def _in_order(work: UnitOfWork) -> list[Automation]:
    statement = (
        select(Automation)
        .where(col(Automation.removed_at).is_(None))
        .order_by(col(Automation.position), col(Automation.id))
    )
    return list(await work.session.scalars(statement))


def _named(work: UnitOfWork, rules: Sequence[Automation], rule_id: UUID | None) -> Automation:
    if rule_id is None:
        return Automation(
            id=new_id(), name="", name_key="", trigger_kind=TriggerKind.LEAD_CREATED, trigger={},
            actions=[], position=len(rules), updated_at=work.at,
            updated_by_kind=ActorKind.SYSTEM, updated_by_name="",
        )  # fmt: skip
    for rule in rules:
        if rule.id == rule_id:
            return rule
    raise NotFound("automation", encode_id("automation", rule_id))


def _place(rules: Sequence[Automation], rule: Automation, wanted: int | None) -> int:
    others = len(rules) - (rule in rules)
    if wanted is None:
        return rules.index(rule) if rule in rules else others
    if wanted < 0:
        raise invalid("position", ProblemCode.TOO_SMALL, "From 0.")
    return min(wanted, others)


def _sign(rule: Automation, actor: Actor) -> None:
    rule.updated_by_kind, rule.updated_by_id = actor.kind, actor.id
    rule.updated_by_name = actor.name


async def _apply(
    work: UnitOfWork,
    rule: Automation,
    others: Sequence[Automation],
    edit: RuleEdit,
    *,
    is_new: bool,
) -> None:
    for path, part in (("name", edit.name), ("trigger", edit.trigger), ("actions", edit.actions)):
        if is_new and part is None:
            raise invalid(path, ProblemCode.REQUIRED, "A new rule needs it.")
    if edit.name is not None:
        rule.name = required("name", edit.name, 80)
        rule.name_key = fold(rule.name, 160)
        if any(each.name_key == rule.name_key for each in others):
            raise invalid("name", ProblemCode.TAKEN, "There is a rule with this name.")
    if edit.trigger is not None:
        rule.trigger_kind = edit.trigger.kind
        rule.trigger = await _check_trigger(work, edit.trigger)
    if not isinstance(edit.condition, Unset):
        rule.condition = await _check_condition(work, edit.condition)
    if edit.actions is not None:
        rule.actions = await _check_actions(work, edit.actions)
    if edit.is_enabled is not None:
        rule.is_enabled = edit.is_enabled


async def _check_condition(work: UnitOfWork, given: RuleCondition | None) -> dict[str, Any] | None:
    """The condition as it is stored; whoever saves it must see the fields that it looks at."""
    if given is None:
        return None
    try:
        filter = filters.read_filter(given.literal)
        filters.check(filter)
        filters.check_for_nobody(filter)
        grounds = await filters.grounds_for(work.services, work.actor, rows_in(work), filter)
        filters.check_fields(filter, grounds)
    except BadFilter as error:
        raise error.within("condition") from error
    return filters.store(given.literal)


async def _check_actions(work: UnitOfWork, given: Sequence[GivenAction]) -> list[Stored]:
    if not 1 <= len(given) <= MAX_ACTIONS:
        code = ProblemCode.TOO_LARGE if given else ProblemCode.REQUIRED
        raise invalid("actions", code, f"1 to {MAX_ACTIONS} actions.")
    for each in given:
        if each.kind in NEEDS:
            access.require(work.actor, NEEDS[each.kind])
    return [
        await CHECKS[each.kind](work, f"actions.{index}", each.value)
        for index, each in enumerate(given)
    ]


async def _check_trigger(work: UnitOfWork, given: RuleTrigger) -> dict[str, Any]:
    """The trigger as it is stored, with names for people beside what is compared."""
    match given.kind:
        case TriggerKind.STATE_ENTERED | TriggerKind.STATE_LEFT:
            return await _check_move(work, given)
        case TriggerKind.EVENT_RECORDED:
            return await _check_event(work, given)
        case TriggerKind.FIELD_CHANGED:
            return await _check_path(work, given.path or "")
        case TriggerKind.MESSAGE_RECEIVED:
            return {"channels": [each.value for each in dict.fromkeys(given.channels)]}
        case TriggerKind.SEGMENT_ENTERED | TriggerKind.SEGMENT_LEFT:
            return await _check_segment(work, given)
    return {}


async def _check_move(work: UnitOfWork, given: RuleTrigger) -> dict[str, Any]:
    path = "stateEntered" if given.kind is TriggerKind.STATE_ENTERED else "stateLeft"
    stored: dict[str, Any] = {}
    for end, state_id in (("from", given.from_state), ("to", given.to_state)):
        stored[end] = state_id.hex if state_id else None
        if state_id:
            state = await usable_state(work, f"trigger.{path}.{end}StateId", state_id)
            stored[f"{end}_name"] = state.name
    return stored


async def _check_event(work: UnitOfWork, given: RuleTrigger) -> dict[str, Any]:
    if given.event_kind is None:
        name = required("trigger.eventName", given.event_name or "", 100)
        return {"name": name, "name_key": fold(name)}
    kind = await work.session.get(EventKind, given.event_kind)
    if kind is None or kind.archived_at:
        raise invalid("trigger.eventKindId", ProblemCode.UNKNOWN, "There is no such kind.")
    return {"kind": kind.id.hex, "name": kind.name}


async def _check_segment(work: UnitOfWork, given: RuleTrigger) -> dict[str, Any]:
    segment = await work.session.scalar(
        select(Segment).where(
            col(Segment.id) == given.segment,
            col(Segment.archived_at).is_(None),
            access.visible_segments(work.actor),
        )
    )
    if segment is None:
        entered = given.kind is TriggerKind.SEGMENT_ENTERED
        path = f"trigger.segment{'Entered' if entered else 'Left'}Id"
        raise invalid(path, ProblemCode.UNKNOWN, "There is no such segment.")
    return {"segment": segment.id.hex, "name": segment.name}


async def _check_path(work: UnitOfWork, path: str) -> dict[str, Any]:
    path = required("trigger.fieldChanged", path, 120)
    known = (await fields.definitions(work.session)).values()
    labels = {
        fields.path_of(each): each.label
        for each in known
        if not each.archived_at and access.reads_field(work.actor, each.visibility)
    }
    if path not in labels and path not in OTHER_PATHS:
        raise invalid(
            "trigger.fieldChanged",
            ProblemCode.UNKNOWN,
            "A path as history has it, such as `priority` or `property:budget`.",
        )
    return {"path": path, "label": labels.get(path, path.replace("_", " "))}
