"""Who may work with stack sets, by which permissions and roles."""

from __future__ import annotations

import json

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, allow
from .cloud import (
    ADMINISTRATION,
    EXECUTION,
    NAMED_IAM,
    REGION,
    WIDE,
    Deployment,
    administered,
    refused,
    service_trust,
    template,
)

MEMBERS = "member.org.stacksets.cloudformation.amazonaws.com"


@pytest.mark.behaviour(8)
def test_call_as_decides_whose_stack_sets_a_call_is_about(sandbox: ServedSandbox) -> None:
    Deployment.of(sandbox).create()
    sandbox.client("organizations").register_delegated_administrator(
        AccountId=sandbox.account_id("audit"), ServicePrincipal=MEMBERS
    )
    audit = sandbox.client_of("cloudformation", "audit")
    assert audit.list_stack_sets()["Summaries"] == []
    listed = audit.list_stack_sets(CallAs="DELEGATED_ADMIN")["Summaries"]
    assert [entry["StackSetName"] for entry in listed] == ["response"]
    assert refused(audit.describe_stack_set, StackSetName="response")[0] == "StackSetNotFoundException"
    assert audit.describe_stack_set(StackSetName="response", CallAs="DELEGATED_ADMIN")["StackSet"]


@pytest.mark.behaviour(8)
def test_a_delegate_who_may_not_ask_who_is_one_is_told_to_be_none(start_sandbox: StartSandbox) -> None:
    scenario = load_scenario("clean").model_copy(update={"delegated_administrators": ["audit"]})
    sandbox = start_sandbox(scenario, enforce="all")
    iam = sandbox.client_of("iam", "audit")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    for actions, said in (
        (["cloudformation:*"], ("ValidationError", "Account used is not a delegated administrator")),
        (["cloudformation:*", "organizations:ListDelegatedAdministrators"], None),
    ):
        iam.put_user_policy(UserName="ada", PolicyName="P", PolicyDocument=json.dumps(allow(*actions)))
        ada = sandbox.client_as("cloudformation", key)
        if said:
            assert refused(ada.list_stack_sets, CallAs="DELEGATED_ADMIN") == said
        else:
            assert ada.list_stack_sets(CallAs="DELEGATED_ADMIN")["Summaries"] == []


@pytest.mark.behaviour(8, 10)
def test_a_delegated_administrator_deploys_from_the_management_account(sandbox: ServedSandbox) -> None:
    management = Deployment.of(sandbox)
    sandbox.client("organizations").register_delegated_administrator(
        AccountId=sandbox.account_id("audit"), ServicePrincipal=MEMBERS
    )
    audit = sandbox.client_of("cloudformation", "audit")
    audit.create_stack_set(
        StackSetName="response",
        TemplateBody=template(),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        Capabilities=NAMED_IAM,
        CallAs="DELEGATED_ADMIN",
    )
    answer = audit.create_stack_instances(
        StackSetName="response",
        DeploymentTargets={"OrganizationalUnitIds": [management.unit("Security")]},
        Regions=[REGION],
        OperationPreferences=WIDE,
        CallAs="DELEGATED_ADMIN",
    )
    assert management.ended(answer["OperationId"])["Status"] == "SUCCEEDED"
    arn = management.cloudformation.describe_stack_set(StackSetName="response")["StackSet"]["StackSetARN"]
    assert f":{sandbox.world.management_account()}:" in arn


@pytest.mark.behaviour(8, 10)
def test_other_members_are_told_what_they_are_not(sandbox: ServedSandbox) -> None:
    network = sandbox.client_of("cloudformation", "network")
    delegated = refused(network.list_stack_sets, CallAs="DELEGATED_ADMIN")
    assert delegated == ("ValidationError", "Account used is not a delegated administrator")
    given = {"StackSetName": "mine", "TemplateBody": template(), "PermissionModel": "SERVICE_MANAGED"}
    message = refused(network.create_stack_set, AutoDeployment={"Enabled": False}, Capabilities=NAMED_IAM, **given)[1]
    assert message.startswith("You must be the management account or delegated admin account of an organization")


@pytest.mark.behaviour(9)
def test_service_managed_stack_sets_need_trusted_access(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    cloudformation = deployment.cloudformation
    cloudformation.deactivate_organizations_access()
    assert cloudformation.describe_organizations_access()["Status"] == "DISABLED"
    message = refused(deployment.create)[1]
    assert message == "You must enable organizations access to operate a service managed stack set"
    organizations = sandbox.client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal=MEMBERS)
    assert refused(deployment.create)[1] == message
    plain = refused(organizations.enable_aws_service_access, ServicePrincipal="stacksets.cloudformation.amazonaws.com")
    assert "unrecognized service principal" in plain[1]
    cloudformation.activate_organizations_access()
    assert cloudformation.describe_organizations_access()["Status"] == "ENABLED"
    assert deployment.create()


@pytest.mark.behaviour(10)
def test_five_members_at_most_are_delegated(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    register = organizations.register_delegated_administrator
    names = ("audit", "log-archive", "network", "payments-api-prod", "payments-data-prod", "sandbox-ada")
    ids = [sandbox.account_id(name) for name in names]
    for account_id in ids[:5]:
        register(AccountId=account_id, ServicePrincipal=MEMBERS)
    sixth = refused(register, AccountId=ids[5], ServicePrincipal=MEMBERS)
    assert sixth[0] == "ConstraintViolationException"
    assert refused(register, AccountId=ids[0], ServicePrincipal=MEMBERS)[0] == "AccountAlreadyRegisteredException"
    listed = organizations.list_delegated_administrators(ServicePrincipal=MEMBERS)["DelegatedAdministrators"]
    assert {entry["Id"] for entry in listed} == set(ids[:5])
    deactivate = sandbox.client("cloudformation").deactivate_organizations_access
    assert refused(deactivate)[0] == "InvalidOperationException"


@pytest.mark.behaviour(10)
def test_the_management_account_is_not_delegated_and_trusted_access_comes_first(sandbox: ServedSandbox) -> None:
    register = sandbox.client("organizations").register_delegated_administrator
    management = refused(register, AccountId=sandbox.world.management_account(), ServicePrincipal=MEMBERS)
    assert management[0] == "ConstraintViolationException"
    sandbox.client("cloudformation").deactivate_organizations_access()
    early = refused(register, AccountId=sandbox.account_id("audit"), ServicePrincipal=MEMBERS)
    assert early[0] == "ConstraintViolationException"


def self_managed(sandbox: ServedSandbox, *accounts: str) -> tuple[Deployment, str]:
    """A self-managed stack set, and the operation that deployed it to accounts."""
    deployment = Deployment.of(sandbox)
    deployment.create(PermissionModel="SELF_MANAGED")
    answer = deployment.cloudformation.create_stack_instances(
        StackSetName=deployment.name,
        Accounts=[sandbox.account_id(name) for name in accounts],
        Regions=[REGION],
        OperationPreferences=WIDE,
    )
    deployment.ended(answer["OperationId"])
    return deployment, answer["OperationId"]


@pytest.mark.behaviour(61)
def test_self_managed_permissions_go_through_two_roles(sandbox: ServedSandbox) -> None:
    administered(sandbox, "audit", allow("iam:*", "cloudformation:*"))
    deployment, operation_id = self_managed(sandbox, "audit", "network")
    assert deployment.statuses() == {"audit": ("CURRENT", "SUCCEEDED"), "network": ("OUTDATED", "FAILED")}
    reason = deployment.results(operation_id)[sandbox.account_id("network")]["StatusReason"]
    expected = f"Account {sandbox.account_id('network')} should have '{EXECUTION}' role with trust relationship to Role"
    assert reason == f"{expected} '{ADMINISTRATION}'."
    described = deployment.cloudformation.describe_stack_set(StackSetName="response")["StackSet"]
    assert (described["PermissionModel"], described["ExecutionRoleName"]) == ("SELF_MANAGED", EXECUTION)


@pytest.mark.behaviour(61)
@pytest.mark.parametrize(
    ("allowed", "missing"), [("cloudformation:*", "iam:CreatePolicy"), ("iam:*", "cloudformation:CreateStack")]
)
def test_the_execution_roles_policies_decide_what_is_deployed(
    sandbox: ServedSandbox, allowed: str, missing: str
) -> None:
    administered(sandbox, "audit", allow(allowed))
    deployment, operation_id = self_managed(sandbox, "audit")
    result = deployment.results(operation_id)[sandbox.account_id("audit")]
    assert result["Status"] == "FAILED"
    assert f"assumed-role/{EXECUTION}" in result["StatusReason"]
    assert f"is not authorized to perform: {missing}" in result["StatusReason"]


@pytest.mark.behaviour(61)
def test_drift_is_looked_for_with_the_execution_roles_rights(sandbox: ServedSandbox) -> None:
    administered(sandbox, "audit", allow("iam:*", "cloudformation:CreateStack"))
    deployment, _ = self_managed(sandbox, "audit")
    operation = deployment.detect_drift()
    result = deployment.results(operation["OperationId"])[sandbox.account_id("audit")]
    assert result["Status"] == "FAILED"
    assert f"assumed-role/{EXECUTION}" in result["StatusReason"]
    assert "is not authorized to perform: cloudformation:DetectStackDrift" in result["StatusReason"]


@pytest.mark.behaviour(61)
def test_without_an_administration_role_its_account_is_named(sandbox: ServedSandbox) -> None:
    deployment, operation_id = self_managed(sandbox, "audit")
    management = sandbox.world.management_account()
    assert deployment.results(operation_id)[sandbox.account_id("audit")]["StatusReason"] == (
        f"Account {management} should have '{ADMINISTRATION}' role with trust relationship to CloudFormation service."
    )


@pytest.mark.behaviour(61)
def test_the_administration_role_may_be_kept_to_its_account_and_its_stack_sets(sandbox: ServedSandbox) -> None:
    administered(sandbox, "audit", allow("*"))
    management = sandbox.world.management_account()
    arn = f"arn:aws:cloudformation:*:{management}:stackset/*"
    document = service_trust(StringEquals={"aws:SourceAccount": management}, StringLike={"aws:SourceArn": arn})
    iam = sandbox.client("iam")
    iam.update_assume_role_policy(RoleName=ADMINISTRATION, PolicyDocument=json.dumps(document))
    deployment, _ = self_managed(sandbox, "audit")
    assert deployment.statuses() == {"audit": ("CURRENT", "SUCCEEDED")}


@pytest.mark.behaviour(61)
def test_missing_instances_are_told_and_the_permission_model_stays_while_there_are_any(sandbox: ServedSandbox) -> None:
    administered(sandbox, "audit", allow("*"))
    deployment, _ = self_managed(sandbox, "audit")
    cloudformation = deployment.cloudformation
    where = {"StackSetName": deployment.name, "Accounts": [sandbox.account_id("network")], "Regions": [REGION]}
    update = {"UsePreviousTemplate": True, "Capabilities": NAMED_IAM}
    assert refused(cloudformation.update_stack_instances, **where)[0] == "StackInstanceNotFoundException"
    assert refused(cloudformation.update_stack_set, **where, **update)[0] == "StackInstanceNotFoundException"
    both = {**where, "DeploymentTargets": {"Accounts": where["Accounts"]}}
    assert refused(cloudformation.update_stack_instances, **both)[0] == "ValidationError"
    other = {"StackSetName": deployment.name, "PermissionModel": "SERVICE_MANAGED", **update}
    assert "cannot be changed" in refused(cloudformation.update_stack_set, **other)[1]
    where["Accounts"] = [sandbox.account_id("audit")]
    deployment.ended(cloudformation.delete_stack_instances(**where, RetainStacks=False)["OperationId"])
    cloudformation.update_stack_set(**other)
    described = cloudformation.describe_stack_set(StackSetName=deployment.name)["StackSet"]
    assert described["PermissionModel"] == "SERVICE_MANAGED"


@pytest.mark.behaviour(8)
def test_delegates_have_nothing_to_do_with_self_managed_stack_sets(sandbox: ServedSandbox) -> None:
    Deployment.of(sandbox).create(PermissionModel="SELF_MANAGED")
    organizations = sandbox.client("organizations")
    organizations.register_delegated_administrator(AccountId=sandbox.account_id("audit"), ServicePrincipal=MEMBERS)
    delegate = sandbox.client_of("cloudformation", "audit")
    mine = {"StackSetName": "response", "CallAs": "DELEGATED_ADMIN"}
    assert refused(delegate.describe_stack_set, **mine)[0] == "StackSetNotFoundException"
    assert refused(delegate.delete_stack_set, **mine)[0] == "StackSetNotFoundException"
    new = {**mine, "StackSetName": "other", "TemplateBody": template(), "PermissionModel": "SELF_MANAGED"}
    assert refused(delegate.create_stack_set, **new)[0] == "ValidationError"


@pytest.mark.behaviour(61)
def test_self_managed_stack_sets_take_accounts_and_no_auto_deployment(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    given = {"PermissionModel": "SELF_MANAGED", "AutoDeployment": {"Enabled": True}}
    assert refused(deployment.create, **given)[0] == "ValidationError"
    deployment.create(PermissionModel="SELF_MANAGED")
    units = refused(deployment.begin, action="create_stack_instances")
    assert units[0] == "ValidationError"


@pytest.mark.behaviour(62)
def test_an_account_without_the_execution_role_fails_in_awss_words(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    deployment.create()
    deployment.deploy(deployment.unit("Security"))
    iam = deployment.iam("audit")
    (name,) = [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("stacksets-exec-")]
    iam.detach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.delete_role(RoleName=name)
    operation = deployment.update(TemplateBody=template("second"))
    reason = deployment.results(operation["OperationId"])[sandbox.account_id("audit")]["StatusReason"]
    assert reason == (
        f"Account {sandbox.account_id('audit')} should have '{name}' role with trust relationship to Role "
        "'aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin'."
    )


@pytest.mark.behaviour(62)
def test_stack_sets_roles_are_made_and_their_trust_counts(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    deployment.create()
    deployment.deploy(deployment.unit("Security"))
    linked = "AWSServiceRoleForCloudFormationStackSetsOrg"
    assert sandbox.client("iam").get_role(RoleName=f"{linked}Admin")
    iam = deployment.iam("audit")
    assert iam.get_role(RoleName=f"{linked}Member")["Role"]["Path"].startswith("/aws-service-role/member.org.stacksets")
    (name,) = [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("stacksets-exec-")]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(service_trust()))
    operation = deployment.update(TemplateBody=template("second"))
    reason = deployment.results(operation["OperationId"])[sandbox.account_id("audit")]["StatusReason"]
    assert reason.startswith(f"Account {sandbox.account_id('audit')} should have '{name}' role")


@pytest.mark.behaviour(57)
def test_an_scp_hits_stack_sets_own_role(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    statement = {"Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*"}
    organizations = sandbox.client("organizations")
    policy = organizations.create_policy(
        Name="NoRoles",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=policy["Id"], TargetId=sandbox.account_id("audit"))
    deployment.create()
    operation = deployment.deploy(deployment.unit("Security"))
    assert deployment.statuses() == {"audit": ("OUTDATED", "FAILED"), "log-archive": ("CURRENT", "SUCCEEDED")}
    reason = deployment.results(operation["OperationId"])[sandbox.account_id("audit")]["StatusReason"]
    assert "assumed-role/stacksets-exec-" in reason
    assert "is not authorized to perform: iam:CreateRole" in reason
    assert "with an explicit deny in a service control policy" in reason
    policies = deployment.iam("audit").list_policies(Scope="Local")["Policies"]
    assert policies == []


@pytest.mark.behaviour(63)
def test_macros_and_nested_stacks_are_refused(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    nested = json.dumps({"Resources": {"A": {"Type": "AWS::CloudFormation::Stack"}}})
    assert refused(deployment.create, body=nested)[0] == "ValidationError"
    macro = json.loads(template()) | {"Transform": "AWS::Serverless-2016-10-31"}
    assert refused(deployment.create, body=json.dumps(macro))[0] == "ValidationError"
