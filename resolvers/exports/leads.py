"""Asking for leads as a file: which, how they are written, and who may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from models.workspace import WorkspaceChange
from resolvers import access
from resolvers.counting_leads import told
from resolvers.errors import BadArgument, NotFound, ProblemCode, invalid
from resolvers.exports.columns import choose
from resolvers.filters import BadFilter, read_filter
from resolvers.filters.tree import clauses
from resolvers.leads_list import Chosen, chosen_leads, count_leads
from resolvers.leads_order import Sort, SortKey, in_order
from resolvers.limits import EXPORT, spend
from resolvers.policy import Permission
from resolvers.search import MOST_CHARACTERS
from resolvers.secrets import Secrets, Unsealable
from resolvers.text import optional
from resolvers.tickets import Ticket, issue
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

SCOPE = "leads-export"
KIND = "leads_exported"
OLDEST_FIRST = Sort(SortKey.CREATED_AT, descending=False)
"""An order in which no lead moves while it is walked through."""


class Format(StrEnum):
    CSV = "CSV"
    NDJSON = "NDJSON"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to have; `filter` as clients write it."""

    columns: Sequence[str]
    filter: Mapping[str, Any] | None = None
    search: str | None = None
    sort: Sort = OLDEST_FIRST
    format: Format = Format.CSV
    has_mark: bool = True
    """CSV only: a byte order mark stands first."""

    def chosen(self) -> Chosen:
        """Which leads; BadFilter for operands that can't be."""
        return Chosen(read_filter(self.filter) if self.filter else None, self.search)

    def stored(self) -> dict[str, Any]:
        """As it is sealed, and read back when the file is fetched."""
        return {
            "columns": list(self.columns),
            "filter": self.filter,
            "search": self.search,
            "sort": [self.sort.by.value, self.sort.descending, self.sort.field_key],
            "format": self.format.value,
            "has_mark": self.has_mark,
        }

    @classmethod
    def restored(cls, data: Mapping[str, Any]) -> "Wish":
        """What was stored."""
        by, descending, *field_key = data["sort"]
        return cls(
            columns=data["columns"],
            filter=data["filter"],
            search=data["search"],
            sort=Sort(SortKey(by), descending, *field_key),
            format=Format(data["format"]),
            has_mark=data["has_mark"],
        )


@dataclass(frozen=True)
class Prepared:
    """A wish that can be fulfilled, and how many leads it means, as `counted` says it.

    The words say what is chosen by, never for what: that may be an address or a name.
    """

    wish: Wish
    words: str
    count: int


@dataclass(frozen=True)
class LeadsExport:
    """The ticket, and about how many leads the file will have."""

    ticket: Ticket
    count: int
    is_exact: bool


async def prepare(view: View, wish: Wish) -> Prepared:
    """Checks a wish and counts, before anything is written.

    Raises:
        Forbidden, LimitReached: the viewer may not, or too often.
        InvalidInput: columns, filter or search that can't be, or not for the viewer.
    """
    access.require(view.actor, Permission.EXPORT_LEADS)
    assert view.actor.id is not None
    await spend(view.services.limiter, EXPORT, view.actor.id.hex)
    await choose(view, wish.columns)
    wish = replace(wish, search=optional("search", wish.search, MOST_CHARACTERS))
    try:
        chosen = wish.chosen()
        count = await count_leads(view, chosen)
    except BadFilter as error:
        raise error.within("filter") from error
    except BadArgument as error:
        raise invalid("search", ProblemCode.TOO_LARGE, str(error)) from error
    try:
        await in_order(view, await chosen_leads(view, chosen), wish.sort)
    except BadArgument as error:
        raise invalid("sort", ProblemCode.UNKNOWN, str(error)) from error
    return Prepared(wish, _words(chosen), count)


def _words(chosen: Chosen) -> str:
    keys = dict.fromkeys(each.key for _, each in clauses(chosen.filter)) if chosen.filter else ()
    by = [*keys, *(["words"] if chosen.search else [])]
    return f"chosen by {', '.join(by)}" if by else "all leads"


def note_export(work: UnitOfWork, prepared: Prepared) -> LeadsExport:
    """Notes in the workspace's log that the person takes leads away.

    The log is for ever, so what is asked for stands there sealed: the key is in the ticket alone.
    """
    access.require(work.actor, Permission.EXPORT_LEADS)
    count, is_exact = told(prepared.count)
    wish = prepared.wish
    sealed, key = Secrets.seal_apart(orjson.dumps(wish.stored()))
    noted = work.record_workspace(
        KIND,
        {
            "format": wish.format.value,
            "sort": wish.sort.by.value,
            "words": prepared.words,
            "count": f"{count:,}" if is_exact else f"about {count:,}",
            "named": ", ".join(wish.columns),
            "sealed": sealed,
        },
    )
    return LeadsExport(issue(work, SCOPE, noted.id, key), count, is_exact)


def noted_wish(noted: WorkspaceChange | None, staff_id: UUID, key: bytes) -> Wish:
    """What somebody asked for by a row of the workspace's log; NotFound unless it was them."""
    if noted is None or noted.kind != KIND or noted.actor_id != staff_id:
        raise NotFound("file", "")
    try:
        wish = Secrets.unseal_apart(noted.data.get("sealed", ""), key)
    except Unsealable as error:
        raise NotFound("file", "") from error
    return Wish.restored(orjson.loads(wish))
