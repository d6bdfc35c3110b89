"""A cloud with one stack set, and short ways to run operations on it to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ..stacks.cloud import NAMED_IAM, REGION, ROOT, TEMPLATE, Cloud

NAME = "response"
WIDE = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100}


class Fleet(Cloud):
    """Calls name the stack set by themselves."""

    def on_set(self, action: str, **params: Any) -> dict[str, Any]:
        return self.call(action, StackSetName=NAME, **params)

    def create_set(self, **params: Any) -> str:
        given = {"TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM, "PermissionModel": "SERVICE_MANAGED", **params}
        stack_set_id: str = self.on_set("CreateStackSet", **given)["StackSetId"]
        return stack_set_id

    def begin(self, action: str, units: Sequence[str] = (ROOT,), **params: Any) -> str:
        """An operation on units, under way. More about targets goes into `targets`."""
        targets = {"OrganizationalUnitIds": list(units), **params.pop("targets", {})}
        params = {"Regions": [REGION], "OperationPreferences": WIDE, **params}
        operation_id: str = self.on_set(action, DeploymentTargets=targets, **params)["OperationId"]
        return operation_id

    async def ended(self, operation_id: str) -> dict[str, Any]:
        """The operation as described once it is over."""
        for _ in range(10_000):
            operation: dict[str, Any] = self.on_set("DescribeStackSetOperation", OperationId=operation_id)[
                "StackSetOperation"
            ]
            if operation["Status"] in ("SUCCEEDED", "FAILED", "STOPPED"):
                return operation
            await asyncio.sleep(0)
        raise AssertionError(f"{operation_id} is still {operation['Status']}")

    async def run(self, action: str, units: Sequence[str] = (ROOT,), **params: Any) -> dict[str, Any]:
        return await self.ended(self.begin(action, units, **params))

    async def update_set(self, **params: Any) -> dict[str, Any]:
        given = {"UsePreviousTemplate": True, "Capabilities": NAMED_IAM, "OperationPreferences": WIDE, **params}
        return await self.ended(self.on_set("UpdateStackSet", **given)["OperationId"])

    async def idle(self) -> None:
        """Waits until no operation of the stack set is under way."""
        for operation in self.on_set("ListStackSetOperations")["Summaries"]:
            await self.ended(operation["OperationId"])

    def instances(self, **params: Any) -> dict[str, dict[str, Any]]:
        """Account id to its instance."""
        return {entry["Account"]: entry for entry in self.on_set("ListStackInstances", **params)["Summaries"]}

    def states(self) -> dict[str, tuple[str, str]]:
        """Account id to Status and DetailedStatus."""
        return {
            account: (entry["Status"], entry["StackInstanceStatus"]["DetailedStatus"])
            for account, entry in self.instances().items()
        }

    def results(self, operation_id: str, **params: Any) -> dict[str, dict[str, Any]]:
        """Account id to what the operation did there."""
        listed = self.on_set("ListStackSetOperationResults", OperationId=operation_id, **params)
        return {entry["Account"]: entry for entry in listed["Summaries"]}
