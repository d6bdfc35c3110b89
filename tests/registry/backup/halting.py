"""`rolecall registry …` that stands still in the middle of a copy, and goes on when a line or the end of stdin comes.

Run as a script: which of its copies, and at which share of the pages; then the command's arguments.
"""

from __future__ import annotations

import sqlite3
import sys
from functools import partial
from itertools import count
from typing import Any

_PAGES = 100
"""How many are copied at once: rolecall itself takes all."""
_copies = count(1)
_connect = sqlite3.connect


def halt_at(copy: int, share: float) -> None:
    halts = iter([_halt])

    def progress(_status: int, remaining: int, total: int) -> None:
        if remaining <= total * (1 - share):
            next(halts, lambda: None)()

    class Halting(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **_named: Any) -> None:
            super().backup(target, pages=_PAGES, progress=progress if next(_copies) == copy else None)

    sqlite3.connect = partial(_connect, factory=Halting)  # type: ignore[assignment]


def _halt() -> None:
    sys.stdout.write("halted\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    halt_at(int(sys.argv[1]), float(sys.argv[2]))
    sys.argv[1:3] = []
    from rolecall.cli.main import main

    main()
