"""What stacks and stack sets are made of, to and from CloudFormation's parameter shapes. Calls nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.core.observed import StackContent
from rolecall.core.template import CAPABILITIES


def content_parameters(content: StackContent) -> dict[str, Any]:
    """For CreateStack, CreateStackSet and their updates."""
    return {
        "TemplateBody": content.template,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in content.parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in content.tags.items()],
        "Capabilities": list(CAPABILITIES),
    }


def content_of(told: Mapping[str, Any], template: str) -> StackContent:
    """From a description of a stack or stack set."""
    return StackContent(
        template=template,
        parameters={item["ParameterKey"]: item.get("ParameterValue", "") for item in told.get("Parameters") or ()},
        tags={item["Key"]: item["Value"] for item in told.get("Tags") or ()},
    )
