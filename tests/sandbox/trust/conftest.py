"""The role, deployed from our template into one account, and a platform in another that asks for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.core import template
from rolecall.core.config import RoleSection

from ..served import ServedSandbox, allow, eventually, trust

ACCOUNT, PLATFORM_ACCOUNT = "audit", "network"
EXTERNAL_ID = "5f0cTrustProof"
OUTSIDE = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
"""The sandbox's own platform, which is in no organization."""


@dataclass(frozen=True)
class Platform:
    """A role of the platform's account, which may assume whatever lets it in."""

    sandbox: ServedSandbox
    name: str = "Platform"
    path: str = "/"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.sandbox.account_id(PLATFORM_ACCOUNT)}:role{self.path}{self.name}"

    def made(self) -> Platform:
        iam = self.sandbox.client_of("iam", PLATFORM_ACCOUNT)
        document = trust(f"arn:aws:iam::{self.sandbox.world.management_account()}:root")
        iam.create_role(RoleName=self.name, Path=self.path, AssumeRolePolicyDocument=json.dumps(document))
        assuming = json.dumps(allow("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"))
        iam.put_role_policy(RoleName=self.name, PolicyName="assume", PolicyDocument=assuming)
        return self

    def made_anew(self) -> Platform:
        iam = self.sandbox.client_of("iam", PLATFORM_ACCOUNT)
        iam.delete_role_policy(RoleName=self.name, PolicyName="assume")
        iam.delete_role(RoleName=self.name)
        return self.made()

    @property
    def unique_id(self) -> str:
        told: str = self.sandbox.client_of("iam", PLATFORM_ACCOUNT).get_role(RoleName=self.name)["Role"]["RoleId"]
        return told

    def client(self, service: str = "sts") -> Any:
        answer = self.sandbox.client("sts").assume_role(RoleArn=self.arn, RoleSessionName="platform")
        return self.sandbox.client_as(service, answer["Credentials"])


@dataclass(frozen=True)
class Trusting:
    """The deployed role."""

    sandbox: ServedSandbox
    arn: str

    def answers(self, sts: Any, **params: Any) -> str:
        """`assumed`, or AWS's error code. The external id is given unless `params` say otherwise; None: it is not."""
        given = {"RoleSessionName": "proof", "ExternalId": EXTERNAL_ID, **params}
        try:
            sts.assume_role(RoleArn=self.arn, **{name: value for name, value in given.items() if value is not None})
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "assumed"


Deploy = Callable[..., Trusting]


@pytest.fixture
def platform(sandbox: ServedSandbox) -> Platform:
    return Platform(sandbox).made()


@pytest.fixture
def deploy(sandbox: ServedSandbox, platform: Platform) -> Deploy:
    """Deploys the role by a stack of our template; `parameters` stand in place of the config's."""

    def deployed(parameters: dict[str, str] | None = None, **changes: Any) -> Trusting:
        document = {
            "name": "CadoResponseRole",
            "trusted_principals": [platform.arn],
            "external_id": EXTERNAL_ID,
            "permission_groups": ["account-check"],
        }
        role = RoleSection.model_validate(document | changes)
        create_stack(sandbox, role, parameters or {})
        return Trusting(sandbox, f"arn:aws:iam::{sandbox.account_id(ACCOUNT)}:role{role.path}{role.name}")

    return deployed


def create_stack(sandbox: ServedSandbox, role: RoleSection, parameters: dict[str, str]) -> None:
    cloudformation = sandbox.client_of("cloudformation", ACCOUNT)
    values = template.parameters(role) | parameters
    cloudformation.create_stack(
        StackName="role",
        TemplateBody=template.render(template.build(role)),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        Capabilities=list(template.CAPABILITIES),
    )

    def status() -> str:
        told: str = cloudformation.describe_stacks(StackName="role")["Stacks"][0]["StackStatus"]
        return told

    eventually(lambda: not status().endswith("_IN_PROGRESS"))
    assert status() == "CREATE_COMPLETE", cloudformation.describe_stack_events(StackName="role")["StackEvents"]
