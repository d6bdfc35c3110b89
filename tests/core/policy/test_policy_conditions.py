"""Every condition operator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import pytest

from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.request import Context, Request

ROLE = "arn:aws:iam::111111111111:role/Platform"
# AWS's own example of an ARN that a string operator matches and an ARN operator does not.
LONG_PATTERN = "arn:aws:someservice:*:111122223333:finance/*"
LONG_ARN = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"


def holds(operator: str, expected: list[str], *values: str, **others: str) -> bool:
    keys = {"x:key": values, **{f"aws:{name}": (value,) for name, value in others.items()}}
    context = Context.of(Request("x:Y", context=keys))
    return Condition.parse(operator, "x:Key", expected, variables=True).holds(context)


@pytest.mark.parametrize(
    ("operator", "expected", "value", "result"),
    [
        ("StringEquals", ["a"], "a", True),
        ("StringEquals", ["a"], "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", ["a*"], "ab", False),
        ("StringEquals", ["a*"], "a*", True),
        ("StringEquals", ["${*}"], "*", True),
        ("StringEquals", [], "a", False),
        ("StringNotEquals", ["a"], "a", False),
        ("StringNotEquals", ["a"], "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", [], "a", True),
        ("StringEqualsIgnoreCase", ["a"], "A", True),
        ("StringEqualsIgnoreCase", ["a"], "b", False),
        ("StringNotEqualsIgnoreCase", ["a"], "A", False),
        ("StringNotEqualsIgnoreCase", ["a"], "b", True),
        ("StringLike", ["a*"], "ab", True),
        ("StringLike", ["a*"], "Ab", False),
        ("StringLike", ["a?"], "a", False),
        ("StringLike", ["a?c"], "a\nc", True),
        ("StringLike", [LONG_PATTERN], LONG_ARN, True),
        ("StringNotLike", ["a*"], "ab", False),
        ("StringNotLike", ["a*"], "ba", True),
        ("NumericEquals", ["10"], "10.0", True),
        ("NumericEquals", ["10"], "11", False),
        ("NumericEquals", ["10"], "ten", False),
        ("NumericNotEquals", ["10"], "ten", True),
        ("NumericEquals", ["1e3"], "1000", True),
        ("NumericNotEquals", ["10"], "11", True),
        ("NumericNotEquals", ["10"], "10", False),
        ("NumericLessThan", ["10"], "9", True),
        ("NumericLessThan", ["10"], "10", False),
        ("NumericLessThanEquals", ["10"], "10", True),
        ("NumericLessThanEquals", ["10"], "10.5", False),
        ("NumericGreaterThan", ["10"], "10.5", True),
        ("NumericGreaterThan", ["10"], "10", False),
        ("NumericGreaterThan", ["12345678901234567890"], "12345678901234567891", True),
        ("NumericGreaterThanEquals", ["10"], "10", True),
        ("NumericGreaterThanEquals", ["-1"], "-2", False),
        ("DateEquals", ["2026-01-01T00:00:00Z"], "2026-01-01T01:00:00+01:00", True),
        ("DateEquals", ["2026-01-01"], "2026-01-01T00:00:00Z", True),
        ("DateEquals", ["2026"], "1767225600", True),  # epoch seconds
        ("DateEquals", ["2026-01-01"], "2026-01-02", False),
        ("DateEquals", ["2026-01-01T00:00:00Z"], "2026-01-01T00:00:00.5Z", False),
        ("DateEquals", ["2026-01-01T00:00:00Z"], "2025-12-31T19:30:00-04:30", True),
        ("DateGreaterThan", ["1577836800.5"], "1577836801", True),
        ("DateLessThan", ["0"], "-1", True),
        ("DateNotEquals", ["2026-01-01"], "2026-01-02", True),
        ("DateNotEquals", ["2026-01-01"], "2026-01-01", False),
        ("DateLessThan", ["2026-02-01T00:00:00Z"], "2026-01-31T23:59:59.999Z", True),
        ("DateLessThan", ["2026-02-01T00:00:00Z"], "2026-02-01T00:00:00Z", False),
        ("DateLessThan", ["2026-02-01"], "soon", False),
        ("DateGreaterThan", ["2026-02-01"], "soon", False),
        ("DateLessThan", ["2026-02-01"], "2026-01-01T00:00:00+99:00", False),
        ("DateEquals", ["2026-02-01T00:00:00"], "2026-02-01T00:00:00Z", True),  # without a zone it is UTC
        ("DateEquals", ["2026-02-01t00:00:00z"], "2026-02-01T00:00:00Z", True),
        ("DateEquals", ["2026-02-01T02:00:00+02"], "2026-02-01T00:00:00Z", True),
        ("DateEquals", ["2026-01-31T21:30:00-0230"], "2026-02-01T00:00:00Z", True),
        ("DateEquals", ["2026-01-31T21:30:00-02:30"], "2026-02-01T00:00:00Z", True),
        ("DateLessThanEquals", ["2026-02-01T00:00:00Z"], "2026-02-01T00:00:00Z", True),
        ("DateLessThanEquals", ["2026-02-01T00:00:00Z"], "2026-02-01T00:00:01Z", False),
        ("DateGreaterThan", ["2026-02-01T00:00:00Z"], "2026-02-01T00:00:01Z", True),
        ("DateGreaterThan", ["2026-02-01T00:00:00Z"], "2026-02-01T00:00:00Z", False),
        ("DateGreaterThanEquals", ["2026-02-01T00:00Z"], "2026-02-01T00:00:00Z", True),
        ("DateGreaterThanEquals", ["2026-02-01T00:00Z"], "2026-01-31T23:00:00-00:30", False),
        ("Bool", ["true"], "true", True),
        ("Bool", ["True"], "true", True),
        ("Bool", ["true"], "false", False),
        ("Bool", ["true"], "yes", False),
        ("BinaryEquals", ["QmluYXJ5"], "QmluYXJ5", True),
        ("BinaryEquals", ["QmluYXJ5"], "QmluYXJ6", False),
        ("BinaryEquals", ["no base64!"], "no base64!", False),
        ("IpAddress", ["203.0.113.0/24"], "203.0.113.9", True),
        ("IpAddress", ["203.0.113.0/24"], "203.0.114.9", False),
        ("IpAddress", ["203.0.113.7/24"], "203.0.113.9", True),
        ("IpAddress", ["203.0.113.9"], "203.0.113.9", True),
        ("IpAddress", ["10.0.0.0/8", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
        ("IpAddress", ["203.0.113.0/24"], "2001:db8::1", False),
        ("IpAddress", ["203.0.113.0/24"], "somewhere", False),
        ("NotIpAddress", ["203.0.113.0/24"], "somewhere", True),
        ("NotIpAddress", ["203.0.113.0/24"], "203.0.114.9", True),
        ("NotIpAddress", ["203.0.113.0/24"], "203.0.113.9", False),
        ("ArnEquals", ["arn:aws:iam::*:role/*"], ROLE, True),
        ("ArnEquals", ["arn:aws:iam::222222222222:role/*"], ROLE, False),
        ("ArnLike", ["arn:aws:iam::11111111111?:role/Platform"], ROLE, True),
        ("ArnLike", [LONG_PATTERN], LONG_ARN, False),
        ("ArnLike", ["arn:aws:iam:*"], ROLE, False),  # all six parts must be there
        ("ArnLike", ["*"], ROLE, False),
        ("ArnNotEquals", ["arn:aws:iam::*:role/*"], ROLE, False),
        ("ArnNotEquals", ["arn:aws:iam::*:user/*"], ROLE, True),
        ("ArnNotLike", ["arn:aws:iam::*:role/Plat*"], ROLE, False),
        ("ArnNotLike", ["arn:aws:iam::222222222222:role/*"], ROLE, True),
        ("Null", ["false"], "a", True),
        ("Null", ["true"], "a", False),
        ("Null", ["true", "false"], "a", True),
        ("Null", ["FALSE"], "a", True),
        ("foranyvalue:StringEquals", ["a"], "a", True),
        ("stringequals", ["a"], "a", True),
    ],
)
def test_an_operator_compares(operator: str, expected: list[str], value: str, result: bool) -> None:
    assert holds(operator, expected, value) is result


POSITIVE = [
    *("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "Bool", "BinaryEquals"),
    "IpAddress",
    *(
        f"{family}{name}"
        for family in ("Numeric", "Date")
        for name in ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
]
NEGATED = [
    *("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals", "DateNotEquals"),
    *("NotIpAddress", "ArnNotEquals", "ArnNotLike"),
]


def value_for(operator: str) -> str:
    values = {"Ip": "10.0.0.1", "NotIp": "10.0.0.1", "Arn": ROLE, "Bool": "true", "Binary": "QQ=="}
    return next((text for prefix, text in values.items() if operator.startswith(prefix)), "2026")


@pytest.mark.parametrize("operator", POSITIVE)
def test_an_absent_key_matches_nothing(operator: str) -> None:
    assert not holds(operator, [value_for(operator)])


@pytest.mark.parametrize("operator", NEGATED)
def test_a_negated_operator_holds_of_an_absent_key(operator: str) -> None:
    assert holds(operator, [value_for(operator)])


@pytest.mark.parametrize("operator", POSITIVE + NEGATED)
def test_if_exists_holds_of_an_absent_key(operator: str) -> None:
    assert holds(f"{operator}IfExists", [value_for(operator)])


@pytest.mark.parametrize("operator", POSITIVE + NEGATED)
def test_if_exists_changes_nothing_for_a_present_key(operator: str) -> None:
    value = value_for(operator)
    assert holds(f"{operator}IfExists", [value], value) is holds(operator, [value], value)


def test_null_holds_of_an_absent_key() -> None:
    assert holds("Null", ["true"])
    assert not holds("Null", ["false"])


def test_an_empty_value_is_no_value_even_where_the_policy_names_it() -> None:
    assert not holds("ForAnyValue:StringLike", ["", "a"], "")


@pytest.mark.parametrize(
    "operator", [name for name in POSITIVE + NEGATED if name.startswith(("String", "Arn", "Bool"))]
)
def test_text_truth_values_and_arns_may_be_variables(operator: str) -> None:
    value = value_for(operator)
    assert holds(operator, ["${aws:value}"], value, value=value) is (operator in POSITIVE)


def test_null_takes_a_key_with_an_empty_value_as_absent() -> None:
    assert holds("Null", ["true"], "")
    assert not holds("Null", ["false"], "")
    assert holds("Null", ["false"], "", "a")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
@pytest.mark.parametrize(
    ("operator", "values", "result"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAllValues:StringEquals", ("",), True),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "d"), False),
        ("ForAllValues:StringNotEquals", (), True),
        ("ForAllValues:StringLikeIfExists", ("c",), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAnyValue:StringEquals", ("",), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ("ForAnyValue:StringNotEquals", (), False),
        ("ForAnyValue:StringEqualsIfExists", (), True),
        ("ForAnyValue:StringNotEqualsIfExists", (), True),
        ("ForAllValues:StringEquals", ("a", ""), False),  # only a key with no other value is an empty one
        ("ForAnyValue:StringEquals", ("a", ""), True),
        ("StringEquals", ("a", "b"), False),  # a key of several values needs a set operator
        ("StringNotEquals", ("a", "b"), True),
    ],
)
def test_set_operators_compare_every_or_any_value(operator: str, values: tuple[str, ...], result: bool) -> None:
    assert holds(operator, ["a", "b"], *values) is result


@pytest.mark.parametrize(
    ("operator", "expected", "value", "result"),
    [
        ("StringEquals", "${aws:username}", "ada", True),
        ("StringLike", "home/${aws:username}/*", "home/ada/x", True),
        ("ArnLike", "arn:aws:iam::${aws:account}:role/*", ROLE, True),
        ("ArnEquals", "${aws:arn}", ROLE, True),
        ("ArnNotEquals", "${aws:arn}", ROLE, False),
        ("ArnLike", "${aws:arn}/*", f"{ROLE}/x", True),
        ("ArnLike", "arn:aws:iam::${aws:account}:${aws:absent}", ROLE, False),
        ("StringEquals", "${aws:absent}", "ada", False),
        ("StringNotEquals", "${aws:absent}", "ada", True),  # a negated operator holds against a variable without value
        ("StringEquals", "${aws:absent, 'ada'}", "ada", True),
        ("StringEquals", "ada${aws:absent, ''}", "ada", True),
        ("NumericEquals", "${aws:account}", "111111111111", False),  # no variables in numbers and dates
    ],
)
def test_values_may_be_variables(operator: str, expected: str, value: str, result: bool) -> None:
    assert holds(operator, [expected], value, username="ada", account="111111111111", arn=ROLE) is result


@pytest.mark.parametrize(
    "operator", ["StringIs", "NullIfExists", "ForSomeValue:StringEquals", "", ":", "IfExists", "ForAnyValue:"]
)
def test_an_unknown_operator_is_refused(operator: str) -> None:
    with pytest.raises(ValueError, match=r"condition operator|does not begin"):
        Condition.parse(operator, "x:Key", ["a"], variables=True)


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("DateLessThan", "soon"),
        ("DateLessThanIfExists", "2026-13-01"),
        ("DateNotEquals", "2026-01-01T00:00:00+99:00"),
        ("DateEquals", "234-13"),
        ("NumericEquals", "ten"),
        ("ForAnyValue:NumericLessThan", ""),
        ("IpAddress", "everywhere"),
        ("NotIpAddress", "10.0.0.0/33"),
        ("IpAddress", "10.0.0.0/255.0.0.0"),
        ("Bool", "yes"),
        ("Null", "maybe"),
    ],
)
def test_a_value_of_another_kind_is_refused(operator: str, value: str) -> None:
    with pytest.raises(ValueError, match="is no value for"):
        Condition.parse(operator, "x:Key", [value], variables=True)


@pytest.mark.parametrize("operator", ["NumericEquals", "Null"])
def test_operators_without_variables_ask_for_no_variables_key(operator: str) -> None:
    condition = Condition.parse(operator, "x:Key", ["${aws:UserId}"], variables=True)
    assert list(condition.absent_keys(Context.of(Request("x:Y", context={"x:key": ("1",)})))) == []


def test_absent_keys_are_those_asked_for_in_the_policys_spelling() -> None:
    condition = Condition.parse("StringEquals", "sts:ExternalId", ["${aws:UserId}", "b"], variables=True)
    context = Context.of(Request("x:Y", context={"STS:externalid": ()}))
    assert list(condition.absent_keys(context)) == ["sts:ExternalId", "aws:UserId"]
