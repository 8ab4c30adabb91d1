"""What a live card tells: changes of the log, and what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from models.changes import RecordedChange
from models.leads import Lead
from realtime.presence import Reading
from realtime.viewers import ViewerList
from resolvers.errors import AccessEndReason
from resolvers.views import View

V = TypeVar("V", bound=View)


class ResetReason(StrEnum):
    TOO_OLD = "TOO_OLD"
    TOO_FAR_BEHIND = "TOO_FAR_BEHIND"
    OTHER_EPOCH = "OTHER_EPOCH"
    FROM_THE_FUTURE = "FROM_THE_FUTURE"
    MERGE = "MERGE"
    ACCESS_CHANGED = "ACCESS_CHANGED"


@dataclass(frozen=True)
class Position:
    """A place in a lead's log, sealed for clients."""

    lead_id: UUID
    epoch: str
    revision: int


@dataclass(frozen=True)
class Snapshot(Generic[V]):
    """The card as of a position; read it through `view`."""

    position: Position
    lead: Lead
    at: datetime
    presence: Reading
    viewers: ViewerList
    view: V


@dataclass(frozen=True)
class Changed(Generic[V]):
    """One change; what it mentions is read through `view`, as it is now."""

    position: Position
    change: RecordedChange
    view: V


@dataclass(frozen=True)
class Reset:
    """The cursor can't be met; a snapshot follows."""

    position: Position
    reason: ResetReason


@dataclass(frozen=True)
class PresenceTold(Generic[V]):
    """Presence now, beside the log; what the open pages show is read through `view`."""

    position: Position
    presence: Reading
    view: V


@dataclass(frozen=True)
class ViewersTold(Generic[V]):
    """Who looks at the card now, beside the log."""

    position: Position
    viewers: ViewerList
    view: V


@dataclass(frozen=True)
class TypingTold:
    """The lead began or ceased typing in its chat, beside the log; None: it has none yet."""

    position: Position
    conversation_id: UUID | None
    is_typing: bool


@dataclass(frozen=True)
class SettingsTold(Generic[V]):
    """What all cards show is different now, beside the log; read it through `view`."""

    position: Position
    lead: Lead
    view: V


@dataclass(frozen=True)
class BandsTold(Generic[V]):
    """Tasks whose due band is another one now, by id; read them through `view`."""

    position: Position
    task_ids: Sequence[UUID]
    view: V


@dataclass(frozen=True)
class Merged(Generic[V]):
    """The lead went into another, which the viewer may open if `into` is given; the last item."""

    lead_id: UUID
    at: datetime
    into: Lead | None
    view: V


@dataclass(frozen=True)
class Erased:
    """The lead was erased; the last item."""

    lead_id: UUID
    at: datetime


@dataclass(frozen=True)
class Ended:
    """The viewer may not, or no longer, see the lead; the last item."""

    at: datetime
    reason: AccessEndReason


Item = (
    Snapshot[V]
    | Changed[V]
    | Reset
    | PresenceTold[V]
    | ViewersTold[V]
    | TypingTold
    | SettingsTold[V]
    | BandsTold[V]
    | Merged[V]
    | Erased
    | Ended
)
