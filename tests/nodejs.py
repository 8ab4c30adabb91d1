"""Tests of the JavaScript example need node and npm on PATH; without them they are not run, which
fails under CI."""

import shutil

import pytest

from tests.chromium import is_ci

NAMES = ("node", "npm")


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [name for name in NAMES if shutil.which(name) is None]
    if item.get_closest_marker("nodejs") is None or not missing:
        return
    reason = f"not run: no {' and no '.join(missing)} on PATH"
    if is_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
