"""What a stack or stack set is made of, desired against current, in words. Pure."""

from __future__ import annotations

from dataclasses import replace

from rolecall.core import template
from rolecall.core.observed import StackContent


def content_differences(desired: StackContent, current: StackContent) -> list[str]:
    """What differs, in words, without a value: an external id stays out of plans."""
    differences = ["the template"] if current.template.strip() != desired.template.strip() else []
    keys = sorted(desired.parameters.keys() | current.parameters.keys())
    differences += [f"parameter {key}" for key in keys if desired.parameters.get(key) != current.parameters.get(key)]
    if current.tags != desired.tags:
        differences.append("the tags")
    return differences


def stack_differences(desired: StackContent, current: StackContent) -> list[str]:
    """As `content_differences`, but a template whose resources are the same is no difference.

    CloudFormation refuses such an update of a stack: "No updates are to be performed".
    """
    same = template.same_effect(desired.template, current.template)
    return content_differences(desired, replace(current, template=desired.template) if same else current)
