"""Headings, paragraphs and lists in the terminal: folded to 80 columns, or to as few as there are."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text

_WIDEST = 80
_TERM = 12


def heading(console: Console, text: str) -> None:
    """With a line below: a colour would not reach a file."""
    console.print()
    _write(console, f"{text}\n{'=' * len(text)}", style="bold")


def paragraph(console: Console, text: str) -> None:
    _write(console, _folded(console, text, "", ""))


def item(console: Console, text: str) -> None:
    _write(console, _folded(console, text, "  - ", "    "))


def under(console: Console, text: str) -> None:
    """What belongs to the item above."""
    _write(console, _folded(console, text, "    ", "      "))


def term(console: Console, name: str, text: str) -> None:
    """A name in a column of its own, and what it stands for beside it."""
    beside = "  " + " " * _TERM
    if len(name) < _TERM:
        _write(console, _folded(console, text, f"  {name:{_TERM}}", beside))
    else:
        _write(console, f"  {name}\n{_folded(console, text, beside, beside)}")


def _folded(console: Console, text: str, first: str, others: str) -> str:
    width = max(min(console.width, _WIDEST), 30)
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )


def _write(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)
