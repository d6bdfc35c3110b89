"""Reads a text file that a person wrote. Only reads."""

from __future__ import annotations

import stat
from pathlib import Path

from rolecall.errors import ConfigError

LARGEST = 1_000_000
"""Bytes. A config is a few thousand; more is some other file."""


def read_text(path: Path, kind: str, hint: str = "", *, largest: int = LARGEST) -> str:
    """`kind` is what the file should be, for the messages; `largest` its size in bytes at the most.

    Raises ConfigError for anything that is no text file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError(f"{path} is no regular file", hint=hint)
        with path.open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise ConfigError(f"{path} is too large to be a {kind}", hint=hint)
        return content.decode()
    except FileNotFoundError as error:
        raise ConfigError(f"there is no {kind} {path}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", detail=str(error), hint="save it as UTF-8") from error
    except OSError as error:
        detail = error.strerror or ""
        raise ConfigError(f"the {kind} {path} cannot be read", detail=detail, hint=hint) from error
