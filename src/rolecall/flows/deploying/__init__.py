"""The deployment's changes: stack set, instances, management stack. Each step does what the plan says of it.

A step returns the accounts in which it failed, in AWS's words; it raises AwsError when it could not be begun.
"""

from __future__ import annotations

from rolecall.flows.deploying.arriving import arriving_instances, create_instances
from rolecall.flows.deploying.leaving import delete_instances, empty_units, leaving_instances
from rolecall.flows.deploying.management import management_stack
from rolecall.flows.deploying.mending import recreated_instances, rewritten_instances
from rolecall.flows.deploying.repairing import repair, repaired_instances
from rolecall.flows.deploying.stack_set import stack_set
from rolecall.flows.deploying.tokens import accounts_in, operation_id
from rolecall.flows.running import run_operation

__all__ = [
    "accounts_in",
    "arriving_instances",
    "create_instances",
    "delete_instances",
    "empty_units",
    "leaving_instances",
    "management_stack",
    "operation_id",
    "recreated_instances",
    "repair",
    "repaired_instances",
    "rewritten_instances",
    "run_operation",
    "stack_set",
]
