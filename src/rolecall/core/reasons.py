"""AWS's words for a failed resource, without the wrapping. Pure.

CloudFormation wraps the service's own sentence in names, tokens and request ids, such as
`ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:Resource handler returned message: "Role with
name X already exists. (Service: Iam, Status Code: 409, Request ID: …)" (RequestToken: …, HandlerErrorCode: …)`.
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"ResourceLogicalId:\s*[^,]*,\s*ResourceType:\s*[^,]*,\s*ResourceStatusReason:\s*")
_HANDLER = re.compile(r'Resource handler returned message:\s*"(?P<message>.*)"\s*\(RequestToken:[^)]*\)', re.DOTALL)
_SERVICE = re.compile(r"\s*\((?:Service|RequestToken|SDK Attempt Count):[^)]*\)")


_PROTECTED_MEND = (
    "somebody protected the stack in its account: take that off there with `aws cloudformation "
    "update-termination-protection --no-enable-termination-protection --stack-name …`, then go on"
)


def concise(reason: str) -> str:
    """The service's own sentence, without wrapping; anything that is not so wrapped stays as it is."""
    text = _PREFIX.sub("", reason)
    text = _HANDLER.sub(lambda match: match["message"], text)
    text = _SERVICE.sub("", text).strip().rstrip(".")
    return f"{text}: {_PROTECTED_MEND}" if "TerminationProtection" in text else text


def stack_is_gone(reason: str) -> bool:
    """Whether a stack could not be imported since it was deleted in the meantime."""
    return "DELETE_COMPLETE" in reason or "does not exist" in reason
