"""The pages of a lead as the engine in process keeps them; presence.lua has the same rules.

A page that said goodbye stays for a short lease. The last one is listed until another page opens
or the lease ends: going from one page to the next is told as one change.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from realtime.presence.reading import OpenPage, from_ms, from_ms_if_any, ordered


@dataclass
class KeptPage:
    """Instants in ms, 0 for never."""

    opened: int
    ends: int = 0
    active: int = 0
    is_visible: bool = False
    has_left: bool = False
    shows: str = ""


def listed(pages: Mapping[str, KeptPage]) -> tuple[OpenPage, ...]:
    """The open pages; while there is none, the one that was left last."""
    return ordered(
        [
            OpenPage(name, from_ms(page.opened), from_ms_if_any(page.active), page.is_visible)
            for name, page in _listed(pages).items()
        ]
    )


def told(pages: Mapping[str, KeptPage]) -> frozenset[tuple[str, bool, str]]:
    """What has to be announced when it differs: input and renewed leases are silent."""
    return frozenset((name, page.is_visible, page.shows) for name, page in _listed(pages).items())


def _listed(pages: Mapping[str, KeptPage]) -> dict[str, KeptPage]:
    found = {name: page for name, page in pages.items() if not page.has_left}
    if pages and not found:
        last = max(pages, key=lambda name: (pages[name].ends, name))
        found = {last: pages[last]}
    return found
