"""Each command of the command line has its rights written down, or is known to need none of the operator's."""

from __future__ import annotations

import typer.main

from rolecall.cli.main import app
from rolecall.core.operator_rights import RIGHTS

from .situations import SITUATIONS

NEEDS_NONE = {
    "demo": "the sandbox's own credentials",
    "explain": "reads the config alone",
    "init": "writes a file",
    "permissions": "reads the config alone",
    "policy": "reads the config alone",
    "registry": "works as `serve` does, or copies its database",
    "sandbox": "is AWS itself",
    "serve": "assumes roles as the platform; policies' names are only nicer to read where the platform may list them",
}
SHOWN_ELSEWHERE = {"template --upload"}
"""In tests/e2e/test_operator_rights.py."""


def test_every_command_has_its_rights_or_needs_none() -> None:
    known = {command.split()[0] for command in RIGHTS}
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a group
    assert commands == known | NEEDS_NONE.keys()
    assert not known & NEEDS_NONE.keys()


def test_every_command_with_rights_is_run_in_some_situation() -> None:
    assert {situation.command for situation in SITUATIONS} == RIGHTS.keys() - SHOWN_ELSEWHERE
