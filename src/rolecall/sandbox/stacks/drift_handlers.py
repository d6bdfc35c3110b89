"""CloudFormation's operations on the drift of single stacks, as handlers.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rolecall.sandbox.stacks.drift import DriftStatus, ResourceDrift, StackDrift
from rolecall.sandbox.stacks.engine import StackEngine
from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.paging import page
from rolecall.sandbox.stacks.requests import place
from rolecall.sandbox.stacks.shapes import present
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.wire import Call, Handler, Params, WireError

DETECTION_SECONDS = 0.1


@dataclass(slots=True)
class Detection:
    """One drift detection of one stack."""

    id: str
    stack: Stack
    begun: datetime
    status: str = "DETECTION_IN_PROGRESS"
    reason: str | None = None


class DriftHandlers:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackEngine) -> None:
        self._engine = engine
        self._world = engine.world
        self._detections: dict[str, Detection] = {}

    def table(self) -> dict[str, Handler]:
        return {
            "DetectStackDrift": self.detect_stack_drift,
            "DetectStackResourceDrift": self.detect_stack_resource_drift,
            "DescribeStackDriftDetectionStatus": self.describe_status,
            "DescribeStackResourceDrifts": self.describe_resource_drifts,
        }

    def detect_stack_drift(self, call: Call) -> Params:
        stack = self._stack(call)
        if any(known.stack is stack and known.status == "DETECTION_IN_PROGRESS" for known in self._detections.values()):
            raise invalid(f"Drift detection is already in progress for stack [{stack.name}]")
        detection = Detection(self._world.new_uuid("drift", stack.id), stack, self._world.now())
        self._detections[detection.id] = detection
        only = call.params.get("LogicalResourceIds") or ()
        self._world.clock.work(DETECTION_SECONDS, lambda: self._detect(detection, only))
        return {"StackDriftDetectionId": detection.id}

    def detect_stack_resource_drift(self, call: Call) -> Params:
        stack, logical_id = self._stack(call), call.params["LogicalResourceId"]
        found = self._engine.detect_drift(stack, [logical_id]).resources.get(logical_id)
        if found is None:
            raise invalid(f"Resource {logical_id} does not exist for stack {stack.name}")
        return {"StackResourceDrift": view(stack, found)}

    def describe_status(self, call: Call) -> Params:
        detection = self._detections.get(call.params["StackDriftDetectionId"])
        if detection is None or detection.stack.place.account_id != call.caller.account_id:
            raise invalid(f"Drift detection {call.params['StackDriftDetectionId']} does not exist")
        drift = detection.stack.drift if detection.status == "DETECTION_COMPLETE" else None
        return present(
            StackId=detection.stack.id,
            StackDriftDetectionId=detection.id,
            StackDriftStatus=drift.status.value if drift else None,
            DetectionStatus=detection.status,
            DetectionStatusReason=detection.reason,
            DriftedStackResourceCount=drift.drifted if drift else None,
            Timestamp=detection.begun,
        )

    def describe_resource_drifts(self, call: Call) -> Params:
        stack = self._stack(call)
        wanted = call.params.get("StackResourceDriftStatusFilters") or ()
        shown, more = page(resource_drifts(stack, stack.drift, wanted), call.params)
        return {"StackResourceDrifts": shown, **more}

    def _detect(self, detection: Detection, only: Collection[str]) -> None:
        try:
            self._engine.detect_drift(detection.stack, only)
        except WireError as error:
            detection.status, detection.reason = "DETECTION_FAILED", error.message
        else:
            detection.status = "DETECTION_COMPLETE"

    def _stack(self, call: Call) -> Stack:
        stack = self._engine.find(place(call), call.params["StackName"])
        if stack is None or not stack.exists:
            raise invalid(f"Stack [{call.params['StackName']}] does not exist")
        return stack


def resource_drifts(stack: Stack, drift: StackDrift | None, wanted: Collection[str] = ()) -> list[dict[str, Any]]:
    """What a detection found of a stack's resources, those with the `wanted` statuses (all, if none)."""
    found = drift.resources.values() if drift else ()
    return [view(stack, drift) for drift in found if not wanted or drift.status in wanted]


def view(stack: Stack, found: ResourceDrift) -> dict[str, Any]:
    """`StackResourceDrift`, and `StackInstanceResourceDriftsSummary`, which has the same members but two."""
    compared = found.status in (DriftStatus.IN_SYNC, DriftStatus.MODIFIED)
    return present(
        StackId=stack.id,
        LogicalResourceId=found.resource.logical_id,
        PhysicalResourceId=found.resource.physical.id if found.resource.physical else None,
        ResourceType=found.resource.type,
        ExpectedProperties=json.dumps(found.expected),
        ActualProperties=json.dumps(found.actual) if compared else None,
        PropertyDifferences=[
            _difference(item.path, item.expected, item.actual, item.kind) for item in found.differences
        ],
        StackResourceDriftStatus=found.status.value,
        Timestamp=found.time,
    )


def _difference(path: str, expected: Any, actual: Any, kind: str) -> dict[str, str]:
    return {
        "PropertyPath": path,
        "ExpectedValue": _text(expected),
        "ActualValue": _text(actual),
        "DifferenceType": kind,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
