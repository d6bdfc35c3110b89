"""Signatures as the sandbox checks them."""

from __future__ import annotations

from datetime import UTC, datetime

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
