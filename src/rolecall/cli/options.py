"""The global options, as one value that every command is given. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said before (or after) the command's name."""

    config: Path
    profile: str | None = None
    region: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = True


_FLAGS = ("--json", "--quiet", "--verbose", "--no-color")
_WITH_VALUE = ("--config", "--profile", "--region")


def hoisted(arguments: list[str]) -> list[str]:
    """The arguments with the global options moved to the front, so that they may stand anywhere before `--`."""
    front: list[str] = []
    rest: list[str] = []
    items = iter(arguments)
    for item in items:
        if item == "--":
            rest += [item, *items]
        elif item in _FLAGS or item.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            front.append(item)
        elif item in _WITH_VALUE:
            front += [item, *([value] if (value := next(items, None)) is not None else [])]
        else:
            rest.append(item)
    return front + rest


def of(context: typer.Context) -> Options:
    options = context.find_root().obj
    assert isinstance(options, Options)
    return options
