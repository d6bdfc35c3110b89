"""The secret that signs browsers' sessions, from a file that several servers share. Reads that file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rolecall.errors import UsageError
from rolecall.registry.settings import Settings

_LEAST_BYTES = 32
_HINT = "make one: head -c 32 /dev/urandom > session-secret; chmod 600 session-secret"


def with_session_secret(settings: Settings, file: Path | None) -> Settings:
    """The settings with the file's secret; with one of this start's own where there is no file.

    Raises UsageError for a file that cannot be read, that others may read, or that is too short to be a secret.
    """
    if file is None:
        return settings
    try:
        secret, mode = file.read_bytes(), file.stat().st_mode
    except OSError as error:
        raise UsageError(f"cannot read the session secret {file}", detail=error.strerror or "", hint=_HINT) from error
    if mode & 0o007:
        raise UsageError(f"everybody on this machine can read the session secret {file}", hint=f"chmod 600 {file}")
    if len(secret) < _LEAST_BYTES:
        raise UsageError(f"the session secret {file} is shorter than {_LEAST_BYTES} bytes", hint=_HINT)
    return replace(settings, session_secret=secret)
