"""Trusted documents: texts that are known before anybody sends them, by the hash of each.

Those of our own pages are in `web/documents.json`; a team adds those of its other clients.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import orjson

OURS = Path(__file__).resolve().parent.parent / "web" / "documents.json"
_ID = re.compile(r"sha256:[0-9a-f]{64}")


class ManifestRefused(Exception):
    """A file of trusted documents can't be used; the message names it."""


class TrustedDocuments:
    """Texts by id, which is `sha256:` and the hash of the text in UTF-8, hexadecimal."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = {document_id(text): text for text in texts}

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, given: str) -> str | None:
        """The text with this id."""
        return self._texts.get(given)

    def knows(self, text: str) -> bool:
        """Whether the text is one of them, to the letter."""
        return document_id(text) in self._texts


def document_id(text: str) -> str:
    """The id of a document."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def is_document_id(value: object) -> bool:
    """Whether it has the form of an id; no GraphQL document has."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def read_trusted(folder: Path | None) -> TrustedDocuments:
    """Our own documents and those in the folder; ManifestRefused for a file that is wrong."""
    texts = _manifest(OURS)
    if folder is not None:
        for file in sorted(folder.glob("*.json")):
            texts += _manifest(file)
        texts += [_read(file) for file in sorted(folder.glob("*.graphql"))]
    return TrustedDocuments(texts)


def _manifest(file: Path) -> list[str]:
    try:
        given = orjson.loads(_read(file))
    except orjson.JSONDecodeError:
        raise ManifestRefused(f"{file} is no JSON") from None
    if not isinstance(given, dict):
        raise ManifestRefused(f"{file} is no object of texts by sha256:<hex>")
    for name, text in given.items():
        if not isinstance(text, str) or document_id(text) != f"sha256:{name[-64:]}":
            raise ManifestRefused(f"{file}: {name} is not the sha256 of its text")
    return list(given.values())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ManifestRefused(f"{file} can't be read: {type(fault).__name__}") from None
