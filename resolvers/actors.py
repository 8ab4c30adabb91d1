"""Who acts. Use-cases take an actor; where it came from is the edge's business."""

from dataclasses import dataclass
from uuid import UUID

from models.enums import AccessScope, ActorKind, ApiScope, StaffRole, Via
from resolvers.policy import Permission


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
class Rights:
    """What settings and teams add to a role; read anew at each change of them."""

    scope: AccessScope = AccessScope.ALL
    people: frozenset[UUID] = frozenset()
    """Whose leads the person sees, the own ones included; empty with ALL."""
    sees_unassigned: bool = True
    """Whether leads of nobody are the person's to see."""
    granted: frozenset[Permission] = frozenset()
    """Permissions that settings add to those of the role."""


@dataclass(frozen=True)
class StaffActor(Actor):
    """A signed-in person of the team, or a program with an API token.

    A personal token acts as its owner, STAFF; an integration's as API, under the token's name.
    Either way `id`, role and scope are the owner's.
    """

    id: UUID
    role: StaffRole
    session_id: UUID
    """The session that the person came by, or the API token."""
    rights: Rights
    """What role, teams and settings give the person."""
    access_version: int
    """The workspace's access version that role and scope were read at."""
    time_zone: str = "UTC"
    """Where the person is: what day it is for them."""
    api_scopes: frozenset[ApiScope] | None = None
    """What the API token is for; None for a person, who needs no leave to use a role."""

    @property
    def scope(self) -> AccessScope:
        """Which leads the person sees."""
        return self.rights.scope

    @property
    def is_person(self) -> bool:
        """Whether somebody signed in, rather than a program with a token."""
        return self.api_scopes is None

    @property
    def caller(self) -> str:
        """Whose idempotency keys these are: each integration has its own."""
        if self.kind is ActorKind.API:
            return f"{self.kind}:{self.session_id.hex}"
        return super().caller


@dataclass(frozen=True)
class VisitorActor(Actor):
    """The holder of a visit token: the lead itself, mostly unproven."""

    visit_id: UUID
    lead_id: UUID
    is_identified: bool


@dataclass(frozen=True)
class AutomationActor(Actor):
    """A rule that acts, by id and name; `depth` counts the rules that started each other."""

    depth: int
    cause_id: UUID
    """The change that started the rule."""


def zone_of(actor: Actor) -> str:
    """The zone in which the actor's days begin; UTC for whoever has none."""
    return actor.time_zone if isinstance(actor, StaffActor) else "UTC"


SYSTEM = Actor(ActorKind.SYSTEM, None, "Leadlight", Via.SYSTEM)
"""This program, acting on its own."""
