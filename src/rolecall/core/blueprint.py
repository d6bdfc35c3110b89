"""The role as the config deploys it into an account: the template's, its functions filled in. Pure.

A role that an adopted stack set made by a template of somebody else's is held to what the config says, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.explain.documents import filled
from rolecall.core.ids import RoleArn
from rolecall.core.read_back import Document
from rolecall.core.template.role import boundary_arn


@dataclass(frozen=True, slots=True)
class Deployed:
    """What should be read back of one role. None is what the config says nothing of.

    `boundary` is "" where there is to be none; `attached` are the managed policies by ARN, `inline` is by name.
    """

    trust: Document
    max_session_seconds: int | None
    boundary: str | None
    attached: Mapping[str, Document] | None
    inline: Mapping[str, Document] | None
    tags: Mapping[str, str] = field(default_factory=dict)


class Blueprint:
    """Made once for a roll call. `ours` is false for roles that our template did not make."""

    def __init__(self, role: RoleSection, *, ours: bool) -> None:
        self._role = role
        self._ours = ours
        self._resources: Mapping[str, Any] = template.build(role)["Resources"]
        self._parameters = template.parameters(role)

    def of(self, arn: RoleArn) -> Deployed:
        values = self._values(arn)
        there = _named(self._resources, arn.name, values)
        trusting = there or _named(self._resources, self._role.name, values)
        told = Deployed(
            trust=trusting["AssumeRolePolicyDocument"],
            max_session_seconds=self._role.max_session_hours * 3600 if self._says("max_session_hours") else None,
            boundary=self._boundary(values),
            attached=None,
            inline=None,
        )
        return self._with_policies(told, there, arn, values) if self._ours and there else told

    def _with_policies(
        self, told: Deployed, properties: Mapping[str, Any], arn: RoleArn, values: Mapping[str, str]
    ) -> Deployed:
        policies = self._policies(arn, values)
        return replace(
            told,
            attached=dict(policies[name] for name in properties.get("ManagedPolicyArns", ())),
            inline={inline["PolicyName"]: inline["PolicyDocument"] for inline in properties["Policies"]},
            tags=self._role.tags,
        )

    def _says(self, key: str) -> bool:
        return self._ours or key in self._role.model_fields_set

    def _boundary(self, values: Mapping[str, str]) -> str | None:
        if not self._role.permissions_boundary:
            return "" if self._ours else None
        arn: str = filled({"Fn::Sub": boundary_arn(self._role.permissions_boundary)}, values)
        return arn

    def _values(self, arn: RoleArn) -> Mapping[str, str]:
        return {
            "AWS::Partition": arn.partition,
            "AWS::AccountId": arn.account,
            **self._parameters,
            **{name: name for name in self._resources},
        }

    def _policies(self, arn: RoleArn, values: Mapping[str, str]) -> Mapping[str, tuple[str, Document]]:
        """Logical id -> ARN and document."""
        found = {}
        for name, resource in self._resources.items():
            if resource["Type"] == "AWS::IAM::ManagedPolicy":
                told = filled(resource["Properties"], values)
                place = f"policy{told['Path']}{told['ManagedPolicyName']}"
                found[name] = (f"arn:{arn.partition}:iam::{arn.account}:{place}", told["PolicyDocument"])
        return found


def _named(resources: Mapping[str, Any], name: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The properties of the role of that name, or none where the template has another."""
    for resource in resources.values():
        if resource["Type"] == "AWS::IAM::Role":
            properties: dict[str, Any] = filled(resource["Properties"], values)
            if properties["RoleName"] == name:
                return properties
    return {}
