"""Drift: what differs in the accounts from what the stack set deployed there, found by StackSets themselves.

A detection is an operation on the stack set: it reads in every account and changes nothing. Adoption uses it too, to
learn the physical names of resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-drift.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from rolecall.core.desired import Desired
from rolecall.core.diff import is_our_stack_set
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceDrift, Observed, StackInstance
from rolecall.core.report import Failure
from rolecall.flows.operations import OURS
from rolecall.flows.running import run_operation
from rolecall.ports import Ports


async def with_drift(desired: Desired, observed: Observed, ports: Ports) -> Observed:
    """With what a detection finds of our stack set now; suspended accounts are passed over."""
    stack_set = observed.stack_set
    if stack_set is None or not is_our_stack_set(stack_set) or not observed.instances:
        return replace(observed, drifts=())
    operation, failures = await detect(ports, stack_set.name)
    active = {account.id for account in desired.accounts.values() if account.account.active}
    undetected = tuple(sorted(found.account for found in failures if found.account in active and found.account))
    drifted = [found async for found in ports.stack_sets.instances(stack_set.name, drifted=True)]
    drifts = await resources_of(ports, stack_set.name, operation, drifted)
    return replace(observed, drifts=tuple(drifts), undetected=undetected)


async def detect(ports: Ports, stack_set: str) -> tuple[str, tuple[Failure, ...]]:
    """Looks into every account. The operation's id, and where that failed. Each call is a detection of its own."""
    begun = f"{stack_set} {ports.clock.now().isoformat()} {ports.clock.monotonic()}"
    token = f"{OURS}drift-{hashlib.sha256(begun.encode()).hexdigest()[:32]}"

    async def begin() -> str:
        return await ports.stack_sets.detect_drift(stack_set, operation_id=token)

    return token, await run_operation(ports, stack_set, begin, "Looking for changes by hand")


async def resources_of(
    ports: Ports, stack_set: str, operation_id: str, instances: Sequence[StackInstance]
) -> list[InstanceDrift]:
    """What that detection found in each of the instances: a call each at least, two a second."""
    found: dict[AccountId, InstanceDrift] = {}
    ports.progress.begin("Reading what was changed by hand", len(instances))
    try:
        for number, instance in enumerate(instances, start=1):
            resources = await ports.stack_sets.resource_drifts(stack_set, instance, operation_id)
            found[instance.account] = InstanceDrift(instance.account, tuple(resources))
            ports.progress.reached(number)
    finally:
        ports.progress.end()
    return [found[account] for account in sorted(found)]
