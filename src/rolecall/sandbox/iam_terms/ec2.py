"""What EC2's calls need: whatever the ids in them stand for, what they make, and the right to tag that. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_ec2.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need, arn, request_tags
from rolecall.sandbox.wire import Call

_KINDS = {
    "acl": "network-acl",
    "ami": "image",
    "dopt": "dhcp-options",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""How an id begins -> the resource's kind."""
_ID = re.compile(rf"({'|'.join(_KINDS)})-[0-9a-f]+")
_NOBODYS = ("image", "snapshot")
"""Kinds whose ARNs have no account."""

_MADE = {
    "AllocateAddress": ("elastic-ip",),
    "CopyImage": ("image", "snapshot"),
    "CopySnapshot": ("snapshot",),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateImage": ("image", "snapshot"),
    "CreateNatGateway": ("natgateway",),
    "CreateSnapshots": ("snapshot",),
    "ImportImage": ("image", "import-image-task"),
    "RegisterImage": ("image",),
    "RunInstances": ("instance", "network-interface", "volume"),
}
"""What operations make whose names do not tell it."""
_NEEDED = {"CreateSnapshots": ("volume",), "RunInstances": ("image", "security-group", "subnet")}
"""What else they take, whatever it is where the call names none."""
_TALK = ("ClientToken", "Description", "Filters", "IpPermissions", "LaunchTemplateData", "TagSpecifications", "Tags")
"""Parameters that may hold ids and are not about what these stand for."""
_ABOUT = {"CreateRoute": "route-table", "DeleteRoute": "route-table", "ReplaceRoute": "route-table"}
"""Operations that are about one kind, whatever else they name."""
_KEYS = {"Attribute": "ec2:Attribute", "InstanceType": "ec2:InstanceType"}
_NO_ATTRIBUTES = ("Attribute", "DryRun", "InstanceId", "Value")
"""What ModifyInstanceAttribute takes beside the attribute that it sets."""
_ATTRIBUTES = {"BlockDeviceMappings": "BlockDeviceMapping", "Groups": "GroupId"}
"""Lists, which are named otherwise in the request itself."""


def needs(call: Call, names: Names) -> Iterator[Need]:  # noqa: ARG001  # the services' common form
    if call.action.startswith("Describe") and not call.action.endswith("Attribute"):
        yield Need(action_of(call), ANY, _context(call))
        return
    tags = _tags_by_kind(call)
    resources = dict.fromkeys([*_named(call), *_unnamed(call)])
    for kind, name in resources or {("", ANY): None}:
        yield Need(action_of(call), _arn(call, kind, name), _context(call) | tags.get(kind, {}))
    for kind, context in tags.items():
        tagging = {"ec2:CreateAction": (call.action,)}
        yield Need("ec2:CreateTags", _arn(call, kind, "*"), _context(call) | context | tagging)


def _named(call: Call) -> list[tuple[str, str]]:
    """(kind, id) of all that the call names."""
    told = [value for name, value in call.params.items() if name not in _TALK]
    about = _ABOUT.get(call.action)
    found = [(_KINDS[match[1]], text) for text in _strings(told) if (match := _ID.fullmatch(text))]
    found = [entry for entry in found if about in (None, entry[0])]
    key = call.params.get("KeyName")
    return [*found, ("key-pair", str(key))] if key else found


def _unnamed(call: Call) -> list[tuple[str, str]]:
    """(kind, `*`) of what the call makes, and of what EC2 chooses for it."""
    named = {kind for kind, _ in _named(call)}
    made = _MADE.get(call.action, ())
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", call.action.removeprefix("Create")).lower()
    if call.action.startswith("Create") and not made and kind in _KINDS.values() and not call.params.get("KeyName"):
        made = (kind,)
    chosen = (needed for needed in _NEEDED.get(call.action, ()) if needed not in named)
    return [(kind, "*") for kind in (*made, *chosen)]


def _arn(call: Call, kind: str, name: str) -> str:
    if not kind:
        return ANY
    found = arn(call, f"{kind}/{name}", account_id="" if kind in _NOBODYS else None)
    source = call.params.get("SourceRegion")
    return found.replace(f":{call.region}:", f":{source}:") if source and name != "*" else found


def _tags_by_kind(call: Call) -> Mapping[str, Context]:
    """What is to be made with tags, and these as condition keys. CreateTags itself gives tags to what it names."""
    if call.action in ("CreateTags", "DeleteTags"):
        return {}
    given = call.params.get("TagSpecifications") or ()
    return {str(entry.get("ResourceType")): request_tags(entry.get("Tags")) for entry in given if entry.get("Tags")}


def _context(call: Call) -> Context:
    context: Context = {"ec2:Region": (call.region,)} | request_tags(call.params.get("Tags"))
    told = {key: (str(call.params[name]),) for name, key in _KEYS.items() if call.params.get(name)}
    return context | _set_attribute(call) | told


def _set_attribute(call: Call) -> Context:
    """`ec2:Attribute`, where the attribute is a parameter of its own.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
    """
    if call.action != "ModifyInstanceAttribute":
        return {}
    names = [name for name in call.params if name not in _NO_ATTRIBUTES]
    return {"ec2:Attribute": (_ATTRIBUTES.get(names[0], names[0]),)} if names else {}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.values() for text in _strings(item))
    elif isinstance(value, list | tuple):
        yield from (text for item in value for text in _strings(item))
