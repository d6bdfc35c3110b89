"""Reads what a stack set is that somebody made by hand. Only describes and lists."""

from __future__ import annotations

from rolecall.core.adoption import Adopted, adopted
from rolecall.errors import NotFound
from rolecall.ports import Organizations, StackSets


async def read_stack_set(
    stack_sets: StackSets,
    organizations: Organizations,
    name: str,
    logical_id: str | None = None,
    *,
    management: bool = False,
) -> Adopted:
    """Raises NotFound for one that is not there, and UsageError for one that cannot be adopted."""
    stack_set = await stack_sets.describe(name)
    if stack_set is None:
        known = [found.name async for found in stack_sets.stack_sets()]
        hint = f"there are {', '.join(sorted(known))}" if known else "there is none; try --region, or --call-as"
        raise NotFound(f"there is no stack set {name}", operation="DescribeStackSet", hint=hint)
    roots = await organizations.roots()
    return adopted(stack_set, roots[0].id, logical_id, management=management)
