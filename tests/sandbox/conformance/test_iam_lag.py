"""IAM's eventual consistency where roles are written more than once, and what they may do."""

from __future__ import annotations

import json

import pytest

from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.scenario import load_scenario
from rolecall.sandbox.world import Enforcement

from ..conftest import StartSandbox
from ..served import ServedSandbox, allow, trust
from .cloud import refused


def lagging(start: StartSandbox, enforce: Enforcement = "simulate") -> ServedSandbox:
    rules = (FaultRule.model_validate({"kind": "iam-lag", "seconds": 600}),)
    return start(load_scenario("clean").model_copy(update={"faults": rules}), enforce=enforce)


@pytest.mark.behaviour(38)
def test_a_role_that_is_written_again_and_again_is_seen_as_it_was_a_while_ago(start_sandbox: StartSandbox) -> None:
    sandbox = lagging(start_sandbox)
    iam, management = sandbox.client("iam"), f"arn:aws:iam::{sandbox.world.management_account()}:root"
    assume = sandbox.client("sts").assume_role
    iam.create_role(RoleName="Busy", AssumeRolePolicyDocument=json.dumps(trust(management)))
    arn = f"{management.removesuffix('root')}role/Busy"
    for number in range(3):
        sandbox.advance(seconds=400)
        iam.tag_role(RoleName="Busy", Tags=[{"Key": "turn", "Value": str(number)}])
    assert iam.get_role(RoleName="Busy")["Role"]["RoleName"] == "Busy"
    assert assume(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    iam.update_assume_role_policy(
        RoleName="Busy",
        PolicyDocument=json.dumps(trust(management, StringEquals={"aws:PrincipalTag/x": "y"})),
    )
    sandbox.advance(seconds=400)
    iam.update_assume_role_policy(RoleName="Busy", PolicyDocument=json.dumps(trust(management)))
    assert assume(RoleArn=arn, RoleSessionName="tests")["Credentials"]  # as it was before either
    sandbox.advance(seconds=201)
    assert refused(assume, RoleArn=arn, RoleSessionName="tests")[0] == "AccessDenied"  # the first is seen
    sandbox.advance(seconds=400)
    assert assume(RoleArn=arn, RoleSessionName="tests")["Credentials"]


@pytest.mark.behaviour(38)
@pytest.mark.parametrize("attached", [False, True], ids=["inline", "managed"])
def test_what_a_role_may_do_lags_too(start_sandbox: StartSandbox, attached: bool) -> None:
    sandbox = lagging(start_sandbox, enforce="all")
    iam, policy = sandbox.client("iam"), json.dumps(allow("iam:ListUsers"))
    document = json.dumps(trust(f"arn:aws:iam::{sandbox.world.management_account()}:root"))
    arn = iam.create_role(RoleName="New", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    sandbox.advance(seconds=601)
    session = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    worker = sandbox.client_as("iam", session)
    if attached:
        managed = iam.create_policy(PolicyName="P", PolicyDocument=policy)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="New", PolicyArn=managed)
    else:
        iam.put_role_policy(RoleName="New", PolicyName="P", PolicyDocument=policy)
    assert refused(worker.list_users)[0] == "AccessDenied"
    sandbox.advance(seconds=601)
    assert worker.list_users()["Users"]
    if attached:
        iam.detach_role_policy(RoleName="New", PolicyArn=managed)
    else:
        iam.delete_role_policy(RoleName="New", PolicyName="P")
    assert worker.list_users()["Users"]
    sandbox.advance(seconds=601)
    assert refused(worker.list_users)[0] == "AccessDenied"
