"""Copies of rows with what the fold says, and values as the fold holds them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID


def copied(row: Any, **then: Any) -> Any:
    """A row like this one that differs in `then`."""
    return type(row)(**{**row.model_dump(), **then})


def instant_of(text: str | None) -> datetime | None:
    """The instant that the fold holds."""
    return datetime.fromisoformat(text) if text else None


def day_of(text: str | None) -> date | None:
    """The day that the fold holds."""
    return date.fromisoformat(text) if text else None


def ids_of(keys: Iterable[str]) -> list[UUID]:
    """Ids that the fold holds as keys."""
    return [UUID(hex=key) for key in keys]
