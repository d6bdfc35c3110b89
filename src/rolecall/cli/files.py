"""Writing files: a regular file whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rolecall.errors import UsageError
from rolecall.wiring.whole_file import replace_whole


def write_atomically(path: Path, text: str, *, never: Path | None = None) -> None:
    """The file is there with all of `text`, or is as it was. Raises UsageError where it cannot be written.

    A symbolic link stays one: the file that it names is written. What is there and no regular file (a pipe,
    /dev/stdout) is written through. `never` is the file that must not be overwritten, under whatever name.
    """
    try:
        if never and _same(path, never):
            raise UsageError(f"{path} is the config file: it would be overwritten", hint="give --out another name")
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
