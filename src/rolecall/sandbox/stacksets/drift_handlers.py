"""Drift of stack sets, as handlers on the StackSets engine.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-drift.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from rolecall.sandbox.stacks.drift_handlers import resource_drifts
from rolecall.sandbox.stacks.paging import page
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.lookup import Lookup
from rolecall.sandbox.stacksets.model import Operation, StackSet
from rolecall.sandbox.stacksets.submission import Submission
from rolecall.sandbox.wire import Call, Handler, Params


class Drift:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine
        self._lookup = Lookup(engine)
        self._submission = Submission(engine)

    def table(self) -> dict[str, Handler]:
        return {
            "DetectStackSetDrift": partial(self._submission.begin, "DETECT_DRIFT", self._detect),
            "ListStackInstanceResourceDrifts": self.list_resource_drifts,
        }

    def list_resource_drifts(self, call: Call) -> Params:
        """What that detection found, whatever others found since."""
        stack_set = self._lookup.stack_set(call)
        operation = self._lookup.operation(stack_set, call, action="DETECT_DRIFT")
        instance = self._lookup.instance(stack_set, call)
        wanted = call.params.get("StackInstanceResourceDriftStatuses") or ()
        found = resource_drifts(instance.stack, operation.found.get(instance.target), wanted) if instance.stack else []
        shown, more = page([_without_properties(drift) for drift in found], call.params)
        return {"Summaries": shown, **more}

    def _detect(self, stack_set: StackSet, call: Call, operation: Operation) -> None:  # noqa: ARG002  # a work's form
        self._engine.detect_drift(stack_set, operation)


def _without_properties(drift: Mapping[str, Any]) -> dict[str, Any]:
    """`StackInstanceResourceDriftsSummary`."""
    return {name: value for name, value in drift.items() if name not in ("ExpectedProperties", "ActualProperties")}
