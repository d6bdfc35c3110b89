"""A condition is none that IAM takes."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.granting import found, values_of
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.policy.conditions import Condition


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        for operator, keys in statement.conditions.items():
            for key, value in keys.items():
                if problem := _problem(operator, key, values_of(value)):
                    yield found(RULE, group, statement, problem, "IAM's guide lists the operators and their values")


def _problem(operator: str, key: str, values: tuple[str, ...]) -> str:
    if not values:
        return f"{operator} {key} has no value, so that nothing fits"
    try:
        Condition.parse(operator, key, values, variables=True)
    except ValueError as error:
        return f"{error} (of {key})"
    return ""


RULE = Rule(
    id="malformed-condition",
    title="A condition has an operator or value that IAM does not take",
    why="IAM refuses the policy, and with it the stack in every account. "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    check=_check,
    excusable=False,
)
