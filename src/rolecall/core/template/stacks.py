"""How the stacks are called that StackSets makes in the target accounts. Pure.

`StackSet-<stack set>-<uuid>`: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-drift.html
"""

from __future__ import annotations

import re

_LONGEST_WHOLE = 128 - len("StackSet-") - len("-00000000-0000-0000-0000-000000000000")
"""A stack's name has at most 128 characters; how AWS shortens it for a longer stack set's name is not documented."""
_SURE = 64


def stack_names(stack_set_name: str) -> str:
    """A pattern of their names, for the resources of policies."""
    if len(stack_set_name) <= _LONGEST_WHOLE:
        return f"StackSet-{stack_set_name}-*"
    return f"StackSet-{stack_set_name[:_SURE]}*"


def is_stack_of(stack: str, stack_set_name: str) -> bool:
    """Whether a stack of this name is one that StackSets made for the stack set."""
    start = re.escape(stack_names(stack_set_name)[:-1])
    whole = "[0-9a-f-]{36}" if len(stack_set_name) <= _LONGEST_WHOLE else ".*"
    return re.fullmatch(start + whole, stack) is not None
