"""What AWS's pages say of single statements, page by page: which requests one matches, and which are refused.

Each key of a table is a page of https://docs.aws.amazon.com/IAM/latest/UserGuide/ unless it is a whole address. The
pages on evaluation logic, boundaries and organizations are in `test_policy_evaluation`.
"""

from typing import Any

import pytest

from rolecall.core.policy import MalformedPolicy, Policy, PolicySet, Request, evaluate

Statement = dict[str, Any]

ACCOUNT = "123456789012"
OBJECT = "arn:aws:s3:::amzn-s3-demo-bucket"
TOPIC = f"arn:aws:sns:us-west-2:{ACCOUNT}:TOPIC-ID"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/prod-orders"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Platform"


def on(resource: str, action: str = "s3:GetObject", **keys: str) -> Request:
    return Request(action, resource, {key.replace("_", ":", 1): (value,) for key, value in keys.items()})


def asks(action: str) -> Request:
    return Request(action)


def having(*values: str, **others: tuple[str, ...]) -> Request:
    """A request with these values of the key `x:key`."""
    return Request("s3:GetObject", "*", {"x:key": values, **{f"x:{name}": found for name, found in others.items()}})


def when(operator: str, *expected: Any) -> Statement:
    """A condition on the key `x:key`."""
    return {"Condition": {operator: {"x:key": list(expected)}}}


def tagged(who: str, **tags: str) -> Request:
    keys = {f"aws:PrincipalTag/{name}": (value,) for name, value in tags.items()}
    return Request("s3:GetObject", "*", {**keys, "aws:PrincipalArn": (f"arn:aws:iam::222222222222:user/{who}",)})


TAG_KEYS = ["environment", "cost-center"]
ALL_AND_PRESENT = {"Condition": {"ForAllValues:StringEquals": {"x:key": TAG_KEYS}, "Null": {"x:key": "false"}}}
ANA_OR_MARY = [f"arn:aws:iam::222222222222:user/{name}" for name in ("Ana", "Mary")]
DEPARTMENT_AND_ROLE = {
    "aws:PrincipalTag/department": ["finance", "hr", "legal"],
    "aws:PrincipalTag/role": ["audit", "security"],
}
ANY_OF = {"Condition": {"StringEquals": DEPARTMENT_AND_ROLE, "ArnLike": {"aws:PrincipalArn": ANA_OR_MARY}}}
NONE_OF = {"Condition": {"StringEquals": DEPARTMENT_AND_ROLE, "ArnNotLike": {"aws:PrincipalArn": ANA_OR_MARY}}}

MATCHES: dict[str, list[tuple[Statement, Request, bool]]] = {
    "reference_policies_elements_action.html": [
        ({"Action": "iam:ListAccessKeys"}, asks("IAM:listaccesskeys"), True),
        ({"Action": "iam:*AccessKey*"}, asks("iam:DeleteAccessKey"), True),
        ({"Action": "iam:*AccessKey*"}, asks("iam:DeleteUser"), False),
        ({"Action": "s3:*"}, asks("s3express:CreateSession"), False),
        ({"Action": "ec2:Describe?nstances"}, asks("ec2:DescribeInstances"), True),
        ({"Action": ["sqs:SendMessage", "sqs:Receive*"]}, asks("sqs:ReceiveMessage"), True),
    ],
    "reference_policies_elements_notaction.html": [
        ({"NotAction": "iam:*"}, asks("s3:GetObject"), True),
        ({"NotAction": "iam:*"}, asks("IAM:GetRole"), False),
    ],
    "reference_policies_elements_resource.html": [
        ({"Resource": f"{OBJECT}/*/test/*"}, on(f"{OBJECT}/1/2/test/3/object.jpg"), True),
        ({"Resource": f"{OBJECT}/*/test/*"}, on(f"{OBJECT}/1///test///object.jpg"), True),
        ({"Resource": f"{OBJECT}/*/test/*"}, on(f"{OBJECT}//test/object.jpg"), True),
        ({"Resource": f"{OBJECT}/*/test/*"}, on(f"{OBJECT}/1-test/object.jpg"), False),
        ({"Resource": f"{OBJECT}/*/test/*"}, on(f"{OBJECT}/test/object.jpg"), False),
        ({"Resource": f"{OBJECT}/*/test/*"}, on(f"{OBJECT}/1/2/test.jpg"), False),
        ({"Resource": f"{OBJECT}/????-test"}, on(f"{OBJECT}/2024-test"), True),
        ({"Resource": f"{OBJECT}/????-test"}, on(f"{OBJECT}/202-test"), False),
        ({"Resource": "arn:aws:iam::1:user/Bob"}, on("arn:aws:iam::1:user/bob"), False),
        # "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
        # boundaries."
        ({"Resource": "arn:aws:dynamodb:*:table/prod-*"}, on(TABLE), True),
        ({"Resource": "arn:aws:dynamodb:us-*:table/prod-*"}, on(TABLE), True),
        ({"Resource": "arn:aws:dynamodb:*:table/test-*"}, on(TABLE), False),
        ({"Resource": "arn:aws:dynamodb:us-*1:table/prod-*"}, on(TABLE), False),
    ],
    "reference_policies_elements_notresource.html": [
        ({"NotResource": [OBJECT, f"{OBJECT}/*"]}, on(f"{OBJECT}/key"), False),
        ({"NotResource": [OBJECT, f"{OBJECT}/*"]}, on("arn:aws:s3:::other"), True),
        ({"NotResource": "arn:aws:dynamodb:*:table/prod-*"}, on(TABLE), False),
    ],
    "reference_policies_grammar.html": [
        # "IAM fills in" what an incomplete ARN lacks
        ({"Resource": "arn:aws:sqs"}, on(QUEUE), True),
        ({"Resource": "arn:aws:sqs:us-east-1"}, on(QUEUE), True),
        ({"Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}"}, on(QUEUE), True),
        ({"Resource": "arn:aws:sqs:eu-west-1"}, on(QUEUE), False),
        ({"Resource": "arn:aws:sns"}, on(QUEUE), False),
        # "Quotation marks are optional for numeric and Boolean values"
        (when("NumericLessThan", 10), having("9"), True),
        (when("NumericGreaterThan", 0.00001), having("1"), True),
        (when("NumericLessThan", 1e16), having("1"), True),
        (when("Bool", False), having("true"), False),
        (when("Null", False), having("a"), True),
    ],
    "reference_policies_variables.html": [
        ({"Resource": f"{OBJECT}/${{aws:username}}/*"}, on(f"{OBJECT}/ada/x", aws_username="ada"), True),
        ({"Resource": f"{OBJECT}/${{aws:username}}/*"}, on(f"{OBJECT}//x"), False),
        ({"Resource": "arn:aws:s3:::b-${aws:team, 'all'}"}, on("arn:aws:s3:::b-all"), True),
        ({"Resource": "arn:aws:s3:::b-${aws:team, 'all'}"}, on("arn:aws:s3:::b-all", aws_team="red"), False),
        ({"Resource": "arn:aws:sns:*:*:${x:a}-${x:b}-*"}, on(f"{TOPIC[:-8]}p-q-z", x_a="p", x_b="q"), True),
        # "… after the fifth colon"
        ({"Resource": "arn:aws:sqs:us-east-1:${x:a}:queue"}, on(QUEUE, x_a=ACCOUNT), False),
        ({"NotResource": f"{OBJECT}/${{aws:username}}"}, on(f"{OBJECT}/x"), True),
        (when("StringNotEquals", "${aws:PrincipalTag/Team}"), having("x"), True),
        (when("StringLike", "${x:other}"), having("abc", other=("*",)), False),
        (when("StringLike", "${*}"), having("*"), True),
        (when("StringLike", "${*}"), having("a"), False),
        (when("StringEquals", "${$}{x}"), having("${x}"), True),
    ],
    "reference_policies_elements_condition_operators.html": [
        (when("StringEquals", "iamuser-admin"), having("iamuser-admin"), True),
        (when("StringEquals", "iamuser-admin"), having("dev-ops"), False),
        (when("StringLike", "t1.*", "m?.micro"), having("m2.micro"), True),
        (when("StringLike", "t1.*"), having("t11micro"), False),
        (when("StringLike", "a[bc]"), having("ab"), False),
        (when("NumericEquals", "10"), having("010"), True),
        (when("NumericNotEquals", "5"), having("5.0"), False),
        (when("DateGreaterThan", "2020-01-01T00:00:01Z"), having("2020-01-01T00:00:02Z"), True),
        (when("DateGreaterThan", "2020-01-01T00:00:01"), having("2020-01-01T00:00:02Z"), True),
        (when("DateLessThan", "2020-06"), having("2020-05-31"), True),
        (when("DateLessThan", "2020-06"), having("2020-06-01"), False),
        (when("DateEquals", "1577836800"), having("2020-01-01T00:00:00Z"), True),
        (when("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA=="), having("QmluYXJ5VmFsdWVJbkJhc2U2NA=="), True),
        (when("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA=="), having("ASIAIOSFODNN7EXAMPLE"), False),
        (when("IpAddress", "203.0.113.0/24"), having("203.0.113.255"), True),
        (when("IpAddress", "203.0.113.0/24", "2001:DB8:1234:5678::/64"), having("2001:db8:1234:5678:ffff::1"), True),
        (when("IpAddress", "0.0.0.0/0"), having("::1"), False),
        (when("NotIpAddress", "10.0.0.0/8", "192.168.0.0/16"), having("192.168.1.1"), False),
        (when("ArnEquals", TOPIC), having(TOPIC), True),
        (when("ArnEquals", TOPIC), having(TOPIC.replace(ACCOUNT, "777788889999")), False),
        (when("ArnLike", "arn:aws:sns:us-west-?:123456789012:TOPIC-*"), having(TOPIC), True),
        (when("ArnLike", "arn:aws:sns:*:TOPIC-*"), having(TOPIC), False),  # each of the six parts by itself
        (when("ArnEquals", "${x:role}"), having(ROLE, role=(ROLE,)), True),
        (when("ForAnyValue:StringEquals", "environment"), having("environment", "costcenter"), True),
        (when("ForAnyValue:StringEquals", "environment"), having("Environment"), False),
        (when("ForAnyValue:StringEquals", "environment"), having(), False),
        (when("ForAllValues:StringNotLike", "o/r/ou-media/", "o/r/ou-sports/*"), having("o/r/ou-media/c/"), True),
        (when("ForAllValues:StringNotLike", "o/r/ou-media/", "o/r/ou-sports/*"), having("o/r/ou-media/"), False),
        (when("StringLikeIfExists", "t1.*", "t2.*"), having(), True),
        (when("StringLikeIfExists", "t1.*", "t2.*"), having("m2.x"), False),
        (when("StringNotEquals", "x"), having(), True),
        (when("Null", "true"), having(), True),
        (when("Null", "false"), having(), False),
        (when("Null", "false"), having("x"), True),
    ],
    "reference_policies_condition-single-vs-multi-valued-context-keys.html": [
        (ALL_AND_PRESENT, having("environment"), True),
        (ALL_AND_PRESENT, having("environment", "cost-center"), True),
        (ALL_AND_PRESENT, having("environment", "dept"), False),
        (ALL_AND_PRESENT, having(), False),
        (ALL_AND_PRESENT, having(""), False),  # "… or context keys with empty values"
        (when("ForAllValues:StringEquals", *TAG_KEYS), having(""), True),
        (when("ForAnyValue:StringEquals", *TAG_KEYS), having("environment", "dept"), True),
        (when("ForAnyValue:StringEquals", *TAG_KEYS), having("dept"), False),
        (when("ForAllValues:StringNotEquals", *TAG_KEYS), having("environment", "dept"), False),
        (when("ForAnyValue:StringNotEquals", *TAG_KEYS), having("environment", "dept"), True),
    ],
    "reference_policies_condition-logic-multiple-context-keys-or-values.html": [
        (ANY_OF, tagged("Mary", department="legal", role="audit"), True),
        (ANY_OF, tagged("Nikki", department="hr", role="audit"), False),
        (ANY_OF, tagged("Mary", department="hr", role="payroll"), False),
        (ANY_OF, tagged("Mary", department="hr"), False),
        (ANY_OF, tagged("Mary"), False),
        (NONE_OF, tagged("Nikki", department="legal", role="audit"), True),
        (NONE_OF, tagged("Mary", department="hr", role="audit"), False),
        (NONE_OF, tagged("Nikki", department="hr", role="payroll"), False),
        (NONE_OF, tagged("Nikki", department="hr"), False),
    ],
}


def whole(elements: Statement, **defaults: Any) -> Statement:
    """With what a statement must have, unless it is there or its opposite is."""
    opposites = {"Action": "NotAction", "Resource": "NotResource", "Principal": "NotPrincipal"}
    absent = {name: value for name, value in defaults.items() if opposites.get(name) not in elements}
    return {"Effect": "Allow", **absent, **elements}


def rows(table: dict[str, list[Any]]) -> list[Any]:
    return [pytest.param(*row, id=f"{page} {at}") for page, found in table.items() for at, row in enumerate(found)]


@pytest.mark.parametrize(("elements", "request_", "matches"), rows(MATCHES))
def test_a_statement_matches_what_its_page_says(elements: Statement, request_: Request, matches: bool) -> None:
    document = {"Version": "2012-10-17", "Statement": whole(elements, Action="*", Resource="*")}
    assert evaluate(request_, PolicySet((Policy.parse(document, source="p"),))).allowed is matches


ASSUME = {"Action": "sts:AssumeRole"}
RCP_PAGE = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

REFUSED: dict[str, list[tuple[str, Statement, bool]]] = {
    "reference_policies_elements_principal.html": [
        ("resource", {"Principal": {"Service": "*"}}, True),
        ("trust", {**ASSUME, "Principal": {"Service": "*"}}, True),
        ("trust", {**ASSUME, "Principal": {}}, True),
        ("resource", {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}}, True),
        ("resource", {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:group/g"}}, True),
        ("resource", {"Principal": {"CanonicalUser": CANONICAL}}, False),
        ("identity", {"Principal": "*"}, True),
    ],
    "reference_policies_elements_notprincipal.html": [
        ("trust", {**ASSUME, "Effect": "Deny", "NotPrincipal": {"AWS": ACCOUNT}}, True),
        ("resource", {"NotPrincipal": {"AWS": ACCOUNT}}, True),
        ("resource", {"Effect": "Deny", "NotPrincipal": {"AWS": ACCOUNT}}, False),
        ("identity", {"Effect": "Deny", "NotPrincipal": {"AWS": ACCOUNT}}, True),
    ],
    "reference_policies_elements_action.html": [
        ("identity", {"Action": "s*:Get"}, True),
        ("identity", {"Action": []}, True),
        ("identity", {"Action": "s3.s:ListBucket"}, False),
    ],
    # "AssumeRole policy may only specify STS AssumeRole actions"
    "https://github.com/hashicorp/terraform-provider-aws/issues/32872": [
        ("trust", {"Action": "sts:GetCallerIdentity", "Principal": {"AWS": ACCOUNT}}, True),
        ("trust", {"Action": "sts:TagSessions", "Principal": {"AWS": ACCOUNT}}, True),
        ("trust", {"Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"AWS": ACCOUNT}}, False),
    ],
    "reference_policies_elements_resource.html": [("identity", {"Resource": []}, True)],
    "reference_policies_grammar.html": [
        ("session", {"Resource": "arn:aws:sqs"}, True),
        ("identity", {"Resource": "arn:aws:sqs"}, False),
        ("identity", {"Sid": "a-b"}, True),
        ("resource", {"Sid": "a b", "Principal": "*"}, False),
    ],
    "reference_policies_elements_condition_operators.html": [
        ("identity", when("NullIfExists", "true"), True),
        ("identity", when("DateGreaterThan", "soon"), True),
        ("identity", when("DateLessThanEquals", "234-13"), True),
        ("identity", when("DateGreaterThan", "2016-12-13t02:00:00z"), False),
        ("identity", when("DateGreaterThan", "${aws:CurrentTime}"), False),
        ("identity", when("NumericLessThan", "ten"), True),
        ("identity", when("IpAddress", "everywhere"), True),
    ],
    RCP_PAGE: [
        ("rcp", {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*"}, True),
        ("rcp", {"Effect": "Deny", "NotPrincipal": "*"}, True),
        ("rcp", {"Effect": "Deny", "Principal": "*"}, False),
    ],
}


@pytest.mark.parametrize(("type", "elements", "refused"), rows(REFUSED))
def test_a_statement_is_refused_where_its_page_says(type: str, elements: Statement, refused: bool) -> None:
    defaults = {"Action": "s3:*"} if type == "trust" else {"Action": "s3:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": whole(elements, **defaults)}
    try:
        Policy.parse(document, source="p", type=type)
    except MalformedPolicy:
        assert refused
    else:
        assert not refused
