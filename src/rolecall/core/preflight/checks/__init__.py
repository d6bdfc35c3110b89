"""Every check by its id, in the order in which they are asked and documented."""

from rolecall.core.preflight.checks import (
    batches,
    execution_role_denied,
    instance_quota,
    name_taken,
    quarantine_unit,
    role_denied,
    second_stack_set,
)
from rolecall.core.preflight.model import Check

CHECKS: dict[str, Check] = {
    module.CHECK.id: module.CHECK
    for module in (
        # whether the role can be made
        name_taken,
        second_stack_set,
        execution_role_denied,
        instance_quota,
        batches,
        # whether it will be of use
        role_denied,
        quarantine_unit,
    )
}
