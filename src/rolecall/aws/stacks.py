"""Plain CloudFormation stacks, for the account that StackSets leave out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from rolecall.aws.client import Client
from rolecall.aws.content import content_of, content_parameters
from rolecall.aws.template_bucket import TemplateBucket
from rolecall.core.ids import AccountId
from rolecall.core.observed import Stack, StackContent
from rolecall.errors import AwsError


class AwsStacks:
    """The `Stacks` port. Changes return when AWS has taken them, not when they are done."""

    def __init__(self, client: Client, bucket: TemplateBucket | None = None) -> None:
        self._client = client
        self._bucket = bucket

    async def account(self) -> AccountId:
        return await self._client.account()

    async def describe(self, name: str) -> Stack | None:
        try:
            return await self._described(name)
        except AwsError as error:
            # CloudFormation has no code of its own for a stack that is not there, or is gone between two calls.
            if error.code == "ValidationError" and "does not exist" in error.detail:
                return None
            raise

    async def create(self, name: str, content: StackContent) -> None:
        await self._client.call("CreateStack", StackName=name, **await content_parameters(content, self._bucket))

    async def update(self, name: str, content: StackContent) -> None:
        await self._client.call("UpdateStack", StackName=name, **await content_parameters(content, self._bucket))

    async def delete(self, name: str) -> None:
        await self._client.call("DeleteStack", StackName=name)

    async def _described(self, name: str) -> Stack:
        told = (await self._client.call("DescribeStacks", StackName=name))["Stacks"][0]
        template = (await self._client.call("GetTemplate", StackName=name))["TemplateBody"]
        status = told["StackStatus"]
        return Stack(
            name=told["StackName"],
            status=status,
            content=content_of(told, template if isinstance(template, str) else json.dumps(template)),
            reason=await self._first_failure(name) if "FAILED" in status or "ROLLBACK" in status else "",
        )

    async def _first_failure(self, name: str) -> str:
        """The oldest failed event of the newest attempt: events come newest first."""
        reason = ""
        async for event in self._events(name):
            if event.get("ResourceStatus", "").endswith("_FAILED") and "cancelled" not in event.get(
                "ResourceStatusReason", ""
            ):
                reason = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            if event.get("ResourceStatusReason") == "User Initiated":
                break
        return reason

    def _events(self, name: str) -> AsyncIterator[dict[str, Any]]:
        return self._client.pages("DescribeStackEvents", "StackEvents", StackName=name)
