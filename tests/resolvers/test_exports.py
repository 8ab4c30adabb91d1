"""Leads as files: what leaves is what one may see, each lead once, and can come back in."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FieldType, FieldVisibility, StaffRole
from models.leads import Lead
from models.staff import Staff
from models.workspace import WorkspaceChange
from resolvers import cells, fields, leads, project, tags
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import Forbidden, InvalidInput, LimitReached, NotFound
from resolvers.exports import Format, LeadsExport, Wish, note_export, open_leads_export, prepare
from resolvers.exports import sending as on_its_way
from resolvers.exports.rights import Withdrawn
from resolvers.fields import NewField, OptionEdit
from resolvers.leads import PropertyEdit
from resolvers.leads_order import Sort, SortKey
from resolvers.limits import EXPORT
from resolvers.services import Services
from resolvers.tickets import LASTS
from resolvers.unit_of_work import unit_of_work
from resolvers.values import CHOICES
from resolvers.views import View
from resolvers.workspace_history import summary_of
from tests.factories import actor_of, make_lead, make_staff
from tests.importing import imported
from tests.resolvers.verify import act

OPTIONS = [OptionEdit("Red, dark"), OptionEdit("Blue"), OptionEdit("-none-")]
KINDS = [kind for kind in FieldType if kind is not FieldType.FILE]
KEYS = [
    "firstName", "lastName", "company", "title", "timeZone", "birthday", "emailAddresses",
    "phoneNumbers", "tags", *(f"property:f_{kind.lower()}" for kind in KINDS),
]  # fmt: skip
CELLS: dict[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ('a; "b",\n\t\'=third line', "'-1"),
    FieldType.NUMBER: ("'-12.5", "1000000.000001"),
    FieldType.MONEY: ("12.5 EUR", "1000 JPY"),
    FieldType.BOOLEAN: ("Yes", "No"),
    FieldType.DATE: ("2001-12-31", ""),
    FieldType.URL: ("https://lamps.example/?a=1,2", ""),
    FieldType.DROPDOWN: ("Red, dark", "'-none-"),
    FieldType.MULTI_SELECT: ("Red, dark :::", "Red, dark ::: Blue"),
}
ROWS = [
    [
        "'=HYPERLINK(\"x\")", "O'Neil", "''=quoted", "'@x", "Europe/Berlin", "1980-02-29",
        "lena@mail.example ::: zoe@mail.example", "'+4930901820 ::: +4930901821", "VIP, brass :::",
        *(CELLS[kind][0] for kind in KINDS),
    ],
    [
        "علي 🦊", "Łódź", "'＝wide", "", "", "", "ali@mail.example", "", "brass ::: VIP, brass",
        *(CELLS[kind][1] for kind in KINDS),
    ],
]  # fmt: skip


async def asked(services: Services, actor: StaffActor, wish: Wish) -> LeadsExport:
    view = View(services, actor)
    try:
        prepared = await prepare(view, wish)
    finally:
        await view.close()
    async with unit_of_work(services, actor) as work:
        return note_export(work, prepared)


async def parts_of(services: Services, actor: StaffActor, wish: Wish) -> AsyncIterator[bytes]:
    made = await asked(services, actor, wish)
    return (await open_leads_export(services, actor, made.ticket.text)).parts


async def file_of(services: Services, actor: StaffActor, wish: Wish) -> bytes:
    return b"".join([part async for part in await parts_of(services, actor, wish)])


async def names(services: Services, actor: StaffActor, **wished: Any) -> list[str]:
    """The one column of a file."""
    wish = Wish(["name"], format=Format.NDJSON, **wished)
    lines = (await file_of(services, actor, wish)).splitlines()
    return [orjson.loads(line)["name"] for line in lines]


def table(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


async def refused(services: Services, actor: StaffActor, wish: Wish) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as error:
        await asked(services, actor, wish)
    return [(".".join(each.path), each.message) for each in error.value.problems]


async def told(services: Services) -> Sequence[WorkspaceChange]:
    async with services.database.read_session() as session:
        of_exports = col(WorkspaceChange.kind).like("leads_export%")
        order = col(WorkspaceChange.revision)
        return (
            await session.scalars(select(WorkspaceChange).where(of_exports).order_by(order))
        ).all()


def written(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.behaviour("B3")
@given(st.text(st.sampled_from("a;\t\r\n' \u00a0\u3000=+-@\uff1d"), max_size=12))
def test_no_part_of_a_cell_is_computed_and_each_cell_is_read_as_it_was(cell: str) -> None:
    written = cells.defused(cell)
    assert cells.plain(written) == cell.strip()
    assert cells.defused_once(written) == written
    for part in re.split(r"[;\t\r\n]", written):
        assert not part.lstrip(" \u00a0\u3000").startswith(("=", "+", "-", "@", "\uff1d"))


@pytest.mark.behaviour("B3")
async def test_a_file_that_was_exported_comes_back_in_as_it_was(
    services: Services, tmp_path: Path
) -> None:
    admin = await make_staff(services)
    for kind in KINDS:
        options = OPTIONS if kind in CHOICES else None
        new = NewField(f"f_{kind.lower()}", kind.title(), kind, options=options)
        await act(services, admin, fields.create_field, new)
    headings = [
        "First name", "Last name", "Company", "Lead title", "Time zone", "Birthday",
        "E-mail addresses", "Phone numbers", "Tags", *KEYS[9:],
    ]  # fmt: skip
    first = written(tmp_path / "first.csv", [headings, *ROWS])
    assert await imported(services, first, actor=admin) == (2, 0, 0, 0)

    file = await file_of(services, admin, Wish(KEYS))
    assert file.startswith(b"\xef\xbb\xbfFirst name,")
    assert table(file) == [headings, *ROWS]
    assert not (await file_of(services, admin, Wish(["name"], has_mark=False))).startswith(b"\xef")

    # What nobody can set is left out, and other columns are other files to an import.
    more = ["id", "state", "priority", "assignee", "subscription", "createdAt", "externalId"]
    again = tmp_path / "again.csv"
    again.write_bytes(await file_of(services, admin, Wish([*more, *KEYS])))
    assert await imported(services, again, actor=admin) == (0, 0, 2, 0)
    other = tmp_path / "other.csv"
    other.write_bytes(again.read_bytes().replace(b"@mail.", b"@other."))
    assert await imported(services, other, actor=admin) == (2, 0, 0, 0)
    assert await imported(services, other, actor=admin) == (0, 0, 2, 0)
    *_, one, two = table(await file_of(services, admin, Wish(KEYS)))
    assert [[each.replace("@other.", "@mail.") for each in row] for row in (one, two)] == ROWS

    lines = await file_of(services, admin, Wish([*more, *KEYS], format=Format.NDJSON))
    line = orjson.loads(lines.splitlines()[0])
    assert list(line) == [*more, *KEYS]
    assert (line["firstName"], line["tags"]) == ('=HYPERLINK("x")', ["VIP, brass"])
    assert (line["state"], line["subscription"]) == ("New", "SUBSCRIBED")
    assert line["property:f_money"] == {"amount": "12.5", "currency": "EUR"}
    assert (line["property:f_number"], line["property:f_boolean"]) == ("-12.5", True)
    assert line["property:f_multi_select"] == ["Red, dark"]
    assert (line["assignee"], line["createdAt"]) == (None, "2026-03-02T09:00:00Z")


@pytest.mark.behaviour("B3")
async def test_each_lead_is_in_the_file_once_while_others_come_and_go(
    services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_its_way, "IDS_AT_ONCE", 4)
    monkeypatch.setattr(on_its_way, "LEADS_AT_ONCE", 2)
    admin = await make_staff(services)
    made = []
    for number in range(10):
        named = ["odd"] if number % 2 else []
        made.append(
            await make_lead(services, admin, first_name="Lead", last_name=str(number), tags=named)
        )
        clock.advance(1)
    parts = await parts_of(services, admin, Wish(["name"], format=Format.NDJSON))
    found = [await anext(parts), await anext(parts), await anext(parts)]
    await act(services, admin, leads.change_person, made[0], {"last_name": "9b"}, {}, None)
    await act(services, admin, leads.change_person, made[8], {"last_name": "8b"}, {}, None)
    late = await make_lead(services, admin, first_name="Lead", last_name="late")
    found += [part async for part in parts]
    lines = [orjson.loads(line)["name"] for part in found for line in part.splitlines()]
    assert [len(part.splitlines()) for part in found] == [2, 2, 2, 2, 2, 1]
    assert lines == [f"Lead {n}" for n in range(8)] + ["Lead 8b", "Lead 9", "Lead late"]

    odd = {"tags": {"any": ["odd"]}}
    order = Sort(SortKey.NAME, descending=True)
    assert await names(services, admin, filter=odd, sort=order) == [
        f"Lead {n}" for n in (9, 7, 5, 3, 1)
    ]
    assert await names(services, admin, search="late") == ["Lead late"]
    assert await names(services, admin, search="nobody") == []
    assert await file_of(services, admin, Wish(["name"], {"ids": [f"lead_{made[1].hex}"]})) == (
        b"\xef\xbb\xbfLeadlight name\r\nLead 1\r\n"
    )
    entries = await told(services)
    # Those without a value come last either way, across the parts that the order is walked in.
    async with unit_of_work(services, SYSTEM) as work:
        for number, lead_id in enumerate(made[:5]):
            at = {"last_activity_at": clock.now() + timedelta(seconds=number)}
            await work.session.execute(update(Lead).where(col(Lead.id) == lead_id).values(at))
    for descending in (True, False):
        order = Sort(SortKey.LAST_ACTIVITY_AT, descending=descending)
        valued, rest = [made[:5], [*made[5:], late]]
        expected = [*valued[::-1], *rest[::-1]] if descending else [*valued, *rest]
        wish = Wish(["id"], sort=order, format=Format.NDJSON)
        lines = (await file_of(services, admin, wish)).splitlines()
        assert [orjson.loads(line)["id"] for line in lines] == [lead(each) for each in expected]
    assert [entry.kind for entry in entries] == ["leads_exported", "leads_export_read"] * 5
    assert [entry.data["sent"] for entry in entries[1::2]] == [11, 5, 1, 0, 1]
    # What was chosen for is sealed: the log is for ever, and it may be an address.
    assert summary_of(entries[2]) == "Asked for 5 leads as NDJSON with name: chosen by tags."
    assert entries[4].data["words"] == "chosen by words"
    stored = {"format", "sort", "words", "count", "named", "sealed"}
    assert {frozenset(entry.data) for entry in entries[::2]} == {frozenset(stored)}
    assert summary_of(entries[3]) == "Was sent 5 leads."


@pytest.mark.behaviour("B3")
async def test_a_file_has_what_its_reader_may_see_for_as_long_as_they_may(
    services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_its_way, "IDS_AT_ONCE", 1)
    admin = await make_staff(services)
    manager = await make_staff(services, StaffRole.MANAGER)
    hidden = NewField("margin", "Margin", FieldType.TEXT, visibility=FieldVisibility.ADMINS)
    await act(services, admin, fields.create_field, hidden)
    own = await make_lead(services, admin, assignee_id=manager.id)
    await make_lead(services, admin, last_name="Other")
    await act(services, admin, leads.set_properties, own, [PropertyEdit("margin", {"text": "9"})])
    await act(services, admin, tags.add_tags, own, ["VIP"])

    with pytest.raises(Forbidden):
        await asked(services, manager, Wish(["name"]))
    settings = {"can_managers_export": True, "manager_scope": "OWN"}
    await act(services, admin, project.update_project, settings)
    manager = await actor_of(services, manager.session_id)
    assert await names(services, manager) == ["Lena Lorenz"]
    shown = await refused(services, manager, Wish(["name", "property:margin", "property:no"]))
    assert shown == [
        ("columns.1", "There is no column `property:margin` that you may see."),
        ("columns.2", "There is no column `property:no` that you may see."),
    ]
    test = {"property": {"fieldKey": "margin", "is": {"text": {"is": "9"}}}}
    none = {"property": {"fieldKey": "no", "is": {"text": {"is": "9"}}}}
    (there,), (nowhere,) = [
        await refused(services, manager, Wish(["name"], each)) for each in (test, none)
    ]
    assert there[0].startswith("filter.property")
    assert (there[0], there[1].replace("margin", "no")) == nowhere
    assert [place for place, _ in await refused(services, admin, Wish([]))] == ["columns"]
    twice = Wish(["name", "name"], search="x" * 201)
    assert [place for place, _ in await refused(services, admin, twice)] == ["columns.1"]
    assert [place for place, _ in await refused(services, admin, Wish(["name"], search="x" * 201))]
    assert await file_of(services, admin, Wish(["property:margin"], {"ids": [lead(own)]})) == (
        b"\xef\xbb\xbfproperty:margin\r\n9\r\n"
    )

    assert await refused(services, admin, Wish(["name"], search="a\0b")) == [
        ("search", "Control characters are not allowed.")
    ]

    made = await asked(services, admin, Wish(["name"]))
    for actor, ticket in (
        (manager, made.ticket.text), (admin, made.ticket.text[:-1]), (admin, ""),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await open_leads_export(services, actor, ticket)
    sending = await open_leads_export(services, admin, made.ticket.text)
    assert sending.name == "Leadlight leads 2026-03-02.csv"
    clock.advance(LASTS.total_seconds())
    with pytest.raises(NotFound):
        await open_leads_export(services, admin, made.ticket.text)

    # Somebody who leaves while the file is on its way does not get the rest of it.
    await anext(sending.parts)
    await anext(sending.parts)
    async with unit_of_work(services, SYSTEM) as work:
        left = update(Staff).where(col(Staff.id) == admin.id).values(is_active=False)
        await work.session.execute(left)
    with pytest.raises(Withdrawn):
        await anext(sending.parts)
    for _ in range(EXPORT.amount - 4):
        await asked(services, manager, Wish(["name"]))
    with pytest.raises(LimitReached):
        await asked(services, manager, Wish(["name"]))
    async with services.database.read_session() as session:
        assert len((await session.scalars(select(Lead))).all()) == 2


def lead(lead_id: UUID) -> str:
    return f"lead_{lead_id.hex}"
