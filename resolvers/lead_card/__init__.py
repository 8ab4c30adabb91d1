"""The live card: a snapshot, then every change once and in order, while the viewer may see it."""

from resolvers.lead_card.items import (
    BandsTold,
    Changed,
    Ended,
    Erased,
    Item,
    Merged,
    Position,
    PresenceTold,
    Reset,
    ResetReason,
    SettingsTold,
    Snapshot,
    TypingTold,
    ViewersTold,
)
from resolvers.lead_card.reading import MAX_BEHIND, may_see_change, read_feed, why_not_from
from resolvers.lead_card.stream import SETTINGS_APART, VIEWERS_APART, follow_lead_card

__all__ = [
    "MAX_BEHIND",
    "SETTINGS_APART",
    "VIEWERS_APART",
    "BandsTold",
    "Changed",
    "Ended",
    "Erased",
    "Item",
    "Merged",
    "Position",
    "PresenceTold",
    "Reset",
    "ResetReason",
    "SettingsTold",
    "Snapshot",
    "TypingTold",
    "ViewersTold",
    "follow_lead_card",
    "may_see_change",
    "read_feed",
    "why_not_from",
]
