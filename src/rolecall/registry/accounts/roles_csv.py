"""The platform's own file of roles: `role,alias` lines, with or without that heading. No I/O.

The form of CSV is https://www.rfc-editor.org/rfc/rfc4180.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rolecall.registry.accounts.validity import name_problem, role_problem

MAX_LINES = 10_000
_HEADING = ("role", "alias")


class TooManyLines(ValueError):
    """The file has more than `MAX_LINES`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, counted from 1 as an editor counts. `problem` is empty where it says a role and a name."""

    number: int
    role: str
    name: str
    problem: str = ""


def read_lines(text: str) -> list[Line]:
    """The lines that say something. Raises TooManyLines."""
    lines: list[Line] = []
    for line in _read(text):
        if len(lines) == MAX_LINES:
            raise TooManyLines(f"a file has at most {MAX_LINES:,} lines")
        lines.append(line)
    return lines


def _read(text: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""))
    first = True
    number = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped) and not (first and _is_heading(stripped)):
                yield _line(number, stripped)
            first = first and not any(stripped)
            number = reader.line_num + 1
    except csv.Error as error:
        yield Line(number, "", "", f"This is no CSV: {error}. Is a quotation mark missing?")


def _is_heading(cells: Sequence[str]) -> bool:
    return tuple(cell.casefold() for cell in cells) == _HEADING


def _line(number: int, cells: Sequence[str]) -> Line:
    if len(cells) != len(_HEADING):
        return Line(number, cells[0], "", f"A line has two columns, role and alias; this one has {len(cells)}.")
    role, name = cells
    if "\ufffd" in role + name:
        return Line(number, role, name, "This is not UTF-8: save the file as UTF-8.")
    return Line(number, role, name, role_problem(role) or name_problem(name))
