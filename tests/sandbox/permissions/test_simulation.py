"""Each group alone, by IAM's simulation: allowed with what its statements ask for, denied without any one of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest

from rolecall.core.permission_groups.scoping import REGION_KEY
from rolecall.core.probe import Question
from rolecall.core.roll import CHECK_GROUP, Inquiry

from .cases import CASES, ELSEWHERE, HELD, REGION, Case
from .conftest import Deployed, Fleet

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER_ACCOUNT, OTHER_KEY = "999999999999", "00000000-0000-0000-0000-000000000000"
OTHER_NAMES = {
    "role": f"role/response/{'x' * 8}",
    "policy": f"policy/response/{'x' * 8}-1",
    "document": "document/AWS-RunRemoteScript",
    "key": f"key/{OTHER_KEY}",
}
OTHER_VALUES = {
    "aws:ResourceTag/Name": "Cado-1",
    "aws:ResourceTag/Investigation": "closed-1",
    "ec2:Attribute": "userData",
    "ec2:CreateAction": "RunInstances",
    "kms:GrantIsForAWSResource": "false",
    "kms:ResourceAliases": "alias/payroll",
}


def asked(fleet: Fleet, case: Case) -> tuple[Question, ...]:
    deployed = fleet.of(case)
    return Inquiry.of(deployed.role, [REGION]).questions(deployed.arn, NOW)


def decisions(fleet: Fleet, case: Case, question: Question) -> dict[str, str]:
    """Action -> decision. The role asks itself where it may; an administrator of its account otherwise."""
    deployed = fleet.of(case)
    keys = deployed.keys if case.group == CHECK_GROUP else fleet.account_of(case).keys
    answer = fleet.wire.client("iam", keys).simulate_principal_policy(
        PolicySourceArn=str(deployed.arn),
        ActionNames=list(question.actions),
        ResourceArns=list(question.resources),
        ContextEntries=[entry(key, value) for key, value in question.context.items()],
    )
    assert not answer["IsTruncated"]
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def entry(key: str, value: str) -> dict[str, Any]:
    kind = "stringList" if key == "kms:ResourceAliases" else "string"
    return {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind}


def statements_of(deployed: Deployed, action: str) -> list[dict[str, Any]]:
    """Those of the deployed policies that allow an action."""
    return [found for found in deployed.statements if action in listed(found["Action"])]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def elsewhere(deployed: Deployed, question: Question) -> Iterator[Question]:
    """The same actions on other resources, one at a time, that no statement of theirs names."""
    for resource in {other for found in question.resources for other in _others(found)}:
        actions = tuple(action for action in question.actions if not _names(deployed, action, resource))
        if actions:
            yield replace(question, actions=actions, resources=(resource,))


def _names(deployed: Deployed, action: str, resource: str) -> bool:
    patterns = (pattern for found in statements_of(deployed, action) for pattern in listed(found["Resource"]))
    return any(fnmatchcase(resource, pattern) for pattern in patterns)


def _others(arn: str) -> Iterator[str]:
    if arn == "*":
        return
    *front, account, name = arn.split(":", 5)
    kind = name.split("/", 1)[0]
    if account:
        yield ":".join((*front, OTHER_ACCOUNT, name))
    if kind in OTHER_NAMES:
        yield ":".join((*front, account, OTHER_NAMES[kind]))
    if front[2] == "s3":
        yield ":".join((*front, account, f"payroll/{name}"))
        yield ":".join((*front, account, f"x{name}"))


def without_a_key(deployed: Deployed, question: Question) -> Iterator[Question]:
    """Without one of the keys that the statements ask for, and with another value of it."""
    for key in sorted({key for action in question.actions for key in _keys(deployed, action)}):
        actions = tuple(action for action in question.actions if key in _keys(deployed, action))
        left = {known: value for known, value in question.context.items() if known != key}
        other = ELSEWHERE if key == REGION_KEY else OTHER_VALUES[key]
        yield replace(question, actions=actions, context=left)
        yield replace(question, actions=actions, context={**left, key: other})


def _keys(deployed: Deployed, action: str) -> set[str]:
    """The condition keys that every statement of an action asks for."""
    asked_for = [
        {key for keys in found.get("Condition", {}).values() for key in keys}
        for found in statements_of(deployed, action)
    ]
    return set.intersection(*asked_for) if asked_for else set()


def test_every_action_is_asked(fleet: Fleet) -> None:
    for case in CASES:
        assert {action for question in asked(fleet, case) for action in question.actions} == case.actions


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_action_is_allowed_with_what_its_statement_asks_for(fleet: Fleet, case: Case) -> None:
    for question in asked(fleet, case):
        assert decisions(fleet, case, question) == dict.fromkeys(question.actions, "allowed")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_action_is_denied_on_other_resources(fleet: Fleet, case: Case) -> None:
    for question in asked(fleet, case):
        others = list(elsewhere(fleet.of(case), question))
        assert others or all(":snapshot/" in name or name == "*" for name in question.resources)
        for other in others:
            assert decisions(fleet, case, other) == dict.fromkeys(other.actions, "implicitDeny")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_action_is_denied_without_what_its_statement_asks_for(fleet: Fleet, case: Case) -> None:
    for question in asked(fleet, case):
        for other in without_a_key(fleet.of(case), question):
            assert decisions(fleet, case, other) == dict.fromkeys(other.actions, "implicitDeny")


GUARDED = {
    "ebs": "ec2:CreateTags",
    "ebs-encrypted": "kms:CreateGrant",
    "ebs-copy": f"ec2:CreateTags kms:CreateGrant {HELD['ebs-copy', '']}",
}
"""group -> the actions that stand under a condition even where nothing is narrowed."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_conditions_that_are_deployed_are_those_that_are_meant(fleet: Fleet, case: Case) -> None:
    """So that the tests above leave no condition out."""
    deployed = fleet.of(case)
    guarded = {action for action in case.actions if all("Condition" in s for s in statements_of(deployed, action))}
    by_condition = case.held if case.form in ("regions", "aliases") else frozenset()
    if case.form == "tag":
        by_condition = case.held - TAGGED_BESIDE
    assert guarded == {*GUARDED.get(case.group, "").split()} | by_condition


TAGGED_BESIDE = {"ec2:CreateSnapshot", "ssm:StartSession", "ssm:SendCommand"}
"""Actions that need a resource without tags too, in a statement of its own."""


def test_a_grant_for_an_aws_service_is_allowed_and_one_for_anybody_else_is_not(fleet: Fleet) -> None:
    """By simulation only: no client can ask for what AWS's own services ask for on its behalf."""
    for group in ("ebs-encrypted", "ebs-copy"):
        case = Case(group)
        for told, decision in (("true", "allowed"), ("false", "implicitDeny")):
            question = Question(
                ("kms:CreateGrant",), (fleet.things.inside["key"],), {"kms:GrantIsForAWSResource": told}
            )
            assert decisions(fleet, case, question) == {"kms:CreateGrant": decision}


@pytest.mark.parametrize("form", ["", "regions", "tag"])
def test_a_command_runs_on_no_instance_of_another_account(fleet: Fleet, form: str) -> None:
    case = Case("ec2-triage", form)
    home = fleet.home.id
    context = {REGION_KEY: REGION, "ssm:resourceTag/Investigation": "case-7"}
    for account, decision in ((home, "allowed"), (OTHER_ACCOUNT, "implicitDeny")):
        resource = f"arn:aws:ec2:{REGION}:{account}:instance/i-0123456789abcdef0"
        assert decisions(fleet, case, Question(("ssm:SendCommand",), (resource,), context)) == {
            "ssm:SendCommand": decision
        }
