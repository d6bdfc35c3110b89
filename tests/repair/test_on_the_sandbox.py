"""What people and policies do to a deployment, and how rolecall brings it back: planned, mended, proven by the roll."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from rolecall.core.config import Config
from rolecall.core.plan import Action, Change
from rolecall.core.verdicts import Deployment
from rolecall.flows.apply import Applied
from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import ROLE, STACK_SET, House, StartHouse, sandbox_loop, start_house, start_sandbox
from tests.sandbox.served import allow, trust

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]


def scenario(*accounts: str, **more: Any) -> Scenario:
    units = [{"name": "A", "accounts": list(accounts or ("one", "two"))}]
    return Scenario.model_validate({"organization": {"seed": 3, "units": units}, **more})


@pytest.fixture
async def house(start_house: StartHouse) -> House:
    """Deployed in two accounts and the management account."""
    house = start_house(scenario())
    assert (await house.apply()).well
    return house


def iam(house: House, account: str = "one") -> Any:
    return house.sandbox.client_of("iam", account)


def role(house: House, account: str = "one") -> dict[str, Any]:
    found: dict[str, Any] = iam(house, account).get_role(RoleName=ROLE)["Role"]
    return found


def policy_arn(house: House, account: str) -> str:
    return f"arn:aws:iam::{house.account(account)}:policy/{ROLE}-1"


def change_trust(house: House, account: str = "one") -> None:
    document = json.dumps(trust(f"arn:aws:iam::{house.account('management')}:root"))
    iam(house, account).update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)


def change_policy(house: House, account: str) -> None:
    document = json.dumps(allow("ec2:DescribeInstances"))
    arn = policy_arn(house, account)
    iam(house, account).create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)


def delete_inline(house: House, account: str) -> None:
    iam(house, account).delete_role_policy(RoleName=ROLE, PolicyName="account-check")


def change_session(house: House, account: str) -> None:
    iam(house, account).update_role(RoleName=ROLE, MaxSessionDuration=3600)


def detach(house: House, account: str) -> None:
    iam(house, account).detach_role_policy(RoleName=ROLE, PolicyArn=policy_arn(house, account))


def delete_role(house: House, account: str) -> None:
    detach(house, account)
    delete_inline(house, account)
    iam(house, account).delete_role(RoleName=ROLE)


def changes(found: Applied) -> list[tuple[Action, str]]:
    return [(change.action, str(change.account)) for change in found.plan.changes]


BY_HAND: dict[Callable[[House, str], None], tuple[Action, str]] = {
    change_trust: (Action.REWRITE_INSTANCE, "trust"),
    change_policy: (Action.REWRITE_INSTANCE, "Policy1: permissions"),
    delete_inline: (Action.REWRITE_INSTANCE, "inline policies"),
    change_session: (Action.RECREATE_INSTANCE, "session length"),
    detach: (Action.RECREATE_INSTANCE, "attached policies"),
    delete_role: (Action.RECREATE_INSTANCE, "the role was deleted"),
}


async def test_what_was_changed_by_hand_is_told_and_mended_in_each_account_by_its_kind(start_house: StartHouse) -> None:
    names = {change: change.__name__.replace("_", "-") for change in BY_HAND}
    house = start_house(scenario(*names.values()))
    assert (await house.apply()).well
    before = {name: role(house, name)["RoleId"] for name in names.values()}
    for change, name in names.items():
        change(house, name)
    assert (await house.plan()).plan.changes == (), "the deployment itself does not show it"
    done = await house.apply(drift=True)
    planned = {change.account: change for change in done.plan.changes}
    assert len(planned) == len(done.plan.changes) == len(BY_HAND)
    for change, (action, words) in BY_HAND.items():
        found = planned[house.account(names[change])]
        assert (found.action, words in found.detail) == (action, True), found
    assert (done.failures, done.well) == ((), True)
    assert (await house.plan(drift=True)).plan.changes == ()
    assert {row.verdict for row in (await house.check()).values()} == {"ready"}
    same = {name for name in names.values() if role(house, name)["RoleId"] == before[name]}
    assert same == {"change-trust", "change-policy", "delete-inline"}, "rewritten without a gap"


async def test_a_rewritten_account_takes_part_in_later_updates_and_is_rewritten_again(house: House) -> None:
    """Its revision is an override, which stays with the instance."""
    change_trust(house)
    assert (await house.apply(drift=True)).well
    wanted = house.config(role={"max_session_hours": 1})
    assert (await house.apply(wanted)).well
    assert {role(house, account)["MaxSessionDuration"] for account in ("one", "two")} == {3600}
    change_trust(house)
    assert (await house.apply(wanted, drift=True)).well
    assert {row.verdict for row in (await house.check(wanted)).values()} == {"ready"}
    assert (await house.plan(wanted, drift=True)).plan.changes == ()


async def test_a_policy_that_somebody_attached_is_told_and_neither_role_nor_stack_is_touched(house: House) -> None:
    """A deletion would fail half way, and leave the instance INOPERABLE."""
    iam(house).attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
    done = await house.apply(drift=True)
    assert changes(done) == [(Action.BLOCKED, str(house.account("one")))]
    assert "arn:aws:iam::aws:policy/SecurityAudit was added" in done.plan.changes[0].detail
    assert house.ours.statuses()["one"] == ("CURRENT", "SUCCEEDED")


async def given_up(house: House, account: str = "one") -> str:
    """An instance whose deletion failed, since its stack is protected. The stack's id."""
    member = house.sandbox.client_of("cloudformation", account)
    (stack,) = member.describe_stacks()["Stacks"]
    member.update_termination_protection(StackName=stack["StackName"], EnableTerminationProtection=True)
    house.ours.run("delete_stack_instances", house.ours.unit("A"), RetainStacks=False)
    assert house.ours.statuses()[account] == ("INOPERABLE", "INOPERABLE")
    stack_id: str = stack["StackId"]
    return stack_id


async def test_an_inoperable_instance_comes_back_with_its_stack_and_todays_content(
    start_house: StartHouse,
) -> None:
    house = start_house(scenario("one"))
    await house.apply()
    stack = await given_up(house)
    before = role(house)
    assert (await house.check())["one"].deployment is Deployment.INOPERABLE
    wanted = house.config(role={"max_session_hours": 1})
    done = await house.apply(wanted)
    one = str(house.account("one"))
    assert (Action.REPAIR_INSTANCE, one) in changes(done)
    assert done.failures == ()
    assert (done.well, done.seen.plan.changes) == (True, ())
    instance = house.ours.instances()[one]
    assert (instance["Status"], instance["StackId"]) == ("CURRENT", stack)
    assert (role(house)["RoleId"], role(house)["MaxSessionDuration"]) == (before["RoleId"], 3600)
    assert (await house.plan(wanted, drift=True)).plan.changes == ()


async def test_an_instance_that_somebody_let_go_of_comes_back(house: House) -> None:
    """With RetainStacks, in the console: CloudFormation says which stack is in the way of a new one."""
    stack = house.ours.instances()[house.account("one")]["StackId"]
    one = {"Accounts": [house.account("one")], "AccountFilterType": "INTERSECTION"}
    house.ours.run("delete_stack_instances", house.ours.unit("A"), RetainStacks=True, targets=one)
    done = await house.apply()
    assert done.failures == ()
    assert (done.well, done.seen.plan.changes) == (True, ())
    assert house.ours.instances()[house.account("one")]["StackId"] == stack


async def test_a_stack_that_was_deleted_in_the_account_is_made_anew(house: House) -> None:
    """By somebody there: the next update does not find it."""
    member = house.sandbox.client_of("cloudformation", "one")
    (stack,) = member.describe_stacks()["Stacks"]
    member.delete_stack(StackName=stack["StackName"])
    member.get_waiter("stack_delete_complete").wait(StackName=stack["StackId"], WaiterConfig={"Delay": 0})
    wanted = house.config(role={"max_session_hours": 1})
    first = await house.apply(wanted)
    assert [failure.cause for failure in first.failures] == ["stack-gone"]
    second = await house.apply(wanted)
    assert changes(second) == [(Action.REPAIR_INSTANCE, str(house.account("one")))]
    assert second.well
    assert house.has_role("one")


DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "iam:CreateRole", "Resource": f"arn:aws:iam::*:role/{ROLE}"}],
}


async def test_what_a_policy_of_the_organization_denies_is_blocked_with_the_action(start_house: StartHouse) -> None:
    house = start_house(scenario(scps=[{"name": "NoRoles", "document": DENY, "targets": ["/A"]}]), enforce="all")
    first = await house.apply(retry_blocked=True)  # preflight foretells it, and would not try
    assert {failure.cause for failure in first.failures} == {"control-policy"}
    (said, *_) = [line for line in house.progress.lines if "failed in" in line]
    assert "an organization's policy denies iam:CreateRole" in said
    blocked: list[Change] = list((await house.plan()).plan.blocked)
    assert {change.account for change in blocked} == {house.account("one"), house.account("two")}
    assert all("--retry-blocked" in change.detail for change in blocked)


async def test_a_trust_that_named_a_role_which_was_made_anew_is_found_and_rewritten(start_house: StartHouse) -> None:
    """IAM keeps a role's ARN as its id, which names nobody once the role was deleted; ours names the account."""
    house = start_house(scenario())
    platform = f"arn:aws:iam::{house.account('management')}:role/Forensics"
    make_platform(house)
    wanted = house.config(
        role={"trusted_principals": [platform]},
        targets={"management_account": False},
        check={"assume_from": {"role_arn": platform}},
    )
    assert (await house.apply(wanted)).well
    name_the_role_itself(house, platform)
    assert await verdicts(house, wanted) == {"ready"}
    make_platform_anew(house)
    assert await verdicts(house, wanted) == {"unreachable"}
    found = (await house.plan(wanted, drift=True)).plan
    rewritten = found.of(Action.REWRITE_INSTANCE)
    assert {change.account for change in rewritten} == {house.account("one"), house.account("two")}
    assert all("trust: principal of statement 1" in change.detail for change in rewritten)
    done = await house.apply(wanted, drift=True)
    assert done.failures == ()
    assert await verdicts(house, wanted) == {"ready"}
    make_platform_anew(house)
    assert await verdicts(house, wanted) == {"ready"}, "and now it survives"


async def verdicts(house: House, wanted: Config) -> set[str]:
    rows = await house.check(wanted)
    return {str(rows[name].verdict) for name in ("one", "two")}


def make_platform(house: House) -> None:
    document = json.dumps(trust(f"arn:aws:iam::{house.account('management')}:root"))
    iam = house.sandbox.client("iam")
    iam.create_role(RoleName="Forensics", AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName="Forensics", PolicyName="assume", PolicyDocument=json.dumps(allow("sts:AssumeRole")))


def make_platform_anew(house: House) -> None:
    iam = house.sandbox.client("iam")
    iam.delete_role_policy(RoleName="Forensics", PolicyName="assume")
    iam.delete_role(RoleName="Forensics")
    make_platform(house)


def name_the_role_itself(house: House, platform: str) -> None:
    """As templates do that were not made by rolecall."""
    described = house.ours.cloudformation.describe_stack_set(StackSetName=STACK_SET)["StackSet"]
    document = yaml.safe_load(described["TemplateBody"])
    (statement,) = document["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    statement["Principal"] = {"AWS": platform}
    del statement["Condition"]["ArnEquals"]
    body = yaml.safe_dump(document)
    assert house.ours.update(TemplateBody=body, Parameters=described["Parameters"])["Status"] == "SUCCEEDED"
