from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer, Question
from rolecall.core.roll import (
    Access,
    Cause,
    Inquiry,
    MissingPermission,
    groups_of,
    judge,
    missing_permissions,
    not_simulated,
)
from tests.fakes.cloud import config

from .worlds import AUDIT, role

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
ARN = replace(role(AUDIT), partition="aws-us-gov")


def section(*groups: str) -> RoleSection:
    return config(role={"permission_groups": list(groups or GROUPS)}).role


def asked(*groups: str, regions: tuple[str, ...] = ("us-east-1",)) -> tuple[Question, ...]:
    return Inquiry.of(section(*groups), regions).questions(ARN, NOW)


def test_every_action_of_the_enabled_groups_is_asked_and_no_other() -> None:
    found = {action for question in asked("s3", "ebs") for action in question.actions}
    assert found == {*GROUPS["s3"].actions, *GROUPS["ebs"].actions}


def test_statements_with_equal_resources_and_context_are_asked_in_one_call() -> None:
    assert len(asked("s3", "lambda", "ecs", "eks", "guardduty")) == 1
    together = {(question.resources, tuple(question.context.items())) for question in asked()}
    assert len(asked()) == len(together)


def test_an_action_that_two_groups_need_is_asked_once_a_call() -> None:
    enabled = ("s3", "s3-encrypted", "ebs", "ebs-encrypted")
    (question,) = (found for found in asked(*enabled) if "kms:Decrypt" in found.actions)
    wanted = [action for action in question.actions if action.startswith("kms:")]
    assert wanted == ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]


def test_each_region_is_asked_for_itself() -> None:
    found = asked("s3", "ebs", regions=("us-east-1", "eu-west-1"))
    by_region = {region: [q.actions for q in found if q.context["aws:RequestedRegion"] == region]
                 for region in ("us-east-1", "eu-west-1")}  # fmt: skip
    assert by_region["us-east-1"] == by_region["eu-west-1"]
    assert len(found) == 2 * len(asked("s3", "ebs"))


def test_what_the_simulator_does_not_fill_in_is_given() -> None:
    context = asked("s3")[0].context
    assert context == {
        "aws:RequestedRegion": "us-east-1",
        "aws:PrincipalArn": f"arn:aws-us-gov:iam::{AUDIT}:role/CadoResponseRole",
        "aws:CurrentTime": "2026-03-01T12:00:30Z",
    }


def test_a_guarded_statement_is_asked_with_its_context_and_a_scoped_one_with_its_resources() -> None:
    (tags,) = (found for found in asked("ebs") if "ec2:CreateTags" in found.actions)
    assert tags.context["ec2:CreateAction"] == "CreateSnapshot"
    (run,) = (found for found in asked("ec2-triage") if "ssm:SendCommand" in found.actions)
    assert run.resources == (
        f"arn:aws-us-gov:ec2:us-east-1:{AUDIT}:instance/i-0123456789abcdef0",
        "arn:aws-us-gov:ssm:us-east-1::document/AWS-RunShellScript",
    )


def test_no_placeholder_is_left_in_any_question() -> None:
    texts = [text for question in asked() for text in (*question.resources, *question.context.values())]
    assert not any("${" in text for text in texts)


def test_placeholders_are_filled_in_the_values_of_ones_own_conditions_too() -> None:
    conditions = {"StringEquals": {"aws:ResourceAccount": "${AWS::AccountId}"}}
    example = {"aws:ResourceAccount": "${AWS::AccountId}"}
    statement = Statement("Own", ("s3:GetObject",), conditions=conditions, example_context=example)
    own = PermissionGroup("own", "Own", "Own.", (statement,), "a ticket", own=True)
    written = section("s3").model_dump() | {"permission_groups": ["own"]}
    role = RoleSection.model_validate(written, context={"own": own})
    (question,) = Inquiry.of(role, ("us-east-1",)).questions(ARN, NOW)
    assert question.context["aws:ResourceAccount"] == AUDIT


def narrowed(*regions: str, group: str = "ecs") -> RoleSection:
    return config(role={"permission_groups": [group, "s3"], "scopes": {group: {"regions": list(regions)}}}).role


def regions_asked(role: RoleSection, action: str, *regions: str) -> list[str]:
    found = Inquiry.of(role, regions).questions(ARN, NOW)
    return [question.context["aws:RequestedRegion"] for question in found if action in question.actions]


def test_a_statement_that_is_narrowed_to_regions_is_asked_in_those_of_the_asked_ones_that_are_among_them() -> None:
    role = narrowed("eu-west-1", "eu-central-1", "us-east-1")
    asked_about = ("us-east-1", "eu-west-1", "ap-south-1")
    assert regions_asked(role, "ecs:ExecuteCommand", *asked_about) == ["us-east-1", "eu-west-1"]
    assert regions_asked(role, "s3:GetObject", *asked_about) == list(asked_about)


def test_a_statement_of_no_asked_region_is_asked_in_the_first_of_its_own() -> None:
    role = narrowed("eu-west-1", "eu-central-1")
    assert regions_asked(role, "ecs:ExecuteCommand", "us-east-1", "us-west-2") == ["eu-west-1"]


def test_statements_of_different_regions_are_not_asked_in_one_call() -> None:
    found = Inquiry.of(narrowed("eu-west-1", group="eks"), ("us-east-1",)).questions(ARN, NOW)
    assert {question.context["aws:RequestedRegion"]: question.actions for question in found} == {
        "us-east-1": GROUPS["s3"].actions,
        "eu-west-1": GROUPS["eks"].actions,
    }


def own_role(operator: str, key: str, value: str, **examples: str) -> RoleSection:
    statement = Statement(
        "Own", ("ec2:DescribeInstances",), conditions={operator: {key: value}}, example_context=examples
    )
    group = PermissionGroup("own", "Own", "Own.", (statement,), "us", own=True)
    document = config(role={"permission_groups": ["account-check"]}).role.model_dump() | {"permission_groups": ["own"]}
    return RoleSection.model_validate(document, context={"own": group})


@pytest.mark.parametrize(
    ("operator", "key", "value", "asked_in"),
    [
        ("StringLike", "aws:RequestedRegion", "eu-*", ["eu-west-1"]),
        ("StringEqualsIgnoreCase", "aws:requestedregion", "EU-WEST-1", ["eu-west-1"]),
        ("StringNotEquals", "aws:RequestedRegion", "us-east-1", ["eu-west-1"]),
        ("StringLike", "aws:RequestedRegion", "*", ["us-east-1", "eu-west-1"]),
        ("StringLike", "aws:RequestedRegion", "ap-*", ["ap-example"]),
    ],
)
def test_an_own_statement_is_asked_in_the_regions_that_it_can_hold_in(
    operator: str, key: str, value: str, asked_in: list[str]
) -> None:
    role = own_role(operator, key, value, **{key: value.replace("*", "example")})
    found = Inquiry.of(role, ("us-east-1", "eu-west-1")).questions(ARN, NOW)
    assert [question.context["aws:RequestedRegion"] for question in found] == asked_in
    assert all([name.lower() for name in question.context].count("aws:requestedregion") == 1 for question in found)


def test_examples_are_in_the_region_that_is_asked_about() -> None:
    found = asked("ec2-triage", regions=("us-east-1", "eu-west-1"))
    run = [question for question in found if "ssm:SendCommand" in question.actions]
    for question in run:
        region = question.context["aws:RequestedRegion"]
        assert all(resource.split(":")[3] == region for resource in question.resources)
    assert len(run) == 2


def answers(question: Question, **denied: Answer) -> list[Answer]:
    by_action = {answer.action: answer for answer in denied.values()}
    return [by_action.get(action, Answer(action, Outcome.ALLOWED)) for action in question.actions]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer("s3:GetObject", Outcome.IMPLICIT_DENY), Cause.ROLE),
        (Answer("s3:GetObject", Outcome.EXPLICIT_DENY, True, None), Cause.ROLE),
        (Answer("s3:GetObject", Outcome.EXPLICIT_DENY, False, None), Cause.SCP),
        (Answer("s3:GetObject", Outcome.IMPLICIT_DENY, False, False), Cause.SCP),
        (Answer("s3:GetObject", Outcome.IMPLICIT_DENY, True, False), Cause.BOUNDARY),
        (Answer("S3:getobject", Outcome.IMPLICIT_DENY), None),
    ],
)
def test_a_denied_action_is_blamed_on_who_denies_it(answer: Answer, cause: Cause | None) -> None:
    (question,) = asked("s3")
    told = [*answers(question, it=answer)] if cause else [
        found if found.action != "s3:GetObject" else answer for found in answers(question)
    ]  # fmt: skip
    (missing,) = missing_permissions(section("s3"), [(question, told)])
    assert missing == MissingPermission("s3:GetObject", ("s3",), cause or Cause.ROLE, "us-east-1")


def test_an_action_without_an_answer_is_missing() -> None:
    (question,) = asked("s3")
    missing = missing_permissions(section("s3"), [(question, answers(question)[1:])])
    assert [(item.action, item.cause) for item in missing] == [("s3:ListAllMyBuckets", Cause.UNANSWERED)]


def test_nothing_is_missing_where_all_is_allowed() -> None:
    everything = [(question, answers(question)) for question in asked()]
    assert missing_permissions(section(), everything) == ()


def test_a_permission_that_is_missing_in_one_region_says_in_which() -> None:
    home, away = asked("s3", regions=("us-east-1", "eu-west-1"))
    denied = Answer("s3:GetObject", Outcome.EXPLICIT_DENY, False)
    (missing,) = missing_permissions(section("s3"), [(home, answers(home)), (away, answers(away, it=denied))])
    assert missing.region == "eu-west-1"


def test_groups_are_only_those_that_are_enabled() -> None:
    both = section("s3", "s3-encrypted", "ebs", "ebs-encrypted")
    assert groups_of(both, "kms:Decrypt") == ("s3-encrypted", "ebs-encrypted")
    assert groups_of(section("ebs", "ebs-encrypted"), "kms:Decrypt") == ("ebs-encrypted",)
    assert groups_of(section("s3"), "kms:Decrypt") == ()


def missing(
    action: str, cause: Cause, *policies: str, group: str = "ebs", region: str = "us-east-1"
) -> MissingPermission:
    return MissingPermission(action, (group,), cause, region, policies)


def test_a_role_that_lacks_nothing_answers() -> None:
    proof = judge((), 12)
    assert (proof.access, proof.reason, proof.assumed) == (Access.ANSWERING, "12 permissions allowed", True)


def test_the_reason_groups_what_is_missing_by_who_denies_it() -> None:
    proof = judge(
        (
            missing("ec2:CreateSnapshot", Cause.SCP, "DenySnapshots"),
            missing("ebs:GetSnapshotBlock", Cause.SCP, "DenySnapshots"),
            missing("s3:GetObject", Cause.ROLE, group="s3"),
            missing("s3:ListBucket", Cause.UNANSWERED, group="s3"),
        ),
        12,
    )
    assert proof.access is Access.RESTRICTED
    assert proof.reason.split("; ") == [
        "1 permission of s3 is unproven: AWS gave no answer for it: s3:ListBucket",
        "2 permissions of ebs denied by a service control policy (DenySnapshots): "
        "ebs:GetSnapshotBlock, ec2:CreateSnapshot",
        "1 permission of s3 denied by the role's own policies: s3:GetObject",
    ]


def test_a_permission_that_is_missing_in_two_regions_is_counted_once() -> None:
    twice = (
        missing("ec2:CreateSnapshot", Cause.SCP),
        missing("ec2:CreateSnapshot", Cause.SCP, region="eu-west-1"),
    )
    assert judge(twice, 12).reason.startswith("1 permission of ebs denied by a service control policy: ")


def test_of_a_role_that_may_not_simulate_no_permission_is_proven() -> None:
    proof = not_simulated(section("account-check", "s3"), "AccessDenied: no")
    assert (proof.access, proof.assumed) == (Access.RESTRICTED, True)
    wanted = {*GROUPS["account-check"].actions, *GROUPS["s3"].actions}
    assert {(item.action, item.cause) for item in proof.missing} == {(action, Cause.UNANSWERED) for action in wanted}
    assert f"all {len(wanted)} permissions are unproven: AccessDenied: no" in proof.reason


def test_a_role_without_the_check_group_cannot_be_asked() -> None:
    proof = not_simulated(section("s3"), "AccessDenied: no")
    assert (proof.access, proof.assumed, proof.missing) == (Access.UNKNOWN, True, ())
