"""The roles that are proven: every group alone, and every scoped form of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import DEFAULTS, GROUPS, Scope

from .things import TAG_SCOPE, Thing

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
EXTERNAL_ID = "5f0cProofExternalId42"
PATH = "/response/"
REGION, ELSEWHERE = "us-east-1", "eu-west-1"


@dataclass(frozen=True)
class Case:
    """A group alone, narrowed by one scope. `form` is the scope's name; keys by alias are a form of their own."""

    group: str
    form: str = ""

    @property
    def id(self) -> str:
        return f"{self.group}-by-{self.form}" if self.form else self.group

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(GROUPS[self.group].actions)

    @property
    def held(self) -> frozenset[str]:
        """The actions that this role may use only on what it is for."""
        return frozenset(f"{HELD.get((self.group, ''), '')} {HELD.get((self.group, self.form), '')}".split())

    def role(self, inside: Thing) -> RoleSection:
        """With the group and nothing else: the config itself refuses a group without those that it requires."""
        section = RoleSection.model_validate({
            "name": f"CadoResponse-{self.id}",
            "path": PATH,
            "trusted_principals": [PLATFORM],
            "external_id": EXTERNAL_ID,
            "permission_groups": [self.group, *GROUPS[self.group].requires],
            "scopes": {self.group: self._scopes(inside)} if self.form else {},
        })  # fmt: skip
        return section.model_copy(update={"permission_groups": [self.group]})

    def _scopes(self, inside: Thing) -> dict[str, Any]:
        scopes: dict[str, dict[str, Any]] = {
            "regions": {"regions": [REGION]},
            "tag": {"tag": TAG_SCOPE},
            "buckets": {"buckets": ["other", "evidence-?", "logs-*"]},
            "keys": {"keys": [inside["key"]]},
            "aliases": {"keys": ["alias/forensics/*"]},
        }
        return scopes[self.form]


def _forms(group: str) -> Iterator[str]:
    for scope in GROUPS[group].scopes:
        yield from ("keys", "aliases") if scope is Scope.KEYS else (scope.value,)


ALONE = [Case(group) for group in GROUPS]
SCOPED = [Case(group, form) for group in GROUPS for form in _forms(group)]
CASES = [*ALONE, *SCOPED]

_COPY_KEYS = (
    "kms:Encrypt kms:Decrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKey kms:GenerateDataKeyPair "
    "kms:GenerateDataKeyPairWithoutPlaintext kms:GenerateDataKeyWithoutPlaintext kms:DescribeKey kms:CreateGrant"
)
REGIONAL = ("s3-encrypted", "lambda", "ecs", "eks", "ebs", "ebs-encrypted", "ec2-triage", "guardduty", "ebs-copy")
"""The groups that a list of Regions narrows: all whose services have Regions, S3 apart, whose names are global."""
_EVERYWHERE = {"iam:GetInstanceProfile"}
"""Not of a Region."""


def _regional(group: str) -> str:
    return " ".join(sorted({*GROUPS[group].actions} - _EVERYWHERE))


HELD: dict[tuple[str, str], str] = {
    ("account-check", ""): "iam:GetRole iam:ListRolePolicies iam:GetRolePolicy iam:ListAttachedRolePolicies "
    "iam:SimulatePrincipalPolicy iam:GetPolicy iam:GetPolicyVersion",
    ("ebs-copy", ""): "ec2:DeleteSnapshot ec2:DeleteTags ec2:DeregisterImage ec2:TerminateInstances ec2:StopInstances "
    "ec2:StartInstances ec2:AssociateAddress ec2:ModifyInstanceAttribute",
    ("s3", "buckets"): "s3:ListBucket s3:GetBucketLocation s3:GetObject s3:RestoreObject",
    ("s3-encrypted", "keys"): "kms:Decrypt kms:GenerateDataKey",
    ("s3-encrypted", "aliases"): "kms:Decrypt kms:GenerateDataKey",
    ("ebs-encrypted", "keys"): "kms:Decrypt kms:DescribeKey kms:CreateGrant",
    ("ebs-encrypted", "aliases"): "kms:Decrypt kms:DescribeKey kms:CreateGrant",
    ("ebs-copy", "keys"): _COPY_KEYS,
    ("ebs-copy", "aliases"): _COPY_KEYS,
    ("lambda", "tag"): "lambda:GetFunction logs:FilterLogEvents ecr:GetDownloadUrlForLayer ecr:BatchGetImage",
    ("ecs", "tag"): "ecs:ExecuteCommand",
    ("eks", "tag"): "eks:DescribeCluster",
    ("ebs", "tag"): "ec2:CreateSnapshot",
    ("ec2-triage", "tag"): "ssm:StartSession ssm:SendCommand",
    **{(group, "regions"): _regional(group) for group in REGIONAL},
}
"""(group, form) -> the actions that it holds to what it names. Those of the group alone hold in every form of it."""

DEFAULT_ROLE = RoleSection.model_validate({
    "name": "CadoResponse-defaults",
    "path": PATH,
    "trusted_principals": [PLATFORM],
    "external_id": EXTERNAL_ID,
    "permission_groups": list(DEFAULTS),
})  # fmt: skip
