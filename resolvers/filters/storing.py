"""Filters as they are kept: what clients write, under the number of this form."""

from collections.abc import Mapping
from typing import Any

from resolvers.filters.reading import read_filter
from resolvers.filters.tree import Filter

VERSION = 1


def store(literal: Mapping[str, Any]) -> dict[str, Any]:
    """A filter for a column, from the JSON that a client could send again."""
    return {"version": VERSION, "filter": dict(literal)}


def restore(stored: Mapping[str, Any]) -> Filter:
    """The filter that was stored."""
    if stored["version"] != VERSION:
        raise ValueError(f"a filter stored as version {stored['version']}")
    return read_filter(stored["filter"])
