"""Typed values of properties, parameters and diffs."""

from datetime import date as Day
from datetime import datetime
from decimal import Decimal as Number
from typing import Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from models.ids import encode_id
from resolvers.currencies import CURRENCIES
from resolvers.errors import ProblemCode, invalid
from resolvers.values import (
    MAX_TEXT,
    Choice,
    LoggedValue,
    decimal,
    from_log,
    money,
    text,
    url,
)
from schema.context import Info
from schema.files import File, file_of
from schema.scalars import CurrencyCode, Decimal, Url, write_instant

MASK = "••••••"


@strawberry.interface(description="Typed value of a property, parameter or diff.")
class Value:
    display: str = strawberry.field(
        description="As people read it; English and the same for all, clients format by type."
    )
    copy_text: str | None = strawberry.field(
        description="Raw text for copying; null when it may not be copied."
    )


@strawberry.type(description="Text.")
class TextValue(Value):
    text: str = strawberry.field(description="At most 10,000 characters.")


@strawberry.type(description="Number.")
class NumberValue(Value):
    number: Decimal = strawberry.field(description="The number.")


@strawberry.type(description="Yes or no.")
class BooleanValue(Value):
    boolean: bool = strawberry.field(description="The value.")


@strawberry.type(description="Day.")
class DateValue(Value):
    date: Day = strawberry.field(description="The day.")


@strawberry.type(description="Instant.")
class DateTimeValue(Value):
    date_time: datetime = strawberry.field(description="The instant.")


@strawberry.type(description="Amount of money.")
class Money:
    amount: Decimal = strawberry.field(description="Amount in the currency's main unit.")
    currency: CurrencyCode = strawberry.field(description="Currency.")


@strawberry.type(description="Money.")
class MoneyValue(Value):
    money: Money = strawberry.field(description="The amount.")


@strawberry.type(description="Link.")
class UrlValue(Value):
    url: Url = strawberry.field(description="The link.")


@strawberry.type(description="Option of a dropdown or multi-select.")
class FieldOption:
    choice: strawberry.Private[Choice]

    @strawberry.field(description="The option.")
    def id(self) -> strawberry.ID:
        return global_id("option", self.choice.id)

    @strawberry.field(
        description="1 to 80 characters, unique in its field; in a history as it was then."
    )
    def label(self) -> str:
        return self.choice.label

    @strawberry.field(description="When it was taken from the list; values keep it.")
    async def archived_at(self, info: Info) -> datetime | None:
        view = await info.context.reading()
        row = await view.load.option.load(UUID(hex=self.choice.id))
        return row.archived_at if row else None


@strawberry.type(description="One option.")
class ChoiceValue(Value):
    option: FieldOption = strawberry.field(
        description="The option; an archived one stays readable."
    )


@strawberry.type(description="Several options.")
class ChoicesValue(Value):
    options: list[FieldOption] = strawberry.field(description="The options, at most 50.")


@strawberry.type(description="File.")
class FileValue(Value):
    choice: strawberry.Private[Choice]

    @strawberry.field(description="The file; null when it is gone.")
    async def file(self, info: Info) -> File | None:
        view = await info.context.reading()
        row = await view.load.file.load(UUID(hex=self.choice.id))
        return file_of(view, row) if row else None


@strawberry.type(description="Mention of another object by the name that it had then.")
class ReferenceValue(Value):
    """Names are kept as they were."""

    about: strawberry.Private[str | None]

    @strawberry.field(
        description="Id of a person, a state or a kind of dates, while it exists; null for others."
    )
    async def reference_id(self, info: Info) -> strawberry.ID | None:
        if self.about is None:
            return None
        # The log keeps no noun beside the id, and no two things have the same.
        load, key = (await info.context.reading()).load, UUID(hex=self.about)
        nouns: dict[str, DataLoader[UUID, Any]] = {
            "staff": load.staff,
            "state": load.state,
            "datekind": load.important_date_kind,
        }
        for noun, loader in nouns.items():
            if await loader.load(key):
                return global_id(noun, key)
        return None


@strawberry.type(description="Value that you may not see.")
class HiddenValue(Value):
    """The same mask for all values."""


VALUE_TYPES = [
    TextValue,
    NumberValue,
    BooleanValue,
    DateValue,
    DateTimeValue,
    MoneyValue,
    UrlValue,
    ChoiceValue,
    ChoicesValue,
    FileValue,
    ReferenceValue,
    HiddenValue,
]


def value_of(logged: LoggedValue | None) -> Value | None:
    """A value as the log holds it, for clients."""
    if logged is None:
        return None
    match logged["type"]:
        case "NUMBER":
            number = logged["number"]
            return NumberValue(
                display=f"{Number(number):,f}", copy_text=number, number=Decimal(number)
            )
        case "BOOLEAN":
            is_so = bool(logged["boolean"])
            return BooleanValue(
                display="Yes" if is_so else "No", copy_text=str(is_so).lower(), boolean=is_so
            )
        case "DATE":
            day = logged["date"]
            return DateValue(display=day, copy_text=day, date=Day.fromisoformat(day))
        case "INSTANT":
            return instant_value(datetime.fromisoformat(logged["at"]))
        case "MONEY":
            return _money(logged["amount"], logged["currency"])
        case "URL":
            link = logged["url"]
            display = link.partition("://")[2].rstrip("/")
            return UrlValue(display=display, copy_text=link, url=Url(link))
        case "DROPDOWN" | "MULTI_SELECT":
            return _options(logged)
        case "FILE":
            (choice,) = from_log(logged).options
            return FileValue(display=choice.label, copy_text=choice.label, choice=choice)
        case "REFERENCE":
            name = logged["name"]
            return ReferenceValue(display=name, copy_text=name, about=logged.get("id"))
    return text_value(logged["text"] or "")


def text_value(words: str) -> TextValue:
    """Words as they are."""
    return TextValue(display=words, copy_text=words, text=words)


def instant_value(at: datetime) -> DateTimeValue:
    """An instant, told in UTC."""
    return DateTimeValue(
        display=f"{at:%Y-%m-%d %H:%M} UTC", copy_text=write_instant(at), date_time=at
    )


def _options(logged: LoggedValue) -> ChoiceValue | ChoicesValue:
    chosen = from_log(logged)
    options = [FieldOption(choice=each) for each in chosen.options]
    if logged["type"] == "DROPDOWN":
        return ChoiceValue(display=chosen.words, copy_text=chosen.words, option=options[0])
    return ChoicesValue(display=chosen.words, copy_text=chosen.words, options=options)


def _money(amount: str, currency: str) -> MoneyValue:
    # The decimals of the currency, never fewer than the amount itself has.
    exponent = Number(amount).as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    decimals = max(CURRENCIES.get(currency, 0), own)
    return MoneyValue(
        display=f"{Number(amount):,.{decimals}f} {currency}",
        copy_text=amount,
        money=Money(amount=Decimal(amount), currency=CurrencyCode(currency)),
    )


def hidden() -> HiddenValue:
    """The mask."""
    return HiddenValue(display=MASK, copy_text=None)


@strawberry.input(description="Amount of money, not negative.")
class MoneyInput:
    amount: Decimal = strawberry.field(description="Amount in the currency's main unit.")
    currency: CurrencyCode = strawberry.field(description="Currency.")

    def given(self) -> dict[str, str]:
        """As use-cases take it."""
        return {"amount": self.amount, "currency": self.currency}


VALUE_KEYS = (
    "text",
    "number",
    "boolean",
    "date",
    "money",
    "url",
    "option_id",
    "option_ids",
    "upload_id",
)


@strawberry.input(description="Value to store; it must fit the type of the field.", one_of=True)
class ValueInput:
    text: strawberry.Maybe[str] = strawberry.field(description="TEXT, at most 10,000 characters.")
    number: strawberry.Maybe[Decimal] = strawberry.field(description="NUMBER.")
    boolean: strawberry.Maybe[bool] = strawberry.field(description="BOOLEAN.")
    date: strawberry.Maybe[Day] = strawberry.field(description="DATE.")
    money: strawberry.Maybe[MoneyInput] = strawberry.field(description="MONEY.")
    url: strawberry.Maybe[Url] = strawberry.field(description="URL.")
    option_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="DROPDOWN.")
    option_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="MULTI_SELECT, at most 50; none clears."
    )
    upload_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="FILE, from `createUpload`."
    )

    def given(self) -> dict[str, Any]:
        """The one key and its value, as use-cases take it."""
        for key in VALUE_KEYS:
            part = getattr(self, key)
            if part is not None:
                value = part.value
                return {key: value.given() if isinstance(value, MoneyInput) else value}
        raise AssertionError("a one-of input has one key")


@strawberry.type(description="Name and value.")
class Parameter:
    name: str = strawberry.field(description="1 to 64 characters.")
    value: Value = strawberry.field(description="The value.")


@strawberry.input(description="Name and value.")
class ParameterInput:
    name: str = strawberry.field(description="1 to 64 characters; at most 50 a set.")
    value: ValueInput = strawberry.field(description="The value.")


def logged_parameters(path: str, given: list[ParameterInput]) -> list[tuple[str, LoggedValue]]:
    """Checked parameters as they are stored."""
    return [
        (each.name, _logged(f"{path}.{index}.value", each.value.given()))
        for index, each in enumerate(given)
    ]


def _logged(path: str, given: dict[str, Any]) -> LoggedValue:
    key, value = next(iter(given.items()))
    match key:
        case "text":
            return text(path, value, MAX_TEXT).logged()
        case "number":
            return {"type": "NUMBER", "number": format(decimal(path, value), "f")}
        case "boolean":
            return {"type": "BOOLEAN", "boolean": value}
        case "date":
            return {"type": "DATE", "date": value.isoformat()}
        case "money":
            return money(path, value["amount"], value["currency"]).logged()
        case "url":
            return url(path, value).logged()
    raise invalid(path, ProblemCode.WRONG_TYPE, "This value can't be a parameter.")


def global_id(noun: str, value: UUID | str) -> strawberry.ID:
    """The id of an object as clients see it."""
    return strawberry.ID(encode_id(noun, value if isinstance(value, UUID) else UUID(hex=value)))
