"""What the hub asks of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

GONE = -1
UNKNOWN = -2


class Numbered(Protocol):
    """A decoded change; all that the hub knows of one."""

    @property
    def revision(self) -> int: ...


C = TypeVar("C", bound=Numbered)
C_co = TypeVar("C_co", bound=Numbered, covariant=True)


class Head(NamedTuple):
    """Where a lead's log ends, and below which revision it no longer tells anything."""

    revision: int
    floor: int


@dataclass(frozen=True)
class Reconciled:
    """The answer to "what moved?"."""

    epoch: str
    heads: Mapping[UUID, Head]
    """Of leads whose revision differs from the one asked with; Head(-1, -1) where there is none."""
    access: int = 0
    """Another number than before: staff, sessions or settings changed."""
    settings: int = 0
    """Number of the last change of what all cards show."""


class Source(Protocol[C_co]):
    """How the hub reads the log."""

    async def reconcile(self, known: Mapping[UUID, int]) -> Reconciled:
        """The heads that differ from `known`; -2 stands for "I do not know" and always differs."""

    async def changes_after(self, lead_id: UUID, revision: int, limit: int) -> Sequence[C_co]:
        """At most `limit` changes above `revision`, ascending, without holes."""

    def decode(self, body: object) -> C_co:
        """A change from a hint's JSON. Raises whatever it likes on nonsense."""
