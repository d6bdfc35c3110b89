"""What a stack or stack set is made of, current against desired. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rolecall.core import template
from rolecall.core.observed import StackContent
from rolecall.core.template.differences import Difference, differences

_NAMED = 4


def content_differs(desired: StackContent, current: StackContent) -> bool:
    """Whether there is any difference, told without looking what it is."""
    same_text = current.template.strip() == desired.template.strip()
    return not same_text or desired.parameters != current.parameters or desired.tags != current.tags


def content_differences(desired: StackContent, current: StackContent) -> tuple[Difference, ...]:
    """What an update would change, before and after. External ids are masked."""
    told = differences(current.template, current.parameters, desired.template, desired.parameters)
    return (*told, *_tags(current.tags, desired.tags))


def stack_differs(desired: StackContent, current: StackContent) -> bool:
    """As `content_differs`, but a template whose resources are the same is no difference.

    CloudFormation refuses such an update of a stack: "No updates are to be performed".
    """
    return content_differs(desired, _with_same_text(desired, current))


def stack_differences(desired: StackContent, current: StackContent) -> tuple[Difference, ...]:
    return content_differences(desired, _with_same_text(desired, current))


def named(found: tuple[Difference, ...]) -> str:
    """What differs, in short: the first few by name."""
    names = list(dict.fromkeys(difference.what for difference in found))
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join(names[:_NAMED] + more)


def _with_same_text(desired: StackContent, current: StackContent) -> StackContent:
    same = template.same_effect(desired.template, current.template)
    return replace(current, template=desired.template) if same else current


def _tags(current: Mapping[str, str], desired: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted(current.keys() | desired.keys()):
        if current.get(key) != desired.get(key):
            yield Difference(f"tag {key} of the stacks", current.get(key, ""), desired.get(key, ""))
