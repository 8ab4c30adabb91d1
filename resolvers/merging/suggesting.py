"""Leads that may be the same person, with the reason in words."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz, utils
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.fields import FieldDefinition, Property
from models.leads import Lead
from resolvers import access
from resolvers.policy import Permission
from resolvers.text import fold
from resolvers.views import View

LIKENESS = 90
"""Of 100, from which on two names are alike."""
LOOKED_AT = 500
"""Leads whose names are compared: those whose last name begins alike."""
BEGINNING = 3
ADDRESS, NUMBER = 100, 95


@dataclass
class Suggestion:
    """Another lead, and why it may be the same person; the most likely comes first."""

    lead: Lead
    reasons: list[str] = field(default_factory=list)
    score: int = 0
    """0 to 100."""

    def add(self, score: int, reason: str) -> None:
        self.reasons.append(reason)
        self.score = max(self.score, score)


async def suggestions(view: View, lead: Lead, first: int) -> list[Suggestion]:
    """At most `first` leads that the viewer sees and could merge with this one."""
    if not access.may(view.actor, Permission.MERGE_LEADS):
        return []
    found: dict[UUID, Suggestion] = {}
    for row, address in await view.rows(_with_same_address(view, lead)):
        _of(found, row).add(ADDRESS, f"Has the same address, {address}.")
    for row, number in await view.rows(_with_same_number(view, lead)):
        _of(found, row).add(NUMBER, f"Has the same number, {number}.")
    for row, name, likeness in await _with_like_name(view, lead):
        same = "Has the same name" if likeness == 100 else "Has a name that is much alike"
        _of(found, row).add(round(likeness * 0.9), f"{same}, {name}.")
    rows = sorted(found.values(), key=lambda each: (-each.score, str(each.lead.id)))
    return rows[:first]


def _of(found: dict[UUID, Suggestion], lead: Lead) -> Suggestion:
    return found.setdefault(lead.id, Suggestion(lead))


def _with_same_address(view: View, lead: Lead) -> Select[Lead, str]:
    own = select(col(LeadEmailAddress.email_address_id)).where(
        col(LeadEmailAddress.lead_id) == lead.id
    )
    return (
        select(Lead, col(EmailAddress.key))
        .join(LeadEmailAddress, col(LeadEmailAddress.lead_id) == col(Lead.id))
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(
            col(EmailAddress.id).in_(own), col(Lead.id) != lead.id,
            access.visible_leads(view.actor),
        )
        .order_by(col(Lead.id), col(EmailAddress.key))
        .limit(LOOKED_AT)
    )  # fmt: skip


def _with_same_number(view: View, lead: Lead) -> Select[Lead, str]:
    own = select(col(LeadPhoneNumber.number)).where(col(LeadPhoneNumber.lead_id) == lead.id)
    return (
        select(Lead, col(LeadPhoneNumber.number))
        .join(LeadPhoneNumber, col(LeadPhoneNumber.lead_id) == col(Lead.id))
        .where(
            col(LeadPhoneNumber.number).in_(own), col(Lead.id) != lead.id,
            access.visible_leads(view.actor),
        )
        .order_by(col(Lead.id), col(LeadPhoneNumber.number))
        .limit(LOOKED_AT)
    )  # fmt: skip


async def _with_like_name(view: View, lead: Lead) -> list[tuple[Lead, str, int]]:
    """Leads with a first and a last name that are much like this one's, the likest first."""
    names = await _names(view, [lead.id])
    if not names[lead.id]:
        return []
    _, last = names[lead.id]
    begins = fold(last)[:BEGINNING]
    other: Any = aliased(Property)
    rows = await view.scalars(
        select(Lead)
        .join(other, other.lead_id == col(Lead.id))
        .join(FieldDefinition, col(FieldDefinition.id) == other.field_id)
        .where(
            col(FieldDefinition.key) == "last_name",
            access.visible_fields(view.actor),
            other.text_key >= begins, other.text_key < f"{begins}\U0010ffff",
            col(Lead.id) != lead.id,
            access.visible_leads(view.actor),
        )
        .order_by(col(Lead.id).desc())
        .limit(LOOKED_AT)
    )  # fmt: skip
    theirs = await _names(view, [row.id for row in rows])
    found = []
    mine = " ".join(names[lead.id])
    for row in rows:
        if theirs[row.id]:
            name = " ".join(theirs[row.id])
            likeness = fuzz.token_sort_ratio(mine, name, processor=utils.default_process)
            if likeness >= LIKENESS:
                found.append((row, name, int(likeness)))
    return sorted(found, key=lambda each: -each[2])


async def _names(view: View, lead_ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    """First and last name by lead; empty where the viewer does not know both."""
    rows = await view.rows(
        select(col(Property.lead_id), col(FieldDefinition.key), col(Property.text_value))
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(
            col(Property.lead_id).in_(lead_ids),
            col(FieldDefinition.key).in_(("first_name", "last_name")),
            access.visible_fields(view.actor),
        )
    )
    values: dict[UUID, dict[str, str]] = defaultdict(dict)
    for lead_id, key, text in rows:
        if text:
            values[lead_id][key] = text
    return {
        each: (values[each]["first_name"], values[each]["last_name"])
        if len(values[each]) == 2
        else ()
        for each in lead_ids
    }
