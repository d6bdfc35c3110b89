"""What a call is told that comes too soon. Pure."""

from __future__ import annotations

from rolecall.sandbox.wire import WireError


def throttled(service: str) -> WireError:
    """The error, in the service's own words."""
    if service == "organizations":
        return WireError("TooManyRequestsException", "You have sent too many requests in too short a period of time.")
    return WireError("Throttling", "Rate exceeded")
