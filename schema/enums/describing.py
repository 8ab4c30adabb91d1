"""How a closed set of values becomes one of the schema."""

from enum import Enum
from typing import Any

import strawberry


def described(kind: type[Enum], name: str, description: str, **values: str) -> None:
    """Registers an enum with a description of it and of each value."""
    made: Any = strawberry.enum(kind, name=name, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[value.name]
