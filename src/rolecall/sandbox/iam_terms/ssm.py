"""What Systems Manager's calls need: parameters by name or path, documents, and the instances of commands. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_ssm.html
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Names, Need, arn, request_tags, texts
from rolecall.sandbox.wire import Call

_OF_AWS = ("AWS-", "Amazon", "AWSEC2-", "AWSSupport-", "AWSConfigRemediation-")
"""How the names of documents begin that AWS owns; their ARNs have no account."""
_SHELL = "SSM-SessionManagerRunShell"


def needs(call: Call, names: Names) -> Iterator[Need]:  # noqa: ARG001  # the services' common form
    tags = request_tags(call.params.get("Tags"))
    yield from (Need(action_of(call), resource, tags) for resource in _resources(call) or [ANY])


def _resources(call: Call) -> list[str]:
    params = call.params
    if call.action == "SendCommand":
        instances = texts(params.get("InstanceIds")) or ("*",)
        return [_document(call, str(params.get("DocumentName"))), *(_instance(call, name) for name in instances)]
    if call.action == "StartSession":
        document = _document(call, str(params.get("DocumentName") or _SHELL))
        return [_instance(call, str(params.get("Target"))), document]
    if "Document" in call.action:
        return [_document(call, name) for name in texts(params.get("Name"))]
    if "Parameter" in call.action:
        given = (name for key in ("Name", "Names", "Path") for name in texts(params.get(key)))
        return [_parameter(call, name) for name in given]
    return []


def _document(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return name
    return arn(call, f"document/{name}", account_id="" if name.startswith(_OF_AWS) else None)


def _instance(call: Call, name: str) -> str:
    """`mi-…` are machines that are not EC2's."""
    return (
        arn(call, f"managed-instance/{name}")
        if name.startswith("mi-")
        else arn(call, f"instance/{name}", service="ec2")
    )


def _parameter(call: Call, name: str) -> str:
    """Without the version or label that may follow a colon."""
    if name.startswith("arn:"):
        return ":".join(name.split(":", 6)[:6])
    return arn(call, f"parameter/{name.split(':')[0].lstrip('/')}")
