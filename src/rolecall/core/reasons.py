"""AWS's words for a failed resource, cut to what a person can act on, with the mend where AWS tells none. Pure.

CloudFormation wraps the service's own sentence in names, tokens and request ids, such as
`ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:Resource handler returned message: "Role with
name X already exists. (Service: Iam, Status Code: 409, Request ID: …)" (RequestToken: …, HandlerErrorCode: …)`.
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"ResourceLogicalId:\s*[^,]*,\s*ResourceType:\s*[^,]*,\s*ResourceStatusReason:\s*")
_HANDLER = re.compile(r'Resource handler returned message:\s*"(?P<message>.*)"\s*\(RequestToken:[^)]*\)', re.DOTALL)
_SERVICE = re.compile(r"\s*\((?:Service|RequestToken|SDK Attempt Count):[^)]*\)")


_MISSING_ROLE = re.compile(r"should have '(?P<role>[^']+)' role with trust relationship to (?P<trusted>Role|.)")
"""What StackSets say where it cannot get in: https://github.com/superwerker/superwerker/issues/243 has the words."""


_PROTECTED_MEND = (
    "somebody protected the stack in its account: take that off there with `aws cloudformation "
    "update-termination-protection --no-enable-termination-protection --stack-name …`, then go on"
)


def concise(reason: str) -> str:
    """The service's own sentence, without wrapping; anything that is not so wrapped stays as it is."""
    text = _PREFIX.sub("", reason)
    text = _HANDLER.sub(lambda match: match["message"], text)
    text = _SERVICE.sub("", text).strip().rstrip(".")
    if "TerminationProtection" in text:
        return f"{text}: {_PROTECTED_MEND}"
    missing = _MISSING_ROLE.search(text)
    return f"{text}: {_role_mend(missing['role'], missing['trusted'])}" if missing else text


def _role_mend(role: str, trusted: str) -> str:
    if role.startswith("stacksets-exec-"):
        return "AWS makes this role; where it was deleted, take the account's stack instance out and apply again"
    if trusted == "Role":
        return "make it there with `rolecall template --for execution-role`, then apply again"
    return "make it there with `rolecall template --for admin-role`, then apply again"


def name_is_taken(reason: str) -> bool:
    """Whether a stack failed since a resource of its name exists already, made by somebody else.

    CloudFormation says "<name> already exists" or HandlerErrorCode: AlreadyExists.
    """
    return "already exists" in reason or "AlreadyExists" in reason


def stack_is_gone(reason: str) -> bool:
    """Whether a stack could not be imported since it was deleted in the meantime."""
    return "DELETE_COMPLETE" in reason or "does not exist" in reason
