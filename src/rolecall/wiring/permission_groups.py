"""Reads the folder of the user's own permission groups. Only reads."""

from __future__ import annotations

from pathlib import Path

from rolecall.core import permission_groups
from rolecall.core.permission_groups import PermissionGroup
from rolecall.core.permission_groups.own import read_group
from rolecall.errors import ConfigError, Problem
from rolecall.wiring.text_file import read_text

MOST = 200
"""Files of a folder. More is some other folder."""


def read_groups(folder: Path) -> tuple[dict[str, PermissionGroup], tuple[Problem, ...]]:
    """The groups by id, and every problem with their files; a file with a problem gives no group."""
    groups: dict[str, PermissionGroup] = {}
    problems: list[Problem] = []
    for path in _files(folder):
        try:
            group = read_group(read_text(path, "permission group"), str(path))
        except ConfigError as error:
            problems += error.problems or (Problem(str(path), None, "", error.summary, error.hint),)
            continue
        if group.id in groups or group.id in permission_groups.GROUPS:
            problems.append(Problem(str(path), 1, "id", f"there is another group {group.id}", "give it another id"))
        else:
            groups[group.id] = group
    return groups, tuple(problems)


def _files(folder: Path) -> list[Path]:
    hint = "role.groups_folder is a folder of YAML files, named from the config file's place"
    try:
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder} of permission groups", hint=hint)
        found = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be read", detail=error.strerror or "", hint=hint) from error
    if len(found) > MOST:
        raise ConfigError(f"{folder} holds {len(found):,} YAML files, more than {MOST}", hint=hint)
    return found
