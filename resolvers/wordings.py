"""Long texts of things on a card: written once for each version, read by who, which and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.wordings import Wording, WordingPart
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue
from resolvers.views import View

EXCERPT = 500
"""So much of a long text stands in the log's diffs; the whole of it is a wording."""


@dataclass(frozen=True)
class Worded:
    """Which text of which thing, in which version."""

    owner_id: UUID
    part: WordingPart
    version: int


def write(work: UnitOfWork, lead_id: UUID, which: Worded, text: str) -> None:
    """Stores a text that was not there yet."""
    work.session.add(
        Wording(
            owner_id=which.owner_id,
            part=which.part,
            version=which.version,
            lead_id=lead_id,
            text=text,
        )
    )


async def text_of(
    session: AsyncSession, owner_id: UUID, part: WordingPart, version: int | None
) -> str | None:
    """The text of that version; None where there is none."""
    found = await session.get(Wording, (owner_id, part, version)) if version is not None else None
    return found.text if found else None


async def texts(view: View, wanted: Sequence[Worded]) -> list[str]:
    """Texts in the order asked for."""
    rows = await view.scalars(
        select(Wording).where(
            col(Wording.owner_id).in_({each.owner_id for each in wanted}),
            col(Wording.version).in_({each.version for each in wanted}),
        )
    )
    found = {Worded(row.owner_id, row.part, row.version): row.text for row in rows}
    return [found.get(each, "") for each in wanted]


def excerpt(text: str | None) -> LoggedValue | None:
    """A long text as a diff of the log holds it."""
    if text is None:
        return None
    short = text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"
    return {"type": "TEXT", "text": short}
