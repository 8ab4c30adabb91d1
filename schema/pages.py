"""Pages: connections over keyset pages, forward only."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from resolvers.pages import Page
from schema.scalars import Cursor

FIRST = "1 to 100."
AFTER = "`endCursor` of the page before."
T = TypeVar("T")


@strawberry.type(description="Where a page stands. Pages go forward only.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More rows follow.")
    has_previous_page: bool = strawberry.field(description="An `after` was given.")
    start_cursor: Cursor | None = strawberry.field(
        description="Cursor of the first row; null on an empty page."
    )
    end_cursor: Cursor | None = strawberry.field(
        description="Cursor of the last row, for `after`; null on an empty page."
    )


@strawberry.type(description="Number of rows.")
class Count:
    value: int = strawberry.field(description="The number.")
    is_exact: bool = strawberry.field(
        description="False: there are more than 10,000; of leads this is an estimate, else 10,000."
    )


def page_info(page: Page[Any]) -> PageInfo:
    """Where the page stands."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=Cursor(page.cursors[0]) if page.cursors else None,
        end_cursor=Cursor(page.cursors[-1]) if page.cursors else None,
    )


def connection(
    kind: Callable[..., T],
    edge: Callable[..., Any],
    page: Page[Any],
    node: Callable[[Any], Any],
    **more: Any,
) -> T:
    """A connection of `kind` with its rows wrapped by `node`; `more` are its other attributes."""
    nodes = [node(row) for row in page.rows]
    edges = [
        edge(cursor=Cursor(cursor), node=each)
        for cursor, each in zip(page.cursors, nodes, strict=True)
    ]
    return kind(edges=edges, nodes=nodes, page_info=page_info(page), **more)
