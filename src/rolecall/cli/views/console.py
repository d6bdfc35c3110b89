"""The terminal: one console for data on stdout, one for talk on stderr."""

from __future__ import annotations

import os
import sys
from typing import IO

from rich.console import Console
from rich.theme import Theme

from rolecall.cli.options import Options

_WIDTH_OF_A_FILE = 160
_HEIGHT_OF_A_FILE = 100
THEME = Theme(
    {
        "verdict.ready": "green",
        "verdict.restricted": "yellow",
        "verdict.pending": "cyan",
        "verdict.unknown": "cyan",
        "verdict.excluded": "dim",
        "verdict.unreachable": "red",
        "verdict.unsafe": "bold red",
        "change.blocked": "yellow",
        "change.destructive": "red",
        "change.other": "green",
    }
)


def stdout(options: Options) -> Console:
    return to(sys.stdout, options)


def stderr(options: Options) -> Console:
    return to(sys.stderr, options)


def to(stream: IO[str], options: Options) -> Console:
    """A console on any stream; one that is no terminal is written wide and plain."""
    # With a height too, or rich reads COLUMNS once more, and fails where it is no number.
    width, height = (None, None) if stream.isatty() else (_width_of_a_file(), _HEIGHT_OF_A_FILE)
    return Console(
        file=stream, no_color=not options.color, width=width, height=height, theme=THEME, highlight=False, emoji=False
    )


def _width_of_a_file() -> int:
    """COLUMNS where it says something."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        return _WIDTH_OF_A_FILE
    return columns if columns > 0 else _WIDTH_OF_A_FILE
