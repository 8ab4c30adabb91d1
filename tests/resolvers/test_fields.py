"""Fields: keys, types, and what may be set through them."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.enums import FieldType, ValueSource
from models.fields import FieldDefinition, Property
from models.leads import Lead
from resolvers import fields, leads
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import LimitReached, Precondition, PreconditionReason, ProblemCode
from resolvers.fields import NewField
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of, head_of


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def lead_id(services: Services) -> UUID:
    return await make_lead(services)


async def row_of(services: Services, key: str) -> Property:
    async with services.database.read_session() as session:
        statement = (
            select(Property)
            .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
            .where(col(FieldDefinition.key) == key)
        )
        return (await session.scalars(statement)).one()


@pytest.mark.behaviour("B14", "B15")
async def test_an_unknown_key_makes_a_field_of_the_values_type(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    money = {"money": {"amount": "12.50", "currency": "EUR"}}
    for key, value, kind in (
        ("last_purchase", money, FieldType.MONEY),
        ("rooms", {"number": "3"}, FieldType.NUMBER),
        ("likes_brass", {"boolean": True}, FieldType.BOOLEAN),
        ("moved_in", {"date": date(2026, 2, 28)}, FieldType.DATE),
        ("found_at", {"url": "https://a.example"}, FieldType.URL),
        ("remark", {"text": "a"}, FieldType.TEXT),
        ("nothing", None, FieldType.TEXT),
    ):
        await act(services, admin, leads.set_properties, lead_id, [PropertyEdit(key, value)])
        async with services.database.read_session() as session:
            field = (await fields.definitions(session, key))[key]
        assert (field.type, field.is_built_in, field.is_listed) == (kind, False, True)
    assert field.label == "Nothing"
    row = await row_of(services, "last_purchase")
    assert (row.number_value, row.currency) == (Decimal("12.5"), "EUR")
    assert (row.source, row.updated_by_name) == (ValueSource.MANUAL, "Ada Ames")


@pytest.mark.behaviour("B15")
async def test_only_canonical_numbers_are_taken(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    for typed in (
        "12,50", "NaN", "Infinity", "-Infinity", "1e3", "0x1", " 1", "+1", "1_000", "", ".5", "5.",
        "1.0000001", "1234567890123", "١٢", "1\n",
    ):  # fmt: skip
        edit = PropertyEdit("rooms", {"number": typed})
        assert await problem_of(
            act(services, admin, leads.set_properties, lead_id, [edit])
        ) == ("properties.0.value", ProblemCode.MALFORMED), typed  # fmt: skip
    for typed, stored in (
        ("12.50", "12.5"),
        ("-0", "0"),
        ("100", "100"),
        ("0.000001", "0.000001"),
        ("999999999999.999999", "999999999999.999999"),
    ):
        edit = PropertyEdit("rooms", {"number": typed})
        await act(services, admin, leads.set_properties, lead_id, [edit])
        assert (await row_of(services, "rooms")).number_value == Decimal(stored)
        change = (await changes_of(services, lead_id))[-1]
        assert change.data is not None
        assert change.data["diffs"][0]["after"] == {"type": "NUMBER", "number": stored}


@pytest.mark.behaviour("B9", "B10")
async def test_odd_values_are_refused(services: Services, admin: StaffActor, lead_id: UUID) -> None:
    for key, kind in (("amount", FieldType.MONEY), ("at", FieldType.URL), ("day", FieldType.DATE)):
        await act(services, admin, fields.create_field, NewField(key, key, kind))
    eur = {"amount": "-1", "currency": "EUR"}
    for key, value, path, code in (
        ("amount", {"money": eur}, "value.amount", ProblemCode.TOO_SMALL),
        ("amount", {"money": {"amount": "1", "currency": "eur"}}, "value.currency",
         ProblemCode.MALFORMED),
        ("amount", {"money": {"amount": "1,5", "currency": "EUR"}}, "value.amount",
         ProblemCode.MALFORMED),
        ("amount", {"text": "12"}, "value", ProblemCode.WRONG_TYPE),
        ("day", {"text": "2026-01-01"}, "value", ProblemCode.WRONG_TYPE),
        ("at", {"url": "javascript:alert(1)"}, "value", ProblemCode.MALFORMED),
        ("at", {"url": "//a.example"}, "value", ProblemCode.MALFORMED),
        ("at", {"url": "http://[::1"}, "value", ProblemCode.MALFORMED),
        ("remark", {"text": "x" * 10_001}, "value", ProblemCode.TOO_LARGE),
        ("remark", {"text": "a\x00b"}, "value", ProblemCode.MALFORMED),
        ("first_name", {"text": "x" * 101}, "value", ProblemCode.TOO_LARGE),
        ("title", {"text": "x" * 121}, "value", ProblemCode.TOO_LARGE),
        ("title", {"text": "two\nlines"}, "value", ProblemCode.MALFORMED),
        ("time_zone", {"text": "Mars/Base"}, "value", ProblemCode.UNKNOWN),
        ("birthday", {"text": "x"}, "value", ProblemCode.WRONG_TYPE),
    ):  # fmt: skip
        edits = [PropertyEdit("rest", {"text": "a"}), PropertyEdit(key, value)]
        assert await problem_of(
            act(services, admin, leads.set_properties, lead_id, edits)
        ) == (f"properties.1.{path}", code), (key, value)  # fmt: skip
    assert await head_of(services, lead_id) == 1


@pytest.mark.behaviour("B10")
async def test_odd_keys_are_refused(services: Services, admin: StaffActor, lead_id: UUID) -> None:
    async def set_key(*keys: str) -> Any:
        edits = [PropertyEdit(key, {"text": "a"}) for key in keys]
        return await act(services, admin, leads.set_properties, lead_id, edits)

    for key in ("", "Remark", "1st", "_a", "a b", "a-b", "ключ", "a" * 65, "a\x00", "a\n"):
        assert await problem_of(set_key(key)) == (
            "properties.0.fieldKey", ProblemCode.MALFORMED,
        ), key  # fmt: skip
    assert await problem_of(set_key("a", "b", "a")) == (
        "properties.2.fieldKey", ProblemCode.CONTRADICTION,
    )  # fmt: skip
    assert await problem_of(set_key()) == ("properties", ProblemCode.REQUIRED)
    assert await problem_of(set_key(*(f"k{n}" for n in range(51)))) == (
        "properties", ProblemCode.TOO_LARGE,
    )  # fmt: skip
    await set_key("a" * 64, "z9_")


@pytest.mark.behaviour("B9")
async def test_the_cards_own_parts_are_no_properties(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    for key in ("email", "Email", "created-at", "Created At", "id", "state", "assignee", "source"):
        for value in ({"text": "a"}, None):
            with pytest.raises(Precondition) as caught:
                await act(
                    services, admin, leads.set_properties, lead_id, [PropertyEdit(key, value)]
                )
            assert caught.value.reason is PreconditionReason.READ_ONLY


@pytest.mark.behaviour("B9")
async def test_a_field_of_the_person_can_be_set_by_its_key(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    edits = [
        PropertyEdit("first_name", {"text": " Bea "}),
        PropertyEdit("title", {"text": "Dr"}),
        PropertyEdit("time_zone", {"text": "Asia/Tokyo"}),
        PropertyEdit("last_name", {"text": " "}),
    ]
    await act(services, admin, leads.set_properties, lead_id, edits)
    async with services.database.read_session() as session:
        lead = await session.get_one(Lead, lead_id)
    assert (lead.display_name, lead.title, lead.time_zone) == ("Bea", "Dr", "Asia/Tokyo")


@pytest.mark.behaviour("B10")
async def test_a_field_is_defined_once(services: Services, admin: StaffActor) -> None:
    new = NewField("floors", " Floors ", FieldType.NUMBER, hint=" ", unit="m")
    field = await act(services, admin, fields.create_field, new)
    assert (field.label, field.hint, field.unit) == ("Floors", None, "m")
    for key, path, code in (
        ("floors", "key", ProblemCode.TAKEN),
        ("first_name", "key", ProblemCode.TAKEN),
        ("email", "key", ProblemCode.TAKEN),
        ("state", "key", ProblemCode.TAKEN),
        ("Floors", "key", ProblemCode.MALFORMED),
        ("a\x00", "key", ProblemCode.MALFORMED),
    ):
        run = act(services, admin, fields.create_field, NewField(key, "A", FieldType.TEXT))
        assert await problem_of(run) == (path, code)
    run = act(services, admin, fields.create_field, NewField("b", " ", FieldType.TEXT))
    assert await problem_of(run) == ("label", ProblemCode.REQUIRED)


@pytest.mark.behaviour("B10")
async def test_an_archived_field_can_not_be_set(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    edit = [PropertyEdit("remark", {"text": "a"})]
    await act(services, admin, leads.set_properties, lead_id, edit)
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "remark")
            .values(archived_at=work.at)
        )
    for value in ({"text": "b"}, None):
        run = act(services, admin, leads.set_properties, lead_id, [PropertyEdit("remark", value)])
        assert await problem_of(run) == ("properties.0.fieldKey", ProblemCode.UNKNOWN)


@pytest.mark.behaviour("B10")
async def test_there_are_at_most_500_fields(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        known = await fields.definitions(work.session)
        group = known["title"].group_id
        for number in range(fields.MAX_FIELDS - len(known)):
            work.session.add(
                FieldDefinition(
                    key=f"f{number}", label="F", type=FieldType.TEXT, group_id=group, position=0
                )
            )
    with pytest.raises(LimitReached) as caught:
        await act(
            services, admin, leads.set_properties, lead_id, [PropertyEdit("more", {"text": "a"})]
        )
    assert caught.value.limit == 500
    await act(services, admin, leads.set_properties, lead_id, [PropertyEdit("f0", {"text": "a"})])
