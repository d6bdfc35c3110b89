"""Wildcards, policy variables, actions and ARNs."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.policy.patterns import ActionNames, ArnPattern, Text
from rolecall.core.policy.request import Context, Request


def context(**keys: str) -> Context:
    return Context.of(Request("x:Y", context={key.replace("_", ":", 1): (value,) for key, value in keys.items()}))


NOTHING = context()


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "ABC", False),
        ("*", "", True),
        ("*", "line\nbreak", True),
        ("a*c", "abbc", True),
        ("a*c", "ac", True),
        ("a*c", "abb", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*b*", "abc", True),
        ("a**c", "abc", True),
        ("a*bc*d", "abxbcd", True),
        ("a*bc*d", "abxbcdx", False),
        ("*ab", "aab", True),
        ("?*?", "a", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_a_star_is_any_characters_and_a_question_mark_one(pattern: str, value: str, expected: bool) -> None:
    assert Text.parse(pattern, variables=True).like(value, NOTHING) is expected


def test_many_wildcards_do_not_cost_exponential_time() -> None:
    text = Text.parse("*a" * 60 + "*b", variables=True)
    begin = time.process_time()
    assert not text.like("a" * 3000, NOTHING)
    assert time.process_time() - begin < 1


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("home/${aws:username}/*", "home/ada/file", True),
        ("home/${AWS:UserName}/*", "home/ada/file", True),
        ("home/${aws:username}/*", "home/bob/file", False),
        ("home/${aws:userid}/*", "home//file", False),  # a variable without a value matches nothing
        ("home/${aws:userid, 'nobody'}", "home/nobody", True),
        ("home/${aws:username, 'nobody'}", "home/ada", True),
        ("${ aws:username }", "ada", True),
        ("${aws:star}", "anything", False),  # a value is literal, whatever characters it has
        ("${aws:star}", "*", True),
        ("${*}", "*", True),
        ("${*}", "a", False),
        ("a${?}", "a?", True),
        ("${$}{aws:username}", "${aws:username}", True),
    ],
)
def test_variables_stand_for_values_of_the_request(pattern: str, value: str, expected: bool) -> None:
    assert Text.parse(pattern, variables=True).like(value, context(aws_username="ada", aws_star="*")) is expected


def test_a_key_of_several_values_is_no_variable() -> None:
    several = Context.of(Request("x:Y", context={"aws:tagkeys": ("a", "b")}))
    assert not Text.parse("${aws:TagKeys}", variables=True).like("a", several)


def test_an_unfinished_variable_is_read_in_linear_time() -> None:
    begin = time.process_time()
    assert Text.parse("${" + " " * 20_000, variables=True).keys == ()
    assert time.process_time() - begin < 1


def test_the_keys_it_needs_are_those_without_a_default() -> None:
    assert Text.parse("${aws:username}/${aws:userid, 'x'}/${*}", variables=True).keys == ("aws:username",)


def test_version_2008_takes_variables_as_characters() -> None:
    text = Text.parse("${aws:username}", variables=False)
    assert text.like("${aws:username}", context(aws_username="ada"))
    assert not text.like("ada", context(aws_username="ada"))


def test_version_2008_keeps_wildcards_inside_braces() -> None:
    assert Text.parse("${*}", variables=False).like("${any}", NOTHING)


@pytest.mark.parametrize(
    ("names", "action", "expected"),
    [
        (["ec2:CreateSnapshot"], "ec2:createsnapshot", True),
        (["EC2:createSNAPSHOT"], "ec2:createsnapshot", True),
        (["ec2:CreateSnapshot"], "ec2:createsnapshots", False),
        (["ec2:Describe*"], "ec2:describeinstances", True),
        (["ec2:*Snapshot?"], "ec2:createsnapshots", True),
        (["s3:Get*", "ec2:*"], "ec2:runinstances", True),
        (["*"], "ec2:runinstances", True),
        (["*:*"], "ec2:runinstances", True),
        ([], "ec2:runinstances", False),
    ],
)
def test_actions_match_in_any_case(names: list[str], action: str, expected: bool) -> None:
    assert ActionNames.parse(names).match(action) is expected


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", "arn:aws:s3:::bucket", True),
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", False),  # no resource is not in a narrower scope
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", False),
        ("arn:aws:ec2:*:111111111111:instance/*", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", True),
        # "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
        # boundaries"
        ("arn:aws:ec2:*:instance/*", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", True),
        ("arn:aws:ec2:us-*:instance/i-1", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", True),
        ("arn:aws:ec2:eu-*:instance/i-1", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", False),
        ("arn:aws:ec2:us-*1:instance/*", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", False),
        ("arn:aws:ec2:*:instance/i-2", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", False),
        ("arn:*:instance/*", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", True),
        ("arn:aws:logs:*:log-stream:b", "arn:aws:logs:us-east-1:111111111111:log-group:a:log-stream:b", True),
        ("arn:aws:ec2:*:*x", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", False),
        ("arn:aws:ec2:*", "arn:aws:ec2:us-east-1:111111111111:instance/i-1", True),  # the last part reaches over colons
        ("arn:aws:logs:*:*:log-group:*", "arn:aws:logs:us-east-1:111111111111:log-group:a:log-stream:b", True),
        ("arn:aws:logs:*:*:*:b", "arn:aws:logs:us-east-1:111111111111:log-group:a:log-stream:b", True),
        ("arn:aws:s3:*:*:odd}*", "arn:aws:s3:::odd}x", True),
        ("arn:*:iam::*:role/x", "arn:aws-us-gov:iam::111111111111:role/x", True),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/ada/x", True),
        ("arn:aws:s3:::home/${aws:team, 'a:b'}/*", "arn:aws:s3:::home/a:b/x", True),
        ("arn:aws:sqs:*:${aws:account}:q", "arn:aws:sqs:us-east-1:111111111111:q", False),  # only after the fifth colon
    ],
)
def test_a_resource_matches_part_by_part(pattern: str, arn: str, expected: bool) -> None:
    keys = context(aws_username="ada", aws_account="111111111111")
    assert ArnPattern.parse(pattern, variables=True).matches(arn, keys) is expected


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html: what an incomplete ARN lacks is *
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:sqs", True),
        ("arn:aws:sqs:us-east-1", True),
        ("arn:aws:sqs:us-*1", True),
        ("arn:aws:sqs:us-east-1:111111111111", True),
        ("arn:aws:sqs:*:111111111111", True),
        ("arn:aws:sns", False),
        ("arn:aws:sqs:eu-west-1", False),
        ("arn:aws:sqs:us-east-1:222222222222", False),
    ],
)
def test_an_incomplete_arn_is_every_resource_that_begins_so(pattern: str, expected: bool) -> None:
    arn = "arn:aws:sqs:us-east-1:111111111111:queue"
    assert ArnPattern.parse(pattern, variables=True).matches(arn, NOTHING) is expected


def test_an_incomplete_arn_is_not_no_resource() -> None:
    assert not ArnPattern.parse("arn:aws:sqs", variables=True).matches("*", NOTHING)


def test_many_colons_do_not_cost_exponential_time() -> None:
    begin = time.process_time()
    assert not ArnPattern.parse("a*:*:*:*:*:b", variables=True).matches("a" + ":" * 2000, NOTHING)
    assert time.process_time() - begin < 1


def by_the_guides_words(pattern: str) -> re.Pattern[str]:
    """The rule on the page of the Resource element as a regular expression, without thought for time."""
    *parts, resource = pattern.split(":", 5)
    within = [re.escape(part).replace(r"\?", "[^:]").replace(r"\*", "[^:]*") for part in parts]
    ends = [re.sub(r"\[\^:\]\*$", ".*", part) for part in within]
    return re.compile(":".join([*ends, re.escape(resource).replace(r"\?", ".").replace(r"\*", ".*")]))


@given(
    st.lists(st.text("ab*?", max_size=2), min_size=6, max_size=6).map(":".join),
    st.lists(st.text("ab", max_size=2), min_size=6, max_size=8).map(":".join),
)
def test_a_whole_arn_matches_as_the_guide_words_it(pattern: str, arn: str) -> None:
    expected = by_the_guides_words(pattern).fullmatch(arn) is not None
    assert ArnPattern.parse(pattern, variables=True).matches(arn, NOTHING) is expected
