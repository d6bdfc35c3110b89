"""Optional parts of the installation: found, or an error that says how to get them."""

from __future__ import annotations

from importlib.util import find_spec

from rolecall.errors import UsageError

_MODULES = {"registry": "fastapi", "sandbox": "moto"}


def need(*extras: str) -> None:
    """Raises UsageError unless the optional extras are installed, by one module of each."""
    if missing := [extra for extra in extras if find_spec(_MODULES[extra]) is None]:
        hint = f"in rolecall's checkout: pip install '.[{','.join(extras)}]'"
        raise UsageError(f"this command needs what is not installed: {' and '.join(missing)}", hint=hint)
