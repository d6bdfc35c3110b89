"""A land on the sandbox: real calls, real policies, and StackSets that do things by themselves when accounts move."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from rolecall.core.config import Config
from rolecall.core.ids import AccountId, RoleArn
from rolecall.ports import Ports
from tests.fakes.cloud import EXTERNAL_ID
from tests.pitfalls.conftest import ROLE, STACK_SET, House
from tests.sandbox.served import lets_in, trust

from .meddling import meddle
from .stories import Event, Kind, Story

KINDS = (
    Kind.SUSPEND,
    Kind.REOPEN,
    Kind.MOVE,
    Kind.LEAVE,
    Kind.TAKE_NAME,
    Kind.DELETE_MANAGEMENT_STACK,
    Kind.EDIT_STACK_SET,
    Kind.UNREGISTER,
    Kind.RENAME_REGISTRATION,
    Kind.REGISTER_TWICE,
    Kind.REGISTER_OTHER_ROLE,
)
_OWN = ("/aws-service-role/", "stacksets-exec-")
_THEIRS = "network-baseline"
_READING = {"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}
_POLICY = {
    "Type": "AWS::IAM::ManagedPolicy",
    "Properties": {
        "ManagedPolicyName": "NetworkBaseline",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [_READING]},
    },
}
_TEMPLATE = json.dumps({"Resources": {"Key": _POLICY}})


def organization_of(story: Story) -> dict[str, Any]:
    """As a scenario has it. Names are numbered, since a scenario finds accounts and units by them."""
    units: list[dict[str, Any]] = [
        {"name": f"{number} {unit.name}", "units": [], "accounts": []} for number, unit in enumerate(story.units)
    ]
    root: dict[str, Any] = {"units": [], "accounts": []}
    for unit, told in zip(story.units, units, strict=True):
        (root if unit.above is None else units[unit.above])["units"].append(told)
    for number, member in enumerate(story.members):
        account = {"name": f"{number} {member.name}", "state": member.state}
        (root if member.unit is None else units[member.unit])["accounts"].append(account)
    return {"seed": 7, "units": root["units"], "accounts": root["accounts"]}


class SandboxLand:
    def __init__(self, house: House, story: Story) -> None:
        self.house = house
        self._world = house.sandbox.world
        self._organizations = house.sandbox.client("organizations")
        named = {unit.name: unit.id for unit in self._world.organization.units.values()}
        self._units = [named[f"{number} {unit.name}"] for number, unit in enumerate(story.units)]
        self._taken: set[AccountId] = set()
        stacks = house.sandbox.client("cloudformation")
        stacks.create_stack(StackName=_THEIRS, TemplateBody=_TEMPLATE, Capabilities=["CAPABILITY_NAMED_IAM"])

    @asynccontextmanager
    async def ports(self, wanted: Config) -> AsyncIterator[Ports]:
        async with self.house.ports(wanted) as ports:
            yield ports if wanted.platforms else replace(ports, platforms=())

    def accounts(self) -> list[AccountId]:
        return [AccountId(account.id) for account in self._world.organization.accounts()]

    def units(self) -> list[str]:
        return [*self._units]

    def path(self, unit: int) -> str:
        units = self._world.organization.units
        return "".join(f"/{units[found].name}" for found in self._world.organization.path_of(self._units[unit])[1:])

    def answers(self, account: AccountId) -> bool:
        arn = str(RoleArn("aws", account, "/", ROLE))
        return lets_in(self.house.sandbox.client("sts", "platform"), arn, EXTERNAL_ID)

    def ours_in(self, account: AccountId) -> bool:
        return account not in self._taken and self._world.store.role(account, ROLE) is not None

    def foreign(self) -> Any:
        stacks = self.house.sandbox.client("cloudformation").describe_stacks()["Stacks"]
        others = [(stack["StackName"], stack["StackId"]) for stack in stacks if stack["StackName"] != STACK_SET]
        registered = self.house.platform.registered.items()
        return (
            {account: self._foreign_roles(account) for account in self.accounts()},
            others,
            {name: role for name, role in registered if role.name != ROLE},
        )

    def our_registrations(self) -> list[str]:
        here = self.accounts()
        registered = self.house.platform.registered.items()
        return [name for name, role in registered if role.name == ROLE and role.account in here]

    def ledger(self) -> set[AccountId]:
        return {entry.account for entry in self.house.ledger.entries}

    async def happen(self, event: Event) -> None:
        account = self.accounts()[event.account % len(self.accounts())]
        unit = [self._world.organization.root_id, *self._units][event.unit % (len(self._units) + 1)]
        await asyncio.to_thread(self._happen, event.kind, account, unit)

    def _happen(self, kind: Kind, account: AccountId, unit: str) -> None:
        member = self._world.organization.account(account)
        assert member is not None
        if account != self._world.organization.management_account:
            match kind:
                case Kind.SUSPEND if member.state == "ACTIVE":
                    self._in_sandbox(self._world.organization.set_state, account, "SUSPENDED")
                case Kind.REOPEN:
                    self._in_sandbox(self._world.organization.set_state, account, "ACTIVE")
                case Kind.MOVE if member.parent_id != unit:
                    ids = {"SourceParentId": member.parent_id, "DestinationParentId": unit}
                    self._organizations.move_account(AccountId=account, **ids)
                case Kind.LEAVE if member.state == "ACTIVE":
                    self._organizations.remove_account_from_organization(AccountId=account)
                case Kind.TAKE_NAME if self._world.store.role(account, ROLE) is None:
                    document = json.dumps(trust(f"arn:aws:iam::{account}:root"))
                    self._in_sandbox(self._world.store.create_role, account, ROLE, document)
                    self._taken.add(account)
        self._to_stacks(kind)
        meddle(self.house.platform.registered, kind, account)

    def _to_stacks(self, kind: Kind) -> None:
        client = self.house.sandbox.client("cloudformation")
        match kind:
            case Kind.DELETE_MANAGEMENT_STACK:
                client.delete_stack(StackName=STACK_SET)
            case Kind.EDIT_STACK_SET if client.list_stack_sets(Status="ACTIVE")["Summaries"]:
                other = [{"ParameterKey": "ExternalId", "ParameterValue": "ofSomebodyElse1"}]
                client.update_stack_set(
                    StackSetName=STACK_SET,
                    UsePreviousTemplate=True,
                    Parameters=other + self._kept_parameters(client),
                    Capabilities=["CAPABILITY_NAMED_IAM"],
                )

    def _kept_parameters(self, client: Any) -> list[dict[str, Any]]:
        told = client.describe_stack_set(StackSetName=STACK_SET)["StackSet"]["Parameters"]
        names = [found["ParameterKey"] for found in told if found["ParameterKey"] != "ExternalId"]
        return [{"ParameterKey": name, "UsePreviousValue": True} for name in names]

    def _foreign_roles(self, account: AccountId) -> list[tuple[str, str]]:
        names = sorted(self._world.store.names(account, "role"))
        roles = [self._world.store.role(account, name) for name in names if name != ROLE or account in self._taken]
        return [(role.arn, role.id) for role in roles if role and not any(own in role.arn for own in _OWN)]

    def _in_sandbox(self, work: Callable[..., object], *arguments: object) -> None:
        async def run() -> None:
            work(*arguments)

        asyncio.run_coroutine_threadsafe(run(), self.house.sandbox.loop).result()
