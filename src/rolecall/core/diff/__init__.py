"""Desired against observed: the changes that are left to make. Pure, linear in the accounts.

No removal is inferred from absence alone: an instance or registration is only taken out when the organization itself
says that its account is no target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rolecall.core.desired import Desired, Via
from rolecall.core.diff.content import content_differences, content_differs, stack_differences, stack_differs
from rolecall.core.diff.instances import (
    in_flight,
    instance_changes,
    instance_of,
    instance_subject,
    why_inoperable,
    why_outdated,
)
from rolecall.core.diff.management import management_changes
from rolecall.core.diff.obstacles import obstacle
from rolecall.core.diff.ownership import NOT_OURS, adopted_by, is_managed, is_our_stack_set
from rolecall.core.diff.stack_set import (
    auto_deployment_differences,
    deployed_differences,
    kept_units,
    stack_set_changes,
    surplus_units,
)
from rolecall.core.ids import AccountId
from rolecall.core.observed import Observed
from rolecall.core.plan import Action, Change
from rolecall.core.registrations import registration_changes
from rolecall.core.renaming import withheld

__all__ = [
    "NOT_OURS",
    "adopted_by",
    "auto_deployment_differences",
    "content_differences",
    "content_differs",
    "deployed_differences",
    "diff",
    "in_flight",
    "instance_of",
    "is_managed",
    "is_our_stack_set",
    "kept_units",
    "stack_differences",
    "stack_differs",
    "surplus_units",
    "why_inoperable",
    "why_outdated",
]


_NOTHING: Mapping[AccountId | None, str] = {}
_MADE = (Action.CREATE_INSTANCE, Action.RETRY_INSTANCE)
_MADE_BY_STACK_SET = (Action.CREATE_STACK_SET, *_MADE)


def diff(
    desired: Desired,
    observed: Observed,
    *,
    retry_blocked: bool = False,
    platforms_asked: bool = True,
    held: Mapping[AccountId | None, str] = _NOTHING,
) -> tuple[Change, ...]:
    """In the order in which they are to be made. `retry_blocked` tries again what was blocked the last time.

    `held` says why nothing can be made in an account; of None, in any: the findings of preflight.
    """
    deployments = tuple(_held_back(_deployments(desired, observed, retry_blocked), held))
    if not platforms_asked:
        return deployments
    unreachable = frozenset(change.account for change in deployments if not change.pending and change.account)
    return (*deployments, *registration_changes(desired, observed, unreachable))


def _deployments(desired: Desired, observed: Observed, retry_blocked: bool) -> Iterator[Change]:
    if reason := obstacle(desired, observed):
        yield from _all_blocked(desired, reason)
    else:
        yield from stack_set_changes(desired, observed)
        yield from instance_changes(desired, observed, retry_blocked)
    yield from management_changes(desired, observed)
    yield from withheld(desired, observed)


def _held_back(changes: Iterable[Change], held: Mapping[AccountId | None, str]) -> Iterator[Change]:
    """What would be made where it cannot, as blocked, after all others."""
    blocked = []
    for change in changes:
        reason = ""
        if change.action in _MADE_BY_STACK_SET:
            reason = held.get(None, "")
        if change.account and change.action in (*_MADE, Action.CREATE_STACK):
            reason = reason or held.get(change.account, "")
        if reason:
            blocked.append(Change(Action.BLOCKED, change.subject, change.account, reason))
        else:
            yield change
    yield from blocked


def _all_blocked(desired: Desired, obstacle: str) -> Iterator[Change]:
    yield Change(Action.BLOCKED, f"stack set {desired.stack_set_name}", None, obstacle)
    for account in desired.accounts.values():
        if account.via is Via.STACK_SET:
            yield Change(Action.BLOCKED, instance_subject(desired), account.id, obstacle)
