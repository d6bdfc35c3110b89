"""One policy against one request: which statements match, and why the others do not. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.document import Effect, Policy, Statement
from rolecall.core.policy.principals import Naming
from rolecall.core.policy.request import Context, Request


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request made ready for many policies. `bounded`: the caller has a permissions boundary."""

    request: Request
    action: str
    context: Context
    bounded: bool

    @classmethod
    def of(cls, request: Request, *, bounded: bool) -> Inquiry:
        return cls(request, request.action.lower(), Context.of(request), bounded)


@dataclass(frozen=True, slots=True)
class Grant:
    """An Allow statement that matches, and how closely it names the caller (CALLER where it names nobody)."""

    statement: Statement
    naming: Naming


@dataclass(frozen=True, slots=True)
class Miss:
    """An Allow statement on the action that does not match for `element`: the resource, principal or a condition."""

    statement: Statement
    element: str
    condition: Condition | None = None

    def explain(self, inquiry: Inquiry) -> str:
        if self.condition is None:
            return f"{self.statement}: its {self.element} does not match"
        absent = tuple(self.condition.absent_keys(inquiry.context))
        why = f"the request has no {', '.join(absent)}" if absent else "the request has another value"
        return f"{self.statement}: condition {self.condition} does not hold, {why}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one policy says of a request. `absent_keys`: keys it asked for and the request lacks, as it spells them."""

    policy: Policy
    grants: tuple[Grant, ...]
    denies: tuple[Statement, ...]
    misses: tuple[Miss, ...]
    absent_keys: tuple[str, ...]


def judge(policy: Policy, inquiry: Inquiry) -> Judgement:
    """Every statement on the request's action, sorted into grants, denies and the misses worth telling of."""
    grants: list[Grant] = []
    denies: list[Statement] = []
    misses: list[Miss] = []
    absent: list[str] = []
    for statement in policy.statements:
        if statement.actions.match(inquiry.action) is statement.excludes_actions:
            continue
        naming = _naming(statement, inquiry)
        miss = _miss(statement, naming, inquiry)
        if naming is not Naming.NOT:
            elsewhere = miss is not None and miss.element == "resource"
            absent += _absent_keys(statement, inquiry, elsewhere=elsewhere)
        if miss is None and statement.effect is Effect.DENY:
            denies.append(statement)
        elif miss is None:
            grants.append(Grant(statement, naming))
        elif statement.effect is Effect.ALLOW:
            misses.append(miss)
    return Judgement(policy, tuple(grants), tuple(denies), tuple(misses), tuple(absent))


def _naming(statement: Statement, inquiry: Inquiry) -> Naming:
    principals = statement.principals
    if principals is None or (principals.excluded and inquiry.bounded):
        # NotPrincipal with Deny always denies a caller with a permissions boundary, whomever it lists:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
        return Naming.CALLER
    return principals.naming(inquiry.request.principal)


def _miss(statement: Statement, naming: Naming, inquiry: Inquiry) -> Miss | None:
    if naming is Naming.NOT:
        return Miss(statement, "principal")
    if not covers_resource(statement, inquiry):
        return Miss(statement, "resource")
    for condition in statement.conditions:
        if not condition.holds(inquiry.context):
            return Miss(statement, "condition", condition)
    return None


def covers_resource(statement: Statement, inquiry: Inquiry) -> bool:
    if statement.resources is None:
        return True
    resource, context = inquiry.request.resource, inquiry.context
    matches = any(pattern.matches(resource, context) for pattern in statement.resources)
    return matches is not statement.excludes_resources


def _absent_keys(statement: Statement, inquiry: Inquiry, *, elsewhere: bool) -> Iterator[str]:
    """Keys of its variables, and those of its conditions unless it is about another resource anyway (`elsewhere`)."""
    context = inquiry.context
    for pattern in statement.resources or ():
        if pattern.keys:
            yield from (key for key in pattern.keys if not context.values(key.lower()))
    for condition in () if elsewhere else statement.conditions:
        yield from condition.absent_keys(context)
