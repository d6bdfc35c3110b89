"""One line an account, for spreadsheets (RFC 4180). The columns stay as they are; new ones come last."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from rolecall.core.verdicts import Verdict
from rolecall.reports.facts import Json, is_target, moves

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a cell that a spreadsheet may take for a formula begins with.

https://owasp.org/www-community/attacks/CSV_Injection
"""

_BLANK = ("\t", "\r", "\n")

COLUMNS = (
    *("id", "name", "path", "state", "target", "verdict", "access", "deployment", "registration", "reason"),
    *("missing_permissions", "not_ready_since", "last_ready", "change", "taken", "not_proven"),
    *("deviations", "last_used"),
)


def render(report: dict[str, Any]) -> str:
    out, moved = StringIO(), moves(report)
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in report["accounts"]:
        cells = {**row, **_more(row, report), "change": moved.get(row["id"])}
        writer.writerow(_harmless(cells[column]) for column in COLUMNS)
    return out.getvalue()


def _more(row: Json, report: Json) -> Json:
    """What is not of the row alone. Each `ready` says what it does not prove."""
    return {
        "target": "yes" if is_target(row) else "no",
        "missing_permissions": " ".join(row["missing_permissions"]),
        "taken": report["taken"],
        "not_proven": report["not_proven"] if row["verdict"] == Verdict.READY else None,
        "deviations": None if row["deviations"] is None else "; ".join(row["deviations"]),
        "last_used": row["last_used"] and row["last_used"]["at"],
    }


def _harmless(value: object) -> str:
    """As text, with an apostrophe before what would be run as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in _BLANK or text.lstrip().startswith(_FORMULA) else text
