"""Tags on leads."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from models.enums import ChangeKind, HistoryType
from models.ids import new_id
from models.tags import LeadTag, Tag
from resolvers import access
from resolvers.errors import LimitReached, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_new

MAX_ON_LEAD = 100
MAX_AT_ONCE = 20


def check(names: Sequence[str], path: str = "tags", most: int = MAX_AT_ONCE) -> dict[str, str]:
    """Names by their folded key; InvalidInput for an empty list or an odd name."""
    if not names:
        raise invalid(path, ProblemCode.REQUIRED, "Name at least one tag.")
    if len(names) > most:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {most} tags at once.")
    cleaned = [required(f"{path}.{index}", name, 64) for index, name in enumerate(names)]
    return {fold(name): name for name in cleaned}


async def attach(work: UnitOfWork, lead_id: UUID, names: Sequence[str]) -> list[dict[str, str]]:
    """Puts tags on a lead, made if unknown; answers those that were not there yet."""
    if not names:
        return []
    added = []
    for key, name in sorted(check(names).items()):
        await insert_new(
            work.session, Tag, {"id": new_id(), "name": name, "name_key": key}, ["name_key"]
        )
        tag = (await work.session.scalars(select(Tag).where(col(Tag.name_key) == key))).one()
        row = {"lead_id": lead_id, "tag_id": tag.id, "at": work.at}
        if await insert_new(work.session, LeadTag, row, ["lead_id", "tag_id"]):
            added.append({"id": tag.id.hex, "name": tag.name})
    count = await work.session.scalar(
        select(func.count()).select_from(LeadTag).where(col(LeadTag.lead_id) == lead_id)
    )
    if added and (count or 0) > MAX_ON_LEAD:
        raise LimitReached(f"A lead has at most {MAX_ON_LEAD} tags.", MAX_ON_LEAD)
    return added


async def add_tags(work: UnitOfWork, lead_id: UUID, names: Sequence[str]) -> UUID:
    """Adds tags; those already there change nothing."""
    access.require(work.actor, Permission.EDIT_LEAD)
    check(names)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    added = await attach(work, lead.id, names)
    if added:
        _record(work, lead.id, added, [])
    return lead.id


async def remove_tags(work: UnitOfWork, lead_id: UUID, names: Sequence[str]) -> UUID:
    """Removes tags; those not there change nothing."""
    access.require(work.actor, Permission.EDIT_LEAD)
    keys = check(names)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    found = await work.session.scalars(
        select(Tag)
        .join(LeadTag, col(LeadTag.tag_id) == col(Tag.id))
        .where(col(LeadTag.lead_id) == lead.id, col(Tag.name_key).in_(keys))
        .order_by(col(Tag.name_key))
    )
    removed = [{"id": tag.id.hex, "name": tag.name} for tag in found]
    if removed:
        ids = [UUID(hex=tag["id"]) for tag in removed]
        await work.session.execute(
            delete(LeadTag).where(col(LeadTag.lead_id) == lead.id, col(LeadTag.tag_id).in_(ids))
        )
        _record(work, lead.id, [], removed)
    return lead.id


def _record(
    work: UnitOfWork, lead_id: UUID, added: list[dict[str, str]], removed: list[dict[str, str]]
) -> None:
    work.record(
        lead_id,
        ChangeKind.TAGS_CHANGED,
        HistoryType.FIELD_CHANGE,
        {"added": added, "removed": removed},
    )
