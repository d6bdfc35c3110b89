"""A small organization and its CloudFormation, called as the gateway would call the handlers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore.model import ListShape, Shape, StructureShape

from rolecall.sandbox import stacks, stacksets
from rolecall.sandbox.organization import Organization, Unit, WorldAccount
from rolecall.sandbox.store import Store
from rolecall.sandbox.wire import Call, Caller, PrincipalId, WireError
from rolecall.sandbox.world import World

MANAGEMENT = "100000000000"
ROOT = "r-abcd"
WORKLOADS = "ou-abcd-workload"
PROD = "ou-abcd-prodprod"
LABS = "ou-abcd-labslabs"
PROD_1, PROD_2, LAB_1, LAB_2 = "100000000011", "100000000012", "100000000021", "100000000022"
REGION = "us-east-1"
NAMED_IAM = ["CAPABILITY_NAMED_IAM"]

TEMPLATE = """
AWSTemplateFormatVersion: 2010-09-09
Description: One role
Parameters:
  Actions: {Type: String, Default: "s3:Get*"}
  Session: {Type: Number, Default: 3600}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ResponseRole
      MaxSessionDuration: !Ref Session
      ManagedPolicyArns: [!Ref Policy]
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: sts:AssumeRole}]
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: ResponsePolicy
      PolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: !Ref Actions, Resource: "*"}]
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn}
"""


class Cloud:
    """Members: PROD_1 and PROD_2 in Workloads/Prod, LAB_1 and LAB_2 in Labs. Nothing waits."""

    def __init__(self) -> None:
        self.organization = Organization("o-abcdefghij", MANAGEMENT, ROOT)
        for unit in (Unit(WORKLOADS, "Workloads", ROOT), Unit(PROD, "Prod", WORKLOADS), Unit(LABS, "Labs", ROOT)):
            self.organization.add_unit(unit)
        for account_id, unit_id in ((MANAGEMENT, ROOT), (PROD_1, PROD), (PROD_2, PROD), (LAB_1, LABS), (LAB_2, LABS)):
            self.add_account(account_id, unit_id)
        self.store = Store()
        self.world = World(self.store, self.organization, speed=0)
        self._handlers = {**stacks.handlers(self.world), **stacksets.handlers(self.world)}

    def add_account(self, account_id: str, unit_id: str) -> None:
        path = self.organization.path_of(unit_id)
        account = WorldAccount(account_id, account_id, f"{account_id}@x.io", "ACTIVE", unit_id, path, datetime.now(UTC))
        self.organization.add_account(account)

    def call(self, action: str, account: str = MANAGEMENT, region: str = REGION, **params: Any) -> dict[str, Any]:
        """One CloudFormation call; its answer must have the shape of botocore's model."""
        arn = f"arn:aws:iam::{account}:user/admin"
        caller = Caller(account, arn, arn, PrincipalId("AIDAADMIN"))
        answer = self._handlers["cloudformation", action](Call("cloudformation", action, params, caller, region))
        _assert_shaped(dict(answer), _output_shape(action), action)
        return dict(answer)

    def refusal(self, action: str, account: str = MANAGEMENT, **params: Any) -> WireError:
        """The error that the call must end with."""
        try:
            answer = self.call(action, account, **params)
        except WireError as error:
            return error
        raise AssertionError(f"{action} was not refused: {answer}")

    def iam(self, account: str, action: str, **params: Any) -> dict[str, Any]:
        return self.store.call("iam", action, params, account_id=account)

    def has_role(self, account: str, name: str = "ResponseRole") -> bool:
        return self.store.role(account, name) is not None

    def policy_actions(self, account: str) -> Any:
        """What ResponsePolicy allows in the account."""
        arn = f"arn:aws:iam::{account}:policy/ResponsePolicy"
        policy = self.store.policy_document(account, arn)
        assert policy is not None
        return json.loads(policy.document)["Statement"][0]["Action"]

    async def stack(self, name: str, account: str = MANAGEMENT) -> dict[str, Any]:
        """The stack as described once its work is over."""
        for _ in range(10_000):
            described: dict[str, Any] = self.call("DescribeStacks", account, StackName=name)["Stacks"][0]
            if not described["StackStatus"].endswith("_IN_PROGRESS"):
                return described
            await asyncio.sleep(0)
        raise AssertionError(f"{name} is still {described['StackStatus']}")

    async def created(self, name: str = "one", template: str = TEMPLATE, **params: Any) -> dict[str, Any]:
        self.call("CreateStack", StackName=name, TemplateBody=template, Capabilities=NAMED_IAM, **params)
        return await self.stack(name)

    async def updated(self, name: str = "one", template: str = TEMPLATE, **params: Any) -> dict[str, Any]:
        self.call("UpdateStack", StackName=name, TemplateBody=template, Capabilities=NAMED_IAM, **params)
        return await self.stack(name)

    async def deleted(self, stack: Mapping[str, Any], **params: Any) -> dict[str, Any]:
        self.call("DeleteStack", StackName=stack["StackName"], **params)
        return await self.stack(stack["StackId"])

    async def close(self) -> None:
        await stacksets.close(self.world)
        await stacks.close(self.world)


def parameter(**values: str) -> list[dict[str, str]]:
    """A Parameters list."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def decoded(document: str) -> Any:
    """A policy document of an IAM answer."""
    return json.loads(unquote(document))


@cache
def _output_shape(action: str) -> Shape | None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    shape: Shape | None = model.operation_model(action).output_shape
    return shape


def _assert_shaped(value: Any, shape: Shape | None, where: str) -> None:
    if isinstance(shape, StructureShape) or shape is None:
        members = {} if shape is None else shape.members
        assert set(value) <= set(members), f"{where} has no {set(value) - set(members)}"
        for name, entry in value.items():
            _assert_shaped(entry, members[name], f"{where}.{name}")
    elif isinstance(shape, ListShape):
        for entry in value:
            _assert_shaped(entry, shape.member, where)
    elif getattr(shape, "enum", None) and shape.name != "ResourceStatus":
        # A stack's own events carry stack statuses, some of which the model's enum for resources lacks.
        assert value in shape.enum, f"{where}: {value}"
    elif shape.type_name == "string":
        assert isinstance(value, str), f"{where}: {value!r}"
