"""Each cause by words of AWS's, wrapped as CloudFormation wraps them where it does."""

from __future__ import annotations

import pytest

from rolecall.core.causes import Kind, cause_of, explained, stack_in_the_way

ACCOUNT = "100000000001"
OUR_STACK = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/StackSet-rolecall-CadoResponseRole-5f0c/9d1e"


def wrapped(message: str, code: str, logical_id: str = "Role") -> str:
    kind = "AWS::IAM::Role" if logical_id == "Role" else "AWS::IAM::ManagedPolicy"
    return (
        f"ResourceLogicalId:{logical_id}, ResourceType:{kind}, ResourceStatusReason:Resource handler returned message: "
        f'"{message} (Service: Iam, Status Code: 400, Request ID: 1)" (RequestToken: 4-5, HandlerErrorCode: {code}).'
    )


DENIED = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/stacksets-exec-1/x is not authorized to perform: iam:CreateRole on "
    f"resource: arn:aws:iam::{ACCOUNT}:role/CadoResponseRole"
)
WORDS = {
    Kind.OWN_STACK: f"ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:CadoResponseRole "
    f"already exists in stack {OUR_STACK}.",
    Kind.STUCK: f"Stack:{OUR_STACK} is in UPDATE_ROLLBACK_FAILED state and can not be updated.",
    Kind.NAME_TAKEN: wrapped("Role with name CadoResponseRole already exists.", "AlreadyExists"),
    Kind.CONTROL_POLICY: wrapped(f"{DENIED} with an explicit deny in a service control policy", "AccessDenied"),
    Kind.PERMISSIONS: wrapped(f"{DENIED} because no identity-based policy allows it", "AccessDenied"),
    Kind.EXECUTION_ROLE: f"Account {ACCOUNT} should have 'stacksets-exec-9a2' role with trust relationship to Role "
    "'aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin'.",
    Kind.SUSPENDED: "This account is suspended. To remove this instance from the stack set, run DeleteStackInstances "
    "with the RetainStacks parameter.",
    Kind.REGION: "Region af-south-1 is not enabled for the account",
    Kind.CAPABILITY: "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    Kind.QUOTA: wrapped("Cannot exceed quota for RolesPerAccount: 1000", "ServiceLimitExceeded"),
    Kind.PRINCIPAL: wrapped('Invalid principal in policy: "AWS":"arn:aws:iam::999999999999:root"', "InvalidRequest"),
    Kind.POLICY_DOCUMENT: wrapped("Syntax errors in policy. (MalformedPolicyDocument)", "InvalidRequest"),
    Kind.THROTTLED: wrapped("Rate exceeded", "Throttling"),
    Kind.CANCELLED: "Cancelled since failure tolerance has exceeded",
    Kind.STACK_GONE: f"Stack [{OUR_STACK}] does not exist",
    Kind.INTERNAL: wrapped("Internal Failure", "InternalFailure"),
    Kind.OTHER: "The moon was in the wrong quarter",
}
MAY_PASS = {
    Kind.PERMISSIONS, Kind.EXECUTION_ROLE, Kind.SUSPENDED, Kind.THROTTLED, Kind.CANCELLED, Kind.STACK_GONE,
    Kind.INTERNAL, Kind.OTHER,
}  # fmt: skip


def test_every_cause_has_words_here() -> None:
    assert set(WORDS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_cause_is_known_by_awss_words(kind: Kind) -> None:
    cause = cause_of(WORDS[kind])
    assert (cause.kind, cause.may_pass) == (kind, kind in MAY_PASS)


@pytest.mark.parametrize("kind", Kind)
def test_what_cannot_pass_unchanged_has_a_mend(kind: Kind) -> None:
    cause = cause_of(WORDS[kind])
    assert bool(cause.mend) or cause.may_pass
    assert cause.mend in explained(WORDS[kind])


def test_a_control_policy_names_what_it_denies() -> None:
    assert explained(WORDS[Kind.CONTROL_POLICY]).startswith("an organization's policy denies iam:CreateRole: User: ")


@pytest.mark.parametrize(
    ("role", "trusted", "mend"),
    [
        ("stacksets-exec-2", "Role 'aws-service-role/x'", "AWS makes this role"),
        ("Exec", "Role 'Admin'", "`rolecall template --for execution-role`"),
        ("Admin", "CloudFormation service", "`rolecall template --for admin-role`"),
    ],
)
def test_a_role_that_stack_sets_miss_is_told_with_who_makes_it(role: str, trusted: str, mend: str) -> None:
    assert mend in explained(f"Account 1 should have '{role}' role with trust relationship to {trusted}.")


def test_a_cancelled_instance_without_words_says_its_status() -> None:
    assert cause_of("", "CANCELLED").kind is Kind.OTHER
    assert explained("", "CANCELLED") == "CANCELLED"


def test_only_a_stack_that_stack_sets_made_is_one_in_the_way() -> None:
    assert stack_in_the_way(WORDS[Kind.OWN_STACK]) == OUR_STACK
    assert stack_in_the_way(WORDS[Kind.NAME_TAKEN]) == ""
    theirs = f"X already exists in stack arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/theirs/9d1e"
    assert (stack_in_the_way(theirs), cause_of(theirs).kind) == ("", Kind.NAME_TAKEN)
