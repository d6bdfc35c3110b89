"""A condition asks for a key that the statement's actions do not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from rolecall.core.lint.global_keys import GLOBAL_KEYS
from rolecall.core.lint.granting import conditions, demands, found, nearest
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.policy.conditions import Condition
from rolecall.core.service_reference import Action

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>|\btag-key$|\*")


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        matched = {name: list(subject.reference.matching(name)) for name in statement.actions}
        known = {name: actions for name, actions in matched.items() if actions}
        for condition in conditions(statement):
            if known and not _among(condition.key, GLOBAL_KEYS):
                yield from _judged(group, statement, condition, known)


def _judged(
    group: PermissionGroup, statement: Statement, condition: Condition, known: dict[str, list[Action]]
) -> Iterator[Finding]:
    without = [name for name, actions in known.items() if not any(_has(action, condition.key) for action in actions)]
    if len(without) == len(known):
        guess = nearest(condition.key, _keys(known.values()))
        mend = f"did you mean {guess}?" if guess else "see the actions' page in AWS's reference"
        yield found(RULE, group, statement, f"no action of the statement has the key {condition.key}", mend)
    elif without and demands(condition):
        message = f"{', '.join(without)} has no key {condition.key}, so that it is never allowed"
        yield found(RULE, group, statement, message, "put it into a statement without that condition")


def _has(action: Action, key: str) -> bool:
    return _among(key, action.all_condition_keys)


def _among(key: str, known: Iterable[str]) -> bool:
    return any(_form(one).fullmatch(key) for one in known)


@lru_cache(maxsize=4096)
def _form(key: str) -> re.Pattern[str]:
    """A key of the reference as what it fits, in any case: its placeholders are any text."""
    return re.compile(".+".join(map(re.escape, _PLACEHOLDER.split(key))), re.IGNORECASE)


def _keys(known: Iterable[Sequence[Action]]) -> Iterator[str]:
    yield from GLOBAL_KEYS
    for actions in known:
        for action in actions:
            yield from action.all_condition_keys


RULE = Rule(
    id="unknown-condition-key",
    title="A condition asks for a key that the action does not have",
    why="IAM takes any word for a key. A condition on one that never comes allows nothing; one with IfExists, or that "
    "says what must not be, holds always.",
    check=_check,
)
