from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from rolecall.aws.client import Client, session
from rolecall.aws.probe import SessionCredentials, endpoints
from rolecall.errors import AwsError, CredentialsError

from .server import serving


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which the SDK finds two profiles and nothing else."""
    (tmp_path / "config").write_text("[profile one]\nregion = eu-west-1\n[profile none]\n")
    (tmp_path / "credentials").write_text(
        "[one]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = CanarySecret\n"
    )
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_a_profile_that_is_not_there_is_a_credentials_error() -> None:
    with pytest.raises(CredentialsError) as caught:
        session("nobody", None)
    assert "nobody" in caught.value.detail
    assert "--profile" in caught.value.hint


async def test_no_credentials_are_a_credentials_error() -> None:
    client = Client(session("none", "us-east-1"), "organizations")
    with pytest.raises(CredentialsError, match="no usable AWS credentials"):
        await client.call("DescribeOrganization")


@pytest.mark.parametrize("url", ["localhost:4566", "not a url", "http//x"])
def test_an_endpoint_that_is_no_address_is_an_error_with_a_hint(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    for made in (lambda: Client(session("one", None), "sts"), lambda: endpoints(session("one", None), "us-east-1")):
        with pytest.raises(AwsError) as caught:
            made()
        assert url in caught.value.detail
        assert "AWS_ENDPOINT_URL" in caught.value.hint


async def test_an_endpoint_that_is_not_aws_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(web.Response(text="<html>Welcome")) as script:
        monkeypatch.setenv("AWS_ENDPOINT_URL", script.url)
        client = Client(session("one", None), "cloudformation")
        with pytest.raises(AwsError) as caught:
            await client.call("DescribeStacks")
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize(("told", "attempts", "made"), [("3", None, 3), ("3", 2, 2)])
async def test_a_call_is_made_as_often_as_the_sdk_is_told_to(
    told: str, attempts: int | None, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(web.Response(status=503)) as script:
        monkeypatch.setenv("AWS_ENDPOINT_URL", script.url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", told)
        with pytest.raises(AwsError):
            await Client(session("one", None), "sts", "us-east-1", attempts=attempts).call("GetCallerIdentity")
    assert len(script.asked) == made


async def test_platform_credentials_are_read_once_a_minute_and_never_shown() -> None:
    credentials = SessionCredentials(session("one", None))
    keys = await credentials.get()
    assert (keys.access_key, await credentials.get()) == ("AKIDEXAMPLE", keys)
    assert "Canary" not in repr(credentials)


async def test_no_platform_credentials_are_a_credentials_error_that_says_where_to_set_them() -> None:
    with pytest.raises(CredentialsError) as caught:
        await SessionCredentials(session("none", None)).get()
    assert "check.assume_from" in caught.value.hint


@pytest.mark.parametrize(
    ("region", "sts", "signed_for"),
    [
        ("eu-west-1", "https://sts.eu-west-1.amazonaws.com", "us-east-1"),
        ("us-gov-east-1", "https://sts.us-gov-east-1.amazonaws.com", "us-gov-west-1"),
        ("cn-northwest-1", "https://sts.cn-northwest-1.amazonaws.com.cn", "cn-north-1"),
    ],
)
def test_endpoints_are_those_of_the_partition(region: str, sts: str, signed_for: str) -> None:
    found, iam = endpoints(session("one", None), region)
    assert (found.url, found.region) == (sts, region)
    assert (iam.service, iam.region) == ("iam", signed_for)
