"""Finds the keys that the config only points at. Reads the environment, files and Secrets Manager.

A key is returned to the adapter that needs it and is kept nowhere else; errors name the place, never the value.
"""

from __future__ import annotations

import os
from pathlib import Path

import boto3

from rolecall.aws.secrets import secret_value
from rolecall.errors import ConfigError


async def resolve(source: str, session: boto3.Session | None) -> str:
    """`env:NAME`, `file:/path` or `secretsmanager:<arn>` to the key. Raises ConfigError where it is missing.

    Without a session nothing can be had of Secrets Manager.
    """
    kind, _, place = source.partition(":")
    if kind == "env":
        key = os.environ.get(place, "")
    elif kind == "file":
        key = _from_file(place)
    elif session is None:
        raise ConfigError(f"platforms[].api_key: {source} needs AWS credentials", hint="log in, or name a profile")
    else:
        key = await secret_value(session, place)
    key = key.strip()
    if not key:
        raise ConfigError(f"platforms[].api_key: {source} holds no key", hint=_HINTS[kind].format(place=place))
    if not key.isprintable() or not key.isascii():
        raise ConfigError(f"platforms[].api_key: {source} holds more than a key", hint="it must be one line of ASCII")
    return key


_HINTS = {
    "env": "set it: export {place}=…",
    "file": "write the key into {place}, readable by you alone",
    "secretsmanager": "store the key as the secret's string",
}


def _from_file(place: str) -> str:
    try:
        return Path(place).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = _HINTS["file"].format(place=place)
        raise ConfigError(f"platforms[].api_key: {place} cannot be read", hint=hint) from error
