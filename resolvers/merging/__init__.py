"""Making one lead of two, and two of one again."""

from resolvers.merging.absorbing import MOVED, absorb
from resolvers.merging.acts import merge_leads, unmerge_lead
from resolvers.merging.merges import Merge, merges_of
from resolvers.merging.suggesting import Suggestion, suggestions

__all__ = [
    "MOVED",
    "Merge",
    "Suggestion",
    "absorb",
    "merge_leads",
    "merges_of",
    "suggestions",
    "unmerge_lead",
]
