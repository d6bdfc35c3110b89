"""Drift of stack sets and the import of stacks into them, as handlers on the StackSets engine.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackSetDrift.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ImportStacksToStackSet.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.stacks.drift_handlers import resource_drifts
from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.paging import page
from rolecall.sandbox.stacks.source import s3_text
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets import access, requests
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.lookup import Lookup
from rolecall.sandbox.stacksets.model import StackSet, Target
from rolecall.sandbox.wire import Call, Handler, Params, WireError

_MAX_IDS = 10
_MAX_LISTED = 200
_MAX_LIST_BYTES = 1024 * 1024


class DriftAndImport:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine
        self._world = engine.world
        self._lookup = Lookup(engine)

    def table(self) -> dict[str, Handler]:
        return {
            "DetectStackSetDrift": self.detect,
            "ListStackInstanceResourceDrifts": self.list_resource_drifts,
            "ImportStacksToStackSet": self.import_stacks,
        }

    def detect(self, call: Call) -> Params:
        stack_set = self._operated(call)
        if requests.is_retry(stack_set, call):
            return {"OperationId": call.params["OperationId"]}
        operation = requests.operation(self._world, call, "DETECT_DRIFT")
        self._engine.detect_drift(stack_set, operation)
        return {"OperationId": operation.id}

    def list_resource_drifts(self, call: Call) -> Params:
        stack_set = self._lookup.stack_set(call)
        self._lookup.operation(stack_set, call)
        instance = self._lookup.instance(stack_set, call)
        wanted = call.params.get("StackInstanceResourceDriftStatuses") or ()
        found = resource_drifts(instance.stack, wanted) if instance.stack else []
        shown, more = page([_without_properties(drift) for drift in found], call.params)
        return {"Summaries": shown, **more}

    def import_stacks(self, call: Call) -> Params:
        stack_set = self._operated(call)
        if requests.is_retry(stack_set, call):
            return {"OperationId": call.params["OperationId"]}
        stacks = {Target(stack.place.account_id, stack.place.region): stack for stack in self._named(call)}
        for target in stacks:
            if target in stack_set.instances:
                raise invalid(
                    f"Account {target.account_id} has an instance of the stack set in {target.region} already"
                )
        operation = requests.operation(self._world, call, "CREATE")
        self._engine.import_stacks(stack_set, operation, stacks, self._units(stack_set, call))
        return {"OperationId": operation.id}

    def _operated(self, call: Call) -> StackSet:
        stack_set = self._lookup.stack_set(call)
        if stack_set.service_managed:
            access.check_trusted(self._world)
        return stack_set

    def _named(self, call: Call) -> list[Stack]:
        ids, url = call.params.get("StackIds"), call.params.get("StackIdsUrl")
        if bool(ids) == bool(url):
            raise invalid("Exactly one of [StackIds, StackIdsUrl] must be specified.")
        limit = _MAX_IDS if ids else _MAX_LISTED
        listed = ids or s3_text(self._world, call, str(url), _MAX_LIST_BYTES).replace(",", "\n").split()
        if len(listed) > limit:
            raise invalid(f"At most {limit} stacks can be imported at a time")
        return [self._stack(stack_id) for stack_id in listed]

    def _stack(self, stack_id: str) -> Stack:
        stack = self._engine.stacks.by_id(stack_id)
        if stack is None:
            raise WireError("StackNotFoundException", f"Stack with id {stack_id} does not exist", 404)
        return stack

    def _units(self, stack_set: StackSet, call: Call) -> Mapping[str, str | None]:
        """Account id to the given unit that holds it; for self-managed stack sets there are none."""
        given = call.params.get("OrganizationalUnitIds") or ()
        if not stack_set.service_managed:
            if given:
                raise invalid("OrganizationalUnitIds are for SERVICE_MANAGED permissions only")
            return {}
        if not given:
            raise invalid("OrganizationalUnitIds must be specified")
        for unit_id in given:
            if not self._world.unit_exists(unit_id):
                raise invalid(f"Organizational unit {unit_id} does not exist in the organization")
        return {account.id: unit_id for unit_id in given for account in self._world.accounts_under(unit_id)}


def _without_properties(drift: Mapping[str, Any]) -> dict[str, Any]:
    """`StackInstanceResourceDriftsSummary`."""
    return {name: value for name, value in drift.items() if name not in ("ExpectedProperties", "ActualProperties")}
