"""Signatures as the sandbox checks them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
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


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("/bucket?list-type=2&prefix=a%2Fb&delimiter=%2F", "/bucket?list-type=2&prefix=a/b&delimiter=/"),
        ("/bucket/a%20key~%C3%BC", "/bucket/a%20key%7E%c3%bc"),
    ],
)
def test_a_url_may_come_in_other_words(signed: str, sent: str) -> None:
    request = AWSRequest("GET", f"http://{PROXY}{signed}", headers={"Host": PROXY})
    S3SigV4Auth(Credentials("AKIAEXAMPLE", "secret"), "s3", "us-east-1").add_auth(request)
    came = HttpRequest("GET", sent, dict(request.headers), b"")
    verify(came, read_claim(came), "secret", datetime.now(UTC))
    other = replace(came, target=sent.replace("a", "b"))
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        verify(other, read_claim(other), "secret", datetime.now(UTC))


@pytest.mark.parametrize(
    ("signature", "date"), [("\N{LATIN SMALL LETTER E WITH ACUTE}", "20260101T000000Z"), ("0", "00010101T000000Z")]
)
def test_rubbish_is_refused(signature: str, date: str) -> None:
    came = presigned("60")
    target = came.target.replace("0" * 64, quote(signature)).replace("20260101T000000Z", date)
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        verify(came, read_claim(replace(came, target=target)), "secret", datetime(2026, 1, 1, tzinfo=UTC))


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
