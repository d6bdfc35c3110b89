from __future__ import annotations

import inspect
from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from rolecall.aws.errors import from_code, translate, translated
from rolecall.errors import (
    AccessDenied,
    AwsError,
    CredentialsError,
    LimitExceeded,
    NotFound,
    OperationInProgress,
    RolecallError,
    Throttled,
    Unreachable,
)

NEVER_RAISED_BY_A_CALL = {
    "ImminentRemovalWarning",
    "UnsupportedTLSVersionWarning",
    "UndefinedModelAttributeError",
    "MissingServiceIdError",
}
"""Warnings, and what botocore's own models raise when they are built wrongly."""


def sdk_errors() -> list[type[Exception]]:
    found = inspect.getmembers(sdk, inspect.isclass)
    return [kind for name, kind in found if issubclass(kind, Exception) and kind.__module__ == sdk.__name__
            and name not in NEVER_RAISED_BY_A_CALL]  # fmt: skip


class _Anything(dict[str, Any]):
    """Fills any format that an error of botocore's may have."""

    def __missing__(self, key: str) -> str:
        return f"some {key}"


def made(kind: type[Exception]) -> Exception:
    """An instance of an error class, without knowing which fields its text has."""
    if issubclass(kind, sdk.ClientError):
        error: Exception = kind.__new__(kind)
        sdk.ClientError.__init__(error, {"Error": {"Code": "Odd", "Message": "odd"}}, "DoIt")
        return error
    error = kind.__new__(kind)
    Exception.__init__(error, str(getattr(kind, "fmt", "odd")).format_map(_Anything()))
    return error


@pytest.mark.parametrize("kind", [*sdk_errors(), ResponseParserError, ValueError], ids=lambda kind: kind.__name__)
def test_whatever_the_sdk_raises_comes_out_as_ours(kind: type[Exception]) -> None:
    cause = made(kind)
    with pytest.raises(AwsError) as caught, translated("DoIt"):
        raise cause
    error = caught.value
    assert "DoIt" in error.summary or isinstance(error, CredentialsError) or "Region" in error.summary
    assert error.operation == "DoIt"
    assert error.detail
    assert error.hint or error.code
    assert error.__cause__ is cause
    assert error.exit_status == 1


def test_every_error_of_botocores_is_of_a_kind_that_is_translated() -> None:
    known = (sdk.BotoCoreError, sdk.ClientError)
    assert [kind.__name__ for kind in sdk_errors() if not issubclass(kind, known)] == []


@pytest.mark.parametrize(
    "kind",
    [
        sdk.EndpointConnectionError,
        sdk.ConnectTimeoutError,
        sdk.ReadTimeoutError,
        sdk.ConnectionClosedError,
        sdk.ProxyConnectionError,
        sdk.SSLError,
        sdk.HTTPClientError,
    ],
)
def test_no_answer_is_unreachable(kind: type[Exception]) -> None:
    error = translate(made(kind), "ListAccounts")
    assert isinstance(error, Unreachable)
    assert error.summary == "no answer from AWS to ListAccounts"
    assert "AWS_ENDPOINT_URL" in error.hint


@pytest.mark.parametrize(
    "kind",
    [
        sdk.NoCredentialsError,
        sdk.PartialCredentialsError,
        sdk.CredentialRetrievalError,
        sdk.ProfileNotFound,
        sdk.ConfigParseError,
        sdk.UnauthorizedSSOTokenError,
        sdk.SSOTokenLoadError,
        sdk.TokenRetrievalError,
        sdk.InfiniteLoopConfigError,
        sdk.LoginRefreshRequired,
        sdk.MetadataRetrievalError,
    ],
)
def test_what_is_wrong_with_credentials_says_how_to_get_others(kind: type[Exception]) -> None:
    error = translate(made(kind), "ListAccounts")
    assert isinstance(error, CredentialsError)
    assert "--profile" in error.hint


def test_no_region_says_how_to_give_one() -> None:
    assert "--region" in translate(sdk.NoRegionError(), "ListAccounts").hint


def test_an_answer_that_is_not_awss_says_where_to_look() -> None:
    error = translate(ResponseParserError("invalid XML"), "ListAccounts")
    assert error.summary == "AWS gave no readable answer to ListAccounts"
    assert "AWS_ENDPOINT_URL" in error.hint


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", AccessDenied),
        ("AccessDeniedException", AccessDenied),
        ("ExpiredToken", CredentialsError),
        ("InvalidClientTokenId", CredentialsError),
        ("SignatureDoesNotMatch", CredentialsError),
        ("Throttling", Throttled),
        ("TooManyRequestsException", Throttled),
        ("StackSetNotFoundException", NotFound),
        ("OperationInProgressException", OperationInProgress),
        ("AWSOrganizationsNotInUseException", AwsError),
        ("SomethingNew", AwsError),
    ],
)
def test_awss_codes_come_out_as_kinds(code: str, kind: type[AwsError]) -> None:
    answer = {"Error": {"Code": code, "Message": "as AWS says"}}
    for error in (from_code(code, "as AWS says", "DoIt"), translate(sdk.ClientError(answer, "DoIt"), "DoIt")):
        assert type(error) is kind
        assert (error.code, error.operation) == (code, "DoIt")
        assert error.summary == "AWS refused DoIt"
        assert error.detail == f"{code}: as AWS says"


def test_throttling_codes_are_those_of_throttled() -> None:
    codes = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")
    assert all(isinstance(from_code(code, "", "DoIt"), Throttled) for code in codes)


def test_an_answer_without_an_error_is_still_an_error() -> None:
    error = translate(sdk.ClientError({}, "DoIt"), "DoIt")
    assert (error.summary, error.code) == ("AWS refused DoIt", "")


def test_errors_of_ours_pass_as_they_are() -> None:
    mine = RolecallError("mine")
    with pytest.raises(RolecallError) as caught, translated("DoIt"):
        raise mine
    assert caught.value is mine


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Account used is not a delegated administrator", "organizations:ListDelegatedAdministrators"),
        (
            "You must be the management account or delegated admin account of an organization before operating a "
            "SERVICE_MANAGED stack set",
            "deployment.call_as: delegated-admin",
        ),
        (
            "You must enable organizations access to operate a service managed stack set",
            "activate-organizations-access",
        ),
    ],
)
def test_what_aws_says_of_administrators_is_explained(message: str, hint: str) -> None:
    error = from_code("ValidationError", message, "CreateStackSet")
    assert hint in error.hint
    assert message in error.detail


def test_a_quota_that_is_reached_is_explained() -> None:
    error = from_code("LimitExceededException", "some limit", "CreateStackInstances")
    assert isinstance(error, LimitExceeded)
    assert "deployment.operations_in_flight" in error.hint
