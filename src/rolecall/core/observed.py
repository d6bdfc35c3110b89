"""What is really there, as values: the stack set, its instances and operations, the management stack, registrations.

Pure. Field meanings: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.ledger import Entry


class InstanceStatus(StrEnum):
    """`StackInstance.Status`."""

    CURRENT = "CURRENT"
    OUTDATED = "OUTDATED"
    INOPERABLE = "INOPERABLE"


class OperationStatus(StrEnum):
    """`StackSetOperation.Status`. SUCCEEDED only says that the failure tolerance was not exceeded."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def ended(self) -> bool:
        return self in (OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.STOPPED)


class AccountFilter(StrEnum):
    """`DeploymentTargets.AccountFilterType`: what the listed accounts mean for the units."""

    NONE = "NONE"
    INTERSECTION = "INTERSECTION"
    DIFFERENCE = "DIFFERENCE"


@dataclass(frozen=True, slots=True)
class DeploymentTargets:
    """`DeploymentTargets`: all accounts under `unit_ids`, or those of them that the filter leaves."""

    unit_ids: tuple[UnitId, ...]
    accounts: tuple[AccountId, ...] = ()
    filter: AccountFilter = AccountFilter.NONE


@dataclass(frozen=True, slots=True)
class StackInstance:
    """One account's stack of the stack set. `detailed_status` and `reason` are AWS's own words."""

    account: AccountId
    region: str
    status: InstanceStatus
    detailed_status: str
    reason: str = ""
    unit_id: UnitId | None = None
    stack_id: str = ""
    drift: str = ""
    """`DriftStatus` of the last detection: IN_SYNC, DRIFTED, NOT_CHECKED or UNKNOWN."""


@dataclass(frozen=True, slots=True)
class StackContent:
    """What a stack or stack set is made of. Parameter values may hold an external id: they stay out of output."""

    template: str
    parameters: Mapping[str, str] = field(repr=False)
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AutoDeployment:
    """Whether StackSets follow accounts that come and go; `retain_on_removal` only counts when `enabled`."""

    enabled: bool
    retain_on_removal: bool = False


@dataclass(frozen=True, slots=True)
class StackSetRoles:
    """The names of the two roles of self-managed permissions: StackSets takes on the one, and by it the other.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
    """

    administration: str
    execution: str


@dataclass(frozen=True, slots=True)
class StackSet:
    """A stack set as DescribeStackSet tells it."""

    name: str
    arn: str
    content: StackContent
    unit_ids: tuple[UnitId, ...]
    regions: tuple[str, ...]
    auto_deployment: AutoDeployment
    service_managed: bool = True
    id: str = ""
    """`StackSetId`: the name and a UUID, which tells it from an earlier one of the same name."""
    managed_execution: bool = False
    adopted: bool = False
    """Whether the config says that it is ours, whoever made it: `deployment.adopted_stack_set`."""
    roles: StackSetRoles | None = None
    """Those of self-managed permissions."""


@dataclass(frozen=True, slots=True)
class StackSetSummary:
    """A stack set as ListStackSets tells it: without its template."""

    name: str
    id: str
    service_managed: bool


@dataclass(frozen=True, slots=True)
class ResourceDrift:
    """A resource of one stack instance as the last drift detection found it.

    `status` is IN_SYNC, MODIFIED, DELETED or NOT_CHECKED; `properties` are the paths that differ, such as
    `/AssumeRolePolicyDocument/Statement/0/Sid`.
    `physical_id` of a role is its name. `foreign` are the policies that it has and the stack did not give it: ARNs of
    attached ones, names of inline ones.
    """

    logical_id: str
    physical_id: str
    type: str
    status: str
    properties: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceDrift:
    """What a drift detection found of one account's stack instance: its resources that are not as deployed."""

    account: AccountId
    resources: tuple[ResourceDrift, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on a stack set. `action` is CREATE, UPDATE, DELETE or DETECT_DRIFT."""

    id: str
    action: str
    status: OperationStatus
    reason: str = ""
    failed_count: int = 0
    drifted_count: int = 0
    """Of a DETECT_DRIFT operation: instances that are not as the stack set has them."""
    created: datetime | None = None
    """Aware, in UTC."""


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What an operation did in one account: PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED."""

    account: AccountId
    region: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """A plain stack. `status` is AWS's, such as CREATE_COMPLETE; `reason` the first failure among its events."""

    name: str
    status: str
    content: StackContent
    reason: str = ""

    @property
    def working(self) -> bool:
        return self.status.endswith("_IN_PROGRESS")

    @property
    def good(self) -> bool:
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


@dataclass(frozen=True, slots=True)
class Registration:
    """An account as a platform has it. `account` is None where nothing there says which AWS account it is."""

    platform: str
    account_name: str
    account: AccountId | None
    role: RoleArn | None


@dataclass(frozen=True)
class Observed:
    """Everything seen in one look at AWS and the platforms. `trusted_access` None: the caller may not ask."""

    stack_set: StackSet | None = None
    instances: tuple[StackInstance, ...] = ()
    management_stack: Stack | None = None
    registrations: tuple[Registration, ...] = ()
    trusted_access: bool | None = None
    ledger: tuple[Entry, ...] = ()
    """What was left behind, of any deployment, and is in no list of this look."""
    operation: Operation | None = field(default=None)
    """The newest operation that may have changed the stack set (a drift detection does not): in the plan's fingerprint,
    so that a plan is stale after another one."""
    drifts: tuple[InstanceDrift, ...] | None = None
    """Of each drifted instance, what a detection just found; None where nobody asked for one."""
    undetected: tuple[AccountId, ...] = ()
    """Where that detection failed."""
    kept: Mapping[AccountId, str] = field(default_factory=dict)
    """Stacks of this stack set that were let go of, as the ledger has them: by their ids."""
