"""One sandbox that authorizes every call, and in it one role a case, deployed from the template as a stack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from rolecall.core.config import RoleSection
from rolecall.core.ids import RoleArn
from rolecall.core.policy import Policy, PolicySet
from rolecall.core.template import CAPABILITIES, build, parameters, render
from rolecall.sandbox.scenario import load_scenario
from rolecall.sandbox.server import serve

from ..served import ServedSandbox, eventually
from . import things
from .cases import DEFAULT_ROLE, EXTERNAL_ID, Case
from .things import Thing, Things
from .wire import Wire

HOME = "audit"
Keys = Mapping[str, str]


@dataclass(frozen=True)
class Deployed:
    """A role as it stands in the account. `documents` were read back from there, `keys` are those of its session."""

    role: RoleSection
    arn: RoleArn
    documents: Mapping[str, dict[str, Any]]
    keys: Keys

    @property
    def policies(self) -> PolicySet:
        """For the evaluator."""
        parsed = (Policy.parse(json.dumps(text), source=source) for source, text in self.documents.items())
        return PolicySet(identity=tuple(parsed))

    @property
    def statements(self) -> list[dict[str, Any]]:
        """As IAM has them, all of them."""
        return [statement for document in self.documents.values() for statement in document["Statement"]]

    def at(self, thing: Thing) -> Thing:
        """A thing beside which the role is the role itself: it is inside of what it may read back."""
        policy = f"arn:aws:iam::{self.arn.account}:policy{self.arn.path}{self.arn.name}-1"
        return {**thing, "role": self.arn.name, "role_arn": str(self.arn), "policy": policy}


@dataclass
class Account:
    """Where the roles are deployed; its administrator's keys."""

    id: str
    keys: Keys
    wire: Wire

    def admin(self, service: str) -> Any:
        return self.wire.client(service, self.keys)

    def deploy(self, role: RoleSection) -> None:
        cloudformation = self.admin("cloudformation")
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters(role).items()]
        body = render(build(role))
        cloudformation.create_stack(
            StackName=role.name, TemplateBody=body, Parameters=given, Capabilities=list(CAPABILITIES)
        )

        def over() -> bool:
            status = cloudformation.describe_stacks(StackName=role.name)["Stacks"][0]["StackStatus"]
            assert status in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"), status
            return bool(status == "CREATE_COMPLETE")

        eventually(over)

    def read_back(self, name: str) -> dict[str, dict[str, Any]]:
        """Every policy of a role, by name or ARN."""
        iam = self.admin("iam")
        inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
        attached = [item["PolicyArn"] for item in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
        return {
            **{one: iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in inline},
            **{
                arn: iam.get_policy_version(
                    PolicyArn=arn, VersionId=iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                )["PolicyVersion"]["Document"]
                for arn in attached
            },
        }


@dataclass
class Fleet:
    """All roles, each deployed when it is first asked for."""

    home: Account
    management: Account
    platform: Keys
    wire: Wire
    things: Things
    _deployed: dict[str, Deployed] = field(default_factory=dict)

    def of(self, case: Case) -> Deployed:
        return self._of(case.role(self.things.inside), self.account_of(case))

    def defaults(self) -> Deployed:
        return self._of(DEFAULT_ROLE, self.home)

    def account_of(self, case: Case) -> Account:
        """Only the management account may call most of what Organizations has, whatever a role allows."""
        return self.management if case.group == "organizations" else self.home

    def _of(self, role: RoleSection, account: Account) -> Deployed:
        if role.name not in self._deployed:
            account.deploy(role)
            arn = RoleArn.parse(f"arn:aws:iam::{account.id}:role{role.path}{role.name}")
            answer = self.wire.client("sts", self.platform).assume_role(
                RoleArn=str(arn), RoleSessionName="proof", ExternalId=EXTERNAL_ID
            )
            self._deployed[role.name] = Deployed(role, arn, account.read_back(role.name), answer["Credentials"])
        return self._deployed[role.name]


@pytest.fixture(scope="package")
def sandbox(sandbox_loop: asyncio.AbstractEventLoop) -> Iterator[ServedSandbox]:
    serving = serve(load_scenario("clean"), speed=0, enforce="all")
    running = asyncio.run_coroutine_threadsafe(serving, sandbox_loop).result()
    yield ServedSandbox(running, sandbox_loop)
    asyncio.run_coroutine_threadsafe(running.close(), sandbox_loop).result()


@pytest.fixture(scope="package")
def fleet(sandbox: ServedSandbox) -> Fleet:
    wire = Wire(sandbox)
    management = Account(sandbox.world.management_account(), _profile(sandbox, "management"), wire)
    home_id = sandbox.account_id(HOME)
    arn = f"arn:aws:iam::{home_id}:role/OrganizationAccountAccessRole"
    answer = management.admin("sts").assume_role(RoleArn=arn, RoleSessionName="tests")
    home = Account(home_id, answer["Credentials"], wire)
    return Fleet(home, management, _profile(sandbox, "platform"), wire, things.make(home.admin, home_id))


def _profile(sandbox: ServedSandbox, name: str) -> Keys:
    keys = sandbox.session(name).get_credentials().get_frozen_credentials()
    return {"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key, "SessionToken": keys.token}
