"""The deployment's changes: stack set, instances, management stack. Each step does what the plan says of it.

A step returns the accounts in which it failed, in AWS's words; it raises AwsError when it could not be begun.
"""

from __future__ import annotations

from rolecall.flows.deploying.arriving import arriving_instances, create_instances
from rolecall.flows.deploying.leaving import delete_instances, empty_units, leaving_instances
from rolecall.flows.deploying.management import management_stack
from rolecall.flows.deploying.running import accounts_in, operation_id, run_operation
from rolecall.flows.deploying.stack_set import stack_set

__all__ = [
    "accounts_in",
    "arriving_instances",
    "create_instances",
    "delete_instances",
    "empty_units",
    "leaving_instances",
    "management_stack",
    "operation_id",
    "run_operation",
    "stack_set",
]
