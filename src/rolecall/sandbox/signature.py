"""AWS Signature Version 4 as the server sees it: who a request claims to be from, and whether the secret agrees. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import WireError

_ALGORITHM = "AWS4-HMAC-SHA256"
_TIME = "%Y%m%dT%H%M%SZ"
_CLOCK_SKEW = timedelta(minutes=15)
_LONGEST = 7 * 24 * 60 * 60
"""Seconds a presigned URL may hold. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
_UNHASHED = ("UNSIGNED-PAYLOAD", "STREAMING-")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signed request says of itself, before anything is checked."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    expires: int | None = None

    @property
    def presigned(self) -> bool:
        return self.expires is not None


def read_claim(request: HttpRequest) -> Claim:
    """Raises WireError: MissingAuthenticationToken without a signature, IncompleteSignature with half of one."""
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    if query.get("X-Amz-Algorithm") == _ALGORITHM:
        return _claim(_lowered(query), query.get("X-Amz-Security-Token"), presigned=True)
    headers = {name.lower(): value for name, value in request.headers.items()}
    algorithm, _, rest = headers.get("authorization", "").partition(" ")
    if algorithm != _ALGORITHM:
        raise WireError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    fields = {f"x-amz-{name.lower()}": value for name, value in parts.items()}
    fields["x-amz-date"] = headers.get("x-amz-date", "")
    return _claim(fields, headers.get("x-amz-security-token"), presigned=False)


def verify(request: HttpRequest, claim: Claim, secret: str, now: datetime, proxy: str | None = None) -> None:
    """Raises WireError (403) unless the request was signed with `secret`, lately, over the body that came.

    `proxy` is the host and port of a proxy in front, for which clients sign and which may write another Host, and the
    same URL in other words.
    """
    _check_time(claim, now)
    headers = {name.lower(): value for name, value in request.headers.items()}
    _check_body(headers, request.body)
    hosts = [headers.get("host", ""), *([proxy] if proxy else [])]
    targets = dict.fromkeys((request.target, _encoded(request.target)))
    made = (
        _signature(replace(request, target=target), headers | {"host": host}, claim, secret)
        for host in hosts
        for target in targets
    )
    if not any(hmac.compare_digest(signature.encode(), claim.signature.encode()) for signature in made):
        raise WireError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
            403,
        )


def _lowered(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


def _claim(fields: Mapping[str, str], token: str | None, *, presigned: bool) -> Claim:
    scope = fields.get("x-amz-credential", "").split("/")
    signature, signed, timestamp = (fields.get(f"x-amz-{name}", "") for name in ("signature", "signedheaders", "date"))
    if len(scope) != 5 or not signature or not signed or not timestamp:
        raise WireError(
            "IncompleteSignature",
            "Authorization header requires 'Credential', 'Signature', 'SignedHeaders' and a date.",
            403,
        )
    expires = _expires(fields.get("x-amz-expires", "")) if presigned else None
    access_key_id, date, region, service, _ = scope
    return Claim(access_key_id, date, region, service, tuple(signed.split(";")), signature, timestamp, token, expires)


def _expires(said: str) -> int:
    """Seconds that a presigned URL holds."""
    if not (said.isascii() and said.isdigit() and len(said) < 7 and 1 <= int(said) <= _LONGEST):
        message = f"X-Amz-Expires must be a number of seconds, from 1 to {_LONGEST}."
        raise WireError("AuthorizationQueryParametersError", message)
    return int(said)


def _check_time(claim: Claim, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(claim.timestamp, _TIME).replace(tzinfo=UTC)
    except ValueError:
        message = f"Date must be in ISO-8601 'basic format'. Got '{claim.timestamp}'."
        raise WireError("IncompleteSignature", message, 403) from None
    window = _CLOCK_SKEW if claim.expires is None else timedelta(seconds=claim.expires)
    if not -_CLOCK_SKEW <= now - signed_at <= window:
        raise WireError("SignatureDoesNotMatch", f"Signature expired or not yet current: {claim.timestamp}", 403)


def _check_body(headers: Mapping[str, str], body: bytes) -> None:
    claimed = headers.get("x-amz-content-sha256")
    if claimed is None or claimed.startswith(_UNHASHED):
        return
    if claimed != hashlib.sha256(body).hexdigest():
        raise WireError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )


def _encoded(target: str) -> str:
    """As SDKs encode it before they sign: what stands on the wire may be as good a way to say the same."""
    path, mark, query = target.partition("?")
    fields = ("=".join(_percent(part, "") for part in field.split("=", 1)) for field in query.split("&"))
    return f"{_percent(path, '/')}{mark}{'&'.join(fields)}"


def _percent(text: str, kept: str) -> str:
    return quote(unquote_to_bytes(text), safe=f"{kept}-_.~")


def _signature(request: HttpRequest, headers: Mapping[str, str], claim: Claim, secret: str) -> str:
    auth = _signer(claim)(Credentials(claim.access_key_id, secret), claim.service, claim.region)
    signed = {name: headers.get(name, "") for name in claim.signed_headers}
    target = _without_signature(request.target) if claim.presigned else request.target
    url = f"http://{headers.get('host', '')}{target}"
    aws_request = AWSRequest(request.method, url, headers=signed, data=request.body)
    aws_request.context["timestamp"] = claim.timestamp
    canonical = auth.canonical_request(aws_request)
    return str(auth.signature(auth.string_to_sign(aws_request, canonical), aws_request))


def _signer(claim: Claim) -> Any:
    # S3 signs paths as they are, and never the body of a presigned URL.
    if claim.service != "s3":
        return SigV4Auth
    return S3SigV4QueryAuth if claim.presigned else S3SigV4Auth


def _without_signature(target: str) -> str:
    path, _, query = target.partition("?")
    kept = (part for part in query.split("&") if not part.startswith("X-Amz-Signature="))
    return f"{path}?{'&'.join(kept)}"
