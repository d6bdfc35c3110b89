"""What stacks and stack sets are made of, to and from CloudFormation's parameter shapes. Calls S3 at the most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.aws.template_bucket import TemplateBucket
from rolecall.core.observed import StackContent
from rolecall.core.template import CAPABILITIES, MAX_BODY_BYTES
from rolecall.core.template.inputs import MASKED
from rolecall.errors import RolecallError


async def content_parameters(content: StackContent, bucket: TemplateBucket | None) -> dict[str, Any]:
    """For CreateStack, CreateStackSet and their updates. A template too large for a call goes by `bucket`."""
    return {
        **await _template(content.template, bucket),
        "Parameters": [{"ParameterKey": key, **_value(value)} for key, value in content.parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in content.tags.items()],
        "Capabilities": list(CAPABILITIES),
    }


def _value(value: str) -> dict[str, Any]:
    """One that is not told stays what it is."""
    return {"UsePreviousValue": True} if value == MASKED else {"ParameterValue": value}


async def _template(text: str, bucket: TemplateBucket | None) -> dict[str, str]:
    if len(text.encode()) <= MAX_BODY_BYTES:
        return {"TemplateBody": text}
    if bucket is None:
        detail = f"it has {len(text.encode()):,} bytes, and CloudFormation takes {MAX_BODY_BYTES:,} in a call"
        hint = "give deployment.template_bucket"
        raise RolecallError("the template is too large for a call", detail=detail, hint=hint)
    return {"TemplateURL": await bucket.upload(text)}


def content_of(told: Mapping[str, Any], template: str) -> StackContent:
    """From a description of a stack or stack set."""
    return StackContent(
        template=template,
        parameters={item["ParameterKey"]: item.get("ParameterValue", "") for item in told.get("Parameters") or ()},
        tags={item["Key"]: item["Value"] for item in told.get("Tags") or ()},
    )
