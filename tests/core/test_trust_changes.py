"""A trust policy read back beside the one that was deployed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from rolecall.core.policy import Outcome, Policy, PolicySet, Principal, Request, evaluate_assume_role
from rolecall.core.trust_changes import TrustChanges, trust_changes

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
ID = {"StringEquals": {"sts:ExternalId": "5f0cCanaryExternalId42"}}
WHO = {"ArnEquals": {"aws:PrincipalArn": PLATFORM}}
SAME = TrustChanges((), ())


def statement(principal: Any = "arn:aws:iam::111111111111:root", *conditions: Any, **more: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for condition in conditions:
        for operator, keys in condition.items():
            merged[operator] = {**merged.get(operator, {}), **keys}
    named = principal if isinstance(principal, dict) or principal == "*" else {"AWS": principal}
    told = {"Sid": "Platform", "Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"}
    return told | ({"Condition": merged} if merged else {}) | more


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


DEPLOYED = statement("arn:aws:iam::111111111111:root", WHO, ID)


def changes(*found: dict[str, Any], deployed: tuple[dict[str, Any], ...] = (DEPLOYED,)) -> TrustChanges:
    return trust_changes(document(*deployed), document(*found))


@pytest.mark.parametrize(
    "same",
    [
        DEPLOYED,
        DEPLOYED | {"Sid": "PlatformR2"},
        statement("111111111111", WHO, ID),
        statement(["arn:aws:iam::111111111111:root"], WHO, ID, Action=["sts:AssumeRole"]),
        statement("arn:aws:iam::111111111111:root", {"ArnLike": {"aws:principalarn": [PLATFORM]}}, ID),
        statement(PLATFORM, ID),
        statement("*", WHO, ID),
        statement(PLATFORM, {"StringLike": {"sts:ExternalId": "5f0cCanaryExternalId42"}}),
        statement(PLATFORM, ID, {"StringLike": {"aws:PrincipalArn": "*"}}),
    ],
)
def test_another_way_to_write_the_same_is_no_change(same: dict[str, Any]) -> None:
    assert changes(same) == SAME


def test_two_principals_may_stand_in_a_statement_each() -> None:
    other = "arn:aws:iam::333333333333:role/Other"
    both = statement([PLATFORM, other], ID)
    assert changes(statement(PLATFORM, ID), statement(other, ID), deployed=(both,)) == SAME


def test_a_wildcard_for_actions_gives_the_platform_nothing_more() -> None:
    assert changes(statement(PLATFORM, ID, Action="sts:*")).others == ()


def test_two_conditions_on_who_it_is_let_in_whom_both_do() -> None:
    stranger = "arn:aws:iam::999999999999:role/Stranger"
    both = ({"ArnLike": {"aws:PrincipalArn": stranger}}, {"StringLike": {"aws:PrincipalArn": "*"}})
    assert changes(DEPLOYED, statement("*", *both)).others == (stranger,)


def test_one_statement_need_not_be_in_a_list() -> None:
    assert trust_changes(document(DEPLOYED), {"Version": "2012-10-17", "Statement": DEPLOYED}) == SAME


@pytest.mark.parametrize(
    ("principal", "conditions", "said"),
    [
        ("999999999999", (), "account 999999999999"),
        ("arn:aws:iam::999999999999:root", (ID,), "account 999999999999"),
        ("arn:aws:iam::999999999999:user/eve", (ID,), "arn:aws:iam::999999999999:user/eve"),
        ("*", (), "anybody"),
        ({"Service": "ec2.amazonaws.com"}, (), "Service ec2.amazonaws.com"),
        ("111111111111", (ID,), "account 111111111111"),
        ("111111111111", ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}, ID),
         "arn:aws:iam::111111111111:role/*"),
        ("*", ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}},), "arn:aws:iam::*:role/Admin"),
    ],
)  # fmt: skip
def test_who_is_let_in_beside_the_platform_is_named(principal: Any, conditions: Any, said: str) -> None:
    assert changes(DEPLOYED, statement(principal, *conditions)) == TrustChanges((said,), ())


@pytest.mark.parametrize("action", ["sts:*", "*", ["sts:TagSession", "STS:AssumeRole"]])
def test_actions_with_wildcards_let_in_too(action: Any) -> None:
    found = changes(DEPLOYED, statement("999999999999", Action=action))
    assert found.others == ("account 999999999999",)


def test_a_provider_lets_in_by_its_own_action() -> None:
    provider = "arn:aws:iam::222222222222:saml-provider/corp"
    found = changes(DEPLOYED, statement({"Federated": provider}, Action="sts:AssumeRoleWithSAML"))
    assert found.others == (f"Federated {provider}",)


def test_everybody_but_somebody_is_somebody_else() -> None:
    spared = {key: value for key, value in statement(PLATFORM).items() if key != "Principal"}
    found = changes(DEPLOYED, spared | {"NotPrincipal": {"AWS": "333333333333"}})
    assert found.others == ("everybody but 333333333333",)


def test_the_platform_without_its_external_id_is_let_in_on_easier_terms() -> None:
    assert changes(statement(PLATFORM)).others == (f"{PLATFORM} without the config's condition on sts:externalid",)


def test_another_value_is_another_condition_and_is_not_shown() -> None:
    other = {"StringEquals": {"sts:ExternalId": ["5f0cCanaryExternalId42", "another-id"]}}
    found = changes(statement(PLATFORM, other))
    assert found.others == (f"{PLATFORM} without the config's condition on sts:externalid",)
    assert "another-id" not in str(found)


def test_a_pattern_for_a_value_is_a_looser_condition_and_a_value_for_a_pattern_is_not() -> None:
    pattern = {"StringLike": {"sts:SourceIdentity": "ir-*"}}
    value = {"StringEquals": {"sts:SourceIdentity": "ir-*"}}
    assert changes(statement(PLATFORM, pattern), deployed=(statement(PLATFORM, value),)).others
    assert not changes(statement(PLATFORM, value), deployed=(statement(PLATFORM, pattern),)).others


def test_who_is_no_longer_let_in_is_told_and_nobody_is_let_in_by_that() -> None:
    other = "arn:aws:iam::111111111111:role/Other"
    both = {"ArnEquals": {"aws:PrincipalArn": [PLATFORM, other]}}
    found = changes(DEPLOYED, deployed=(statement("111111111111", both, ID),))
    assert found == TrustChanges((), (f"its trust policy no longer lets in {other}",))


def test_a_condition_more_is_told_and_lets_nobody_in() -> None:
    address = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    assert changes(statement(PLATFORM, ID, address)) == TrustChanges(
        (), (f"its trust policy asks more of {PLATFORM} than the config, or something else",)
    )


def test_a_principal_that_is_gone_is_named_and_lets_nobody_in() -> None:
    found = changes(statement("AROAEXAMPLEEXAMPLE123", ID))
    assert found.others == ()
    assert "its trust policy names AROAEXAMPLEEXAMPLE123, a role or user that is gone" in found.notes
    assert f"its trust policy no longer lets in {PLATFORM}" in found.notes


def test_a_whole_account_that_is_trusted_covers_its_own_roles() -> None:
    assert changes(statement(PLATFORM, ID), deployed=(statement("111111111111", ID),)).others == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (statement("999999999999", Effect="Deny"), "denies sts:assumerole"),
        (statement(PLATFORM, Action="sts:TagSession"), "allows sts:tagsession"),
    ],
)
def test_what_lets_nobody_in_by_itself_is_told_as_a_difference(more: dict[str, Any], said: str) -> None:
    assert changes(DEPLOYED, more) == TrustChanges((), (f"its trust policy differs: {said}",))


ROLES = [f"arn:aws:iam::{account}:role/{name}" for account in ("111111111111", "999999999999")
         for name in ("CadoResponsePlatform", "Other")]  # fmt: skip
PRINCIPALS = [*ROLES, "111111111111", "arn:aws:iam::999999999999:root", "*"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    WHO,
    ID,
    {**WHO, **ID},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Other"}},
    {"StringLike": {"aws:PrincipalArn": "*"}, **WHO},
    {"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}", "sts:ExternalId": "5f0cCanaryExternalId42"}},
    {"StringNotEquals": {"sts:ExternalId": "5f0cCanaryExternalId42"}},
    {"StringEqualsIfExists": {"sts:ExternalId": "5f0cCanaryExternalId42"}},
    {"ForAllValues:StringEquals": {"sts:ExternalId": "5f0cCanaryExternalId42"}},
    {"StringLike": {"sts:externalid": "5f0c*"}},
    {"ArnNotLike": {"aws:PrincipalArn": PLATFORM}},
]
EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
MAY_ASK = PolicySet(identity=(Policy.parse(EVERYTHING, source="the caller's"),))


def let_in(trust: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Which roles may assume it, with which external id, as the evaluator of policies says."""
    policy = Policy.parse(trust, source="trust", type="trust")
    for arn, given in product(ROLES, ("", "5f0cCanaryExternalId42", "5f0cOther")):
        account, name = arn.split(":")[4], arn.rsplit("/", 1)[1]
        session = f"arn:aws:sts::{account}:assumed-role/{name}/session"
        context = {"aws:PrincipalArn": (arn,), **({"sts:ExternalId": (given,)} if given else {})}
        caller = Principal(account, arn, "AROAEXAMPLEEXAMPLE123", session)
        request = Request("sts:AssumeRole", "arn:aws:iam::222222222222:role/Role", context, caller)
        if evaluate_assume_role(request, MAY_ASK, policy, same_account=False).outcome is Outcome.ALLOWED:
            yield arn, given


@pytest.mark.parametrize("conditions", CONDITIONS, ids=str)
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_whomever_the_evaluator_lets_in_beside_the_platform_is_told(principal: str, conditions: dict[str, Any]) -> None:
    other = statement(principal, conditions, Sid="Other")
    beyond = set(let_in(document(DEPLOYED, other))) - set(let_in(document(DEPLOYED)))
    found = changes(DEPLOYED, other)
    assert found.others or not beyond
