"""What a process has: handed to every use-case, made once by app.py."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from models.changes import RecordedChange
from models.clock import Clock
from models.engine import Database
from realtime.bus import Bus
from realtime.hub import Hub
from realtime.presence import Presence
from realtime.viewers import Viewers
from resolvers.file_intake import Intake
from resolvers.file_store import FileStore
from resolvers.limits import ApiRules, Buckets, Limiter
from resolvers.outbound import Outbound
from resolvers.reactions import KnownRules
from resolvers.secrets import Secrets
from resolvers.segments.known import KnownSegments
from resolvers.shared_readings import SharedReadings

if TYPE_CHECKING:
    from resolvers.origins import KnownOrigins
    from resolvers.passwords import Passwords
    from resolvers.places import Places
    from resolvers.sign_in_providers import OidcProvider


@dataclass(frozen=True)
class VisitTiming:
    """What a page is told about reporting, in seconds."""

    visible_beat: float = 30
    hidden_beat: float = 60
    activity: float = 10


@dataclass(frozen=True)
class Files:
    """Where uploads lie at first and how large one may be; the store of what becomes a file."""

    folder: Path
    most_bytes: int
    store: FileStore
    intake: Intake


@dataclass(frozen=True)
class Services:
    """The parts of one process. Frozen: nothing here changes after the start."""

    database: Database
    clock: Clock
    bus: Bus
    hub: Hub[RecordedChange]
    presence: Presence
    viewers: Viewers
    secrets: Secrets
    limiter: Limiter
    buckets: Buckets
    passwords: "Passwords"
    public_url: str
    origins: "KnownOrigins"
    files: Files
    places: "Places"
    """Where network addresses are."""
    provider: "OidcProvider | None" = None
    """Where staff may sign in besides; None unless the settings name one."""
    api: ApiRules = field(default_factory=ApiRules)
    outbound: Outbound = field(default_factory=Outbound)
    """Asks addresses that somebody typed."""
    visit_timing: VisitTiming = field(default_factory=VisitTiming)
    rules: KnownRules = field(default_factory=KnownRules)
    segments: KnownSegments = field(default_factory=KnownSegments)
    readings: SharedReadings = field(default_factory=SharedReadings)
    lease_seconds: float = 30
    """How long a worker may take for a job before another may begin it anew."""
