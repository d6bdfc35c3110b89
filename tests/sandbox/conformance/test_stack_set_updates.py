"""Updates of stack sets and of instances, and the next try after a failure."""

from __future__ import annotations

import json

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from .cloud import (
    AUTOMATIC,
    NAMED_IAM,
    NEARLY_AT_REST,
    REGION,
    Deployment,
    in_the_way,
    refused,
    template,
)


@pytest.mark.behaviour(17)
def test_an_update_heeds_auto_deployment_managed_execution_and_capabilities(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    deployment.update(UsePreviousTemplate=True, AutoDeployment=AUTOMATIC, ManagedExecution={"Active": True})
    described = deployment.cloudformation.describe_stack_set(StackSetName="response")["StackSet"]
    assert (described["AutoDeployment"], described["ManagedExecution"]) == (AUTOMATIC, {"Active": True})
    deployment.update(TemplateBody=template("second"), Capabilities=[])
    assert set(deployment.statuses().values()) == {("OUTDATED", "FAILED")}


@pytest.mark.behaviour(17)
def test_an_update_that_changes_only_tags_leaves_the_other_instances_as_they_are(deployment: Deployment) -> None:
    deployment.deploy()
    some = {"OrganizationalUnitIds": [deployment.unit("Security")]}
    deployment.update(
        UsePreviousTemplate=True, Tags=[{"Key": "team", "Value": "ir"}], DeploymentTargets=some, Regions=[REGION]
    )
    assert set(deployment.statuses().values()) == {("CURRENT", "SUCCEEDED")}
    deployment.update(TemplateBody=template("second"), DeploymentTargets=some, Regions=[REGION])
    states = deployment.statuses()
    assert states.pop("audit") == states.pop("log-archive") == ("CURRENT", "SUCCEEDED")
    assert set(states.values()) == {("OUTDATED", "PENDING")}


@pytest.mark.behaviour(17)
def test_a_queued_update_builds_on_the_one_before_it(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST))
    deployment.create(ManagedExecution={"Active": True})
    deployment.begin("create_stack_instances", deployment.unit("Security"))
    body = json.loads(template())
    body["Parameters"] = {"Description": {"Type": "String", "Default": "none"}}
    body["Resources"]["Role"]["Properties"]["Description"] = {"Ref": "Description"}
    update = {"StackSetName": deployment.name, "Capabilities": NAMED_IAM}
    given = [{"ParameterKey": "Description", "ParameterValue": "third"}]
    deployment.cloudformation.update_stack_set(**update, TemplateBody=json.dumps(body))
    deployment.cloudformation.update_stack_set(**update, UsePreviousTemplate=True, Parameters=given)
    deployment.sandbox.advance(hours=1)
    deployment.idle()
    assert deployment.iam("audit").get_role(RoleName="ResponseRole")["Role"]["Description"] == "third"


@pytest.mark.behaviour(75)
def test_overrides_stay_unless_they_are_given_and_an_empty_list_resets_them(deployment: Deployment) -> None:
    body = json.loads(template())
    body["Parameters"] = {"Description": {"Type": "String", "Default": "of all"}}
    body["Resources"]["Role"]["Properties"]["Description"] = {"Ref": "Description"}
    deployment.update(TemplateBody=json.dumps(body))
    own = [{"ParameterKey": "Description", "ParameterValue": "own"}]
    deployment.deploy(deployment.unit("Security"), ParameterOverrides=own)

    def told() -> str:
        role: dict[str, str] = deployment.iam("audit").get_role(RoleName="ResponseRole")["Role"]
        return role["Description"]

    both = [{**own[0], "UsePreviousValue": True}]
    refusal = refused(deployment.begin, action="update_stack_instances", ParameterOverrides=both)
    assert "Cannot specify usePreviousValue as true" in refusal[1]
    deployment.run("update_stack_instances", deployment.unit("Security"))
    assert told() == "own"
    deployment.run("update_stack_instances", deployment.unit("Security"), ParameterOverrides=[])
    assert told() == "of all"


@pytest.mark.behaviour(2)
def test_a_stack_whose_creation_failed_is_deleted_and_made_anew_by_the_next_try(deployment: Deployment) -> None:
    in_the_way(deployment, "audit")
    deployment.deploy(deployment.unit("Security"))
    member = deployment.sandbox.client_of("cloudformation", "audit")
    assert [entry["StackStatus"] for entry in member.list_stacks()["StackSummaries"]] == ["DELETE_COMPLETE"]
    instance = deployment.instances()[deployment.sandbox.account_id("audit")]
    assert "already exists" in instance["StatusReason"]
    deployment.iam("audit").delete_role(RoleName="ResponseRole")
    deployment.deploy(deployment.unit("Security"))
    assert deployment.statuses()["audit"] == ("CURRENT", "SUCCEEDED")
    assert deployment.instances()[deployment.sandbox.account_id("audit")]["StackId"] != instance["StackId"]
