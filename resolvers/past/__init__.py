"""A lead as it was at a moment, and what differs between two."""

from resolvers.past.differences import differences
from resolvers.past.folding import Past, read_past

__all__ = ["Past", "differences", "read_past"]
