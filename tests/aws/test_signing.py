"""Signatures, held against AWS's published Signature Version 4 test suite (its requests without a query string).

https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from rolecall.aws.signing import Scope, authorization, canonical_path

KEYS = ReadOnlyCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None)
SCOPE = Scope("us-east-1", "service")
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI"
    "/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT"
    "38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
UNRESERVED = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Vector:
    """One request of the suite and its signature; its headers beside host and date."""

    name: str
    signature: str
    method: str = "GET"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


VECTORS = [
    Vector("get-vanilla", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector("get-unreserved", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", path=UNRESERVED),
    Vector("get-utf8", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", path="/\u1234"),
    Vector(
        "get-header-key-duplicate",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        headers={"my-header1": "value2,value2,value1"},
    ),
    Vector(
        "get-header-value-multiline",
        "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
        headers={"my-header1": "value1,value2,value3"},
    ),
    Vector(
        "get-header-value-order",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        headers={"my-header1": "value4,value1,value3,value2"},
    ),
    Vector("post-vanilla", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", "POST"),
    Vector(
        "post-header-key-sort",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        "POST",
        headers={"my-header1": "value1"},
    ),
    Vector(
        "post-header-value-case",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        "POST",
        headers={"my-header1": "VALUE1"},
    ),
    Vector(
        "post-sts-header-before",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        "POST",
        headers={"x-amz-security-token": TOKEN},
    ),
    Vector(
        "post-x-www-form-urlencoded",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        "POST",
        headers={"content-type": FORM},
        body=b"Param1=value1",
    ),
    Vector(
        "post-x-www-form-urlencoded-parameters",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
        "POST",
        headers={"content-type": f"{FORM}; charset=utf8"},
        body=b"Param1=value1",
    ),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_aws_own_vectors(vector: Vector) -> None:
    headers = {"x-amz-date": "20150830T123600Z", "host": "example.amazonaws.com", **vector.headers}
    told = authorization(vector.method, canonical_path(vector.path), headers, vector.body, KEYS, SCOPE)
    assert told == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={';'.join(sorted(headers))}, Signature={vector.signature}"
    )


@given(
    body=st.binary(max_size=50),
    secret=st.text("abcXYZ019+/=", min_size=1),
    token=st.none() | st.text("abcXYZ019+/=", min_size=1),
    region=st.sampled_from(["us-east-1", "us-gov-west-1", "cn-north-1"]),
    service=st.sampled_from(["sts", "iam"]),
)
def test_it_signs_as_botocore_does(body: bytes, secret: str, token: str | None, region: str, service: str) -> None:
    keys = ReadOnlyCredentials("AKIDEXAMPLE", secret, token, None)
    request = AWSRequest("POST", f"https://{service}.amazonaws.com/", headers={"Content-Type": FORM}, data=body)
    SigV4Auth(keys, service, region).add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    theirs = sent.pop("authorization")
    headers = {**sent, "host": f"{service}.amazonaws.com"}
    assert authorization("POST", "/", headers, body, keys, Scope(region, service)) == theirs
