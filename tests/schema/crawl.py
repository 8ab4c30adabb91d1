"""Documents that ask for everything: each field of each type that a root leads to, once."""

import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from tests.client import graphql_schema

PAGE = 5
MOST_TOKENS = 1_500
OF_A_FIELD = 20
MOST_LEVELS = 7
"""Of types opened within each other: a document may be 10 deep."""
TOKEN = re.compile(r"\w+|\.\.\.|[^\w\s.]")
ARGUMENTS = {"first": str(PAGE), "key": '"rooms"', "segmentId": f'"segment_{"0" * 32}"'}
NOTHING_PLAIN: dict[Any, Any] = {("", "__typename"): {}}
"""What is asked of a type all of whose fields have fields themselves."""
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


@cache
def selections(kind: GraphQLNamedType) -> tuple[str, ...]:
    """Selection sets on `kind` that together ask for everything, each for a document of its own.

    Each type is opened where it is met first, breadth first, so that documents stay flat; a type
    met again gives its plain fields.
    """
    return tuple(map(_text, _parts(_tree(kind), MOST_TOKENS)))


def _parts(tree: dict[Any, Any], most: int) -> Iterator[dict[Any, Any]]:
    """The tree in parts of so many tokens."""
    part: dict[Any, Any] = {}
    for place, inner in tree.items():
        if _tokens({place: inner}) > most:
            yield from ({place: each} for each in _parts(inner, most - OF_A_FIELD))
            continue
        if part and _tokens(part) + _tokens({place: inner}) > most:
            yield part
            part = {}
        part[place] = inner
    if part:
        yield part


def _tokens(tree: dict[Any, Any]) -> int:
    return len(TOKEN.findall(_text(tree)))


def _tree(kind: GraphQLNamedType) -> dict[Any, Any]:
    opened = {kind.name}
    tree: dict[Any, Any] = {}
    todo: deque[tuple[GraphQLNamedType, dict[Any, Any], int]] = deque([(kind, tree, 1)])
    while todo:
        here, place, level = todo.popleft()
        for owner, name, field in _fields(here):
            inner: dict[Any, Any] = {}
            place[(owner, _call(name, field))] = inner
            kind_of_field = get_named_type(field.type)
            if not isinstance(kind_of_field, Composite):
                continue
            if kind_of_field.name in opened or level == MOST_LEVELS:
                inner.update(_plain(kind_of_field) or NOTHING_PLAIN)
            else:
                opened.add(kind_of_field.name)
                todo.append((kind_of_field, inner, level + 1))
    return tree


def _fields(kind: GraphQLNamedType) -> list[tuple[str, str, GraphQLField]]:
    """Fields of a type and of all that may stand in its place, with their owner if not the type."""
    found = []
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        found += [("", name, field) for name, field in kind.fields.items()]
    own = {name for _, name, _ in found}
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        for member in graphql_schema().get_possible_types(kind):
            for name, field in member.fields.items():
                if name not in own:
                    found.append((member.name, name, field))
    return found


def _plain(kind: GraphQLNamedType) -> dict[Any, Any]:
    return {
        (owner, _call(name, field)): {}
        for owner, name, field in _fields(kind)
        if not isinstance(get_named_type(field.type), Composite)
    }


def _call(name: str, field: GraphQLField) -> str:
    given = [
        f"{argument}: {ARGUMENTS[argument]}"
        for argument, each in field.args.items()
        if is_required_argument(each)
    ]
    return f"{name}({', '.join(given)})" if given else name


def _text(tree: dict[Any, Any]) -> str:
    parts = ["__typename"]
    by_owner: dict[str, list[str]] = {}
    for (owner, call), inner in tree.items():
        by_owner.setdefault(owner, []).append(f"{call} {_text(inner)}" if inner else call)
    for owner, calls in by_owner.items():
        parts.append(f"... on {owner} {{ {' '.join(calls)} }}" if owner else " ".join(calls))
    return f"{{ {' '.join(parts)} }}"


def root_type(root: str, name: str) -> GraphQLNamedType:
    """What a root field leads to."""
    kind = graphql_schema().type_map[root]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    return get_named_type(kind.fields[name].type)
