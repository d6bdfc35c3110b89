"""Our own groups pass every rule, whichever are enabled and however they are narrowed; and no statement is dropped
from what is looked at."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.lint import RULES, review
from rolecall.core.permission_groups import DEFAULTS, GROUPS, Scope
from tests.core.template.roles import group_names

from .subjects import allow, reviewed, subject

KEY = "arn:aws:kms:eu-west-1:111111111111:key/abcd-12"
VALUES: dict[Scope, st.SearchStrategy[Any]] = {
    Scope.REGIONS: st.lists(st.sampled_from(["eu-west-1", "us-east-1", "cn-north-1"]), min_size=1, unique=True),
    Scope.TAG: st.dictionaries(
        st.sampled_from(["forensics", "Cost Center"]), st.sampled_from(["yes", "a*"]), min_size=1
    ),
    Scope.BUCKETS: st.lists(st.sampled_from(["evidence", "logs-*"]), min_size=1, unique=True),
    Scope.KEYS: st.lists(st.sampled_from([KEY, "alias/evidence", "alias/logs-*"]), min_size=1, unique=True),
}


@st.composite
def narrowed_groups(draw: st.DrawFn) -> dict[str, Any]:
    """Groups, each narrowed by any of what it can be narrowed by."""
    names = draw(group_names)
    chosen = {name: [scope for scope in GROUPS[name].scopes if draw(st.booleans())] for name in names}
    scopes = {name: {scope.value: draw(VALUES[scope]) for scope in used} for name, used in chosen.items() if used}
    return {"permission_groups": list(dict.fromkeys(["account-check", *names])), "scopes": scopes}


@settings(max_examples=60, deadline=None)
@given(narrowed_groups())
def test_any_of_our_groups_however_narrowed_break_no_rule(config: dict[str, Any]) -> None:
    """But that one scope may narrow what another group, left as it is, allows without: that is to be said."""
    findings = reviewed(**config).findings
    assert [finding for finding in findings if finding.rule != "scope-defeated"] == []
    for finding in findings:
        scope, other = re.findall(r"role\.scopes\.\S+\.(\w+),.* of group (\S+) allows", finding.message)[0]
        assert scope in config["scopes"][finding.group]
        assert scope not in config["scopes"].get(other, {})


@settings(max_examples=40, deadline=None)
@given(narrowed_groups(), st.sampled_from(list(Scope)), st.data())
def test_the_same_scope_on_every_group_is_never_defeated(
    config: dict[str, Any], scope: Scope, data: st.DataObject
) -> None:
    value = data.draw(VALUES[scope])
    scopes = {name: {scope.value: value} for name in config["permission_groups"] if scope in GROUPS[name].scopes}
    assert reviewed(permission_groups=config["permission_groups"], scopes=scopes).findings == ()


@pytest.mark.parametrize("groups", [list(GROUPS), list(DEFAULTS)], ids=["all", "defaults"])
def test_all_groups_together_break_no_rule(groups: list[str]) -> None:
    done = reviewed(permission_groups=groups)
    assert done.findings == ()
    assert all(reason in _reasons() for _, reason in done.excused)


def _reasons() -> set[str]:
    return {
        reason for group in GROUPS.values() for statement in group.statements for reason in statement.accepted.values()
    }


SAFE = ["s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:GetUser", "kms:DescribeKey", "lambda:GetFunction"]
PLANTED = ["iam:PassRole", "iam:PutRolePolicy", "sts:AssumeRole", "kms:PutKeyPolicy", "lambda:UpdateFunctionCode"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(SAFE), max_size=5),
    st.sampled_from(PLANTED),
    st.integers(0, 5),
    st.integers(0, 3),
    group_names,
)
def test_an_escalation_is_found_wherever_it_is_planted(
    beside: list[str], planted: str, place: int, statement: int, groups: list[str]
) -> None:
    statements = [allow("s3:ListAllMyBuckets", sid=f"Own{number}") for number in range(4)]
    statements[statement] = allow(*beside[:place], planted, *beside[place:], sid=f"Own{statement}")
    names = list(dict.fromkeys(["account-check", *groups]))
    findings = review(subject(*statements, permission_groups=names)).findings
    assert (f"Own{statement}", "our-evidence") in {
        (finding.statement, finding.group) for finding in findings if finding.rule == "privilege-escalation"
    }
    assert {finding.rule for finding in findings} <= set(RULES)
