"""Sites that carry the visitor script."""

from typing import Annotated

import strawberry

from models.visits import Site as SiteRow
from resolvers import access, readers, sites
from resolvers.policy import Permission
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
    seal_version,
)
from schema.scalars import Url, Version
from schema.values import global_id


@strawberry.type(description="Site that carries the visitor script.")
class Site:
    row: strawberry.Private[SiteRow]

    @strawberry.field(description="The site.")
    def id(self) -> strawberry.ID:
        return global_id("site", self.row.id)

    @strawberry.field(description="1 to 80 characters.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Origins that may use its key, at most 20.")
    def origins(self) -> list[Url]:
        return [Url(each) for each in self.row.origins]

    @strawberry.field(description="Public key for the script.")
    def site_key(self) -> str:
        return self.row.site_key

    @strawberry.field(description="Greeting of the chat, at most 300 characters.")
    def greeting(self) -> str:
        return self.row.greeting

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.input(description="Input of `saveSite`.")
class SaveSiteInput:
    name: str = strawberry.field(description="1 to 80 characters.")
    origins: list[Url] = strawberry.field(description="1 to 20 origins.")
    site_id: strawberry.ID | None = strawberry.field(
        default=None, description="The site; absent: a new one."
    )
    greeting: str = strawberry.field(default="", description="At most 300 characters.")
    renew_secret: bool = strawberry.field(
        default=False, description="Give it a new identity secret; shown once."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveSite`.")
class SaveSiteSuccess:
    site: Site = strawberry.field(description="The site.")
    identity_secret: str | None = strawberry.field(
        description="Secret for `identify` when new; else null."
    )


SaveSiteResult = Annotated[
    SaveSiteSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveSiteResult", description="Result of `saveSite`."),
]


async def all_sites(info: Info) -> list[Site]:
    """Sites by name; empty for those who do not administer."""
    view = await info.context.reading()
    if not access.may(view.actor, Permission.ADMINISTER):
        return []
    return [Site(row=row) for row in await readers.all_sites(view)]


async def save_site(
    info: Info,
    input: Annotated[SaveSiteInput, strawberry.argument(description="What to do it with.")],
) -> SaveSiteResult:
    """Makes or changes a site."""
    site_id = read_id("siteId", "site", input.site_id) if input.site_id else None
    expected = read_version(info, site_id, input.expected_version) if site_id else None
    async with info.context.work() as work:
        row, secret = await sites.save_site(
            work,
            site_id,
            input.name,
            input.origins,
            input.greeting,
            renews_secret=input.renew_secret,
            expected=expected,
        )
    return SaveSiteSuccess(site=Site(row=row), identity_secret=secret)
