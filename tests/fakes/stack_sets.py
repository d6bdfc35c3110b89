"""StackSets in memory: operations that take polls, one at a time, by account filters, with plantable failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import (
    AccountFilter,
    AutoDeployment,
    DeploymentTargets,
    InstanceStatus,
    Operation,
    OperationResult,
    OperationStatus,
    ResourceDrift,
    StackContent,
    StackInstance,
    StackSet,
    StackSetRoles,
    StackSetSummary,
)
from rolecall.errors import AwsError, LimitExceeded, NotFound, OperationInProgress

from .organizations import MANAGEMENT, FakeOrganizations
from .time import FOUNDED

SKIPPED = "SKIPPED_SUSPENDED_ACCOUNT"
_CALLS = {
    "CREATE": "CreateStackInstances",
    "DELETE": "DeleteStackInstances",
    "DETECT_DRIFT": "DetectStackSetDrift",
}


@dataclass
class _Running:
    """An operation, what it does to each account at its end, and for how many more looks it runs."""

    operation: Operation
    request: object
    work: dict[AccountId, Callable[[AccountId], OperationResult]]
    polls: int
    results: list[OperationResult] = field(default_factory=list)


@dataclass
class _Set:
    stack_set: StackSet
    instances: dict[AccountId, StackInstance] = field(default_factory=dict)
    operations: list[_Running] = field(default_factory=list)
    """Newest first."""


@dataclass
class FakeStackSets:
    """The `StackSets` port. `failing` has the reason for each account in which a deployment or deletion fails.

    An operation ends when it was looked at `polls` times. `hidden_results` keeps the failures out of the results, as
    an eventually consistent list may; `reaches_departed` says whether AWS deletes instances of accounts that left the
    organization, which is not documented. `administrator` is whose credentials
    these are, `roles` are those of self-managed permissions, and `in_flight` is how many
    instances an operation may work on. `changed_by_hand` is what a drift detection finds,
    `undetectable` where it fails; `importable` are the stacks
    that were let go of and exist, by id, with their accounts: a new stack there fails, since its names are taken.
    `unimportable` has the reason for each stack that a stack set does not take in. In accounts of `taken` the role's
    name is somebody else's: deployments fail there, deletions do not.
    """

    organizations: FakeOrganizations
    polls: int = 2
    administrator: AccountId = MANAGEMENT
    delegated: bool = False
    roles: StackSetRoles | None = None
    in_flight: int = 10_000
    trusted: bool = True
    failing: dict[AccountId, str] = field(default_factory=dict)
    hidden_results: bool = False
    reaches_departed: bool = True
    changed_by_hand: dict[AccountId, tuple[ResourceDrift, ...]] = field(default_factory=dict)
    undetectable: set[AccountId] = field(default_factory=set)
    importable: dict[str, AccountId] = field(default_factory=dict)
    unimportable: dict[str, str] = field(default_factory=dict)
    taken: set[AccountId] = field(default_factory=set)
    overrides: dict[AccountId, Mapping[str, str]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    sets: dict[str, _Set] = field(default_factory=dict)

    async def account(self) -> AccountId:
        return self.administrator

    async def trusted_access(self) -> bool:
        self.calls["DescribeOrganizationsAccess"] += 1
        return self.trusted

    async def activate_trusted_access(self) -> None:
        self.log.append("ActivateOrganizationsAccess")
        self.trusted = True

    async def stack_sets(self) -> AsyncIterator[StackSetSummary]:
        self.calls["ListStackSets"] += 1
        for found in list(self.sets.values()):
            yield StackSetSummary(found.stack_set.name, found.stack_set.id, found.stack_set.service_managed)

    async def describe(self, name: str) -> StackSet | None:
        self.calls["DescribeStackSet"] += 1
        return self.sets[name].stack_set if name in self.sets else None

    async def instances(self, name: str, *, drifted: bool = False) -> AsyncIterator[StackInstance]:
        self.calls["ListStackInstances"] += 1
        for instance in list(self._found(name).instances.values()):
            if instance.drift == "DRIFTED" or not drifted:
                yield instance

    async def create(self, name: str, content: StackContent, auto_deployment: AutoDeployment) -> None:
        self.log.append("CreateStackSet")
        if name in self.sets:
            raise AwsError("AWS refused CreateStackSet", code="NameAlreadyExistsException")
        arn = f"arn:aws:cloudformation:us-east-1:{MANAGEMENT}:stackset/{name}:1"
        stack_set = StackSet(name, arn, content, (), (), auto_deployment, id=f"{name}:1", managed_execution=True)
        self.sets[name] = _Set(replace(stack_set, service_managed=self.roles is None, roles=self.roles))

    async def update(
        self,
        name: str,
        content: StackContent,
        auto_deployment: AutoDeployment,
        *,
        operation_id: str,
        targets: DeploymentTargets | None = None,
        region: str = "",
    ) -> str:
        found, request = self._found(name), ("update", content, auto_deployment, targets)
        if self._begins(found, operation_id, request):
            there = [item for item in found.instances.values() if item.status is not InstanceStatus.INOPERABLE]
            reached = self._reached(targets) if targets else found.instances
            due = [item.account for item in there if item.account in reached]
            self._refuse_without_room(due)
            auto = found.stack_set.auto_deployment if targets else auto_deployment
            found.stack_set = replace(found.stack_set, content=content, auto_deployment=auto, roles=self.roles)
            for item in there:
                found.instances[item.account] = replace(item, status=InstanceStatus.OUTDATED, detailed_status="")
            self._start(found, operation_id, "UPDATE", request, due, outdate=True)
        return operation_id

    async def create_instances(self, name: str, *, targets: DeploymentTargets, region: str, operation_id: str) -> str:
        found = self._found(name)
        if self._begins(found, operation_id, ("create", targets)):
            reached = self._reached(targets)
            self._refuse_without_room(reached)
            for account, unit in reached.items():
                stack_id = f"arn:aws:cloudformation:{region}:{account}:stack/StackSet-{name}-1/{len(found.operations)}"
                new = StackInstance(account, region, InstanceStatus.OUTDATED, "PENDING", "", unit, stack_id)
                found.instances.setdefault(account, new)
            known = dict.fromkeys((*found.stack_set.unit_ids, *targets.unit_ids))
            found.stack_set = replace(found.stack_set, unit_ids=tuple(known), regions=(region,))
            usable = [
                account for account in reached if found.instances[account].status is not InstanceStatus.INOPERABLE
            ]
            self._start(found, operation_id, "CREATE", ("create", targets), usable)
        return operation_id

    async def update_instances(
        self, name: str, *, targets: DeploymentTargets, region: str, overrides: Mapping[str, str], operation_id: str
    ) -> str:
        found, request = self._found(name), ("update instances", targets, dict(overrides))
        if self._begins(found, operation_id, request):
            accounts = [account for account in self._reached(targets) if account in found.instances]
            self.overrides |= dict.fromkeys(accounts, overrides)
            for account in accounts:
                self.changed_by_hand.pop(account, None)
            self._start(found, operation_id, "UPDATE", request, accounts, outdate=True)
        return operation_id

    async def delete_instances(
        self, name: str, *, targets: DeploymentTargets, region: str, retain_stacks: bool, operation_id: str
    ) -> str:
        found = self._found(name)
        request = ("delete", targets, retain_stacks)
        if self._begins(found, operation_id, request):
            reached = {**self._reached(targets), **self._departed(found, targets)}
            accounts = [account for account in reached if account in found.instances]
            self._refuse_without_room(accounts)
            work = {account: self._removal(found, retain_stacks) for account in accounts}
            if targets.filter is AccountFilter.NONE:
                left = tuple(unit for unit in found.stack_set.unit_ids if not self._is_under(unit, targets.unit_ids))
                found.stack_set = replace(found.stack_set, unit_ids=left)
            self._enqueue(found, Operation(operation_id, "DELETE", OperationStatus.RUNNING), request, work)
        return operation_id

    async def import_stacks(
        self, name: str, *, stack_ids: Sequence[str], unit_ids: Sequence[UnitId], operation_id: str
    ) -> str:
        assert len(stack_ids) <= 10, "StackSets import ten stacks an operation"
        found, request = self._found(name), ("import", tuple(stack_ids), tuple(unit_ids))
        if missing := [stack_id for stack_id in stack_ids if stack_id not in self.importable]:
            detail = f"Stack with id {missing[0]} does not exist"
            raise NotFound("AWS refused the call", code="StackNotFoundException", detail=detail)
        if self._begins(found, operation_id, request):
            under = self.organizations.under(unit_ids)
            accounts = [self.importable[stack_id] for stack_id in stack_ids]
            assert not any(account in found.instances for account in accounts), "an instance is there already"
            for account, stack_id in zip(accounts, stack_ids, strict=True):
                new = StackInstance(account, "us-east-1", InstanceStatus.OUTDATED, "PENDING", "", under[account])
                found.instances[account] = replace(new, stack_id=stack_id)
            known = dict.fromkeys((*found.stack_set.unit_ids, *unit_ids))
            found.stack_set = replace(found.stack_set, unit_ids=tuple(known), regions=("us-east-1",))
            work = dict.fromkeys(accounts, self._import(found))
            self._enqueue(found, Operation(operation_id, "CREATE", OperationStatus.RUNNING), request, work)
        return operation_id

    async def detect_drift(self, name: str, *, operation_id: str) -> str:
        found = self._found(name)
        if self._begins(found, operation_id, "detect"):
            work = {account: self._detection(found) for account in found.instances}
            self._enqueue(found, Operation(operation_id, "DETECT_DRIFT", OperationStatus.RUNNING), "detect", work)
        return operation_id

    async def resource_drifts(self, name: str, instance: StackInstance, operation_id: str) -> Sequence[ResourceDrift]:
        self.calls["ListStackInstanceResourceDrifts"] += 1
        assert self._entry(self._found(name), operation_id), "of an operation that there is"
        return self.changed_by_hand.get(instance.account, ())

    async def stop(self, name: str, operation_id: str) -> None:
        self.log.append("StopStackSetOperation")
        entry = self._entry(self._found(name), operation_id)
        assert entry is not None
        if not entry.operation.status.ended:
            entry.operation = replace(entry.operation, status=OperationStatus.STOPPED)

    async def delete(self, name: str) -> None:
        self.log.append("DeleteStackSet")
        if self._found(name).instances:
            raise AwsError("AWS refused DeleteStackSet", code="StackSetNotEmptyException")
        self._refuse_while_running(self._found(name))
        del self.sets[name]

    async def operation(self, name: str, operation_id: str) -> Operation:
        self.calls["DescribeStackSetOperation"] += 1
        entry = self._entry(self._found(name), operation_id)
        if entry is None:
            raise NotFound("AWS refused DescribeStackSetOperation", code="OperationNotFoundException")
        self._look(entry)
        return entry.operation

    async def operations(self, name: str) -> AsyncIterator[Operation]:
        self.calls["ListStackSetOperations"] += 1
        for entry in self._found(name).operations:
            self._look(entry)
            yield entry.operation

    async def results(self, name: str, operation_id: str, *, status: str = "") -> AsyncIterator[OperationResult]:
        entry = self._entry(self._found(name), operation_id)
        assert entry is not None
        shown = [result for result in entry.results if not (self.hidden_results and result.status == "FAILED")]
        found = [result for result in shown if result.status == status or not status]
        self.calls["ListStackSetOperationResults"] += max(1, -(-len(found) // 100))
        for result in found:
            yield result

    def plant(self, name: str, content: StackContent, *accounts: AccountId, service_managed: bool = True) -> None:
        """A stack set that somebody else made, with an instance in each of the accounts."""
        root = next(unit.id for unit in self.organizations.units.values() if unit.parent_id is None)
        stack_set = StackSet(name, "arn", content, (root,), ("us-east-1",), AutoDeployment(False), service_managed)
        self.sets[name] = _Set(
            stack_set,
            {
                account: StackInstance(account, "us-east-1", InstanceStatus.CURRENT, "SUCCEEDED", "", root)
                for account in accounts
            },
        )

    def set_instance(
        self, name: str, account: AccountId, status: InstanceStatus, detailed: str, reason: str = ""
    ) -> None:
        """Puts an instance into a state that AWS may leave it in."""
        instances = self.sets[name].instances
        instances[account] = replace(instances[account], status=status, detailed_status=detailed, reason=reason)

    def run_foreign_operation(self, name: str, polls: int) -> None:
        """An operation of somebody else, which works on nothing for so many looks."""
        operation = Operation("of-somebody-else", "UPDATE", OperationStatus.RUNNING, created=FOUNDED)
        self.sets[name].operations.insert(0, _Running(operation, None, {}, polls))

    def _found(self, name: str) -> _Set:
        if name not in self.sets:
            raise NotFound("AWS refused the call", code="StackSetNotFoundException")
        return self.sets[name]

    def _begins(self, found: _Set, operation_id: str, request: object) -> bool:
        """Whether a call is a new operation: one with a known id is the same call once more."""
        known = self._entry(found, operation_id)
        if known is not None:
            assert known.request == request, "an operation id was used for two different requests"
            return False
        self._refuse_while_running(found)
        return True

    def _refuse_while_running(self, found: _Set) -> None:
        if any(not entry.operation.status.ended for entry in found.operations):
            raise OperationInProgress("AWS refused the call", code="OperationInProgressException")

    def _refuse_without_room(self, accounts: Collection[AccountId]) -> None:
        if len(accounts) > self.in_flight:
            raise LimitExceeded("AWS refused the call", code="LimitExceededException")

    def _reached(self, targets: DeploymentTargets) -> dict[AccountId, UnitId | None]:
        assert len(targets.unit_ids) <= 50, "StackSets take 50 units an operation"
        assert bool(targets.unit_ids) is (self.roles is None), "the permission model says what is named"
        named = set(targets.accounts)
        if self.roles:
            return dict.fromkeys(targets.accounts)
        assert bool(targets.accounts) == (targets.filter is not AccountFilter.NONE)
        keep = {AccountFilter.NONE: lambda _: True, AccountFilter.INTERSECTION: named.__contains__}
        fits = keep.get(targets.filter, lambda account: account not in named)
        under = self.organizations.under(targets.unit_ids)
        return {account: unit for account, unit in under.items() if account != MANAGEMENT and fits(account)}

    def _departed(self, found: _Set, targets: DeploymentTargets) -> dict[AccountId, UnitId | None]:
        """Accounts outside the organization that are named, by the units through which their instances came."""
        outside = found.instances.keys() - self.organizations.members.keys() if self.reaches_departed else set()
        came = {account: found.instances[account].unit_id for account in outside}
        return {
            account: unit for account, unit in came.items() if unit in targets.unit_ids and account in targets.accounts
        }

    def _is_under(self, unit: UnitId | None, units: Sequence[UnitId]) -> bool:
        while unit is not None:
            if unit in units:
                return True
            above = self.organizations.units.get(unit)
            unit = above.parent_id if above else None
        return False

    def _start(
        self, found: _Set, operation_id: str, action: str, request: object, accounts: Sequence[AccountId],
        *, outdate: bool = False,
    ) -> None:  # fmt: skip
        due = [account for account in accounts if outdate or found.instances[account].status is InstanceStatus.OUTDATED]
        for account in due:
            instance = found.instances[account]
            found.instances[account] = replace(instance, status=InstanceStatus.OUTDATED, detailed_status="RUNNING")
        work = {account: self._deployment(found) if account in due else _nothing for account in accounts}
        self._enqueue(found, Operation(operation_id, action, OperationStatus.RUNNING), request, work)

    def _enqueue(
        self, found: _Set, operation: Operation, request: object,
        work: dict[AccountId, Callable[[AccountId], OperationResult]],
    ) -> None:  # fmt: skip
        self.log.append(_CALLS.get(operation.action, "UpdateStackSet"))
        entry = _Running(operation, request, work, self.polls)
        entry.results = [OperationResult(account, "us-east-1", "RUNNING") for account in work]
        found.operations.insert(0, entry)

    def _look(self, entry: _Running) -> None:
        if entry.operation.status.ended:
            return
        entry.polls -= 1
        if entry.polls <= 0:
            entry.results = [perform(account) for account, perform in entry.work.items()]
            failed = sum(result.status == "FAILED" for result in entry.results)
            entry.operation = replace(entry.operation, status=OperationStatus.SUCCEEDED, failed_count=failed)

    def _deployment(self, found: _Set) -> Callable[[AccountId], OperationResult]:
        def perform(account: AccountId) -> OperationResult:
            status, detailed, reason, result = InstanceStatus.CURRENT, "SUCCEEDED", "", "SUCCEEDED"
            if not self._active(account):
                status, detailed, result = InstanceStatus.OUTDATED, SKIPPED, "CANCELLED"
            elif reason := self.failing.get(account) or self._in_the_way(account):
                status, detailed, result = InstanceStatus.OUTDATED, "FAILED", "FAILED"
            instance = found.instances[account]
            found.instances[account] = replace(instance, status=status, detailed_status=detailed, reason=reason)
            return OperationResult(account, "us-east-1", result, reason)

        return perform

    def _removal(self, found: _Set, retain: bool) -> Callable[[AccountId], OperationResult]:
        def perform(account: AccountId) -> OperationResult:
            reason = "" if retain else self.failing.get(account, "")
            if reason or (not retain and not self._active(account)):
                detailed, result = ("INOPERABLE", "FAILED") if reason else (SKIPPED, "CANCELLED")
                gone = replace(found.instances[account], status=InstanceStatus.INOPERABLE, detailed_status=detailed)
                found.instances[account] = replace(gone, reason=reason)
                return OperationResult(account, "us-east-1", result, reason)
            gone = found.instances.pop(account)
            if not retain:
                self.changed_by_hand.pop(account, None)
                self.importable.pop(gone.stack_id, None)
            elif gone.detailed_status not in ("FAILED", "FAILED_IMPORT") and account not in self.importable.values():
                self.importable[gone.stack_id] = account
            return OperationResult(account, "us-east-1", "SUCCEEDED")

        return perform

    def _in_the_way(self, account: AccountId) -> str:
        stack = next((stack for stack, held in self.importable.items() if held == account), "")
        taken = "the role already exists" if account in self.taken else ""
        return f"X already exists in stack {stack}" if stack else taken

    def _import(self, found: _Set) -> Callable[[AccountId], OperationResult]:
        def perform(account: AccountId) -> OperationResult:
            instance = found.instances[account]
            if reason := self.unimportable.get(instance.stack_id, ""):
                failed = replace(instance, status=InstanceStatus.INOPERABLE, detailed_status="FAILED_IMPORT")
                found.instances[account] = replace(failed, reason=reason)
                return OperationResult(account, "us-east-1", "FAILED", reason)
            del self.importable[instance.stack_id]
            found.instances[account] = replace(
                instance, status=InstanceStatus.CURRENT, detailed_status="SUCCEEDED", reason=""
            )
            return OperationResult(account, "us-east-1", "SUCCEEDED")

        return perform

    def _detection(self, found: _Set) -> Callable[[AccountId], OperationResult]:
        def perform(account: AccountId) -> OperationResult:
            if account in self.undetectable:
                return OperationResult(account, "us-east-1", "FAILED", "StackSets cannot get in")
            drift = "DRIFTED" if account in self.changed_by_hand else "IN_SYNC"
            found.instances[account] = replace(found.instances[account], drift=drift)
            return OperationResult(account, "us-east-1", "SUCCEEDED")

        return perform

    def _active(self, account: AccountId) -> bool:
        member = self.organizations.members.get(account)
        return member is not None and member.active

    def _entry(self, found: _Set, operation_id: str) -> _Running | None:
        return next((entry for entry in found.operations if entry.operation.id == operation_id), None)


def _nothing(account: AccountId) -> OperationResult:
    return OperationResult(account, "us-east-1", "SUCCEEDED")
