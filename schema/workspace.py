"""The audit of the workspace."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import Via
from models.workspace import WorkspaceChange as ChangeRow
from resolvers import workspace_history as audit
from schema.context import Info
from schema.history import FieldDiff, diff_of
from schema.loaders import SchemaView
from schema.pages import AFTER, FIRST, PageInfo, connection
from schema.scalars import Cursor
from schema.staff import Actor, actor_of
from schema.values import global_id


@strawberry.type(description="Change of the workspace, for audits.")
class WorkspaceChange:
    row: strawberry.Private[ChangeRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The change.")
    def id(self) -> strawberry.ID:
        return global_id("workspace_change", self.row.id)

    @strawberry.field(description="When.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="Who.")
    def actor(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.actor_kind, row.actor_id, row.actor_name)

    @strawberry.field(description="How it came in.")
    def via(self) -> Via:
        return self.row.via

    @strawberry.field(description="In one sentence, in English.")
    def summary(self) -> str:
        return audit.summary_of(self.row)

    @strawberry.field(description="Fields before and after.")
    def diffs(self) -> list[FieldDiff]:
        return [diff_of(diff, is_hidden=False) for diff in audit.diffs_of(self.row)]


@strawberry.type(description="Row of WorkspaceChangeConnection.")
class WorkspaceChangeEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: WorkspaceChange = strawberry.field(description="The row.")


@strawberry.type(description="Page of workspace changes.")
class WorkspaceChangeConnection:
    edges: list[WorkspaceChangeEdge] = strawberry.field(description="With cursors.")
    nodes: list[WorkspaceChange] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")


async def workspace_history(
    info: Info,
    first: Annotated[int, strawberry.argument(description=FIRST)],
    after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
) -> WorkspaceChangeConnection | None:
    """Changes of the workspace, newest first."""
    view = await info.context.reading()
    page = await audit.workspace_page(view, first, after)
    if page is None:
        return None
    return connection(
        WorkspaceChangeConnection,
        WorkspaceChangeEdge,
        page,
        lambda row: WorkspaceChange(row=row, view=view),
    )
