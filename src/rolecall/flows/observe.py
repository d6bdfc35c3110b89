"""What is deployed and registered now. Only describes and lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from rolecall.core.observed import Observed, Operation, Registration, StackInstance
from rolecall.errors import AccessDenied
from rolecall.ports import Platform, Ports, StackSets

T = TypeVar("T")


async def observe(
    ports: Ports, stack_set_name: str, *, platforms: bool = True, trusted_access: bool = True
) -> Observed:
    """One look at the stack set, its instances and newest operation, the management stack, and every platform.

    Without `trusted_access` that is not asked for: self-managed permissions do without it.
    """
    stack_set, stack, trusted, registered = await asyncio.gather(
        ports.stack_sets.describe(stack_set_name),
        ports.stacks.describe(stack_set_name),
        _trusted_access(ports.stack_sets, asked=trusted_access),
        asyncio.gather(*map(_registrations, ports.platforms if platforms else ())),
    )
    instances: tuple[StackInstance, ...] = ()
    operation: Operation | None = None
    if stack_set is not None:
        operation = await _last_change(ports.stack_sets, stack_set_name)
        instances = tuple(sorted(await listed(ports.stack_sets.instances(stack_set_name)), key=_by_account))
    return Observed(
        stack_set=stack_set,
        instances=instances,
        management_stack=stack,
        registrations=tuple(registration for found in registered for registration in found),
        trusted_access=trusted,
        operation=operation,
    )


async def _last_change(stack_sets: StackSets, name: str) -> Operation | None:
    """The newest operation that is no drift detection: those change nothing."""
    async for operation in stack_sets.operations(name):
        if operation.action != "DETECT_DRIFT":
            return operation
    return None


async def listed(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


async def _registrations(platform: Platform) -> list[Registration]:
    return sorted(await listed(platform.registrations()), key=lambda found: (found.platform, found.account_name))


async def _trusted_access(stack_sets: StackSets, *, asked: bool) -> bool | None:
    """None where the caller may not ask: a missing right is no reason to stop."""
    try:
        return await stack_sets.trusted_access() if asked else None
    except AccessDenied:
        return None


def _by_account(instance: StackInstance) -> tuple[str, str]:
    return instance.account, instance.region
