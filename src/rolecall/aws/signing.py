"""AWS Signature Version 4 of a request without a query string, as the query protocol makes them. Pure.

Why not botocore's: docs/adr/0004-lean-client-for-the-roll-call.md. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from botocore.credentials import ReadOnlyCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for: one service in one Region."""

    region: str
    service: str


def canonical_path(path: str) -> str:
    """As every service but S3 wants it."""
    return quote(path, safe="/-_.~")


def authorization(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: ReadOnlyCredentials,
    scope: Scope,
) -> str:
    """The header Authorization. `path` is canonical; `headers` are all that are signed, by names in lower case.

    `x-amz-date` must be among them, and `x-amz-security-token` where the credentials have a token.
    """
    names = sorted(headers)
    signed, stamp = ";".join(names), headers["x-amz-date"]
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical = f"{method}\n{path}\n\n{lines}\n{signed}\n{sha256(body).hexdigest()}"
    place = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = f"{_ALGORITHM}\n{stamp}\n{place}\n{sha256(canonical.encode()).hexdigest()}"
    key = _key(credentials.secret_key, stamp[:8], scope.region, scope.service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{_ALGORITHM} Credential={credentials.access_key}/{place}, SignedHeaders={signed}, Signature={signature}"


@lru_cache(maxsize=256)
def _key(secret: str, date: str, region: str, service: str) -> bytes:
    """Kept, since a caller signs many requests with it on one day."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
