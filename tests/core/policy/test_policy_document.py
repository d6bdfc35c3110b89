"""What is a policy of each type, and how a malformed one is told.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rolecall.core.policy import Effect, MalformedPolicy, Policy

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
TRUST: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"AWS": "111111111111"},
}
TYPES = ("identity", "boundary", "session", "scp", "rcp", "trust", "resource")


def document(*statements: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **elements}


def parse(statement: dict[str, Any], type: str = "identity") -> Policy:
    return Policy.parse(document(statement), source="p", type=type)


def without(statement: dict[str, Any], *elements: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key not in elements}


def test_text_and_object_are_the_same_policy() -> None:
    written = document(ALLOW | {"Sid": "All"}, ALLOW | {"NotAction": "s3:*", "Sid": ""} | {"Action": None})
    del written["Statement"][1]["Action"]
    policy = Policy.parse(written, source="p")
    assert policy == Policy.parse(json.dumps(written), source="p")
    assert [statement.sid for statement in policy.statements] == ["All", None]
    assert [statement.excludes_actions for statement in policy.statements] == [False, True]
    assert policy.statements[0].effect is Effect.ALLOW


def test_one_text_is_judged_by_the_type_it_is_of() -> None:
    text = json.dumps(document(TRUST))
    assert Policy.parse(text, source="p", type="trust").type == "trust"
    with pytest.raises(MalformedPolicy):
        Policy.parse(text, source="p", type="identity")


def test_a_single_statement_needs_no_list() -> None:
    assert len(Policy.parse({"Statement": ALLOW}, source="p").statements) == 1


def test_condition_values_need_no_quotation_marks() -> None:
    conditions = {"Bool": {"aws:SecureTransport": True}, "NumericEquals": {"s3:max-keys": [10, 2.5]}}
    statement = parse(ALLOW | {"Condition": conditions}).statements[0]
    values = [[text.source for text in condition.values] for condition in statement.conditions]
    assert values == [["true"], ["10", "2.5"]]


@pytest.mark.parametrize("number", ["0.00001", "1e16", "1E3", "100000000000000000.0", "-7", "12345678901234567890"])
def test_a_number_without_quotation_marks_is_as_it_is_written(number: str) -> None:
    text = json.dumps(document(ALLOW | {"Condition": {"NumericLessThan": {"a:b": 7654321}}}))
    policy = Policy.parse(text.replace("7654321", number), source="p")
    assert [value.source for value in policy.statements[0].conditions[0].values] == [number]


@pytest.mark.parametrize("operator", ["NumericLessThan", "StringEquals"])
def test_a_number_of_thousands_of_digits_is_malformed(operator: str) -> None:
    written = document(ALLOW | {"Condition": {operator: {"a:b": 7654321}}})
    text = json.dumps(written).replace("7654321", "1" * 5000)
    written["Statement"][0]["Condition"][operator]["a:b"] = 10**5000
    for given_as in (text, written):
        with pytest.raises(MalformedPolicy, match=f"{operator}.a:b: a number of more than 400 digits"):
            Policy.parse(given_as, source="p")


def test_an_infinite_number_is_malformed() -> None:
    with pytest.raises(MalformedPolicy, match="inf is not a number"):
        parse(ALLOW | {"Condition": {"StringEquals": {"a:b": float("inf")}}})


@pytest.mark.parametrize(
    ("statement", "type"),
    [
        (ALLOW, "identity"),
        (ALLOW, "scp"),
        (ALLOW | {"Sid": "With spaces", "Principal": "*"}, "resource"),
        (without(ALLOW, "Resource") | {"Principal": {"AWS": "*"}}, "resource"),
        (without(ALLOW, "Resource") | {"NotResource": "arn:aws:s3:::b", "Effect": "Deny"}, "scp"),
        (ALLOW | {"Principal": "*", "Effect": "Deny"}, "rcp"),
        (TRUST, "trust"),
        (TRUST | {"Action": ["sts:AssumeRole", "sts:TagSession"]}, "trust"),
        (TRUST | {"Principal": {"AWS": "AROADELETED000000000"}}, "trust"),
        (TRUST | {"Principal": {"Service": ["ec2.amazonaws.com"], "AWS": []}}, "trust"),
        (TRUST | {"Action": ["sts:*", "STS:assumerole*", "sts:SetContext"]}, "trust"),
        (ALLOW | {"Action": "s3.s:ListBucket"}, "identity"),
        (ALLOW | {"Condition": {}}, "identity"),
        (ALLOW | {"Resource": "arn:aws:sqs"}, "identity"),
        (ALLOW | {"Resource": ["arn:aws:s3:*", "arn:aws:s3:::b"]}, "session"),
        (ALLOW | {"Action": "*:*"}, "identity"),
    ],
)
def test_a_statement_is_taken(statement: dict[str, Any], type: str) -> None:
    assert parse(statement, type).type == type


@pytest.mark.parametrize(
    ("statement", "type", "message"),
    [
        (ALLOW | {"Effect": "allow"}, "identity", "p: Statement[0].Effect: must be Allow or Deny"),
        (without(ALLOW, "Effect"), "identity", "p: Statement[0].Effect: must be Allow or Deny"),
        (ALLOW | {"Effects": "Allow"}, "identity", "p: Statement[0]: unknown element 'Effects'"),
        (without(ALLOW, "Action"), "identity", "p: Statement[0]: has neither Action nor NotAction"),
        (ALLOW | {"NotAction": "s3:*"}, "identity", "p: Statement[0]: has both Action and NotAction"),
        (without(ALLOW, "Resource"), "identity", "p: Statement[0]: has neither Resource nor NotResource"),
        (ALLOW | {"NotResource": "*"}, "identity", "p: Statement[0]: has both Resource and NotResource"),
        (ALLOW | {"Action": "CreateSnapshot"}, "identity", "'CreateSnapshot' is not an action (service:Action)"),
        (ALLOW | {"Action": "ec*:Create"}, "identity", "'ec*:Create' is not an action (service:Action)"),
        (ALLOW | {"Action": []}, "identity", "p: Statement[0].Action: must not be empty"),
        (ALLOW | {"Resource": []}, "identity", "p: Statement[0].Resource: must not be empty"),
        (ALLOW | {"Action": 5}, "identity", "p: Statement[0].Action: must be a string or a list of strings"),
        (ALLOW | {"Resource": "bucket"}, "identity", "p: Statement[0].Resource: 'bucket' is neither an ARN nor *"),
        (ALLOW | {"Resource": ["*", None]}, "identity", "p: Statement[0].Resource: must be a string or a list"),
        (ALLOW | {"Resource": "arn:aws:sqs"}, "session", "p: Statement[0].Resource: 'arn:aws:sqs' is not a whole ARN"),
        (ALLOW | {"Sid": "a b"}, "identity", "p: Statement[0].Sid: 'a b' must be alphanumeric"),
        (ALLOW | {"Sid": 1}, "resource", "p: Statement[0].Sid: must be a string"),
        (ALLOW | {"Principal": "*"}, "identity", "p: Statement[0].Principal: a policy of type identity has no"),
        (ALLOW | {"Principal": "*"}, "scp", "p: Statement[0].Principal: a policy of type scp has no Principal"),
        (ALLOW, "resource", "p: Statement[0]: has neither Principal nor NotPrincipal"),
        (without(TRUST, "Principal"), "trust", "p: Statement[0]: has neither Principal nor NotPrincipal"),
        (TRUST | {"Resource": "*"}, "trust", "p: Statement[0].Resource: a trust policy has no Resource"),
        (TRUST | {"Action": "s3:GetObject"}, "trust", "p: Statement[0].Action: a trust policy may only name"),
        (TRUST | {"Action": "*"}, "trust", "p: Statement[0].Action: a trust policy may only name actions of sts"),
        (without(TRUST, "Action") | {"NotAction": "sts:TagSession"}, "trust", "a trust policy may only name actions"),
        (TRUST | {"Principal": {"AWS": "arn:aws:iam::1:role/*"}}, "trust", "p: Statement[0].Principal: 'arn:aws:iam"),
        (TRUST | {"Principal": {"Nobody": "*"}}, "trust", "p: Statement[0].Principal: 'Nobody' is none of AWS"),
        (TRUST | {"Action": "sts:GetCallerIdentity"}, "trust", "actions of sts that assume a role"),
        (TRUST | {"Action": ["sts:AssumeRole", "sts:Get*"]}, "trust", "actions of sts that assume a role"),
        (TRUST | {"Action": "sts:TagSessions"}, "trust", "actions of sts that assume a role"),
        (TRUST | {"Principal": {}}, "trust", "p: Statement[0].Principal: names nobody"),
        (TRUST | {"Principal": {"AWS": []}}, "trust", "p: Statement[0].Principal: names nobody"),
        (TRUST | {"Principal": {"Service": "*"}}, "trust", "a service is named without wildcards"),
        (
            TRUST | {"Principal": {"AWS": "arn:aws:iam::111111111111:group/a"}},
            "trust",
            "'arn:aws:iam::111111111111:group/a' is not a principal",
        ),
        (
            without(ALLOW, "Action") | {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*"},
            "rcp",
            "p: Statement[0].NotAction: NotAction is not supported in a resource control policy",
        ),
        (ALLOW | {"Effect": "Deny", "NotPrincipal": "*"}, "rcp", "NotPrincipal: a resource control policy has"),
        (TRUST | {"Principal": "111111111111"}, "trust", "p: Statement[0].Principal: must be an object"),
        (
            without(ALLOW, "Principal") | {"NotPrincipal": {"AWS": "111111111111"}},
            "resource",
            "p: Statement[0].NotPrincipal: only with Effect Deny",
        ),
        (
            without(TRUST, "Principal") | {"Effect": "Deny", "NotPrincipal": {"AWS": "111111111111"}},
            "trust",
            "p: Statement[0].NotPrincipal: a trust policy has no NotPrincipal",
        ),
        (ALLOW | {"Principal": {"AWS": "111111111111"}}, "rcp", "p: Statement[0].Principal: a resource control policy"),
        (ALLOW | {"Condition": []}, "identity", "p: Statement[0].Condition: must be an object"),
        (ALLOW | {"Condition": {"StringEquals": "a"}}, "identity", "p: Statement[0].Condition.StringEquals: must be"),
        (
            ALLOW | {"Condition": {"StringIs": {"aws:x": "a"}}},
            "identity",
            "p: Statement[0].Condition.StringIs.aws:x: 'StringIs' is not a condition operator",
        ),
        (
            ALLOW | {"Condition": {"StringEquals": {"aws:x": {}}}},
            "identity",
            "p: Statement[0].Condition.StringEquals.aws:x: must be a string",
        ),
    ],
)
def test_a_malformed_statement_is_told_with_its_place(statement: dict[str, Any], type: str, message: str) -> None:
    with pytest.raises(MalformedPolicy) as error:
        parse(statement, type)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "p: not JSON: "),
        ("", "p: not JSON: "),
        ("[]", "p: the policy: must be an object"),
        ("{}", "p: Statement: missing or empty"),
        ('{"Statement": []}', "p: Statement: missing or empty"),
        ('{"Version": "2012-10-18", "Statement": []}', "p: Version: must be 2012-10-17 or 2008-10-17"),
        ('{"Statement": [], "Id": 5}', "p: Id: must be a string"),
        ('{"Statement": 5}', "p: Statement[0]: must be an object"),
        ('{"Statements": []}', "p: the policy: unknown element 'Statements'"),
        ('{"Version": NaN}', "p: not JSON: NaN"),
        ('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "p: 'Effect' is there twice in one object"),
        ("[" * 100_000, "p: not JSON: "),
    ],
)
def test_a_malformed_document_is_told(text: str, message: str) -> None:
    with pytest.raises(MalformedPolicy) as error:
        Policy.parse(text, source="p")
    assert message in str(error.value)


def test_sids_are_unique() -> None:
    with pytest.raises(MalformedPolicy, match=r"Statement\[1\]\.Sid: 'All' is that of Statement\[0\] already"):
        Policy.parse(document(ALLOW | {"Sid": "All"}, ALLOW | {"Sid": "All"}), source="p")


def test_sids_that_differ_in_case_differ() -> None:
    """As in AWS's own AWSBackupServiceRolePolicyForBackup."""
    assert len(Policy.parse(document(ALLOW | {"Sid": "All"}, ALLOW | {"Sid": "ALL"}), source="p").statements) == 2


def test_every_policy_of_awss_own_is_read() -> None:
    policies = json.loads(aws_managed_policies_data)
    assert len(policies) > 1000
    for name, policy in policies.items():
        assert Policy.parse(json.dumps(policy["Document"]), source=name).statements


def test_empty_sids_are_no_sids() -> None:
    assert len(Policy.parse(document(ALLOW | {"Sid": ""}, ALLOW | {"Sid": ""}), source="p").statements) == 2


def test_an_unknown_type_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="'role' is no type of policy") as error:
        Policy.parse(document(ALLOW), source="p", type="role")
    assert not isinstance(error.value, MalformedPolicy)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["*", "ec2:*", "sts:AssumeRole", "arn:aws:s3:::b", "arn:${aws:x}:?", "${", "111111111111", "Allow", "Deny", "a b"]
)
element_values = (
    names
    | st.lists(names, max_size=2)
    | st.dictionaries(st.sampled_from(["AWS", "StringLike", "Null", "Service"]), names, max_size=2)
    | st.dictionaries(
        st.sampled_from(["StringLike", "ForAnyValue:Bool", "x:Bool"]), st.dictionaries(names, names), max_size=2
    )
    | json_values
)
elements = st.sampled_from(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
)
near_policies = st.fixed_dictionaries(
    {"Statement": st.lists(st.dictionaries(elements, element_values, max_size=6), max_size=3) | json_values},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"]) | json_values, "Id": json_values},
)


@given(written=near_policies | json_values, type=st.sampled_from(TYPES))
def test_any_json_is_a_policy_or_malformed(written: Any, type: str) -> None:
    try:
        policy = Policy.parse(json.dumps(written), source="p", type=type)
    except MalformedPolicy as error:
        assert str(error).startswith("p: ")  # noqa: PT017 - any other error must come through
    else:
        assert policy == Policy.parse(written, source="p", type=type)


@given(st.text(max_size=40))
def test_any_text_is_malformed_or_a_policy(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        Policy.parse(text, source="p")
