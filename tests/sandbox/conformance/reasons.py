"""Organizations' refusals as a caller sees them: the code, and the reason beside it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

INVALID = "InvalidInputException"
VIOLATED = "ConstraintViolationException"


def reason(call: Any, /, **params: Any) -> tuple[str, str]:
    """Code and Reason of the error that a call must give; the Reason is empty where there is none."""
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Reason", "")
    raise AssertionError(f"{call} was not refused")
