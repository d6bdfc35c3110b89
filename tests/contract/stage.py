"""A stage: ports, the ids behind them, and what a test may plant there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rolecall.aws import query
from rolecall.aws.client import Client
from rolecall.aws.operator import AwsOperator, AwsRoleInspector, Services, operator_credentials
from rolecall.aws.organization_reader import AwsOrganizationReader
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials, endpoints
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.aws.stacks import AwsStacks
from rolecall.core import template
from rolecall.core.blame import ControlPolicy
from rolecall.core.config import RoleSection
from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.observed import AutoDeployment, DeploymentTargets, Operation, Stack, StackContent
from rolecall.core.organization import AccountState
from rolecall.core.preflight import FoundRole
from rolecall.core.probe import AssumedRole
from rolecall.ports import DeepProbe, Operator, OrganizationReader, Organizations, RoleInspector, Stacks, StackSets
from rolecall.sandbox.scenario import Scenario
from tests.fakes.cloud import EXTERNAL_ID, ROLE_NAME, STACK_SET, FakeCloud, config
from tests.fakes.organization_reader import FakeOrganizationReader
from tests.fakes.organizations import MANAGEMENT, ROOT
from tests.sandbox.served import ServedSandbox, trust

REGION = "us-east-1"
INSPECT_ROLE = "OrganizationAccountAccessRole"
POLLS = 1000
DENY_SNAPSHOTS = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "No", "Effect": "Deny", "Action": "ec2:CreateSnapshot", "Resource": "*"}],
}
UNITS = {"Security": "Root", "Workloads": "Root", "Prod": "Workloads", "Payments": "Prod", "Locked": "Root"}
"""Each unit with the one above it."""

ACCOUNTS = {"audit": "Security", "billing": "Prod", "payments": "Payments", "locked": "Locked", "retired": "Security"}
"""Each member account with its unit. `retired` is suspended; a policy on `Locked` denies snapshots."""
TAGS = {"billing": {"environment": "prod", "team": ""}}
ACTIVE = ("audit", "billing", "payments", "locked")


@dataclass(frozen=True)
class Stage:
    """Ports to one organization. `take_name` makes a role of our name in an account, as somebody else would; `close`
    takes the operator's role out of an account, and `deny` an action from the operator.
    `retained` tells the fake of a stack that was let go of."""

    organizations: Organizations
    stack_sets: StackSets
    stacks: Stacks
    probe: DeepProbe
    accounts: Mapping[str, AccountId]
    units: Mapping[str, UnitId]
    take_name: Callable[[str], None]
    inspector: RoleInspector
    operator: Operator
    stack_sets_in: Callable[[str], StackSets]
    close: Callable[[str], None]
    deny: Callable[[str], None]
    reader: OrganizationReader
    discovery: Callable[[], AssumedRole]
    """Makes a session of the management account that may read the organization."""
    retained: Callable[[str, str], None] = lambda stack_id, account: None

    def role(self, account: str, name: str = ROLE_NAME) -> RoleArn:
        return RoleArn("aws", self.accounts[account], "/", name)

    async def deploy(self, targets: DeploymentTargets | None = None) -> Operation:
        """Our stack set with instances in the targets, or everywhere, when the operation has ended."""
        await self.stack_sets.create(STACK_SET, content(), AutoDeployment(False))
        where = targets or DeploymentTargets((self.units["Root"],))
        started = await self.stack_sets.create_instances(
            STACK_SET, targets=where, region=REGION, operation_id="create-1"
        )
        return await self.ended(started)

    async def ended(self, operation_id: str) -> Operation:
        for _ in range(POLLS):
            operation = await self.stack_sets.operation(STACK_SET, operation_id)
            if operation.status.ended:
                return operation
            await asyncio.sleep(0.005)
        raise AssertionError(f"{operation_id} does not end")

    async def settled(self, stack: str) -> Stack | None:
        for _ in range(POLLS):
            found = await self.stacks.describe(stack)
            if found is None or not found.working:
                return found
            await asyncio.sleep(0.005)
        raise AssertionError(f"{stack} does not settle")


def role(**changes: object) -> RoleSection:
    return config(role=changes).role


def content(**changes: object) -> StackContent:
    section = role(**changes)
    return StackContent(
        template.render(template.build(section)), template.parameters(section), {"managed-by": "rolecall", "team": "ir"}
    )


def scenario(**switches: bool) -> Scenario:
    def unit(name: str) -> dict[str, object]:
        accounts = [
            {
                "name": account,
                "state": "SUSPENDED" if account == "retired" else "ACTIVE",
                "tags": TAGS.get(account, {}),
            }
            for account, place in ACCOUNTS.items()
            if place == name
        ]
        return {
            "name": name,
            "accounts": accounts,
            "units": [unit(below) for below, above in UNITS.items() if above == name],
        }

    return Scenario.model_validate(
        {
            "organization": {"seed": 7, "units": [unit(name) for name, above in UNITS.items() if above == "Root"]},
            "scps": [{"name": "DenySnapshots", "document": DENY_SNAPSHOTS, "targets": ["/Locked"]}],
            "delegated_administrators": ["audit"],
            "switches": switches,
        }
    )


def fake_stage() -> Stage:
    cloud = FakeCloud()
    organizations = cloud.organizations
    units = {"Root": ROOT}
    for name, above in UNITS.items():
        units[name] = organizations.unit(name, units[above])
    accounts = {"management": MANAGEMENT}
    for name, place in ACCOUNTS.items():
        state = AccountState.SUSPENDED if name == "retired" else AccountState.ACTIVE
        accounts[name] = organizations.account(name, units[place], state)
        organizations.account_tags[accounts[name]] = dict(TAGS.get(name, {}))
    cloud.probe.denied = {accounts["locked"]: {"ec2:CreateSnapshot": "scp"}}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    organizations.policies = [
        ControlPolicy("p-1", "FullAWSAccess", json.dumps(everything), frozenset([*units.values(), *accounts.values()])),
        ControlPolicy("p-2", "DenySnapshots", json.dumps(DENY_SNAPSHOTS), frozenset([units["Locked"]])),
    ]

    def take_name(account: str) -> None:
        taken = f"{ROLE_NAME} already exists"
        if account == "management":
            cloud.stacks.failing = taken
        cloud.stack_sets.failing[accounts[account]] = taken
        arn = RoleArn("aws", accounts[account], "/", ROLE_NAME)
        if account == "management":
            cloud.operator.roles[ROLE_NAME] = FoundRole(arn, {}, json.dumps(trust("arn:aws:iam::999999999999:root")))
        cloud.inspector.plant(FoundRole(arn, {}, json.dumps(trust("arn:aws:iam::999999999999:root"))))

    def retained(stack_id: str, account: str) -> None:
        cloud.stack_sets.importable[stack_id] = accounts[account]

    organizations.delegates = [accounts["audit"]]
    return Stage(
        organizations,
        cloud.stack_sets,
        cloud.stacks,
        cloud.probe,
        accounts,
        units,
        take_name,
        cloud.inspector,
        cloud.operator,
        cloud.elsewhere.__getitem__,
        lambda account: cloud.inspector.closed.add(accounts[account]),
        cloud.operator.denied.add,
        FakeOrganizationReader(organizations),
        lambda: AssumedRole(RoleArn("aws", MANAGEMENT, "/", "Discovery"), "ASIAEXAMPLE", "secret", "token"),
        retained,
    )


async def aws_stage(sandbox: ServedSandbox, stack: AsyncExitStack) -> Stage:
    session, platform = sandbox.session(), sandbox.session("platform")
    cloudformation = Client(session, "cloudformation", REGION)
    sts, iam = endpoints(platform, REGION)
    http = await stack.enter_async_context(query.connect())
    units = {unit.name: UnitId(unit.id) for unit in sandbox.world.organization.units.values()}
    accounts = {account.name: AccountId(account.id) for account in sandbox.world.accounts()}

    def take_name(account: str) -> None:
        client = sandbox.client("iam") if account == "management" else sandbox.client_of("iam", account)
        document = json.dumps(trust("arn:aws:iam::999999999999:root"))
        client.create_role(RoleName=ROLE_NAME, AssumeRolePolicyDocument=document)

    def close(account: str) -> None:
        iam = sandbox.client_of("iam", account)
        for policy in iam.list_attached_role_policies(RoleName=INSPECT_ROLE)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=INSPECT_ROLE, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=INSPECT_ROLE)

    def deny(action: str) -> None:
        statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sandbox.client("iam").put_user_policy(UserName="admin", PolicyName="Deny", PolicyDocument=document)

    management = operator_credentials(session)
    services = Services(query.QueryClient(http), sts, iam)
    preferences = Preferences(failure_tolerance_percent=100)
    return Stage(
        AwsOrganizations(Client(session, "organizations")),
        AwsStackSets(cloudformation, preferences),
        AwsStacks(cloudformation),
        AwsRoleProbe(query.QueryClient(http), SessionCredentials(platform), sts, iam),
        accounts,
        units,
        take_name,
        AwsRoleInspector(services, management, management, "aws", INSPECT_ROLE),
        AwsOperator(services, management),
        lambda region: AwsStackSets(Client(session, "cloudformation", region), preferences),
        close,
        deny,
        AwsOrganizationReader(session, REGION),
        lambda: _discovery(sandbox, accounts["management"]),
    )


def _discovery(sandbox: ServedSandbox, management: AccountId) -> AssumedRole:
    document = json.dumps(trust(f"arn:aws:iam::{management}:root"))
    sandbox.client("iam").create_role(RoleName="Discovery", AssumeRolePolicyDocument=document)
    role = RoleArn("aws", management, "/", "Discovery")
    keys = sandbox.client("sts").assume_role(RoleArn=str(role), RoleSessionName="tests")["Credentials"]
    return AssumedRole(role, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


__all__ = ["ACTIVE", "EXTERNAL_ID", "REGION", "ROLE_NAME", "STACK_SET", "Stage", "aws_stage", "content", "fake_stage"]
