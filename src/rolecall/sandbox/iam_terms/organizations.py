"""What the calls of AWS Organizations need: whatever their ids stand for, each of it. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_organizations.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need, request_tags
from rolecall.sandbox.wire import Call

_PARAMETERS = (
    "AccountId",
    "ChildId",
    "DestinationParentId",
    "HandshakeId",
    "OrganizationalUnitId",
    "ParentId",
    "PolicyId",
    "ResourceId",
    "RootId",
    "SourceParentId",
    "TargetId",
)
_FORMS = (
    (re.compile(r"\d{12}"), "{management}:account/{organization}/{id}"),
    (re.compile(r"ou-.+"), "{management}:ou/{organization}/{id}"),
    (re.compile(r"r-.+"), "{management}:root/{organization}/{id}"),
    (re.compile(r"h-.+"), "{management}:handshake/{organization}/*/{id}"),
)
_KEYS = {"ServicePrincipal": "organizations:ServicePrincipal", "PolicyType": "organizations:PolicyType"}


def needs(call: Call, names: Names) -> Iterator[Need]:
    context = _context(call, names)
    resources = list(_resources(call, names)) or [ANY]
    yield from (Need(action_of(call), resource, context) for resource in resources)
    if call.params.get("Tags") and call.action != "TagResource":
        yield Need("organizations:TagResource", ANY, context)


def _resources(call: Call, names: Names) -> Iterator[str]:
    if call.action == "CreatePolicy":
        organization, management = names.organization()
        kind = str(call.params.get("Type", "*")).lower()
        yield f"arn:aws:organizations::{management}:policy/{organization}/{kind}/*"
    for parameter in _PARAMETERS:
        found = _named(str(call.params.get(parameter) or ""), names)
        if found is not None:
            yield f"arn:aws:organizations::{found}"


def _named(given: str, names: Names) -> str | None:
    """The last parts of an ARN."""
    organization, management = names.organization()
    for pattern, form in _FORMS:
        if pattern.fullmatch(given):
            return form.format(management=management, organization=organization, id=given)
    return names.policy_path(given) if given.startswith("p-") else None


def _context(call: Call, names: Names) -> Context:
    context: Context = {key: (str(call.params[name]),) for name, key in _KEYS.items() if call.params.get(name)}
    path = names.policy_path(str(call.params.get("PolicyId") or ""))
    kind = path.split("/")[-2].upper() if path else call.params.get("Type") or call.params.get("Filter")
    if kind:
        context["organizations:PolicyType"] = (str(kind),)
    return context | request_tags(call.params.get("Tags"))
