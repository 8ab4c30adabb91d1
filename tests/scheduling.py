"""Which tests a process of `pytest -n` runs together."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

AT_ONCE = 2
"""Browsers: a third one beside their servers makes all of them wait."""
WHOLE_FILES = ("tests/test_readme.py", "tests/test_clients.py")
"""Their tests share what is built once."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Each test goes where there is room, but files that belong together to one process.

    The marks of xdist for this have no effect with pytest 9.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._files: list[str] = []

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file in WHOLE_FILES:
            return file
        if file.startswith("tests/browser/"):
            if file not in self._files:
                self._files.append(file)
            return f"browser {self._files.index(file) % AT_ONCE}"
        return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Asked by xdist."""
    return Scheduling(config, log)
