"""What stacks and stack sets are made of, in CloudFormation's shapes."""

from __future__ import annotations

from rolecall.aws.content import content_of, content_parameters
from rolecall.core.observed import StackContent


async def test_a_parameter_that_aws_does_not_tell_stays_what_it_is() -> None:
    told = {
        "Parameters": [
            {"ParameterKey": "ExternalID", "ParameterValue": "****"},
            {"ParameterKey": "A", "ParameterValue": "b"},
        ]
    }
    content = content_of(told, "Resources: {}")
    assert content == StackContent("Resources: {}", {"ExternalID": "****", "A": "b"}, {})
    assert (await content_parameters(content, None))["Parameters"] == [
        {"ParameterKey": "ExternalID", "UsePreviousValue": True},
        {"ParameterKey": "A", "ParameterValue": "b"},
    ]
