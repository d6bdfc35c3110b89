"""Tags open a statement, and another lets anybody who holds the role give tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rolecall.core.lint.arns import overlap
from rolecall.core.lint.granting import conditions, found, known_actions, listed
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import Statement
from rolecall.core.policy.conditions import Condition, SetOperator
from rolecall.core.service_reference import AccessLevel, Action

_OF_RESOURCE = "resourcetag/"
_TAG_EVERYTHING = "tag:TagResources"


def _check(subject: Subject) -> Iterator[Finding]:
    gated = [(statement, keys) for _, statement in subject.statements if (keys := _gates(statement))]
    for group, statement in subject.statements:
        for gate, keys in gated:
            if gate is statement or _holds_back(statement, keys):
                continue
            tagging = [action for action in known_actions(subject, statement) if action.level is AccessLevel.TAGGING]
            opening = [action.name for action in tagging if _opens(subject, action, statement, gate)]
            if opening:
                message = f"allows {listed(opening)} freely, and statement {gate.sid} is open to what has a tag"
                mend = "ask for ec2:CreateAction, or for aws:TagKeys other than those, with ForAllValues"
                yield found(RULE, group, statement, message, mend)
                break


def _gates(statement: Statement) -> frozenset[str]:
    """The keys of the tags that a resource must have."""
    keys = (condition.key for condition in conditions(statement))
    return frozenset(key.split("/", 1)[1] for key in keys if _OF_RESOURCE in key.lower())


def _holds_back(statement: Statement, keys: frozenset[str]) -> bool:
    """Whether no tag of those keys can be given to what has been there before."""
    return any(_bars(condition, keys) for condition in conditions(statement))


def _bars(condition: Condition, keys: frozenset[str]) -> bool:
    """`aws:RequestTag/…` alone bars nothing: further tags may come with the one that it asks for."""
    key = condition.key.lower()
    positive = condition.operator is not None and not condition.operator.negated and not condition.if_exists
    if key.endswith(":createaction") or _OF_RESOURCE in key:
        return positive
    if key != "aws:tagkeys" or not positive or condition.set_operator is not SetOperator.FOR_ALL_VALUES:
        return False
    return not any("*" in text.source or "?" in text.source or text.source in keys for text in condition.values)


def _opens(subject: Subject, action: Action, statement: Statement, gate: Statement) -> bool:
    """Whether what it can tag is something that the gated statement is about."""
    if action.name == _TAG_EVERYTHING:
        return True
    forms = {kind.arn for gated in known_actions(subject, gate) for kind in gated.resource_types}
    mine = {kind.arn for kind in action.resource_types if _any(statement.resources, kind.arn)}
    return any(_any(gate.resources, form) for form in forms & mine)


def _any(resources: Iterable[str], form: str) -> bool:
    return any(overlap(resource, form) for resource in resources)


RULE = Rule(
    id="free-tagging",
    title="Tags may be given freely, and open another statement",
    why="What is allowed only on resources with a tag is allowed on all of them to whoever can tag them first.",
    check=_check,
)
