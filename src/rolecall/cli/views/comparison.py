"""What changed since an earlier roll call, for people: rendered from the report's JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rich.console import Console
from rich.text import Text

from rolecall.cli.views.groups import listed, print_line

_WORDS = {
    "lost": "lost",
    "gained": "gained",
    "still_missing": "still missing",
    "new": "new",
    "left": "left",
    "excluded": "no longer targets",
}


def print_comparison(console: Console, report: dict[str, Any], *, verbose: bool = False) -> None:
    """How many moved which way, then who; nothing where there is nothing to compare with."""
    comparison = report["comparison"]
    if comparison is None:
        return
    since = comparison["taken"].replace("T", " ").removesuffix("Z")
    counts = [f"{len(comparison[move]):,} {words}" for move, words in _WORDS.items() if comparison[move]]
    untold = comparison["not_compared"]
    counts += [f"{untold:,} unknown then or now"] if untold else []
    print_line(console, Text(f"Since {since} UTC: {', '.join(counts) or 'nothing changed'}"))
    for move, words in _WORDS.items():
        for when, entries in _by_date(comparison[move], dated=move == "still_missing").items():
            names = {entry["id"]: entry["name"] for entry in entries}
            print_line(console, Text(f"  {words}{when}: {listed(names, names, verbose)}"))


def _by_date(entries: list[dict[str, Any]], *, dated: bool) -> dict[str, list[dict[str, Any]]]:
    """Those that are missing for longest first."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry["since"] or ""):
        found[f" since {entry['since'][:10]}" if dated else ""].append(entry)
    return found
