"""Reads the folder of the user's own permission groups. Only reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rolecall.core import permission_groups
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.permission_groups.own import read_group
from rolecall.core.service_reference import ServiceReference
from rolecall.errors import ConfigError, Problem
from rolecall.wiring.service_reference import service_reference
from rolecall.wiring.text_file import read_text

LARGEST = 100_000
"""Bytes. All of AWS's actions of ten services are fewer."""
MOST = 200
"""Files of a folder. More is some other folder."""


def read_groups(folder: Path) -> tuple[dict[str, PermissionGroup], tuple[Problem, ...]]:
    """The groups by id, and every problem with their files; a file with a problem gives no group."""
    groups: dict[str, PermissionGroup] = {}
    problems: list[Problem] = []
    for path in _files(folder):
        try:
            group = _spelled_out(read_group(read_text(path, "permission group", largest=LARGEST), str(path)))
        except ConfigError as error:
            problems += error.problems or (Problem(str(path), None, "", error.summary, error.hint),)
            continue
        if group.id in groups or group.id in permission_groups.GROUPS:
            problems.append(Problem(str(path), 1, "id", f"there is another group {group.id}", "give it another id"))
        else:
            groups[group.id] = group
    return groups, tuple(problems)


def _spelled_out(group: PermissionGroup) -> PermissionGroup:
    """With the actions that the wildcards in it stand for by AWS's reference."""
    patterns = [action for action in group.actions if set(action) & set("*?")]
    if not patterns:
        return group
    reference = service_reference(group.actions)
    return replace(group, statements=tuple(_by_name(statement, reference) for statement in group.statements))


def _by_name(statement: Statement, reference: ServiceReference) -> Statement:
    """An action that AWS's reference does not know is asked as it is written; the linter tells of it."""
    named = [
        name
        for action in statement.actions
        for name in ([found.name for found in reference.matching(action)] or [action])
    ]
    return replace(statement, spelled_out=tuple(dict.fromkeys(named)))


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
