"""What is ours: a stack or stack set that carries our tag. Pure. See docs/adr/0005-what-is-ours.md."""

from __future__ import annotations

from rolecall.core.desired import MANAGED_TAG
from rolecall.core.observed import StackContent

NOT_OURS = "was not made by rolecall (no tag managed-by=rolecall): give deployment.stack_set_name another"


def is_managed(content: StackContent) -> bool:
    """Whether a stack or stack set carries our tag. One that does not is never changed or deleted."""
    return MANAGED_TAG.items() <= content.tags.items()
