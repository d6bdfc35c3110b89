"""Stacks through their API: creation, update, deletion, rollback, and what AWS refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .cloud import MANAGEMENT, NAMED_IAM, PROD_1, TEMPLATE, Cloud, parameter


def reasons(cloud: Cloud, name: str) -> list[str]:
    events = cloud.call("DescribeStackEvents", StackName=name)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]


async def test_creation_returns_at_once_and_goes_on(cloud: Cloud) -> None:
    cloud.call("CreateStack", StackName="one", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)
    assert cloud.call("DescribeStacks", StackName="one")["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    assert not cloud.has_role(MANAGEMENT)
    assert (await cloud.stack("one"))["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.has_role(MANAGEMENT)


async def test_a_created_stack_tells_its_outputs_parameters_and_resources(cloud: Cloud) -> None:
    stack = await cloud.created(Tags=[{"Key": "team", "Value": "ir"}])
    assert stack["Outputs"] == [{"OutputKey": "RoleArn", "OutputValue": "arn:aws:iam::100000000000:role/ResponseRole"}]
    assert stack["Parameters"] == parameter(Actions="s3:Get*", Session="3600")
    resources = cloud.call("DescribeStackResources", StackName="one")["StackResources"]
    assert {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in resources} == {
        "Policy": "arn:aws:iam::100000000000:policy/ResponsePolicy",
        "Role": "ResponseRole",
    }
    summaries = cloud.call("ListStackResources", StackName="one")["StackResourceSummaries"]
    assert [entry["ResourceStatus"] for entry in summaries] == ["CREATE_COMPLETE", "CREATE_COMPLETE"]
    detail = cloud.call("DescribeStackResource", StackName="one", LogicalResourceId="Role")["StackResourceDetail"]
    assert detail["ResourceType"] == "AWS::IAM::Role"


async def test_events_are_newest_first_and_begin_with_the_stack(cloud: Cloud) -> None:
    await cloud.created()
    events = cloud.call("DescribeStackEvents", StackName="one")["StackEvents"]
    told = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]
    assert told[0] == ("one", "CREATE_IN_PROGRESS")
    assert told[-1] == ("one", "CREATE_COMPLETE")
    assert told.index(("Policy", "CREATE_COMPLETE")) < told.index(("Role", "CREATE_IN_PROGRESS"))


async def test_a_name_that_is_taken_rolls_the_stack_back(cloud: Cloud) -> None:
    cloud.store.create_role(MANAGEMENT, "ResponseRole", "{}")
    stack = await cloud.created()
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    (reason,) = reasons(cloud, "one")
    assert reason.startswith(
        'Resource handler returned message: "Role with name ResponseRole already exists. (Service: Iam, '
        "Status Code: 409, Request ID: "
    )
    assert reason.endswith("HandlerErrorCode: AlreadyExists)")
    assert cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"] == []


async def test_a_name_that_another_stack_holds_names_that_stack(cloud: Cloud) -> None:
    first = await cloud.created()
    await cloud.created("two", TEMPLATE.replace("ResponsePolicy", "OtherPolicy"))
    assert reasons(cloud, "two") == [f"ResponseRole already exists in stack {first['StackId']}"]


@pytest.mark.parametrize(("on_failure", "status"), [("DO_NOTHING", "CREATE_FAILED"), ("DELETE", "DELETE_COMPLETE")])
async def test_on_failure_decides_what_becomes_of_a_failed_creation(cloud: Cloud, on_failure: str, status: str) -> None:
    cloud.store.create_role(MANAGEMENT, "ResponseRole", "{}")
    created = cloud.call(
        "CreateStack", StackName="one", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM, OnFailure=on_failure
    )
    assert (await cloud.stack(created["StackId"]))["StackStatus"] == status
    kept = cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"]
    assert bool(kept) == (on_failure == "DO_NOTHING")


async def test_a_resource_type_that_the_sandbox_lacks_fails_with_a_clear_reason(cloud: Cloud) -> None:
    await cloud.created(template="Resources: {Bucket: {Type: AWS::S3::Bucket}}")
    (reason,) = reasons(cloud, "one")
    assert "does not deploy resources of type AWS::S3::Bucket" in reason


async def test_unknown_and_missing_properties_fail_the_resource(cloud: Cloud) -> None:
    await cloud.created(template="Resources: {Role: {Type: AWS::IAM::Role, Properties: {Nmae: x}}}")
    (reason,) = reasons(cloud, "one")
    assert "#: extraneous key [Nmae] is not permitted" in reason
    assert "#: required key [AssumeRolePolicyDocument] not found" in reason


async def test_a_resource_whose_condition_does_not_hold_is_not_made(cloud: Cloud) -> None:
    template = TEMPLATE.replace("  Role:\n    Type", "  Role:\n    Condition: Never\n    Type").replace(
        "Resources:", "Conditions: {Never: !Equals [a, b]}\nResources:"
    )
    stack = await cloud.created(template=template.split("Outputs:")[0])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert not cloud.has_role(MANAGEMENT)


async def test_an_update_changes_the_resources_in_place(cloud: Cloud) -> None:
    await cloud.created()
    before = cloud.iam(MANAGEMENT, "GetRole", RoleName="ResponseRole")["Role"]["RoleId"]
    stack = await cloud.updated(Parameters=parameter(Actions="ec2:Describe*", Session="7200"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert cloud.policy_actions(MANAGEMENT) == "ec2:Describe*"
    role = cloud.iam(MANAGEMENT, "GetRole", RoleName="ResponseRole")["Role"]
    assert (role["RoleId"], role["MaxSessionDuration"]) == (before, 7200)


async def test_an_update_that_changes_nothing_is_refused(cloud: Cloud) -> None:
    await cloud.created()
    error = cloud.refusal("UpdateStack", StackName="one", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)
    assert (error.code, error.message) == ("ValidationError", "No updates are to be performed.")


async def test_drift_is_not_repaired_by_sending_the_same_again(cloud: Cloud) -> None:
    await cloud.created()
    cloud.iam(MANAGEMENT, "UpdateRole", RoleName="ResponseRole", MaxSessionDuration=43200)
    assert cloud.refusal(
        "UpdateStack", StackName="one", UsePreviousTemplate=True, Capabilities=NAMED_IAM
    ).message.startswith("No updates")


async def test_a_new_name_replaces_and_the_dependent_follows(cloud: Cloud) -> None:
    await cloud.created()
    await cloud.updated(template=TEMPLATE.replace("ResponsePolicy", "NewPolicy"))
    attached = cloud.iam(MANAGEMENT, "ListAttachedRolePolicies", RoleName="ResponseRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["NewPolicy"]
    policies = cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"]
    assert [policy["PolicyName"] for policy in policies] == ["NewPolicy"]


async def test_a_custom_named_resource_cannot_be_replaced_under_its_name(cloud: Cloud) -> None:
    await cloud.created()
    moved = TEMPLATE.replace("RoleName: ResponseRole", "RoleName: ResponseRole\n      Path: /ir/")
    stack = await cloud.updated(template=moved)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing. Rename ResponseRole" in reasons(cloud, "one")[0]


async def test_a_failed_update_leaves_everything_as_it_was(cloud: Cloud) -> None:
    await cloud.created()
    cloud.store.create_role(MANAGEMENT, "Taken", "{}")
    wanted = TEMPLATE.replace("RoleName: ResponseRole", "RoleName: Taken")
    stack = await cloud.updated(template=wanted, Parameters=parameter(Actions="ec2:*"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Parameters"] == parameter(Actions="s3:Get*", Session="3600")
    assert cloud.policy_actions(MANAGEMENT) == "s3:Get*"
    assert cloud.has_role(MANAGEMENT)
    again = cloud.call("DescribeStackResource", StackName="one", LogicalResourceId="Role")["StackResourceDetail"]
    assert again["PhysicalResourceId"] == "ResponseRole"


async def test_a_rollback_undoes_the_last_change_first(cloud: Cloud) -> None:
    """The new policy can only be deleted once the role no longer has it."""
    await cloud.created()
    cloud.store.create_role(MANAGEMENT, "Taken", "{}")
    taken = """
  Late:
    Type: AWS::IAM::Role
    DependsOn: Role
    Properties: {RoleName: Taken, AssumeRolePolicyDocument: {}}
Outputs:"""
    wanted = TEMPLATE.replace("ResponsePolicy", "NewPolicy").replace("\nOutputs:", taken)
    stack = await cloud.updated(template=wanted)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    policies = cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"]
    assert [policy["PolicyName"] for policy in policies] == ["ResponsePolicy"]
    attached = cloud.iam(MANAGEMENT, "ListAttachedRolePolicies", RoleName="ResponseRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["ResponsePolicy"]


async def test_a_resource_cannot_change_its_logical_id_and_keep_its_name(cloud: Cloud) -> None:
    stack = await cloud.created()
    renamed = TEMPLATE.replace("  Role:\n", "  Renamed:\n").replace("!GetAtt Role.Arn", "!GetAtt Renamed.Arn")
    assert (await cloud.updated(template=renamed))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert reasons(cloud, "one") == [f"ResponseRole already exists in stack {stack['StackId']}"]
    assert cloud.has_role(MANAGEMENT)


async def test_resources_that_left_the_template_are_deleted(cloud: Cloud) -> None:
    await cloud.created()
    policy_only = TEMPLATE.split("  Role:\n")[0] + "  Policy:\n" + TEMPLATE.split("  Policy:\n")[1].split("Outputs")[0]
    stack = await cloud.updated(template=policy_only)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert not cloud.has_role(MANAGEMENT)
    resources = cloud.call("DescribeStackResources", StackName="one")["StackResources"]
    assert [entry["LogicalResourceId"] for entry in resources] == ["Policy"]


async def test_a_deleted_stack_is_gone_by_name_and_told_by_id(cloud: Cloud) -> None:
    stack = await cloud.created()
    deleted = await cloud.deleted(stack)
    assert deleted["StackStatus"] == "DELETE_COMPLETE"
    assert not cloud.has_role(MANAGEMENT)
    assert cloud.refusal("DescribeStacks", StackName="one").message == "Stack with id one does not exist"
    listed = cloud.call("ListStacks", StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert [entry["StackId"] for entry in listed] == [stack["StackId"]]


async def test_retained_resources_survive_the_stack(cloud: Cloud) -> None:
    retained = TEMPLATE.replace("Type: AWS::IAM::Role\n", "Type: AWS::IAM::Role\n    DeletionPolicy: Retain\n")
    await cloud.deleted(await cloud.created(template=retained.replace("[!Ref Policy]", "[]")))
    assert cloud.has_role(MANAGEMENT)
    assert cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"] == []


async def test_a_policy_that_somebody_attached_keeps_the_role_and_can_be_retained(cloud: Cloud) -> None:
    stack = await cloud.created()
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    cloud.iam(MANAGEMENT, "PutRolePolicy", RoleName="ResponseRole", PolicyName="theirs", PolicyDocument=document)
    failed = await cloud.deleted(stack)
    assert failed["StackStatus"] == "DELETE_FAILED"
    assert failed["StackStatusReason"] == "The following resource(s) failed to delete: [Role]. "
    assert (await cloud.deleted(stack, RetainResources=["Role"]))["StackStatus"] == "DELETE_COMPLETE"
    assert cloud.has_role(MANAGEMENT)


async def test_a_creation_under_way_can_be_deleted(cloud: Cloud) -> None:
    stack_id = cloud.call("CreateStack", StackName="one", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)["StackId"]
    for _ in range(10):
        await asyncio.sleep(0)
        if cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"]:
            break
    assert not cloud.has_role(MANAGEMENT)  # the policy is made, the role is not
    cloud.call("DeleteStack", StackName="one")
    assert (await cloud.stack(stack_id))["StackStatus"] == "DELETE_COMPLETE"
    assert cloud.iam(MANAGEMENT, "ListPolicies", Scope="Local")["Policies"] == []


async def test_termination_protection_refuses_deletion_until_taken_off(cloud: Cloud) -> None:
    stack = await cloud.created(EnableTerminationProtection=True)
    refused = cloud.refusal("DeleteStack", StackName="one").message
    assert refused == "Stack [one] cannot be deleted while TerminationProtection is enabled"
    cloud.call("UpdateTerminationProtection", StackName="one", EnableTerminationProtection=False)
    assert (await cloud.deleted(stack))["StackStatus"] == "DELETE_COMPLETE"


async def test_stacks_belong_to_their_account_and_region(cloud: Cloud) -> None:
    await cloud.created()
    assert cloud.call("DescribeStacks", PROD_1)["Stacks"] == []
    assert cloud.call("DescribeStacks", region="eu-west-1")["Stacks"] == []
    assert len(cloud.call("DescribeStacks")["Stacks"]) == 1


async def test_refusals_of_create_stack(cloud: Cloud) -> None:
    await cloud.created()
    create: dict[str, Any] = {"StackName": "two", "TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM}
    refused = cloud.refusal("CreateStack", **{**create, "StackName": "one"})
    assert (refused.code, refused.message) == ("AlreadyExistsException", "Stack [one] already exists")
    refused = cloud.refusal("CreateStack", **{**create, "Capabilities": ["CAPABILITY_IAM"]})
    assert refused.code == "InsufficientCapabilitiesException"
    assert refused.message == "Requires capabilities : [CAPABILITY_NAMED_IAM]"
    assert "'stackName' failed to satisfy" in cloud.refusal("CreateStack", **{**create, "StackName": "2nd"}).message
    too_long = TEMPLATE + "#" * 51_200
    assert "less than or equal to 51200" in cloud.refusal("CreateStack", **{**create, "TemplateBody": too_long}).message
    assert "Exactly one of" in cloud.refusal("CreateStack", StackName="two", Capabilities=NAMED_IAM).message


async def test_refusals_of_update_stack(cloud: Cloud) -> None:
    update: dict[str, Any] = {"StackName": "one", "TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM}
    assert cloud.refusal("UpdateStack", **update).message == "Stack [one] does not exist"
    cloud.store.create_role(MANAGEMENT, "ResponseRole", "{}")
    await cloud.created()
    assert cloud.refusal("UpdateStack", **update).message.endswith(
        "is in ROLLBACK_COMPLETE state and can not be updated."
    )


async def test_no_echo_parameters_are_masked_and_still_deployed(cloud: Cloud) -> None:
    secret = TEMPLATE.replace('{Type: String, Default: "s3:Get*"}', "{Type: String, NoEcho: true}")
    stack = await cloud.created(template=secret, Parameters=parameter(Actions="ec2:*"))
    assert parameter(Actions="****")[0] in stack["Parameters"]
    assert cloud.policy_actions(MANAGEMENT) == "ec2:*"


async def test_a_template_is_read_from_s3_as_the_caller(cloud: Cloud) -> None:
    s3 = {"account_id": MANAGEMENT}
    cloud.store.call("s3", "CreateBucket", {"Bucket": "templates"}, **s3)
    cloud.store.call("s3", "PutObject", {"Bucket": "templates", "Key": "a/role.yaml", "Body": TEMPLATE.encode()}, **s3)
    for url in (
        "https://templates.s3.us-east-1.amazonaws.com/a/role.yaml",
        "https://templates.s3.amazonaws.com/a/role.yaml",
        "https://s3.us-east-1.amazonaws.com/templates/a/role.yaml",
        "http://127.0.0.1:5000/templates/a/role.yaml",
    ):
        assert cloud.call("ValidateTemplate", TemplateURL=url)["Capabilities"] == NAMED_IAM
    missing = cloud.refusal("ValidateTemplate", TemplateURL="https://templates.s3.amazonaws.com/nothing.yaml")
    assert missing.message.startswith("S3 error: ")


async def test_templates_are_told_back_and_summed_up(cloud: Cloud) -> None:
    await cloud.created()
    assert cloud.call("GetTemplate", StackName="one")["TemplateBody"] == TEMPLATE
    summary = cloud.call("GetTemplateSummary", StackName="one")
    assert summary["ResourceTypes"] == ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role"]
    assert [entry["ParameterKey"] for entry in summary["Parameters"]] == ["Actions", "Session"]
    validated = cloud.call("ValidateTemplate", TemplateBody=TEMPLATE)
    assert (validated["Description"], validated["Capabilities"]) == ("One role", NAMED_IAM)


async def test_long_lists_come_in_pages(cloud: Cloud) -> None:
    for number in range(101):
        cloud.call("CreateStack", StackName=f"s{number}", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)
    first = cloud.call("ListStacks")
    second = cloud.call("ListStacks", NextToken=first["NextToken"])
    assert (len(first["StackSummaries"]), len(second["StackSummaries"])) == (100, 1)
    assert "NextToken" not in second
    assert cloud.refusal("ListStacks", NextToken="made up").message == "Invalid NextToken"
