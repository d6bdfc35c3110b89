"""How much StackSets takes. AWS raises each on request, so a scenario may say otherwise. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from rolecall.sandbox.wire import WireError


class StackSetLimits(BaseModel):
    """StackSets' quotas of an administrator account in a Region."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack_sets: int = Field(default=1_000, ge=1, description="Stack sets of an administrator account")
    instances: int = Field(default=100_000, ge=1, description="Instances of one stack set")
    in_flight: int = Field(
        default=10_000, ge=1, description="Instances that running operations of all stack sets work on together"
    )


def exceeded(what: str, limit: int) -> WireError:
    """AWS publishes the code and not its words."""
    return WireError("LimitExceededException", f"The limit of {limit} {what} has been reached")
