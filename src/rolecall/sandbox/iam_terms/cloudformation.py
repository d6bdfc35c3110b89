"""What CloudFormation's calls are about: stacks and stack sets. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_cloudformation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Names, Need, arn, request_tags
from rolecall.sandbox.wire import Call

_FORMS = (("StackSetName", "stackset/{}:*"), ("StackName", "stack/{}/*"))


def needs(call: Call, names: Names) -> Iterator[Need]:  # noqa: ARG001  # the services' common form
    """Tags of a stack set: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html"""
    refactored = call.params.get("StackDefinitions") or ()
    yield from (Need(action_of(call), _named(call, definition)) for definition in refactored)
    if refactored:
        return
    resource, tags = _named(call, call.params), request_tags(call.params.get("Tags"))
    yield Need(action_of(call), resource, tags)
    if tags and call.action == "CreateStackSet":
        yield Need("cloudformation:TagResource", resource, tags)


def _named(call: Call, params: Mapping[str, Any]) -> str:
    """With `*` for the unique id, which a policy cannot know either."""
    for name, form in _FORMS:
        value = str(params.get(name) or "")
        if value:
            return value if value.startswith("arn:") else arn(call, form.format(value.split(":")[0]))
    return ANY
