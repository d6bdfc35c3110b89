"""Stack sets, their instances and operations, as the engine keeps them. Memory only.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from rolecall.core.observed import InstanceStatus as InstanceStatus
from rolecall.core.observed import OperationStatus as OperationStatus
from rolecall.sandbox.stacks.drift import DriftStatus, StackDrift
from rolecall.sandbox.stacks.parts import Definition
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets.preferences import Preferences
from rolecall.sandbox.wire import Params


class DetailedStatus(StrEnum):
    """`StackInstanceComprehensiveStatus.DetailedStatus`."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    INOPERABLE = "INOPERABLE"
    SKIPPED_SUSPENDED_ACCOUNT = "SKIPPED_SUSPENDED_ACCOUNT"
    FAILED_IMPORT = "FAILED_IMPORT"


class ResultStatus(StrEnum):
    """`StackSetOperationResultSummary.Status`."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Target:
    """One account in one Region: the unit of work of every operation."""

    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class AutoDeploymentSettings:
    """`AutoDeployment` of a stack set. `depends_on` holds ARNs of stack sets."""

    enabled: bool = False
    retain_stacks_on_account_removal: bool = False
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SelfManaged:
    """Self-managed permissions: the role that administers, by its ARN, and the name of the role that executes."""

    administration_role_arn: str
    execution_role_name: str


@dataclass(slots=True)
class Instance:
    """One account's part of a stack set in one Region.

    `unit_id` is the target through which it was reached; None where accounts are named one by one.
    """

    target: Target
    unit_id: str | None
    overrides: Mapping[str, str] = field(default_factory=dict)
    status: InstanceStatus = InstanceStatus.OUTDATED
    detailed_status: DetailedStatus = DetailedStatus.PENDING
    reason: str | None = None
    stack: Stack | None = None
    last_operation_id: str | None = None
    drift: DriftStatus = DriftStatus.NOT_CHECKED
    drift_checked: datetime | None = None

    @property
    def operable(self) -> bool:
        return self.status is not InstanceStatus.INOPERABLE

    def enter(self, status: InstanceStatus, detailed: DetailedStatus, reason: str | None = None) -> None:
        self.status, self.detailed_status, self.reason = status, detailed, reason


@dataclass(slots=True)
class Result:
    """What an operation did, or has yet to do, for one target."""

    target: Target
    unit_id: str | None
    status: ResultStatus = ResultStatus.PENDING
    reason: str | None = None
    history: list[tuple[datetime, ResultStatus, str | None]] = field(default_factory=list)

    def enter(self, status: ResultStatus, now: datetime, reason: str | None = None) -> None:
        self.status, self.reason = status, reason
        self.history.append((now, status, reason))

    def as_of(self, when: datetime) -> Result:
        """As it was then."""
        past = [(status, reason) for since, status, reason in self.history if since <= when]
        status, reason = past[-1] if past else (ResultStatus.PENDING, None)
        return Result(self.target, self.unit_id, status, reason)


@dataclass(slots=True, eq=False)
class Operation:
    """One operation. `request` is what was asked, for telling a retry from another operation with the same id.

    `found` is what a drift detection found in each stack that it looked at; `history` when it entered which status.
    """

    id: str
    action: str
    created: datetime
    preferences: Preferences
    request: object = None
    deployment_targets: Params | None = None
    retain_stacks: bool | None = None
    status: OperationStatus = OperationStatus.QUEUED
    reason: str | None = None
    ended: datetime | None = None
    results: dict[Target, Result] = field(default_factory=dict)
    found: dict[Target, StackDrift] = field(default_factory=dict)
    failed_count: int = 0
    history: list[tuple[datetime, OperationStatus]] = field(default_factory=list)

    def enter(self, status: OperationStatus, now: datetime) -> None:
        self.status = status
        self.ended = now if status.ended else None
        self.history.append((now, status))

    def settle(self, target: Target, status: ResultStatus, now: datetime, reason: str | None = None) -> None:
        """A new status of its result for one target."""
        self.results[target].enter(status, now, reason)
        self.failed_count += status is ResultStatus.FAILED

    def as_of(self, when: datetime) -> Operation | None:
        """As it was then; None where there was no such operation yet."""
        past = [status for since, status in self.history if since <= when]
        if not past:
            return None
        begun = any(status is not OperationStatus.QUEUED for status in past)
        results = {target: result.as_of(when) for target, result in self.results.items()} if begun else {}
        failed = sum(result.status is ResultStatus.FAILED for result in results.values())
        ended = self.ended if past[-1].ended else None
        return replace(self, status=past[-1], ended=ended, results=results, failed_count=failed)

    @property
    def drift(self) -> StackSetDrift | None:
        """What a drift detection has found by now; None for operations of other kinds."""
        return StackSetDrift.of(self) if self.action == "DETECT_DRIFT" else None


@dataclass(frozen=True, slots=True)
class StackSetDrift:
    """`StackSetDriftDetectionDetails`: what one detection found. `detection` is its own status; `time` the latest look.

    Instances that were passed over or never reached are in the total alone.
    """

    status: DriftStatus
    detection: str | None
    total: int
    drifted: int
    in_sync: int
    in_progress: int
    failed: int
    time: datetime | None

    @classmethod
    def of(cls, operation: Operation) -> StackSetDrift:
        statuses = [result.status for result in operation.results.values()]
        states = [drift.status for drift in operation.found.values()]
        drifted, in_sync = states.count(DriftStatus.DRIFTED), states.count(DriftStatus.IN_SYNC)
        return cls(
            status=_overall(drifted, in_sync),
            detection=_detection(operation.status, operation.failed_count),
            total=len(statuses),
            drifted=drifted,
            in_sync=in_sync,
            in_progress=sum(status in (ResultStatus.PENDING, ResultStatus.RUNNING) for status in statuses),
            failed=operation.failed_count,
            time=max((drift.time for drift in operation.found.values()), default=None),
        )

    @classmethod
    def none(cls, instances: int) -> StackSetDrift:
        """Before anybody has looked."""
        return cls(DriftStatus.NOT_CHECKED, None, instances, 0, 0, 0, 0, None)


def _overall(drifted: int, in_sync: int) -> DriftStatus:
    if drifted:
        return DriftStatus.DRIFTED
    return DriftStatus.IN_SYNC if in_sync else DriftStatus.NOT_CHECKED


def _detection(status: OperationStatus, failed: int) -> str:
    """`StackSetDriftDetectionStatus`."""
    if not status.ended:
        return "IN_PROGRESS"
    if status is OperationStatus.SUCCEEDED:
        return "PARTIAL_SUCCESS" if failed else "COMPLETED"
    return status.value


@dataclass(slots=True, eq=False)
class StackSet:
    """A stack set. `targets` leads from unit ids to the Regions deployed there.

    `permissions` are None where they are service-managed. `request` is the ClientRequestToken that it was created with,
    and what was asked; `updated` whether an UpdateStackSet came since. `detection` is the last drift detection that
    started.
    """

    name: str
    region: str
    administrator: str
    partition: str
    definition: Definition
    description: str | None
    auto_deployment: AutoDeploymentSettings
    managed_execution: bool
    permissions: SelfManaged | None = None
    request: tuple[str | None, str] = (None, "")
    uuid: str = field(kw_only=True)
    updated: bool = False
    deleted: bool = False
    detection: Operation | None = None
    targets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    instances: dict[Target, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def service_managed(self) -> bool:
        return self.permissions is None

    @property
    def id(self) -> str:
        return f"{self.name}:{self.uuid}"

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.administrator}:stackset/{self.id}"

    @property
    def regions(self) -> Sequence[str]:
        """Every Region that has instances."""
        return tuple(dict.fromkeys(target.region for target in self.instances))

    def instances_of(self, account_id: str) -> dict[str, Instance]:
        """The account's instances by Region."""
        return {target.region: entry for target, entry in self.instances.items() if target.account_id == account_id}

    def forget_dependency(self, arn: str) -> None:
        left = tuple(other for other in self.auto_deployment.depends_on if other != arn)
        self.auto_deployment = replace(self.auto_deployment, depends_on=left)

    def add_target(self, unit_id: str, regions: Iterable[str]) -> None:
        self.targets[unit_id] = tuple(dict.fromkeys((*self.targets.get(unit_id, ()), *regions)))

    def drop_target(self, unit_id: str, regions: Iterable[str]) -> None:
        gone = set(regions)
        left = tuple(region for region in self.targets.get(unit_id, ()) if region not in gone)
        self.targets.pop(unit_id, None)
        if left:
            self.targets[unit_id] = left

    def covering(self, unit_path: Sequence[str]) -> dict[str, list[str]]:
        """Region to the targeted units, the innermost last, through which an account at `unit_path` is reached."""
        found: dict[str, list[str]] = {}
        for unit_id in unit_path:
            for region in self.targets.get(unit_id, ()):
                found.setdefault(region, []).append(unit_id)
        return found
