"""Writing files: a regular file whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from rolecall.core.config import Config
from rolecall.errors import UsageError
from rolecall.wiring.whole_file import replace_whole

_NONE: Mapping[Path, str] = MappingProxyType({})


def own_files(config_file: Path, config: Config) -> Mapping[Path, str]:
    """What a config and the runs with it live by, and what each is: no output goes there."""
    folder, existing = config_file.parent, config.role.existing_roles
    return {
        config_file: "the config file",
        folder / config.deployment.ledger: "the ledger",
        **({folder / existing: "the file of roles"} if existing else {}),
    }


def write_atomically(path: Path, text: str, *, never: Mapping[Path, str] = _NONE) -> None:
    """The file is there with all of `text`, or is as it was. Raises UsageError where it cannot be written.

    A symbolic link stays one: the file that it names is written. What is there and no regular file (a pipe,
    /dev/stdout) is written through. `never` are files that must not be overwritten, under whatever name, and what
    each is.
    """
    try:
        for what in (told for other, told in never.items() if _same(path, other)):
            raise UsageError(f"{path} is {what}: it would be overwritten", hint="give the output another name")
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
        else:
            replace_whole(Path(os.path.realpath(path)), text)
    except OSError as error:
        hint = "check that its folder exists and may be written to"
        raise UsageError(f"{path} cannot be written", detail=error.strerror or str(error), hint=hint) from error


def _same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _is_special(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
