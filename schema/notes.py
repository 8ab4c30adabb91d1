"""Notes."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from models.enums import NoteVisibility
from models.notes import Note as NoteRow
from models.notes import NoteText
from resolvers import notes
from resolvers.actors import StaffActor as StaffCaller
from schema.context import Info
from schema.errors import seal_version
from schema.files import File, file_of
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor, Html, Version
from schema.staff import Actor, actor_of
from schema.texts import TextVersion
from schema.values import global_id

MAX_VERSIONS = 100


@strawberry.type(description="Note about a lead. PRIVATE ones exist for the author and ADMIN only.")
class Note:
    row: strawberry.Private[NoteRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The note.")
    def id(self) -> strawberry.ID:
        return global_id("note", self.row.id)

    @strawberry.field(description="Formatted text.")
    async def html(self) -> Html:
        return Html((await self._texts())[0].html)

    @strawberry.field(description="Plain text.")
    async def text(self) -> str:
        return (await self._texts())[0].text

    async def _texts(self) -> list[NoteText]:
        return await self.view.load.note_texts.load(self.row.id)

    @strawberry.field(description="Who wrote it.")
    def author(self) -> Actor:
        return _author(self.view, self.row)

    @strawberry.field(description="When written; its place in the timeline.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When last edited; null: never.")
    def edited_at(self) -> datetime | None:
        return self.row.edited_at

    @strawberry.field(description="Former texts, newest first; at most 100.")
    async def versions(self) -> list[TextVersion]:
        return [
            TextVersion(body=row.text, author=_author(self.view, row), at=row.at)
            for row in (await self._texts())[1 : MAX_VERSIONS + 1]
        ]

    @strawberry.field(description="Who sees it.")
    def visibility(self) -> NoteVisibility:
        return self.row.visibility

    @strawberry.field(description="Shown first.")
    def is_pinned(self) -> bool:
        return self.row.is_pinned

    @strawberry.field(description="Files and pictures, at most 20, in order of their upload.")
    async def attachments(self) -> list[File]:
        rows = await self.view.load.files_of.load(self.row.id)
        return [file_of(self.view, row) for row in rows]

    @strawberry.field(description="You may edit it.")
    def can_edit(self) -> bool:
        actor = self.view.actor
        return isinstance(actor, StaffCaller) and notes.may_edit(actor, self.row)

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


def _author(view: SchemaView, row: NoteRow | NoteText) -> Actor:
    return actor_of(view, row.author_kind, row.author_id, row.author_name)


@strawberry.type(description="Row of NoteConnection.")
class NoteEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Note = strawberry.field(description="The row.")


@strawberry.type(description="Page of notes.")
class NoteConnection:
    edges: list[NoteEdge] = strawberry.field(description="With cursors.")
    nodes: list[Note] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()
