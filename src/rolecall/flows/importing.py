"""Brings plain stacks into the stack set, as instances of it. Their resources stay as they are.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/service-managed-import.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rolecall.core.adoption.importing import Sorted, StackArn, sort
from rolecall.core.config import Config
from rolecall.core.desired import Desired, desire
from rolecall.core.diff import NOT_OURS, adopted_by, is_our_stack_set
from rolecall.core.observed import Observed, StackSet
from rolecall.core.reaching import homes_of
from rolecall.core.report import Failure
from rolecall.errors import NotFound, UsageError
from rolecall.flows.adopting import described
from rolecall.flows.deploying.repairing import MOST_IMPORTED
from rolecall.flows.observe import listed
from rolecall.flows.operations import OURS
from rolecall.flows.running import run_operation
from rolecall.flows.targeting import find_targets
from rolecall.ports import Ports


@dataclass(frozen=True)
class Importing:
    """What is to be imported, and where to."""

    desired: Desired
    stack_set: StackSet
    stacks: Sorted


async def look_at_stacks(config: Config, ports: Ports, stacks: Sequence[StackArn]) -> Importing:
    """Raises NotFound and UsageError where the config's stack set is not there, or not ours."""
    organization, unit_ids = await find_targets(config, ports)
    desired = desire(config, organization, unit_ids)
    stack_set = adopted_by(desired, await described(ports.stack_sets, desired.stack_set_name))
    assert stack_set is not None
    if not is_our_stack_set(stack_set):
        raise UsageError(f"stack set {stack_set.name} {NOT_OURS}")
    instances = await listed(ports.stack_sets.instances(stack_set.name))
    return Importing(desired, stack_set, sort(stacks, desired, instances))


async def import_stacks(found: Importing, ports: Ports) -> tuple[Failure, ...]:
    """As many at a time as AWS takes. Each that did not come in, and why; also those refused beforehand."""
    failures = [_failure(stack, why) for stack, why in found.stacks.refused.items()]
    coming = found.stacks.coming
    for start in range(0, len(coming), MOST_IMPORTED):
        failures += await _import(found, ports, coming[start : start + MOST_IMPORTED])
    return tuple(failures)


async def _import(found: Importing, ports: Ports, stacks: Sequence[StackArn]) -> list[Failure]:
    name, ids = found.stack_set.name, [stack.text for stack in stacks]
    accounts = [stack.account for stack in stacks]
    units = homes_of(found.desired, Observed(stack_set=found.stack_set), accounts)
    newest = await anext(ports.stack_sets.operations(name), None)
    token = _token(found.stack_set, newest.id if newest else "", ids)

    async def begin() -> str:
        return await ports.stack_sets.import_stacks(name, stack_ids=ids, unit_ids=units, operation_id=token)

    try:
        return [*await run_operation(ports, name, begin, f"Importing {len(ids)} stacks")]
    except NotFound as error:
        if error.code != "StackNotFoundException":
            raise
        if len(stacks) == 1:
            return [_failure(stacks[0], "AWS knows no such stack: it was deleted, or its id is another")]
        return [failure for one in stacks for failure in await _import(found, ports, [one])]  # AWS does not say which


def _token(stack_set: StackSet, newest: str, ids: Sequence[str]) -> str:
    """Another one once an operation has ended: a failed import is tried anew."""
    return f"{OURS}import-{hashlib.sha256(f'{stack_set.arn} {newest} {ids}'.encode()).hexdigest()[:32]}"


def _failure(stack: StackArn, reason: str) -> Failure:
    return Failure(stack.account, f"stack {stack.text}", reason)
