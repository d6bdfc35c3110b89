"""What a call is told that comes too soon. Pure."""

from __future__ import annotations

from rolecall.sandbox.wire import WireError

_TOO_MANY = "You have sent too many requests in too short a period of time."
_OWN_WORDS = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "lambda": ("TooManyRequestsException", "Rate Exceeded.", 429),
    "organizations": ("TooManyRequestsException", _TOO_MANY, 400),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
}
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and each service's list of errors."""


def throttled(service: str) -> WireError:
    """The error, in the service's own words."""
    return WireError(*_OWN_WORDS.get(service, ("Throttling", "Rate exceeded", 400)))
