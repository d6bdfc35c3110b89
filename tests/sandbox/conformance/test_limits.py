"""Rates, and IAM's eventual consistency: both off unless asked for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.limits.quotas import Quotas
from rolecall.sandbox.limits.stack_sets import StackSetLimits
from rolecall.sandbox.scenario import SwitchesSpec, load_scenario
from rolecall.sandbox.wire import Call, Caller, PrincipalId, WireError

from ..conftest import StartSandbox
from ..served import ServedSandbox, allow, trust
from .cloud import NEARLY_AT_REST, Deployment, refused, template


def with_switches(start: StartSandbox, **switches: object) -> ServedSandbox:
    return start(load_scenario("clean").model_copy(update={"switches": SwitchesSpec.model_validate(switches)}))


def lagging(start: StartSandbox, **rule: object) -> ServedSandbox:
    """With IAM that takes ten minutes to be of one mind; `rule` says where."""
    rules = (FaultRule.model_validate({"kind": "iam-lag", "seconds": 600, **rule}),)
    return start(load_scenario("clean").model_copy(update={"faults": rules}))


@pytest.mark.behaviour(56)
def test_stack_sets_calls_are_throttled_beyond_two_a_second(start_sandbox: StartSandbox) -> None:
    sandbox = with_switches(start_sandbox, quotas="aws")
    sandbox.hold_rates()
    cloudformation = sandbox.client("cloudformation")
    outcomes = []
    for _ in range(6):
        try:
            cloudformation.list_stack_sets()
            outcomes.append("")
        except cloudformation.exceptions.ClientError as error:
            outcomes.append(f"{error.response['Error']['Code']} {error.response['Error']['Message']}")
    assert outcomes == ["", "", *["Throttling Rate exceeded"] * 4]
    assert cloudformation.describe_organizations_access()["Status"] == "ENABLED"  # another operation's bucket


@pytest.mark.behaviour(56)
def test_organizations_has_words_of_its_own_and_accounts_their_own_buckets(start_sandbox: StartSandbox) -> None:
    sandbox = with_switches(start_sandbox, quotas="aws")
    sandbox.hold_rates()
    for organizations in (sandbox.client("organizations"), sandbox.client_of("organizations", "audit")):
        features = [organizations.describe_organization()["Organization"]["FeatureSet"] for _ in range(2)]
        assert features == ["ALL", "ALL"]
        assert refused(organizations.describe_organization)[0] == "TooManyRequestsException"


@pytest.mark.behaviour(56)
def test_what_the_organization_has_left_is_anybodys(sandbox: ServedSandbox) -> None:
    now = 0.0
    quotas = Quotas(sandbox.world, lambda: now)

    def lists(account: str) -> bool:
        number = sandbox.account_id(account)
        caller = Caller(number, f"arn:aws:iam::{number}:root", f"arn:aws:iam::{number}:root", PrincipalId(number))
        try:
            quotas.check(Call("organizations", "ListRoots", {}, caller, "us-east-1"))
        except WireError as error:
            return error.code != "TooManyRequestsException"
        return True

    # Two at once an account, three the organization, then one a second: a refusal costs nobody anything.
    assert [lists("audit"), lists("audit"), lists("audit"), lists("log-archive")] == [True, True, False, True]
    assert not any(lists("log-archive") for _ in range(9))
    now = 1.0
    assert [lists("log-archive"), lists("audit")] == [True, False]


@pytest.mark.behaviour(56)
def test_nothing_is_throttled_by_default(sandbox: ServedSandbox) -> None:
    cloudformation = sandbox.client("cloudformation")
    assert all("Summaries" in cloudformation.list_stack_sets() for _ in range(30))


@pytest.mark.behaviour(38)
def test_a_new_role_is_seen_only_after_a_while(start_sandbox: StartSandbox) -> None:
    sandbox = lagging(start_sandbox)
    management = sandbox.world.management_account()
    document = json.dumps(trust(f"arn:aws:iam::{management}:root"))
    arn = sandbox.client("iam").create_role(RoleName="New", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    assume = sandbox.client("sts").assume_role
    assert refused(assume, RoleArn=arn, RoleSessionName="tests")[0] == "AccessDenied"
    sandbox.advance(seconds=601)
    assert assume(RoleArn=arn, RoleSessionName="tests")["Credentials"]


@pytest.mark.behaviour(38)
def test_a_new_role_is_not_found_by_reads_either(start_sandbox: StartSandbox) -> None:
    sandbox = lagging(start_sandbox)
    iam = sandbox.client("iam")
    document = json.dumps(trust(f"arn:aws:iam::{sandbox.world.management_account()}:root"))
    iam.create_role(RoleName="New", AssumeRolePolicyDocument=document)
    missing = ("NoSuchEntity", "The role with name New cannot be found.")
    assert refused(iam.get_role, RoleName="New") == missing
    assert refused(iam.list_attached_role_policies, RoleName="New") == missing
    iam.put_role_policy(RoleName="New", PolicyName="P", PolicyDocument=json.dumps(allow("s3:*")))
    sandbox.advance(seconds=601)
    assert iam.list_role_policies(RoleName="New")["PolicyNames"] == ["P"]


@pytest.mark.behaviour(38)
def test_lag_may_be_of_one_account_and_of_what_stacks_write(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(lagging(start_sandbox, account="audit", action="CreateRole"))
    deployment.create()
    assert deployment.deploy()["Status"] == "SUCCEEDED"
    assert refused(deployment.iam("audit").get_role, RoleName="ResponseRole")[0] == "NoSuchEntity"
    assert deployment.iam("log-archive").get_role(RoleName="ResponseRole")["Role"]


@pytest.mark.behaviour(38)
def test_a_trust_that_was_taken_away_holds_for_a_while(start_sandbox: StartSandbox) -> None:
    sandbox = lagging(start_sandbox)
    management = sandbox.world.management_account()
    iam, assume = sandbox.client("iam"), sandbox.client("sts").assume_role
    document = json.dumps(trust(f"arn:aws:iam::{management}:root"))
    arn = iam.create_role(RoleName="Old", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="Old", PolicyName="P", PolicyDocument=json.dumps(allow("s3:*")))
    sandbox.advance(seconds=601)
    iam.update_assume_role_policy(RoleName="Old", PolicyDocument=json.dumps(trust("arn:aws:iam::999999999999:root")))
    assert assume(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    sandbox.advance(seconds=601)
    assert refused(assume, RoleArn=arn, RoleSessionName="tests")[0] == "AccessDenied"


@pytest.mark.behaviour(65)
def test_stack_sets_instances_and_work_in_flight_are_limited(start_sandbox: StartSandbox) -> None:
    limits = StackSetLimits(stack_sets=2, instances=4, in_flight=4)
    sandbox = start_sandbox(
        load_scenario("clean").model_copy(update={"stack_set_limits": limits}), speed=NEARLY_AT_REST
    )
    first, second = Deployment.of(sandbox), replace(Deployment.of(sandbox), name="second")
    first.create()
    second.create(template(role="OtherRole"))
    third = replace(first, name="third")
    assert refused(third.create) == ("LimitExceededException", "The limit of 2 stack sets has been reached")
    assert refused(first.begin, action="create_stack_instances")[0] == "LimitExceededException"
    small, large = first.unit("Security"), first.unit("Prod")
    operation_id = first.begin("create_stack_instances", small)
    code, message = refused(lambda: second.begin("create_stack_instances", large))
    assert (code, message) == (
        "LimitExceededException",
        "The limit of 4 stack instance operations in flight has been reached",
    )
    sandbox.world.clock.speed = 0
    sandbox.advance(hours=1)
    assert first.ended(operation_id)["Status"] == "SUCCEEDED"
    assert second.deploy(large)["Status"] == "SUCCEEDED"
    assert refused(lambda: first.begin("create_stack_instances", large)) == (
        "LimitExceededException",
        "The limit of 4 stack instances in a stack set has been reached",
    )
