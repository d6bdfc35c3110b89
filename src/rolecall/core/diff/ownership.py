"""What is ours: a stack or stack set that carries our tag. Pure. See docs/adr/0005-what-is-ours.md."""

from __future__ import annotations

from dataclasses import replace

from rolecall.core.desired import MANAGED_TAG, Desired
from rolecall.core.observed import StackContent, StackSet

NOT_OURS = (
    "was not made by rolecall (no tag managed-by=rolecall): give deployment.stack_set_name another, or `rolecall adopt`"
)


def is_managed(content: StackContent) -> bool:
    """Whether a stack or stack set carries our tag. One that does not is never changed or deleted."""
    return MANAGED_TAG.items() <= content.tags.items()


def is_our_stack_set(stack_set: StackSet) -> bool:
    """Whether a stack set carries our tag, or is the very one that the config adopts."""
    return stack_set.adopted or is_managed(stack_set.content)


def adopted_by(desired: Desired, stack_set: StackSet | None) -> StackSet | None:
    """Whoever made it, it is ours where the config names its very id."""
    if stack_set is None or stack_set.id != desired.adopted_stack_set:
        return stack_set
    return replace(stack_set, adopted=True)
