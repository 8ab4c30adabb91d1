"""A row of a file becomes what is known of a person, under the rules that the API has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

from models.enums import FieldType, InvalidEmailReason
from models.fields import FieldDefinition
from resolvers import built_in, contact_points, tags
from resolvers.cells import parted, plain
from resolvers.errors import DomainError, ProblemCode, invalid
from resolvers.fields import Edit, Options, spelled
from resolvers.fields.checking import GERMAN_DATE, day
from resolvers.imports.columns import PERSON, Column, Layout
from resolvers.imports.reading import Row
from resolvers.text import required
from resolvers.values import TypedValue

BETWEEN_NUMBERS = re.compile(r"[\r\n]+")
BETWEEN_ADDRESSES = re.compile(r"[;,\r\n]+")
BETWEEN_TAGS = re.compile(r"[;,|\r\n]+")
OWN = {"title": "title", "timeZone": "time_zone"}
"""Targets that are fields of the lead itself, with their keys."""
MAX_EXTERNAL_ID = 128


class RowRejected(Exception):
    """The row can't be imported; the message says all that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address, the key of its one row, and why it can't be mailed, if so."""

    key: str
    reason: InvalidEmailReason | None
    typed: str


@dataclass(slots=True)
class Contact:
    """A checked row: only what has a value is there."""

    number: int
    """Of the row, from 1."""
    line: int
    fingerprint: bytes
    cells: Sequence[str]
    external_id: str | None = None
    edits: list[Edit] = field(default_factory=list)
    addresses: dict[str, Address] = field(default_factory=dict)
    """By key, in the order of the file."""
    phones: dict[str, str] = field(default_factory=dict)
    """Numbers as typed, by their form for dialling."""
    tags: dict[str, str] = field(default_factory=dict)
    """Names by folded key."""
    recorded_at: datetime | None = None

    @property
    def matchable(self) -> list[str]:
        """Keys of the addresses that say who somebody is."""
        return [each.key for each in self.addresses.values() if each.reason is None]


class Checker:
    """Checks rows of one layout; `known` has the definition of every property in it."""

    def __init__(
        self,
        layout: Layout,
        known: Mapping[str, FieldDefinition],
        region: str,
        options: Options | None = None,
    ) -> None:
        self._layout = layout
        self._known = known
        self._region = region
        self._options = options or {}
        self._used = sorted(layout.used, key=lambda each: (each.target or "", each.number))
        self._width = len(layout.columns)
        written = [*(each.target or "" for each in self._used), str(layout.key is not None)]
        self.digest = blake2b("\x1f".join(written).encode(), digest_size=16).digest()
        """Of the layout: files of one layout have the same."""

    @property
    def has_key(self) -> bool:
        """Whether a column says which lead a row is about."""
        return self._layout.key is not None

    def check(self, number: int, row: Row) -> Contact:
        """What a row says; RowRejected with all its problems."""
        cells = [plain(cell) for cell in row.cells]
        if any(cells[self._width :]):
            raise RowRejected(f"Has {len(cells)} cells; the file has {self._width} columns.")
        cells += [""] * (self._width - len(cells))
        print_of = blake2b(key=self.digest, digest_size=16)
        contact = Contact(number, row.line, b"", row.cells)
        problems, name = [], None
        for column in self._used:
            cell = cells[column.number - 1]
            print_of.update(cell.encode("utf-8", "surrogatepass") + b"\x1f")
            if not cell:
                continue
            try:
                if column.target == "name":
                    name = cell
                else:
                    self._read(contact, column, cell)
            except DomainError as refused:
                problems.append(f"{column.name}: {refused.message}")
        contact.fingerprint = print_of.digest()
        if name and not self._is_named(contact):
            problems += self._read_name(contact, name)
        if self.has_key and contact.external_id is None and not problems:
            problems.append("The key is empty.")
        if problems:
            raise RowRejected(" ".join(problems))
        return contact

    def _read(self, contact: Contact, column: Column, cell: str) -> None:
        target, place = column.target or "", column.name
        if target == "emailAddress":
            _read_addresses(contact, cell)
        elif target == "phoneNumber":
            self._read_phones(contact, cell)
        elif target == "tags":
            contact.tags |= tags.check(parted(cell, BETWEEN_TAGS), most=tags.MAX_ON_LEAD)
        elif target == "externalId":
            contact.external_id = required(place, cell, MAX_EXTERNAL_ID)
        elif target == "recordedAt":
            contact.recorded_at = _instant(cell)
        elif target in PERSON:
            self._read_person(contact, PERSON[target], cell)
        elif target in OWN:
            self._add(contact, OWN[target], built_in.text(place, OWN[target], cell))
        else:
            definition = self._known[column.property_key or ""]
            options = self._options.get(definition.id, ())
            key = definition.type.value.lower()
            self._add(contact, definition.key, spelled(definition, options, key, cell))

    def _add(self, contact: Contact, key: str, value: TypedValue | None) -> None:
        if value is not None:
            contact.edits.append(Edit(self._known[key], value))

    def _read_person(self, contact: Contact, key: str, cell: str) -> None:
        if key == "birthday":
            self._add(contact, key, TypedValue(FieldType.DATE, day=day(cell)))
            return
        # A postal address has lines in a file and is one line here.
        text = " ".join(cell.split()) if key == "postal_address" else cell
        self._add(contact, key, built_in.text(key, key, text))

    def _read_phones(self, contact: Contact, cell: str) -> None:
        for typed in parted(cell, BETWEEN_NUMBERS):
            typed = required("phone", typed, 40)
            contact.phones.setdefault(contact_points.e164("phone", typed, self._region), typed)
        if len(contact.phones) > contact_points.MAX_PER_LEAD:
            raise invalid("phone", ProblemCode.TOO_LARGE, "At most 20 numbers.")

    def _is_named(self, contact: Contact) -> bool:
        return any(each.field.key in ("first_name", "last_name") for each in contact.edits)

    def _read_name(self, contact: Contact, name: str) -> list[str]:
        """`Lena Lorenz`, or `Lorenz, Lena`."""
        last, comma, first = name.partition(",")
        if not comma:
            first, _, last = name.partition(" ")
        try:
            for key, part in (("first_name", first), ("last_name", last)):
                self._add(contact, key, built_in.text(key, key, part))
        except DomainError as refused:
            return [f"Name: {refused.message}"]
        return []


def _read_addresses(contact: Contact, cell: str) -> None:
    for typed in parted(cell, BETWEEN_ADDRESSES):
        typed = required("address", typed, contact_points.MAX_ADDRESS)
        key, reason = contact_points.judge(typed)
        contact.addresses.setdefault(key, Address(key, reason, typed))
    if len(contact.addresses) > contact_points.MAX_PER_LEAD:
        raise invalid("address", ProblemCode.TOO_LARGE, "At most 20 addresses.")


def _instant(cell: str) -> datetime:
    """A day or an instant; without an offset it is UTC."""
    if GERMAN_DATE.fullmatch(cell):
        at = day(cell)
        return datetime(at.year, at.month, at.day, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(cell.removesuffix(" UTC"))
    except (ValueError, OverflowError) as error:
        message = "An instant such as 2001-12-31T09:00:00Z."
        raise invalid("instant", ProblemCode.MALFORMED, message) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
