"""What a document would cost, counted in one pass before anything else looks at it.

Standard validation compares fields in pairs, and fragments that spread fragments make small
documents unfold to huge ones. So each definition is walked once, fragments are remembered, and the
walk stops at the first limit that is passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

PAGE_ARGUMENTS = frozenset({"first", "last"})

# Mutations that try a secret: many in one document would be many guesses in one request.
CREDENTIAL_FIELDS = frozenset(
    {
        "acceptInvitation",
        "changePassword",
        "changePortalPassword",
        "confirmTotp",
        "removeTotp",
        "resetPassword",
        "signIn",
        "signInToPortal",
        "startTotp",
    }
)

_INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
_CEILING = 10**9


@dataclass(frozen=True)
class Limits:
    """Most of each that one document may have. Counts follow fragments into every spread."""

    tokens: int = 2000
    depth: int = 10  # fields within fields
    nesting: int = 64  # braces within braces, fragments included
    fields: int = 1500
    aliases: int = 15
    directives: int = 30
    directives_per_node: int = 3
    root_fields: int = 10
    repeats: int = 64  # one response key in one selection set
    overlaps: int = 30_000  # pairs of fields that validation may compare, since their keys are one
    fragments: int = 100  # defined
    credentials: int = 1
    cost: int = 5000  # one a field, times the size of the pages that it lies in
    page: int = 100  # counted for a page whose size is unknown or out of range


class TooComplex(Exception):
    """A document passes a limit; `limit` is a field of `Limits`, `maximum` its value."""

    def __init__(self, limit: str, maximum: int) -> None:
        words = limit.replace("_", " ")
        super().__init__(f"The document passes the limit of {maximum} for {words}.")
        self.limit = limit
        self.maximum = maximum


@dataclass(frozen=True, eq=False)
class Cost:
    """A cost that may depend on variables: `constant`, and parts worth factor x page x cost."""

    constant: int
    parts: tuple[tuple[int, str | None, "Cost"], ...] = ()

    def value(self, pages: Mapping[str, int], known: dict[int, int]) -> int:
        """The cost with page sizes by variable name; `known` remembers parts that are shared."""
        if id(self) not in known:
            total = self.constant
            for factor, variable, part in self.parts:
                size = 1 if variable is None else pages[variable]
                total += factor * size * part.value(pages, known)
            known[id(self)] = min(total, _CEILING)
        return known[id(self)]


@dataclass(frozen=True)
class OperationMeasure:
    """One operation: its cost, and the page variables that it depends on with their defaults."""

    cost: Cost
    page_variables: Mapping[str, int | None]

    def requested(self, variables: Mapping[str, Any] | None, page: int) -> int:
        """The cost with these values; a page size outside 1 to `page` counts as `page`."""
        if not self.cost.parts:
            return self.cost.constant
        given = variables or {}
        pages = {
            name: _page_size(given.get(name, default), page)
            for name, default in self.page_variables.items()
        }
        return self.cost.value(pages, {})


@dataclass(frozen=True)
class Measure:
    """A document within its limits; `visited` counts the selections looked at."""

    operations: Mapping[str | None, OperationMeasure]
    introspects: bool
    visited: int


@dataclass
class _Key:
    """One response key in a selection set: how often, and how many fields are below it."""

    count: int = 0
    fields: int = 0


@dataclass
class _Tally:
    """Counts of one selection set, fragments included."""

    depth: int = 0
    nesting: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    credentials: int = 0
    overlaps: int = 0
    constant: int = 0
    parts: list[tuple[int, str | None, Cost]] = field(default_factory=list)
    keys: dict[str, _Key] = field(default_factory=dict)

    def cost(self) -> Cost:
        return Cost(min(self.constant, _CEILING), tuple(self.parts))

    def include(self, other: "_Tally") -> None:
        """Adds the counts that rise through fields and spreads alike."""
        self.nesting = max(self.nesting, other.nesting + 1)
        self.fields += other.fields
        self.aliases += other.aliases
        self.directives += other.directives
        self.overlaps += other.overlaps


def measure(document: DocumentNode, limits: Limits) -> Measure:
    """Counts a parsed document. Unknown and circular fragments count nothing: validation names
    them.

    Raises:
        TooComplex: at the first limit that is passed. The cost is not judged here, since it may
            depend on variables.
    """
    return _Walk(document, limits).measure(document)


class _Walk:
    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self._limits = limits
        self._defined = [
            node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        ]
        self._fragments = {node.name.value: node for node in self._defined}
        self._tallies: dict[str, _Tally] = {}
        self._open: set[str] = set()
        self._introspects = False
        self._visited = 0

    def measure(self, document: DocumentNode) -> Measure:
        self._check("fragments", len(self._defined))
        operations: dict[str | None, OperationMeasure] = {}
        credentials = 0
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                tally = self._selections(node.selection_set, 0, is_introspection=False)
                tally.directives += self._directives(node)
                self._check("directives", tally.directives)
                self._check("root_fields", sum(key.count for key in tally.keys.values()))
                if node.operation is OperationType.MUTATION:
                    credentials += tally.credentials
                self._check("credentials", credentials)
                name = node.name.value if node.name else None
                operations[name] = OperationMeasure(tally.cost(), _page_variables(node))
        for fragment in self._defined:  # validation also walks those that are not spread, or twins
            if self._fragments[fragment.name.value] is fragment:
                self._fragment(fragment.name.value, 0)
            else:
                self._definition(fragment, 0)
        return Measure(operations, self._introspects, self._visited)

    def _selections(
        self, selection_set: SelectionSetNode, level: int, *, is_introspection: bool
    ) -> _Tally:
        self._check("nesting", level)
        tally = _Tally()
        for node in selection_set.selections:
            self._visited += 1
            tally.directives += self._directives(node)
            if isinstance(node, FieldNode):
                self._add_field(tally, node, level, is_introspection)
            elif isinstance(node, FragmentSpreadNode):
                self._add_spread(tally, self._fragment(node.name.value, level))
            else:
                inner = node.selection_set  # type: ignore[attr-defined]  # an inline fragment
                found = self._selections(inner, level + 1, is_introspection=is_introspection)
                self._add_spread(tally, found)
            self._check_all(tally)
        return tally

    def _add_field(
        self, tally: _Tally, node: FieldNode, level: int, is_introspection: bool
    ) -> None:
        name = node.name.value
        key = node.alias.value if node.alias else name
        tally.aliases += node.alias is not None
        tally.credentials += name in CREDENTIAL_FIELDS
        if name in _INTROSPECTION_FIELDS:
            self._introspects = is_introspection = True
        inner = _Tally()
        if node.selection_set:
            inner = self._selections(
                node.selection_set, level + 1, is_introspection=is_introspection
            )
            tally.include(inner)
        tally.fields += 1
        self._add_key(tally, key, 1, inner.fields + 1)
        if is_introspection:
            return
        tally.depth = max(tally.depth, inner.depth + 1)
        tally.constant += 1
        self._multiply(tally, node, inner)

    def _multiply(self, tally: _Tally, node: FieldNode, inner: _Tally) -> None:
        factor, variables = 1, []
        for argument in node.arguments or ():
            if argument.name.value in PAGE_ARGUMENTS:
                if isinstance(argument.value, VariableNode):
                    variables.append(argument.value.name.value)
                else:
                    factor *= _page_size(_integer(argument.value), self._limits.page)
        cost = inner.cost()
        for variable in variables[1:]:  # `first` and `last` together: both are counted
            cost = Cost(0, ((1, variable, cost),))
        if variables:
            tally.parts.append((factor, variables[0], cost))
        elif cost.parts:
            tally.parts.append((factor, None, cost))
        else:
            tally.constant = min(tally.constant + factor * cost.constant, _CEILING)

    def _add_spread(self, tally: _Tally, spread: _Tally) -> None:
        tally.include(spread)
        tally.credentials += spread.credentials
        tally.depth = max(tally.depth, spread.depth)
        for name, key in spread.keys.items():
            self._add_key(tally, name, key.count, key.fields)
        if spread.parts:
            tally.parts.append((1, None, spread.cost()))
        else:
            tally.constant = min(tally.constant + spread.constant, _CEILING)

    def _add_key(self, tally: _Tally, name: str, count: int, fields: int) -> None:
        key = tally.keys.setdefault(name, _Key())
        tally.overlaps += key.fields * fields
        key.count += count
        key.fields += fields
        self._check("repeats", key.count)

    def _fragment(self, name: str, level: int) -> _Tally:
        if name not in self._tallies:
            node = self._fragments.get(name)
            if node is None or name in self._open:
                return _Tally()
            self._open.add(name)
            self._tallies[name] = self._definition(node, level)
            self._open.discard(name)
        return self._tallies[name]

    def _definition(self, node: FragmentDefinitionNode, level: int) -> _Tally:
        is_introspection = node.type_condition.name.value.startswith("__")
        tally = self._selections(node.selection_set, level + 1, is_introspection=is_introspection)
        tally.directives += self._directives(node)
        return tally

    def _directives(self, node: Any) -> int:
        count = len(node.directives or ())
        self._check("directives_per_node", count)
        return count

    def _check_all(self, tally: _Tally) -> None:
        self._check("depth", tally.depth)
        self._check("fields", tally.fields)
        self._check("aliases", tally.aliases)
        self._check("directives", tally.directives)
        self._check("nesting", tally.nesting)
        self._check("overlaps", tally.overlaps)

    def _check(self, limit: str, count: int) -> None:
        maximum: int = getattr(self._limits, limit)
        if count > maximum:
            raise TooComplex(limit, maximum)


def _page_variables(operation: OperationDefinitionNode) -> dict[str, int | None]:
    return {
        node.variable.name.value: _integer(node.default_value)
        for node in operation.variable_definitions or ()
    }


def _integer(node: ValueNode | None) -> int | None:
    # more digits than any page has; Python refuses to read thousands of them
    return int(node.value) if isinstance(node, IntValueNode) and len(node.value) < 10 else None


def _page_size(value: object, page: int) -> int:
    if type(value) is int and 1 <= value <= page:
        return value
    return page
