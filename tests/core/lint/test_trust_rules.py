"""The rules of the trust policy: on ours, and on documents from elsewhere with CloudFormation's functions in them."""

from __future__ import annotations

from typing import Any

import pytest

from .subjects import EXTERNAL_ID, PRINCIPAL, found, found_in_trust, reviewed, trusting

ROOT = "arn:aws:iam::111111111111:root"
SUB_ROOT = {"Fn::Sub": "arn:${AWS::Partition}:iam::111111111111:root"}
ASKED = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
NAMED = {"ArnEquals": {"aws:PrincipalArn": PRINCIPAL}}


def both(*clauses: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for clause in clauses:
        for operator, keys in clause.items():
            merged[operator] = {**merged.get(operator, {}), **keys}
    return merged


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["arn:aws:iam::*:root"]},
        {"AWS": "arn:aws:iam::111111111111:role/*"},
        {"AWS": [PRINCIPAL, "*"]},
        {"AWS": {"Fn::If": ["Open", "*", ROOT]}},
        {"Fn::If": ["Open", "*", {"AWS": ROOT}]},
        {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", "*", ":root"]]}},
        {"AWS": {"Fn::Sub": ["arn:aws:iam::${Who}:root", {"Who": "*"}]}},
        {"AWS": "arn:aws:iam::111111111111:user/${aws:username}"},
        {"Service": "ec2.amazonaws.com"},
        {"Federated": "cognito-identity.amazonaws.com"},
        {"CanonicalUser": "79a59d"},
        {"AWS": []},
    ],
)
def test_more_than_named_principals_is_found(principal: Any) -> None:
    (finding,) = found_in_trust("wildcard-principal", trusting(principal, both(ASKED, NAMED)))
    assert finding.place == "trust policy, statement Theirs"
    assert finding.statement == "Theirs"


def test_everybody_but_some_is_everybody() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    (finding,) = found_in_trust("wildcard-principal", statement)
    assert finding.place == "trust policy, statement number 1"
    assert "NotPrincipal" in finding.message


@pytest.mark.parametrize(
    "principal",
    [{"AWS": ROOT}, {"AWS": SUB_ROOT}, {"AWS": PRINCIPAL}, {"AWS": "111111111111"}, {"AWS": {"Ref": "Who"}}],
)
def test_a_named_principal_is_no_wildcard(principal: Any) -> None:
    assert found_in_trust("wildcard-principal", trusting(principal)) == []


def test_a_denial_lets_nobody_in() -> None:
    denial = trusting("*", Effect="Deny", action="*")
    for rule in ("wildcard-principal", "account-without-principal-arn", "missing-external-id", "trust-action"):
        assert found_in_trust(rule, denial) == []


@pytest.mark.parametrize("principal", [ROOT, SUB_ROOT, "111111111111", {"Ref": "PlatformAccount"}, [PRINCIPAL, ROOT]])
@pytest.mark.parametrize(
    "condition",
    [
        None,
        ASKED,
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}},
        {"ArnEqualsIfExists": {"aws:PrincipalArn": PRINCIPAL}},
        {"ArnNotEquals": {"aws:PrincipalArn": PRINCIPAL}},
        {"ForAllValues:ArnEquals": {"aws:PrincipalArn": PRINCIPAL}},
        {"ArnEquals": {"Fn::If": ["Named", {"aws:PrincipalArn": PRINCIPAL}, {"Ref": "AWS::NoValue"}]}},
        {"Fn::If": ["Named", NAMED, {"Ref": "AWS::NoValue"}]},
        {"ArnEquals": {"aws:PrincipalArn": [PRINCIPAL, "*"]}},
        {"StringEquals": {"aws:PrincipalAccount": "111111111111"}},
    ],
)
def test_an_account_as_a_whole_is_found(principal: Any, condition: Any) -> None:
    (finding,) = found_in_trust("account-without-principal-arn", trusting({"AWS": principal}, condition))
    assert finding.reason is None


@pytest.mark.parametrize(
    "condition",
    [
        NAMED,
        both(NAMED, ASKED),
        {"StringEquals": {"AWS:PRINCIPALARN": [PRINCIPAL, PRINCIPAL + "2"]}},
        {"ArnLike": {"aws:PrincipalArn": PRINCIPAL}},
        {"Fn::If": ["Timed", NAMED, both(NAMED, ASKED)]},
        {"ArnEquals": {"aws:PrincipalArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::111111111111:role/Platform"}}},
    ],
)
def test_an_account_with_the_role_named_is_none_as_a_whole(condition: Any) -> None:
    assert found_in_trust("account-without-principal-arn", trusting({"AWS": SUB_ROOT}, condition)) == []


def test_a_role_as_principal_is_no_account() -> None:
    assert found_in_trust("account-without-principal-arn", trusting({"AWS": PRINCIPAL})) == []


def test_the_reason_for_an_account_sets_its_own_finding_aside_alone() -> None:
    accounts = [{"account": "222222222222", "reason": "the vendor moves"}]
    done = reviewed(trusted_accounts=accounts, trust={"source_identity": ["*"]})
    assert done.findings == ()
    assert {(finding.rule, finding.statement, reason) for finding, reason in done.excused} == {
        ("account-without-principal-arn", sid, "the vendor moves")
        for sid in ("TrustedAccount", "TrustedAccountSourceIdentity")
    }
    (other,) = found_in_trust("account-without-principal-arn", trusting({"AWS": ROOT}), trusted_accounts=accounts)
    assert other.reason is None


@pytest.mark.parametrize(
    "action", ["sts:AssumeRole", "STS:assumerole", "sts:*", "sts:Assume*", "*", ["sts:AssumeRole"]]
)
@pytest.mark.parametrize(
    "condition",
    [
        None,
        NAMED,
        {"StringEqualsIfExists": {"sts:ExternalId": "x1"}},
        {"StringLike": {"sts:ExternalId": "*"}},
        {"StringNotEquals": {"sts:ExternalId": "x1"}},
        {"ForAllValues:StringEquals": {"sts:ExternalId": "x1"}},
        {"Null": {"sts:ExternalId": "false"}},
        {"StringEquals": {"sts:ExternalId": []}},
        {"StringEquals": {"Fn::If": ["Asked", {"sts:ExternalId": "x1"}, {}]}},
    ],
)
def test_no_external_id_is_found(action: Any, condition: Any) -> None:
    (finding,) = found_in_trust("missing-external-id", trusting({"AWS": PRINCIPAL}, condition, action))
    assert "sts:ExternalId" in finding.message


@pytest.mark.parametrize(
    ("condition", "action"),
    [
        (ASKED, "sts:AssumeRole"),
        ({"StringEquals": {"sts:ExternalId": [{"Ref": "ExternalId"}, {"Ref": "FormerExternalId1"}]}}, "sts:AssumeRole"),
        ({"StringEquals": {"STS:externalid": "x1"}}, "sts:*"),
        ({"StringLike": {"sts:ExternalId": "x1"}}, "sts:AssumeRole"),
        (None, "sts:TagSession"),
        (None, "sts:SetSourceIdentity"),
    ],
)
def test_one_that_is_asked_for_is_there(condition: Any, action: str) -> None:
    assert found_in_trust("missing-external-id", trusting({"AWS": PRINCIPAL}, condition, action)) == []


def test_the_reason_for_no_external_id_sets_its_absence_aside() -> None:
    done = reviewed(external_id="none", external_id_reason="our own account")
    assert done.findings == ()
    assert [(finding.rule, reason) for finding, reason in done.excused] == [("missing-external-id", "our own account")]


def test_a_reason_that_is_left_over_sets_nothing_aside() -> None:
    statement = trusting({"AWS": PRINCIPAL}, NAMED)
    (finding,) = found_in_trust("missing-external-id", statement, external_id_reason="from before")
    assert finding.reason is None


@pytest.mark.parametrize("principal", ["AROAEXAMPLEEXAMPLE12", ["AIDAEXAMPLEEXAMPLE12", ROOT]])
def test_a_principal_that_was_deleted_is_found(principal: Any) -> None:
    (finding,) = found_in_trust("principal-made-anew", trusting({"AWS": principal}, ASKED))
    assert "EXAMPLEEXAMPLE12" in finding.message


def test_a_role_whose_name_looks_like_an_id_was_not_deleted() -> None:
    arn = "arn:aws:iam::111111111111:role/AROAEXAMPLEEXAMPLE12"
    assert found_in_trust("principal-made-anew", trusting({"AWS": arn})) == []


@pytest.mark.parametrize(
    "action",
    ["*", "sts:*", "sts:Assume*", "sts:AssumeRoleWithSAML", ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"], []],
)
def test_another_action_of_the_trust_is_found(action: Any) -> None:
    (finding,) = found_in_trust("trust-action", trusting({"AWS": PRINCIPAL}, ASKED, action))
    assert finding.mend.startswith("allow sts:AssumeRole")


def test_all_actions_but_some_are_found() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "sts:TagSession"}
    assert len(found_in_trust("trust-action", statement)) == 1
    assert len(found_in_trust("missing-external-id", statement)) == 1


def test_what_belongs_to_assuming_is_expected() -> None:
    actions = ["sts:AssumeRole", "sts:tagsession", "sts:SetSourceIdentity"]
    assert found_in_trust("trust-action", trusting({"AWS": PRINCIPAL}, ASKED, actions)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"former_external_ids": ["former-1", "former-2"]},
        {"trust": {"organization_id": "o-abcdefghij", "source_identity": ["*"], "session_tags": {"case": "*"}}},
        {"trusted_principals": [f"{PRINCIPAL}{number}" for number in range(10)]},
    ],
)
def test_our_own_trust_has_no_finding(changes: dict[str, Any]) -> None:
    for rule in (
        *("wildcard-principal", "account-without-principal-arn", "missing-external-id", "principal-made-anew"),
        "trust-action",
    ):
        assert found(rule, **changes) == []


@pytest.mark.parametrize(
    "statement", [{}, [], [{"Fn::If": ["A", trusting("*"), {"Ref": "AWS::NoValue"}]}], trusting("*")]
)
def test_statements_are_read_in_every_form(statement: Any) -> None:
    from dataclasses import replace

    from rolecall.core.lint import RULES

    from .subjects import subject

    trust = replace(subject(), trust={"Statement": statement})
    findings = list(RULES["wildcard-principal"].check(trust))
    assert len(findings) == (0 if statement == [] else 1)
