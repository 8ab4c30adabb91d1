"""Limits of a filter, and how a filter that can't be is refused."""

from dataclasses import MISSING, fields, is_dataclass

from resolvers.errors import BadArgument, InvalidInput, ProblemCode, invalid
from resolvers.filters.tree import (
    All,
    AnyOf,
    AssigneeIsMe,
    Filter,
    Not,
    PresenceIn,
    Test,
    clauses,
    everything,
)

MAX_DEPTH, MAX_CLAUSES, MAX_PARTS = 8, 100, 50


class BadFilter(BadArgument):
    """A filter that can't be: of a query an error of the operation, of an input a problem at its
    path."""

    def __init__(self, path: str, code: ProblemCode, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        # Other names than those that errors of an operation have.
        self.place, self.code, self.told = path, code, message

    def within(self, path: str) -> InvalidInput:
        """The refusal of an input that holds the filter at `path`."""
        return invalid(f"{path}.{self.place}" if self.place else path, self.code, self.told)


def check(tree: Filter) -> None:
    """BadFilter beyond 8 levels, 100 clauses or 50 parts, and for parts that hold nothing."""
    if _depth(tree, 1) > MAX_DEPTH or _size(tree) > MAX_CLAUSES:
        message = f"A filter has at most {MAX_DEPTH} levels and {MAX_CLAUSES} clauses."
        raise BadFilter("", ProblemCode.TOO_LARGE, message)
    _check_parts(tree, "")
    for place, clause in clauses(tree):
        if _lacks_operands(clause):
            path = ".".join((*place, clause.key))
            raise BadFilter(path, ProblemCode.REQUIRED, "Name at least one.")


def check_for_nobody(tree: Filter) -> None:
    """BadFilter for a filter that means somebody else for each who looks."""
    if any(isinstance(each, AssigneeIsMe) for each in everything(tree)):
        raise BadFilter("", ProblemCode.CONTRADICTION, "A stored rule knows no `isMe`.")


def check_for_segment(tree: Filter) -> None:
    """BadFilter for what can't be kept: whoever looks, and presence, which no change tells of."""
    check_for_nobody(tree)
    for place, clause in clauses(tree):
        if isinstance(clause, PresenceIn):
            path = ".".join((*place, clause.key))
            told = "`presence` comes and goes by itself: filter lists by it, or use `lastSeenAt`."
            raise BadFilter(path, ProblemCode.CONTRADICTION, told)


def _parts(tree: Filter) -> tuple[Filter, ...]:
    match tree:
        case All(parts) | AnyOf(parts):
            return parts
        case Not(part):
            return (part,)
    return ()


def _depth(tree: Filter, level: int) -> int:
    if level > MAX_DEPTH:
        return level
    return max((_depth(part, level + 1) for part in _parts(tree)), default=level)


def _size(tree: Filter) -> int:
    return 1 + sum(_size(part) for part in _parts(tree))


def _check_parts(tree: Filter, path: str) -> None:
    match tree:
        case All(parts) | AnyOf(parts):
            key = "and" if isinstance(tree, All) else "or"
            path = f"{path}.{key}".lstrip(".")
            if not parts:
                raise BadFilter(path, ProblemCode.REQUIRED, "1 to 50 clauses, not none.")
            if len(parts) > MAX_PARTS:
                raise BadFilter(path, ProblemCode.TOO_LARGE, "1 to 50 clauses.")
            for index, part in enumerate(parts):
                _check_parts(part, f"{path}.{index}")
        case Not(part):
            _check_parts(part, f"{path}.not".lstrip("."))


def _lacks_operands(clause: Test) -> bool:
    """Whether a list that the clause can't do without is empty."""
    return any(
        getattr(each, part.name) == ()
        for each in everything(clause)
        if is_dataclass(each)
        for part in fields(each)
        if part.default is MISSING
    )
