"""The one place where errors of the AWS SDK, and AWS's own error codes, become errors of ours with a hint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from rolecall.errors import (
    AccessDenied,
    AwsError,
    CredentialsError,
    LimitExceeded,
    NotFound,
    OperationInProgress,
    Throttled,
    Unreachable,
)

Value = TypeVar("Value", bound=StrEnum)

_LOG_IN = "log in again, or name other credentials with --profile or AWS_PROFILE"
_NETWORK = "check the network, the proxy settings and AWS_ENDPOINT_URL"

_CODES: dict[str, tuple[type[AwsError], str]] = {
    "AccessDenied": (AccessDenied, "the caller lacks the permission, or a service control policy denies it"),
    "AccessDeniedException": (AccessDenied, "the caller lacks the permission, or a service control policy denies it"),
    "UnauthorizedOperation": (AccessDenied, "the caller lacks the permission"),
    "AuthFailure": (CredentialsError, _LOG_IN),
    "ExpiredToken": (CredentialsError, _LOG_IN),
    "ExpiredTokenException": (CredentialsError, _LOG_IN),
    "InvalidClientTokenId": (CredentialsError, _LOG_IN),
    "InvalidAccessKeyId": (CredentialsError, _LOG_IN),
    "UnrecognizedClientException": (CredentialsError, _LOG_IN),
    "SignatureDoesNotMatch": (CredentialsError, "check the secret key and the machine's clock"),
    "RequestExpired": (CredentialsError, "check the machine's clock"),
    "Throttling": (Throttled, "wait a little, and see what else calls AWS from this account"),
    "ThrottlingException": (Throttled, "wait a little, and see what else calls AWS from this account"),
    "TooManyRequestsException": (Throttled, "wait a little, and see what else calls AWS from this account"),
    "RequestLimitExceeded": (Throttled, "wait a little, and see what else calls AWS from this account"),
    "LimitExceededException": (
        LimitExceeded,
        "see the quotas of StackSets for the account, and what else works there: of the default 10,000 instances in "
        "flight, deployment.operations_in_flight says how many an operation may take",
    ),
    "OperationInProgressException": (OperationInProgress, "wait for the other operation, or stop it"),
    "StackSetNotFoundException": (NotFound, ""),
    "OperationNotFoundException": (NotFound, ""),
    "StackInstanceNotFoundException": (NotFound, ""),
    "StackNotFoundException": (NotFound, ""),
    "NoSuchEntity": (NotFound, ""),
    "NoSuchBucket": (NotFound, "make the bucket, or name another: deployment.template_bucket"),
    "AWSOrganizationsNotInUseException": (
        AwsError,
        "this account is in no organization: use the management account's credentials",
    ),
}

_CREDENTIALS = (
    sdk.NoCredentialsError,
    sdk.PartialCredentialsError,
    sdk.CredentialRetrievalError,
    sdk.ProfileNotFound,
    sdk.ConfigNotFound,
    sdk.ConfigParseError,
    sdk.SSOError,
    sdk.TokenRetrievalError,
    sdk.NoAuthTokenError,
    sdk.LoginError,
    sdk.UnknownCredentialError,
    sdk.InvalidConfigError,
    sdk.InfiniteLoopConfigError,
    sdk.RefreshWithMFAUnsupportedError,
    sdk.MetadataRetrievalError,
)


_WORDS: dict[str, str] = {
    "Account used is not a delegated administrator": (
        "register the account for member.org.stacksets.cloudformation.amazonaws.com (aws organizations "
        "register-delegated-administrator); if it is registered, the caller lacks the permission "
        "organizations:ListDelegatedAdministrators, which AWS tells in the same words"
    ),
    "You must be the management account or delegated admin": (
        "use the management account's credentials; those of a delegated administrator need deployment.call_as: "
        "delegated-admin"
    ),
    "You don't have permissions to access this resource": (
        "Organizations answers the management account and delegated administrators alone, if they have the permission: "
        "use the management account's credentials, or register this account (aws organizations "
        "register-delegated-administrator)"
    ),
    "You must enable organizations access": (
        "trusted access for StackSets is off: in the management account run "
        "`aws cloudformation activate-organizations-access`"
    ),
}
"""Parts of what AWS says under a code that tells nothing, with what it means."""


def _hint(code: str, message: str) -> str:
    said = (hint for words, hint in _WORDS.items() if words in message)
    return next(said, _CODES[code][1] if code in _CODES else "")


def from_code(code: str, message: str, operation: str) -> AwsError:
    """The error for an answer of AWS with an error code. `operation` is the API's name, such as `AssumeRole`."""
    kind, _ = _CODES.get(code, (AwsError, ""))
    detail, hint = f"{code}: {message}", _hint(code, message)
    return kind(f"AWS refused {operation}", code=code, operation=operation, detail=detail, hint=hint)


def translate(error: Exception, operation: str) -> AwsError:
    """The error of ours for an error of botocore's."""
    if isinstance(error, sdk.ClientError):
        told = error.response.get("Error", {})
        return from_code(told.get("Code", ""), told.get("Message", ""), operation)
    detail = str(error)
    if isinstance(error, _CREDENTIALS):
        return CredentialsError("no usable AWS credentials", operation=operation, detail=detail, hint=_LOG_IN)
    if isinstance(error, sdk.NoRegionError | sdk.InvalidRegionError):
        return AwsError("no usable AWS Region", operation=operation, detail=detail, hint="give --region or AWS_REGION")
    if isinstance(error, sdk.HTTPClientError | sdk.ConnectionError):
        return Unreachable(f"no answer from AWS to {operation}", operation=operation, detail=detail, hint=_NETWORK)
    if isinstance(error, ResponseParserError):
        hint = "check AWS_ENDPOINT_URL: something else may be answering there"
        return AwsError(f"AWS gave no readable answer to {operation}", operation=operation, detail=detail, hint=hint)
    hint = "check the SDK's settings, AWS_ENDPOINT_URL among them"
    return AwsError(f"the AWS SDK failed at {operation}", operation=operation, detail=detail, hint=hint)


def known(kind: type[Value], told: str, operation: str) -> Value:
    """A value of AWS's as a member of `kind`. Raises AwsError for one that this release does not know."""
    try:
        return kind(told)
    except ValueError as error:
        raise AwsError(
            f"AWS answered {operation} with a value that this release does not know",
            operation=operation,
            detail=f"{kind.__name__}: {told!r}",
            hint="see whether a newer release of rolecall knows it, and that AWS_ENDPOINT_URL is AWS",
        ) from error


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Within it, what botocore raises comes out as ours, with the cause chained.

    It raises a bare ValueError for an endpoint that is no URL, and its parsers' own error for one that is not AWS.
    """
    try:
        yield
    except (sdk.BotoCoreError, sdk.ClientError, ResponseParserError, ValueError) as error:
        raise translate(error, operation) from error
