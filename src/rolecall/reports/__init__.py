"""The report of a roll call in each of the formats that others read. Text out, nothing else: no files, no clock.

Every format says what a `ready` does not prove, and takes any account name, whatever characters are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from rolecall.reports import csv, html, json, junit, sarif


class Format(StrEnum):
    """Who reads it: programs, spreadsheets, the test reports and the code scanning of a CI, people."""

    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    SARIF = "sarif"
    HTML = "html"


_RENDERERS: Mapping[Format, Callable[[dict[str, Any]], str]] = {
    Format.JSON: json.render,
    Format.CSV: csv.render,
    Format.JUNIT: junit.render,
    Format.SARIF: sarif.render,
    Format.HTML: html.render,
}


def render(format: Format, report: dict[str, Any]) -> str:
    """`report` is of `check`; the text ends with a line break."""
    return _RENDERERS[format](report)
