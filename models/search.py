"""What words find a lead: those of its name, addresses, numbers, tags, place and messages.

Words are kept in ASCII, so that both databases cut and compare them alike: letters and digits as
they are, any other character by its number. What begins alike is kept alike.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer, "sqlite")
INDEX_TABLES = {"search_words"} | {
    f"search_words_{part}" for part in ("config", "data", "docsize", "idx")
}
"""SQLite's index of the words, with the tables that it keeps them in."""
WORDS_INDEX = "ix_search_entry_words"
VECTOR = "array_to_tsvector(string_to_array(words, ' '))"
"""PostgreSQL's index is over this expression."""
LONGEST_WORD, MOST_TEXT = 64, 100_000
SHORTEST_END = 5
"""Digits of a number that are enough to find it by its end."""


class SearchEntry(SQLModel, table=True):
    """Words of one thing of a lead: of the lead itself, or of a message."""

    __tablename__ = "search_entry"
    number: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    """What the index of SQLite knows it by."""
    lead_id: UUID = Field(foreign_key="lead.id", index=True)
    subject_id: UUID = Field(unique=True)
    """The lead's own id, or the message's."""
    words: str = Field(sa_type=Text)
    """Each once, parted by spaces."""


ASCII_RUN = re.compile("[a-z0-9]+")


def words_of(texts: Iterable[str]) -> list[str]:
    """The words of texts as they are kept, each once, in order."""
    found = (word for each in texts for word in _words(each[:MOST_TEXT]))
    return sorted({_ascii(word[:LONGEST_WORD]) for word in found})


def ends_of(number: str) -> list[str]:
    """The digits of a number, and those without some of the first: people leave codes out."""
    digits = "".join(each for each in number if each.isascii() and each.isdigit())
    last = max(len(digits) - SHORTEST_END, 0)
    return [digits[start:] for start in range(last + 1) if digits[start:]]


def _words(given: str) -> Iterator[str]:
    """Runs of letters and digits without case and accents; each emoji is a word of its own."""
    if given.isascii():
        yield from ASCII_RUN.findall(given.lower())  # most texts, at a tenth of the time
        return
    run: list[str] = []
    for character in unicodedata.normalize("NFKD", given.casefold()):
        kind = unicodedata.category(character)
        if kind[0] in "LN":
            run.append(character)
        elif kind[0] != "M" and kind != "Cf":  # marks, joiners and directions part nothing
            if run:
                yield "".join(run)
                run = []
            if kind == "So":
                yield character
    if run:
        yield "".join(run)


def _ascii(word: str) -> str:
    """The word in small ASCII letters and digits; `z` begins the number of any other character."""
    if word.isascii():
        return word.replace("z", "zz")
    return "".join(
        each if each.isascii() and each != "z" else "zz" if each == "z" else f"z{ord(each):06x}"
        for each in word
    )
