"""Searching leads by words, and the index that is kept in the transaction of each change.

What is looked for is data: it is cut into words as what is kept was, so that no quote, star or
mark of it means anything. Each word is one that a word of the lead begins with, in its name, its
addresses, numbers and tags, in where it is or in its messages, all of which whoever sees the lead
may see.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    column,
    delete,
    false,
    literal,
    literal_column,
    select,
    table,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import RecordedChange
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.conversations import Message
from models.enums import ChangeKind
from models.leads import Lead
from models.search import VECTOR, SearchEntry, ends_of, words_of
from models.tags import LeadTag, Tag
from resolvers.errors import BadArgument
from resolvers.upserts import put_rows

MOST_CHARACTERS, MOST_WORDS = 200, 20
AT_ONCE = 500
NUMBER = frozenset("0123456789 +-/.()\u00a0")
RENAMING = frozenset(
    {
        ChangeKind.LEAD_CREATED,
        ChangeKind.CONTACT_POINTS_CHANGED,
        ChangeKind.TAGS_CHANGED,
        ChangeKind.LEAD_IDENTIFIED,
        ChangeKind.LEAD_ABSORBED,
        ChangeKind.LEAD_UNMERGED,
        ChangeKind.LEAD_RESTORED,
    }
)
"""Kinds of change after which a lead itself has other words."""
WORDS = frozenset({"display_name", "region", "city"})
"""Columns whose words find a lead."""


def search_condition(sought: str, *, is_sqlite: bool) -> ColumnElement[bool] | None:
    """The condition on `Lead` that a search means; None for a blank one.

    BadArgument for more than 200 characters or 20 words. What has no word is found nowhere.
    """
    if len(sought) > MOST_CHARACTERS:
        raise BadArgument(f"`search` has at most {MOST_CHARACTERS} characters.")
    if not sought.strip():
        return None
    words = _sought_words(sought)
    if len(words) > MOST_WORDS:
        raise BadArgument(f"`search` has at most {MOST_WORDS} words.")
    return and_(*(_has_word(word, is_sqlite) for word in words)) if words else false()


def _sought_words(sought: str) -> list[str]:
    if set(sought) <= NUMBER:
        # a number as people write it, without what stands for the country or the long distance
        digits = "".join(each for each in sought if each.isdigit()).lstrip("0")
        return [digits] if digits else []
    return words_of([sought])


INDEX = table("search_words", column("rowid"), column("search_words"))
"""SQLite's index; a column of a table's own name stands for all of it."""


def _has_word(word: str, is_sqlite: bool) -> ColumnElement[bool]:
    """Leads with a word that begins so. The word is in ASCII letters and digits."""
    if is_sqlite:
        is_found = INDEX.c.search_words.op("MATCH")(f'"{word}"*')
        match = col(SearchEntry.number).in_(select(INDEX.c.rowid).where(is_found))
    else:
        query = cast(literal(f"'{word}':*", String), TSQUERY)
        match = literal_column(f"({VECTOR})").bool_op("@@")(query)
    return col(Lead.id).in_(select(col(SearchEntry.lead_id)).where(match))


async def keep(session: AsyncSession, recorded: Mapping[UUID, Sequence[RecordedChange]]) -> None:
    """Brings the index to what the recorded changes made of their leads; before the commit."""
    renamed = {lead_id for lead_id, changes in recorded.items() if _is_renamed(changes)}
    # An import makes leads by thousands: their changes tell all that reading them again would.
    fresh = {
        lead_id: _told_by(recorded[lead_id][0].data or {})
        for lead_id in renamed
        if recorded[lead_id][0].kind is ChangeKind.LEAD_CREATED
        and not _is_renamed(recorded[lead_id][1:])
    }
    leads = sorted(renamed - fresh.keys())
    messages = [
        change.subject_id
        for changes in recorded.values()
        for change in changes
        if change.kind is ChangeKind.MESSAGE_ADDED and change.subject_id
    ]
    await _put(session, fresh)
    for start in range(0, len(leads), AT_ONCE):
        await put_leads(session, leads[start : start + AT_ONCE])
    for start in range(0, len(messages), AT_ONCE):
        await put_messages(session, messages[start : start + AT_ONCE])


def _is_renamed(changes: Sequence[RecordedChange]) -> bool:
    return any(
        each.kind in RENAMING
        or (
            each.kind is ChangeKind.PROPERTIES_CHANGED
            and not WORDS.isdisjoint((each.data or {}).get("lead") or ())
        )
        for each in changes
    )


@dataclass
class _Told:
    """What is said of a lead itself."""

    texts: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    def words(self) -> set[str]:
        ends = (end for number in self.numbers for end in ends_of(number))
        return {*words_of([*self.texts, *self.numbers]), *ends}


def _told_by(created: Mapping[str, Any]) -> _Told:
    """Of a new lead, by the data of its first change."""
    texts = [created["lead"]["display_name"]]
    texts += [each["address"] for each in created["email_addresses"]]
    texts += [each["name"] for each in created["tags"]]
    return _Told(texts, [each["number"] for each in created["phone_numbers"]])


async def put_leads(session: AsyncSession, lead_ids: Sequence[UUID]) -> None:
    """Writes the words of leads themselves anew, by one reading."""
    told = {each: _Told() for each in lead_ids}
    for lead_id, kind, said in await session.execute(_texts(lead_ids)):
        (told[lead_id].numbers if kind == "number" else told[lead_id].texts).append(said)
    await _put(session, told)


async def _put(session: AsyncSession, told: Mapping[UUID, _Told]) -> None:
    rows = [_row(lead_id, lead_id, each.words()) for lead_id, each in told.items()]
    await put_rows(session, SearchEntry, rows, ["subject_id"], replaces=True)


def _texts(lead_ids: Sequence[UUID]) -> Any:
    """Lead, kind and text of all that is said of leads themselves."""
    name, number = literal("name", String), literal("number", String)
    return union_all(
        select(col(Lead.id), name, col(Lead.display_name)).where(col(Lead.id).in_(lead_ids)),
        *(
            select(col(Lead.id), name, column).where(
                col(Lead.id).in_(lead_ids), column.is_not(None)
            )
            for column in (col(Lead.region), col(Lead.city))
        ),
        select(col(LeadEmailAddress.lead_id), name, col(EmailAddress.key))
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(col(LeadEmailAddress.lead_id).in_(lead_ids)),
        select(col(LeadPhoneNumber.lead_id), number, col(LeadPhoneNumber.number)).where(
            col(LeadPhoneNumber.lead_id).in_(lead_ids)
        ),
        select(col(LeadTag.lead_id), name, col(Tag.name))
        .join(Tag, col(Tag.id) == col(LeadTag.tag_id))
        .where(col(LeadTag.lead_id).in_(lead_ids)),
    )


async def put_messages(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Writes the words of messages; what was said never changes."""
    found = await session.execute(
        select(
            col(Message.id), col(Message.lead_id), col(Message.subject), col(Message.text)
        ).where(col(Message.id).in_(ids))
    )
    rows = [
        _row(message_id, lead_id, words_of([subject or "", said]))
        for message_id, lead_id, subject, said in found
    ]
    await put_rows(session, SearchEntry, rows, ["subject_id"])


def _row(subject_id: UUID, lead_id: UUID, words: Iterable[str]) -> dict[str, Any]:
    return {"lead_id": lead_id, "subject_id": subject_id, "words": " ".join(sorted(words))}


async def move(session: AsyncSession, into: UUID, gone: UUID) -> None:
    """Of a lead that goes into another its messages are found there, and its own words nowhere."""
    await session.execute(delete(SearchEntry).where(col(SearchEntry.subject_id) == gone))
    await session.execute(
        update(SearchEntry).where(col(SearchEntry.lead_id) == gone).values(lead_id=into),
        execution_options={"synchronize_session": False},
    )


async def give_back(session: AsyncSession, into: UUID, gone: UUID) -> None:
    """Messages that returned to a lead are found there again."""
    returned = select(col(Message.id)).where(col(Message.lead_id) == gone)
    await session.execute(
        update(SearchEntry)
        .where(col(SearchEntry.lead_id) == into, col(SearchEntry.subject_id).in_(returned))
        .values(lead_id=gone),
        execution_options={"synchronize_session": False},
    )


async def sweep(session: AsyncSession) -> None:
    """Rewrites SQLite's index without the words that were taken from it; only marked till then."""
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(text("INSERT INTO search_words(search_words) VALUES('optimize')"))
