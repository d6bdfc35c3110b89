"""Signatures as the sandbox checks them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rolecall.sandbox.signature import read_claim, verify
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import WireError

PROXY = "127.0.0.1:9999"


def rewritten() -> HttpRequest:
    """A request that was signed for a proxy, which wrote another Host."""
    signed = AWSRequest("POST", f"http://{PROXY}/", data=b"Action=GetCallerIdentity", headers={"Host": PROXY})
    SigV4Auth(Credentials("AKIAEXAMPLE", "secret"), "sts", "us-east-1").add_auth(signed)
    return HttpRequest("POST", "/", dict(signed.headers) | {"Host": "127.0.0.1:4566"}, b"Action=GetCallerIdentity")


def test_a_signature_for_the_proxy_that_is_known_holds() -> None:
    request = rewritten()
    verify(request, read_claim(request), "secret", datetime.now(UTC), PROXY)


@pytest.mark.parametrize(("secret", "proxy"), [("secret", None), ("secret", "127.0.0.1:1"), ("guessed", PROXY)])
def test_any_other_does_not(secret: str, proxy: str | None) -> None:
    request = rewritten()
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        verify(request, read_claim(request), secret, datetime.now(UTC), proxy)


@pytest.mark.parametrize("said", ["soon", "", "0", "-1", "604801", "9" * 5000, "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_presigned_url_holds_for_seconds_up_to_a_week(said: str) -> None:
    with pytest.raises(WireError, match="AuthorizationQueryParametersError"):
        read_claim(presigned(said))


def test_a_presigned_url_says_how_long_it_holds() -> None:
    assert read_claim(presigned("604800")).expires == 604800


def presigned(expires: str) -> HttpRequest:
    fields = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "AKIAEXAMPLE/20260101/us-east-1/sts/aws4_request",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Expires": expires,
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    return HttpRequest("GET", f"/?{urlencode(fields)}", {"Host": PROXY}, b"")
