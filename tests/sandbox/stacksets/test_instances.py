"""Stack instances through the API: creation, update, deletion, and what is told of each account."""

from __future__ import annotations

import re

from ..stacks.cloud import LAB_1, LAB_2, LABS, NAMED_IAM, PROD, PROD_1, PROD_2, REGION, ROOT, TEMPLATE, parameter
from .fleet import Fleet

CURRENT = ("CURRENT", "SUCCEEDED")
ALL = {PROD_1, PROD_2, LAB_1, LAB_2}


async def test_an_instance_is_a_stack_that_its_account_sees(fleet: Fleet) -> None:
    fleet.create_set(Tags=[{"Key": "team", "Value": "ir"}])
    await fleet.run("CreateStackInstances", [PROD])
    instance = fleet.instances()[PROD_1]
    (stack,) = fleet.call("DescribeStacks", PROD_1)["Stacks"]
    assert stack["StackId"] == instance["StackId"]
    assert re.fullmatch(r"StackSet-response-[0-9a-f-]{36}", stack["StackName"])
    assert stack["Tags"] == [{"Key": "team", "Value": "ir"}]
    assert instance["OrganizationalUnitId"] == PROD


async def test_a_failure_in_one_account_fails_that_instance_alone(fleet: Fleet) -> None:
    fleet.store.create_role(LAB_1, "ResponseRole", "{}")
    fleet.create_set()
    operation = await fleet.run("CreateStackInstances")
    assert (operation["Status"], operation["StatusDetails"]) == ("SUCCEEDED", {"FailedStackInstancesCount": 1})
    assert fleet.states() == {**dict.fromkeys(ALL, CURRENT), LAB_1: ("OUTDATED", "FAILED")}
    reason = fleet.instances()[LAB_1]["StatusReason"]
    assert reason.startswith("ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:")
    assert "Role with name ResponseRole already exists" in reason
    results = fleet.results(operation["OperationId"])
    assert results[LAB_1]["Status"] == "FAILED"
    assert results[LAB_1]["StatusReason"] == reason
    assert results[PROD_1]["Status"] == "SUCCEEDED"
    assert fleet.iam(LAB_1, "ListPolicies", Scope="Local")["Policies"] == []


async def test_beyond_the_tolerance_the_rest_is_cancelled(fleet: Fleet) -> None:
    fleet.store.create_role(PROD_1, "ResponseRole", "{}")
    fleet.create_set()
    operation = await fleet.run("CreateStackInstances", [PROD], OperationPreferences={})
    assert operation["Status"] == "FAILED"
    assert fleet.states() == {PROD_1: ("OUTDATED", "FAILED"), PROD_2: ("OUTDATED", "CANCELLED")}
    result = fleet.results(operation["OperationId"])[PROD_2]
    assert (result["Status"], result["StatusReason"]) == ("CANCELLED", "Cancelled since failure tolerance has exceeded")


async def test_creating_again_retries_what_is_outdated_and_leaves_the_rest(fleet: Fleet) -> None:
    fleet.store.create_role(LAB_1, "ResponseRole", "{}")
    fleet.create_set()
    first = await fleet.run("CreateStackInstances")
    before = fleet.instances()
    fleet.iam(LAB_1, "DeleteRole", RoleName="ResponseRole")
    second = await fleet.run("CreateStackInstances")
    after = fleet.instances()
    assert fleet.states() == dict.fromkeys(ALL, CURRENT)
    assert after[PROD_1]["StackId"] == before[PROD_1]["StackId"]
    assert after[PROD_1]["LastOperationId"] == first["OperationId"]
    assert after[LAB_1]["LastOperationId"] == second["OperationId"]
    assert len(fleet.call("DescribeStacks", LAB_1)["Stacks"]) == 1


async def test_a_suspended_account_is_skipped_and_does_not_count(fleet: Fleet) -> None:
    fleet.organization.set_state(PROD_1, "SUSPENDED")
    fleet.create_set()
    operation = await fleet.run("CreateStackInstances", [PROD], OperationPreferences={})
    assert (operation["Status"], operation["StatusDetails"]) == ("SUCCEEDED", {"FailedStackInstancesCount": 0})
    assert fleet.states() == {PROD_1: ("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT"), PROD_2: CURRENT}
    assert "StackId" not in fleet.instances()[PROD_1]


async def test_a_missing_capability_fails_the_instances(fleet: Fleet) -> None:
    fleet.create_set(Capabilities=[])
    operation = await fleet.run("CreateStackInstances", [PROD], OperationPreferences={})
    assert operation["Status"] == "FAILED"
    assert fleet.instances()[PROD_1]["StatusReason"] == "Requires capabilities : [CAPABILITY_NAMED_IAM]"


async def test_overrides_reach_the_stack_are_described_and_not_listed(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD], ParameterOverrides=parameter(Actions="ec2:*"))
    assert fleet.policy_actions(PROD_1) == "ec2:*"
    assert "ParameterOverrides" not in fleet.instances()[PROD_1]
    described = fleet.on_set("DescribeStackInstance", StackInstanceAccount=PROD_1, StackInstanceRegion=REGION)
    assert described["StackInstance"]["ParameterOverrides"] == parameter(Actions="ec2:*")


async def test_updating_instances_sets_overrides_and_resets_those_left_out(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", ParameterOverrides=parameter(Actions="ec2:*", Session="7200"))
    kept = [*parameter(Actions="kms:*"), {"ParameterKey": "Session", "UsePreviousValue": True}]
    await fleet.run("UpdateStackInstances", [PROD], ParameterOverrides=kept)
    assert fleet.policy_actions(PROD_1) == "kms:*"
    assert fleet.policy_actions(LAB_1) == "ec2:*"
    role = fleet.iam(PROD_1, "GetRole", RoleName="ResponseRole")["Role"]
    assert role["MaxSessionDuration"] == 7200
    await fleet.run("UpdateStackInstances", [PROD], ParameterOverrides=[])
    assert fleet.policy_actions(PROD_1) == "s3:Get*"


async def test_updating_an_instance_that_does_not_exist_is_refused(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    targets = {"OrganizationalUnitIds": [ROOT], "Accounts": [LAB_1], "AccountFilterType": "INTERSECTION"}
    error = fleet.refusal("UpdateStackInstances", StackSetName="response", Regions=[REGION], DeploymentTargets=targets)
    assert (error.code, error.status) == ("StackInstanceNotFoundException", 404)


async def test_an_unknown_override_is_refused(fleet: Fleet) -> None:
    fleet.create_set()
    error = fleet.refusal(
        "CreateStackInstances",
        StackSetName="response",
        Regions=[REGION],
        DeploymentTargets={"OrganizationalUnitIds": [ROOT]},
        ParameterOverrides=parameter(Nope="x"),
    )
    assert error.message == "Parameters: [Nope] do not exist in the template"


async def test_deletion_takes_stack_role_instance_and_target_away(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD, LABS])
    operation = await fleet.run("DeleteStackInstances", [PROD], RetainStacks=False)
    assert (operation["Action"], operation["RetainStacks"]) == ("DELETE", False)
    assert set(fleet.instances()) == {LAB_1, LAB_2}
    assert not fleet.has_role(PROD_1)
    assert fleet.call("DescribeStacks", PROD_1)["Stacks"] == []
    assert fleet.on_set("DescribeStackSet")["StackSet"]["OrganizationalUnitIds"] == [LABS]


async def test_a_deletion_from_above_drops_the_targets_below(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    await fleet.run("DeleteStackInstances", [ROOT], RetainStacks=False)
    assert fleet.on_set("DescribeStackSet")["StackSet"]["OrganizationalUnitIds"] == []


async def test_a_deletion_of_some_accounts_keeps_the_target(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    one = {"Accounts": [PROD_1], "AccountFilterType": "INTERSECTION"}
    await fleet.run("DeleteStackInstances", [PROD], targets=one, RetainStacks=False)
    assert set(fleet.instances()) == {PROD_2}
    assert fleet.on_set("DescribeStackSet")["StackSet"]["OrganizationalUnitIds"] == [PROD]


async def test_retained_stacks_stay_in_their_accounts(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    await fleet.run("DeleteStackInstances", [PROD], RetainStacks=True)
    assert fleet.instances() == {}
    assert fleet.has_role(PROD_1)
    assert len(fleet.call("DescribeStacks", PROD_1)["Stacks"]) == 1


async def test_a_failed_deletion_is_inoperable_until_it_is_retained(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    (stack,) = fleet.call("DescribeStacks", PROD_1)["Stacks"]
    fleet.call("UpdateTerminationProtection", PROD_1, StackName=stack["StackName"], EnableTerminationProtection=True)
    operation = await fleet.run("DeleteStackInstances", [PROD], RetainStacks=False)
    assert operation["StatusDetails"] == {"FailedStackInstancesCount": 1}
    assert fleet.states() == {PROD_1: ("INOPERABLE", "INOPERABLE")}
    assert "TerminationProtection is enabled" in fleet.instances()[PROD_1]["StatusReason"]
    await fleet.update_set(Parameters=parameter(Actions="ec2:*"))
    assert fleet.policy_actions(PROD_1) == "s3:Get*"
    await fleet.run("DeleteStackInstances", [PROD], RetainStacks=True)
    assert fleet.instances() == {}


async def test_a_suspended_accounts_instance_goes_only_with_its_stack_retained(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    fleet.organization.set_state(PROD_1, "SUSPENDED")
    await fleet.run("DeleteStackInstances", [PROD], RetainStacks=False)
    assert fleet.states() == {PROD_1: ("INOPERABLE", "SKIPPED_SUSPENDED_ACCOUNT")}
    await fleet.run("DeleteStackInstances", [PROD], RetainStacks=True)
    assert fleet.instances() == {}


async def test_a_named_role_cannot_be_in_two_regions(fleet: Fleet) -> None:
    fleet.create_set()
    operation = await fleet.run("CreateStackInstances", [PROD], Regions=["us-east-1", "eu-west-1"])
    assert operation["StatusDetails"] == {"FailedStackInstancesCount": 2}
    listed = fleet.on_set("ListStackInstances", StackInstanceRegion="eu-west-1")["Summaries"]
    assert all("already exists in stack arn:aws:cloudformation:us-east-1" in entry["StatusReason"] for entry in listed)


async def test_a_stack_deleted_behind_the_stack_sets_back_fails_its_update(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    (stack,) = fleet.call("DescribeStacks", PROD_1)["Stacks"]
    fleet.call("DeleteStack", PROD_1, StackName=stack["StackName"])
    await fleet.stack(stack["StackId"], PROD_1)
    await fleet.update_set(Parameters=parameter(Actions="ec2:*"))
    assert fleet.states() == {PROD_1: ("OUTDATED", "FAILED"), PROD_2: CURRENT}


async def test_creating_again_does_not_look_at_stacks_that_are_current(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    (stack,) = fleet.call("DescribeStacks", PROD_1)["Stacks"]
    fleet.call("DeleteStack", PROD_1, StackName=stack["StackName"])
    await fleet.stack(stack["StackId"], PROD_1)
    operation = await fleet.run("CreateStackInstances", [PROD])
    assert operation["StatusDetails"] == {"FailedStackInstancesCount": 0}
    assert fleet.states()[PROD_1] == CURRENT


async def test_an_update_brings_template_parameters_and_tags_to_the_instances(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    before = fleet.instances()[PROD_1]["StackId"]
    wider = TEMPLATE.replace("Default: 3600", "Default: 7200")
    operation = await fleet.update_set(
        UsePreviousTemplate=False,
        TemplateBody=wider,
        Parameters=parameter(Actions="ec2:*"),
        Tags=[{"Key": "team", "Value": "ir"}],
    )
    assert (operation["Action"], operation["Status"]) == ("UPDATE", "SUCCEEDED")
    assert fleet.policy_actions(PROD_2) == "ec2:*"
    role = fleet.iam(PROD_2, "GetRole", RoleName="ResponseRole")["Role"]
    assert (role["MaxSessionDuration"], role["Tags"]) == (7200, [{"Key": "team", "Value": "ir"}])
    assert fleet.instances()[PROD_1]["StackId"] == before
    described = fleet.on_set("DescribeStackSet")["StackSet"]
    assert (described["TemplateBody"], described["Parameters"]) == (wider, parameter(Actions="ec2:*", Session="7200"))


async def test_an_identical_update_succeeds_and_repairs_no_drift(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    fleet.iam(PROD_1, "UpdateRole", RoleName="ResponseRole", MaxSessionDuration=43200)
    operation = await fleet.update_set()
    assert (operation["Status"], fleet.states()[PROD_1]) == ("SUCCEEDED", CURRENT)
    assert fleet.iam(PROD_1, "GetRole", RoleName="ResponseRole")["Role"]["MaxSessionDuration"] == 43200


async def test_an_update_of_some_units_leaves_the_others_outdated(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances")
    await fleet.update_set(
        Parameters=parameter(Actions="ec2:*"),
        DeploymentTargets={"OrganizationalUnitIds": [LABS]},
        Regions=[REGION],
    )
    assert {account: status for account, (status, _) in fleet.states().items()} == {
        PROD_1: "OUTDATED",
        PROD_2: "OUTDATED",
        LAB_1: "CURRENT",
        LAB_2: "CURRENT",
    }
    assert (fleet.policy_actions(PROD_1), fleet.policy_actions(LAB_1)) == ("s3:Get*", "ec2:*")


async def test_an_update_that_fails_in_an_account_leaves_its_stack_as_it_was(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    fleet.store.create_role(PROD_1, "NewRole", "{}")
    await fleet.update_set(
        UsePreviousTemplate=False, TemplateBody=TEMPLATE.replace("ResponseRole", "NewRole"), Capabilities=NAMED_IAM
    )
    assert fleet.states() == {PROD_1: ("OUTDATED", "FAILED"), PROD_2: CURRENT}
    assert fleet.has_role(PROD_1)
    assert fleet.has_role(PROD_2, "NewRole")
    assert not fleet.has_role(PROD_2)


async def test_an_update_without_its_capabilities_fails_the_instances(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD])
    await fleet.update_set(Capabilities=[])
    assert fleet.instances()[PROD_1]["StatusReason"] == "Requires capabilities : [CAPABILITY_NAMED_IAM]"
