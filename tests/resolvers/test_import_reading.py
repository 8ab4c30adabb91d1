"""Files as people have them: encodings, separators, quotes, names of columns."""

import csv
from pathlib import Path

import pytest

from models.enums import FieldType
from models.fields import FieldDefinition
from models.ids import new_id
from resolvers.errors import InvalidInput
from resolvers.imports.columns import Layout, choose, name_columns, read_target
from resolvers.imports.dialect import detect
from resolvers.imports.reading import Broken, Row, read_rows, read_values
from resolvers.imports.rejected import RejectedRows
from resolvers.imports.survey import look_through

TEXT = "Name;Stadt\r\nJörg Müller;Köln\r\n"


def file(folder: Path, data: bytes) -> Path:
    path = folder / "contacts.csv"
    path.write_bytes(data)
    return path


def cells(path: Path) -> list[list[str]]:
    """Cells of the rows that can be used."""
    return [row.cells for row in read_rows(path, detect(path)) if isinstance(row, Row)]


def broken(path: Path) -> list[tuple[int, str]]:
    """Line and reason of the rows that can't."""
    rows = read_rows(path, detect(path))
    return [(row.line, row.reason) for row in rows if isinstance(row, Broken)]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (TEXT.encode(), "UTF-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "UTF-8"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("cp1252"), "CP1252"),
        (TEXT.encode("latin-1"), "CP1252"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, written: bytes, found: str) -> None:
    path = file(tmp_path, written)
    assert detect(path).shown_encoding == found
    assert cells(path) == [["Name", "Stadt"], ["Jörg Müller", "Köln"]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    rows = [["First", "Last", "Note"], ["Lena", "Lorenz", "a, b; c\td"]]
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as opened:
        csv.writer(opened, delimiter=separator).writerows(rows)
    assert detect(path).separator == separator
    assert cells(path) == rows


def test_a_separator_that_the_file_names_is_believed(tmp_path: Path) -> None:
    path = file(tmp_path, b"sep=|\r\na|b,c\r\n1|2,3\r\n")
    assert cells(path) == [["a", "b,c"], ["1", "2,3"]]


def test_what_is_named_is_not_guessed(tmp_path: Path) -> None:
    path = file(tmp_path, "a,b\nä,ü\n".encode("latin-1"))
    dialect = detect(path, "latin-1", "|")
    assert (dialect.encoding, dialect.separator) == ("latin-1", "|")
    with pytest.raises(InvalidInput):
        detect(path, "klingon")


def test_bytes_that_are_no_text_spoil_their_row_only(tmp_path: Path) -> None:
    path = file(tmp_path, "a,b\nä,ü\nö,ß\n".encode() + b"\xff,x\nc,d\n")
    assert cells(path)[1:] == [["ä", "ü"], ["ö", "ß"], ["c", "d"]]
    assert broken(path) == [(4, "Has bytes that are no UTF-8.")]


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"\0\0\0", b"\xff\xfe"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        look_through(file(tmp_path, data))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no text"):
        look_through(file(tmp_path, b"PK\x03\x04" + bytes(range(256)) * 8 + b"\0\0\0\0" * 300))


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    survey = look_through(file(tmp_path, b"Name,E-Mail\r\n"))
    assert (survey.total, survey.names, survey.filled) == (0, ["Name", "E-Mail"], frozenset())


def test_a_file_without_names_of_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="names of the columns"):
        look_through(file(tmp_path, b"Lena,lena@mail.example\nBo,bo@mail.example\n"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cells_may_have_lines_and_blank_lines_are_no_rows(tmp_path: Path, end: str) -> None:
    lines = ["a,b", "", '1,"x', 'y ""z"""', ",,", "2,3"]
    path = file(tmp_path, end.join(lines).encode())
    rows = list(read_rows(path, detect(path)))
    assert [(row.line, row.cells) for row in rows if isinstance(row, Row)] == [
        (1, ["a", "b"]),
        (3, ["1", f'x{end}y "z"']),
        (6, ["2", "3"]),
    ]


def test_a_quote_that_is_never_closed_takes_one_row_and_says_where(tmp_path: Path) -> None:
    path = file(tmp_path, b'a,b\n1,2\n3,"open\n4,5\n6,7\n')
    assert cells(path) == [["a", "b"], ["1", "2"]]
    assert broken(path) == [(3, "A quote that opens here is never closed (lines 3 to 5).")]


def test_the_inside_of_a_quoted_cell_is_never_read_as_rows(tmp_path: Path) -> None:
    inside = b'a,b\n1,"He said "hi" to\nme, and\nyou"\n3,4\n'
    path = file(tmp_path, inside)
    assert cells(path) == [["a", "b"], ["3", "4"]]
    assert [line for line, _ in broken(path)] == [2]


@pytest.mark.parametrize("cell", [b"x" * 10_000_000, b'"' + b"word, word\n" * 900_000 + b'"'])
def test_a_cell_of_ten_megabytes_spoils_its_row_only(tmp_path: Path, cell: bytes) -> None:
    path = file(tmp_path, b"a,b\n1," + cell + b"\n2,3\n")
    assert cells(path) == [["a", "b"], ["2", "3"]]
    ((line, reason),) = broken(path)
    assert line == 2
    assert reason.startswith("A row has at most 1,000,000 characters")


def test_a_huge_cell_that_never_ends_is_one_broken_row(tmp_path: Path) -> None:
    path = file(tmp_path, b'a,b\n1,"' + b"word, word\n" * 200_000)
    assert broken(path) == [(2, "A quote that opens here is never closed (lines 2 to 200001).")]


def test_rows_are_numbered_alike_from_wherever_they_are_read(tmp_path: Path) -> None:
    path = file(tmp_path, b'a,b\n1,2\n\n3,"x" y\n4,5\n6,7\n')
    dialect = detect(path)
    numbers = [number for number, _ in read_values(path, dialect)]
    assert numbers == [1, 2, 3, 4]
    ((number, row),) = list(read_values(path, dialect, 3))
    assert (number, row) == (4, Row(6, ["6", "7"]))


# --- columns -------------------------------------------------------------------------------------


def known(*keys: str, built_in: tuple[str, ...] = ("title", "first_name")) -> dict:
    return {
        key: FieldDefinition(
            id=new_id(), key=key, label=key, type=FieldType.TEXT, group_id=new_id(), position=0,
            is_built_in=key in built_in,
        )
        for key in (*built_in, *keys)
    }  # fmt: skip


def targets(*names: str, **chosen: str | None) -> list[str | None]:
    layout = choose(name_columns(names), chosen, None, known())
    return [each.target for each in layout.columns]


def test_names_of_columns_are_understood_in_many_spellings() -> None:
    spelled = {
        "firstName": ["First Name", "first_name", "FirstName", "Given Name", "Vorname"],
        "lastName": ["Last Name", "SURNAME", "Family Name", "Nachname"],
        "emailAddress": ["E-Mail", "Email", "e-mail address", "E-mail 1 - Value", "Mail"],
        "phoneNumber": ["Phone", "Mobile Phone", "Phone 1 - Value", "Telefon", "Tel."],
        "company": ["Company", "Organization Name", "Firma", "Organization 1 - Name"],
        "jobTitle": ["Job Title", "Position"],
        "birthday": ["Birthday", "Date of Birth", "Geburtstag"],
        "name": ["Name", "Full Name"],
        "tags": ["Tags", "Labels", "Group Membership"],
        "recordedAt": ["Created At", "Create Date"],
    }
    assert {target: [targets(name)[0] for name in names] for target, names in spelled.items()} == {
        target: [target] * len(names) for target, names in spelled.items()
    }


def test_other_columns_become_properties_under_keys_of_their_own() -> None:
    names = ["Größe (cm)", "State", "Title", "2nd Contact", "Телефон", "Source", "City", "city"]
    assert targets(*names) == [
        "property:grosse_cm",
        "property:imported_state",
        "property:imported_title",
        "property:imported_2nd_contact",
        "property:imported",
        "property:imported_source",
        "property:city",
        "property:city_2",
    ]


def test_two_columns_of_one_name_never_hide_each_other() -> None:
    assert targets("E-Mail", "E-Mail", "First Name", "First Name") == [
        "emailAddress",
        "emailAddress",
        "firstName",
        "property:imported_first_name",
    ]


def test_a_person_overrules_the_names() -> None:
    names = ["Mail", "City", "Ref"]
    chosen: dict[str, str | None] = {"mail": None, "#2": read_target("company")}
    layout = choose(names, chosen, "Ref", known())
    assert [each.target for each in layout.columns] == [None, "company", "externalId"]
    assert layout.key == 3


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("email", "emailAddress"), ("first_name", "firstName"), ("external id", "externalId"),
        ("property:rooms", "property:rooms"), ("rooms", "property:rooms"), ("-", None), ("", None),
    ],
)  # fmt: skip
def test_targets_are_understood(text: str, target: str | None) -> None:
    assert read_target(text) == target


@pytest.mark.parametrize(
    ("chosen", "key"),
    [
        ({"Nothing": "company"}, None),
        ({"City": "No Such Thing!"}, None),
        ({"City": "property:state"}, None),
        ({"City": "property:first_name"}, None),
        ({"City": "property:UPPER"}, None),
        ({"City": "firstName", "Ref": "firstName"}, None),
        ({"Ref": "company"}, "Ref"),
        ({}, "Nothing"),
    ],
)
def test_a_wish_that_can_not_be_met_is_refused(
    chosen: dict[str, str | None], key: str | None
) -> None:
    with pytest.raises(InvalidInput):
        choose(["City", "Ref"], chosen, key, known())


def test_a_file_has_at_most_a_thousand_columns() -> None:
    assert len(name_columns([f"c{number}" for number in range(1_000)])) == 1_000
    with pytest.raises(InvalidInput, match="1,000 columns"):
        name_columns([f"c{number}" for number in range(1_001)])


def test_columns_without_a_name_are_numbered_and_lines_in_names_joined() -> None:
    assert name_columns(["\ufeffA", "", "B\n(work)", "", ""]) == ["A", "Column 2", "B (work)"]
    with pytest.raises(InvalidInput):
        name_columns(["A", "B\0"])


# --- rejected rows -------------------------------------------------------------------------------


def test_rejected_cells_are_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    cells = ["=1+1", "+49 30", "-5", "@x", "plain", 'a"b,c', "\udcff"]
    RejectedRows(path, ["=N", *"bcdefg"], 0).append([(7, "=bad", cells)])
    text = path.read_bytes().decode("utf-8-sig")
    head, row = list(csv.reader(text.splitlines()))
    assert head[:3] == ["Leadlight line", "Leadlight reason", "'=N"]
    assert row == ["7", "'=bad", "'=1+1", "'+49 30", "'-5", "'@x", "plain", 'a"b,c', "\\udcff"]


def test_rejected_rows_that_were_never_committed_are_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    length = RejectedRows(path, ["a"], 0).append([(1, "x", ["1"])])
    assert RejectedRows(path, ["a"], length).append([(2, "y", ["2"])]) > length
    RejectedRows(path, ["a"], length).restore()
    assert path.stat().st_size == length
    RejectedRows(path, ["a"], 0).restore()
    assert not path.exists()


def test_a_mended_file_of_rejected_rows_can_be_imported_as_it_is() -> None:
    assert targets("Leadlight line", "Leadlight reason", "E-Mail") == [None, None, "emailAddress"]


def test_a_layout_knows_its_properties() -> None:
    layout = choose(["City", "Rooms", "Mail"], {}, None, known())
    assert isinstance(layout, Layout)
    assert layout.property_keys == ["city", "rooms"]
