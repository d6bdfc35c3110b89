"""How operations go: pitfalls of StackSets' own machinery. Each naive way fails here where rolecall does not."""

from __future__ import annotations

import asyncio
import json

from rolecall.core.observed import StackContent
from rolecall.core.plan import Action
from rolecall.core.verdicts import Deployment as Deployed
from rolecall.sandbox.scenario import Scenario
from tests.sandbox.conformance.cloud import NEARLY_AT_REST, refused, template
from tests.sandbox.served import allow, eventually, trust

from .conftest import ROLE, House, StartHouse


def test_pitfall_04_another_operation_is_in_progress(start_house: StartHouse) -> None:
    """TF#28675: one operation at a time, unless execution is managed; a blind retry makes a second one."""
    house = start_house(speed=NEARLY_AT_REST)
    house.naive.create()
    house.naive.begin("create_stack_instances", house.naive.unit("Sandbox"))
    again = {"StackSetName": house.naive.name, "Regions": ["us-east-1"]}
    targets = {"OrganizationalUnitIds": [house.naive.unit("Security")]}
    create = house.naive.cloudformation.create_stack_instances
    assert refused(create, DeploymentTargets=targets, **again)[0] == "OperationInProgressException"


async def test_pitfall_04_rolecall_waits_for_what_others_began(start_house: StartHouse) -> None:
    house = start_house()
    await house.apply()
    house.sandbox.world.clock.speed = NEARLY_AT_REST
    foreign = house.ours.cloudformation.detect_stack_set_drift(StackSetName=house.ours.name)["OperationId"]
    wanted = house.config(role={"max_session_hours": 1})
    applying = asyncio.create_task(house.apply(wanted))
    await asyncio.to_thread(eventually, lambda: any("Waiting for operation" in line for line in house.progress.lines))
    await asyncio.to_thread(house.sandbox.advance, hours=1)
    house.sandbox.world.clock.speed = 0
    applied = await applying
    assert applied.failures == ()
    assert house.ours.operation(foreign)["Status"] == "SUCCEEDED"
    updates = [entry for entry in house.ours.operations() if entry["Action"] == "UPDATE"]
    assert len(updates) == 1  # and not one a retry


async def test_pitfall_05_call_as_goes_with_every_call(start_house: StartHouse) -> None:
    """rain#585: a waiter without CallAs gets 404 for ever."""
    units = [{"name": "Security", "accounts": ["audit", "log-archive"]}]
    described = {"organization": {"seed": 5, "units": units}, "delegated_administrators": ["audit"]}
    house = start_house(Scenario.model_validate(described))
    profile_of_audit(house)
    delegated = {"call_as": "delegated-admin", "management_profile": "management"}
    wanted = house.config(deployment=delegated)
    delegate = house.sandbox.client_of("cloudformation", "audit")
    assert (await house.apply(wanted, profile="audit")).well
    operation = house.ours.operations()[0]["OperationId"]
    poll = {"StackSetName": house.ours.name, "OperationId": operation}
    assert refused(delegate.describe_stack_set_operation, **poll)[0] == "StackSetNotFoundException"
    assert {row.verdict for row in (await house.check(wanted, profile="audit")).values()} == {"ready"}
    assert (await house.destroy(wanted, profile="audit")).left == ()


def profile_of_audit(house: House) -> None:
    """A profile `audit` with the account's own administrator, beside the sandbox's own profiles."""
    arn = f"arn:aws:iam::{house.account('audit')}:role/OrganizationAccountAccessRole"
    keys = house.sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    directory = house.sandbox.running.directory
    with (directory / "credentials").open("a") as file:
        file.write(
            f"\n[audit]\naws_access_key_id = {keys['AccessKeyId']}\naws_secret_access_key = {keys['SecretAccessKey']}\n"
            f"aws_session_token = {keys['SessionToken']}\n"
        )
    with (directory / "config").open("a") as file:
        file.write("\n[profile audit]\nregion = us-east-1\n")


def test_pitfall_15_an_update_is_committed_although_its_operation_fails(house: House) -> None:
    """API_UpdateStackSet: the stack set has the new template, its instances have not; tags are replaced whole."""
    house.naive.create(Tags=[{"Key": "team", "Value": "ir"}])
    house.naive.deploy()
    in_the_way_of_update(house)
    new = template("second", "OtherRole")
    strict = {"FailureToleranceCount": 0, "MaxConcurrentCount": 1}
    operation = house.naive.update(TemplateBody=new, OperationPreferences=strict, Tags=[{"Key": "a", "Value": "b"}])
    assert operation["Status"] == "FAILED"
    described = house.naive.cloudformation.describe_stack_set(StackSetName=house.naive.name)["StackSet"]
    assert described["TemplateBody"] == new  # "nothing to do", says who compares templates only
    assert described["Tags"] == [{"Key": "a", "Value": "b"}]
    assert "OUTDATED" in {status for status, _ in house.naive.statuses().values()}


def in_the_way_of_update(house: House) -> None:
    document = json.dumps(trust(f"arn:aws:iam::{house.account('audit')}:root"))
    for account in ("audit", "log-archive"):
        house.sandbox.client_of("iam", account).create_role(RoleName="OtherRole", AssumeRolePolicyDocument=document)


async def test_pitfall_15_rolecall_plans_what_is_outdated_and_keeps_the_tags(house: House) -> None:
    await house.apply(house.config(role={"tags": {"team": "ir"}, "permission_groups": ["account-check"]}))
    wanted = house.config(role={"tags": {"team": "ir"}, "permission_groups": ["account-check", "s3"]})
    content = (await house.plan(wanted)).desired.content
    break_an_update(house, content)
    rows = {row.account.account.name: row for row in (await house.plan(wanted)).rows()}
    assert rows["audit"].deployment in (Deployed.FAILED, Deployed.OUTDATED)
    audit = house.account("audit")
    (retried,) = [change for change in (await house.plan(wanted)).plan.changes if change.account == audit]
    assert retried.action in (Action.RETRY_INSTANCE, Action.BLOCKED)  # by its name, until somebody says --retry-blocked
    assert "already exists" in retried.detail
    applied = await house.apply(wanted, retry_blocked=True)
    assert applied.failures == ()
    assert (await house.plan(wanted)).plan.changes == ()
    tags = house.ours.cloudformation.describe_stack_set(StackSetName=house.ours.name)["StackSet"]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "ir", "managed-by": "rolecall"}


def break_an_update(house: House, content: StackContent) -> None:
    """An update to the very content that is wanted, which fails in one account: it is committed all the same."""
    iam = house.sandbox.client_of("iam", "audit")
    taken = iam.create_policy(PolicyName=f"{ROLE}-1", PolicyDocument=json.dumps(allow("ec2:DescribeInstances")))
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in content.parameters.items()]
    tags = [{"Key": key, "Value": value} for key, value in content.tags.items()]
    house.ours.update(TemplateBody=content.template, Parameters=parameters, Tags=tags)
    assert house.ours.statuses()["audit"] == ("OUTDATED", "FAILED")
    iam.delete_policy(PolicyArn=taken["Policy"]["Arn"])
