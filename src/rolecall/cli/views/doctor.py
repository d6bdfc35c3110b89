"""A diagnosis for people, rendered from its JSON: a line each, and what is wrong with its mend below."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from rolecall.core.diagnosis import State

_STYLES = {State.OK: "change.other", State.PROBLEM: "change.destructive", State.UNCHECKED: "change.blocked"}
_WIDTH = max(map(len, State))


def print_diagnosis(console: Console, report: dict[str, Any]) -> None:
    for line in report["checks"]:
        state = State(line["state"])
        text = Text(f"{state:<{_WIDTH}}  ", style=_STYLES[state])
        _print(console, text.append(f"{line['check']}: {line['message']}", style="default"))
        if line["hint"] and state is not State.OK:
            _print(console, Text(f"{'':<{_WIDTH}}  -> {line['hint']}"))
    _print(console, Text(_summary(report["summary"])))


def _summary(summary: dict[str, int]) -> str:
    problems, unknown = summary[State.PROBLEM], summary[State.UNCHECKED]
    told = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "No problem"
    return f"{told}, {summary[State.OK]} ok" + (f", {unknown} not checked" if unknown else "")


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=not console.is_terminal)
