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


def concise(reason: str) -> str:
    """The service's own sentence, without wrapping; anything that is not so wrapped stays as it is."""
    text = _PREFIX.sub("", reason)
    text = _HANDLER.sub(lambda match: match["message"], text)
    return _SERVICE.sub("", text).strip().rstrip(".")
