"""Roles without a name are found out, kept, and renamed without a gap; plain stacks are imported."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rolecall.core.adoption import Adopted, adopted
from rolecall.core.adoption.importing import StackArn
from rolecall.core.config import Config
from rolecall.core.existing_roles import Roles
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import AutoDeployment, DeploymentTargets, InstanceStatus, ResourceDrift, StackContent
from rolecall.core.plan import Action
from rolecall.errors import UsageError
from rolecall.flows.adopting import find_roles
from rolecall.flows.importing import import_stacks, look_at_stacks
from tests.fakes.cloud import EXTERNAL_ID, STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT, ROOT

from .acting import account, applied, by_name, verdicts

MEMBERS = ("audit", "billing", "payments", "dev")
TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:role/CadoResponsePlatform"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalID"}}},
}
TEMPLATE = {
    "Parameters": {"ExternalID": {"Type": "String"}},
    "Resources": {
        "CadoRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [TRUST]}}}
    },
}


async def by_hand(cloud: FakeCloud) -> Adopted:
    """A stack set in every account, whose roles have names of their own; the platform has their ARNs."""
    sets = cloud.stack_sets
    content = StackContent(json.dumps(TEMPLATE), {"ExternalID": EXTERNAL_ID}, {})
    await sets.create(STACK_SET, content, AutoDeployment(True))
    started = await sets.create_instances(
        STACK_SET, targets=DeploymentTargets((ROOT,)), region="us-east-1", operation_id="by-hand"
    )
    for _ in range(sets.polls):
        await sets.operation(STACK_SET, started)
    for name in MEMBERS:
        role = own(cloud, name)
        drift = ResourceDrift("CadoRole", role.name, "AWS::IAM::Role", "IN_SYNC")
        sets.changed_by_hand[role.account] = (ResourceDrift("Other", "x", "AWS::IAM::Role", "IN_SYNC"), drift)
        cloud.platform.registered[f"{name} ({role.account})"] = role
    stack_set = await sets.describe(STACK_SET)
    assert stack_set is not None
    return adopted(stack_set, ROOT)


def own(cloud: FakeCloud, name: str) -> RoleArn:
    return RoleArn("aws", account(cloud, name), "/", f"StackSet-Older-{name}-CadoRole")


def wanted(found: Adopted, roles: Roles, *, keep: bool) -> Config:
    section = {"existing_roles": "rolecall-roles.csv", "keep_existing": keep, "permission_groups": ["account-check"]}
    deployment = {"adopted_stack_set": found.stack_set.id}
    targets = {"management_account": False}
    return config(role=section, deployment=deployment, targets=targets).with_existing_roles(roles)


async def test_what_each_role_is_called_is_found_without_credentials_there(cloud: FakeCloud) -> None:
    found = await find_roles(await by_hand(cloud), cloud.ports(), "us-east-1")
    assert found.roles == {account(cloud, name): own(cloud, name) for name in MEMBERS}
    assert "2 seconds of two answers" in " ".join(cloud.progress.lines)


async def test_a_role_that_cannot_be_found_is_told_with_the_reason(cloud: FakeCloud) -> None:
    by = await by_hand(cloud)
    gone, broken = account(cloud, "audit"), account(cloud, "dev")
    (_, drift) = cloud.stack_sets.changed_by_hand[gone]
    cloud.stack_sets.changed_by_hand[gone] = (replace(drift, status="DELETED"),)
    instances = cloud.stack_sets.sets[STACK_SET].instances
    instances[broken] = replace(instances[broken], status=InstanceStatus.INOPERABLE, reason="it broke")
    found = await find_roles(by, cloud.ports(), "us-east-1")
    assert sorted(found.roles) == sorted(account(cloud, name) for name in ("billing", "payments"))
    assert "was deleted there" in found.untold[gone]
    assert found.untold[broken] == "it broke"


async def test_a_stack_set_without_instances_has_no_roles(cloud: FakeCloud) -> None:
    by = await by_hand(cloud)
    cloud.stack_sets.sets[STACK_SET].instances.clear()
    found = await find_roles(by, cloud.ports(), "us-east-1")
    assert (found.roles, found.untold) == ({}, {})
    assert "DetectStackSetDrift" not in cloud.stack_sets.log


async def test_roles_that_are_kept_answer_and_stay_registered(cloud: FakeCloud) -> None:
    by = await by_hand(cloud)
    roles = (await find_roles(by, cloud.ports(), "us-east-1")).roles
    before = dict(cloud.platform.registered)
    done = await applied(cloud, wanted(by, roles, keep=True))
    assert {change.action for change in done.plan.pending} == {Action.UPDATE_STACK_SET}
    assert {name: verdict for name, verdict in verdicts(done).items() if name in MEMBERS} == dict.fromkeys(
        MEMBERS, "ready"
    )
    assert cloud.platform.registered == before
    content = cloud.stack_sets.sets[STACK_SET].stack_set.content
    assert (content.template, content.tags) == (by.stack_set.content.template, {"managed-by": "rolecall"})
    assert not (await applied(cloud, wanted(by, roles, keep=True))).plan.changes


async def test_a_new_account_is_told_until_its_role_is_known(cloud: FakeCloud) -> None:
    by = await by_hand(cloud)
    roles = dict((await find_roles(by, cloud.ports(), "us-east-1")).roles)
    del roles[account(cloud, "dev")]
    del cloud.platform.registered[f"dev ({account(cloud, 'dev')})"]
    done = await applied(cloud, wanted(by, roles, keep=True))
    row = by_name(done.seen.rows(done.proofs))["dev"]
    assert "`rolecall adopt rolecall-CadoResponseRole --roles` finds out" in row.reason
    assert row.verdict == "unknown"
    assert account(cloud, "dev") not in {asked for asked, _ in cloud.probe.assumed}
    assert f"dev ({account(cloud, 'dev')})" not in cloud.platform.registered


async def test_renamed_roles_come_beside_and_registrations_follow_once_they_answer(cloud: FakeCloud) -> None:
    by = await by_hand(cloud)
    roles = (await find_roles(by, cloud.ports(), "us-east-1")).roles
    await applied(cloud, wanted(by, roles, keep=True))
    late = account(cloud, "billing")
    cloud.probe.born[late] = cloud.clock.monotonic() + 10_000
    done = await applied(cloud, wanted(by, roles, keep=False))
    registered = {role.account: role.name for role in cloud.platform.registered.values()}
    assert registered[late] == own(cloud, "billing").name, "it keeps the former one until the new one answers"
    assert {registered[account(cloud, name)] for name in ("audit", "payments", "dev")} == {"CadoResponseRole"}
    assert [failure.account for failure in done.failures] == [late]
    assert "CadoRole" in cloud.stack_sets.sets[STACK_SET].stack_set.content.template
    cloud.probe.born.clear()
    again = await applied(cloud, wanted(by, roles, keep=False))
    assert [change.action for change in again.plan.pending] == [Action.REPLACE_REGISTRATION]
    assert not again.failures
    plain = config(
        role={"permission_groups": ["account-check"]},
        deployment={"adopted_stack_set": by.stack_set.id},
        targets={"management_account": False},
    )
    last = await applied(cloud, plain)
    assert [change.action for change in last.plan.pending] == [Action.UPDATE_STACK_SET]
    assert "CadoRole" not in cloud.stack_sets.sets[STACK_SET].stack_set.content.template


def stack(where: AccountId) -> StackArn:
    return StackArn.parse(f"arn:aws:cloudformation:us-east-1:{where}:stack/Response/0b5f")


async def importing(cloud: FakeCloud, *names: str) -> tuple[StackArn, ...]:
    """Plain stacks in these accounts, and none in the stack set."""
    await by_hand(cloud)
    cloud.stack_sets.sets[STACK_SET].instances.clear()
    stacks = tuple(stack(account(cloud, name)) for name in names)
    cloud.stack_sets.importable.update({found.text: found.account for found in stacks})
    return stacks


def theirs(cloud: FakeCloud) -> Config:
    return config(deployment={"adopted_stack_set": cloud.stack_sets.sets[STACK_SET].stack_set.id})


async def test_plain_stacks_become_instances(cloud: FakeCloud) -> None:
    stacks = await importing(cloud, "audit", "dev")
    found = await look_at_stacks(theirs(cloud), cloud.ports(), stacks)
    assert await import_stacks(found, cloud.ports()) == ()
    instances = cloud.stack_sets.sets[STACK_SET].instances
    assert {instances[one.account].stack_id for one in stacks} == {one.text for one in stacks}
    again = await look_at_stacks(theirs(cloud), cloud.ports(), stacks)
    assert (again.stacks.coming, len(again.stacks.there)) == ((), 2)


async def test_each_that_does_not_come_in_is_told_and_the_others_do(cloud: FakeCloud) -> None:
    stacks = await importing(cloud, "audit", "billing", "dev")
    cloud.stack_sets.unimportable[stacks[0].text] = "its template does not match"
    del cloud.stack_sets.importable[stacks[1].text]
    mine = stack(MANAGEMENT)
    found = await look_at_stacks(theirs(cloud), cloud.ports(), (*stacks, mine))
    failures = await import_stacks(found, cloud.ports())
    told = {failure.account: failure.reason for failure in failures}
    assert set(told) == {MANAGEMENT, stacks[0].account, stacks[1].account}
    assert "does not match" in told[stacks[0].account]
    assert "AWS knows no such stack" in told[stacks[1].account]
    assert cloud.stack_sets.sets[STACK_SET].instances[stacks[2].account].status is InstanceStatus.CURRENT


async def test_ten_at_a_time(cloud: FakeCloud) -> None:
    names = [f"more-{number}" for number in range(21)]
    for name in names:
        cloud.organizations.account(name)
    stacks = await importing(cloud, *names)
    found = await look_at_stacks(theirs(cloud), cloud.ports(), stacks)
    assert await import_stacks(found, cloud.ports()) == ()
    assert cloud.stack_sets.log.count("CreateStackInstances") == 1 + 3


async def test_nothing_comes_into_a_stack_set_that_is_not_ours(cloud: FakeCloud) -> None:
    stacks = await importing(cloud, "audit")
    with pytest.raises(UsageError, match="was not made by rolecall"):
        await look_at_stacks(config(), cloud.ports(), stacks)
