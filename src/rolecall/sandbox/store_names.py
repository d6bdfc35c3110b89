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
    backend = _backend("kms", account_id, region)
    name = f"alias/{key_id.split(':alias/', 1)[1]}" if ":alias/" in key_id else key_id
    keys = backend.keys.values() if backend else ()
    return next((str(key.arn) for key in keys if key.id == name or name in key.aliases), None)


def secret_arn(account_id: str, region: str, secret_id: str) -> str | None:
    backend = _backend("secretsmanager", account_id, region)
    secret = backend.secrets.get(secret_id) if backend else None
    return str(secret.arn) if secret else None


def ec2_tags(account_id: str, region: str, resource_id: str) -> dict[str, str]:
    backend = _backend("ec2", account_id, region)
    return dict(backend.tags.get(resource_id, {})) if backend else {}


def instance_profile(account_id: str, name: str) -> Any | None:
    backend = _backend("iam", account_id, _PARTITION)
    profiles = backend.instance_profiles.values() if backend else ()
    return next((profile for profile in profiles if profile.name == name), None)


def _backend(service: str, account_id: str, region: str) -> Any | None:
    backends = _backends(service)
    return backends[account_id].get(region) if account_id in backends else None


def _backends(service: str) -> Any:
    return moto.backends.get_backend(service)  # type: ignore[call-overload]  # one overload a name
