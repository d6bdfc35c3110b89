"""The management account's stack: made, updated, replaced, deleted. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import Desired, Via
from rolecall.core.diff.content import named, stack_differences
from rolecall.core.diff.obstacles import PATH_CHANGED, path_changed
from rolecall.core.diff.ownership import NOT_OURS, is_managed
from rolecall.core.observed import Observed
from rolecall.core.plan import Action, Change


def management_changes(desired: Desired, observed: Observed) -> Iterator[Change]:
    subject = f"stack {desired.stack_set_name}"
    management = desired.accounts[desired.organization.management_account]
    stack = observed.management_stack
    if management.via is not Via.STACK:
        if stack and is_managed(stack.content) and management.is_leaving:
            yield Change(Action.DELETE_STACK, subject, management.id, management.exclusion)
    elif stack is None:
        yield Change(Action.CREATE_STACK, subject, management.id, "StackSets leave the management account out")
    elif not is_managed(stack.content):
        yield Change(Action.BLOCKED, subject, management.id, f"a stack of that name exists and {NOT_OURS}")
    elif stack.working:
        return
    elif stack.status == "UPDATE_ROLLBACK_FAILED":
        detail = "UPDATE_ROLLBACK_FAILED: continue the rollback in the CloudFormation console, then apply again"
        yield Change(Action.BLOCKED, subject, management.id, detail)
    elif path_changed(desired.management_content, stack.content):
        yield Change(Action.BLOCKED, subject, management.id, PATH_CHANGED)
    elif stack.status in BEYOND_UPDATE:
        found = stack_differences(desired.management_content, stack.content)
        yield Change(Action.REPLACE_STACK, subject, management.id, f"{stack.status}: {stack.reason}", found)
    elif found := stack_differences(desired.management_content, stack.content):
        yield Change(Action.UPDATE_STACK, subject, management.id, named(found), found)


BEYOND_UPDATE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")
"""Statuses of a stack that can only be deleted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""
