"""What docs/behaviours.md claims is proven by a test that says so, and nothing else is said."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| ([ABCG]\d+) \| (.+) \| (.+) \|$")


def claimed() -> dict[str, tuple[str, list[str]]]:
    """Sentence and files by row."""
    text = (ROOT / "docs" / "behaviours.md").read_text(encoding="utf-8")
    rows = [match for line in text.splitlines() if (match := ROW.match(line))]
    found = {row[1]: (row[2], re.findall(r"`([^`]+)`", row[3])) for row in rows}
    assert len(found) == len(rows), "a row stands twice"
    return found


def proven() -> dict[str, set[str]]:
    """Files with a marked test by row; only tests that pytest collects count."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for row in _marked(node):
                    found[row].add(path.relative_to(ROOT).as_posix())
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
                for row in _rows(node.value):
                    found[row].add(path.relative_to(ROOT).as_posix())
    return found


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    is_test = node.name.startswith(("test", "Test"))
    return [row for mark in node.decorator_list for row in _rows(mark)] if is_test else []


def _rows(mark: ast.expr) -> list[str]:
    return [
        str(argument.value)
        for call in ast.walk(mark)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.behaviour"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]


def test_every_row_that_is_claimed_has_a_test_in_each_file_named() -> None:
    found = proven()
    missing = [
        f"{row}: {file}"
        for row, (_, files) in claimed().items()
        for file in files
        if file not in found[row]
    ]
    assert missing == []
    assert all(files for _, files in claimed().values())


def test_every_marker_names_a_row_that_is_claimed() -> None:
    assert {row: files for row, files in proven().items() if row not in claimed()} == {}


def test_every_sentence_is_one_sentence() -> None:
    for row, (sentence, _) in claimed().items():
        assert sentence[0].isupper() or sentence[0] == "`", row
        assert sentence.endswith("."), row
        assert ". " not in sentence, row
