"""Situations in which a command calls what it may: three accounts, in which every call is authorized."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rolecall.core.adoption.importing import StackArn
from rolecall.core.config import Config
from rolecall.core.operator_policy import policy_of
from rolecall.errors import NotFound, RolecallError
from rolecall.flows.adopting import find_roles, read_stack_set
from rolecall.flows.doctor import Reach, can_be_fixed, diagnose, fix
from rolecall.flows.importing import import_stacks, look_at_stacks
from rolecall.sandbox.scenario import Scenario
from rolecall.wiring.assembly import Credentials, open_readers
from tests.pitfalls.conftest import ROLE, STACK_SET, House

INSPECT_ROLE = "OrganizationAccountAccessRole"
BOUNDARY = "arn:aws:iam::aws:policy/AdministratorAccess"
WIDE: dict[str, Any] = {"permission_groups": ["account-check", "s3", "ebs"]}
NARROW: dict[str, Any] = {"permission_groups": ["account-check"]}


def scenario() -> Scenario:
    deep = {"name": "Empty", "units": [{"name": "Deep"}]}
    units = [{"name": "A", "accounts": ["one", {"name": "two", "tags": {"ir": "yes"}}]}, deep]
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:CreateSnapshot", "Resource": "*"}]}
    scps = [{"name": "NoSnapshots", "document": deny, "targets": ["/A"]}]
    return Scenario.model_validate({"organization": {"seed": 3, "units": units}, "scps": scps})


@dataclass(frozen=True)
class Situation:
    """What was done before, by somebody who may do everything, and the config with which the command then runs."""

    command: str
    name: str
    config: Callable[[House], Config]
    before: Callable[[House], Awaitable[None]]
    allowed: bool = False
    """Whether many removals are."""
    drift: bool = False


async def _nothing(house: House) -> None:
    """A new organization."""


def _deployed(**changes: Any) -> Callable[[House], Awaitable[None]]:
    async def deploy(house: House) -> None:
        await house.apply(house.config(**changes))

    return deploy


async def _rolled_back(house: House) -> None:
    """The management account's stack failed, since a policy's name was taken; it no longer is."""
    iam, cloudformation = house.sandbox.client("iam"), house.sandbox.client("cloudformation")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    taken = iam.create_policy(PolicyName="CadoResponseRole-1", PolicyDocument=document)["Policy"]["Arn"]
    await house.apply(house.config(role=WIDE))
    assert cloudformation.describe_stacks(StackName=STACK_SET)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    iam.delete_policy(PolicyArn=taken)


async def _changed(house: House) -> None:
    """A policy has versions once it was changed."""
    await house.apply(house.config(role=WIDE))
    await house.apply(house.config(role=MORE))


async def _five_versions(house: House) -> None:
    """The most that IAM keeps of a policy: another is made in the place of the oldest."""
    await house.apply(house.config(role=WIDE))
    iam = house.sandbox.client("iam")
    policies = iam.list_policies(Scope="Local")["Policies"]
    arn = next(found["Arn"] for found in policies if found["PolicyName"] == "CadoResponseRole-1")
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


async def _changed_by_hand(house: House) -> None:
    await house.apply()
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Hand", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
    }
    iam = house.sandbox.client_of("iam", "one")
    iam.put_role_policy(RoleName=ROLE, PolicyName="account-check", PolicyDocument=json.dumps(document))


UNNAMED: dict[str, Any] = {
    "Resources": {
        "CadoRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"Service": "ec2.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    },
                }
            },
        }
    }
}


async def _made_by_hand(house: House) -> None:
    """A stack set whose roles have names of their own."""
    house.sandbox.client("cloudformation").create_stack_set(
        StackSetName=STACK_SET,
        TemplateBody=json.dumps(UNNAMED),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        Capabilities=["CAPABILITY_IAM"],
    )


async def _unnamed(house: House) -> None:
    await _made_by_hand(house)
    root = house.sandbox.client("organizations").list_roots()["Roots"][0]["Id"]
    where = {"DeploymentTargets": {"OrganizationalUnitIds": [root]}, "Regions": ["us-east-1"]}
    cloudformation = house.sandbox.client("cloudformation")
    started = cloudformation.create_stack_instances(StackSetName=STACK_SET, **where)["OperationId"]

    def over() -> bool:
        told = cloudformation.describe_stack_set_operation(StackSetName=STACK_SET, OperationId=started)
        return bool(told["StackSetOperation"]["Status"] == "SUCCEEDED")

    await asyncio.to_thread(_until, over)


def _until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.02)


async def _plain_stack(house: House) -> None:
    await _made_by_hand(house)
    cloudformation = house.sandbox.client_of("cloudformation", "one")
    cloudformation.create_stack(StackName="Response", TemplateBody=json.dumps(UNNAMED), Capabilities=["CAPABILITY_IAM"])

    def made() -> bool:
        return bool(cloudformation.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")

    await asyncio.to_thread(_until, made)


def _adopting(**changes: Any) -> Callable[[House], Config]:
    def made(house: House) -> Config:
        told = house.sandbox.client("cloudformation").describe_stack_set(StackSetName=STACK_SET)["StackSet"]
        deployment = {**changes.get("deployment", {}), "adopted_stack_set": told["StackSetId"]}
        return house.config(**{**changes, "deployment": deployment})

    return made


async def _another_stack_set(house: House) -> None:
    template = json.dumps({"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
    house.sandbox.client("cloudformation").create_stack_set(StackSetName="another", TemplateBody=template)


async def _no_trusted_access(house: House) -> None:
    house.sandbox.client("cloudformation").deactivate_organizations_access()


async def _left_behind(house: House) -> None:
    """An account slept while everything was taken out, and lives again."""
    await house.apply(house.config())
    _put(house, "SUSPENDED")
    await house.destroy(house.config())
    _put(house, "ACTIVE")
    assert [entry.name for entry in house.ledger.entries] == ["one"]


def _put(house: House, state: str) -> None:
    async def change() -> None:
        house.sandbox.world.organization.set_state(house.account("one"), state)

    asyncio.run_coroutine_threadsafe(change(), house.sandbox.loop).result()


def _of(**changes: Any) -> Callable[[House], Config]:
    return lambda house: house.config(**changes)


OTHER: dict[str, Any] = {
    **WIDE, "description": "Another", "max_session_hours": 1, "external_id": "AnotherExternalId",
    "permissions_boundary": BOUNDARY, "tags": {"team": "ir"},
}  # fmt: skip
TAGGED: dict[str, Any] = {
    "targets": {"account_tags": {"ir": ["yes"]}},
    "deployment": {"auto_deployment": {"enabled": False}},
}
RENAMED: dict[str, Any] = {**WIDE, "name": f"{ROLE}2", "former_name": ROLE}
NAMED = {"stack_set_name": STACK_SET}
MORE: dict[str, Any] = {"permission_groups": ["account-check", "s3", "ebs", "lambda"]}
NOWHERE: dict[str, Any] = {"targets": {"organizational_units": ["/A", "/Empty/Deep"]}}
MEMBERS_ONLY = {"organizational_units": ["/"], "management_account": False}
SITUATIONS = (
    Situation("adopt", "everything there", _of(), _deployed()),
    Situation("adopt", "a name that is not there", _of(), _another_stack_set),
    Situation("adopt", "roles without a name", _of(), _unnamed),
    Situation("adopt --import-stacks", "a plain stack", _adopting(), _plain_stack),
    Situation("adopt --import-stacks", "a unit that nobody is in", _adopting(**NOWHERE), _plain_stack),
    Situation("adopt --import-stacks", "accounts by their tags", _adopting(**TAGGED), _plain_stack),
    Situation("plan", "a role changed by hand", _of(), _changed_by_hand, drift=True),
    Situation("apply", "a role changed by hand", _of(), _changed_by_hand, drift=True),
    Situation("plan", "a new organization", _of(), _nothing),
    Situation("plan", "everything there", _of(), _deployed()),
    Situation("plan", "a stack rolled back", _of(role=WIDE), _rolled_back),
    Situation("plan", "accounts by their tags", _of(**TAGGED), _nothing),
    Situation("plan", "a unit that nobody is in", _of(**NOWHERE), _nothing),
    Situation("status", "everything there", _of(), _deployed()),
    Situation("status", "a stack rolled back", _of(role=WIDE), _rolled_back),
    Situation("status", "accounts by their tags", _of(**TAGGED), _nothing),
    Situation("status", "a unit that nobody is in", _of(**NOWHERE), _nothing),
    Situation("check", "everything there", _of(role=WIDE), _deployed(role=WIDE)),
    Situation("check", "a stack rolled back", _of(role=WIDE), _rolled_back),
    Situation("check", "accounts by their tags", _of(**TAGGED), _deployed(**TAGGED)),
    Situation("check", "a unit that nobody is in", _of(**NOWHERE), _nothing),
    Situation("check", "no trusted access", _of(), _no_trusted_access),
    Situation("apply", "a new organization", _of(role=WIDE), _nothing),
    Situation("apply", "another role", _of(role=OTHER), _deployed(role=NARROW)),
    Situation("apply", "another role back again", _of(role=NARROW), _deployed(role=OTHER)),
    Situation("apply", "a role renamed", _of(role=RENAMED, deployment=NAMED), _deployed(role=WIDE)),
    Situation("apply", "more in a policy", _of(role=MORE), _deployed(role=WIDE)),
    Situation("apply", "a stack rolled back", _of(role=WIDE), _rolled_back),
    Situation("apply", "accounts leave", _of(targets=MEMBERS_ONLY), _deployed(role=WIDE)),
    Situation("apply", "accounts by their tags", _of(**TAGGED), _deployed(deployment=TAGGED["deployment"]), True),
    Situation("apply", "a unit that nobody is in", _of(**NOWHERE), _nothing),
    Situation("apply", "a policy with all its versions", _of(role=MORE), _five_versions),
    Situation("apply", "no trusted access", _of(), _no_trusted_access),
    Situation("plan", "members looked into", _of(deployment={"inspect_role": INSPECT_ROLE}), _nothing),
    Situation("doctor", "a new organization", _of(), _nothing),
    Situation("doctor", "everything there", _of(role=WIDE), _deployed(role=WIDE)),
    Situation("doctor", "a stack rolled back", _of(role=WIDE), _rolled_back),
    Situation("doctor", "accounts by their tags", _of(**TAGGED), _nothing),
    Situation("doctor", "a unit that nobody is in", _of(**NOWHERE), _nothing),
    Situation("doctor", "no trusted access", _of(), _no_trusted_access),
    Situation("destroy", "everything there", _of(role=WIDE), _deployed(role=WIDE)),
    Situation("destroy", "a policy with versions", _of(role=MORE), _changed),
    Situation("destroy", "a unit that nobody is in", _of(**NOWHERE), _nothing),
    Situation("destroy", "a stack rolled back", _of(role=WIDE), _rolled_back),
    Situation("destroy", "a stack left behind", _of(), _left_behind),
    Situation("destroy", "accounts by their tags", _of(**TAGGED), _deployed(**TAGGED)),
)


async def outcome(house: House, situation: Situation, without: str = "") -> str:
    """What the command says with its policy, less an action: the same text for the same outcome."""
    await situation.before(house)
    wanted = situation.config(house)
    boundary = situation.name.startswith("another role")
    _operator(house, policy_of(_bound(wanted) if boundary else wanted, situation.command), without)
    try:
        return await _run(house, situation, wanted)
    except RolecallError as error:
        return f"refused: {error.summary}: {error.detail}"


def _bound(wanted: Config) -> Config:
    """A config that has, or had, a boundary."""
    return wanted.model_copy(update={"role": wanted.role.model_copy(update={"permissions_boundary": BOUNDARY})})


async def _run(house: House, situation: Situation, wanted: Config) -> str:
    command = situation.command
    if command in ("plan", "status"):
        seen = await house.plan(wanted, profile="operator", drift=situation.drift)
        return f"{seen.plan.changes} {seen.rows()} {seen.observed.trusted_access} {seen.findings}"
    if command == "adopt":
        return await _adopted(house, wanted)
    if command == "adopt --import-stacks":
        return await _imported(house, wanted)
    if command == "doctor":
        return await _diagnosed(house, wanted)
    if command == "check":
        rows = await house.check(wanted, profile="operator")
        told = [(name, row.verdict, row.reason) for name, row in sorted(rows.items())]
        return f"{told} {await _findings(house, wanted)}"
    if command == "destroy":
        destroyed = await house.destroy(wanted, profile="operator")
        return f"{destroyed.failures} {destroyed.left} {len(destroyed.ledger)} {_there(house)}"
    found = await _findings(house, wanted)
    allowed = 99 if situation.allowed else None
    applied = await house.apply(
        wanted, profile="operator", allow_removals=allowed, retry_blocked=True, drift=situation.drift
    )
    return f"{found} {applied.failures} {applied.seen.plan.changes} {_proofs(applied.proofs)} {_there(house)}"


async def _adopted(house: House, wanted: Config) -> str:
    stack_sets, organizations, _ = open_readers(Credentials("operator"), delegated=False)
    try:
        found = await read_stack_set(stack_sets, organizations, wanted.stack_set_name)
    except NotFound as error:
        return f"{error.summary}: {error.hint}"
    if found.name:
        return str(found)
    async with house.ports(wanted, "operator") as ports:
        roles = await find_roles(found, ports, "us-east-1")
    assert roles.roles or roles.untold
    return f"{found.name} {found.remarks} {sorted(roles.roles)} {roles.untold}"


async def _imported(house: House, wanted: Config) -> str:
    stacks = house.sandbox.client_of("cloudformation", "one").describe_stacks()["Stacks"]
    arns = [StackArn.parse(stack["StackId"]) for stack in stacks]
    async with house.ports(wanted, "operator") as ports:
        found = await look_at_stacks(wanted, ports, arns)
        return f"{len(found.stacks.coming)} {[one.reason for one in await import_stacks(found, ports)]}"


async def _findings(house: House, wanted: Config) -> str:
    """What preflight tells: the look of every command is that of plan."""
    return str((await house.plan(wanted, profile="operator")).findings)


async def _diagnosed(house: House, wanted: Config) -> str:
    """With what can be fixed fixed. Which rights are missing is left out: that they are is what is to be shown."""
    async with house.ports(wanted, "operator") as ports:
        reach = Reach(ports, ports.probe, {})
        lines = await diagnose(wanted, reach)
        if can_be_fixed(lines):
            await fix(ports)
            lines = await diagnose(wanted, reach)
    return str([line for line in lines if not line.check.startswith("permissions of")])


def _proofs(proofs: Any) -> list[tuple[str, str, str]]:
    return sorted((account, str(proof.access), proof.reason) for account, proof in proofs.items())


def _there(house: House) -> list[Any]:
    """The role in every account, and what stands beside it of policies."""
    found: list[Any] = []
    for account in ("management", "one", "two"):
        iam = house.sandbox.client("iam") if account == "management" else house.sandbox.client_of("iam", account)
        policies = iam.list_policies(Scope="Local")["Policies"]
        found.append((account, house.has_role(account), sorted(entry["PolicyName"] for entry in policies)))
    return found


def _operator(house: House, document: dict[str, Any], without: str) -> None:
    """The profile `operator`: a user of the management account with that policy, less an action."""
    statements = [
        {**found, "Action": [action for action in found["Action"] if action != without]}
        for found in document["Statement"]
    ]
    document = {**document, "Statement": [found for found in statements if found["Action"]]}
    iam = house.sandbox.client("iam")
    iam.create_user(UserName="operator")
    arn = iam.create_policy(PolicyName="operator", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="operator", PolicyArn=arn)
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    directory = house.sandbox.running.directory
    with (directory / "credentials").open("a") as file:
        file.write(f"\n[operator]\naws_access_key_id = {key['AccessKeyId']}\n")
        file.write(f"aws_secret_access_key = {key['SecretAccessKey']}\n")
    with (directory / "config").open("a") as file:
        file.write("\n[profile operator]\nregion = us-east-1\n")
