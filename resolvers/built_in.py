"""Fields that every workspace has: where they stand on the card, and their own rules."""

from collections.abc import Callable, Sequence

from models.enums import FieldType, ListingType
from resolvers.errors import ProblemCode, invalid
from resolvers.text import clean, fold, language_tag, required, time_zone
from resolvers.values import TypedValue

PERSON_PATHS = {
    "first_name": "person.firstName",
    "last_name": "person.lastName",
    "company": "person.company",
    "job_title": "person.jobTitle",
    "language": "person.language",
    "birthday": "person.birthday",
    "postal_address": "person.postalAddress",
}
SALES_PATHS = {
    "sales_listing_types": "sales.listingTypes",
    "sales_property_types": "sales.propertyTypes",
    "sales_price_min": "sales.priceMin",
    "sales_price_max": "sales.priceMax",
    "sales_move_in_from": "sales.moveInFrom",
    "sales_move_in_to": "sales.moveInTo",
    "sales_remarks": "sales.remarks",
}
PATHS = {**PERSON_PATHS, **SALES_PATHS, "time_zone": "timeZone"}
"""How diffs and conflicts name the fields that have another name on the card."""

TEXT_LIMITS = {
    "first_name": 100,
    "last_name": 100,
    "company": 120,
    "job_title": 120,
    "title": 120,
    "postal_address": 300,
}
MAX_REMARKS = 2_000
MAX_PROPERTY_TYPES = 20
MAX_PROPERTY_TYPE = 40


def check(path: str, key: str, value: TypedValue) -> TypedValue | None:
    """A value for a built-in field under the field's own rules; None for one that clears it."""
    if value.type is not FieldType.TEXT:
        return value
    return text(path, key, value.text)


def text(path: str, key: str, value: str | None) -> TypedValue | None:
    """A checked text of a built-in field; blank clears it. Lists hold one word a line."""
    read = RULES.get(key)
    if value is None or not value.strip():
        return None
    words = read(path, value) if read else clean(path, value, TEXT_LIMITS[key])
    return TypedValue(FieldType.TEXT, text=words) if words else None


def lines(value: TypedValue | None) -> list[str]:
    """The words of a list."""
    return value.text.split("\n") if value and value.text else []


def listing_types(path: str, given: Sequence[str]) -> str:
    """SALES, RENTALS or both, each once."""
    for index, word in enumerate(given):
        if word not in ListingType.__members__:
            raise invalid(f"{path}.{index}", ProblemCode.UNKNOWN, "SALES or RENTALS.")
    return "\n".join(kind for kind in ListingType if kind in given)


def property_types(path: str, given: Sequence[str]) -> str:
    """Kinds of property, each once without regard to case, in the order given."""
    if len(given) > MAX_PROPERTY_TYPES:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_PROPERTY_TYPES} kinds.")
    words: dict[str, str] = {}
    for index, word in enumerate(given):
        kept = required(f"{path}.{index}", word, MAX_PROPERTY_TYPE)
        words.setdefault(fold(kept), kept)
    return "\n".join(words.values())


RULES: dict[str, Callable[[str, str], str]] = {
    "language": language_tag,
    "time_zone": time_zone,
    "sales_listing_types": lambda path, value: listing_types(path, value.split("\n")),
    "sales_property_types": lambda path, value: property_types(path, value.split("\n")),
    "sales_remarks": lambda path, value: clean(path, value, MAX_REMARKS, lines=True),
}
"""Fields whose text is more than one line of words."""
