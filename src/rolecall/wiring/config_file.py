"""Reads the config file, and what it names: a folder of permission groups, a file of roles. Only reads."""

from __future__ import annotations

from pathlib import Path

from rolecall.core.config import Config
from rolecall.core.config_reader import existing_roles_file, groups_folder, read_config
from rolecall.wiring.existing_roles import read_roles
from rolecall.wiring.permission_groups import read_groups
from rolecall.wiring.text_file import read_text


def load_config(path: Path, *, roles: bool = True) -> Config:
    """Raises ConfigError, with every problem, when a file is missing, unreadable or wrong.

    `roles` false: without the file of roles, since it is to be written.
    """
    text = read_text(path, "config file", "write one with `rolecall init`, or name another with --config")
    folder, file = groups_folder(text), existing_roles_file(text) if roles else None
    groups, problems = read_groups(path.parent / folder) if folder else ({}, ())
    existing, more = read_roles(path.parent / file) if file else ({}, ())
    return read_config(text, str(path), groups, (*problems, *more)).with_existing_roles(existing)
