"""The segments as a process knows them, by the key of the workspace's rules.

They are read again when the key is another one, so a change that concerns no segment costs no
statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from models.fields import FieldDefinition
    from resolvers.filters.tree import Filter


@dataclass(frozen=True)
class KnownSegment:
    """A segment; `rule` None: it is archived, and whoever is in it leaves."""

    id: UUID
    name: str
    rule: "Filter | None"
    looked_at: frozenset[str]
    uses: frozenset[UUID]
    """Segments that the rule names."""


@dataclass
class KnownSegments:
    """All segments that have leads or may have, those that others use before those others."""

    key: int | None = None
    segments: tuple[KnownSegment, ...] = ()
    fields: "Mapping[str, FieldDefinition]" = field(default_factory=dict)
    zone: str = "UTC"

    @property
    def usable(self) -> frozenset[UUID]:
        """Ids of those that rules may name."""
        return frozenset(each.id for each in self.segments if each.rule is not None)

    def with_followers(self, ids: Iterable[UUID]) -> list[KnownSegment]:
        """These and all whose verdict follows from one of them, in order of weighing."""
        chosen = set(ids)
        for each in self.segments:
            if each.uses & chosen:
                chosen.add(each.id)
        return [each for each in self.segments if each.id in chosen]

    def with_used(self, ids: Iterable[UUID]) -> list[KnownSegment]:
        """These and all that their verdicts follow from, in order of weighing."""
        chosen = set(ids)
        for each in reversed(self.segments):
            if each.id in chosen:
                chosen |= each.uses
        return [each for each in self.segments if each.id in chosen]


def in_order(segments: Sequence[KnownSegment]) -> tuple[KnownSegment, ...]:
    """Those that others use before those others; rules form no circle."""
    by_id = {each.id: each for each in segments}
    ordered: dict[UUID, KnownSegment] = {}

    def place(segment: KnownSegment) -> None:
        for each in segment.uses:
            if each in by_id and each not in ordered:
                place(by_id[each])
        ordered.setdefault(segment.id, segment)

    for each in segments:
        place(each)
    return tuple(ordered.values())
