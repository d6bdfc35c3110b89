"""The idempotency tokens of operations on the stack set, and what they are made from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rolecall.core.ids import AccountId
from rolecall.core.plan import Change, Plan
from rolecall.flows.look import Seen
from rolecall.flows.operations import OURS
from rolecall.ports import Ports


def accounts_in(changes: Sequence[Change]) -> tuple[AccountId, ...]:
    return tuple(dict.fromkeys(change.account for change in changes if change.account))


def operation_id(plan: Plan, stack_set_arn: str, step: str) -> str:
    """The idempotency token of a step.

    The plan's fingerprint holds the last operation seen, so that a failed one is tried anew; the ARN tells a stack set
    from an earlier one of the same name.
    """
    return OURS + hashlib.sha256(f"{plan.fingerprint} {stack_set_arn} {step}".encode()).hexdigest()[:40]


async def stack_set_arn(seen: Seen, ports: Ports) -> str:
    """The stack set's, which this very run may have made."""
    current = seen.observed.stack_set or await ports.stack_sets.describe(seen.desired.stack_set_name)
    return current.arn if current else ""
