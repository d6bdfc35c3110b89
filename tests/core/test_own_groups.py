"""The user's own permission groups: what a file may say, and every problem with it."""

from __future__ import annotations

import pytest

from rolecall.core.permission_groups import GROUPS, PermissionGroup
from rolecall.core.permission_groups.own import read_group, write_group
from rolecall.errors import ConfigError, Problem

GOOD = """\
id: evidence-tags
title: Tags of evidence
purpose: The platform reads what evidence is tagged with.
source: ticket IR-7
requires: [s3]
statements:
  - sid: EvidenceTags
    actions: [s3:GetObjectTagging, s3:GetObjectTagging]
    resources: ["arn:${AWS::Partition}:s3:::evidence-*/*"]
    conditions:
      StringLike: {"aws:ResourceTag/case": ["IR-*", "FX-*"]}
      StringNotEquals: {"aws:RequestedRegion": eu-west-3}
"""


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read_group(text, "own.yaml")
    return caught.value.problems


def test_a_group_is_read() -> None:
    group = read_group(GOOD, "own.yaml")
    (statement,) = group.statements
    assert (group.id, group.requires, group.own, group.default) == ("evidence-tags", ("s3",), True, False)
    assert statement.actions == ("s3:GetObjectTagging",)
    assert statement.resources == ("arn:${AWS::Partition}:s3:::evidence-*/*",)


def test_what_the_roll_call_asks_follows_from_resources_and_conditions() -> None:
    """Not for a condition that says what must not be: any value but that one would do."""
    (statement,) = read_group(GOOD, "own.yaml").statements
    assert statement.example_resources == ("arn:${AWS::Partition}:s3:::evidence-example/example",)
    assert statement.example_context == {"aws:ResourceTag/case": "IR-example"}


def test_examples_that_are_given_are_taken() -> None:
    given = GOOD + "    examples: {resources: ['arn:aws:s3:::evidence-1/a'], context: {'aws:ResourceTag/case': IR-9}}\n"
    (statement,) = read_group(given, "own.yaml").statements
    assert statement.example_resources == ("arn:aws:s3:::evidence-1/a",)
    assert statement.example_context == {"aws:ResourceTag/case": "IR-9"}


@pytest.mark.parametrize(
    ("before", "after", "key", "line"),
    [
        ("id: evidence-tags", "id: Evidence Tags", "id", 1),
        ("title: Tags of evidence\n", "", "title", 1),
        ("source: ticket IR-7", "sourse: x", "sourse", 4),
        ("s3:GetObjectTagging, s3:GetObjectTagging", "GetObject", "statements[0].actions[0]", 8),
        ("s3:GetObjectTagging, s3:GetObjectTagging", "'*'", "statements[0].actions[0]", 8),
        ("arn:${AWS::Partition}:s3:::evidence-*/*", "evidence", "statements[0].resources[0]", 9),
        ("sid: EvidenceTags", "sid: Evidence-Tags", "statements[0].sid", 7),
        ("    actions:", "    effect: Deny\n    actions:", "statements[0].effect", 8),
    ],
)
def test_what_is_wrong_is_told_with_line_and_key(before: str, after: str, key: str, line: int) -> None:
    assert before in GOOD
    found = problems(GOOD.replace(before, after))
    assert (key, line) in [(problem.key, problem.line) for problem in found]


@pytest.mark.parametrize(
    ("resource", "key", "message"),
    [
        ("arn:aws:s3:::x-${AWS::Region}/*", "statements[0].resources[0]", "is filled in by nobody"),
        ("arn:aws:s3:::x-${Account}/*", "statements[0].resources[0]", "is filled in by nobody"),
        ("arn:aws:s3:::${aws:PrincipalTag/team}/*", "statements[0].examples", "hold a policy variable"),
    ],
)
def test_a_placeholder_that_nobody_fills_in_is_told(resource: str, key: str, message: str) -> None:
    (problem,) = problems(GOOD.replace("arn:${AWS::Partition}:s3:::evidence-*/*", resource))
    assert (problem.key, message in problem.message) == (key, True)
    assert problem.hint


def test_a_condition_held_to_a_policy_variable_needs_an_example_too() -> None:
    text = GOOD.replace("eu-west-3", '"${aws:PrincipalTag/region}"')
    (problem,) = problems(text)
    assert (problem.key, "need context for aws:RequestedRegion" in problem.message) == ("statements[0].examples", True)
    given = text + "    examples: {context: {'aws:RequestedRegion': eu-west-1}}\n"
    assert read_group(given, "own.yaml").statements[0].example_context["aws:RequestedRegion"] == "eu-west-1"


def test_a_policy_variable_is_left_to_iam_where_an_example_is_given() -> None:
    text = GOOD.replace("evidence-*", "${aws:PrincipalTag/team}") + "    examples: {resources: ['arn:aws:s3:::ir/a']}\n"
    (statement,) = read_group(text, "own.yaml").statements
    assert statement.resources == ("arn:${AWS::Partition}:s3:::${aws:PrincipalTag/team}/*",)
    assert statement.example_resources == ("arn:aws:s3:::ir/a",)


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", "true"), ("'true'", "true"), ("[true, false]", ("true", "false")), ("60", "60"), ("[60]", "60")],
)
def test_yamls_own_booleans_and_numbers_are_taken_as_iam_writes_them(written: str, value: object) -> None:
    text = GOOD.replace('{"aws:RequestedRegion": eu-west-3}', f'{{"aws:RequestedRegion": {written}}}')
    (statement,) = read_group(text, "own.yaml").statements
    assert statement.conditions["StringNotEquals"]["aws:RequestedRegion"] == value


@pytest.mark.parametrize("written", ["{a: b}", "[[a]]", "null", "1.5"])
def test_what_is_no_text_in_a_condition_is_told_once(written: str) -> None:
    (problem,) = problems(GOOD.replace('{"aws:RequestedRegion": eu-west-3}', f'{{"aws:RequestedRegion": {written}}}'))
    assert problem.key.startswith("statements[0].conditions.StringNotEquals.aws:RequestedRegion")


@pytest.mark.parametrize("text", ["", "[]", "id: [", "statements: 3"])
def test_rubbish_is_told_too(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize("group", GROUPS.values(), ids=list(GROUPS))
def test_a_group_of_ours_written_out_is_one_of_the_users(group: PermissionGroup) -> None:
    again = read_group(write_group(group), "own.yaml")
    assert [(item.sid, item.actions, item.resources, item.conditions) for item in again.statements] == [
        (item.sid, item.actions, item.resources, item.conditions) for item in group.statements
    ]
    assert (again.requires, again.management_only) == (group.requires, group.management_only)


@pytest.mark.parametrize(
    "conditions", ["{StringIs: {a: b}}", "{StringEquals: {'aws:PrincipalArn': []}}", "{Bool: {a: perhaps}}"]
)
def test_a_condition_that_iam_does_not_take_is_told_when_the_file_is_read(conditions: str) -> None:
    written = GOOD[GOOD.index("    conditions:") :]
    (problem,) = problems(GOOD.replace(written, f"    conditions: {conditions}\n"))
    assert problem.key.startswith("statements[0].conditions")
    assert problem.line == 10
