"""Tags open a statement, and another lets anybody who holds the role give tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rolecall.core.lint.arns import overlap
from rolecall.core.lint.granting import conditions, found, has_wildcard, is_any, known_actions, listed, positive
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import Statement
from rolecall.core.policy.conditions import Condition, SetOperator
from rolecall.core.service_reference import AccessLevel, Action

_OF_RESOURCE = "resourcetag/"
_TAG_EVERYTHING = "tag:TagResources"


@dataclass(frozen=True, slots=True)
class _Gate:
    """A statement that is open to resources with a tag: the tags' keys, and the forms of what it is about."""

    statement: Statement
    keys: frozenset[str]
    forms: frozenset[str]


def _check(subject: Subject) -> Iterator[Finding]:
    gates = list(_gates(subject))
    for group, statement in subject.statements if gates else ():
        actions = known_actions(subject, statement)
        tagging = [action for action in actions if action.level is AccessLevel.TAGGING]
        for gate in gates:
            opening = [action.name for action in tagging if _opens(action, statement, gate)]
            if opening and gate.statement is not statement and not _holds_back(statement, gate.keys):
                message = f"allows {listed(opening)} freely, and statement {gate.statement.sid} is open to a tag"
                mend = "ask for ec2:CreateAction, or for aws:TagKeys other than those, with ForAllValues"
                yield found(RULE, group, statement, message, mend)
                break


def _gates(subject: Subject) -> Iterator[_Gate]:
    for _, statement in subject.statements:
        if keys := _tag_keys(statement):
            forms = {kind.arn for action in known_actions(subject, statement) for kind in action.resource_types}
            yield _Gate(statement, keys, frozenset(form for form in forms if _any(statement.resources, form)))


def _tag_keys(statement: Statement) -> frozenset[str]:
    """Of the tags that a resource must have, in lower case: as a condition key's, it is not told apart."""
    keys = (condition.key.lower() for condition in conditions(statement))
    return frozenset(key.split("/", 1)[1] for key in keys if _OF_RESOURCE in key)


def _holds_back(statement: Statement, keys: frozenset[str]) -> bool:
    """Whether no tag of those keys can be given to what has been there before."""
    return any(_bars(condition, keys) for condition in conditions(statement))


def _bars(condition: Condition, keys: frozenset[str]) -> bool:
    """`aws:RequestTag/…` alone bars nothing: further tags may come with the one that it asks for."""
    key = condition.key.lower()
    if key.endswith(":createaction") or _OF_RESOURCE in key:
        return positive(condition) and not any(is_any(text.source) for text in condition.values)
    if key != "aws:tagkeys" or condition.set_operator is not SetOperator.FOR_ALL_VALUES:
        return False
    if condition.operator is None or condition.operator.negated or condition.if_exists:
        return False
    return not any(has_wildcard(text.source) or text.source.lower() in keys for text in condition.values)


def _opens(action: Action, statement: Statement, gate: _Gate) -> bool:
    """Whether what it can tag is something that the gated statement is about."""
    if action.name == _TAG_EVERYTHING:
        return True
    forms = {kind.arn for kind in action.resource_types}
    return any(_any(statement.resources, form) for form in forms & gate.forms)


def _any(resources: Iterable[str], form: str) -> bool:
    return any(overlap(resource, form) for resource in resources)


RULE = Rule(
    id="free-tagging",
    title="Tags may be given freely, and open another statement",
    why="What is allowed only on resources with a tag is allowed on all of them to whoever can tag them first.",
    check=_check,
)
