"""What sets a finding aside, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.lint import RULES, Review, together

from .subjects import allow, reviewed

CHANGES = allow("ec2:DeleteVolume")


def rules_of(done: Review) -> list[str]:
    return [finding.rule for finding in done.findings]


def exception(**changes: Any) -> list[dict[str, str]]:
    return [{"rule": "write-without-condition", "statement": "Own", "reason": "agreed in ticket 12", **changes}]


def test_an_exception_sets_its_rule_aside_for_its_statement() -> None:
    assert rules_of(reviewed(CHANGES)) == ["write-without-condition"]
    done = reviewed(CHANGES, exceptions=exception())
    assert done.findings == ()
    assert [(finding.statement, reason) for finding, reason in done.excused] == [("Own", "agreed in ticket 12")]
    assert done.unused == ()


def test_an_exception_without_a_statement_is_for_all() -> None:
    exceptions = [{"rule": "write-without-condition", "reason": "x"}]
    assert reviewed(CHANGES, allow("ec2:DeleteSnapshot", sid="Other"), exceptions=exceptions).findings == ()


@pytest.mark.parametrize("changes", [{"statement": "Other"}, {"rule": "privilege-escalation"}])
def test_an_exception_for_something_else_sets_nothing_aside_and_is_unused(changes: dict[str, str]) -> None:
    done = reviewed(CHANGES, exceptions=exception(**changes))
    assert rules_of(done) == ["write-without-condition"]
    assert [unused.reason for unused in done.unused] == ["agreed in ticket 12"]


def test_an_exception_for_no_rule_is_refused_with_the_nearest() -> None:
    (finding,) = reviewed(exceptions=exception(rule="write-without-conditions")).findings
    assert (finding.rule, finding.place) == ("exception-of-nothing", "role.exceptions[0]")
    assert finding.mend == "did you mean write-without-condition?"


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if not rule.excusable])
def test_an_exception_for_a_rule_that_takes_none_is_refused(rule: str) -> None:
    (finding,) = reviewed(exceptions=exception(rule=rule)).findings
    assert finding.message == f"{rule} takes no exception"


def test_a_rule_that_takes_none_is_not_set_aside() -> None:
    malformed = allow("s3:ListBucket", where={"StringIs": {"aws:RequestedRegion": "x"}})
    done = reviewed(malformed, exceptions=exception(rule="malformed-condition"))
    assert set(rules_of(done)) == {"malformed-condition", "exception-of-nothing"}


def test_our_reason_is_for_our_statement_only() -> None:
    """A statement of the user's with the Sid that narrowing gives to one of ours does not get its reason."""
    same = allow("ec2:DeleteVolume", sid="EbsSnapshotsBeside")
    tagged = {"ebs": {"tag": {"forensics": "yes"}}}
    done = reviewed(same, permission_groups=["account-check", "ebs"], scopes=tagged)
    assert ("write-without-condition", "our-evidence") in {(finding.rule, finding.group) for finding in done.findings}


def test_of_several_roles_every_finding_is_told_once_and_an_exception_is_used_by_any() -> None:
    with_it, without = (reviewed(*given, exceptions=exception()) for given in ([CHANGES], []))
    assert len(without.unused) == 1
    assert together([without, with_it]).unused == together([with_it, without]).unused == ()
    assert together([without, without]).unused == without.unused
    refused = reviewed(CHANGES)
    assert together([refused, refused]).findings == refused.findings
