"""Draws docs/images/demo.svg from a real run of the demo: `python -m tools.picture`.

The rows that need a look and a few of the others, as the terminal shows them, with the true summary below.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from rolecall.cli.views.console import THEME
from rolecall.cli.views.roll import print_roll

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "demo.svg"
SHOWN_READY = 8


def main() -> None:
    command = [sys.executable, "-m", "rolecall", "demo", "--json", "--quiet"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    console = Console(file=io.StringIO(), record=True, width=140, theme=THEME, highlight=False, emoji=False)
    console.print("$ rolecall check")
    print_roll(console, shortened(report))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    svg = console.export_svg(title="rolecall", unique_id="rolecall")
    # Without the web fonts: a picture should fetch nothing.
    PICTURE.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


def shortened(report: dict[str, Any]) -> dict[str, Any]:
    """The report with most of the ready rows left out, and a row that says so."""
    ready = sorted((row for row in report["accounts"] if row["verdict"] == "ready"), key=lambda row: str(row["path"]))
    others = [row for row in report["accounts"] if row["verdict"] != "ready"]
    left_out = len(ready) - SHOWN_READY
    more = {**dict.fromkeys(ready[0], ""), "verdict": "ready", "path": "…", "reason": f"and {left_out} more"}
    return {**report, "accounts": [*others, *ready[:SHOWN_READY], more]}


if __name__ == "__main__":
    main()
