"""Which capabilities a template asks its user to acknowledge. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html
"""

from __future__ import annotations

from collections.abc import Collection

from rolecall.sandbox.stacks.template.model import Template
from rolecall.sandbox.wire import WireError

IAM = "CAPABILITY_IAM"
NAMED_IAM = "CAPABILITY_NAMED_IAM"

# Custom names by type; None: the type needs the capability, but has no custom name.
_IAM_TYPES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}


def required(template: Template) -> str | None:
    """The capability that the template needs, or None."""
    found = [resource for resource in template.resources.values() if resource.type in _IAM_TYPES]
    if any(_IAM_TYPES[resource.type] in resource.properties for resource in found):
        return NAMED_IAM
    return IAM if found else None


def reason(template: Template) -> str:
    """CapabilitiesReason, as GetTemplateSummary and ValidateTemplate give it."""
    types = sorted({entry.type for entry in template.resources.values() if entry.type in _IAM_TYPES})
    return f"The following resource(s) require capabilities: [{', '.join(types)}]"


def check(template: Template, acknowledged: Collection[str]) -> None:
    """Raises WireError `InsufficientCapabilitiesException` unless the needed capability is among `acknowledged`."""
    needed = required(template)
    enough = {IAM: (IAM, NAMED_IAM), NAMED_IAM: (NAMED_IAM,)}.get(needed or "", ())
    if needed and not any(capability in acknowledged for capability in enough):
        raise WireError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")
