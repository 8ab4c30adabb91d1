"""Where a network address is, as a file of the operator's says.

The address is looked up once, when a visit begins or is taken up, and dropped: only the place is
kept. Files are in MaxMind's form, whoever made them; without one every place is unknown.
"""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import maxminddb
import structlog
from maxminddb import InvalidDatabaseError

from models.enums import ChangeKind, HistoryType
from models.leads import Lead
from models.visits import Visit
from resolvers import naming
from resolvers.text import fold
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

log = structlog.get_logger(__name__)

MOST = 100
PARTS = {"country": "Country", "region": "Region", "city": "City"}


class NoPlaces(Exception):
    """The file can't be read."""


@dataclass(frozen=True)
class Place:
    """A country by its two letters, and what is known within it, in English."""

    country: str
    region: str | None = None
    city: str | None = None


class Places:
    """The file, opened once: another one is read after a restart."""

    def __init__(self, file: Path | None = None) -> None:
        """NoPlaces for a file that holds none."""
        try:
            self._reader = maxminddb.open_database(file) if file else None
        except (OSError, InvalidDatabaseError) as error:
            raise NoPlaces(f"{file} is no database of places") from error

    def find(self, address: str) -> Place | None:
        """The place of an address; None for what is unknown or no address."""
        if self._reader is None:
            return None
        try:
            found = self._reader.get(address)
        except ValueError:
            return None
        except InvalidDatabaseError as error:
            log.warning("the file of places is damaged", why=str(error))
            return None
        return _place(found)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _place(found: Any) -> Place | None:
    country = _within(found, "country", "iso_code")
    if country is None or len(country) != 2 or not country.isalpha() or not country.isascii():
        return None
    region = _within(found, "subdivisions", 0, "names", "en")
    return Place(country.upper(), region, _within(found, "city", "names", "en"))


def _within(found: Any, *path: str | int) -> str | None:
    """A text of the file, which is not ours and may hold anything."""
    for step in path:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and isinstance(step, int) and len(found) > step:
            found = found[step]
        else:
            return None
    if not isinstance(found, str):
        return None
    return "".join(each for each in found if each.isprintable()).strip()[:MOST] or None


def place_of(row: Lead | Visit) -> Place | None:
    """Where a lead or a visit is known to be."""
    return Place(row.country, row.region, row.city) if row.country else None


def put_place(row: Lead | Visit, place: Place | None) -> None:
    """Writes a place, or none, into its columns."""
    row.country, row.region, row.city = astuple(place) if place else (None, None, None)
    if isinstance(row, Lead):
        row.region_key, row.city_key = _key(row.region), _key(row.city)


def _key(name: str | None) -> str | None:
    return fold(name, MOST) if name else None


def follow_visit(work: UnitOfWork, lead: Lead, place: Place) -> None:
    """A locked lead is where its last visit was."""
    former, before = place_of(lead), naming.columns(lead)
    if former == place:
        return
    put_place(lead, place)
    work.record(
        lead.id,
        ChangeKind.PROPERTIES_CHANGED,
        HistoryType.FIELD_CHANGE,
        {"lead": naming.changed(before, lead), "diffs": _diffs(before, naming.columns(lead))},
    )


def _diffs(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"path": f"location.{part}", "field_id": None, "label": label,
         "before": _logged(before[part]), "after": _logged(after[part])}
        for part, label in PARTS.items() if before[part] != after[part]
    ]  # fmt: skip


def _logged(name: str | None) -> LoggedValue | None:
    return {"type": "TEXT", "text": name} if name else None
