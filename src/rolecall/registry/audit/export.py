"""The audit log as a file: CSV, or JSON lines (https://jsonlines.org). Reads the database, a few lines at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum

from rolecall.registry.audit.schemas import AuditLine
from rolecall.registry.audit.store import AuditQuery, lines_after
from rolecall.registry.database.engine import Database

_AT_ONCE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON_LINES = "jsonl"


MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSON_LINES: "application/jsonl"}


def export(database: Database, query: AuditQuery, format: ExportFormat) -> Iterator[str]:
    """The file in pieces, oldest line first; what is written meanwhile may be in it. Holds no transaction between."""
    if format is ExportFormat.CSV:
        yield _csv([list(AuditLine.model_fields)])
    for lines in _batches(database, query):
        if format is ExportFormat.CSV:
            yield _csv([[_cell(value) for value in line.model_dump().values()] for line in lines])
        else:
            yield "".join(f"{line.model_dump_json()}\n" for line in lines)


def _batches(database: Database, query: AuditQuery) -> Iterator[list[AuditLine]]:
    last = 0
    while True:
        with database.reading() as session:
            lines = [AuditLine.of(row) for row in lines_after(session, query, last, _AT_ONCE)]
        if not lines:
            return
        yield lines
        last = lines[-1].id


def _cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe, which makes it text again.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
