"""The threat model names a test for every promise, and every test that it names exists."""

from __future__ import annotations

import ast
import re

from tests.docs.shown import ROOT

TEXT = (ROOT / "docs/security.md").read_text("utf-8")
_PROMISES = re.findall(
    r"^\| threat \| promise \| held by \|\n\| --- \| --- \| --- \|\n((?:\|.*\n)+)", TEXT, re.MULTILINE
)
ROWS = [line for table in _PROMISES for line in table.splitlines()]


def named(text: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)


def names_of_tests(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions) and node.name.startswith("test_")}


def test_every_test_that_holds_a_promise_exists() -> None:
    assert len(named(TEXT)) > 40
    files = {file: names_of_tests(file) for file, _ in named(TEXT) if (ROOT / file).exists()}
    assert [f"{file}::{name}" for file, name in named(TEXT) if name not in files.get(file, ())] == []


def test_every_promise_is_held_by_a_test() -> None:
    assert len(ROWS) > 25
    assert [row for row in ROWS if row.count("|") != 4 or not named(row.split("|")[3])] == []
