"""Where the columns of a file go: guessed from their names, or as a person says."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.fields import FieldDefinition
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import KEY, READ_ONLY
from resolvers.imports.dialect import refused
from resolvers.imports.reading import MAX_COLUMNS
from resolvers.text import fold

PERSON = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "jobTitle": "job_title",
    "language": "language",
    "birthday": "birthday",
    "postalAddress": "postal_address",
}
"""Targets that are personal fields, with the keys of those."""
MANY = frozenset({"emailAddress", "phoneNumber", "tags"})
"""Targets that several columns may have."""
TARGETS = (*PERSON, "name", "title", "timeZone", "recordedAt", "externalId", *sorted(MANY))
PROPERTY = "property:"
LEFT_OUT = "leadlight"
"""How columns begin that a file of rejected rows or of exported leads has besides: either may be
changed and imported as it is."""

NAMES = {
    "firstName": "first name, firstname, given name, forename, vorname, prenom, nombre, nome",
    "lastName": "last name, lastname, surname, family name, nachname, familienname, apellidos, "
    "apellido, cognome",
    "name": "name, full name, display name, contact name, contact, kontakt, file as",
    "company": "company, company name, organization, organisation, organization name, "
    "organization 1 name, account, account name, employer, firma, unternehmen, societe, empresa",
    "jobTitle": "job title, jobtitle, position, role, organization title, organization 1 title, "
    "occupation, beruf",
    "language": "language, preferred language, locale, sprache",
    "birthday": "birthday, birth date, birthdate, date of birth, geburtstag, geburtsdatum",
    "postalAddress": "address, postal address, mailing address, street address, full address, "
    "address 1 formatted, adresse, anschrift, direccion",
    "title": "lead title",
    "timeZone": "time zone, timezone, zeitzone",
    "recordedAt": "created at, created on, create date, creation date, date created, created time, "
    "created date",
    "emailAddress": "email, e mail, mail, email address, e mail address, emails, email addresses, "
    "primary email, work email, business email, home email, personal email, other email, "
    "email 1 value, email 2 value, email 3 value, e mail 1 value, e mail 2 value, "
    "e mail 2 address, e mail 3 address, email 1, email 2, email 3, correo electronico",
    "phoneNumber": "phone, phone number, telephone, telephone number, tel, mobile, mobile phone, "
    "mobile number, cell, cell phone, work phone, business phone, business phone 2, home phone, "
    "home phone 2, primary phone, other phone, phone 1 value, phone 2 value, phone 3 value, "
    "phone 1, phone 2, phone 3, phone numbers, telefon, telefonnummer, handy, mobil, telefono",
    "tags": "tags, tag, labels, label, categories, category, groups, group membership",
}


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(name))


GUESSES = {
    _folded(name): target for target, names in NAMES.items() for name in names.split(", ")
} | {_folded(target): target for target in TARGETS if target not in ("title", "externalId")}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its number from 1, its name in the file, and where it goes; None: left out."""

    number: int
    name: str
    target: str | None

    @property
    def property_key(self) -> str | None:
        """Key of the property that it goes to, if it does."""
        if self.target is None or not self.target.startswith(PROPERTY):
            return None
        return self.target.removeprefix(PROPERTY)


@dataclass(frozen=True)
class Layout:
    """All columns, and the one whose values say which lead a row is about."""

    columns: tuple[Column, ...]
    key: int | None = None
    """Number of the key column."""

    @property
    def used(self) -> list[Column]:
        return [each for each in self.columns if each.target]

    @property
    def property_keys(self) -> list[str]:
        return sorted({key for each in self.columns if (key := each.property_key)})


def name_columns(header: Sequence[str]) -> list[str]:
    """Names of all columns; InvalidInput where the first row is no row of names."""
    names = [" ".join(name.removeprefix("\ufeff").split()) for name in header]
    if not all(map(str.isprintable, names)):
        raise refused("The names of the columns have characters that can't be read.")
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise refused(f"A file has at most {MAX_COLUMNS:,} columns.")
    if any(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", name) for name in names):
        raise refused("The first row must hold the names of the columns.")
    return [name or f"Column {number}" for number, name in enumerate(names, 1)]


def choose(
    names: Sequence[str],
    chosen: Mapping[str, str | None],
    key: str | None,
    known: Mapping[str, FieldDefinition],
    *,
    guesses: bool = True,
) -> Layout:
    """Where each column goes; `chosen` and `key` name columns by name or number.

    Other columns go where their names say, or become properties; without `guesses` nowhere.
    InvalidInput for a column that is not there and a target that is none.
    """
    said = {find(names, place): target for place, target in chosen.items()}
    key_number = find(names, key) if key else None
    for number, target in said.items():
        if target is not None:
            _check(names[number - 1], target, known)
    if key_number:
        if said.get(key_number, "externalId") != "externalId":
            raise invalid("keyColumn", ProblemCode.CONTRADICTION, "The key column goes nowhere.")
        said[key_number] = "externalId"
    elif "externalId" in said.values():
        key_number = next(number for number, to in said.items() if to == "externalId")
    taken = Counter(target for target in said.values() if target)
    _refuse_doubles(taken)
    columns = []
    for number, name in enumerate(names, 1):
        target = said.get(number)
        if number not in said and guesses:
            target = _guess(name, taken, known)
            taken[target or ""] += 1
        columns.append(Column(number, name, target))
    return Layout(tuple(columns), key_number)


def read_target(text: str) -> str | None:
    """A target as a person writes it: `email`, `first_name`, `property:key`, a key alone, `-`."""
    text = text.strip()
    if text in ("", "-"):
        return None
    if text in TARGETS or text.startswith(PROPERTY):
        return text
    guessed = GUESSES.get(_folded(text)) or next(
        (target for target in TARGETS if _folded(target) == _folded(text)), None
    )
    return guessed or (PROPERTY + text if KEY.fullmatch(text) else text)


def find(names: Sequence[str], place: str) -> int:
    """Number of the column that has this name, or this number after `#` or alone."""
    folded = _folded(place)
    for number, name in enumerate(names, 1):
        if name == place.strip() or (folded and _folded(name) == folded):
            return number
    digits = place.strip().removeprefix("#")
    if digits.isdecimal() and digits.isascii() and 1 <= int(digits[:6]) <= len(names):
        return int(digits[:6])
    raise invalid("columns", ProblemCode.UNKNOWN, f"The file has no column `{place[:80]}`.")


def _check(name: str, target: str, known: Mapping[str, FieldDefinition]) -> None:
    if target in TARGETS:
        return
    key = target.removeprefix(PROPERTY)
    if target == key:
        raise invalid(
            "columns",
            ProblemCode.UNKNOWN,
            f"`{target[:80]}` is none of {', '.join(TARGETS)} and property:key.",
        )
    is_own = key in READ_ONLY or (key in known and known[key].is_built_in)
    if is_own or not KEY.fullmatch(key):
        raise invalid("columns", ProblemCode.MALFORMED, f"`{name}`: `{key[:80]}` is no key.")
    if key in known and known[key].archived_at:
        raise invalid("columns", ProblemCode.UNKNOWN, f"There is no field `{key}` to set.")


def _refuse_doubles(taken: Counter[str]) -> None:
    for target, count in taken.items():
        if count > 1 and target not in MANY:
            raise invalid(
                "columns", ProblemCode.CONTRADICTION, f"Two columns go to `{target}`; name one."
            )


def _guess(name: str, taken: Counter[str], known: Mapping[str, FieldDefinition]) -> str | None:
    if _folded(name).startswith(LEFT_OUT):
        return None
    target = GUESSES.get(_folded(name))
    if target and (target in MANY or not taken[target]):
        return target
    if name.startswith(PROPERTY) and not taken[name] and _is_free(name, known):
        return name
    return f"{PROPERTY}{_new_key(name, taken, known)}"


def _is_free(target: str, known: Mapping[str, FieldDefinition]) -> bool:
    """Whether a column that is called as its target can go there."""
    key = target.removeprefix(PROPERTY)
    is_archived = key in known and known[key].archived_at is not None
    return KEY.fullmatch(key) is not None and not _is_own(key, known) and not is_archived


def _new_key(name: str, taken: Counter[str], known: Mapping[str, FieldDefinition]) -> str:
    """A key by the rules of properties, none of the card's own and none used in this file."""
    wanted = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")
    if not wanted[:1].isalpha() or _is_own(wanted, known):
        wanted = f"imported_{wanted}".rstrip("_")
    key, count = wanted[:60].rstrip("_"), 1
    while taken[PROPERTY + key] or (key in known and known[key].archived_at):
        count += 1
        key = f"{wanted[:60]}_{count}"
    return key


def _is_own(key: str, known: Mapping[str, FieldDefinition]) -> bool:
    return key in READ_ONLY or (key in known and known[key].is_built_in)


def new_keys(layout: Layout, known: Iterable[str], filled: Iterable[int]) -> dict[str, str]:
    """Keys that no field has yet, with what those are to be called; only of columns with values.

    Blank: made from the key.
    """
    there, with_values = set(known), set(filled)
    return {
        key: "" if each.name == each.target else each.name[:80].strip()
        for each in layout.columns
        if (key := each.property_key) and key not in there and each.number in with_values
    }
