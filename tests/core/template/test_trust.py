"""The trust policy as text; what it lets pass is proven in tests/sandbox/trust."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rolecall.core.policy import Policy

from .roles import NO_EXTERNAL_ID, PRINCIPAL, compact, section, trust

USER = "arn:aws:iam::222222222222:user/forensics/platform"


def statements(until: str = "always", **changes: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = trust(section(**changes), until=until)["Statement"]
    return found


def test_who_may_assume_survives_the_principals_recreation() -> None:
    """A role's ARN as principal would turn into its unique id and be lost with it."""
    assert statements(external_id="the-id") == [
        {
            "Sid": "Platform",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": PRINCIPAL},
                "StringEquals": {"sts:ExternalId": "the-id"},
            },
        }
    ]


def test_principals_of_several_accounts_are_named_one_by_one() -> None:
    (statement,) = statements(trusted_principals=[USER, PRINCIPAL])
    assert statement["Principal"]["AWS"] == ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]
    assert statement["Condition"]["ArnEquals"] == {"aws:PrincipalArn": [PRINCIPAL, USER]}


def test_a_rotation_takes_the_former_external_ids_too() -> None:
    (statement,) = statements(external_id="new-one", former_external_ids=["old-one", "older-one"])
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == ["new-one", "old-one", "older-one"]


def test_without_an_external_id_there_is_no_condition_for_it() -> None:
    (statement,) = statements(**NO_EXTERNAL_ID)
    assert set(statement["Condition"]) == {"ArnEquals"}


def test_an_account_as_a_whole_stands_in_a_statement_of_its_own() -> None:
    named, whole = statements(trusted_accounts=[{"account": "333333333333", "reason": "ours"}])
    assert whole["Sid"] == "TrustedAccount"
    assert whole["Principal"] == {"AWS": "arn:aws:iam::333333333333:root"}
    assert "ArnEquals" not in whole["Condition"]
    assert whole["Condition"]["StringEquals"] == named["Condition"]["StringEquals"]
    assert "ArnEquals" in named["Condition"]


def test_everything_that_is_asked_stands_in_one_condition() -> None:
    asked = {
        "organization_id": "o-abcdefghij",
        "source_vpc_endpoints": ["vpce-0123456789abcdef0"],
        "source_identity": ["*@example.com"],
        "session_tags": {"case": "IR-*"},
    }
    assuming, naming, tagging = statements(trust=asked, external_id="the-id")
    assert assuming["Condition"]["StringEquals"] == {
        "aws:PrincipalOrgID": "o-abcdefghij",
        "aws:SourceVpce": "vpce-0123456789abcdef0",
        "sts:ExternalId": "the-id",
    }
    assert assuming["Condition"]["StringLike"] == {
        "sts:SourceIdentity": "*@example.com",
        "aws:RequestTag/case": "IR-*",
    }
    assert (naming["Action"], tagging["Action"]) == ("sts:SetSourceIdentity", "sts:TagSession")
    assert tagging["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": "case"}
    for statement in (naming, tagging):
        assert "sts:ExternalId" not in statement["Condition"]["StringEquals"], "AWS knows it for AssumeRole alone"
        assert statement["Condition"]["ArnEquals"] == {"aws:PrincipalArn": PRINCIPAL}


def test_access_for_a_time_ends_in_the_trust_too() -> None:
    (statement,) = statements(until="2030-01-31T18:00:00Z")
    assert statement["Condition"]["DateLessThan"] == {"aws:CurrentTime": "2030-01-31T18:00:00Z"}


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_each_partition_has_its_own_roots_and_principals(partition: str) -> None:
    principal = PRINCIPAL.replace("arn:aws:", f"arn:{partition}:")
    (statement,) = trust(section(trusted_principals=[principal]), partition)["Statement"]
    assert statement["Principal"]["AWS"] == f"arn:{partition}:iam::111111111111:root"
    assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] == principal


OPTIONS: list[dict[str, Any]] = [
    {},
    {"trusted_accounts": [{"account": "333333333333", "reason": "ours"}]},
    {"former_external_ids": ["old-one"]},
    {"trust": {"source_identity": ["*"]}},
    {"trust": {"session_tags": {"case": "*"}, "organization_id": "o-abcdefghij"}},
    NO_EXTERNAL_ID,
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (one, other)
        for one, other in itertools.combinations(OPTIONS, 2)
        if not {"former_external_ids", "external_id"} <= {*one, *other}
    ],
)
def test_our_own_evaluator_reads_every_form(one: dict[str, Any], other: dict[str, Any]) -> None:
    for until in ("always", "2030-01-31T18:00:00Z"):
        document = trust(section(**one, **{key: value for key, value in other.items() if key not in one}), until=until)
        Policy.parse(document, source="trust", type="trust")


def test_ten_principals_with_long_names_fit() -> None:
    many = [f"arn:aws:iam::11111111111{number}:role/{'n' * 64}" for number in range(10)]
    assert compact(trust(section(trusted_principals=many))) <= 2048
