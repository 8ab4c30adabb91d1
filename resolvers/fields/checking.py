"""What clients and files say of a field's value, checked against its definition."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from models.enums import FieldType
from models.fields import FieldDefinition, FieldOption
from resolvers.cells import parted
from resolvers.errors import InvalidInput, ProblemCode, invalid
from resolvers.fields.options import MAX_CHOSEN, choice_of, option_id, option_key
from resolvers.values import CHOICES, Choice, TypedValue, of_type, plain

GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
MONEY = re.compile(r"(?:(?P<a>[A-Z]{3}) ?)?(?P<amount>-?[0-9.]+)(?: ?(?P<b>[A-Z]{3}))?")
YES = frozenset({"yes", "true", "1", "y", "on", "x", "ja"})
NO = frozenset({"no", "false", "0", "n", "off", "nein"})
BETWEEN_OPTIONS = re.compile(r"[;,|\r\n]+")


def checked(
    field: FieldDefinition,
    options: Sequence[FieldOption],
    path: str,
    given: dict[str, Any],
    held: TypedValue | None = None,
) -> TypedValue | None:
    """What a client sent for a field; None if it clears it.

    `held` is the present value: an archived option can be kept, not chosen anew.
    """
    if field.type in CHOICES:
        return _chosen(field, options, path, given, held)
    value = of_type(field.type, path, given)
    check_bounds(field, path, value)
    return value


def check_bounds(field: FieldDefinition, path: str, value: TypedValue) -> None:
    """InvalidInput for a number or an amount that the field does not take."""
    number = value.number
    if number is None or field.type not in (FieldType.NUMBER, FieldType.MONEY):
        return
    if field.minimum is not None and number < field.minimum:
        raise invalid(path, ProblemCode.TOO_SMALL, f"At least {plain(field.minimum)}.")
    if field.maximum is not None and number > field.maximum:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {plain(field.maximum)}.")


def _chosen(
    field: FieldDefinition,
    options: Sequence[FieldOption],
    path: str,
    given: dict[str, Any],
    held: TypedValue | None,
) -> TypedValue | None:
    key, value = next(iter(given.items()))
    if key != ("option_id" if field.type is FieldType.DROPDOWN else "option_ids"):
        raise invalid(
            path, ProblemCode.WRONG_TYPE, f"This field takes a value of type {field.type}."
        )
    ids = [value] if field.type is FieldType.DROPDOWN else list(value)
    if len(ids) > MAX_CHOSEN:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_CHOSEN} options.")
    kept = {each.id for each in held.options} if held else set()
    found = {each.id: each for each in options}
    wanted = set()
    for text in ids:
        option = found.get(option_id(path, text))
        if option is None or (option.archived_at and option.id.hex not in kept):
            raise invalid(path, ProblemCode.UNKNOWN, "The field has no such option.")
        if option.id in wanted:
            raise invalid(path, ProblemCode.CONTRADICTION, "Each option once.")
        wanted.add(option.id)
    choices = tuple(choice_of(each) for each in options if each.id in wanted)
    return TypedValue(field.type, options=choices) if choices else None


def spelled(
    field: FieldDefinition, options: Sequence[FieldOption], path: str, text: str
) -> TypedValue:
    """A value as people spell it in files: options by their label, `31.12.2001`, `12.50 EUR`."""
    value = _spelled(field, options, path, text)
    check_bounds(field, path, value)
    return value


def _spelled(
    field: FieldDefinition, options: Sequence[FieldOption], path: str, text: str
) -> TypedValue:
    if field.type in CHOICES:
        return TypedValue(field.type, options=_labelled(field, options, path, text))
    key = field.type.value.lower()
    return of_type(field.type, path, {key: _given(field.type, text)})


def fitted(
    field: FieldDefinition, options: Sequence[FieldOption], value: TypedValue
) -> TypedValue | None:
    """A stored value as the field's present type has it; None for one that does not fit.

    The field's bounds are no matter: the value was right once.
    """
    if value.type is field.type:
        return value
    if field.type is FieldType.TEXT:
        return TypedValue(FieldType.TEXT, text=value.words)
    if field.type in CHOICES and value.type in CHOICES:
        is_one = field.type is FieldType.MULTI_SELECT or len(value.options) == 1
        return TypedValue(field.type, options=value.options) if is_one else None
    if value.type is not FieldType.TEXT and value.type is not FieldType.URL:
        return None
    try:
        return _spelled(field, options, "value", value.words)
    except InvalidInput:
        return None


def _labelled(
    field: FieldDefinition, options: Sequence[FieldOption], path: str, text: str
) -> tuple[Choice, ...]:
    by_label = {option_key(each.label): each for each in options if not each.archived_at}
    words = [text]
    if field.type is FieldType.MULTI_SELECT and option_key(text) not in by_label:
        words = parted(text, BETWEEN_OPTIONS)
    unknown = next((word for word in words if option_key(word) not in by_label), None)
    if unknown is not None:
        raise invalid(path, ProblemCode.UNKNOWN, f"There is no option {unknown[:80]}.")
    if len(words) > MAX_CHOSEN:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_CHOSEN} options.")
    wanted = {by_label[option_key(word)].id for word in words}
    return tuple(choice_of(each) for each in options if each.id in wanted)


def _given(kind: FieldType, text: str) -> Any:
    """What a client would have sent for this text."""
    if kind is FieldType.BOOLEAN:
        word = text.casefold()
        if word not in YES | NO:
            raise invalid("boolean", ProblemCode.WRONG_TYPE, "Yes or no.")
        return word in YES
    if kind is FieldType.DATE:
        return day(text)
    if kind is FieldType.MONEY:
        return _money(text)
    return text


def _money(text: str) -> dict[str, str]:
    """`12.50 EUR` or `EUR 12.50`."""
    found = MONEY.fullmatch(text)
    currency = found and (found["a"] or found["b"])
    if not found or not currency or (found["a"] and found["b"]):
        raise invalid("money", ProblemCode.MALFORMED, "An amount and a currency: 12.50 EUR.")
    return {"amount": found["amount"], "currency": currency}


def day(text: str) -> date:
    """`2001-12-31` or `31.12.2001`; other forms could be read in two ways."""
    try:
        german = GERMAN_DATE.fullmatch(text)
        if german:
            return date(int(german[3]), int(german[2]), int(german[1]))
        return date.fromisoformat(text[:10] if text[10:11] in ("T", " ") else text)
    except ValueError as error:
        raise invalid("date", ProblemCode.MALFORMED, "A day such as 2001-12-31.") from error
