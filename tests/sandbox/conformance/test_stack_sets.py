"""Stack sets, their operations and their instances."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox
from .cloud import NAMED_IAM, NEARLY_AT_REST, REGION, Deployment, in_the_way, refused, template


@pytest.mark.behaviour(1)
def test_an_operation_goes_on_after_the_call_and_has_an_end_then(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST))
    deployment.create()
    operation_id = deployment.begin("create_stack_instances")
    begun = deployment.operation(operation_id)
    assert (begun["Status"], "EndTimestamp" in begun) == ("RUNNING", False)
    deployment.sandbox.advance(hours=1)
    ended = deployment.ended(operation_id)
    assert (ended["Status"], ended["EndTimestamp"] > ended["CreationTimestamp"]) == ("SUCCEEDED", True)


@pytest.mark.behaviour(2, 3)
def test_a_failure_in_one_account_stays_there_and_is_rolled_back(deployment: Deployment) -> None:
    in_the_way(deployment, "audit")
    operation = deployment.deploy(deployment.unit("Security"))
    assert operation["Status"] == "SUCCEEDED"
    assert operation["StatusDetails"]["FailedStackInstancesCount"] == 1
    assert deployment.statuses() == {"audit": ("OUTDATED", "FAILED"), "log-archive": ("CURRENT", "SUCCEEDED")}
    result = deployment.results(operation["OperationId"])[deployment.sandbox.account_id("audit")]
    assert result["Status"] == "FAILED"
    assert "ResponseRole" in result["StatusReason"]
    assert "already exists" in result["StatusReason"]
    assert deployment.iam("audit").list_policies(Scope="Local")["Policies"] == []


@pytest.mark.behaviour(4)
def test_the_defaults_end_at_the_first_failure(deployment: Deployment) -> None:
    in_the_way(deployment, "audit")
    in_the_way(deployment, "log-archive")
    operation = deployment.deploy(deployment.unit("Security"), OperationPreferences={})
    assert operation["Status"] == "FAILED"
    results = deployment.results(operation["OperationId"]).values()
    assert sorted(result["Status"] for result in results) == ["CANCELLED", "FAILED"]
    (cancelled,) = [result for result in results if result["Status"] == "CANCELLED"]
    assert cancelled["StatusReason"] == "Cancelled since failure tolerance has exceeded"


@pytest.mark.behaviour(4)
@pytest.mark.parametrize(("mode", "failed"), [("STRICT_FAILURE_TOLERANCE", 1), ("SOFT_FAILURE_TOLERANCE", 2)])
def test_only_soft_tolerance_may_fail_wider_than_it_bears(deployment: Deployment, mode: str, failed: int) -> None:
    in_the_way(deployment, "audit")
    in_the_way(deployment, "log-archive")
    preferences = {"FailureToleranceCount": 0, "MaxConcurrentCount": 2, "ConcurrencyMode": mode}
    operation = deployment.deploy(deployment.unit("Security"), OperationPreferences=preferences)
    assert (operation["Status"], operation["StatusDetails"]["FailedStackInstancesCount"]) == ("FAILED", failed)


@pytest.mark.behaviour(4)
def test_regions_go_in_order_and_a_failed_one_is_the_last(deployment: Deployment) -> None:
    in_the_way(deployment, "audit")
    regions = ["eu-west-1", REGION]
    preferences = {"RegionOrder": regions, "FailureToleranceCount": 0, "MaxConcurrentPercentage": 100}
    operation = deployment.deploy(deployment.unit("Security"), Regions=regions[::-1], OperationPreferences=preferences)
    listed = deployment.cloudformation.list_stack_set_operation_results(
        StackSetName=deployment.name, OperationId=operation["OperationId"]
    )["Summaries"]
    assert {entry["Status"] for entry in listed if entry["Region"] == REGION} == {"CANCELLED"}
    assert "FAILED" in {entry["Status"] for entry in listed if entry["Region"] == "eu-west-1"}


@pytest.mark.behaviour(5)
def test_an_operation_id_is_an_idempotency_token(deployment: Deployment) -> None:
    unit = deployment.unit("Security")
    first = deployment.begin("create_stack_instances", unit, OperationId="once")
    deployment.ended(first)
    assert deployment.begin("create_stack_instances", unit, OperationId="once") == first == "once"
    assert len(deployment.operations()) == 1
    code, _ = refused(deployment.begin, action="create_stack_instances", OperationId="once")
    assert code == "OperationIdAlreadyExistsException"


@pytest.mark.behaviour(6)
@pytest.mark.parametrize("managed", [False, True])
def test_one_operation_at_a_time_unless_execution_is_managed(start_sandbox: StartSandbox, managed: bool) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST))
    deployment.create(ManagedExecution={"Active": managed})
    first = deployment.begin("create_stack_instances", deployment.unit("Security"))
    if managed:
        queued = deployment.begin("update_stack_instances", deployment.unit("Security"), ParameterOverrides=[])
        assert deployment.operation(queued)["Status"] == "QUEUED"
        deployment.sandbox.advance(hours=2)
        assert deployment.ended(queued)["Status"] == "SUCCEEDED"
    else:
        code, message = refused(deployment.begin, action="create_stack_instances")
        assert code == "OperationInProgressException"
        assert "is in progress" in message
        deployment.sandbox.advance(hours=1)
    assert deployment.ended(first)["Status"] == "SUCCEEDED"


@pytest.mark.behaviour(11, 12)
def test_the_root_reaches_every_member_at_any_depth_and_never_the_management_account(deployment: Deployment) -> None:
    deployment.deploy()
    members = {account.name for account in deployment.sandbox.world.accounts()} - {"management"}
    assert set(deployment.statuses()) == members
    assert "payments-api-prod" in members  # three units deep
    assert deployment.sandbox.client("iam").list_policies(Scope="Local")["Policies"] == []


@pytest.mark.behaviour(13)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [("INTERSECTION", {"audit"}), ("DIFFERENCE", {"log-archive"}), ("NONE", {"audit", "log-archive"})],
)
def test_account_filters(deployment: Deployment, kind: str, expected: set[str]) -> None:
    listed = {} if kind == "NONE" else {"Accounts": [deployment.sandbox.account_id("audit")]}
    deployment.deploy(deployment.unit("Security"), targets={**listed, "AccountFilterType": kind})
    assert set(deployment.statuses()) == expected


@pytest.mark.behaviour(13)
def test_union_is_not_for_creation_and_accounts_may_come_from_a_bucket(deployment: Deployment) -> None:
    account = deployment.sandbox.account_id("audit")
    union = {"Accounts": [account], "AccountFilterType": "UNION"}
    assert refused(deployment.begin, action="create_stack_instances", targets=union)[0] == "ValidationError"
    s3 = deployment.sandbox.client("s3")
    s3.create_bucket(Bucket="lists")
    s3.put_object(Bucket="lists", Key="accounts.csv", Body=f"{account}\n".encode())
    url = f"https://lists.s3.{REGION}.amazonaws.com/accounts.csv"
    deployment.deploy(targets={"AccountsUrl": url, "AccountFilterType": "INTERSECTION"})
    assert set(deployment.statuses()) == {"audit"}


@pytest.mark.behaviour(14)
@pytest.mark.parametrize("action", ["create_stack_instances", "delete_stack_instances"])
def test_accounts_in_place_of_units_are_refused(deployment: Deployment, action: str) -> None:
    given = {"Accounts": [deployment.sandbox.account_id("audit")], "Regions": [REGION]}
    more = {"RetainStacks": False} if action.startswith("delete") else {}
    call = getattr(deployment.cloudformation, action)
    code, message = refused(call, StackSetName=deployment.name, **given, **more)
    assert code == "ValidationError"
    assert message == "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target"


@pytest.mark.behaviour(15)
def test_deletion_by_unit_deletes_what_is_in_it(deployment: Deployment) -> None:
    deployment.deploy()
    deployment.run("delete_stack_instances", deployment.unit("Security"), RetainStacks=False)
    assert {"audit", "log-archive"}.isdisjoint(deployment.statuses())
    assert "network" in deployment.statuses()
    assert refused(deployment.iam("audit").get_role, RoleName="ResponseRole")[0] == "NoSuchEntity"


@pytest.mark.behaviour(16)
def test_a_retained_stack_stays_with_its_resources(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    deployment.run("delete_stack_instances", deployment.unit("Security"), RetainStacks=True)
    assert deployment.statuses() == {}
    assert deployment.iam("audit").get_role(RoleName="ResponseRole")
    (stack,) = deployment.sandbox.client_of("cloudformation", "audit").describe_stacks()["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.behaviour(17)
def test_an_update_changes_what_is_deployed_and_what_will_be(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    deployment.update(TemplateBody=template("second", MaxSessionDuration=7200))
    role = deployment.iam("audit").get_role(RoleName="ResponseRole")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("second", 7200)
    deployment.deploy(deployment.unit("Infrastructure"))
    assert deployment.iam("network").get_role(RoleName="ResponseRole")["Role"]["Description"] == "second"


@pytest.mark.behaviour(17)
def test_an_update_of_some_units_leaves_the_rest_outdated(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"), deployment.unit("Infrastructure"))
    targets = {"OrganizationalUnitIds": [deployment.unit("Security")]}
    deployment.update(TemplateBody=template("second"), DeploymentTargets=targets, Regions=[REGION])
    assert deployment.statuses()["audit"] == ("CURRENT", "SUCCEEDED")
    assert deployment.statuses()["network"][0] == "OUTDATED"
    both = {"AutoDeployment": {"Enabled": False}, "DeploymentTargets": targets, "Regions": [REGION]}
    call = deployment.cloudformation.update_stack_set
    refusal = refused(call, StackSetName="response", UsePreviousTemplate=True, Capabilities=NAMED_IAM, **both)
    assert refusal[0] == "ValidationError"


@pytest.mark.behaviour(18, 19)
def test_names_are_checked(deployment: Deployment) -> None:
    assert refused(deployment.create)[0] == "NameAlreadyExistsException"
    for name in ("1st", "a" * 129, "with_underscore"):
        other = Deployment(deployment.sandbox, deployment.cloudformation, name)
        assert refused(other.create)[0] == "ValidationError"


@pytest.mark.behaviour(20)
def test_only_an_empty_stack_set_that_exists_is_deleted(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    delete = deployment.cloudformation.delete_stack_set
    assert refused(delete, StackSetName="response")[0] == "StackSetNotEmptyException"
    deployment.run("delete_stack_instances", deployment.unit("Security"), RetainStacks=False)
    delete(StackSetName="response")
    assert refused(delete, StackSetName="response")[0] == "StackSetNotFoundException"
    (summary,) = deployment.cloudformation.list_stack_sets(Status="DELETED")["Summaries"]
    assert summary["StackSetName"] == "response"


@pytest.mark.behaviour(21, 22)
def test_what_does_not_exist_is_not_found(deployment: Deployment) -> None:
    cloudformation = deployment.cloudformation
    missing = refused(cloudformation.describe_stack_set_operation, StackSetName="response", OperationId="none")
    assert missing[0] == "OperationNotFoundException"
    where = {"StackInstanceAccount": deployment.sandbox.account_id("audit"), "StackInstanceRegion": REGION}
    missing = refused(cloudformation.describe_stack_instance, StackSetName="response", **where)
    assert missing[0] == "StackInstanceNotFoundException"
    assert refused(cloudformation.describe_stack_set, StackSetName="none")[0] == "StackSetNotFoundException"


@pytest.mark.behaviour(23)
def test_a_stop_cancels_what_is_not_begun(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST))
    deployment.create()
    operation_id = deployment.begin("create_stack_instances", OperationPreferences={"MaxConcurrentCount": 1})
    deployment.cloudformation.stop_stack_set_operation(StackSetName="response", OperationId=operation_id)
    assert deployment.operation(operation_id)["Status"] == "STOPPING"
    deployment.sandbox.advance(hours=1)
    assert deployment.ended(operation_id)["Status"] == "STOPPED"
    found = [result["Status"] for result in deployment.results(operation_id).values()]
    assert found.count("CANCELLED") == len(found) - 1
    stop = deployment.cloudformation.stop_stack_set_operation
    again = refused(stop, StackSetName="response", OperationId=operation_id)
    assert again[0] == "InvalidOperationException"


@pytest.mark.behaviour(24)
def test_lists_are_paged_and_filtered(deployment: Deployment) -> None:
    in_the_way(deployment, "audit")
    operation = deployment.deploy()
    call = deployment.cloudformation.list_stack_instances
    first = call(StackSetName="response", MaxResults=3)
    assert (len(first["Summaries"]), "NextToken" in first) == (3, True)
    assert len(deployment.instances(PaginationConfig={"PageSize": 3})) == 11
    failed = [{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
    audit = deployment.sandbox.account_id("audit")
    assert set(deployment.instances(Filters=failed)) == {audit}
    assert set(deployment.instances(StackInstanceAccount=audit)) == {audit}
    assert deployment.instances(StackInstanceRegion="eu-west-1") == {}
    results = deployment.results(
        operation["OperationId"], Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}]
    )
    assert set(results) == {audit}
    assert refused(call, StackSetName="response", MaxResults=101)[0] == "ValidationError"


@pytest.mark.behaviour(25)
def test_results_and_instances_tell_how_they_came_about(deployment: Deployment) -> None:
    unit = deployment.unit("Security")
    operation = deployment.deploy(unit)
    account_id = deployment.sandbox.account_id("audit")
    result = deployment.results(operation["OperationId"])[account_id]
    assert (result["Status"], result["OrganizationalUnitId"]) == ("SUCCEEDED", unit)
    assert result["AccountGateResult"]["Status"] == "SKIPPED"
    instance = deployment.instances()[account_id]
    assert (instance["LastOperationId"], instance["OrganizationalUnitId"], instance["DriftStatus"]) == (
        operation["OperationId"],
        unit,
        "NOT_CHECKED",
    )
    assert operation["DeploymentTargets"]["OrganizationalUnitIds"] == [unit]
    assert operation["StatusDetails"]["FailedStackInstancesCount"] == 0


@pytest.mark.behaviour(26, 27)
def test_the_members_own_stack_is_the_instances(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    (stack,) = deployment.sandbox.client_of("cloudformation", "audit").describe_stacks()["Stacks"]
    account_id = deployment.sandbox.account_id("audit")
    assert stack["StackName"].startswith("StackSet-response-")
    assert [deployment.instances()[account_id]["StackId"] for _ in range(2)] == [stack["StackId"]] * 2
    other = deployment.instances()[deployment.sandbox.account_id("log-archive")]["StackId"]
    assert other.rsplit("/", 2)[1] != stack["StackName"]


@pytest.mark.behaviour(28)
def test_a_missing_capability_fails_the_instance(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    deployment.create(Capabilities=[])
    operation = deployment.deploy(deployment.unit("Security"))
    reasons = {result["StatusReason"] for result in deployment.results(operation["OperationId"]).values()}
    assert reasons == {"Requires capabilities : [CAPABILITY_NAMED_IAM]"}


@pytest.mark.behaviour(28)
def test_a_template_has_a_size(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    assert refused(deployment.create, body=template() + " " * 51_200)[0] == "ValidationError"


@pytest.mark.behaviour(31)
def test_auto_deployment_targets_are_told(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    answer = deployment.cloudformation.list_stack_set_auto_deployment_targets(StackSetName="response")
    assert answer["Summaries"] == [{"OrganizationalUnitId": deployment.unit("Security"), "Regions": [REGION]}]


@pytest.mark.behaviour(32)
def test_targeting_again_makes_only_what_is_missing(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"))
    before = deployment.instances()
    deployment.deploy()
    after = deployment.instances()
    assert {account: after[account]["StackId"] for account in before} == {
        account: instance["StackId"] for account, instance in before.items()
    }
    assert len(after) == 11


@pytest.mark.behaviour(33, 3)
def test_suspended_accounts_are_skipped_and_leave_only_with_their_stack_retained(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("demo")))
    deployment.create()
    unit = deployment.sandbox.world.account(deployment.sandbox.account_id("retired-2023")).parent_id  # type: ignore[union-attr]
    where = {"Accounts": [deployment.sandbox.account_id("retired-2023")], "AccountFilterType": "INTERSECTION"}
    operation = deployment.deploy(unit, targets=where, OperationPreferences={})
    assert operation["Status"] == "SUCCEEDED"
    assert deployment.statuses() == {"retired-2023": ("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT")}
    deployment.run("delete_stack_instances", unit, targets=where, RetainStacks=False)
    assert deployment.statuses()["retired-2023"][0] == "INOPERABLE"
    deployment.run("delete_stack_instances", unit, targets=where, RetainStacks=True)
    assert deployment.statuses() == {}


@pytest.mark.behaviour(34)
def test_a_role_is_made_and_updated_in_every_property(deployment: Deployment) -> None:
    inline = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    full: dict[str, Any] = {
        "MaxSessionDuration": 7200,
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
        "Policies": [{"PolicyName": "Inline", "PolicyDocument": inline}],
        "Tags": [{"Key": "owner", "Value": "security"}],
        "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }
    deployment.deploy(deployment.unit("Security"))
    deployment.update(TemplateBody=template("full", **full))
    iam = deployment.iam("audit")
    role = iam.get_role(RoleName="ResponseRole")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("full", 7200)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("ReadOnlyAccess")
    assert {"Key": "owner", "Value": "security"} in role["Tags"]
    (attached,) = iam.list_attached_role_policies(RoleName="ResponseRole")["AttachedPolicies"]
    assert attached["PolicyName"] == "SecurityAudit"
    assert iam.get_role_policy(RoleName="ResponseRole", PolicyName="Inline")["PolicyDocument"] == inline


@pytest.mark.behaviour(28)
@pytest.mark.parametrize(("section", "limit"), [("Resources", 500), ("Parameters", 200), ("Outputs", 200)])
def test_a_template_has_so_many_members(deployment: Deployment, section: str, limit: int) -> None:
    body = json.loads(template())
    member = {
        "Resources": {"Type": "AWS::IAM::Role"},
        "Parameters": {"Type": "String", "Default": ""},
        "Outputs": {"Value": "x"},
    }[section]
    body[section] = {f"M{number}": member for number in range(limit + 1)} | body.get(section, {})
    refusal = refused(deployment.cloudformation.validate_template, TemplateBody=json.dumps(body))
    assert f"is greater than maximum allowed, {limit}" in refusal[1]


@pytest.mark.behaviour(63)
def test_transforms_in_resources_are_refused_and_so_are_regions_that_there_are_not(deployment: Deployment) -> None:
    include: dict[str, Any] = {"Fn::Transform": {"Name": "AWS::Include"}}
    body = template(**include)
    update = {"StackSetName": "response", "TemplateBody": body, "Capabilities": NAMED_IAM}
    assert "do not support macros" in refused(deployment.cloudformation.update_stack_set, **update)[1]
    assert refused(deployment.begin, action="create_stack_instances", Regions=["mars-north-1"])[0] == "ValidationError"


@pytest.mark.behaviour(19)
@pytest.mark.parametrize("keys", [["aws:mine"], ["team", "team"]])
def test_tags_have_keys_of_their_own(sandbox: ServedSandbox, keys: list[str]) -> None:
    deployment = Deployment.of(sandbox)
    tags = [{"Key": key, "Value": "x"} for key in keys]
    assert refused(deployment.create, Tags=tags)[0] == "ValidationError"
