"""No test may make the program log anybody's data: every line that is told is looked at.

What tests give as personal data is planted throughout: addresses end in `.example`, passwords and
tokens have known forms. Lines of real processes are looked at where those end, see processes.py.
"""

import logging
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.example"
    r"|a long enough password"
    r"|\b(?:staff|visit|key|invite)_[A-Za-z0-9_-]{43}\b"
    r"|N0TE-MARKER|\bLena\b"
)
told: list[str] = []


def personal_in(text: str) -> list[str]:
    """What of a text may not stand in a log."""
    return PERSONAL.findall(text)


class _Keep(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(("pytest", "hypothesis")):
            return
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        told.append(f"{record.getMessage()}{trace}")


def _keep(logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
    told.append(repr(event))
    return event


@pytest.fixture(scope="session", autouse=True)
def _watched_logs() -> Iterator[None]:
    handler = _Keep(logging.INFO)
    logging.getLogger().addHandler(handler)
    structlog.configure(processors=[_keep, *structlog.get_config()["processors"]])
    yield
    logging.getLogger().removeHandler(handler)


@pytest.fixture(autouse=True)
def _nothing_personal_is_logged(_watched_logs: None) -> Iterator[None]:
    told.clear()
    yield
    assert [found for line in told for found in personal_in(line)] == []
