"""StackSets' events, in the administrator account and the stack set's Region. Publishes on the world's listeners.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stackset-operation-status-change.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rolecall.sandbox.stacksets.model import Instance, Operation, StackSet

if TYPE_CHECKING:
    from rolecall.sandbox.world import World


def operation_changed(world: World, stack_set: StackSet, operation: Operation) -> None:
    detail = {
        "stack-set-arn": stack_set.arn,
        "stack-set-operation-id": operation.id,
        "action": operation.action,
        "status-details": {"status": operation.status.value, "status-reason": operation.reason or ""},
    }
    _publish(world, stack_set, "CloudFormation StackSet Operation Status Change", detail)


def instance_changed(world: World, stack_set: StackSet, operation: Operation, instance: Instance) -> None:
    detail = {
        "stack-set-arn": stack_set.arn,
        "stack-id": instance.stack.id if instance.stack else "",
        "action": operation.action,
        "status-details": {
            "status": instance.status.value,
            "status-reason": instance.reason or "",
            "detailed-status": instance.detailed_status.value,
        },
    }
    _publish(world, stack_set, "CloudFormation StackSet StackInstance Status Change", detail)


def stack_set_changed(world: World, stack_set: StackSet) -> None:
    status = "DELETED" if stack_set.deleted else "ACTIVE"
    detail = {"stack-set-arn": stack_set.arn, "status-details": {"status": status, "status-reason": ""}}
    _publish(world, stack_set, "CloudFormation StackSet Status Change", detail)


def _publish(world: World, stack_set: StackSet, detail_type: str, detail: dict[str, Any]) -> None:
    account_id, region = stack_set.administrator, stack_set.region
    world.publish(
        "aws.cloudformation", detail_type, detail, account_id=account_id, region=region, resources=(stack_set.arn,)
    )
