"""Texts of which former versions are kept."""

from datetime import datetime

import strawberry

from schema.staff import Actor


@strawberry.type(description="A text at one time.")
class TextVersion:
    body: str = strawberry.field(description="The text.")
    author: Actor = strawberry.field(description="Who wrote it.")
    at: datetime = strawberry.field(description="When.")
