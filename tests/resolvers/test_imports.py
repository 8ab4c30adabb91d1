"""Leads from files: the same as if the API had made them, each row once, whatever happens."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import col

from models.changes import LeadFeed
from models.clock import ManualClock
from models.contact_points import EmailAddress, LeadEmailAddress
from models.enums import (
    AccessScope,
    ActorKind,
    ChangeKind,
    Consent,
    Deliverability,
    FieldType,
    FieldVisibility,
    StaffRole,
    ValueSource,
    Via,
)
from models.fields import FieldDefinition, Property
from models.ids import new_id
from models.imports import ImportedRow, LeadImport
from models.leads import Assignment, Lead
from models.turns import turn
from models.workspace import Workspace, WorkspaceChange
from resolvers import access, contact_points, fields, leads, visits
from resolvers.actors import SYSTEM, Actor
from resolvers.card_state import CardState
from resolvers.errors import Forbidden, InvalidInput, LimitReached
from resolvers.fields import NewField, OptionEdit
from resolvers.imports.rehearsal import rehearse
from resolvers.imports.running import Overtaken, Wishes, begin, plan
from resolvers.imports.survey import look_through
from resolvers.leads import NewLead, PropertyEdit
from resolvers.merging import absorb
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.values import CHOICES
from resolvers.visits import Claim
from tests.factories import make_lead, make_staff, make_visit
from tests.importing import IMPORTER, begun, counts_of, imported, lead_ids, rejections
from tests.live.following import following
from tests.resolvers.verify import act, assert_folds, assert_log_holds, card_of, changes_of

Write = Callable[..., Path]
HEAD = "First Name,Last Name,E-Mail,Phone,Company,City,Tags"
LENA = "Lena,Lorenz,lena@mail.example,030 901820,Lamps,Bonn,VIP"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the lines of a file."""

    def write(*lines: str, name: str = "contacts.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


async def scalars(services: Services, statement: Any) -> Sequence[Any]:
    async with services.database.read_session() as session:
        return (await session.scalars(statement)).all()


async def only_lead(services: Services) -> Lead:
    (lead,) = await scalars(services, select(Lead))
    assert isinstance(lead, Lead)
    return lead


async def assert_whole(services: Services) -> None:
    """The log of every lead holds and leads to the card that the tables have."""
    for lead_id in await lead_ids(services):
        changes = await changes_of(services, lead_id)
        assert_folds(CardState(), changes, await card_of(services, lead_id))
        await assert_log_holds(services, lead_id)


async def everything(services: Services) -> dict[str, int]:
    tables = (Lead, LeadFeed, Property, EmailAddress, LeadEmailAddress, FieldDefinition)
    found = {}
    async with services.database.read_session() as session:
        for table in (*tables, ImportedRow, LeadImport, WorkspaceChange):
            found[table.__name__] = (
                await session.scalar(select(func.count()).select_from(table)) or 0
            )
        found["revisions"] = await session.scalar(select(func.sum(col(LeadFeed.revision)))) or 0
    return found


# --- the same as by the API ----------------------------------------------------------------------


async def test_a_row_makes_what_create_lead_makes(services: Services, write: Write) -> None:
    new = NewLead(
        {"first_name": "Lena", "last_name": "Lorenz", "company": "Lamps"},
        ["lena@mail.example"],
        ["030 901820"],
        [PropertyEdit("city", {"text": "Bonn"})],
        ["VIP"],
    )
    by_api = await act(services, IMPORTER, leads.create_lead, new, "k")
    await act(services, SYSTEM, leads.change_person, by_api, {}, {}, None)
    # The address is another's, so that the row matches nobody.
    assert await imported(services, write(HEAD, LENA.replace("lena@", "lina@"))) == (1, 0, 0, 0)
    by_row = (await lead_ids(services))[-1]
    assert by_row != by_api
    cards = [_without_ids(await card_of(services, each)) for each in (by_api, by_row)]
    assert cards[0] == cards[1]
    changes = [(await changes_of(services, each))[0] for each in (by_api, by_row)]
    assert [change.kind for change in changes] == [ChangeKind.LEAD_CREATED] * 2
    data = [change.data or {} for change in changes]
    assert data[0].keys() == data[1].keys()
    diffs = [sorted(diff["path"] for diff in each["diffs"]) for each in data]
    assert diffs[0] == diffs[1]
    rows = [await _property_rows(services, each) for each in (by_api, by_row)]
    assert rows[0] == rows[1]
    await assert_whole(services)


def _without_ids(card: CardState) -> dict[str, Any]:
    made = asdict(card)
    for part in ("email_addresses", "phone_numbers"):
        for each in made[part]:
            each.pop("id")
    for each in made["email_addresses"]:
        each["address"] = each["address"].replace("lina@", "lena@")
    return made


async def _property_rows(services: Services, lead_id: UUID) -> list[dict[str, Any]]:
    rows = await scalars(services, select(Property).where(col(Property.lead_id) == lead_id))
    values = [row.model_dump(exclude={"lead_id", "updated_at"}) for row in rows]
    return sorted(values, key=lambda each: str(each["field_id"]))


@pytest.mark.behaviour("A54")
async def test_where_a_lead_came_from_is_kept(
    services: Services, write: Write, clock: ManualClock
) -> None:
    path = write("Name,Created At", "Lena Lorenz,2020-05-01T10:00:00+02:00")
    assert await imported(services, path) == (1, 0, 0, 0)
    lead = await only_lead(services)
    assert lead.source_channel == "IMPORT"
    assert lead.source_detail == "contacts.csv"
    assert lead.source_recorded_at is not None
    assert lead.source_recorded_at.isoformat() == "2020-05-01T08:00:00+00:00"
    assert lead.created_at == clock.now()
    (change,) = await changes_of(services, lead.id)
    assert (change.actor_kind, change.actor_name, change.via) == (
        ActorKind.SYSTEM,
        "Import",
        Via.IMPORT,
    )


async def test_every_type_of_field_is_read(services: Services, write: Write) -> None:
    for kind in set(FieldType) - {FieldType.FILE}:
        options = [OptionEdit("Gas"), OptionEdit("Wood, dry")] if kind in CHOICES else None
        new = NewField(kind.lower(), kind.title(), kind, options=options)
        await act(services, SYSTEM, fields.create_field, new)
    path = write(
        "Text,Number,Boolean,Date,Money,Url,Birthday,Time zone,Dropdown,Multi_select",
        "a,12.50,yes,2026-01-31,EUR 9.90,https://a.example/x,31.12.1980,Europe/Berlin,gas,Gas",
        'b,-3,0,31.01.2026,9.90 EUR,,1980-12-31 00:00:00,,"Wood, dry","wood, dry"',
        'c,"1,5",maybe,01/02/2026,9.90,ftp://a,1980,Mars,Oil,"Gas; Oil"',
    )
    assert await imported(services, path) == (2, 0, 0, 1)
    values = {}
    for lead_id in await lead_ids(services):
        card = await card_of(services, lead_id)
        values[card.lead["display_name"]] = sorted(
            str(next(v for k, v in each.items() if k != "type"))
            for each in card.properties.values()
        )
    ((line, reason),) = rejections(path)
    assert line == 4
    for column in ("Number", "Boolean", "Date", "Money", "Url", "Birthday", "Time zone", "Dropdown",
                   "Multi_select"):  # fmt: skip
        assert f"{column}: " in reason
    assert len(values) == 2
    await assert_whole(services)


async def test_addresses_get_their_first_status(services: Services, write: Write) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        row, _ = await contact_points.address_row(work, "a", "out@mail.example")
        row.consent = Consent.UNSUBSCRIBED
    path = write(
        "Name,E-Mail", "A,new@mail.example", "B,OUT@mail.example", "C,not an address", "D,п@mail.ru"
    )
    assert await imported(services, path) == (4, 0, 0, 0)
    rows = {row.key: row for row in await scalars(services, select(EmailAddress))}
    assert rows["new@mail.example"].consent is Consent.SUBSCRIBED
    assert rows["out@mail.example"].consent is Consent.UNSUBSCRIBED
    assert rows["not an address"].deliverability is Deliverability.INVALID
    await act(services, SYSTEM, _turn_opt_in_on)
    assert await imported(services, write("Name,E-Mail", "E,later@mail.example")) == (1, 0, 0, 0)
    rows = {row.key: row for row in await scalars(services, select(EmailAddress))}
    assert rows["later@mail.example"].consent is Consent.PENDING


async def _turn_opt_in_on(work: Any) -> None:
    (await work.session.get_one(Workspace, 1)).is_double_opt_in_on = True


async def test_several_addresses_numbers_and_tags_are_kept_in_order(
    services: Services, write: Write
) -> None:
    path = write(
        "E-Mail 2,E-Mail,Phone,Mobile,Tags",
        "b@mail.example,a@mail.example; c@mail.example,030 901820 ::: 030 901821,"
        '030 901820,"VIP, brass|vip"',
    )
    assert await imported(services, path) == (1, 0, 0, 0)
    card = await card_of(services, (await only_lead(services)).id)
    assert [each["address"][0] for each in card.email_addresses] == ["b", "a", "c"]
    assert [each["number"] for each in card.phone_numbers] == ["+4930901820", "+4930901821"]
    assert sorted(card.tags.values()) == ["brass", "vip"]
    await assert_whole(services)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A" * 101 + ",,,", "First Name: At most 100 characters."),
        ("Lena,555,,", "Phone: This is no valid phone number."),
        ("Lena,,,a\0b", "City: Control characters are not allowed."),
        ("Le\x07na,,,", "First Name: Control characters are not allowed."),
        ("Lena,,,Bonn,more", "Has 5 cells; the file has 4 columns."),
        ("Lena,,," + "x" * 10_001, "City: At most 10,000 characters."),
        (f'Lena,,"{", ".join(f"t{n}" for n in range(101))}",', "Tags: At most 100 tags at once."),
    ],
)
async def test_a_row_that_breaks_a_rule_is_rejected_with_the_reason(
    services: Services, write: Write, row: str, reason: str
) -> None:
    path = write("First Name,Phone,Tags,City", "Bo,,,", row, "Cy,,,")
    assert await imported(services, path) == (2, 0, 0, 1)
    assert rejections(path) == [(3, reason)]
    assert len(await lead_ids(services)) == 2


async def test_short_rows_are_rows_with_empty_cells(services: Services, write: Write) -> None:
    assert await imported(services, write(HEAD, "Lena", "Bo,Brandt,,,,,,,")) == (2, 0, 0, 0)


async def test_formulas_stay_text(services: Services, write: Write) -> None:
    path = write("First Name,City,Note", '"=HYPERLINK(""x"")",+Bonn,-1', "@cmd,'=1+1,'-x")
    assert await imported(services, path) == (2, 0, 0, 0)
    async with services.database.read_session() as session:
        values = set(await session.scalars(select(col(Property.text_value))))
    assert {'=HYPERLINK("x")', "+Bonn", "-1", "@cmd", "=1+1", "-x"} <= values


async def test_a_file_of_five_hundred_columns_and_more_is_read(
    services: Services, write: Write
) -> None:
    count = 450
    head = ",".join(["Name", *(f"c{n}" for n in range(count)), *(f"e{n}" for n in range(200))])
    path = write(head, ",".join(["Lena", *map(str, range(count)), *[""] * 200]))
    assert await imported(services, path) == (1, 0, 0, 0)
    card = await card_of(services, (await only_lead(services)).id)
    assert len(card.properties) == count + 1
    before = await everything(services)
    path = write("Name," + ",".join(f"d{n}" for n in range(600)), "Bo," + "1," * 600)
    with pytest.raises(LimitReached, match="500 fields"):
        await imported(services, path)
    assert await everything(services) == before


async def test_required_fields_are_demanded_of_new_leads(services: Services, write: Write) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "company")
            .values(is_required=True)
        )
    path = write("Name,Company", "Lena,Lamps", "Bo,")
    assert await imported(services, path) == (1, 0, 0, 1)
    assert rejections(path) == [(3, "Please fill: Company.")]


@pytest.mark.behaviour("C28")
async def test_an_update_leaves_no_required_field_empty(services: Services, write: Write) -> None:
    await imported(services, write("Email,First Name", "lena@mail.example,Lena"))
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "company")
            .values(is_required=True)
        )
    path = write("Email,First Name", "lena@mail.example,Helena", name="b.csv")
    assert await imported(services, path) == (0, 0, 0, 1)
    assert rejections(path) == [(2, "Please fill: Company.")]
    tagging = write("Email,Tags", "lena@mail.example,VIP", name="c.csv")
    assert await imported(services, tagging) == (0, 1, 0, 0)
    filling = write("Email,First Name,Company", "lena@mail.example,Helena,Lo", name="d.csv")
    assert await imported(services, filling) == (0, 1, 0, 0)
    assert await imported(services, path) == (0, 0, 1, 0)


async def test_a_new_field_has_the_name_of_its_column(services: Services, write: Write) -> None:
    await imported(services, write("Name,Größe (m²),Leer", "Lena,12,"))
    (made,) = await scalars(
        services, select(FieldDefinition).where(~col(FieldDefinition.is_built_in))
    )
    assert (made.key, made.label, made.type) == ("grosse_m2", "Größe (m²)", FieldType.TEXT)


# --- which lead ----------------------------------------------------------------------------------


async def test_the_same_rows_again_change_nothing(
    services: Services, write: Write, clock: ManualClock
) -> None:
    path = write(HEAD, LENA, "Bo,Brandt,,,,,", "Cy,,,,,Ulm,")
    assert await imported(services, path) == (3, 0, 0, 0)
    before = await everything(services)
    clock.advance(60)
    assert await imported(services, path) == (0, 0, 3, 0)
    after = await everything(services)
    # What is new is the import itself, its beginning and its end.
    assert after.pop("LeadImport") == before.pop("LeadImport") + 1
    assert after.pop("WorkspaceChange") == before.pop("WorkspaceChange") + 2
    assert after == before


async def test_the_same_rows_again_leave_what_staff_changed(
    services: Services, write: Write
) -> None:
    path = write(HEAD, LENA)
    await imported(services, path)
    lead = await only_lead(services)
    await act(services, SYSTEM, leads.change_person, lead.id, {"company": "Glass"}, {}, None)
    assert await imported(services, path) == (0, 0, 1, 0)
    assert len(await changes_of(services, lead.id)) == 2


async def test_one_card_with_the_address_is_updated(
    services: Services, write: Write, clock: ManualClock
) -> None:
    lead_id = await make_lead(services, email_addresses=["lena@mail.example"], tags=["old"])
    clock.advance(60)
    row = "Lene,Lorenz,LENA@mail.example,030 901820,Lamps,Bonn,VIP"
    assert await imported(services, write(HEAD, row)) == (0, 1, 0, 0)
    assert await lead_ids(services) == [lead_id]
    assert [change.kind for change in await changes_of(services, lead_id, 1)] == [
        ChangeKind.PROPERTIES_CHANGED,
        ChangeKind.CONTACT_POINTS_CHANGED,
        ChangeKind.TAGS_CHANGED,
    ]
    card = await card_of(services, lead_id)
    assert card.lead["display_name"] == "Lene Lorenz"
    assert sorted(card.tags.values()) == ["VIP", "old"]
    rows = await scalars(services, select(Property).where(col(Property.lead_id) == lead_id))
    assert {row.version for row in rows if row.source is ValueSource.IMPORT} == {2}
    await assert_whole(services)


async def test_an_update_that_changes_nothing_records_nothing(
    services: Services, write: Write
) -> None:
    lead_id = await make_lead(services, email_addresses=["lena@mail.example"])
    path = write("First Name,E-Mail,City", "Lena,lena@mail.example,")
    assert await imported(services, path) == (0, 0, 1, 0)
    assert len(await changes_of(services, lead_id)) == 1


async def test_empty_cells_clear_nothing(services: Services, write: Write) -> None:
    await imported(services, write(HEAD, LENA))
    assert await imported(services, write(HEAD, "Lene,,lena@mail.example,,,,")) == (0, 1, 0, 0)
    card = await card_of(services, (await only_lead(services)).id)
    assert card.lead["display_name"] == "Lene Lorenz"
    assert len(card.phone_numbers) == 1


async def test_a_row_that_comes_back_as_it_was_is_applied_again(
    services: Services, write: Write
) -> None:
    other = LENA.replace("Lamps", "Glass")
    for row, expected in ((LENA, (1, 0, 0, 0)), (other, (0, 1, 0, 0)), (LENA, (0, 1, 0, 0))):
        assert await imported(services, write(HEAD, row)) == expected
    assert await imported(services, write(HEAD, LENA)) == (0, 0, 1, 0)
    await assert_whole(services)


async def test_several_cards_with_the_address_reject_the_row(
    services: Services, write: Write
) -> None:
    for _ in range(2):
        await make_lead(services, email_addresses=["lena@mail.example"])
    path = write(HEAD, LENA)
    assert await imported(services, path) == (0, 0, 0, 1)
    ((_, reason),) = rejections(path)
    assert reason.startswith("Several cards have this address")


async def test_what_is_no_address_matches_nobody(services: Services, write: Write) -> None:
    path = write("Name,E-Mail", "A,n/a", "B,n/a", "C,none@")
    assert await imported(services, path) == (3, 0, 0, 0)


async def test_an_address_that_a_visitor_typed_matches_nobody(
    services: Services, write: Write
) -> None:
    visit = await make_visit(services)
    await visits.identify(services, visit.actor, Claim(email_address="lena@mail.example"))
    assert await imported(services, write(HEAD, LENA)) == (1, 0, 0, 0)
    assert len(await changes_of(services, visit.actor.lead_id)) == 3


async def test_a_key_decides_which_lead_is_updated(services: Services, write: Write) -> None:
    # The address is another lead's; with a key that does not matter.
    await make_lead(services, email_addresses=["lena@mail.example"])
    first = write("No,Name,E-Mail", "7,Lena Lorenz,lena@mail.example", "8,Bo,")
    assert await imported(services, first, "No") == (2, 0, 0, 0)
    again = write("No,Name,E-Mail", "8,Bo Brandt,", "7,Lena Lorenz,lena@mail.example", ",Cy,")
    assert await imported(services, again, "No") == (0, 1, 1, 1)
    assert rejections(again) == [(4, "The key is empty.")]
    async with services.database.read_session() as session:
        rows = await session.execute(select(col(Lead.external_id), col(Lead.display_name)))
    assert {row[0]: row[1] for row in rows if row[0]} == {"7": "Lena Lorenz", "8": "Bo Brandt"}


async def test_a_key_leads_to_the_survivor_of_a_merge(services: Services, write: Write) -> None:
    path = write("No,Name", "7,Lena")
    await imported(services, path, "No")
    (gone,) = await lead_ids(services)
    into = await make_lead(services, first_name="Other", last_name="")
    async with unit_of_work(services, SYSTEM) as work:
        kept, lost = await access.lock_leads(work.session, into, gone)
        await absorb(work, kept, lost)
    assert await imported(services, path, "No") == (0, 0, 1, 0)
    assert await imported(services, write("No,Company", "7,Lamps"), "No") == (0, 1, 0, 0)
    assert (await changes_of(services, into))[-1].kind is ChangeKind.PROPERTIES_CHANGED


async def test_rows_of_one_person_in_one_file_make_one_lead(
    services: Services, write: Write
) -> None:
    rows = [f"Lena,Lorenz,lena@mail.example,,,City {n}," for n in range(3)]
    path = write(HEAD, rows[0], "Bo,,,,,,", *rows[1:], "Bo,,,,,,", rows[2])
    assert await imported(services, path) == (2, 2, 2, 0)
    await assert_whole(services)


# --- who and when --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [StaffRole.ADMIN, StaffRole.MANAGER])
async def test_staff_import_under_their_own_name(
    services: Services, write: Write, role: StaffRole
) -> None:
    person = await make_staff(services, role)
    assert await imported(services, write(HEAD, LENA), actor=person) == (1, 0, 0, 0)
    (change,) = await changes_of(services, (await only_lead(services)).id)
    assert (change.actor_kind, change.actor_id) == (ActorKind.STAFF, person.id)


async def test_who_does_not_see_leads_of_nobody_imports_own_ones(
    services: Services, write: Write
) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(manager_scope=AccessScope.TEAM))
    manager = await make_staff(services, StaffRole.MANAGER)
    new = NewLead({"first_name": "Lena", "last_name": "Lorenz", "company": "Lamps"})
    by_api = await act(services, manager, leads.create_lead, new, "k")
    row = write("First Name,Last Name,Company,E-Mail", "Lena,Lorenz,Lamps,lena@mail.example")
    assert await imported(services, row, actor=manager) == (1, 0, 0, 0)
    (by_row,) = set(await lead_ids(services)) - {by_api}
    for lead_id in (by_api, by_row):
        (change,) = await changes_of(services, lead_id)
        assert change.data
        assert change.data["assignee"] == manager.id.hex
        assert "assignee" not in {diff["path"] for diff in change.data["diffs"]}
    (lead,) = await scalars(services, select(Lead).where(col(Lead.id) == by_row))
    assert (lead.assignee_id, lead.assigned_since) == (manager.id, lead.created_at)
    held = select(Assignment).where(col(Assignment.lead_id) == by_row)
    assert [each.staff_id for each in await scalars(services, held)] == [manager.id]
    await assert_whole(services)
    again = write("Name,Company,E-Mail", "Lena Lorenz,Oriel,lena@mail.example")
    assert await imported(services, again, actor=manager) == (0, 1, 0, 0), "it is hers to match"


async def test_an_agent_may_not_import(services: Services, write: Write) -> None:
    agent = await make_staff(services, StaffRole.AGENT)
    with pytest.raises(Forbidden):
        await imported(services, write(HEAD, LENA), actor=agent)


async def test_a_field_that_the_person_may_not_see_is_refused(
    services: Services, write: Write
) -> None:
    new = NewField("margin", "Margin", FieldType.TEXT, visibility=FieldVisibility.ADMINS)
    await act(services, SYSTEM, fields.create_field, new)
    manager = await make_staff(services, StaffRole.MANAGER)
    with pytest.raises(InvalidInput):
        await imported(services, write("Name,Margin", "Lena,3"), actor=manager)
    assert await imported(services, write("Name,Margin", "Lena,3")) == (1, 0, 0, 0)


async def test_an_import_stops_when_its_rights_end(services: Services, write: Write) -> None:
    running = await begun(services, write("Name", *(f"P{n}" for n in range(300))))
    agent = await make_staff(services, StaffRole.AGENT)
    asked = 0

    async def rights() -> Actor:
        nonlocal asked
        asked += 1
        return IMPORTER if asked == 1 else agent

    running._rights = rights
    with pytest.raises(Forbidden):
        await running.run()
    assert 0 < len(await lead_ids(services)) < 300


async def test_beginning_and_end_stand_in_the_audit(services: Services, write: Write) -> None:
    await imported(services, write(HEAD, LENA))
    rows = await scalars(services, select(WorkspaceChange).order_by(col(WorkspaceChange.revision)))
    found = [(row.kind, row.data) for row in rows if row.kind.startswith("lead_import")]
    assert [kind for kind, _ in found] == ["lead_import_began", "lead_import_ended"]
    assert found[0][1]["rows"] == 1
    assert found[1][1]["created"] == 1


async def test_a_rehearsal_writes_nothing_and_tells_what_would_be(
    services: Services, write: Write, clock: ManualClock
) -> None:
    await imported(services, write(HEAD, LENA, name="first.csv"))
    path = write(
        f"{HEAD},Brand new", f"{LENA},x", "Bo,,bo@mail.example,,,,,", "Bo,,BO@mail.example,,,,,y",
        "Cy,,,555,,,,", "Di,,,,,,,", "Di,,,,,,,",
    )  # fmt: skip
    survey = look_through(path)
    layout = await plan(services, IMPORTER, survey, Wishes({}))
    before = await everything(services)
    found = await rehearse(services, IMPORTER, survey, layout, path)
    assert await everything(services) == before
    told = (found.created, found.updated, found.unchanged, found.rejected)
    assert told == (2, 2, 1, 1)
    assert [(each.line, each.reason) for each in found.rejections] == [
        (5, "Phone: This is no valid phone number.")
    ]
    assert await imported(services, path) == told


async def test_an_import_that_was_cut_off_goes_on_after_the_last_whole_batch(
    services: Services, write: Write
) -> None:
    lines = [f"P{n},{'555' if n % 7 == 0 else ''}" for n in range(500)]
    path = write("First Name,Phone", *lines)
    running = await begun(services, path)

    class CutOff(Exception):
        pass

    def stop(row: LeadImport) -> None:
        if row.done >= 150:
            raise CutOff

    with pytest.raises(CutOff):
        await running.run(stop)
    # Rows of a batch that was never committed stand in the file of a process that died.
    running._rejected.append([(999, "never committed", ["x"])])
    again = await begun(services, path)
    assert again.row.id == running.row.id
    assert 150 <= again.row.done < 500
    row = await again.run()
    assert counts_of(row) == (428, 0, 0, 72)
    assert [line for line, _ in rejections(path)] == [n + 2 for n in range(0, 500, 7)]
    assert len(await lead_ids(services)) == 428
    await assert_whole(services)


async def test_two_processes_never_write_the_same_rows(services: Services, write: Write) -> None:
    path = write("First Name", *(f"P{n}" for n in range(300)))
    one, other = await begun(services, path), await begun(services, path)
    ended = await asyncio.gather(one.run(), other.run(), return_exceptions=True)
    assert sum(isinstance(each, Overtaken) for each in ended) == 1
    assert len(await lead_ids(services)) == 300


async def test_one_caller_at_a_time_has_the_turn(services: Services) -> None:
    async with turn(services.database, "import") as first:
        async with turn(services.database, "import") as second:
            assert (first, second) == (True, False)
        async with turn(services.database, "other") as third:
            assert third
    async with turn(services.database, "import") as fourth:
        assert fourth


# Writers of SQLite take turns, so nothing moves under a batch there.
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_lead_that_is_merged_under_the_hands_of_a_batch_is_matched_anew(
    services: Services, write: Write
) -> None:
    gone = await make_lead(services, email_addresses=["lena@mail.example"])
    into = await make_lead(services, first_name="Other")
    running = await begun(services, write(HEAD, LENA))
    async with unit_of_work(services, SYSTEM) as work:
        kept, lost = await access.lock_leads(work.session, into, gone)
        await absorb(work, kept, lost)
        task = asyncio.create_task(running.run())
        await _waits_for_a_lock(services)
    assert counts_of(await task) == (0, 1, 0, 0)
    assert (await changes_of(services, into))[-1].kind is ChangeKind.TAGS_CHANGED
    await assert_log_holds(services, into)


# Writers of SQLite take turns, so nothing moves under a batch there.
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_key_that_is_taken_under_the_hands_of_a_batch_is_matched_anew(
    services: Services, write: Write
) -> None:
    running = await begun(services, write("No,Name", "7,Lena", "8,Bo"), "No")
    async with unit_of_work(services, SYSTEM) as work:
        await leads.insert_lead(work, NewLead(external_id="7"), new_id())
        task = asyncio.create_task(running.run())
        await _waits_for_a_lock(services)
    assert counts_of(await task) == (1, 1, 0, 0)
    assert len(await lead_ids(services)) == 2


async def _waits_for_a_lock(services: Services) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(20), services.database.writer.connect() as connection:
        for _ in range(2_000):
            if await connection.scalar(waiting):
                return
            await asyncio.sleep(0.01)


async def test_a_card_that_is_open_sees_what_an_import_changes(
    services: Services, write: Write
) -> None:
    lead_id = await make_lead(services, email_addresses=["lena@mail.example"])
    people = [f"P{n},,p{n}@mail.example,,,," for n in range(60)]
    async with following(services, SYSTEM, lead_id) as follower:
        await follower.count(1)
        await imported(services, write(HEAD, *people, LENA.replace("Lena", "Lene")))
        await follower.told(4)
    assert follower.revisions == [2, 3, 4]


async def test_the_begin_of_another_file_is_another_import(
    services: Services, write: Write
) -> None:
    ids = set()
    for row in ("A", "B"):
        survey = look_through(write("Name", row))
        layout = await plan(services, IMPORTER, survey, Wishes({}))
        ids.add((await begin(services, IMPORTER, survey, layout, f"{uuid4()}\n/x.csv")).id)
    assert len(ids) == 2
    assert await scalars(services, select(col(LeadImport.name))) == ["x.csv", "x.csv"]


async def test_a_lead_takes_no_more_addresses_than_by_hand(
    services: Services, write: Write
) -> None:
    many = [f"a{n}@mail.example" for n in range(20)]
    await make_lead(services, email_addresses=many)
    path = write("Name,E-Mail", "Lena,a0@mail.example; more@mail.example", "Bo,bo@mail.example")
    assert await imported(services, path) == (1, 0, 0, 1)
    assert rejections(path) == [(2, "A lead has at most 20 addresses.")]
    assert await imported(services, path) == (0, 0, 1, 1)
