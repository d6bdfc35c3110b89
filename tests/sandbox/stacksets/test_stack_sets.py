"""Stack sets themselves: creation, description, lists, deletion, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ..stacks.cloud import LAB_1, LABS, NAMED_IAM, PROD, PROD_1, PROD_2, REGION, ROOT, TEMPLATE, parameter
from .fleet import NAME, Fleet

CREATE: dict[str, Any] = {
    "StackSetName": NAME,
    "TemplateBody": TEMPLATE,
    "Capabilities": NAMED_IAM,
    "PermissionModel": "SERVICE_MANAGED",
}


async def test_a_stack_set_is_described_with_all_that_was_asked(fleet: Fleet) -> None:
    stack_set_id = fleet.create_set(
        Description="One role",
        Parameters=parameter(Actions="ec2:*"),
        Tags=[{"Key": "team", "Value": "ir"}],
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": True},
        ManagedExecution={"Active": True},
    )
    await fleet.run("CreateStackInstances", [PROD])
    described = fleet.on_set("DescribeStackSet")["StackSet"]
    expected = {
        "StackSetName": NAME,
        "StackSetId": stack_set_id,
        "StackSetARN": f"arn:aws:cloudformation:us-east-1:100000000000:stackset/{stack_set_id}",
        "Status": "ACTIVE",
        "Description": "One role",
        "TemplateBody": TEMPLATE,
        "Parameters": parameter(Actions="ec2:*", Session="3600"),
        "Capabilities": NAMED_IAM,
        "Tags": [{"Key": "team", "Value": "ir"}],
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": True},
        "ManagedExecution": {"Active": True},
        "PermissionModel": "SERVICE_MANAGED",
        "OrganizationalUnitIds": [PROD],
        "Regions": [REGION],
    }
    assert {name: described[name] for name in expected} == expected
    targets = fleet.on_set("ListStackSetAutoDeploymentTargets")["Summaries"]
    assert targets == [{"OrganizationalUnitId": PROD, "Regions": [REGION]}]
    assert fleet.call("DescribeStackSet", StackSetName=stack_set_id)["StackSet"]["StackSetName"] == NAME


def test_a_name_is_taken_once_and_a_retried_creation_is_the_same(fleet: Fleet) -> None:
    first = fleet.create_set(ClientRequestToken="t1")
    assert fleet.create_set(ClientRequestToken="t1") == first
    error = fleet.refusal("CreateStackSet", **CREATE, ClientRequestToken="t2")
    assert (error.code, error.status) == ("NameAlreadyExistsException", 409)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"StackSetName": "1st"}, "Member must satisfy regular expression pattern"),
        ({"StackSetName": "a" * 129}, "Member must have length less than or equal to 128"),
        ({"TemplateBody": TEMPLATE + "#" * 51_200}, "Member must have length less than or equal to 51200"),
        ({"TemplateBody": "Resources: {A: {Type: AWS::CloudFormation::Stack}}"}, "do not support nested stacks"),
        ({"PermissionModel": "SELF_MANAGED", "AutoDeployment": {"Enabled": True}}, "SERVICE_MANAGED permissions only"),
        ({"ExecutionRoleName": "Mine"}, "SELF_MANAGED permissions only"),
        ({"Parameters": parameter(Nope="x")}, "Parameters: [Nope] do not exist in the template"),
        ({"AutoDeployment": {"Enabled": False, "RetainStacksOnAccountRemoval": True}}, "RetainStacksOnAccountRemoval"),
    ],
)
def test_creation_refuses(fleet: Fleet, given: dict[str, Any], message: str) -> None:
    error = fleet.refusal("CreateStackSet", **{**CREATE, **given})
    assert error.code == "ValidationError"
    assert message in error.message


async def test_a_stack_set_is_deleted_when_empty_and_stays_listed(fleet: Fleet) -> None:
    stack_set_id = fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    error = fleet.refusal("DeleteStackSet", StackSetName=NAME)
    assert (error.code, error.status) == ("StackSetNotEmptyException", 409)
    await fleet.run("DeleteStackInstances", [PROD], RetainStacks=False)
    fleet.on_set("DeleteStackSet")
    assert fleet.refusal("DescribeStackSet", StackSetName=NAME).message == f"StackSet {NAME} not found"
    listed = fleet.call("ListStackSets")["Summaries"]
    assert [(entry["StackSetId"], entry["Status"]) for entry in listed] == [(stack_set_id, "DELETED")]
    assert fleet.call("ListStackSets", Status="ACTIVE")["Summaries"] == []
    assert fleet.create_set() != stack_set_id


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"DeploymentTargets": {"OrganizationalUnitIds": [ROOT]}, "Regions": [REGION]}, "AutoDeployment is specified"),
        ({"UsePreviousTemplate": False}, "Exactly one of [TemplateBody, TemplateURL, UsePreviousTemplate]"),
    ],
)
def test_an_update_refuses(fleet: Fleet, given: dict[str, Any], message: str) -> None:
    fleet.create_set()
    update = {"StackSetName": NAME, "UsePreviousTemplate": True, "AutoDeployment": {"Enabled": True}, **given}
    error = fleet.refusal("UpdateStackSet", **update)
    assert error.code == "ValidationError"
    assert message in error.message


async def test_an_update_keeps_tags_description_and_auto_deployment_that_it_leaves_out(fleet: Fleet) -> None:
    auto = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    fleet.create_set(Tags=[{"Key": "team", "Value": "ir"}], Description="kept", AutoDeployment=auto)
    await fleet.update_set()
    described = fleet.on_set("DescribeStackSet")["StackSet"]
    assert (described["Tags"], described["Description"]) == ([{"Key": "team", "Value": "ir"}], "kept")
    assert described["AutoDeployment"] == auto
    await fleet.update_set(Tags=[], AutoDeployment={"Enabled": False})
    described = fleet.on_set("DescribeStackSet")["StackSet"]
    assert (described["Tags"], described["AutoDeployment"]) == ([], {"Enabled": False})


async def test_instances_come_in_pages_and_by_filter(fleet: Fleet) -> None:
    fleet.store.create_role(LAB_1, "ResponseRole", "{}")
    fleet.create_set()
    operation = await fleet.run("CreateStackInstances")
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        listed = fleet.on_set("ListStackInstances", MaxResults=3, **token)
        seen += [entry["Account"] for entry in listed["Summaries"]]
        if "NextToken" not in listed:
            break
        token = {"NextToken": listed["NextToken"]}
    assert len(seen) == len(set(seen)) == 4
    assert set(fleet.instances(StackInstanceAccount=PROD_2)) == {PROD_2}
    assert fleet.instances(StackInstanceRegion="eu-west-1") == {}
    assert set(fleet.instances(Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}])) == {LAB_1}
    assert fleet.instances(Filters=[{"Name": "LAST_OPERATION_ID", "Values": "other"}]) == {}
    failed = [{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}]
    assert set(fleet.results(operation["OperationId"], Filters=failed)) == {LAB_1}


@pytest.mark.parametrize(("size", "bound"), [(101, "less than or equal to 100"), (-1, "greater than or equal to 1")])
def test_pages_have_at_most_a_hundred_entries(fleet: Fleet, size: int, bound: str) -> None:
    fleet.create_set()
    error = fleet.refusal("ListStackInstances", StackSetName=NAME, MaxResults=size)
    assert f"Value '{size}' at 'maxResults'" in error.message
    assert bound in error.message


def test_a_missing_instance_is_not_found(fleet: Fleet) -> None:
    fleet.create_set()
    error = fleet.refusal(
        "DescribeStackInstance", StackSetName=NAME, StackInstanceAccount=PROD_1, StackInstanceRegion=REGION
    )
    assert error.code == "StackInstanceNotFoundException"


def test_template_summary_of_a_stack_set_and_of_a_template(fleet: Fleet) -> None:
    fleet.create_set()
    of_set = fleet.on_set("GetTemplateSummary")
    assert of_set["Capabilities"] == NAMED_IAM
    assert fleet.call("GetTemplateSummary", TemplateBody=TEMPLATE) == of_set


async def test_stack_sets_belong_to_their_region(fleet: Fleet) -> None:
    fleet.create_set()
    assert fleet.call("ListStackSets", region="eu-west-1")["Summaries"] == []
    await fleet.run("CreateStackInstances", [LABS])
    assert fleet.on_set("DescribeStackSet")["StackSet"]["Regions"] == [REGION]
