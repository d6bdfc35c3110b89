"""How the stack engine says no: refusals of a call, and failures of one resource. Pure.

Error codes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from rolecall.sandbox.wire import WireError


class NoUpdates(WireError):
    """An update that would change nothing. StackSets takes it for a success, UpdateStack's caller gets the error."""

    def __init__(self) -> None:
        super().__init__("ValidationError", "No updates are to be performed.")


class ResourceFailed(Exception):
    """A resource could not be created, updated or deleted; `reason` is the event's ResourceStatusReason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def invalid(message: str) -> WireError:
    return WireError("ValidationError", message)


def constraint_broken(value: object, member: str, constraint: str) -> WireError:
    """A parameter outside its modelled bounds, in the words of AWS's request validation."""
    return invalid(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    )
