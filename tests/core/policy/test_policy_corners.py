"""Corners of the evaluation that are easily lost: each case kills a mutant that the other tests let live."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.core.policy import MalformedPolicy, Outcome, Policy, PolicySet, Principal, Request, evaluate
from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.evaluation import evaluate_assume_role
from rolecall.core.policy.principals import Naming, Principals
from rolecall.core.policy.request import Context

OURS, THEIRS = "111111111111", "222222222222"
USER = Principal(OURS, f"arn:aws:iam::{OURS}:user/ada", "AIDAADA0000000000000")
ROLE_ARN = f"arn:aws:iam::{OURS}:role/worker"
ROLE = Principal(OURS, ROLE_ARN, "AROAWORKER0000000000")
SESSION = Principal(OURS, ROLE_ARN, ROLE.id, session_arn=f"arn:aws:sts::{OURS}:assumed-role/worker/s")
ROOT = Principal(OURS, f"arn:aws:iam::{OURS}:root", OURS)
LINKED = Principal(OURS, f"arn:aws:iam::{OURS}:role/aws-service-role/x.amazonaws.com/Linked", "AROALINKED0000000000")
WEB = Principal(OURS, "", "", federated="accounts.google.com")
SERVICE = Principal(OURS, "", "", service="sns.amazonaws.com")


def policy(*statements: dict[str, Any], type: str = "identity", version: str = "2012-10-17") -> Policy:
    return Policy.parse({"Version": version, "Statement": list(statements)}, source=type, type=type)


def allow(action: Any = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: Any = "s3:*", **more: Any) -> dict[str, Any]:
    return {**allow(action, **more), "Effect": "Deny"}


def naming(*names: str) -> dict[str, Any]:
    return {"Principal": {"AWS": list(names)}}


S3, EC2 = policy(allow()), policy(allow("ec2:*"))
FULL_SCP, FULL_RCP = policy(allow("*"), type="scp"), policy(allow("*", Principal="*"), type="rcp")
RCP_ON_S3 = policy(deny(Principal="*"), type="rcp")


def outcome(principal: Principal | None = USER, resource: Policy | None = None, **policies: Any) -> Outcome:
    return evaluate(Request("s3:X", "*", {}, principal), PolicySet(**policies), resource_policy=resource).outcome


def condition(operator: str, expected: Any, *values: str, **context: str) -> bool:
    known: dict[str, tuple[str, ...]] = {key.replace("_", ":"): (value,) for key, value in context.items()}
    if values:
        known["x:key"] = values
    texts = [expected] if isinstance(expected, str) else expected
    parsed = Condition.parse(operator, "x:Key", texts, variables=True)
    return parsed.holds(Context.of(Request("s3:X", "*", known)))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
def test_a_resource_that_names_the_account_lifts_neither_boundary_nor_session_policy() -> None:
    named = policy(allow(**naming(OURS)), type="resource")
    assert outcome(resource=named, identity=(S3,), boundary=EC2) is Outcome.IMPLICIT_DENY
    assert outcome(SESSION, named, identity=(S3,), session=(EC2,)) is Outcome.IMPLICIT_DENY


def test_a_role_that_is_named_keeps_its_boundary_and_a_user_that_is_named_needs_nothing_else() -> None:
    assert outcome(SESSION, policy(allow(**naming(ROLE_ARN)), type="resource"), boundary=EC2) is Outcome.IMPLICIT_DENY
    both = policy(allow(**naming(OURS)), allow(**naming(USER.arn)), type="resource")
    assert outcome(resource=both) is Outcome.ALLOWED


def test_any_of_several_identity_policies_allows() -> None:
    assert outcome(identity=(EC2, EC2, S3)) is Outcome.ALLOWED


def test_federated_callers_and_services_are_let_in_by_the_resource_alone() -> None:
    action = "sts:AssumeRoleWithWebIdentity"
    trust = {"Effect": "Allow", "Action": action, "Principal": {"Federated": "accounts.google.com"}}
    request = Request(action, "*", {}, WEB)
    assert evaluate_assume_role(request, PolicySet(), policy(trust, type="trust"), same_account=True).allowed
    named = policy(allow(Principal={"Service": "sns.amazonaws.com"}), type="resource")
    only_ec2 = (policy(allow("ec2:*", Principal="*"), type="rcp"),)
    assert outcome(SERVICE, named) is Outcome.ALLOWED
    assert outcome(SERVICE, named, rcp_levels=(only_ec2,)) is Outcome.IMPLICIT_DENY


# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html and …_rcps.html
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"scp_levels": ((policy(deny(), type="scp"), FULL_SCP),)}, Outcome.EXPLICIT_DENY),
        ({"scp_levels": ((policy(allow("ec2:*"), type="scp"),),)}, Outcome.IMPLICIT_DENY),
        ({"rcp_levels": ((FULL_RCP, RCP_ON_S3),)}, Outcome.EXPLICIT_DENY),
    ],
)
def test_service_linked_roles_heed_no_policy_of_the_organization(levels: dict[str, Any], expected: Outcome) -> None:
    assert outcome(ROLE, identity=(S3,), **levels) is expected
    assert outcome(LINKED, identity=(S3,), **levels) is Outcome.ALLOWED


def test_service_control_policies_are_not_for_services() -> None:
    named = policy(allow(Principal={"Service": "sns.amazonaws.com"}), type="resource")
    assert outcome(SERVICE, named, scp_levels=((policy(deny(), type="scp"), FULL_SCP),)) is Outcome.ALLOWED


def test_what_organizations_say_tells_of_service_control_policies_alone() -> None:
    request = Request("s3:X", "*", {}, USER)
    limited = PolicySet((S3,), scp_levels=((FULL_SCP,),), rcp_levels=((FULL_RCP, RCP_ON_S3),))
    assert evaluate(request, limited).allowed_by_organizations is True
    asks = policy(deny(Principal="*", Condition={"Null": {"aws:q": "false"}}), type="rcp")
    assert evaluate(request, PolicySet((S3,), rcp_levels=((FULL_RCP, asks),))).missing_context == ()


def test_every_policy_that_decides_is_told() -> None:
    boundary, session = policy(allow(), type="boundary"), policy(allow(), type="session")
    allowed = evaluate(Request("s3:X", "*", {}, SESSION), PolicySet((S3,), boundary, (session,)))
    assert [match.type for match in allowed.matched] == ["identity", "boundary", "session"]
    denying = PolicySet((policy(deny()),), policy(deny(), type="boundary"), scp_levels=((policy(deny(), type="scp"),),))
    assert len(evaluate(Request("s3:X", "*", {}, USER), denying).matched) == 3


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
@pytest.mark.parametrize(
    ("principal", "names", "spared"),
    [
        (USER, {"AWS": (OURS, USER.id)}, True),
        (ROOT, {"AWS": (THEIRS,)}, False),
        (WEB, {"Federated": ("accounts.google.com",)}, True),
        (WEB, {"Service": ("sns.amazonaws.com",)}, False),
    ],
)
def test_not_principal_spares_whom_it_names_wholly(principal: Principal, names: Any, spared: bool) -> None:
    assert (Principals.parse(names, excluded=True).naming(principal) is Naming.NOT) is spared


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
@pytest.mark.parametrize(
    ("operator", "expected", "values", "holds"),
    [
        ("ForAnyValue:StringNotEqualsIfExists", "a", (), True),
        ("ForAnyValue:StringLike", ["", "a"], ("",), False),
        ("ForAllValues:StringEquals", "a", ("a", ""), False),
        ("foranyvalue:StringEquals", "a", ("a",), True),
        ("Null", "True", (), True),
        ("Null", "FALSE", ("x",), True),
        ("Null", "false", ("",), False),  # an empty value is none
        ("Null", "true", ("",), True),
        ("StringLike", "a?c", ("a\nc",), True),
        ("DateEquals", "2026-01-01T00:00:00Z", ("2025-12-31T19:30:00-04:30",), True),
        ("DateGreaterThan", "2020-01-01T00:00:00", ("2026-01-01T00:00:00Z",), True),  # no zone is UTC
        ("DateEquals", "2026-01-01t02:00:00+02", ("2026-01-01T00:00:00z",), True),
        ("DateGreaterThan", "1577836800.5", ("1577836801",), True),
        ("DateLessThan", "0", ("-1",), True),
        ("NumericGreaterThan", "12345678901234567890", ("12345678901234567891",), True),
    ],
)
def test_an_operator_in_a_corner(operator: str, expected: Any, values: tuple[str, ...], holds: bool) -> None:
    assert condition(operator, expected, *values) is holds


@pytest.mark.parametrize(
    ("operator", "pattern", "value"),
    [
        ("Bool", "${x:y}", "true"),
        ("StringEqualsIgnoreCase", "${x:y}", "v"),
        ("StringNotEqualsIgnoreCase", "${x:y}", "v"),
        ("StringNotLike", "${x:y}", "v"),
        ("ArnLike", "arn:aws:s3:::${x:y}", "b"),
        ("ArnNotLike", "arn:aws:s3:::${x:y}", "b"),
        ("ArnEquals", "arn:aws:s3:::${x:y}", "b"),
        ("ArnNotEquals", "arn:aws:s3:::${x:y}", "b"),
    ],
)
def test_variables_are_filled_in(operator: str, pattern: str, value: str) -> None:
    asked = pattern.replace("${x:y}", value)
    assert condition(operator, pattern, asked, x_y=value) is ("Not" not in operator)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
def test_a_policy_of_2008_has_no_variables_and_a_default_may_be_empty() -> None:
    old = policy(allow(Condition={"StringEquals": {"x:k": "${x:v}"}}), version="2008-10-17")
    context = {"x:k": ("a",), "x:v": ("a",)}
    assert not evaluate(Request("s3:X", "*", context), PolicySet((old,))).allowed
    assert condition("StringEquals", "a${x:y, ''}", "a")


def test_a_variable_without_a_value_is_missing_and_not_resource_with_it_covers_everything() -> None:
    own = policy(allow(Resource="arn:aws:s3:::${aws:q}"))
    assert evaluate(Request("s3:X", "*", {"aws:q": ()}), PolicySet((own,))).missing_context == ("aws:q",)
    statement = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/${aws:username}"}
    assert evaluate(Request("s3:X", "arn:aws:s3:::b/x"), PolicySet((policy(statement),))).allowed


def test_not_action_spares_all_that_it_names() -> None:
    statement = {"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}
    verdicts = [evaluate(Request(action, "*"), PolicySet((policy(statement),))).allowed for action in ("s3:X", "ec2:X")]
    assert verdicts == [False, True]


def test_a_text_is_read_anew_for_another_type() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": OURS}, "Action": "sts:AssumeRole"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    Policy.parse(text, source="p", type="trust")
    with pytest.raises(MalformedPolicy):
        Policy.parse(text, source="p", type="identity")


@pytest.mark.parametrize(("written", "asked"), [("0.00001", "0.00001"), ("1e16", "10000000000000000")])
def test_numbers_without_quotation_marks_are_what_they_say(written: str, asked: str) -> None:
    text = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", '
        f'"Condition": {{"NumericEquals": {{"x:n": {written}}}}}}}}}'
    )
    parsed = Policy.parse(text, source="p")
    assert evaluate(Request("s3:X", "*", {"x:n": (asked,)}), PolicySet((parsed,))).allowed


def test_a_deny_on_resources_beyond_the_colons_does_not_fail_open() -> None:
    table = "arn:aws:dynamodb:us-east-1:111111111111:table/prod-x"
    forbids = policy(deny("dynamodb:*", Resource="arn:aws:dynamodb:*:table/prod-*"))
    verdict = evaluate(Request("dynamodb:GetItem", table), PolicySet((policy(allow("*")), forbids)))
    assert verdict.outcome is Outcome.EXPLICIT_DENY
