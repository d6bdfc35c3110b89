"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rolecall.errors import UsageError


def write_atomically(path: Path, text: str) -> None:
    """The file is there with all of `text`, or is as it was. Raises UsageError where it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        hint = "check that its folder exists and may be written to"
        raise UsageError(f"{path} cannot be written", detail=error.strerror or str(error), hint=hint) from error
