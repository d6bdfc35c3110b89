"""Reads the config file, and the folder of permission groups that it names. Only reads."""

from __future__ import annotations

from pathlib import Path

from rolecall.core.config import Config
from rolecall.core.config_reader import groups_folder, read_config
from rolecall.wiring.permission_groups import read_groups
from rolecall.wiring.text_file import read_text


def load_config(path: Path) -> Config:
    """Raises ConfigError, with every problem, when a file is missing, unreadable or wrong."""
    text = read_text(path, "config file", "write one with `rolecall init`, or name another with --config")
    folder = groups_folder(text)
    groups, problems = read_groups(path.parent / folder) if folder else ({}, ())
    return read_config(text, str(path), groups, problems)
