"""Who acts. Use-cases take an actor; where it came from is the edge's business."""

from dataclasses import dataclass
from uuid import UUID

from models.enums import AccessScope, ActorKind, StaffRole, Via


@dataclass(frozen=True)
class Actor:
    """Somebody or something that changes leads; the name is kept as it was then."""

    kind: ActorKind
    id: UUID | None
    name: str
    via: Via

    @property
    def caller(self) -> str:
        """Whose idempotency keys these are."""
        return f"{self.kind}:{self.id.hex if self.id else self.name}"


@dataclass(frozen=True)
class StaffActor(Actor):
    """A signed-in person of the team."""

    id: UUID
    role: StaffRole
    session_id: UUID
    scope: AccessScope
    """Which leads the person sees, from role and settings."""
    access_version: int
    """The workspace's access version that role and scope were read at."""


@dataclass(frozen=True)
class VisitorActor(Actor):
    """The holder of a visit token: the lead itself, mostly unproven."""

    visit_id: UUID
    lead_id: UUID
    is_identified: bool


SYSTEM = Actor(ActorKind.SYSTEM, None, "Leadlight", Via.SYSTEM)
"""This program, acting on its own."""
