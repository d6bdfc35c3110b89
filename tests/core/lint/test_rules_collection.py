"""The rules as a whole: each in a file of its own, with a stable id, told in full."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from importlib import import_module

import pytest

from rolecall.core.lint import RULES, Rule, review, rules
from rolecall.core.lint.escalations import ESCALATIONS
from rolecall.core.permission_groups import GROUPS, PermissionGroup

from .subjects import reference, subject

MODULES = [found.name for found in pkgutil.iter_modules(rules.__path__)]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_a_rule_that_is_asked_and_named_after_it(module: str) -> None:
    rule = import_module(f"{rules.__name__}.{module}").RULE
    assert rule.id == module.replace("_", "-")
    assert RULES[rule.id] is rule


def test_there_is_no_rule_without_a_module() -> None:
    assert len(RULES) == len(MODULES) >= 20


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_what_and_why(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
    assert not rule.title.endswith(".")
    assert rule.why.endswith((".", ".html"))


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_what_a_group_has_accepted_is_a_rule_that_finds_it(group: PermissionGroup) -> None:
    """A reason for nothing would hide what a later change brings."""
    groups = [*{"account-check": None, **dict.fromkeys(group.requires), **_needed(group), group.id: None}]
    told = {
        (finding.group, finding.statement, finding.rule)
        for finding, _ in review(subject(permission_groups=groups)).excused
    }
    for statement in group.statements:
        for rule in statement.accepted:
            assert RULES[rule].excusable
            assert (group.id, statement.sid, rule) in told


def _needed(group: PermissionGroup) -> dict[str, None]:
    return dict.fromkeys(further for needed in group.requires for further in GROUPS[needed].requires)


def test_every_way_to_escalate_is_an_action_that_aws_has() -> None:
    assert [way.action for way in ESCALATIONS if way.action.lower() not in reference().actions] == []
    assert [action for action, count in Counter(way.action for way in ESCALATIONS).items() if count > 1] == []
    spelt = {action.name for action in reference().actions.values()}
    assert [way.action for way in ESCALATIONS if way.action not in spelt] == []
