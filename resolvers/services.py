"""What a process has: handed to every use-case, made once by app.py."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from models.changes import Change
from models.clock import Clock
from models.engine import Database
from realtime.bus import Bus
from realtime.hub import Hub
from realtime.presence import Presence
from realtime.viewers import Viewers
from resolvers.limits import ApiRules, Buckets, Limiter
from resolvers.secrets import Secrets

if TYPE_CHECKING:
    from resolvers.origins import KnownOrigins
    from resolvers.passwords import Passwords
    from resolvers.sign_in_providers import OidcProvider


@dataclass(frozen=True)
class VisitTiming:
    """What a page is told about reporting, in seconds."""

    visible_beat: float = 30
    hidden_beat: float = 60
    activity: float = 10


@dataclass(frozen=True)
class Files:
    """Where files that people send lie, and how large one may be."""

    folder: Path = Path("data")
    most_bytes: int = 100 * 1024 * 1024


@dataclass(frozen=True)
class Services:
    """The parts of one process. Frozen: nothing here changes after the start."""

    database: Database
    clock: Clock
    bus: Bus
    hub: Hub[Change]
    presence: Presence
    viewers: Viewers
    secrets: Secrets
    limiter: Limiter
    buckets: Buckets
    passwords: "Passwords"
    public_url: str
    origins: "KnownOrigins"
    api: ApiRules = field(default_factory=ApiRules)
    provider: "OidcProvider | None" = None
    """Where staff may sign in besides; None unless the settings name one."""
    visit_timing: VisitTiming = field(default_factory=VisitTiming)
    files: Files = field(default_factory=Files)
    lease_seconds: float = 30
    """How long a worker may take for a job before another may begin it anew."""
