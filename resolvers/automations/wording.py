"""Texts of rules: variables that are filled from the lead when the rule runs."""

import re
from collections.abc import Awaitable, Callable

from sqlalchemy import select
from sqlmodel import col

from models.fields import FieldDefinition, Property
from models.leads import Lead
from models.pipelines import PipelineState
from models.staff import Staff
from resolvers.errors import ProblemCode, invalid
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork

VARIABLE = re.compile(r"\{\{\s*([\w.]{1,40})\s*\}\}")


async def _first_name(work: UnitOfWork, lead: Lead) -> str:
    statement = (
        select(col(Property.text_value))
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(col(Property.lead_id) == lead.id, col(FieldDefinition.key) == "first_name")
    )
    return await work.session.scalar(statement) or lead.display_name


async def _state(work: UnitOfWork, lead: Lead) -> str:
    state = await work.session.get(PipelineState, lead.state_id)
    return state.name if state else ""


async def _assignee(work: UnitOfWork, lead: Lead) -> str:
    staff = await work.session.get(Staff, lead.assignee_id) if lead.assignee_id else None
    return staff.name if staff else ""


async def _name(work: UnitOfWork, lead: Lead) -> str:
    return lead.display_name


VARIABLES: dict[str, Callable[[UnitOfWork, Lead], Awaitable[str]]] = {
    "lead.name": _name,
    "lead.firstName": _first_name,
    "lead.state": _state,
    "assignee.name": _assignee,
}


def check_words(path: str, text: str, limit: int) -> str:
    """A text with variables; InvalidInput for an unknown one."""
    text = required(path, text, limit, lines=True)
    for name in VARIABLE.findall(text):
        if name not in VARIABLES:
            known = ", ".join(VARIABLES)
            raise invalid(path, ProblemCode.UNKNOWN, f"There is no {name}; there are {known}.")
    return text


async def fill_in(work: UnitOfWork, lead: Lead, text: str) -> str:
    """The text with what its variables stand for now."""
    found = {name: await VARIABLES[name](work, lead) for name in set(VARIABLE.findall(text))}
    return VARIABLE.sub(lambda match: found[match[1]], text)
