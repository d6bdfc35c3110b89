"""Drift of stacks, instances and stack sets, and the import of stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..served import ServedSandbox, allow, eventually
from .cloud import NAMED_IAM, NEARLY_AT_REST, REGION, Deployment, administered, refused, template


@pytest.fixture
def deployed(sandbox: ServedSandbox) -> Deployment:
    deployment = Deployment.of(sandbox)
    deployment.create()
    deployment.deploy(deployment.unit("Security"))
    return deployment


def details(deployment: Deployment) -> dict[str, Any]:
    described = deployment.cloudformation.describe_stack_set(StackSetName=deployment.name)
    found: dict[str, Any] = described["StackSet"]["StackSetDriftDetectionDetails"]
    return found


def drifts(deployment: Deployment, account: str, operation: dict[str, Any]) -> dict[str, Any]:
    answer = deployment.cloudformation.list_stack_instance_resource_drifts(
        StackSetName=deployment.name,
        StackInstanceAccount=deployment.sandbox.account_id(account),
        StackInstanceRegion=REGION,
        OperationId=operation["OperationId"],
    )
    return {entry["LogicalResourceId"]: entry for entry in answer["Summaries"]}


@pytest.mark.behaviour(29)
def test_nothing_is_checked_until_somebody_asks_and_then_all_is_in_sync(deployed: Deployment) -> None:
    assert details(deployed)["DriftStatus"] == "NOT_CHECKED"
    operation = deployed.detect_drift()
    assert (operation["Action"], operation["Status"]) == ("DETECT_DRIFT", "SUCCEEDED")
    assert details(deployed)["DriftStatus"] == "IN_SYNC"
    assert {entry["DriftStatus"] for entry in deployed.instances().values()} == {"IN_SYNC"}


@pytest.mark.behaviour(29)
def test_a_role_changed_by_hand_is_modified_and_says_how(deployed: Deployment) -> None:
    deployed.iam("audit").update_role(RoleName="ResponseRole", Description="mine")
    operation = deployed.detect_drift()
    found = details(deployed)
    assert (found["DriftStatus"], found["DriftedStackInstancesCount"], found["InSyncStackInstancesCount"]) == (
        "DRIFTED",
        1,
        1,
    )
    drifted = deployed.instances(Filters=[{"Name": "DRIFT_STATUS", "Values": "DRIFTED"}])
    assert set(drifted) == {deployed.sandbox.account_id("audit")}
    role = drifts(deployed, "audit", operation)["Role"]
    assert role["StackResourceDriftStatus"] == "MODIFIED"
    assert role["PropertyDifferences"] == [
        {
            "PropertyPath": "/Description",
            "ExpectedValue": "first",
            "ActualValue": "mine",
            "DifferenceType": "NOT_EQUAL",
        }
    ]


@pytest.mark.behaviour(29)
@pytest.mark.parametrize("gone", ["trust", "policy", "role"])
def test_what_is_taken_away_is_drift(deployed: Deployment, gone: str) -> None:
    iam = deployed.iam("audit")
    arn = f"arn:aws:iam::{deployed.sandbox.account_id('audit')}:policy/ResponseRolePolicy"
    if gone == "trust":
        statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.update_assume_role_policy(RoleName="ResponseRole", PolicyDocument=document)
    else:
        iam.detach_role_policy(RoleName="ResponseRole", PolicyArn=arn)
    if gone == "role":
        iam.delete_role(RoleName="ResponseRole")
    role = drifts(deployed, "audit", deployed.detect_drift())["Role"]
    expected = {
        "trust": ("MODIFIED", "/AssumeRolePolicyDocument/Statement/0/Principal/Service"),
        "policy": ("MODIFIED", "/ManagedPolicyArns/0"),
        "role": ("DELETED", ""),
    }[gone]
    paths = [difference["PropertyPath"] for difference in role.get("PropertyDifferences", ())]
    assert (role["StackResourceDriftStatus"], "".join(paths)) == expected


@pytest.mark.behaviour(29)
def test_a_stack_is_checked_by_itself_too(deployed: Deployment) -> None:
    member = deployed.sandbox.client_of("cloudformation", "audit")
    (stack,) = member.describe_stacks()["Stacks"]
    assert stack["DriftInformation"]["StackDriftStatus"] == "NOT_CHECKED"
    deployed.iam("audit").tag_role(RoleName="ResponseRole", Tags=[{"Key": "owner", "Value": "me"}])
    detection = member.detect_stack_drift(StackName=stack["StackName"])["StackDriftDetectionId"]

    def status() -> dict[str, Any]:
        answer: dict[str, Any] = member.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        return answer

    eventually(lambda: status()["DetectionStatus"] == "DETECTION_COMPLETE")
    assert status()["StackDriftStatus"] == "IN_SYNC"  # the template sets no tags
    deployed.iam("audit").update_role(RoleName="ResponseRole", Description="mine")
    found = member.detect_stack_resource_drift(StackName=stack["StackName"], LogicalResourceId="Role")
    assert found["StackResourceDrift"]["StackResourceDriftStatus"] == "MODIFIED"


@pytest.mark.behaviour(59)
def test_an_identical_update_changes_nothing_and_mends_no_drift(deployed: Deployment) -> None:
    deployed.iam("audit").update_role(RoleName="ResponseRole", Description="mine")
    operation = deployed.update(TemplateBody=template())
    assert operation["Status"] == "SUCCEEDED"
    assert set(deployed.statuses().values()) == {("CURRENT", "SUCCEEDED")}
    assert deployed.iam("audit").get_role(RoleName="ResponseRole")["Role"]["Description"] == "mine"
    deployed.update(TemplateBody=template("second"))
    assert deployed.iam("audit").get_role(RoleName="ResponseRole")["Role"]["Description"] == "second"


def retained_stack(deployed: Deployment) -> str:
    """The stack of an instance that was deleted with its stack retained."""
    account_id = deployed.sandbox.account_id("audit")
    stack_id: str = deployed.instances()[account_id]["StackId"]
    deployed.run(
        "delete_stack_instances",
        deployed.unit("Security"),
        RetainStacks=True,
        targets={"Accounts": [account_id], "AccountFilterType": "INTERSECTION"},
    )
    return stack_id


@pytest.mark.behaviour(30, 16)
def test_a_retained_stack_can_be_imported_again(deployed: Deployment) -> None:
    stack_id = retained_stack(deployed)
    assert "audit" not in deployed.statuses()
    assert deployed.iam("audit").get_role(RoleName="ResponseRole")
    answer = deployed.cloudformation.import_stacks_to_stack_set(
        StackSetName=deployed.name, StackIds=[stack_id], OrganizationalUnitIds=[deployed.unit("Security")]
    )
    assert deployed.ended(answer["OperationId"])["Status"] == "SUCCEEDED"
    instance = deployed.instances()[deployed.sandbox.account_id("audit")]
    assert (instance["Status"], instance["StackId"]) == ("CURRENT", stack_id)
    deployed.update(TemplateBody=template("second"))
    assert deployed.iam("audit").get_role(RoleName="ResponseRole")["Role"]["Description"] == "second"


@pytest.mark.behaviour(30, 3)
def test_a_stack_of_another_kind_leaves_an_inoperable_instance(deployed: Deployment) -> None:
    member = deployed.sandbox.client_of("cloudformation", "network")
    body = json.loads(template(role="Other"))
    body["Resources"]["Role"]["Properties"].pop("ManagedPolicyArns")
    del body["Resources"]["Policy"]
    created = member.create_stack(StackName="other", TemplateBody=json.dumps(body), Capabilities=NAMED_IAM)
    member.get_waiter("stack_create_complete").wait(StackName="other", WaiterConfig={"Delay": 0})
    answer = deployed.cloudformation.import_stacks_to_stack_set(
        StackSetName=deployed.name, StackIds=[created["StackId"]], OrganizationalUnitIds=[deployed.root]
    )
    assert deployed.ended(answer["OperationId"])["Status"] == "FAILED"
    assert deployed.statuses()["network"] == ("INOPERABLE", "FAILED_IMPORT")


@pytest.mark.behaviour(30)
def test_an_unknown_stack_and_too_many_are_refused(deployed: Deployment) -> None:
    missing = f"arn:aws:cloudformation:{REGION}:{deployed.sandbox.account_id('audit')}:stack/none/1"
    call = deployed.cloudformation.import_stacks_to_stack_set
    given = {"StackSetName": deployed.name, "OrganizationalUnitIds": [deployed.root]}
    assert refused(call, StackIds=[missing], **given)[0] == "StackNotFoundException"
    assert refused(call, StackIds=[missing] * 11, **given)[0] == "ValidationError"


@pytest.mark.behaviour(30)
def test_a_stack_set_can_be_made_from_a_stack_which_becomes_its_first_instance(sandbox: ServedSandbox) -> None:
    administered(sandbox, "audit", allow("*"))
    body = with_parameter("Description")
    given = [{"ParameterKey": "Description", "ParameterValue": "as it is"}]
    member = sandbox.client_of("cloudformation", "audit")
    made = member.create_stack(StackName="first", TemplateBody=body, Parameters=given, Capabilities=NAMED_IAM)
    eventually(lambda: member.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    deployment = Deployment.of(sandbox)
    deployment.cloudformation.create_stack_set(
        StackSetName=deployment.name, StackId=made["StackId"], Capabilities=NAMED_IAM
    )
    deployment.idle()
    described = deployment.cloudformation.describe_stack_set(StackSetName=deployment.name)["StackSet"]
    assert described["TemplateBody"] == body
    assert described["Parameters"] == given
    instance = deployment.instances()[sandbox.account_id("audit")]
    assert (instance["Status"], instance["StackId"]) == ("CURRENT", made["StackId"])


@pytest.mark.behaviour(30)
def test_imported_stacks_make_their_units_targets(deployed: Deployment) -> None:
    organizations = deployed.sandbox.client("organizations")
    where = retained(deployed)
    deployed.cloudformation.update_stack_set(
        StackSetName=deployed.name,
        UsePreviousTemplate=True,
        Capabilities=NAMED_IAM,
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
    )
    deployed.idle()
    units = [deployed.root, deployed.unit("Security")]
    answer = deployed.cloudformation.import_stacks_to_stack_set(
        StackSetName=deployed.name, StackIds=[where["audit"]], OrganizationalUnitIds=units
    )
    deployed.ended(answer["OperationId"])
    described = deployed.cloudformation.describe_stack_set(StackSetName=deployed.name)["StackSet"]
    assert described["OrganizationalUnitIds"] == [deployed.unit("Security")]  # the nearer of the two
    audit = deployed.sandbox.account_id("audit")
    organizations.move_account(
        AccountId=audit, SourceParentId=deployed.unit("Security"), DestinationParentId=deployed.root
    )
    eventually(lambda: not deployed.instances())


@pytest.mark.behaviour(30)
def test_only_members_in_the_given_units_are_imported_and_failures_may_be_tried_again(deployed: Deployment) -> None:
    where = retained(deployed)

    def bring(stack_id: str, unit: str) -> Any:
        return deployed.cloudformation.import_stacks_to_stack_set(
            StackSetName=deployed.name, StackIds=[stack_id], OrganizationalUnitIds=[deployed.unit(unit)]
        )

    assert refused(bring, stack_id=where["audit"], unit="Workloads")[0] == "StackNotFoundException"
    member = deployed.sandbox.client_of("cloudformation", "network")
    body = json.dumps({"Resources": {"Other": json.loads(template(role="OtherRole"))["Resources"]["Role"]}})
    body = body.replace('{"Ref": "Policy"}', '"arn:aws:iam::aws:policy/SecurityAudit"')
    made = member.create_stack(StackName="other", TemplateBody=body, Capabilities=NAMED_IAM)["StackId"]
    eventually(lambda: member.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    for _ in range(2):
        deployed.ended(bring(made, "Infrastructure")["OperationId"])
        assert deployed.statuses()["network"] == ("INOPERABLE", "FAILED_IMPORT")


def retained(deployment: Deployment) -> dict[str, str]:
    """Takes all instances out and leaves their stacks. Account name to stack."""
    names = {account.id: account.name for account in deployment.sandbox.world.accounts()}
    stacks = {names[account]: entry["StackId"] for account, entry in deployment.instances().items()}
    deployment.run("delete_stack_instances", RetainStacks=True)
    return stacks


def with_parameter(name: str) -> str:
    body = json.loads(template())
    body["Parameters"] = {name: {"Type": "String"}}
    body["Resources"]["Role"]["Properties"][name] = {"Ref": name}
    return json.dumps(body)


@pytest.mark.behaviour(29)
def test_a_detection_tells_how_far_it_is_and_keeps_what_it_found(deployed: Deployment) -> None:
    cloudformation, deployment = deployed.cloudformation, deployed
    deployment.sandbox.world.clock.speed = NEARLY_AT_REST
    operation_id = cloudformation.detect_stack_set_drift(StackSetName=deployment.name)["OperationId"]
    running = deployment.operation(operation_id)["StackSetDriftDetectionDetails"]
    assert (running["DriftDetectionStatus"], running["TotalStackInstancesCount"]) == ("IN_PROGRESS", 2)
    cloudformation.stop_stack_set_operation(StackSetName=deployment.name, OperationId=operation_id)
    deployment.sandbox.advance(hours=1)
    stopped = deployment.ended(operation_id)["StackSetDriftDetectionDetails"]
    assert (stopped["DriftDetectionStatus"], stopped["InSyncStackInstancesCount"]) == ("STOPPED", 1)
    deployment.sandbox.world.clock.speed = 0
    whole = deployment.detect_drift()
    assert whole["StackSetDriftDetectionDetails"]["InSyncStackInstancesCount"] == 2
    (summary,) = cloudformation.list_stack_sets()["Summaries"]
    assert summary["LastDriftCheckTimestamp"] == details(deployment)["LastDriftCheckTimestamp"]
    deployment.iam("audit").update_role(RoleName="ResponseRole", Description="since then")
    member = deployment.sandbox.client_of("cloudformation", "audit")
    member.detect_stack_drift(StackName=member.describe_stacks()["Stacks"][0]["StackName"])
    assert drifts(deployment, "audit", whole)["Role"]["StackResourceDriftStatus"] == "IN_SYNC"
    created = deployment.operations()[-1]
    with pytest.raises(cloudformation.exceptions.OperationNotFoundException):
        drifts(deployment, "audit", created)


@pytest.mark.behaviour(60)
def test_termination_protection_keeps_a_stack_and_makes_its_instance_inoperable(deployed: Deployment) -> None:
    member = deployed.sandbox.client_of("cloudformation", "audit")
    (stack,) = member.describe_stacks()["Stacks"]
    member.update_termination_protection(StackName=stack["StackName"], EnableTerminationProtection=True)
    message = refused(member.delete_stack, StackName=stack["StackName"])[1]
    assert "cannot be deleted while TerminationProtection is enabled" in message
    deployed.run("delete_stack_instances", deployed.unit("Security"), RetainStacks=False)
    assert deployed.statuses() == {"audit": ("INOPERABLE", "INOPERABLE")}
    deployed.run("delete_stack_instances", deployed.unit("Security"), RetainStacks=True)
    assert deployed.statuses() == {}
