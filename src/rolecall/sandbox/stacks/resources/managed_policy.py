"""AWS::IAM::ManagedPolicy. Works on the store through `Context.call`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
"""

from __future__ import annotations

from contextlib import suppress

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

_NAME_LIMIT = 128
_MAX_VERSIONS = 5


class ManagedPolicy:
    """A customer managed policy, attached to the principals that the template names. It takes no tags."""

    schema = Schema(
        type="AWS::IAM::ManagedPolicy",
        properties={
            "Description": types.text,
            "Groups": types.texts,
            "ManagedPolicyName": types.text,
            "Path": types.text,
            "PolicyDocument": types.document,
            "Roles": types.texts,
            "Users": types.texts,
        },
        required=frozenset({"PolicyDocument"}),
        create_only=frozenset({"Description", "ManagedPolicyName", "Path"}),
        name="ManagedPolicyName",
        unordered=dict.fromkeys(("Groups", "Roles", "Users")),
    )

    def claimed_id(self, context: Context, properties: Properties) -> str | None:
        name = properties.get("ManagedPolicyName")
        path = properties.get("Path") or "/"
        return f"arn:{context.partition}:iam::{context.account_id}:policy{path}{name}" if name else None

    def create(self, context: Context, properties: Properties) -> Physical:
        answer = context.call(
            "iam",
            "CreatePolicy",
            PolicyName=properties.get("ManagedPolicyName") or context.generated_name(_NAME_LIMIT),
            PolicyDocument=document(properties["PolicyDocument"]),
            Path=properties.get("Path"),
            Description=properties.get("Description"),
        )
        policy = answer["Policy"]
        physical = Physical(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})
        try:
            for holder in iam.holders(properties):
                iam.call_on(context, "Attach{}Policy", holder, PolicyArn=physical.id)
        except WireError:
            with suppress(WireError):  # what counts is why it was not made
                self.delete(context, physical, properties)
            raise
        return physical

    def update(self, context: Context, physical: Physical, old: Properties, new: Properties) -> Physical:
        if old["PolicyDocument"] != new["PolicyDocument"]:
            _make_room(context, physical.id)
            text = document(new["PolicyDocument"])
            context.call("iam", "CreatePolicyVersion", PolicyArn=physical.id, PolicyDocument=text, SetAsDefault=True)
        former, wanted = iam.holders(old), iam.holders(new)
        if former == wanted:
            return physical
        attached = _attached(context, physical.id)
        for holder in wanted:
            if holder not in attached:
                iam.call_on(context, "Attach{}Policy", holder, PolicyArn=physical.id)
        for holder in former:
            if holder not in wanted:
                iam.remove_from(context, "Detach{}Policy", holder, PolicyArn=physical.id)
        return physical

    def read(self, context: Context, physical: Physical, properties: Properties) -> Properties | None:
        found = unless_gone(lambda: context.call("iam", "GetPolicy", PolicyArn=physical.id))
        if found is None:
            return None
        policy = found["Policy"]
        version = context.call("iam", "GetPolicyVersion", PolicyArn=physical.id, VersionId=policy["DefaultVersionId"])[
            "PolicyVersion"
        ]
        return {
            "PolicyDocument": stored_document(version["Document"]),
            "ManagedPolicyName": policy["PolicyName"],
            "Path": policy["Path"],
            "Description": policy.get("Description", ""),
            **_holders_by_member(context, physical.id, properties),
        }

    def delete(self, context: Context, physical: Physical, properties: Properties) -> None:
        for holder in iam.holders(properties):
            iam.remove_from(context, "Detach{}Policy", holder, PolicyArn=physical.id)
        try:
            policy = context.call("iam", "GetPolicy", PolicyArn=physical.id)["Policy"]
        except WireError as error:
            if error.code == "NoSuchEntity":
                return
            raise
        if policy["AttachmentCount"]:  # the store would delete it all the same
            raise WireError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
        for version in _former_versions(context, physical.id):
            context.call("iam", "DeletePolicyVersion", PolicyArn=physical.id, VersionId=version)
        context.call("iam", "DeletePolicy", PolicyArn=physical.id)


def _holders_by_member(context: Context, arn: str, properties: Properties) -> dict[str, list[str]]:
    attached = _attached(context, arn)
    return {
        f"{kind}s": sorted(name for holder, name in attached if holder == kind)
        for kind in ("Role", "User", "Group")
        if f"{kind}s" in properties
    }


def _attached(context: Context, arn: str) -> set[tuple[str, str]]:
    """The principals that the policy is attached to, as `iam.holders` names them."""
    answer = context.call("iam", "ListEntitiesForPolicy", PolicyArn=arn)
    return {
        (kind, entity[f"{kind}Name"])
        for kind in ("Role", "User", "Group")
        for entity in answer.get(f"Policy{kind}s", ())
    }


def _former_versions(context: Context, arn: str) -> list[str]:
    """The versions that are not the default, oldest first."""
    versions = context.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
    former = [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
    return sorted(former, key=lambda version: int(version.removeprefix("v")))


def _make_room(context: Context, arn: str) -> None:
    former = _former_versions(context, arn)
    if len(former) >= _MAX_VERSIONS - 1:
        context.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=former[0])
