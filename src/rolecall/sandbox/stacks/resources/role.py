"""AWS::IAM::Role. Works on the store through `Context.call`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from rolecall.sandbox.stacks.resources import iam
from rolecall.sandbox.stacks.resources import property_types as types
from rolecall.sandbox.stacks.resources.base import (
    Context,
    Physical,
    Properties,
    Schema,
    document,
    stored_document,
    unless_gone,
)
from rolecall.sandbox.wire import WireError

_NAME_LIMIT = 64
_DEFAULT_SESSION_SECONDS = 3600


class Role:
    """A role with its managed and inline policies. Policies that others attached are left alone."""

    schema = Schema(
        type="AWS::IAM::Role",
        properties={
            "AssumeRolePolicyDocument": types.document,
            "Description": types.text,
            "ManagedPolicyArns": types.texts,
            "MaxSessionDuration": types.integer,
            "Path": types.text,
            "PermissionsBoundary": types.text,
            "Policies": types.objects(PolicyName=types.text, PolicyDocument=types.document),
            "RoleName": types.text,
            "Tags": types.tags,
        },
        required=frozenset({"AssumeRolePolicyDocument"}),
        create_only=frozenset({"Path", "RoleName"}),
        name="RoleName",
        taggable=True,
        unordered={"ManagedPolicyArns": None, "Policies": "PolicyName", "Tags": "Key"},
    )

    def claimed_id(self, context: Context, properties: Properties) -> str | None:  # noqa: ARG002  # the protocol's form
        name: str | None = properties.get("RoleName")
        return name

    def create(self, context: Context, properties: Properties) -> Physical:
        name = properties.get("RoleName") or context.generated_name(_NAME_LIMIT)
        context.need("iam", "GetRole", RoleName=name)
        answer = context.call(
            "iam",
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=document(properties["AssumeRolePolicyDocument"]),
            Path=properties.get("Path"),
            Description=properties.get("Description"),
            MaxSessionDuration=_session_seconds(properties),
            PermissionsBoundary=properties.get("PermissionsBoundary"),
            Tags=properties.get("Tags"),
        )
        role = answer["Role"]
        physical = Physical(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})
        try:
            _set_inline(context, name, [], properties.get("Policies") or [])
            for arn in properties.get("ManagedPolicyArns") or ():
                context.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
        except WireError:
            with suppress(WireError):  # what counts is why it was not made
                self.delete(context, physical, properties)
            raise
        return physical

    def update(self, context: Context, physical: Physical, old: Properties, new: Properties) -> Physical:
        name = physical.id
        if old["AssumeRolePolicyDocument"] != new["AssumeRolePolicyDocument"]:
            trust = document(new["AssumeRolePolicyDocument"])
            context.call("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=trust)
        if any(old.get(member) != new.get(member) for member in ("Description", "MaxSessionDuration")):
            description = new.get("Description", "")
            seconds = _session_seconds(new)
            context.call("iam", "UpdateRole", RoleName=name, Description=description, MaxSessionDuration=seconds)
        self._set_boundary(context, name, old, new)
        self._set_tags(context, name, old, new)
        self._set_policies(context, name, old, new)
        return physical

    def delete(self, context: Context, physical: Physical, properties: Properties) -> None:
        name = physical.id
        for policy in properties.get("Policies") or ():
            iam.call_unless_gone(context, "DeleteRolePolicy", RoleName=name, PolicyName=policy["PolicyName"])
        for arn in properties.get("ManagedPolicyArns") or ():
            iam.call_unless_gone(context, "DetachRolePolicy", RoleName=name, PolicyArn=arn)
        iam.call_unless_gone(context, "DeleteRole", RoleName=name)

    def read(self, context: Context, physical: Physical, properties: Properties) -> Properties | None:
        name = physical.id
        found = unless_gone(lambda: context.call("iam", "GetRole", RoleName=name))
        if found is None:
            return None
        role = found["Role"]
        actual = {
            "AssumeRolePolicyDocument": stored_document(role["AssumeRolePolicyDocument"]),
            "MaxSessionDuration": role.get("MaxSessionDuration", _DEFAULT_SESSION_SECONDS),
            "Path": role["Path"],
            "RoleName": role["RoleName"],
            "Description": role.get("Description"),
            "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "Tags": role.get("Tags"),
        }
        if "ManagedPolicyArns" in properties:
            actual["ManagedPolicyArns"] = sorted(_attached(context, name))
        if "Policies" in properties:
            actual["Policies"] = _inline(context, name)
        return {member: value for member, value in actual.items() if value is not None}

    def _set_policies(self, context: Context, name: str, old: Properties, new: Properties) -> None:
        _set_inline(context, name, old.get("Policies") or [], new.get("Policies") or [])
        former, wanted = old.get("ManagedPolicyArns") or [], new.get("ManagedPolicyArns") or []
        if former == wanted:
            return
        attached = _attached(context, name)
        for arn in wanted:
            if arn not in attached:
                context.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
        for arn in former:
            if arn not in wanted and arn in attached:
                iam.call_unless_gone(context, "DetachRolePolicy", RoleName=name, PolicyArn=arn)

    def _set_boundary(self, context: Context, name: str, old: Properties, new: Properties) -> None:
        former, wanted = old.get("PermissionsBoundary"), new.get("PermissionsBoundary")
        if wanted and wanted != former:
            context.call("iam", "PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=wanted)
        if former and not wanted:
            iam.call_unless_gone(context, "DeleteRolePermissionsBoundary", RoleName=name)

    def _set_tags(self, context: Context, name: str, old: Properties, new: Properties) -> None:
        setting, removing = iam.changed_tags(old.get("Tags") or [], new.get("Tags") or [])
        if setting:
            context.call("iam", "TagRole", RoleName=name, Tags=setting)
        if removing:
            context.call("iam", "UntagRole", RoleName=name, TagKeys=removing)


def _session_seconds(properties: Properties) -> int:
    return int(properties.get("MaxSessionDuration") or _DEFAULT_SESSION_SECONDS)


def _attached(context: Context, role_name: str) -> set[str]:
    answer = context.call("iam", "ListAttachedRolePolicies", RoleName=role_name)
    return {policy["PolicyArn"] for policy in answer["AttachedPolicies"]}


def _inline(context: Context, role_name: str) -> list[dict[str, Any]]:
    names = context.call("iam", "ListRolePolicies", RoleName=role_name)["PolicyNames"]
    found = [context.call("iam", "GetRolePolicy", RoleName=role_name, PolicyName=name) for name in names]
    return [
        {"PolicyName": policy["PolicyName"], "PolicyDocument": stored_document(policy["PolicyDocument"])}
        for policy in found
    ]


def _set_inline(context: Context, role_name: str, old: list[Any], new: list[Any]) -> None:
    wanted = {policy["PolicyName"] for policy in new}
    for policy in new:
        if policy not in old:
            text = document(policy["PolicyDocument"])
            context.call(
                "iam", "PutRolePolicy", RoleName=role_name, PolicyName=policy["PolicyName"], PolicyDocument=text
            )
    for policy in old:
        if policy["PolicyName"] not in wanted:
            iam.call_unless_gone(context, "DeleteRolePolicy", RoleName=role_name, PolicyName=policy["PolicyName"])
