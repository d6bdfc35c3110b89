"""Reads the config file. Only reads."""

from __future__ import annotations

import stat
from pathlib import Path

from rolecall.core.config import Config
from rolecall.core.config_reader import read_config
from rolecall.errors import ConfigError

LARGEST = 1_000_000
"""Bytes. A config is a few thousand; more is some other file."""


def load_config(path: Path) -> Config:
    """Raises ConfigError, with every problem, when the file is missing, unreadable or wrong."""
    return read_config(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError(f"{path} is no regular file", hint="name another with --config")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ConfigError(f"{path} is too large to be a config file", hint="name another with --config")
        return content.decode()
    except FileNotFoundError as error:
        hint = "write one with `rolecall init`, or name another with --config"
        raise ConfigError(f"there is no config file {path}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", detail=str(error), hint="save it as UTF-8") from error
    except OSError as error:
        hint = "check its permissions, or name another with --config"
        raise ConfigError(f"the config file {path} cannot be read", detail=error.strerror or "", hint=hint) from error
