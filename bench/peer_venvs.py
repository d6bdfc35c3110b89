"""A venv for each peer whose dependencies clash with rolecall's lock, or have no place in it.

Made on first use from `bench/peers/<peer>.txt`, which is hashed, under a folder that git ignores. Starts processes;
asks PyPI, and nothing where the venv is there already.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

_PEERS = Path(__file__).parent / "peers"
_LONGEST = 300
"""Seconds for a whole installation."""


class NotInstalled(Exception):
    """The message is one line of why."""


def python_of(peer: str) -> Path:
    """The peer's Python. Raises NotInstalled."""
    if not is_installed(peer):
        _install(peer)
    return _python(peer)


def is_installed(peer: str) -> bool:
    """As its requirements file says now."""
    mark = _mark(peer)
    return mark.is_file() and mark.read_text("ascii") == _digest(peer)


def _install(peer: str) -> None:
    folder = _folder(peer)
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv")
    requirements = ["--require-hashes", "-r", str(_requirements(peer))]
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "--quiet", "--python", str(_python(peer)), *requirements)
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(_python(peer)), "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "10", *requirements)
    _mark(peer).write_text(_digest(peer), "ascii")


def _run(*command: str) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=_LONGEST)
    except subprocess.CalledProcessError as error:
        raise NotInstalled(_why(f"{error.stderr or error.stdout}") or f"exit status {error.returncode}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{error}") from error


def _why(said: str) -> str:
    """The first line that begins with error, or the last of all."""
    lines = said.strip().splitlines() or [""]
    return next((line for line in lines if line.lower().startswith("error")), lines[-1]).strip()


def _requirements(peer: str) -> Path:
    return _PEERS / f"{peer}.txt"


def _digest(peer: str) -> str:
    return hashlib.sha256(_requirements(peer).read_bytes()).hexdigest()


def _folder(peer: str) -> Path:
    return _PEERS / ".venv" / peer


def _mark(peer: str) -> Path:
    return _folder(peer) / "installed"


def _python(peer: str) -> Path:
    return _folder(peer) / "bin" / "python"
