"""Column types hold the same value on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import StatementError
from sqlmodel import col

from models.enums import ActorKind, ValueSource
from models.fields import FieldDefinition, Property
from models.ids import decode_id, encode_id, new_id
from models.staff import Staff
from resolvers.services import Services
from tests.factories import make_lead, make_staff

EAST = timezone(timedelta(hours=5, minutes=30))


async def through(services: Services, **values: Any) -> Property:
    """A property as it comes back from the database; nothing of it stays."""
    lead_id = await make_lead(services)
    async with services.database.write_session() as session:
        field_id = (await session.scalars(select(col(FieldDefinition.id)).limit(1))).one()
        row = {
            "lead_id": lead_id,
            "field_id": field_id,
            "source": ValueSource.MANUAL,
            "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
            "updated_by_kind": ActorKind.STAFF,
            "updated_by_name": "Ada",
            **values,
        }
        await session.execute(
            delete(Property).where(
                col(Property.lead_id) == lead_id, col(Property.field_id) == field_id
            )
        )
        await session.execute(insert(Property), [row])
        found = await session.get_one(Property, (lead_id, field_id))
        session.expunge_all()
        await session.rollback()
    return found


async def test_instants_come_back_in_utc_with_microseconds(services: Services) -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 123457, EAST)
    row = await through(services, instant_value=at)
    assert row.instant_value == at
    assert row.instant_value is not None
    assert row.instant_value.utcoffset() == timedelta(0)
    assert row.instant_value.microsecond == 123457


async def test_naive_instants_are_refused(services: Services) -> None:
    with pytest.raises(StatementError, match="time zone"):
        await through(services, instant_value=datetime(2026, 1, 1))


@pytest.mark.behaviour("B15")
async def test_decimals_are_exact(services: Services) -> None:
    for text in ("0.1", "-0.000001", "999999999999.999999", "0", "12.50", "-1"):
        row = await through(services, number_value=Decimal(text))
        assert row.number_value == Decimal(text)
        assert "E" not in f"{row.number_value:f}"
    for text in ("0.0000001", "1.23456789"):
        with pytest.raises(StatementError, match="decimals"):
            await through(services, number_value=Decimal(text))


async def test_enums_refuse_other_words(services: Services) -> None:
    with pytest.raises(StatementError):
        await through(services, source="SOMETHING")


async def test_json_comes_back_as_it_was(services: Services) -> None:
    for value in ([], [{"a": None, "b": [1, 2.5, "ü🙂"]}], None):
        assert (await through(services, json_value=value)).json_value == value


async def test_names_are_ordered_byte_by_byte(services: Services) -> None:
    for name in ("Zed", "ada", "Ärger", "_x", "bo-b", "bo b", "éa"):
        await make_staff(services, name=name)
    async with services.database.read_session() as session:
        keys = list(await session.scalars(select(col(Staff.name_key)).order_by(Staff.name_key)))
    assert keys == sorted(keys, key=lambda key: key.encode())


def test_ids_have_one_form_outside() -> None:
    made = new_id()
    assert decode_id("lead", encode_id("lead", made)) == made
    digits = made.hex
    for odd in (
        f"note_{digits}",
        f"lead_{digits[:-1]}",
        f"lead_{digits.upper()}" if digits.upper() != digits else "lead_",
        f"lead_{str(made)}",
        f"lead_{digits} ",
        digits,
        "",
        f"lead_{'g' * 32}",
        f"lead_{'٣' * 32}",
    ):
        with pytest.raises(ValueError, match=r".+"):
            decode_id("lead", odd)


def test_later_ids_sort_later() -> None:
    made = [new_id() for _ in range(1_000)]
    assert made == sorted(made)
