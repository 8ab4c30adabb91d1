"""Prepared answers: one's own and the team's, with words about the lead filled in.

Everybody who writes to leads keeps answers of their own; those of the team are changed by whoever
may shape the card. Filling happens on the server, with what the person may see, and is shown
before anything is sent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import col

from models.canned_replies import CannedReply
from models.ids import encode_id, new_id
from models.leads import Lead
from models.staff import Staff
from resolvers import access, readers
from resolvers.actors import StaffActor
from resolvers.errors import (
    BadArgument,
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.pages import Key, Page, read_page
from resolvers.policy import Permission
from resolvers.project import locked
from resolvers.text import fold, required, sought
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MAX_NAME, MAX_BODY, MAX_SEARCH, MOST = 60, 10_000, 200, 500
VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
PERSON = {
    "lead.firstName": "first_name",
    "lead.lastName": "last_name",
    "lead.company": "company",
    "lead.jobTitle": "job_title",
}
VARIABLES = (
    "lead.name", *PERSON, "lead.email", "lead.phone", "lead.assignee", "me.name",
)  # fmt: skip
"""What may stand in a reply; anything else is refused when it is saved."""
ORDER = (Key(col(CannedReply.name_key)), Key(col(CannedReply.id), is_id=True))


@dataclass(frozen=True)
class ReplyEdit:
    """A reply as it is to be."""

    name: str
    body: str
    is_shared: bool = False
    expected: int | None = None


@dataclass(frozen=True)
class FilledReply:
    """A reply for one lead; `missing` are variables that nothing is known for."""

    text: str
    missing: tuple[str, ...]


def _is_seen(actor: StaffActor) -> ColumnElement[bool]:
    return or_(col(CannedReply.is_shared), col(CannedReply.owner_id) == actor.id)


def may_edit(actor: StaffActor, reply: CannedReply) -> bool:
    """Whether somebody may change a reply that they see."""
    return not reply.is_shared or access.may(actor, Permission.CONFIGURE_CARD)


async def save_reply(
    work: UnitOfWork, actor: StaffActor, reply_id: UUID | None, edit: ReplyEdit
) -> CannedReply:
    """Makes or changes a reply; saving what is there changes nothing.

    Whoever makes one of the team's their own has it from then on. NotFound for those of others,
    Forbidden for the team's without the right to shape the card, Conflict for a name that one's own
    or the team's has, or for an older version.
    """
    access.require(actor, Permission.SEND_MESSAGE)
    if edit.is_shared:
        access.require(actor, Permission.CONFIGURE_CARD)
    name = required("name", edit.name, MAX_NAME)
    body = required("body", edit.body, MAX_BODY, lines=True)
    _check_variables(body)
    await locked(work)  # of two who take a name, one waits
    reply = await _reply(work, actor, reply_id) if reply_id else None
    if reply and edit.expected is not None and reply.version > edit.expected:
        words = "The reply was changed in the meantime."
        stale = ConflictReason.STALE_VERSION
        raise Conflict(stale, words, owner=reply.id, version=reply.version)
    await _check_name(work, actor, name, reply_id)
    owner_id = reply.owner_id if reply and edit.is_shared else actor.id
    if reply is None or reply.owner_id != owner_id:
        await _check_room(work, actor)
    if reply is None:
        reply = CannedReply(
            id=new_id(), name="", name_key="", body="", owner_id=owner_id, is_shared=False
        )
        work.session.add(reply)
    wanted = name, body, edit.is_shared, owner_id
    if (reply.name, reply.body, reply.is_shared, reply.owner_id) == wanted:
        return reply
    was_shared = reply.is_shared
    reply.name, reply.body, reply.is_shared, reply.owner_id = wanted
    reply.name_key = fold(name, 120)
    reply.version += 1
    if was_shared or reply.is_shared:
        work.record_workspace("canned_reply_saved", {"reply": reply.id.hex, "name": name})
    await work.session.flush()
    return reply


async def remove_reply(work: UnitOfWork, actor: StaffActor, reply_id: UUID) -> None:
    """Removes a reply; rights as for changing it."""
    access.require(actor, Permission.SEND_MESSAGE)
    reply = await _reply(work, actor, reply_id)
    if reply.is_shared:
        data = {"reply": reply.id.hex, "name": reply.name}
        work.record_workspace("canned_reply_removed", data)
    await work.session.delete(reply)


async def _reply(work: UnitOfWork, actor: StaffActor, reply_id: UUID) -> CannedReply:
    reply = await work.session.scalar(
        select(CannedReply).where(col(CannedReply.id) == reply_id, _is_seen(actor))
    )
    if reply is None:
        raise NotFound("reply", encode_id("cannedreply", reply_id))
    if not may_edit(actor, reply):
        access.require(actor, Permission.CONFIGURE_CARD)
    return reply


def _check_variables(body: str) -> None:
    for name in VARIABLE.findall(body):
        if name not in VARIABLES:
            words = f"“{name[:60]}” is none of {', '.join(VARIABLES)}."
            raise invalid("body", ProblemCode.UNKNOWN, words)


async def _check_name(
    work: UnitOfWork, actor: StaffActor, name: str, reply_id: UUID | None
) -> None:
    named = select(CannedReply).where(col(CannedReply.name_key) == fold(name, 120), _is_seen(actor))
    for other in await work.session.scalars(named):
        if other.id != reply_id:
            identity = encode_id("cannedreply", other.id)
            words = "You or the team have a reply of this name."
            raise Conflict(ConflictReason.DUPLICATE, words, existing=identity)


async def _check_room(work: UnitOfWork, actor: StaffActor) -> None:
    counted = select(func.count()).where(col(CannedReply.owner_id) == actor.id)
    if (await work.session.scalar(counted) or 0) >= MOST:
        raise LimitReached(f"At most {MOST} replies each.", MOST)


async def replies_page(
    view: View, actor: StaffActor, search: str | None, first: int, after: str | None
) -> Page[CannedReply]:
    """The viewer's own and the team's, by name; `search` is looked for in names and texts."""
    statement: Select[CannedReply] = select(CannedReply).where(_is_seen(actor))
    if search is not None:
        if len(search) > MAX_SEARCH:
            raise BadArgument(f"`search` has at most {MAX_SEARCH} characters.")
        in_name = col(CannedReply.name_key).contains(fold(sought(search)), autoescape=True)
        in_body = func.lower(col(CannedReply.body)).contains(search.lower(), autoescape=True)
        statement = statement.where(or_(in_name, in_body))
    scope = f"canned replies:{actor.id}:{search}"
    return await read_page(view, statement, ORDER, scope, first, after)


def fill(body: str, known: Mapping[str, str | None]) -> FilledReply:
    """The words of a reply with what is known of a lead."""
    missing: dict[str, None] = {}

    def word(found: re.Match[str]) -> str:
        value = known.get(found[1])
        if not value:
            missing[found[1]] = None
        return value or ""

    return FilledReply(VARIABLE.sub(word, body), tuple(missing))


async def known_by_lead(view: View, ids: Sequence[UUID]) -> list[Mapping[str, str | None]]:
    """What the viewer may know of leads that they see, by variable."""
    keys = {field.id: field.key for field in await readers.all_fields(view)}
    properties = await readers.properties_by_lead(view, ids)
    addresses = await readers.addresses_by_lead(view, ids)
    phones = await readers.phones_by_lead(view, ids)
    names = {
        lead_id: (name, assignee)
        for lead_id, name, assignee in await view.rows(
            select(col(Lead.id), col(Lead.display_name), col(Staff.name))
            .outerjoin(Staff, col(Staff.id) == col(Lead.assignee_id))
            .where(col(Lead.id).in_(ids))
        )
    }
    found: list[Mapping[str, str | None]] = []
    for place, each in enumerate(ids):
        texts = {keys.get(row.field_id): row.text_value for row in properties[place]}
        name, assignee = names[each]
        found.append(
            {
                "lead.name": name,
                **{variable: texts.get(key) for variable, key in PERSON.items()},
                "lead.email": addresses[place][0][0].as_typed if addresses[place] else None,
                "lead.phone": phones[place][0].number if phones[place] else None,
                "lead.assignee": assignee,
                "me.name": view.actor.name,
            }
        )
    return found
