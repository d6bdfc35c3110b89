"""AssumeRole as AWS decides it, through boto3 and the gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .served import ServedSandbox, allow, eventually, trust

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
EXTERNAL_ID = "5f0c2a6d9e1b4c7f"


def make_role(sandbox: ServedSandbox, trust_policy: object, account: str = "audit", **options: Any) -> str:
    """A role CadoResponseRole in a member account. Its ARN."""
    iam = sandbox.client_of("iam", account)
    answer = iam.create_role(RoleName="CadoResponseRole", AssumeRolePolicyDocument=json.dumps(trust_policy), **options)
    return str(answer["Role"]["Arn"])


def assume(sandbox: ServedSandbox, arn: str, profile: str = "platform", **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.client("sts", profile).assume_role(
        RoleArn=arn, RoleSessionName="roll-call", **options
    )
    return answer


def refusal(sandbox: ServedSandbox, arn: str, profile: str = "platform", **options: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        assume(sandbox, arn, profile, **options)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture
def role(sandbox: ServedSandbox) -> str:
    """A role that trusts the platform with an external id."""
    return make_role(sandbox, trust(PLATFORM, StringEquals={"sts:ExternalId": EXTERNAL_ID}))


def test_the_right_external_id_is_let_in(sandbox: ServedSandbox, role: str) -> None:
    answer = assume(sandbox, role, ExternalId=EXTERNAL_ID)
    account = sandbox.account_id("audit")
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/CadoResponseRole/roll-call"
    identity = sandbox.client_as("sts", answer["Credentials"]).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (account, answer["AssumedRoleUser"]["Arn"])
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


@pytest.mark.parametrize("options", [{}, {"ExternalId": "another-id"}, {"ExternalId": EXTERNAL_ID.upper()}])
def test_a_missing_or_wrong_external_id_is_refused(sandbox: ServedSandbox, role: str, options: dict[str, str]) -> None:
    caller = "arn:aws:sts::111111111111:assumed-role/CadoResponsePlatform/platform"
    assert refusal(sandbox, role, **options) == (
        403,
        "AccessDenied",
        f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}",
    )


def test_a_missing_role_is_refused_in_the_same_words_as_a_denied_one(sandbox: ServedSandbox, role: str) -> None:
    missing = role.replace("CadoResponseRole", "CadoResponseRoleX")
    status, code, message = refusal(sandbox, missing, ExternalId=EXTERNAL_ID)
    assert (status, code) == (403, "AccessDenied")
    assert message == refusal(sandbox, role)[2].replace(role, missing)


def test_the_path_is_part_of_a_roles_arn(sandbox: ServedSandbox, role: str) -> None:
    with_path = role.replace("role/", "role/forensics/")
    assert refusal(sandbox, with_path, ExternalId=EXTERNAL_ID)[1] == "AccessDenied"


def test_the_callers_own_policy_must_allow_it_across_accounts(sandbox: ServedSandbox) -> None:
    iam = sandbox.client_of("iam", "audit")
    iam.create_role(RoleName="Unrelated", AssumeRolePolicyDocument=json.dumps(trust(PLATFORM)))
    arn = f"arn:aws:iam::{sandbox.account_id('audit')}:role/Unrelated"
    assert refusal(sandbox, arn)[1] == "AccessDenied"  # the platform may assume only *CadoResponse*


def test_another_account_than_the_trusted_one_is_refused(sandbox: ServedSandbox, role: str) -> None:
    assert refusal(sandbox, role, "management", ExternalId=EXTERNAL_ID)[1] == "AccessDenied"


def test_an_account_root_as_principal_delegates_to_the_accounts_policies(sandbox: ServedSandbox) -> None:
    arn = make_role(sandbox, trust("arn:aws:iam::111111111111:root"))
    assert assume(sandbox, arn)["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_a_deny_in_the_trust_policy_wins(sandbox: ServedSandbox) -> None:
    policy: dict[str, Any] = trust(PLATFORM)
    policy["Statement"].append({"Effect": "Deny", "Principal": {"AWS": PLATFORM}, "Action": "sts:AssumeRole"})
    assert refusal(sandbox, make_role(sandbox, policy))[1] == "AccessDenied"


def test_a_trust_with_a_time_box_ends(sandbox: ServedSandbox) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    arn = make_role(sandbox, trust(PLATFORM, DateLessThan={"aws:CurrentTime": yesterday}))
    assert refusal(sandbox, arn)[1] == "AccessDenied"


@pytest.mark.parametrize(("profile", "let_in"), [("management", True), ("platform", False)])
def test_the_organization_id_tells_members_from_outsiders(sandbox: ServedSandbox, profile: str, let_in: bool) -> None:
    condition = {"aws:PrincipalOrgID": sandbox.world.organization_id()}
    arn = make_role(sandbox, trust("*", StringEquals=condition))
    if let_in:
        assert assume(sandbox, arn, profile)["Credentials"]
    else:
        assert refusal(sandbox, arn, profile)[1] == "AccessDenied"


def test_a_chained_session_lasts_an_hour_at_most(sandbox: ServedSandbox, role: str) -> None:
    assert refusal(sandbox, role, ExternalId=EXTERNAL_ID, DurationSeconds=3601) == (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )


def test_a_users_session_lasts_as_long_as_the_role_allows(sandbox: ServedSandbox) -> None:
    management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    arn = make_role(sandbox, trust(management), MaxSessionDuration=7200)
    expires = assume(sandbox, arn, "management", DurationSeconds=7200)["Credentials"]["Expiration"]
    assert timedelta(minutes=119) < expires - datetime.now(UTC) <= timedelta(hours=2)
    _, code, message = refusal(sandbox, arn, "management", DurationSeconds=7201)
    assert code == "ValidationError"
    assert message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_tags_need_their_own_permission_in_the_trust(sandbox: ServedSandbox, role: str) -> None:
    message = refusal(sandbox, role, ExternalId=EXTERNAL_ID, Tags=[{"Key": "case", "Value": "17"}])[2]
    assert "is not authorized to perform: sts:TagSession on resource" in message


def test_a_source_identity_needs_its_own_permission_in_the_trust(sandbox: ServedSandbox, role: str) -> None:
    message = refusal(sandbox, role, ExternalId=EXTERNAL_ID, SourceIdentity="ada")[2]
    assert "is not authorized to perform: sts:SetSourceIdentity on resource" in message


def test_a_suspended_accounts_role_is_refused(sandbox: ServedSandbox, role: str) -> None:
    account_id = sandbox.account_id("audit")
    sandbox.client("organizations").close_account(AccountId=account_id)
    eventually(lambda: not sandbox.world.usable(account_id))
    assert refusal(sandbox, role, ExternalId=EXTERNAL_ID)[1] == "AccessDenied"


def test_an_scp_on_the_callers_account_forbids_assuming(sandbox: ServedSandbox) -> None:
    caller = make_role(sandbox, trust(f"arn:aws:iam::{sandbox.world.management_account()}:root"), "network")
    iam = sandbox.client_of("iam", "network")
    policy = json.dumps(allow("sts:AssumeRole"))
    iam.put_role_policy(RoleName="CadoResponseRole", PolicyName="p", PolicyDocument=policy)
    target = make_role(sandbox, trust(f"arn:aws:iam::{sandbox.account_id('network')}:root"))
    sts = sandbox.client_as("sts", assume(sandbox, caller, "management")["Credentials"])
    assert sts.assume_role(RoleArn=target, RoleSessionName="roll-call")
    forbid(sandbox, "sts:AssumeRole", sandbox.account_id("network"))
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=target, RoleSessionName="roll-call")


def forbid(sandbox: ServedSandbox, action: str, target: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    organizations = sandbox.client("organizations")
    policy = organizations.create_policy(
        Name="Forbid", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(document)
    )
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=target)


def test_a_session_of_a_deleted_role_is_nobodys(sandbox: ServedSandbox, role: str) -> None:
    sts = sandbox.client_as("sts", assume(sandbox, role, ExternalId=EXTERNAL_ID)["Credentials"])
    assert sts.get_caller_identity()["Account"] == sandbox.account_id("audit")
    sandbox.client_of("iam", "audit").delete_role(RoleName="CadoResponseRole")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sts.get_caller_identity()


def test_a_trust_policy_that_is_no_policy_is_refused_when_it_is_written(sandbox: ServedSandbox) -> None:
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        make_role(sandbox, {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]})


def test_parameters_are_checked_in_awss_words(sandbox: ServedSandbox, role: str) -> None:
    _, code, message = refusal(sandbox, role, ExternalId="not valid!")
    assert code == "ValidationError"
    assert message.startswith("1 validation error detected: Value 'not valid!' at 'externalId' failed to satisfy")


def test_get_session_token_is_for_users(sandbox: ServedSandbox) -> None:
    credentials = sandbox.client("sts").get_session_token()["Credentials"]
    assert sandbox.client_as("sts", credentials).get_caller_identity()["Arn"].endswith(":user/admin")
    with pytest.raises(ClientError, match="Cannot call GetSessionToken with session credentials"):
        sandbox.client("sts", "platform").get_session_token()
