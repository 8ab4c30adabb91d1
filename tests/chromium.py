"""Browser tests need a Chromium on PATH; without one they are not run, which fails under CI."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser that tests start."""
    path = find_chromium()
    assert path is not None, "a test that uses `chromium` is marked with pytest.mark.browser"
    return path


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") is None or find_chromium() is not None:
        return
    reason = f"not run: none of {', '.join(NAMES)} is on PATH"
    if is_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
