"""The way of every call that begins an operation: which stack set, whether it was taken already, its operation's id."""

from __future__ import annotations

from collections.abc import Callable

from rolecall.sandbox.stacksets import access, requests
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.lookup import Lookup
from rolecall.sandbox.stacksets.model import Operation, StackSet
from rolecall.sandbox.wire import Call, Params, WireError

Work = Callable[[StackSet, Call, Operation], None]
"""Reads the rest of the call and submits its operation to the engine. Raises WireError."""


class Submission:
    """Turns what an operation does into a handler of the call that asks for it."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._world = engine.world
        self._lookup = Lookup(engine)

    def begin(self, action: str, work: Work, call: Call) -> Params:
        """The answer of the call: its operation's id, of the same operation where the call was made before."""
        stack_set = self._lookup.stack_set(call)
        if stack_set.service_managed:
            access.check_trusted(self._world)
        operation_id = call.params.get("OperationId")
        if not _is_retry(stack_set, call):
            operation = requests.operation(self._world, call, action)
            work(stack_set, call, operation)
            operation_id = operation.id
        return {"OperationId": operation_id}


def _is_retry(stack_set: StackSet, call: Call) -> bool:
    """Whether the call is one that was taken already.

    Raises WireError `OperationIdAlreadyExistsException` where its id is another operation's, `StaleRequestException`
    where the operation is over and others came after it: AWS documents no closer when.
    """
    known = stack_set.operations.get(call.params.get("OperationId") or "")
    if known is None:
        return False
    if known.request != requests.fingerprint(call):
        message = f"An operation with id {known.id} already exists on StackSet {stack_set.name}"
        raise WireError("OperationIdAlreadyExistsException", message, 409)
    if known.status.ended and known.id != next(reversed(stack_set.operations)):
        message = "Another operation has been performed on this stack set since the specified operation was performed"
        raise WireError("StaleRequestException", message, 409)
    return True
