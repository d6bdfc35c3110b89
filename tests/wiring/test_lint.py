"""The linter over a config: with as much of AWS's reference as the role needs, for members and management account."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.errors import RoleRefused, UsageError
from rolecall.wiring.lint import accept_role, review_role
from rolecall.wiring.service_reference import service_reference
from tests.fakes.cloud import EXTERNAL_ID, config


def with_own(*statements: Statement, management_only: bool = False, **role: Any) -> Config:
    own = PermissionGroup(
        "ours", "Ours", "We do", statements, "ticket", default=False, management_only=management_only, own=True
    )
    document = config().model_dump()
    document["role"] |= {"permission_groups": ["account-check", "ours"], **role}
    return Config.model_validate(document, context={"ours": own})


ESCALATES = Statement("Ours", ("iam:PassRole", "s3:GetObject"))


def refusal(refused: Config) -> RoleRefused:
    with pytest.raises(RoleRefused) as caught:
        accept_role(refused)
    return caught.value


def test_a_role_of_our_groups_is_accepted_and_nothing_is_remarked() -> None:
    assert accept_role(config(role={"permission_groups": list(GROUPS)})) == ()


def test_a_refusal_is_wrong_usage_and_names_rule_statement_and_mend_of_every_finding() -> None:
    error = refusal(with_own(ESCALATES))
    assert isinstance(error, UsageError)
    assert error.exit_status == 2
    assert error.summary == "the role CadoResponseRole is refused: 2 findings"
    assert [str(objection) for objection in error.objections] == [
        "privilege-escalation: statement Ours of group ours: allows iam:PassRole, which gives a service any role that "
        "is allowed to pass",
        "write-without-condition: statement Ours of group ours: allows iam:PassRole on every resource and without a "
        "condition",
    ]
    assert all(objection.hint for objection in error.objections)
    assert "role.exceptions" in error.hint
    assert EXTERNAL_ID not in repr(error.objections) + error.hint


def test_what_is_for_the_management_account_alone_is_refused_too_and_told_once() -> None:
    assert len(refusal(with_own(ESCALATES, management_only=True)).objections) == 2


def test_an_exception_that_only_the_management_account_needs_is_used() -> None:
    exceptions = [
        {"rule": rule, "statement": "Ours", "reason": "agreed"}
        for rule in ("privilege-escalation", "write-without-condition")
    ]
    assert accept_role(with_own(ESCALATES, management_only=True, exceptions=exceptions)) == ()


def test_an_exception_without_a_use_is_remarked_and_refuses_nothing() -> None:
    exceptions = [{"rule": "wildcard-action", "statement": "Gone", "reason": "from before"}]
    (remark,) = accept_role(with_own(Statement("Ours", ("s3:GetObject",)), exceptions=exceptions))
    assert remark.startswith("the exception for wildcard-action in Gone in role.exceptions sets nothing aside")


def test_a_bucket_for_templates_is_seen() -> None:
    statements = [Statement(f"Ours{n}", ("s3:GetObject",), (f"arn:aws:s3:::{'b' * 60}{n}-*/*",)) for n in range(300)]
    (objection,) = refusal(with_own(*statements)).objections
    assert objection.rule == "template-size"
    wide = with_own(*statements)
    bucket = wide.deployment.model_copy(update={"template_bucket": "templates-example"})
    assert review_role(wide.model_copy(update={"deployment": bucket})).findings == ()


@pytest.mark.parametrize("name", ["e2c:DescribeInstances", "s3:GetObjects", "brandnew:*"])
def test_what_aws_does_not_have_is_told_although_only_a_part_of_the_reference_is_read(name: str) -> None:
    rules = [objection.rule for objection in refusal(with_own(Statement("Ours", (name,)))).objections]
    assert "unknown-action" in rules


def test_no_more_of_the_reference_is_read_than_is_needed() -> None:
    read = service_reference(["s3:Get*", "EC2:DescribeInstances"])
    assert {action.service for action in read.actions.values()} == {"s3", "ec2"}
    assert len(read.service_names) > 400
    assert {"s3", "iam", "kms"} <= {action.service for action in service_reference(["*"]).actions.values()}
