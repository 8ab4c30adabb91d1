"""Rules for text from outside: trimmed, NFC, no control characters, capped."""

import re
import unicodedata
from functools import cache
from zoneinfo import available_timezones

from resolvers.errors import BadArgument, ProblemCode, invalid

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


def clean(path: str, text: str, limit: int, *, lines: bool = False) -> str:
    """The text as it is stored; InvalidInput at `path` when it can't be.

    `lines` allows line breaks and tabs. An empty result is left to the caller.
    """
    if len(text) > 4 * limit + 100:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {limit:,} characters.")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    allowed = "\n\t" if lines else ""
    for character in text:
        kind = unicodedata.category(character)
        if (kind in ("Cc", "Cs") and character not in allowed) or character in BIDI_CONTROLS:
            raise invalid(path, ProblemCode.MALFORMED, "Control characters are not allowed.")
    if len(text) > limit:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {limit:,} characters.")
    return text


def required(path: str, text: str, limit: int, *, lines: bool = False) -> str:
    """As `clean`, and not empty."""
    text = clean(path, text, limit, lines=lines)
    if not text:
        raise invalid(path, ProblemCode.REQUIRED, "This can't be empty.")
    return text


def optional(path: str, text: str | None, limit: int, *, lines: bool = False) -> str | None:
    """As `clean`; blank becomes None."""
    return (clean(path, text, limit, lines=lines) or None) if text is not None else None


def fold(text: str, limit: int = 200) -> str:
    """A key under which texts that differ by case, accents or form are equal and sort together."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))[:limit]


def sought(text: str) -> str:
    """A text to look for; BadArgument for one that no database takes."""
    if "\0" in text:
        raise BadArgument("Control characters are found nowhere.")
    return text


def time_zone(path: str, name: str) -> str:
    """An IANA name; InvalidInput for any other."""
    if name not in _zones():
        raise invalid(path, ProblemCode.UNKNOWN, "This is no known time zone.")
    return name


def language_tag(path: str, tag: str) -> str:
    """A tag of the form of BCP 47, `de-AT`; InvalidInput for any other text."""
    tag = clean(path, tag, 35)
    if not LANGUAGE.fullmatch(tag):
        raise invalid(path, ProblemCode.MALFORMED, "A language tag such as de-AT.")
    return tag


@cache
def _zones() -> frozenset[str]:
    # walks through a few hundred files; two names stand for no place
    return frozenset(available_timezones()) - {"Factory", "localtime"}
