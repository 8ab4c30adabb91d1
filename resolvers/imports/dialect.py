"""How a file of rows is written: its encoding and the separator of its cells."""

import codecs
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resolvers.errors import InvalidInput, ProblemCode, invalid

CHUNK = 1 << 20
SAMPLE = 1 << 16
HIGH_BYTES = bytes(range(128, 256))
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "cp1252": "cp1252", "latin-1": "latin-1"}
"""What a person may name, as Python names it."""


def refused(message: str) -> InvalidInput:
    """The whole file can't be used."""
    return invalid("uploadId", ProblemCode.MALFORMED, message)


@dataclass(frozen=True)
class Dialect:
    """How to read a file; `digest` is of its bytes."""

    encoding: str
    separator: str
    digest: bytes = b""
    has_separator_line: bool = False
    """Excel's `sep=;` stands before the names of the columns."""

    @property
    def shown_separator(self) -> str:
        """A word for people."""
        return SEPARATORS.get(self.separator, self.separator)

    @property
    def errors(self) -> str:
        """Bytes that are no text become something that a row is refused for."""
        return "replace" if self.encoding.startswith("utf-16") else "surrogateescape"

    @property
    def shown_encoding(self) -> str:
        """`UTF-8`, `UTF-16`, `CP1252` or `LATIN-1`."""
        name = self.encoding.upper().removesuffix("-SIG")
        return "UTF-16" if name.startswith("UTF-16") else name


def detect(path: Path, encoding: str | None = None, separator: str | None = None) -> Dialect:
    """Looks through the whole file; what is named is not guessed.

    InvalidInput at `uploadId` for an empty file and for one that is no text.
    """
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise invalid("separator", ProblemCode.MALFORMED, "The separator is one character.")
    digest, looked = hashlib.sha256(), _Utf8Look()
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
        if not sample.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
            raise refused("The file is empty.")
        digest.update(sample)
        looked.feed(sample)
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            looked.feed(chunk)
    name = _named(encoding, sample) if encoding else _encoding(sample, looked)
    found = Dialect(name, ",", digest.digest())
    text = codecs.getincrementaldecoder(name)(found.errors).decode(sample)
    chosen, has_line = _separator(text.removeprefix("\ufeff"))
    return Dialect(name, separator or chosen, found.digest, has_line)


def _named(encoding: str, sample: bytes) -> str:
    name = ENCODINGS.get(encoding.lower())
    if name is None:
        raise invalid("encoding", ProblemCode.UNKNOWN, f"One of {', '.join(ENCODINGS)}.")
    if name == "utf-8" and sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if name == "utf-16" and not sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf_16(sample) or "utf-16-le"
    return name


def _encoding(sample: bytes, looked: "_Utf8Look") -> str:
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    wide = _utf_16(sample)
    if wide:
        return wide
    if sample.count(0) > len(sample) // 10:
        raise refused("This is no text file; save it as CSV first.")
    # A few bad bytes in UTF-8 make bad rows; more bad than good ones make another encoding.
    return "utf-8" if looked.bad <= looked.good else "cp1252"


def _utf_16(sample: bytes) -> str | None:
    """Without a mark: text of mostly Latin letters has a zero in every second byte."""
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) > 0.6 * half and sample[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


class _Utf8Look:
    """Counts characters of several bytes, and bytes that are none, as UTF-8 sees them."""

    def __init__(self) -> None:
        self.good = self.bad = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def feed(self, chunk: bytes) -> None:
        text = self._decoder.decode(chunk)
        bad = len(text) - len(text.encode("utf-8", "ignore").decode("utf-8"))
        self.bad += bad
        self.good += len(text) - len(chunk.translate(None, HIGH_BYTES)) - bad


def _separator(text: str) -> tuple[str, bool]:
    """The separator that gives the most even rows, and whether a line names it."""
    first = text.splitlines()[0] if text else ""
    if first[:4].lower() == "sep=" and len(first) == 5:
        return first[4], True
    return max(SEPARATORS, key=lambda each: _evenness(text, each)), False


def _evenness(text: str, separator: str) -> tuple[int, int]:
    widths = [len(row) for row in _first_rows(text, separator) if row]
    if not widths or widths[0] < 2:
        return (0, 0)
    return (sum(width == widths[0] for width in widths[:20]), widths[0])


def _first_rows(text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text.splitlines(keepends=True)[:200], delimiter=separator)
    except csv.Error:
        return
