"""How tests look at a refusal."""

from collections.abc import Awaitable
from typing import Any

import pytest

from resolvers.errors import InvalidInput, ProblemCode


async def problem_of(run: Awaitable[Any]) -> tuple[str, ProblemCode]:
    """Path and code of the one problem that an act is refused for."""
    with pytest.raises(InvalidInput) as caught:
        await run
    (only,) = caught.value.problems
    assert only.message
    return ".".join(only.path), only.code
