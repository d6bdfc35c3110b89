"""What IAM's calls need: the principal or policy that they are about, under its path. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_iam.html
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need, request_tags
from rolecall.sandbox.wire import Call

_ARNS = ("PolicySourceArn", "SAMLProviderArn", "OpenIDConnectProviderArn")
_KINDS = (
    ("InstanceProfileName", "instance-profile"),
    ("GroupName", "group"),
    ("RoleName", "role"),
    ("UserName", "user"),
)
"""Parameter -> what it names, the one that the call is about first."""
_OF_ONESELF = (
    "ChangePassword",
    "CreateAccessKey",
    "DeleteAccessKey",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSigningCertificates",
    "UpdateAccessKey",
    "UploadSigningCertificate",
)
"""Without a user's name they are about the caller."""
_BOUNDED = ("Policy", "PermissionsBoundary")
"""Operations whose names end so have `iam:PermissionsBoundary`, and so has the creation of roles and users.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""


_TAGGED = {
    "CreateInstanceProfile": "TagInstanceProfile",
    "CreatePolicy": "TagPolicy",
    "CreateRole": "TagRole",
    "CreateUser": "TagUser",
}
"""Operations that need another action too where they are given tags.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"""


def needs(call: Call, names: Names) -> Iterator[Need]:
    resource, context = _resource(call, names), _context(call, names)
    yield Need(action_of(call), resource, context)
    if call.params.get("Tags") and call.action in _TAGGED:
        yield Need(f"iam:{_TAGGED[call.action]}", resource, context)
    if call.action in ("UpdateGroup", "UpdateUser"):
        yield from _renamed(call, resource)


def _renamed(call: Call, former: str) -> Iterator[Need]:
    """A new name, or path, has to be allowed as the former one is.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
    """
    kind = call.action.removeprefix("Update")
    beginning, _, rest = former.partition(f":{kind.lower()}/")
    path, _, name = f"/{rest}".rpartition("/")
    new_path = str(call.params.get("NewPath") or f"{path}/")
    wanted = f"{beginning}:{kind.lower()}{new_path}{call.params.get(f'New{kind}Name') or name}"
    if wanted != former:
        yield Need(action_of(call), wanted)


def _resource(call: Call, names: Names) -> str:
    params, prefix = call.params, f"arn:aws:iam::{call.caller.account_id}"
    given = next((str(params[name]) for name in _ARNS if params.get(name)), None)
    if given is not None:
        return given
    principal = _principal(call)
    if principal is not None:
        kind, name = principal
        found = names.iam_arn(call.caller.account_id, kind, name)
        return found or f"{prefix}:{kind}{params.get('Path') or '/'}{name}"
    if params.get("AWSServiceName"):
        return f"{prefix}:role/aws-service-role/{params['AWSServiceName']}/*"
    if call.action in _OF_ONESELF and ":user/" in call.caller.principal_arn:
        return call.caller.principal_arn
    if call.action == "CreatePolicy":
        return f"{prefix}:policy{params.get('Path') or '/'}{params.get('PolicyName')}"
    return str(params.get("PolicyArn") or ANY)


def _principal(call: Call) -> tuple[str, str] | None:
    """(kind, name)"""
    return next(((kind, str(call.params[name])) for name, kind in _KINDS if call.params.get(name)), None)


def _context(call: Call, names: Names) -> Context:
    context = request_tags(call.params.get("Tags"))
    principal = _principal(call)
    if principal is not None and call.params.get("PolicyArn"):
        context["iam:PolicyARN"] = (str(call.params["PolicyArn"]),)
    boundary = call.params.get("PermissionsBoundary")
    if boundary is None and principal is not None and call.action.endswith(_BOUNDED):
        boundary = names.boundary_arn(call.caller.account_id, *principal)
    if boundary:
        context["iam:PermissionsBoundary"] = (str(boundary),)
    if call.params.get("AWSServiceName"):
        context["iam:AWSServiceName"] = (str(call.params["AWSServiceName"]),)
    return context
