"""Changing definitions of fields: options, bounds, types, and what becomes of values."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.enums import FieldType, FieldVisibility, StaffRole
from models.fields import FieldDefinition, Property
from models.workspace import WorkspaceChange
from resolvers import fields, leads
from resolvers.actors import StaffActor
from resolvers.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
)
from resolvers.fields import NewField, OptionEdit
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.values import Choice, TypedValue
from tests.factories import make_lead, make_staff
from tests.importing import received_upload
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of, head_of, verify_change

pytestmark = pytest.mark.behaviour("C30")
DROPDOWN, MULTI, TEXT = FieldType.DROPDOWN, FieldType.MULTI_SELECT, FieldType.TEXT


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def lead_id(services: Services, admin: StaffActor) -> UUID:
    return await make_lead(services, admin)


async def define(
    services: Services, admin: StaffActor, kind: FieldType, *labels: str, **more: Any
) -> FieldDefinition:
    options = [OptionEdit(label) for label in labels] if labels else None
    new = NewField("heating", "Heating", kind, options=options, **more)
    field: FieldDefinition = await act(services, admin, fields.create_field, new)
    return field


async def change(
    services: Services, admin: Any, field: FieldDefinition, **given: Any
) -> tuple[FieldDefinition, int]:
    changed: tuple[FieldDefinition, int] = await act(
        services, admin, fields.update_field, field.id, given, None
    )
    return changed


async def options(services: Services, field: FieldDefinition) -> list[tuple[str, str, bool]]:
    """Id, label and whether it is archived, of each option in order."""
    async with services.database.read_session() as session:
        found = (await fields.options_of(session, field.id)).get(field.id, [])
    return [(f"option_{row.id.hex}", row.label, bool(row.archived_at)) for row in found]


async def put(services: Services, actor: Any, lead_id: UUID, value: dict[str, Any] | None) -> None:
    edit = [PropertyEdit("heating", value)]
    await act(services, actor, leads.set_properties, lead_id, edit)


async def shown(services: Services, field: FieldDefinition) -> tuple[str | None, bool]:
    """The value as the field's type has it, or None, and as it was stored."""
    async with services.database.read_session() as session:
        definition = await session.get_one(FieldDefinition, field.id)
        row = await session.scalar(select(Property).where(col(Property.field_id) == field.id))
        rows = {field.id: row} if row else {}
        value = fields.value_in(rows, definition)
        found = (await fields.options_of(session, field.id)).get(field.id, [])
    if value is None:
        return None, False
    fitted = fields.fitted(definition, found, value)
    return (fitted or value).words, fitted is None


async def test_a_dropdown_takes_one_of_its_options_and_a_multi_select_several(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    field = await define(services, admin, DROPDOWN, "Gas", "Wood", "Sun")
    (gas, *_), (wood, *_), _ = await options(services, field)
    await verify_change(
        services, lead_id, lambda: put(services, admin, lead_id, {"option_id": wood})
    )
    assert await shown(services, field) == ("Wood", False)
    head = await head_of(services, lead_id)
    await put(services, admin, lead_id, {"option_id": wood})
    assert await head_of(services, lead_id) == head
    await change(services, admin, field, type=MULTI)
    await verify_change(
        services, lead_id, lambda: put(services, admin, lead_id, {"option_ids": [wood, gas]})
    )
    assert await shown(services, field) == ("Gas, Wood", False)
    await verify_change(
        services, lead_id, lambda: put(services, admin, lead_id, {"option_ids": []})
    )
    assert await shown(services, field) == (None, False)


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        (DROPDOWN, {"text": "Gas"}, ProblemCode.WRONG_TYPE),
        (DROPDOWN, {"option_ids": ["a"]}, ProblemCode.WRONG_TYPE),
        (DROPDOWN, {"option_id": "gas"}, ProblemCode.MALFORMED),
        (DROPDOWN, {"option_id": f"option_{'0' * 32}"}, ProblemCode.UNKNOWN),
        (MULTI, {"option_id": "a"}, ProblemCode.WRONG_TYPE),
        (MULTI, {"option_ids": [f"option_{'0' * 32}"]}, ProblemCode.UNKNOWN),
        (MULTI, {"option_ids": ["x"] * 51}, ProblemCode.TOO_LARGE),
        (MULTI, {"option_ids": 2}, ProblemCode.CONTRADICTION),
        (TEXT, {"option_id": f"option_{'0' * 32}"}, ProblemCode.WRONG_TYPE),
    ],
)
async def test_what_is_no_option_is_refused(
    services: Services,
    admin: StaffActor,
    lead_id: UUID,
    kind: FieldType,
    given: dict[str, Any],
    code: ProblemCode,
) -> None:
    field = await define(services, admin, kind, *(["Gas"] if kind is not TEXT else []))
    if given.get("option_ids") == 2:
        ((gas, *_),) = await options(services, field)
        given = {"option_ids": [gas, gas]}
    problem = await problem_of(put(services, admin, lead_id, given))
    assert problem == ("properties.0.value", code)


async def test_options_are_renamed_ordered_archived_and_come_back(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    field = await define(services, admin, DROPDOWN, "Gas", "Wood", "Sun")
    (gas, *_), (wood, *_), (sun, *_) = await options(services, field)
    await put(services, admin, lead_id, {"option_id": wood})
    wanted = [OptionEdit("Solar", sun), OptionEdit("Gas", gas), OptionEdit("Oil")]
    changed, _ = await change(services, admin, field, options=wanted)
    assert changed.version == field.version + 1
    found = await options(services, field)
    assert [each[1:] for each in found] == [
        ("Solar", False), ("Gas", False), ("Oil", False), ("Wood", True),
    ]  # fmt: skip
    assert await shown(services, field) == ("Wood", False)
    await put(services, admin, lead_id, {"option_id": wood})
    other = await make_lead(services, admin)
    refused = await problem_of(put(services, admin, other, {"option_id": wood}))
    assert refused == ("properties.0.value", ProblemCode.UNKNOWN)
    again = [OptionEdit("Solar"), OptionEdit("WOOD")]
    await change(services, admin, field, options=again)
    found = await options(services, field)
    assert [each[:2] for each in found[:2]] == [(sun, "Solar"), (wood, "WOOD")]
    await put(services, admin, other, {"option_id": wood})


async def test_the_same_options_again_change_nothing(services: Services, admin: StaffActor) -> None:
    field = await define(services, admin, DROPDOWN, "Gas", "Wood")
    same = [OptionEdit(label, identity) for identity, label, _ in await options(services, field)]
    changed, _ = await change(services, admin, field, options=same)
    assert changed.version == field.version


@pytest.mark.parametrize(
    ("wanted", "path", "code"),
    [
        ([OptionEdit("Gas"), OptionEdit("gas")], "options.1", ProblemCode.CONTRADICTION),
        ([OptionEdit("Oil"), OptionEdit("OIL")], "options.1.label", ProblemCode.TAKEN),
        ([OptionEdit(" ")], "options.0.label", ProblemCode.REQUIRED),
        ([OptionEdit("x" * 81)], "options.0.label", ProblemCode.TOO_LARGE),
        ([OptionEdit("x", "y")], "options.0.optionId", ProblemCode.MALFORMED),
        ([OptionEdit("x", f"option_{'1' * 32}")], "options.0.optionId", ProblemCode.UNKNOWN),
        ([OptionEdit(f"x{n}") for n in range(201)], "options", ProblemCode.TOO_LARGE),
    ],
)
async def test_options_that_can_not_be_are_refused(
    services: Services, admin: StaffActor, wanted: list[OptionEdit], path: str, code: ProblemCode
) -> None:
    field = await define(services, admin, DROPDOWN, "Gas", "Wood")
    before = await options(services, field)
    assert await problem_of(change(services, admin, field, options=wanted)) == (path, code)
    assert await options(services, field) == before


async def test_an_option_is_not_renamed_to_an_archived_one(
    services: Services, admin: StaffActor
) -> None:
    field = await define(services, admin, DROPDOWN, "Gas", "Wood")
    (gas, *_), _ = await options(services, field)
    run = change(services, admin, field, options=[OptionEdit("Wood", gas)])
    assert await problem_of(run) == ("options.0.label", ProblemCode.TAKEN)


async def test_only_choices_have_options_and_only_numbers_have_bounds(
    services: Services, admin: StaffActor
) -> None:
    field = await define(services, admin, TEXT)
    for given in ({"options": [OptionEdit("Gas")]}, {"minimum": "1"}, {"maximum": "1"}):
        (key,) = given
        refused = await problem_of(change(services, admin, field, **given))
        assert refused == (key, ProblemCode.CONTRADICTION)
    new = NewField("rooms", "Rooms", TEXT, options=[OptionEdit("A")])
    refused = await problem_of(act(services, admin, fields.create_field, new))
    assert refused == ("options", ProblemCode.CONTRADICTION)


@pytest.mark.parametrize("kind", [FieldType.NUMBER, FieldType.MONEY])
async def test_numbers_and_amounts_stay_within_the_bounds(
    services: Services, admin: StaffActor, lead_id: UUID, kind: FieldType
) -> None:
    field = await define(services, admin, kind, minimum="10", maximum="99.5")

    def given(number: str) -> dict[str, Any]:
        if kind is FieldType.NUMBER:
            return {"number": number}
        return {"money": {"amount": number, "currency": "EUR"}}

    await put(services, admin, lead_id, given("99.5"))
    for number, code in (("9.99", ProblemCode.TOO_SMALL), ("99.51", ProblemCode.TOO_LARGE)):
        refused = await problem_of(put(services, admin, lead_id, given(number)))
        assert refused == ("properties.0.value", code)
    refused = await problem_of(change(services, admin, field, maximum="9"))
    assert refused == ("maximum", ProblemCode.CONTRADICTION)
    _, misfits = await change(services, admin, field, maximum="50")
    assert misfits == 0
    assert (await shown(services, field))[0] == ("99.5" if kind == "NUMBER" else "99.5 EUR")
    changed, _ = await change(services, admin, field, minimum=None, maximum=None)
    assert (changed.minimum, changed.maximum) == (None, None)
    await put(services, admin, lead_id, given("999"))


@pytest.mark.parametrize(
    ("former", "given", "kind", "words"),
    [
        (TEXT, {"text": "12.5"}, FieldType.NUMBER, "12.5"),
        (TEXT, {"text": "a dozen"}, FieldType.NUMBER, None),
        (TEXT, {"text": "31.12.2001"}, FieldType.DATE, "2001-12-31"),
        (TEXT, {"text": "tomorrow"}, FieldType.DATE, None),
        (TEXT, {"text": "yes"}, FieldType.BOOLEAN, "Yes"),
        (TEXT, {"text": "12 EUR"}, FieldType.MONEY, "12 EUR"),
        (TEXT, {"text": "12"}, FieldType.MONEY, None),
        (TEXT, {"text": "https://a.example"}, FieldType.URL, "https://a.example"),
        (TEXT, {"text": "a.example"}, FieldType.URL, None),
        (TEXT, {"text": "gas"}, DROPDOWN, "Gas"),
        (TEXT, {"text": "Oil"}, DROPDOWN, None),
        (TEXT, {"text": "Wood; gas"}, MULTI, "Gas, Wood"),
        (FieldType.NUMBER, {"number": "3"}, TEXT, "3"),
        (FieldType.NUMBER, {"number": "3"}, FieldType.DATE, None),
        (FieldType.DATE, {"date": date(2001, 12, 31)}, TEXT, "2001-12-31"),
        (FieldType.BOOLEAN, {"boolean": False}, TEXT, "No"),
        (FieldType.MONEY, {"money": {"amount": "3", "currency": "EUR"}}, TEXT, "3 EUR"),
        (FieldType.MONEY, {"money": {"amount": "3", "currency": "EUR"}}, FieldType.NUMBER, None),
        (FieldType.URL, {"url": "https://a.example"}, TEXT, "https://a.example"),
    ],
)
async def test_another_type_loses_no_value(
    services: Services,
    admin: StaffActor,
    lead_id: UUID,
    former: FieldType,
    given: dict[str, Any],
    kind: FieldType,
    words: str | None,
) -> None:
    field = await define(services, admin, former)
    await put(services, admin, lead_id, given)
    before, head = await shown(services, field), await head_of(services, lead_id)
    more = {"options": [OptionEdit("Gas"), OptionEdit("Wood")]} if kind in (DROPDOWN, MULTI) else {}
    changed, misfits = await change(services, admin, field, type=kind, **more)
    assert changed.type is kind
    assert misfits == (words is None)
    told = (before[0], True) if words is None else (words, False)
    assert await shown(services, field) == told
    assert await head_of(services, lead_id) == head
    _, misfits = await change(services, admin, field, type=former)
    assert (misfits, await shown(services, field)) == (0, before)


async def test_a_value_of_a_former_type_is_replaced_by_one_of_the_present(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    field = await define(services, admin, TEXT)
    await put(services, admin, lead_id, {"text": "12"})
    await change(services, admin, field, type=FieldType.NUMBER)
    refused = await problem_of(put(services, admin, lead_id, {"text": "13"}))
    assert refused == ("properties.0.value", ProblemCode.WRONG_TYPE)
    changes = await verify_change(
        services, lead_id, lambda: put(services, admin, lead_id, {"number": "13"})
    )
    (diff,) = (changes[0].data or {})["diffs"]
    assert (diff["before"], diff["after"]) == (
        {"type": "TEXT", "text": "12"},
        {"type": "NUMBER", "number": "13"},
    )
    await change(services, admin, field, type=TEXT)
    assert await shown(services, field) == ("13", False)


async def test_several_options_are_one_only_where_one_is_chosen(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    field = await define(services, admin, MULTI, "Gas", "Wood")
    (gas, *_), (wood, *_) = await options(services, field)
    await put(services, admin, lead_id, {"option_ids": [gas, wood]})
    _, misfits = await change(services, admin, field, type=DROPDOWN)
    assert (misfits, await shown(services, field)) == (1, ("Gas, Wood", True))
    _, misfits = await change(services, admin, field, type=TEXT)
    assert (misfits, await shown(services, field)) == (0, ("Gas, Wood", False))


async def test_values_know_an_option_by_its_id(services: Services) -> None:
    first = TypedValue(DROPDOWN, options=(Choice("a", "Gas"),))
    assert first == TypedValue(DROPDOWN, options=(Choice("a", "Town gas"),))
    assert first != TypedValue(DROPDOWN, options=(Choice("b", "Gas"),))


async def test_a_change_of_a_definition_is_checked_against_its_version(
    services: Services, admin: StaffActor
) -> None:
    field = await define(services, admin, TEXT)
    seen = field.version
    await change(services, admin, field, label="Warmth")
    run = act(services, admin, fields.update_field, field.id, {"hint": "How"}, seen)
    with pytest.raises(Conflict) as caught:
        await run
    assert (caught.value.owner, caught.value.version) == (field.id, seen + 1)
    same = act(services, admin, fields.update_field, field.id, {"label": "Warmth"}, seen)
    unchanged, _ = await same
    assert unchanged.version == seen + 1


async def test_the_audit_tells_what_was_changed(services: Services, admin: StaffActor) -> None:
    field = await define(services, admin, TEXT)
    await change(services, admin, field, label="Warmth", is_required=True)
    async with services.database.read_session() as session:
        statement = select(WorkspaceChange).order_by(col(WorkspaceChange.revision).desc()).limit(1)
        row = (await session.scalars(statement)).one()
    assert row.kind == "field_changed"
    assert [(each["path"], each["after"]) for each in row.data["diffs"]] == [
        ("is_required", {"type": "BOOLEAN", "boolean": True}),
        ("label", {"type": "TEXT", "text": "Warmth"}),
    ]


async def test_of_built_in_fields_only_words_and_whether_they_are_required_change(
    services: Services, admin: StaffActor
) -> None:
    async with services.database.read_session() as session:
        company = (await fields.definitions(session, "company"))["company"]
        state = (await fields.definitions(session, "state"))["state"]
    changed, _ = await change(services, admin, company, label="Firm", hint="Its name")
    assert (changed.label, changed.hint) == ("Firm", "Its name")
    for given in (
        {"type": FieldType.NUMBER},
        {"is_archived": True},
        {"visibility": FieldVisibility.ADMINS},
        {"is_personal_data": False},
    ):
        with pytest.raises(Precondition) as caught:
            await change(services, admin, company, **given)
        assert caught.value.reason is PreconditionReason.READ_ONLY
    with pytest.raises(NotFound):
        await change(services, admin, state, label="Stage")


async def test_an_archived_field_keeps_its_values_and_comes_back(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    field = await define(services, admin, TEXT)
    await put(services, admin, lead_id, {"text": "Gas"})
    archived, _ = await change(services, admin, field, is_archived=True)
    assert archived.archived_at is not None
    refused = await problem_of(put(services, admin, lead_id, {"text": "Oil"}))
    assert refused == ("properties.0.fieldKey", ProblemCode.UNKNOWN)
    assert await shown(services, field) == ("Gas", False)
    back, _ = await change(services, admin, field, is_archived=False)
    assert back.archived_at is None
    await put(services, admin, lead_id, {"text": "Oil"})


async def test_who_may_not_see_a_field_finds_none_to_change(
    services: Services, admin: StaffActor
) -> None:
    field = await define(services, admin, TEXT, visibility=FieldVisibility.ADMINS)
    manager = await make_staff(services, StaffRole.MANAGER, "Mo")
    with pytest.raises(NotFound):
        await change(services, manager, field, label="Warmth")
    own = await act(services, manager, fields.create_field, NewField("own", "Own", TEXT))
    with pytest.raises(InvalidInput):
        await change(services, manager, own, visibility=FieldVisibility.ADMINS)
    agent = await make_staff(services, StaffRole.AGENT, "Bo")
    with pytest.raises(Forbidden):
        await change(services, agent, own, label="Mine")


EUR = "EUR"
GIVEN: dict[FieldType, tuple[dict[str, Any], ...]] = {
    TEXT: ({"text": "a"}, {"text": "b"}, {"text": "c"}),
    FieldType.NUMBER: ({"number": "1"}, {"number": "2"}, {"number": "3"}),
    FieldType.DATE: tuple({"date": date(2026, 1, day)} for day in (1, 2, 3)),
    FieldType.MONEY: tuple({"money": {"amount": n, "currency": EUR}} for n in "123"),
    FieldType.URL: tuple({"url": f"https://{name}.example"} for name in "abc"),
}


@pytest.mark.behaviour("G4")
@pytest.mark.parametrize("kind", sorted(FieldType))
async def test_edits_of_one_field_clash_and_of_others_merge_whatever_the_type(
    services: Services, admin: StaffActor, lead_id: UUID, kind: FieldType
) -> None:
    labels = ["A", "B", "C"] if kind in (DROPDOWN, MULTI) else []
    field = await define(services, admin, kind, *labels)
    ids = [identity for identity, _, _ in await options(services, field)]
    given = GIVEN.get(kind, ())
    if kind is DROPDOWN:
        given = tuple({"option_id": each} for each in ids)
    elif kind is MULTI:
        given = tuple({"option_ids": [each]} for each in ids)
    elif kind is FieldType.BOOLEAN:
        given = ({"boolean": False}, {"boolean": True}, None)  # type: ignore[assignment]  # cleared
    elif kind is FieldType.FILE:
        uploads = [await received_upload(services, admin, b"a", f"{n}.txt") for n in "abc"]
        given = tuple({"upload_id": f"upload_{each.hex}"} for each in uploads)
    base, theirs, ours = given
    await put(services, admin, lead_id, base)
    seen = await head_of(services, lead_id)
    await put(services, admin, lead_id, theirs)
    other = [PropertyEdit("company", {"text": "Lo"}, seen)]
    await act(services, admin, leads.set_properties, lead_id, other)
    edit = [PropertyEdit("heating", ours, seen)]
    with pytest.raises(Conflict) as caught:
        await act(services, admin, leads.set_properties, lead_id, edit)
    (clash,) = caught.value.clashes
    assert clash.path == "property:heating"
    logged = [
        each["after"]
        for change in await changes_of(services, lead_id)
        for each in (change.data or {}).get("diffs", ())
        if each["path"] == clash.path
    ]
    assert [clash.base, clash.current] == logged
    assert clash.attempted != clash.current
    assert (clash.attempted is None) == (ours is None)
    edit = [PropertyEdit("heating", ours, caught.value.version)]
    await act(services, admin, leads.set_properties, lead_id, edit)
