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


def sources(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Whose statements decided: id and type."""
    return [(match["SourcePolicyId"], match["SourcePolicyType"]) for match in result["MatchedStatements"]]


def test_an_action_is_allowed_only_if_a_policy_of_the_role_allows_it(demo: ServedSandbox) -> None:
    arn = deploy(demo, "audit", allow("iam:SimulatePrincipalPolicy", "ec2:Describe*"))
    results = simulate(demo, arn, "ec2:DescribeInstances", "ec2:CreateSnapshot")
    assert decisions(results) == {"ec2:DescribeInstances": "allowed", "ec2:CreateSnapshot": "implicitDeny"}
    assert sources(results[0]) == [("Response", "role")]
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
    assert [sources(result) for result in results] == [
        [("Ebs", "user-managed")],
        [("AmazonS3ReadOnlyAccess", "aws-managed")],
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


@pytest.fixture
def iam(demo: ServedSandbox) -> Any:
    """IAM of a member account with a user, ada, and a group of hers, each with a policy of the same name."""
    iam = demo.client_of("iam", "audit")
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="people")
    iam.add_user_to_group(UserName="ada", GroupName="people")
    iam.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=json.dumps(allow("sqs:*")))
    iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=json.dumps(allow("s3:*")))
    return iam


def arn_of(demo: ServedSandbox, resource: str) -> str:
    return f"arn:aws:iam::{demo.account_id('audit')}:{resource}"


def asked(iam: Any, source: str, *actions: str, **options: Any) -> list[dict[str, Any]]:
    answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=list(actions), **options)
    return list(answer["EvaluationResults"])


def error_of(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def test_a_group_may_be_the_source_and_its_policies_are_told_as_its_own(demo: ServedSandbox, iam: Any) -> None:
    results = asked(iam, arn_of(demo, "group/people"), "s3:GetObject", "sqs:SendMessage")
    assert decisions(results) == {"s3:GetObject": "allowed", "sqs:SendMessage": "implicitDeny"}
    assert sources(results[0]) == [("own", "group")]
    theirs, hers = asked(iam, arn_of(demo, "user/ada"), "s3:GetObject", "sqs:SendMessage")
    assert (sources(theirs), sources(hers)) == ([("own", "group")], [("own", "user")])
    document = allow("s3:*")
    document["Statement"][0]["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}
    iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=json.dumps(document))
    for source in ("group/people", "user/ada"):
        keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn_of(demo, source))["ContextKeyNames"]
        assert keys == ["aws:SecureTransport"]
    missing = error_of(iam.get_context_keys_for_principal_policy, PolicySourceArn=arn_of(demo, "group/others"))
    assert missing == "NoSuchEntity"


def test_the_service_control_policies_hold_for_a_groups_simulation_too(demo: ServedSandbox) -> None:
    iam = demo.client_of("iam", "locked-down")
    group = iam.create_group(GroupName="people")["Group"]["Arn"]
    iam.put_group_policy(GroupName="people", PolicyName="all", PolicyDocument=json.dumps(allow("*")))
    (result,) = asked(iam, group, "ec2:CreateSnapshot")
    assert result["EvalDecision"] == "explicitDeny"


def test_a_service_linked_role_heeds_no_service_control_policy(demo: ServedSandbox) -> None:
    iam = demo.client_of("iam", "locked-down")
    linked = iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")["Role"]["Arn"]
    (result,) = asked(iam, linked, "ec2:CreateSnapshot", PolicyInputList=[json.dumps(allow("*"))])
    assert result["EvalDecision"] == "allowed"


def test_the_answers_resource_is_a_form_and_not_what_was_asked_for(demo: ServedSandbox, iam: Any) -> None:
    (result,) = asked(iam, arn_of(demo, "user/ada"), "s3:GetObject", ResourceArns=["arn:aws:s3:::b/k"])
    assert result["EvalResourceName"] == "*"
    assert [specific["EvalResourceName"] for specific in result["ResourceSpecificResults"]] == ["arn:aws:s3:::b/k"]


def test_a_matched_statement_is_told_with_its_place(demo: ServedSandbox) -> None:
    statements = [
        '{"Effect":"Allow","Action":"s3:*","Resource":"*"}',
        '{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}',
    ]
    text = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    ' + ",\n    ".join(statements) + "\n  ]\n}"
    single = '{"Statement": ' + statements[0] + ', "Version": "2012-10-17"}'
    answer = demo.client("iam").simulate_custom_policy(
        PolicyInputList=[text, single], ActionNames=["s3:PutObject", "s3:GetObject"]
    )
    put, get = (result["MatchedStatements"] for result in answer["EvaluationResults"])
    assert put == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "none",
            "StartPosition": {"Line": 5, "Column": 5},
            "EndPosition": {"Line": 5, "Column": 4 + len(statements[1])},
        }
    ]
    places = [(match["SourcePolicyId"], match["StartPosition"]) for match in get]
    first, second = ({"Line": 4, "Column": 5}, {"Line": 1, "Column": 15})
    assert places == [("PolicyInputList.1", first), ("PolicyInputList.2", second)]


def test_a_resource_policy_is_for_users_and_never_a_trust_policy(demo: ServedSandbox, iam: Any) -> None:
    ada, table = arn_of(demo, "user/ada"), f"arn:aws:dynamodb:us-east-1:{demo.account_id('audit')}:table/t"
    statement = {"Effect": "Allow", "Principal": {"AWS": ada}, "Action": "dynamodb:*", "Resource": "*"}
    given = {"ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "ResourceArns": [table]}
    (result,) = asked(iam, ada, "dynamodb:GetItem", **given)
    assert (result["EvalDecision"], sources(result)) == ("allowed", [("ResourcePolicy", "resource")])
    iam.create_user(UserName="bob")
    (result,) = asked(iam, arn_of(demo, "user/bob"), "dynamodb:GetItem", **given)
    assert result["EvalDecision"] == "implicitDeny"
    (result,) = asked(iam, arn_of(demo, "user/bob"), "dynamodb:GetItem", CallerArn=ada, **given)
    assert result["EvalDecision"] == "allowed"
    role = arn_of(demo, "role/OrganizationAccountAccessRole")
    call = iam.simulate_principal_policy
    assert error_of(call, PolicySourceArn=role, ActionNames=["dynamodb:GetItem"], **given) == "InvalidInput"
    assert error_of(call, PolicySourceArn=arn_of(demo, "group/people"), ActionNames=["sns:Publish"], **given)
    refusing = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
    trusting = {
        "ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [refusing]}),
        "ResourceArns": [role],
    }
    iam.put_user_policy(UserName="ada", PolicyName="sts", PolicyDocument=json.dumps(allow("sts:*")))
    assume, tag = asked(iam, ada, "sts:AssumeRole", "sts:TagSession", **trusting)
    assert (assume["EvalDecision"], tag["EvalDecision"]) == ("allowed", "explicitDeny")


def test_across_accounts_both_the_policies_and_the_resources_must_allow(demo: ServedSandbox, iam: Any) -> None:
    ada = arn_of(demo, "user/ada")
    statement = {"Effect": "Allow", "Principal": {"AWS": ada}, "Action": "sns:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Action": ["sns:*", "s3:*"]}]})
    ours, theirs = demo.account_id("audit"), "111111111111"
    given = {"ResourcePolicy": policy, "ResourceArns": ["arn:aws:s3:::b"]}
    for owner, decision in ((ours, "allowed"), (theirs, "implicitDeny")):
        results = asked(iam, ada, "sns:Publish", "s3:ListBucket", ResourceOwner=owner, **given)
        assert decisions(results) == {"sns:Publish": decision, "s3:ListBucket": "allowed"}
    topic = {"ResourcePolicy": policy, "ResourceArns": [f"arn:aws:sns:us-east-1:{theirs}:t"]}
    (result,) = asked(iam, ada, "sns:Publish", **topic)
    assert result["EvalDecision"] == "implicitDeny"


@pytest.mark.parametrize(
    "options",
    [
        {"ActionNames": ["s3:*"]},
        {"ActionNames": ["s3:Get?bject"]},
        {"ActionNames": ["GetObject"]},
        {"ResourceArns": ["bucket"]},
        {"CallerArn": "arn:aws:sts::111111111111:assumed-role/R/s"},
        {"CallerArn": "ec2.amazonaws.com"},
        {"PermissionsBoundaryPolicyInputList": [json.dumps(allow("s3:*"))] * 2},
        {"PolicyExclusionList": [{"PolicyArn": "not-the-arn-of-a-policy"}]},
        {"ResourceOwner": "nobody"},
    ],
)
def test_what_cannot_be_simulated_is_refused(demo: ServedSandbox, iam: Any, options: dict[str, Any]) -> None:
    given = {"PolicySourceArn": arn_of(demo, "user/ada"), "ActionNames": ["s3:GetObject"]}
    assert iam.simulate_principal_policy(**given)["EvaluationResults"]
    assert error_of(iam.simulate_principal_policy, **given | options) == "InvalidInput"


def test_a_custom_policy_with_a_resource_policy_needs_a_caller(demo: ServedSandbox) -> None:
    given = {"PolicyInputList": [json.dumps(allow("s3:*"))], "ActionNames": ["s3:GetObject"]}
    resource = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")["Statement"][0] | {"Principal": "*"}]})
    simulate = demo.client("iam").simulate_custom_policy
    assert error_of(simulate, ResourcePolicy=resource, **given) == "InvalidInput"
    caller = f"arn:aws:iam::{demo.world.management_account()}:user/admin"
    assert simulate(ResourcePolicy=resource, CallerArn=caller, **given)["EvaluationResults"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:PrincipalAccount", "{account}"),
        ("aws:PrincipalId", "AIDA*"),
        ("aws:PrincipalType", "User"),
        ("aws:Type", "User"),
        ("aws:UserId", "AIDA*"),
        ("aws:UserName", "ada"),
        ("aws:PrincipalOrgID", "{organization}"),
        ("aws:PrincipalOrgMasterAccountId", "{management}"),
    ],
)
def test_the_principals_keys_are_filled_in(demo: ServedSandbox, iam: Any, key: str, value: str) -> None:
    world = demo.world
    filled = value.format(
        account=demo.account_id("audit"), organization=world.organization_id(), management=world.management_account()
    )
    document = allow("sns:Publish")
    document["Statement"][0]["Condition"] = {"StringLike": {key: filled}}
    (result,) = asked(iam, arn_of(demo, "user/ada"), "sns:Publish", PolicyInputList=[json.dumps(document)])
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])
