"""What the store's resources are called, and who owns them. Reads moto's tables, and makes none that is missing."""

from __future__ import annotations

from typing import Any

import moto.backends

_PARTITION = "aws"


def bucket_owner(bucket: str) -> str | None:
    """The account of a bucket: their names are unique in all accounts."""
    owner = _backends("s3").bucket_accounts.get(bucket)
    return str(owner[1]) if owner else None


def key_arn(account_id: str, region: str, key_id: str) -> str | None:
    """Of a KMS key by its id, or by an alias or the alias's ARN."""
    found = backend("kms", account_id, region)
    name = f"alias/{key_id.split(':alias/', 1)[1]}" if ":alias/" in key_id else key_id
    keys = found.keys.values() if found else ()
    return next((str(key.arn) for key in keys if key.id == name or name in key.aliases), None)


def secret_arn(account_id: str, region: str, secret_id: str) -> str | None:
    found = backend("secretsmanager", account_id, region)
    secret = found.secrets.get(secret_id) if found else None
    return str(secret.arn) if secret else None


def key_aliases(arn: str) -> tuple[str, ...]:
    """All `alias/…` of a KMS key."""
    _, _, _, region, account_id, resource = arn.split(":", 5)
    found = backend("kms", account_id, region)
    key = found.keys.get(resource.removeprefix("key/")) if found else None
    return tuple(key.aliases) if key else ()


def key_of_ciphertext(blob: bytes) -> str:
    """The id of the key that the store sealed it with, which it puts first: 36 characters."""
    return blob[:36].decode("ascii", "replace")


def instance_profile(account_id: str, name: str) -> Any | None:
    found = backend("iam", account_id, _PARTITION)
    profiles = found.instance_profiles.values() if found else ()
    return next((profile for profile in profiles if profile.name == name), None)


def backend(service: str, account_id: str, region: str) -> Any | None:
    """The table of one account and Region; None where nothing is in it yet."""
    backends = _backends(service)
    return backends[account_id].get(region) if account_id in backends else None


def _backends(service: str) -> Any:
    return moto.backends.get_backend(service)  # type: ignore[call-overload]  # one overload a name
