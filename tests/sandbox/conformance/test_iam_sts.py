"""AssumeRole, authorization and policy simulation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, allow, trust
from .cloud import Deployment, refused

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
NAME = "CadoResponseRole"


def role(sandbox: ServedSandbox, document: Mapping[str, Any], account: str = "audit", **options: Any) -> str:
    """A role that the platform may ask for, and its ARN."""
    iam = sandbox.client_of("iam", account)
    made = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(document), **options)["Role"]
    return str(made["Arn"])


def assume(sandbox: ServedSandbox, arn: str, **params: Any) -> dict[str, Any]:
    given = {"RoleSessionName": "tests", **params}
    answer: dict[str, Any] = sandbox.client("sts", "platform").assume_role(RoleArn=arn, **given)
    return answer


def denied(sandbox: ServedSandbox, arn: str, **params: Any) -> bool:
    call = sandbox.client("sts", "platform").assume_role
    code, _ = refused(call, RoleArn=arn, **{"RoleSessionName": "tests", **params})
    return code == "AccessDenied"


@pytest.mark.behaviour(40)
def test_a_missing_role_is_refused_like_one_that_refuses(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust("arn:aws:iam::999999999999:root"))
    call = sandbox.client("sts", "platform").assume_role
    texts = []
    nowhere = arn.replace(sandbox.account_id("audit"), "999999999999")
    for name in (arn, arn.replace(NAME, "xCadoResponse"), nowhere, arn.replace(":role/", ":role/path/")):
        code, message = refused(call, RoleArn=name, RoleSessionName="tests")
        assert name in message
        texts.append((code, message.replace(name, "")))
    assert len(set(texts)) == 1
    assert texts[0][0] == "AccessDenied"


@pytest.mark.behaviour(40)
def test_a_session_is_no_longer_than_the_role_allows_and_one_hour_in_a_chain(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM), MaxSessionDuration=7200)
    call = sandbox.client("sts", "platform").assume_role
    message = refused(call, RoleArn=arn, RoleSessionName="tests", DurationSeconds=3601)[1]
    assert message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )
    document = json.dumps(trust(f"arn:aws:iam::{sandbox.world.management_account()}:root"))
    short = sandbox.client("iam").create_role(RoleName="Short", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    admin = sandbox.client("sts").assume_role
    message = refused(admin, RoleArn=short, RoleSessionName="tests", DurationSeconds=7200)[1]
    assert message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@pytest.mark.behaviour(40)
def test_session_policies_limit_and_are_limited(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM))
    sandbox.client_of("iam", "audit").put_role_policy(
        RoleName=NAME, PolicyName="All", PolicyDocument=json.dumps(allow("iam:*"))
    )
    only = json.dumps(allow("iam:GetRole"))
    answer = assume(sandbox, arn, Policy=only)
    assert answer["PackedPolicySize"] > 0
    simulate = sandbox.client_as("iam", answer["Credentials"]).simulate_principal_policy
    assert refused(simulate, PolicySourceArn=arn, ActionNames=["iam:GetRole"])[0] == "AccessDenied"


@pytest.mark.behaviour(40)
def test_session_policies_have_a_length_and_a_number_and_tags_count_for_themselves(sandbox: ServedSandbox) -> None:
    document = trust(PLATFORM)
    document["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
    arn = role(sandbox, document)
    call = partial(sandbox.client("sts", "platform").assume_role, RoleArn=arn, RoleSessionName="tests")
    fits = sized_policy(2_048)
    small, large = (call(Policy=text)["PackedPolicySize"] for text in (json.dumps(allow("s3:*")), fits))
    assert 0 < small < large <= 100
    code, message = refused(call, Policy=sized_policy(2_049))
    assert code == "ValidationError"
    assert "'policy' failed to satisfy constraint: Member must have length less than or equal to 2048" in message
    managed = sandbox.client_of("iam", "audit").create_policy(PolicyName="P", PolicyDocument=json.dumps(allow("s3:*")))
    given = {"arn": managed["Policy"]["Arn"]}
    assert call(PolicyArns=[given] * 10)["Credentials"]
    code, message = refused(call, PolicyArns=[given] * 11)
    assert code == "ValidationError"
    assert "'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10" in message
    assert call(Policy=fits, Tags=[{"Key": "case", "Value": digest(0)}])["PackedPolicySize"] > large
    noise = [{"Key": f"{n}-{digest(n)}", "Value": digest(n + 50) * 4} for n in range(50)]
    code, message = refused(call, Tags=noise)
    assert code == "PackedPolicyTooLarge"
    assert "of allotted space" in message


def digest(number: int) -> str:
    """Text that does not pack well."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def sized_policy(size: int) -> str:
    policy = allow("s3:GetObject", resource="arn:aws:s3:::")
    policy["Statement"][0]["Resource"] += "a" * (size - len(json.dumps(policy)))
    return json.dumps(policy)


@pytest.mark.behaviour(40)
@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "case", "Value": "7"}, {"Key": "Case", "Value": "8"}],
        [{"Key": "case", "Value": "7"}, {"Key": "case", "Value": "7"}],
        [{"Key": "aws:case", "Value": "7"}],
    ],
    ids=["case", "twice", "reserved"],
)
def test_the_keys_of_session_tags_differ_by_more_than_case(sandbox: ServedSandbox, tags: list[dict[str, str]]) -> None:
    document = trust(PLATFORM)
    document["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
    arn = role(sandbox, document)
    call = sandbox.client("sts", "platform").assume_role
    assert refused(call, RoleArn=arn, RoleSessionName="tests", Tags=tags)[0] == "InvalidParameterValue"
    once = [{"Key": "case", "Value": "7"}]
    assert call(RoleArn=arn, RoleSessionName="tests", Tags=once, TransitiveTagKeys=["Case"])["Credentials"]


@pytest.mark.behaviour(40)
def test_a_source_identity_and_tags_need_their_own_permission_in_the_trust(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM))
    assert denied(sandbox, arn, SourceIdentity="ada")
    assert denied(sandbox, arn, Tags=[{"Key": "case", "Value": "7"}])
    document = trust(PLATFORM)
    document["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
    document["Statement"][0]["Condition"] = {"StringEquals": {"aws:RequestTag/case": "7"}}
    sandbox.client_of("iam", "audit").update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(document))
    assert assume(sandbox, arn, Tags=[{"Key": "case", "Value": "7"}])["Credentials"]
    assert denied(sandbox, arn, Tags=[{"Key": "case", "Value": "8"}])


def may_pass_on(sandbox: ServedSandbox, *actions: str) -> tuple[str, dict[str, Any]]:
    """A role that anybody of the management account may take and name a source identity for, and its policy."""
    document = trust(f"arn:aws:iam::{sandbox.world.management_account()}:root")
    document["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    arn = role(sandbox, document)
    policy = json.dumps(allow(*actions))
    sandbox.client_of("iam", "audit").put_role_policy(RoleName=NAME, PolicyName="p", PolicyDocument=policy)
    return arn, document


@pytest.mark.behaviour(40)
def test_a_source_identity_goes_along_a_chain_and_stays(sandbox: ServedSandbox) -> None:
    arn, document = may_pass_on(sandbox, "sts:AssumeRole", "sts:SetSourceIdentity")
    iam = sandbox.client_of("iam", "network")
    document["Statement"][0]["Principal"] = {"AWS": arn}
    document["Statement"][0]["Condition"] = {"StringEquals": {"sts:SourceIdentity": "ada", "aws:SourceIdentity": "ada"}}
    next_role = iam.create_role(RoleName="Next", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    del document["Statement"][0]["Condition"]
    any_name = iam.create_role(RoleName="AnyName", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    first = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="first", SourceIdentity="ada")
    assert first["SourceIdentity"] == "ada"
    chained = partial(sandbox.client_as("sts", first["Credentials"]).assume_role, RoleSessionName="next")
    assert chained(RoleArn=next_role)["SourceIdentity"] == "ada"
    for arn in (next_role, any_name):
        assert chained(RoleArn=arn, SourceIdentity="ada")["SourceIdentity"] == "ada"
        assert refused(chained, RoleArn=arn, SourceIdentity="bob")[0] == "AccessDenied"


@pytest.mark.behaviour(40)
@pytest.mark.parametrize("account", ["audit", "network"])
@pytest.mark.parametrize("side", ["caller", "trust"])
def test_both_sides_let_a_source_identity_go_on(sandbox: ServedSandbox, account: str, side: str) -> None:
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    arn, document = may_pass_on(sandbox, *(both[:1] if side == "caller" else both))
    document["Statement"][0] |= {"Principal": {"AWS": arn}, "Action": both[:1] if side == "trust" else both}
    iam = sandbox.client_of("iam", account)
    target = iam.create_role(RoleName="Next", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    assume_first = partial(sandbox.client("sts").assume_role, RoleArn=arn, RoleSessionName="first")
    plain = sandbox.client_as("sts", assume_first()["Credentials"])
    assert plain.assume_role(RoleArn=target, RoleSessionName="next")["Credentials"]
    named = sandbox.client_as("sts", assume_first(SourceIdentity="ada")["Credentials"])
    code, message = refused(named.assume_role, RoleArn=target, RoleSessionName="next")
    assert code == "AccessDenied"
    assert "sts:SetSourceIdentity" in message


@pytest.mark.behaviour(73)
def test_the_credentials_of_a_session_token_are_a_users_and_not_good_for_iam(sandbox: ServedSandbox) -> None:
    plain = sandbox.client("sts").get_session_token()["Credentials"]
    sts = sandbox.client_as("sts", plain)
    assert sts.get_caller_identity()["Arn"].endswith(":user/admin")
    again = "Cannot call GetSessionToken with session credentials"
    assert refused(sts.get_session_token) == ("AccessDenied", again)
    assert refused(sandbox.client("sts", "platform").get_session_token) == ("AccessDenied", again)
    assert refused(sts.get_access_key_info, AccessKeyId=plain["AccessKeyId"])[0] == "AccessDenied"
    assert refused(sandbox.client_as("iam", plain).list_users)[0] == "InvalidClientTokenId"
    assert sandbox.client_as("ec2", plain).describe_instances()["Reservations"] == []
    arn = f"arn:aws:iam::{sandbox.account_id('audit')}:role/OrganizationAccountAccessRole"
    assert sts.assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]


@pytest.mark.behaviour(73)
def test_a_second_factor_is_told_for_a_device_that_is_the_users(sandbox: ServedSandbox) -> None:
    iam, sts = sandbox.client("iam"), sandbox.client("sts")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    with_code = {"SerialNumber": serial, "TokenCode": "123456"}
    assert refused(sts.get_session_token, **with_code)[0] == "AccessDenied"
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    iam.enable_mfa_device(UserName="admin", SerialNumber=serial, **codes)
    session = sts.get_session_token(**with_code)["Credentials"]
    assert sandbox.client_as("iam", session).list_users()["Users"]
    management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    arn = role(sandbox, trust(management, Bool={"aws:MultiFactorAuthPresent": "true"}))
    call = partial(sts.assume_role, RoleArn=arn, RoleSessionName="tests")
    assert refused(call)[0] == "AccessDenied"
    assert call(**with_code)["Credentials"]
    assert sandbox.client_as("sts", session).assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]


@pytest.mark.behaviour(73)
def test_a_federated_user_has_what_both_the_user_and_the_session_policies_allow(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    sts, account_id = sandbox.client("sts"), sandbox.world.management_account()
    answer = sts.get_federation_token(Name="ada", Policy=json.dumps(allow("ec2:Describe*")))
    arn = f"arn:aws:sts::{account_id}:federated-user/ada"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{account_id}:ada", "Arn": arn}
    ec2 = sandbox.client_as("ec2", answer["Credentials"])
    assert ec2.describe_instances()["Reservations"] == []
    assert (
        "because no session policy allows the ec2:CreateVpc action"
        in refused(ec2.create_vpc, CidrBlock="10.0.0.0/16")[1]
    )
    as_ada = sandbox.client_as("sts", answer["Credentials"])
    assert as_ada.get_caller_identity()["UserId"] == f"{account_id}:ada"
    assert refused(as_ada.get_federation_token, Name="bob")[0] == "AccessDenied"
    nothing = sandbox.client_as("ec2", sts.get_federation_token(Name="ada")["Credentials"])
    assert "no session policy allows" in refused(nothing.describe_instances)[1]


@pytest.mark.behaviour(73)
def test_a_key_tells_its_account(sandbox: ServedSandbox) -> None:
    sts = sandbox.client("sts")
    key = sandbox.session("platform").get_credentials().access_key
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == "111111111111"
    assert refused(sts.get_access_key_info, AccessKeyId="nonsense-0123456789".replace("-", ""))[0] == "ValidationError"


@pytest.mark.behaviour(41)
def test_both_sides_must_allow_across_accounts(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM))
    assert assume(sandbox, arn)["AssumedRoleUser"]["Arn"].endswith(f"assumed-role/{NAME}/tests")
    iam = sandbox.client_of("iam", "audit")
    other = iam.create_role(RoleName="Other", AssumeRolePolicyDocument=json.dumps(trust(PLATFORM)))["Role"]["Arn"]
    assert denied(sandbox, other)  # the platform's own policy is for roles of another name
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(trust("arn:aws:iam::999999999999:root")))
    assert denied(sandbox, arn)


@pytest.mark.behaviour(42)
def test_an_external_id_that_is_left_out_is_refused_as_a_wrong_one(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM, StringEquals={"sts:ExternalId": "secret-word"}))
    assert assume(sandbox, arn, ExternalId="secret-word")["Credentials"]
    assert denied(sandbox, arn)
    assert denied(sandbox, arn, ExternalId="another")


@pytest.mark.behaviour(43)
@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": PLATFORM}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": f"{PLATFORM}2"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"Null": {"sts:ExternalId": "true"}}, True),
        ({"StringLike": {"sts:RoleSessionName": "te*"}}, True),
        ({"StringNotEqualsIfExists": {"sts:ExternalId": "x"}}, True),
        ({"StringLike": {"aws:UserAgent": "Boto3/*"}}, True),
        ({"StringLike": {"aws:UserAgent": "aws-cli/*"}}, False),
    ],
)
def test_every_condition_of_a_trust_policy_counts(
    sandbox: ServedSandbox, condition: dict[str, dict[str, str]], allowed: bool
) -> None:
    arn = role(sandbox, trust(PLATFORM, **condition))
    assert assume(sandbox, arn)["Credentials"] if allowed else denied(sandbox, arn)


@pytest.mark.behaviour(43)
def test_a_trust_knows_the_callers_organization_and_tags(sandbox: ServedSandbox) -> None:
    world = sandbox.world
    caller = f"arn:aws:iam::{world.management_account()}:user/admin"
    equal = {"aws:PrincipalOrgID": world.organization_id(), "aws:PrincipalTag/team": "response"}
    inside = {"aws:PrincipalOrgPaths": f"{world.organization_id()}/{world.organization.root_id}/*"}
    document = trust(caller, **{"StringEquals": equal, "ForAnyValue:StringLike": inside})
    call = partial(sandbox.client("sts").assume_role, RoleArn=role(sandbox, document), RoleSessionName="tests")
    assert refused(call)[0] == "AccessDenied"
    iam = sandbox.client("iam")
    iam.tag_user(UserName="admin", Tags=[{"Key": "team", "Value": "others"}])
    assert refused(call)[0] == "AccessDenied"
    iam.tag_user(UserName="admin", Tags=[{"Key": "team", "Value": "response"}])
    assert call()["Credentials"]


@pytest.mark.behaviour(43)
def test_a_trust_knows_the_tags_of_a_session_and_not_those_that_it_overrides(sandbox: ServedSandbox) -> None:
    arn, document = may_pass_on(sandbox, "sts:AssumeRole")
    sandbox.client_of("iam", "audit").tag_role(RoleName=NAME, Tags=[{"Key": "case", "Value": "1"}])
    document["Statement"][0] |= {
        "Principal": {"AWS": arn},
        "Condition": {"StringEquals": {"aws:PrincipalTag/case": "7"}},
    }
    iam = sandbox.client_of("iam", "network")
    target = iam.create_role(RoleName="Next", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]

    def chain(**params: Any) -> Any:
        first = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="first", **params)
        return partial(
            sandbox.client_as("sts", first["Credentials"]).assume_role, RoleArn=target, RoleSessionName="next"
        )

    assert refused(chain())[0] == "AccessDenied"
    assert chain(Tags=[{"Key": "Case", "Value": "7"}])()["Credentials"]


@pytest.mark.behaviour(44)
def test_accounts_denies_and_strangers_among_the_principals(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(["arn:aws:iam::111111111111:root", "arn:aws:iam::999999999999:root"]))
    assert assume(sandbox, arn)["Credentials"]
    document = trust("arn:aws:iam::111111111111:root")
    document["Statement"].append({"Effect": "Deny", "Principal": {"AWS": PLATFORM}, "Action": "sts:AssumeRole"})
    sandbox.client_of("iam", "audit").update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(document))
    assert denied(sandbox, arn)


@pytest.mark.behaviour(45)
def test_conditions_exclusions_boundaries_and_session_policies_of_identities_count(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    iam = sandbox.client_of("iam", "audit")
    boundary = iam.create_policy(PolicyName="Boundary", PolicyDocument=json.dumps(allow("iam:List*")))["Policy"]["Arn"]
    arn = role(sandbox, trust(PLATFORM), PermissionsBoundary=boundary)
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    statements = [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*", "Condition": elsewhere},
        {"Effect": "Deny", "Action": "iam:ListRolePolicies", "NotResource": "arn:aws:iam::*:role/CadoResponseRole"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=NAME, PolicyName="Mixed", PolicyDocument=document)
    session = sandbox.client_as("iam", assume(sandbox, arn)["Credentials"])
    assert session.list_roles()["Roles"]
    assert session.list_role_policies(RoleName=NAME)["PolicyNames"] == ["Mixed"]
    assert refused(session.list_role_policies, RoleName="OrganizationAccountAccessRole")[0] == "AccessDenied"
    assert "permissions boundary" in refused(session.get_role, RoleName=NAME)[1]
    limited = sandbox.client_as("iam", assume(sandbox, arn, Policy=json.dumps(allow("iam:ListUsers")))["Credentials"])
    assert limited.list_users()["Users"] == []
    assert "because no session policy allows the iam:ListRoles action" in refused(limited.list_roles)[1]


def attach(sandbox: ServedSandbox, kind: str, statement: dict[str, Any], target: str) -> None:
    organizations = sandbox.client("organizations")
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = organizations.create_policy(Name=f"Limit-{kind}", Description="", Type=kind, Content=content)
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)


@pytest.mark.behaviour(46)
def test_an_rcp_of_the_roles_account_forbids_strangers(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM))
    assert assume(sandbox, arn)["Credentials"]
    strangers = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": sandbox.world.organization_id()}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    root = sandbox.world.organization.root_id
    attach(sandbox, "RESOURCE_CONTROL_POLICY", {**statement, "Condition": strangers}, root)
    assert denied(sandbox, arn)


@pytest.mark.behaviour(46)
def test_no_rcp_touches_the_management_account_or_a_service_linked_role(sandbox: ServedSandbox) -> None:
    management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    document = json.dumps(trust(management))
    iam, member = sandbox.client("iam"), sandbox.client_of("iam", "audit")
    arns = [i.create_role(RoleName="R", AssumeRolePolicyDocument=document)["Role"]["Arn"] for i in (iam, member)]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    attach(sandbox, "RESOURCE_CONTROL_POLICY", statement, sandbox.world.organization.root_id)
    assume = sandbox.client("sts").assume_role
    assert assume(RoleArn=arns[0], RoleSessionName="tests")["Credentials"]
    assert refused(assume, RoleArn=arns[1], RoleSessionName="tests")[0] == "AccessDenied"
    deployment = Deployment.of(sandbox)  # by a service-linked role of the management account
    deployment.create()
    assert deployment.deploy()["Status"] == "SUCCEEDED"
    assert {status for status, _ in deployment.statuses().values()} == {"CURRENT"}


@pytest.mark.behaviour(46)
def test_every_level_must_have_an_scp_that_allows(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    iam, organizations = sandbox.client_of("iam", "audit"), sandbox.client("organizations")
    unit = next(u.id for u in sandbox.world.organization.units.values() if u.name == "Security")
    attach(sandbox, "SERVICE_CONTROL_POLICY", {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}, unit)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    assert iam.list_roles()["Roles"]
    code, message = refused(iam.list_users)  # which root and account allow
    assert code == "AccessDenied"
    assert "because no service control policy allows the iam:ListUsers action" in message


@pytest.mark.behaviour(46)
def test_an_scp_holds_below_its_target_and_never_in_the_management_account(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    unit = next(u.id for u in sandbox.world.organization.units.values() if u.name == "Security")
    attach(sandbox, "SERVICE_CONTROL_POLICY", {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"}, unit)
    code, message = refused(sandbox.client_of("iam", "audit").list_roles)
    assert code == "AccessDenied"
    assert "with an explicit deny in a service control policy" in message
    assert sandbox.client_of("iam", "network").list_roles()["Roles"]
    assert sandbox.client("iam").list_roles()["Roles"] is not None


@pytest.mark.behaviour(47)
def test_simulation_has_one_result_an_action_with_scps_and_boundaries_told_apart(sandbox: ServedSandbox) -> None:
    iam = sandbox.client_of("iam", "audit")
    boundary = iam.create_policy(PolicyName="B", PolicyDocument=json.dumps(allow("ec2:*", "s3:*")))["Policy"]["Arn"]
    arn = role(sandbox, trust(PLATFORM), PermissionsBoundary=boundary)
    statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    attach(sandbox, "SERVICE_CONTROL_POLICY", statement, sandbox.account_id("audit"))
    policy = json.dumps(allow("ec2:DescribeInstances", "s3:GetObject", "kms:Decrypt"))
    iam.put_role_policy(RoleName=NAME, PolicyName="Own", PolicyDocument=policy)
    actions = ["ec2:DescribeInstances", "s3:GetObject", "kms:Decrypt", "sns:Publish"]
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, MaxItems=3)
    results = {result["EvalActionName"]: result for result in answer["EvaluationResults"]}
    assert {name: result["EvalDecision"] for name, result in results.items()} == {
        "ec2:DescribeInstances": "allowed",
        "s3:GetObject": "explicitDeny",
        "kms:Decrypt": "implicitDeny",
    }
    assert not results["s3:GetObject"]["OrganizationsDecisionDetail"]["AllowedByOrganizations"]
    assert not results["kms:Decrypt"]["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]
    assert answer["IsTruncated"]
    rest = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, MaxItems=3, Marker=answer["Marker"])
    assert [result["EvalActionName"] for result in rest["EvaluationResults"]] == ["sns:Publish"]
    without = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject"], PolicyExclusionList=[{"PolicyType": "scp"}]
    )
    assert without["EvaluationResults"][0]["EvalDecision"] == "allowed"


@pytest.mark.behaviour(47)
def test_simulation_tells_missing_context_and_context_keys_are_listed(sandbox: ServedSandbox) -> None:
    document = allow("ec2:RunInstances")
    document["Statement"][0]["Condition"] = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    text, iam = json.dumps(document), sandbox.client("iam")
    (result,) = iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["ec2:RunInstances"])[
        "EvaluationResults"
    ]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:RequestedRegion"])
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"] == ["aws:RequestedRegion"]
    arn = role(sandbox, trust(PLATFORM))
    member = sandbox.client_of("iam", "audit")
    member.put_role_policy(RoleName=NAME, PolicyName="Own", PolicyDocument=text)
    keys = member.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert keys == ["aws:RequestedRegion"]
    missing = refused(member.simulate_principal_policy, PolicySourceArn=f"{arn}2", ActionNames=["ec2:RunInstances"])
    assert missing[0] == "NoSuchEntity"


@pytest.mark.behaviour(47)
def test_a_simulation_does_not_know_rcps(sandbox: ServedSandbox) -> None:
    arn = role(sandbox, trust(PLATFORM))
    iam = sandbox.client_of("iam", "audit")
    iam.put_role_policy(RoleName=NAME, PolicyName="Own", PolicyDocument=json.dumps(allow("s3:GetObject")))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    attach(sandbox, "RESOURCE_CONTROL_POLICY", statement, sandbox.account_id("audit"))
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
