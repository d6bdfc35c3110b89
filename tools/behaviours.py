"""docs/reference/sandbox.md from its rows and the tests that show them. Reads the two, writes nothing.

The rows are in tests/sandbox/conformance/behaviours.yaml; a test shows a row by `@pytest.mark.behaviour(number)`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CONFORMANCE = Path(__file__).parent.parent / "tests" / "sandbox" / "conformance"
_PREFIXES = {
    "CFN": "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/{}.html",
    "ORG": "https://docs.aws.amazon.com/organizations/latest/userguide/{}.html",
    "IAM": "https://docs.aws.amazon.com/IAM/latest/UserGuide/{}.html",
    "STS": "https://docs.aws.amazon.com/STS/latest/APIReference/{}.html",
    "GR": "https://docs.aws.amazon.com/general/latest/gr/{}.html",
}
_HEADER = "| # | On AWS | In moto 5.2.5 | Known from | Shown by |\n| --- | --- | --- | --- | --- |\n"
_MODEL = "https://github.com/boto/botocore/tree/develop/botocore/data"
_INTRODUCTION = """\
# The sandbox beside AWS and moto

<!-- Written by `make docs` from tests/sandbox/conformance/behaviours.yaml: change it there. -->

Each row is something that AWS does and that moto 5.2.5, the store behind the sandbox, lacks or does differently. Every
row is shown by tests that go through boto3 over HTTP; `pytest tests/sandbox/conformance` runs them all.

*Known from* says how we know: **documentation** is a page of AWS's or its published API model, **field** is what others
reported of real accounts, and a **guess** is what nobody has written down and we had to decide. Confirm guesses in a
real organization before you depend on them; [tell us](../../CONTRIBUTING.md) what you saw.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour. `left_out` is why the sandbox does not have it, where that is so."""

    number: int
    aws: str
    moto: str
    documentation: tuple[str, ...]
    field: tuple[str, ...] = ()
    guess: str | None = None
    left_out: str | None = None


def areas(folder: Path = CONFORMANCE) -> Mapping[str, tuple[Row, ...]]:
    """The rows by area, in the order of the file."""
    read = yaml.safe_load((folder / "behaviours.yaml").read_text("utf-8"))
    return {area["area"]: tuple(_row(row) for row in area["rows"]) for area in read}


def shown_by(folder: Path = CONFORMANCE) -> Mapping[int, tuple[str, ...]]:
    """The tests of each number, as `file::test`."""
    found: dict[int, list[str]] = defaultdict(list)
    for file in sorted(folder.glob("test_*.py")):
        for name, numbers in _marked(ast.parse(file.read_text("utf-8"))):
            for number in numbers:
                found[number].append(f"{file.name}::{name}")
    return {number: tuple(tests) for number, tests in found.items()}


def page() -> str:
    """The whole of docs/reference/sandbox.md."""
    tests = shown_by()
    parts = [_INTRODUCTION]
    for area, rows in areas().items():
        parts.append(f"\n## {area}\n\n{_HEADER}")
        parts += [_line(row, tests.get(row.number, ())) for row in rows]
    return "".join(parts)


def _row(read: Mapping[str, Any]) -> Row:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}
    return Row(**given)


def _marked(module: ast.Module) -> Iterator[tuple[str, tuple[int, ...]]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            numbers = tuple(number for mark in node.decorator_list for number in _numbers(mark))
            if numbers:
                yield node.name, numbers


def _numbers(mark: ast.expr) -> tuple[int, ...]:
    if not isinstance(mark, ast.Call) or ast.unparse(mark.func) != "pytest.mark.behaviour":
        return ()
    return tuple(int(ast.literal_eval(argument)) for argument in mark.args)


def _line(row: Row, tests: tuple[str, ...]) -> str:
    shown = f"left out: {row.left_out}" if row.left_out else "<br>".join(_link(test) for test in tests)
    return f"| {row.number} | {row.aws} | {row.moto} | {_known_from(row)} | {shown} |\n"


def _known_from(row: Row) -> str:
    pages = ", ".join(_page(name) for name in row.documentation)
    threads = ", ".join(_thread(name) for name in row.field)
    said = {"documentation": pages, "field": threads, "guess": row.guess}
    return "<br>".join(f"**{kind}**: {text}" for kind, text in said.items() if text)


def _page(name: str) -> str:
    if name == "model":
        return f"[API model]({_MODEL})"
    prefix, colon, rest = name.partition(":")
    if prefix in _PREFIXES and colon:
        return f"[{rest}]({_PREFIXES[prefix].format(rest)})"
    return f"[{name.rstrip('/').rsplit('/', 1)[-1].removesuffix('.html')}]({name})"


def _thread(name: str) -> str:
    repository, _, number = name.partition("#")
    return f"[{name}](https://github.com/{repository}/issues/{number})"


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../../tests/sandbox/conformance/{file})"
