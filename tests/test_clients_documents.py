"""Every document that our pages send is one that the schema accepts, within the limits, and a
trusted one. `python -m tests.test_clients_documents` writes web/documents.json anew."""

import json
import re
from pathlib import Path

import pytest
from graphql import DocumentNode, GraphQLSchema, build_schema, parse, validate

from schema.budget import Limits, measure
from schema.trusted import OURS, document_id, read_trusted

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
SCRIPTS = {f"live/{path.stem}": [path] for path in sorted(WEB.glob("live/*.js"))} | {
    "site/leadlight": sorted(WEB.glob("site/*.js"), reverse=True)
}
"""Texts that are read as one: the parts of the visitor script share what asks the server."""
MAX_BYTES = 65_536  # of a request's body

CONSTANT = re.compile(r"\bconst (\w+) =\s*(?:`([^`]*)`|\"([^\"]*)\")")
TEMPLATE = re.compile(r"`(\s*(?:query|mutation|subscription) [^`]*)`")
# A template for many mutations, and the calls that fill it: a mutation's name, then what to select.
WRITER = re.compile(r"`(\s*mutation \$\{type\}[^`]*)`")
CALL = re.compile(
    r"\b(?:ask|write)\(\"(\w+)\",\s*(?:\"([^\"]*)\"|`([^`]*)`|(\w+))(?:,\s*`([^`]*)`)?"
)
HOLE = re.compile(r"\$\{(\w+)\}")


def documents(script: str) -> list[str]:
    """Operations of a script: its template strings, with constants and writers filled in."""
    constants = {name: one or two for name, one, two in CONSTANT.findall(script)}
    writers = WRITER.findall(script)
    found = [text for text in TEMPLATE.findall(script) if text not in writers]
    for writer in writers:
        for name, *given, constant, parts in CALL.findall(script):
            fields = constants[constant] if constant else "".join(given)
            kind = f"{name[0].upper()}{name[1:]}"
            values = {"name": name, "type": kind, "fields": fields, "parts": parts}
            found.append(fill(writer, {**constants, **values}))
    return [fill(text, constants) for text in found]


def fill(text: str, values: dict[str, str]) -> str:
    """The text with the constants that it names; a name that is none of them fails."""
    while HOLE.search(text):
        text = HOLE.sub(lambda hole: values[hole[1]], text)
    return text


FOUND = [
    pytest.param(text, id=f"{name} {text.split('(')[0].split('{')[0].strip()}")
    for name, parts in SCRIPTS.items()
    for text in documents("\n".join(part.read_text(encoding="utf-8") for part in parts))
]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def test_the_visitor_script_stays_small() -> None:
    lines = {path.name: path.read_text("utf-8").count("\n") for path in WEB.glob("site/*.js")}
    assert set(lines) == {"leadlight.js", "chat.js"}
    assert max(lines.values()) < 300


def test_the_documents_of_both_sides_are_found() -> None:
    names = {str(each.id) for each in FOUND}
    assert "live/documents subscription LiveCard" in names
    assert "live/documents mutation SendMessage" in names
    assert sum(name.startswith("live/") for name in names) >= 17
    assert sum(name.startswith("site/") for name in names) >= 6


@pytest.mark.parametrize("text", FOUND)
def test_a_document_is_valid_and_within_the_limits(schema: GraphQLSchema, text: str) -> None:
    limits = Limits()
    document: DocumentNode = parse(text, max_tokens=limits.tokens)
    assert validate(schema, document) == []
    counted = measure(document, limits)
    for operation in counted.operations.values():
        assert operation.requested(None, limits.page) <= limits.cost
    assert len(text.encode()) < MAX_BYTES / 4


def manifest() -> str:
    """web/documents.json as it should be."""
    texts = sorted({str(each.values[0]) for each in FOUND})
    return json.dumps({document_id(text): text for text in texts}, indent=2) + "\n"


def test_the_documents_of_our_pages_are_the_trusted_ones() -> None:
    assert OURS.read_text(encoding="utf-8") == manifest()
    trusted = read_trusted(None)
    assert all(trusted.knows(str(each.values[0])) for each in FOUND)


if __name__ == "__main__":
    OURS.write_text(manifest(), encoding="utf-8")
