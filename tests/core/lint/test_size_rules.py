"""The rules of sizes: at what AWS takes, one over it, and over what AWS ever takes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rolecall.core import template
from rolecall.core.lint import RULES, Review, review
from rolecall.core.lint.sizes import longest
from rolecall.core.template.inputs import REVISION_CHARACTERS
from rolecall.core.template.packing import MAX_POLICY_CHARACTERS
from tests.core.template.roles import compact, trust

from .subjects import PRINCIPAL, allow, found, reviewed, role, subject

RAISED = "the quota is raised in all accounts"


def excusing(rule: str) -> dict[str, Any]:
    return {"exceptions": [{"rule": rule, "reason": RAISED}]}


def principals(length: int, count: int = 9) -> list[str]:
    return [f"{PRINCIPAL}{number}{'p' * (length - 1)}" for number in range(count)]


def trust_of(characters: int) -> dict[str, Any]:
    """A role whose trust policy has so many, by the length of its external id."""
    changes: dict[str, Any] = {"trusted_principals": principals(40), "external_id": "ab"}
    changes["external_id"] = "a" * (2 + characters - longest(subject(**changes).trust, role(**changes)))
    return changes


def test_the_size_of_a_trust_is_what_iam_is_given_with_the_external_ids_in_it_and_room_for_a_repair() -> None:
    changes = {"former_external_ids": ["former-1", "f" * 500], "trust": {"organization_id": "o-abcdefghij"}}
    wanted = role(**changes)
    given = compact(trust(wanted, partition="aws-iso-b-x", until="2030-01-31T18:00:00Z"))
    assert longest(template.trust_policy(wanted), wanted) == given + REVISION_CHARACTERS


def test_a_trust_of_2048_characters_passes_and_one_more_does_not() -> None:
    assert found("trust-size", **trust_of(2048)) == []
    (finding,) = found("trust-size", **trust_of(2049))
    assert "2,049 characters" in finding.message
    assert not finding.final


def test_a_raised_quota_excuses_a_trust_up_to_8192_characters() -> None:
    for characters in (2049, 2200):
        done = reviewed(**trust_of(characters), **excusing("trust-size"))
        assert done.findings == ()
        assert [reason for _, reason in done.excused] == [RAISED]
    most = {"external_id": "a" * 1224, "former_external_ids": [letter * 1224 for letter in "bcd"]}
    long = {**most, "trusted_accounts": [{"account": "2" * 12, "reason": "r"}]}
    (finding,) = reviewed(**long, **excusing("trust-size")).findings
    assert (finding.rule, finding.final) == ("trust-size", True)


def arn(number: int) -> str:
    return f"arn:aws:s3:::{'b' * 50}-{number:04}/*"


def test_an_action_with_more_resources_than_a_policy_holds_cannot_be_cut() -> None:
    assert found("policy-size", allow("s3:GetObject", "s3:ListBucket", on=[arn(n) for n in range(70)])) == []
    (finding,) = found("policy-size", allow("s3:GetObject", on=[arn(n) for n in range(100)]))
    assert finding.statement == "Own"
    assert f"{MAX_POLICY_CHARACTERS:,}" in finding.message
    assert any(
        found.rule == "policy-size"
        for found in reviewed(allow("s3:GetObject", on=[arn(n) for n in range(100)])).findings
    )


def test_a_policy_of_just_6144_characters_is_taken() -> None:
    def size(length: int) -> int:
        whole = subject(allow("s3:GetObject", on=["arn:aws:s3:::" + "k" * length]))
        return compact({"Version": "2012-10-17", "Statement": [_plain(part) for part in whole.policies[0]]})

    length = 1 + MAX_POLICY_CHARACTERS - size(1)
    assert size(length) == MAX_POLICY_CHARACTERS
    assert found("policy-size", allow("s3:GetObject", on=["arn:aws:s3:::" + "k" * length])) == []
    assert len(found("policy-size", allow("s3:GetObject", on=["arn:aws:s3:::" + "k" * (length + 1)]))) == 1


def _plain(statement: Any) -> dict[str, Any]:
    return {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": statement.resources[0],
    }


def with_policies(count: int, **changes: Any) -> Review:
    whole = subject(**changes)
    return review(replace(whole, policies=[[allow("s3:GetObject", on=[arn(number)])] for number in range(count)]))


@pytest.mark.parametrize(
    ("count", "excused", "refused"),
    [(20, False, False), (21, False, True), (21, True, False), (25, True, False), (26, True, True)],
)
def test_attachments_up_to_the_quota_or_the_raised_one(count: int, excused: bool, refused: bool) -> None:
    done = with_policies(count, **(excusing("attachments") if excused else {}))
    assert ("attachments" in {finding.rule for finding in done.findings}) is refused


def test_inline_policies_together_have_a_limit() -> None:
    assert found("inline-size", path=f"/{'p' * 510}/") == []
    whole = subject()
    denial = {"PolicyName": "x", "PolicyDocument": {"Statement": [{"Sid": "a" * 9_000}]}}
    if_timed = {"Fn::If": ["AccessIsTimed", denial, {"Ref": "AWS::NoValue"}]}
    rule = RULES["inline-size"]
    assert list(rule.check(replace(whole, inline_documents=[denial]))) == []
    assert list(rule.check(replace(whole, inline_documents=[if_timed]))) == []
    (finding,) = rule.check(replace(whole, inline_documents=[*whole.inline_documents, denial, if_timed]))
    assert "10,240" in finding.message


@pytest.mark.parametrize(
    ("size", "bucket", "refused"),
    [
        (51_200, False, False),
        (51_201, False, True),
        (51_201, True, False),
        (1_048_576, True, False),
        (1_048_577, True, True),
    ],
)
def test_a_template_over_a_calls_size_needs_a_bucket(size: int, bucket: bool, refused: bool) -> None:
    whole = replace(subject(), template_bytes=size, template_bucket=bucket)
    assert bool(list(RULES["template-size"].check(whole))) is refused


def test_the_templates_size_is_that_of_its_text() -> None:
    whole = subject(allow("s3:GetObject", on=[arn(number) for number in range(60)]))
    assert whole.template_bytes == len(template.render(template.build(whole.role)).encode())
    assert json.dumps(whole.inline_documents)
