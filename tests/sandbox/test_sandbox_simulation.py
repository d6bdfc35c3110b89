"""SimulatePrincipalPolicy and SimulateCustomPolicy, through boto3 and the gateway."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.sandbox.scenario import load_scenario

from .conftest import StartSandbox
from .served import ServedSandbox, allow, trust

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
SNAPSHOTS = ["ec2:CreateSnapshot", "ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock"]


@pytest.fixture
def demo(start_sandbox: StartSandbox) -> ServedSandbox:
    return start_sandbox(load_scenario("demo"))


def deploy(sandbox: ServedSandbox, account: str, policy: object, **options: Any) -> str:
    iam = sandbox.client_of("iam", account)
    document = json.dumps(trust(PLATFORM))
    arn = iam.create_role(RoleName="CadoResponseRole", AssumeRolePolicyDocument=document, **options)["Role"]["Arn"]
    iam.put_role_policy(RoleName="CadoResponseRole", PolicyName="Response", PolicyDocument=json.dumps(policy))
    return str(arn)


def simulate(sandbox: ServedSandbox, arn: str, *actions: str, **options: Any) -> list[dict[str, Any]]:
    """As the role itself, the way the roll call asks."""
    credentials = sandbox.client("sts", "platform").assume_role(RoleArn=arn, RoleSessionName="roll-call")["Credentials"]
    iam = sandbox.client_as("iam", credentials)
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn, ActionNames=list(actions), **options
    )
    return [result for page in pages for result in page["EvaluationResults"]]


def decisions(results: list[dict[str, Any]]) -> dict[str, str]:
    return {result["EvalActionName"]: result["EvalDecision"] for result in results}


def test_an_action_is_allowed_only_if_a_policy_of_the_role_allows_it(demo: ServedSandbox) -> None:
    arn = deploy(demo, "audit", allow("iam:SimulatePrincipalPolicy", "ec2:Describe*"))
    results = simulate(demo, arn, "ec2:DescribeInstances", "ec2:CreateSnapshot")
    assert decisions(results) == {"ec2:DescribeInstances": "allowed", "ec2:CreateSnapshot": "implicitDeny"}
    assert results[0]["MatchedStatements"] == [{"SourcePolicyId": "Response", "SourcePolicyType": "role"}]
    assert results[1]["MatchedStatements"] == []
    assert all(result["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for result in results)


def test_an_scp_takes_away_what_the_role_has_and_is_named_as_the_organizations_doing(demo: ServedSandbox) -> None:
    arn = deploy(demo, "locked-down", allow("*"))
    results = simulate(demo, arn, *SNAPSHOTS, "ec2:DescribeSnapshots")
    denied = dict.fromkeys(SNAPSHOTS, "explicitDeny")
    assert decisions(results) == denied | {"ec2:DescribeSnapshots": "allowed"}
    organizations = [result["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for result in results]
    assert organizations == [False, False, False, False, True]
    assert results[0]["MatchedStatements"] == []  # the statements of SCPs are never told


def test_the_management_account_knows_no_scps(demo: ServedSandbox) -> None:
    iam = demo.client("iam")
    document = json.dumps(trust(PLATFORM))
    arn = iam.create_role(RoleName="CadoResponseRole", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="CadoResponseRole", PolicyName="All", PolicyDocument=json.dumps(allow("*")))
    (result,) = simulate(demo, arn, "organizations:LeaveOrganization")
    assert result["EvalDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in result


def test_a_boundary_limits_and_says_so(demo: ServedSandbox) -> None:
    iam = demo.client_of("iam", "audit")
    boundary = json.dumps(allow("iam:SimulatePrincipalPolicy"))
    boundary_arn = iam.create_policy(PolicyName="Edge", PolicyDocument=boundary)["Policy"]["Arn"]
    arn = deploy(demo, "audit", allow("*"), PermissionsBoundary=boundary_arn)
    (result,) = simulate(demo, arn, "ec2:CreateSnapshot")
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_an_attached_managed_policy_counts_and_is_named(demo: ServedSandbox) -> None:
    arn = deploy(demo, "audit", allow("iam:SimulatePrincipalPolicy"))
    iam = demo.client_of("iam", "audit")
    policy = iam.create_policy(PolicyName="Ebs", PolicyDocument=json.dumps(allow("ec2:CreateSnapshot")))
    iam.attach_role_policy(RoleName="CadoResponseRole", PolicyArn=policy["Policy"]["Arn"])
    iam.attach_role_policy(RoleName="CadoResponseRole", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    results = simulate(demo, arn, "ec2:CreateSnapshot", "s3:GetObject")
    assert decisions(results) == {"ec2:CreateSnapshot": "allowed", "s3:GetObject": "allowed"}
    sources = [result["MatchedStatements"][0] for result in results]
    assert sources == [
        {"SourcePolicyId": "Ebs", "SourcePolicyType": "user-managed"},
        {"SourcePolicyId": "AmazonS3ReadOnlyAccess", "SourcePolicyType": "aws-managed"},
    ]


def test_one_result_an_action_with_the_strictest_of_its_resources(demo: ServedSandbox) -> None:
    policy = allow("s3:GetObject", resource="arn:aws:s3:::logs/*")
    arn = deploy(demo, "audit", policy)
    demo.client_of("iam", "audit").put_role_policy(
        RoleName="CadoResponseRole",
        PolicyName="Ask",
        PolicyDocument=json.dumps(allow("iam:SimulatePrincipalPolicy")),
    )
    resources = ["arn:aws:s3:::logs/a", "arn:aws:s3:::other/a"]
    (result,) = simulate(demo, arn, "s3:GetObject", ResourceArns=resources)
    assert result["EvalDecision"] == "implicitDeny"
    specific = {item["EvalResourceName"]: item["EvalResourceDecision"] for item in result["ResourceSpecificResults"]}
    assert specific == {resources[0]: "allowed", resources[1]: "implicitDeny"}


def test_a_missing_context_key_denies_and_is_named(demo: ServedSandbox) -> None:
    policy = allow("iam:SimulatePrincipalPolicy", "ec2:StartInstances")
    policy["Statement"][0]["Condition"] = {"StringEquals": {"ec2:Region": "eu-west-1"}}
    arn = deploy(demo, "audit", allow("iam:SimulatePrincipalPolicy"))
    demo.client_of("iam", "audit").put_role_policy(
        RoleName="CadoResponseRole", PolicyName="Conditional", PolicyDocument=json.dumps(policy)
    )
    (result,) = simulate(demo, arn, "ec2:StartInstances")
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["ec2:Region"])
    entry = {"ContextKeyName": "ec2:Region", "ContextKeyValues": ["eu-west-1"], "ContextKeyType": "string"}
    (result,) = simulate(demo, arn, "ec2:StartInstances", ContextEntries=[entry])
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_results_come_in_pages_that_lose_nothing(demo: ServedSandbox) -> None:
    arn = deploy(demo, "audit", allow("iam:SimulatePrincipalPolicy"))
    actions = [f"ec2:Describe{number}" for number in range(25)]
    page = demo.client_of("iam", "audit").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=actions, MaxItems=10
    )
    assert (len(page["EvaluationResults"]), page["IsTruncated"]) == (10, True)
    results = simulate(demo, arn, *actions, PaginationConfig={"PageSize": 10})
    assert [result["EvalActionName"] for result in results] == actions


def test_a_role_without_the_permission_may_not_simulate(demo: ServedSandbox) -> None:
    arn = deploy(demo, "audit", allow("ec2:*"))
    with pytest.raises(ClientError) as caught:
        simulate(demo, arn, "ec2:DescribeInstances")
    session = f"arn:aws:sts::{demo.account_id('audit')}:assumed-role/CadoResponseRole/roll-call"
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "AccessDenied",
        "Message": f"User: {session} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: {arn} "
        "because no identity-based policy allows the iam:SimulatePrincipalPolicy action",
    }


def test_an_scp_can_forbid_simulating(demo: ServedSandbox) -> None:
    arn = deploy(demo, "audit", allow("*"))
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "iam:Simulate*", "Resource": "*"}],
    }
    organizations = demo.client("organizations")
    policy_id = organizations.create_policy(
        Name="NoSimulation", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(document)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy_id, TargetId=demo.account_id("audit"))
    with pytest.raises(ClientError, match="with an explicit deny in a service control policy"):
        simulate(demo, arn, "ec2:DescribeInstances")


def test_a_principal_of_another_account_or_none_is_an_error(demo: ServedSandbox) -> None:
    iam = demo.client("iam")
    management = demo.world.management_account()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{management}:role/Nobody", ActionNames=["ec2:RunInstances"]
        )
    with pytest.raises(ClientError, match="InvalidInput"):
        iam.simulate_principal_policy(PolicySourceArn=PLATFORM, ActionNames=["ec2:RunInstances"])


def test_excluded_policies_do_not_count(demo: ServedSandbox) -> None:
    arn = deploy(demo, "locked-down", allow("*"))
    (with_scp,) = simulate(demo, arn, "ec2:CreateSnapshot")
    (without,) = simulate(demo, arn, "ec2:CreateSnapshot", PolicyExclusionList=[{"PolicyType": "scp"}])
    assert (with_scp["EvalDecision"], without["EvalDecision"]) == ("explicitDeny", "allowed")


def test_a_custom_policy_is_weighed_with_given_scp_levels(demo: ServedSandbox) -> None:
    levels = [
        {"ServiceControlPolicyInputList": [json.dumps(allow("*"))]},
        {"ServiceControlPolicyInputList": [json.dumps(allow("s3:*"))]},
    ]
    answer = demo.client("iam").simulate_custom_policy(
        PolicyInputList=[json.dumps(allow("*"))],
        ActionNames=["s3:GetObject", "ec2:RunInstances"],
        OrderedOrganizationPolicyInputList=levels,
    )
    assert decisions(answer["EvaluationResults"]) == {"s3:GetObject": "allowed", "ec2:RunInstances": "implicitDeny"}
