"""Filters in words."""

import orjson
import strawberry

from resolvers.filters import ClauseWords, Explanation
from schema.scalars import FilterLiteral


@strawberry.type(description="Clause of a rule.")
class RuleClause:
    path: str = strawberry.field(
        description="Where it stands, such as `and.0.not`; empty: it is the whole rule."
    )
    field: str = strawberry.field(description="Key of LeadFilter tested.")
    words: str = strawberry.field(description="In words.")
    is_broken: bool = strawberry.field(
        description="What it names is gone: neither it nor its opposite matches."
    )


@strawberry.type(description="Rule over leads.")
class Rule:
    words: str = strawberry.field(description="In words, in English.")
    filter: FilterLiteral = strawberry.field(description="To edit it again.")
    clauses: list[RuleClause] = strawberry.field(description="Its clauses, in reading order.")


def rule_of(literal: object, explained: Explanation) -> Rule:
    """A rule with what it was written as."""
    return Rule(
        words=explained.words,
        filter=FilterLiteral(orjson.dumps(literal).decode()),
        clauses=[clause_of(each) for each in explained.clauses],
    )


def clause_of(told: ClauseWords) -> RuleClause:
    """A clause in words."""
    return RuleClause(path=told.path, field=told.key, words=told.words, is_broken=told.is_broken)
