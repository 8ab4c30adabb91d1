"""Prepared answers."""

from typing import Annotated

import strawberry

from models.canned_replies import CannedReply as ReplyRow
from resolvers import canned_replies
from resolvers.canned_replies import ReplyEdit
from schema.context import Info, argument_id, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
    seal_version,
)
from schema.leads import After, First
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.pages import PageInfo, connection
from schema.scalars import Cursor, Version
from schema.staff import Staff, staff_of
from schema.values import global_id


@strawberry.type(description="A prepared answer with its variables filled in, for you to look at.")
class FilledReply:
    text: str = strawberry.field(description="What would be sent.")
    missing: list[str] = strawberry.field(
        description="Variables that nothing is known for; they are empty in the text."
    )


@strawberry.type(description="Prepared answer.")
class CannedReply:
    row: strawberry.Private[ReplyRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The reply.")
    def id(self) -> strawberry.ID:
        return global_id("cannedreply", self.row.id)

    @strawberry.field(description="1 to 60 characters, unique among yours and shared ones.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(
        description="1 to 10,000 characters, with variables such as `{{lead.firstName}}`."
    )
    def body(self) -> str:
        return self.row.body

    @strawberry.field(description="For the team.")
    def is_shared(self) -> bool:
        return self.row.is_shared

    @strawberry.field(description="Whose; of a shared one who made it.")
    async def owner(self) -> Staff:
        person = await staff_of(self.view, self.row.owner_id)
        assert person is not None
        return person

    @strawberry.field(description="You may change and remove it.")
    async def can_edit(self, info: Info) -> bool:
        return canned_replies.may_edit(await info.context.staff(), self.row)

    @strawberry.field(
        description="The text for a lead, with what you may see of it; null when the lead is not "
        "yours."
    )
    async def filled(
        self,
        lead_id: Annotated[strawberry.ID, strawberry.argument(description="The lead.")],
    ) -> FilledReply | None:
        view = self.view
        lead = await view.load.lead.load(argument_id("lead", lead_id))
        if lead is None:
            return None
        made = canned_replies.fill(self.row.body, await view.load.known_of_lead.load(lead.id))
        return FilledReply(text=made.text, missing=list(made.missing))

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Row of CannedReplyConnection.")
class CannedReplyEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: CannedReply = strawberry.field(description="The row.")


@strawberry.type(description="Page of canned replies.")
class CannedReplyConnection:
    edges: list[CannedReplyEdge] = strawberry.field(description="With cursors.")
    nodes: list[CannedReply] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")


async def my_canned_replies(
    info: Info,
    first: First,
    after: After = None,
    search: Annotated[
        str | None,
        strawberry.argument(description="Text in name or body; at most 200 characters."),
    ] = None,
) -> CannedReplyConnection:
    """The caller's own and the team's."""
    actor, view = await info.context.staff(), await info.context.reading()
    page = await canned_replies.replies_page(view, actor, search, first, after)
    return connection(
        CannedReplyConnection, CannedReplyEdge, page, lambda row: CannedReply(row=row, view=view)
    )


@strawberry.input(description="Input of `saveCannedReply`.")
class SaveCannedReplyInput:
    canned_reply_id: strawberry.ID | None = strawberry.field(
        default=None, description="The reply; absent: a new one."
    )
    name: str = strawberry.field(description="1 to 60 characters.")
    body: str = strawberry.field(
        description="1 to 10,000 characters. Variables: lead.name, lead.firstName, lead.lastName, "
        "lead.company, lead.jobTitle, lead.email, lead.phone, lead.assignee, me.name."
    )
    is_shared: bool = strawberry.field(default=False, description="For the team.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveCannedReply`.")
class SaveCannedReplySuccess:
    canned_reply: CannedReply = strawberry.field(description="The reply.")


SaveCannedReplyResult = Annotated[
    SaveCannedReplySuccess
    | NotFoundError
    | ForbiddenError
    | ConflictError
    | LimitError
    | InvalidInputError,
    strawberry.union("SaveCannedReplyResult", description="Result of `saveCannedReply`."),
]


async def save_canned_reply(
    info: Info, input: Annotated[SaveCannedReplyInput, strawberry.argument(description=INPUT)]
) -> SaveCannedReplyResult:
    """Makes or changes a prepared answer."""
    actor, given = await info.context.person(), input.canned_reply_id
    reply_id = read_id("cannedReplyId", "cannedreply", given) if given else None
    expected = read_version(info, reply_id, input.expected_version) if reply_id else None
    edit = ReplyEdit(input.name, input.body, input.is_shared, expected)
    async with info.context.work() as work:
        row = await canned_replies.save_reply(work, actor, reply_id, edit)
    view = info.context.view(actor)
    return SaveCannedReplySuccess(canned_reply=CannedReply(row=row, view=view))


@strawberry.input(description="Input of `removeCannedReply`.")
class RemoveCannedReplyInput:
    canned_reply_id: strawberry.ID = strawberry.field(description="The reply.")


@strawberry.type(description="Success of `removeCannedReply`.")
class RemoveCannedReplySuccess:
    canned_reply_id: strawberry.ID = strawberry.field(description="Its id.")


RemoveCannedReplyResult = Annotated[
    RemoveCannedReplySuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("RemoveCannedReplyResult", description="Result of `removeCannedReply`."),
]


async def remove_canned_reply(
    info: Info, input: Annotated[RemoveCannedReplyInput, strawberry.argument(description=INPUT)]
) -> RemoveCannedReplyResult:
    """Removes a prepared answer."""
    actor = await info.context.person()
    reply_id = read_id("cannedReplyId", "cannedreply", input.canned_reply_id)
    async with info.context.work() as work:
        await canned_replies.remove_reply(work, actor, reply_id)
    return RemoveCannedReplySuccess(canned_reply_id=input.canned_reply_id)
