"""Optional parts of the installation: found, or an error that says how to get them."""

from __future__ import annotations

from importlib.util import find_spec

from rolecall.errors import UsageError


def need(extra: str, module: str) -> None:
    """Raises UsageError unless `module`, of the optional extra `extra`, is installed."""
    if find_spec(module) is None:
        hint = f"pip install 'rolecall[{extra}]'"
        raise UsageError(f"this command needs the {extra} extra, which is not installed", hint=hint)
