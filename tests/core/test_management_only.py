"""What only the management account's role gets, and when its stack needs no update."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.core.config import RoleSection
from rolecall.core.diff import content_differences, stack_differences
from rolecall.core.observed import StackContent
from rolecall.core.template import build, parameters, render, same_effect
from tests.core.worlds import desired
from tests.fakes.cloud import config

ORGANIZATIONS = "organizations:ListAccounts"
ROLE = RoleSection(
    name="CadoResponseRole",
    trusted_principals=["arn:aws:iam::111111111111:role/Platform"],
    external_id="5f0c",
    permission_groups=["account-check", "s3", "organizations"],
)


def test_the_organizations_group_is_the_management_accounts_alone() -> None:
    made = desired(wanted=config().model_copy(update={"role": ROLE}))
    assert ORGANIZATIONS in made.management_content.template
    assert ORGANIZATIONS not in made.content.template


def test_without_such_a_group_both_are_the_same() -> None:
    made = desired()
    assert made.management_content == made.content


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("The role CadoResponseRole", "Another description", True),
        ("s3:GetObject", "s3:GetObjectVersion", False),
        ("What the platform is given", "The ARN", False),
    ],
    ids=["the template's description", "an action", "an output"],
)
def test_a_stack_is_updated_only_for_what_cloudformation_takes_as_a_change(before: str, after: str, same: bool) -> None:
    current = StackContent(render(build(ROLE)), parameters(ROLE), {})
    assert before in current.template
    wanted = replace(current, template=current.template.replace(before, after))
    assert same_effect(wanted.template, current.template) is same
    assert bool(stack_differences(wanted, current)) is not same
    assert content_differences(wanted, current)


@pytest.mark.parametrize("text", ["", "- a", "Resources: {", "42"])
def test_a_template_that_is_none_of_ours_is_another(text: str) -> None:
    assert not same_effect(render(build(ROLE)), text)
    assert not same_effect(text, render(build(ROLE)))
