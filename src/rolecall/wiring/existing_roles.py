"""Reads the file of roles with names of their own that a config names. Only reads."""

from __future__ import annotations

from pathlib import Path

from rolecall.core.existing_roles import Roles, parse
from rolecall.errors import ConfigError, Problem
from rolecall.wiring.text_file import read_text

LARGEST = 10_000_000
"""Bytes. A line has about a hundred, and an organization at the most tens of thousands of accounts."""


def read_roles(path: Path) -> tuple[Roles, tuple[Problem, ...]]:
    """The roles by account, and every problem with the file."""
    try:
        text = read_text(path, "file of roles", largest=LARGEST)
    except ConfigError as error:
        hint = error.hint or "`rolecall adopt STACKSET --roles` writes it; role.existing_roles names it"
        return {}, (Problem(str(path), None, "", error.summary, hint),)
    return parse(text, str(path))
