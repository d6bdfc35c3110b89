"""Stack sets, operations and instances by what a call names. Reads the engine."""

from __future__ import annotations

from rolecall.sandbox.stacksets import access
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.model import Instance, Operation, StackSet, Target
from rolecall.sandbox.wire import Call, WireError


class Lookup:
    """Every method raises WireError with AWS's code where there is no such thing."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine

    def stack_set(self, call: Call, *, deleted_too: bool = False) -> StackSet:
        """Only the administrator's own: to any other account the stack set does not exist.

        Delegates see the service-managed ones of the management account alone.
        """
        account_id = access.administrator(self._engine.world, call)
        name = call.params["StackSetName"]
        found = self._engine.find(call.region, name, account_id)
        foreign = found is not None and account_id != call.caller.account_id and not found.service_managed
        if found is None or foreign or (found.deleted and not deleted_too):
            raise WireError("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return found

    def operation(self, stack_set: StackSet, call: Call, *, action: str | None = None) -> Operation:
        """The operation of that id, if it does `action`."""
        operation_id = call.params["OperationId"]
        found = stack_set.operations.get(operation_id)
        if found is None or action not in (None, found.action):
            message = f"Operation {operation_id} not found for StackSet {stack_set.name}"
            raise WireError("OperationNotFoundException", message, 404)
        return found

    def instance(self, stack_set: StackSet, call: Call) -> Instance:
        target = Target(call.params["StackInstanceAccount"], call.params["StackInstanceRegion"])
        if target not in stack_set.instances:
            message = f"Stack instance not found for account {target.account_id} in Region {target.region}"
            raise WireError("StackInstanceNotFoundException", message, 404)
        return stack_set.instances[target]
