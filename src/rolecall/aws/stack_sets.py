"""CloudFormation StackSets as one caller sees them, with service-managed or self-managed permissions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rolecall.aws.client import Client
from rolecall.aws.content import content_of, content_parameters
from rolecall.aws.drift import resource_drift
from rolecall.aws.errors import known
from rolecall.aws.template_bucket import TemplateBucket
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
from rolecall.errors import AwsError, NotFound

DESCRIPTION = "One role in every account, for the forensics platform. Deployed and checked by rolecall."


@dataclass(frozen=True, slots=True)
class Preferences:
    """How wide and how tolerant operations are. Soft tolerance: failures do not narrow the width.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/concurrency-mode.html
    """

    failure_tolerance_percent: int = 10
    max_concurrent_percent: int = 100

    def parameters(self) -> dict[str, Any]:
        return {
            "FailureTolerancePercentage": self.failure_tolerance_percent,
            "MaxConcurrentPercentage": self.max_concurrent_percent,
            "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        }


class AwsStackSets:
    """The `StackSets` port. With service-managed permissions `CallAs` goes with every call, polls included.

    `roles` are those of self-managed permissions, which make the stack set the caller's own.
    """

    def __init__(
        self,
        client: Client,
        preferences: Preferences,
        *,
        delegated: bool = False,
        roles: StackSetRoles | None = None,
        bucket: TemplateBucket | None = None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._preferences = preferences.parameters()
        self._roles = roles
        self.delegated = delegated and not roles
        self._call_as = {} if roles else {"CallAs": "DELEGATED_ADMIN" if delegated else "SELF"}

    async def account(self) -> AccountId:
        return await self._client.account()

    async def trusted_access(self) -> bool:
        told = await self._client.call("DescribeOrganizationsAccess", **self._call_as)
        return bool(told.get("Status") == "ENABLED")

    async def activate_trusted_access(self) -> None:
        await self._client.call("ActivateOrganizationsAccess")

    async def stack_sets(self) -> AsyncIterator[StackSetSummary]:
        async for told in self._pages("ListStackSets", Status="ACTIVE"):
            service_managed = told.get("PermissionModel") == "SERVICE_MANAGED"
            yield StackSetSummary(told["StackSetName"], told["StackSetId"], service_managed)

    async def describe(self, name: str) -> StackSet | None:
        try:
            answer = await self._client.call("DescribeStackSet", StackSetName=name, **self._call_as)
        except NotFound:
            return None
        told = answer["StackSet"]
        return None if told.get("Status") == "DELETED" else _stack_set(told)

    async def instances(self, name: str, *, drifted: bool = False) -> AsyncIterator[StackInstance]:
        only = {"Filters": [{"Name": "DRIFT_STATUS", "Values": "DRIFTED"}]} if drifted else {}
        async for told in self._pages("ListStackInstances", StackSetName=name, **only):
            yield _instance(told)

    async def create(self, name: str, content: StackContent, auto_deployment: AutoDeployment) -> None:
        await self._client.call(
            "CreateStackSet",
            StackSetName=name,
            Description=DESCRIPTION,
            ManagedExecution={"Active": True},
            **await self._permissions(),
            **self._auto_deployment(auto_deployment),
            **await content_parameters(content, self._bucket),
            **self._call_as,
        )

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
        """AWS takes either targets or auto-deployment."""
        where = _on_targets(name, targets, region) if targets else self._auto_deployment(auto_deployment)
        return await self._start(
            "UpdateStackSet",
            operation_id,
            **{"StackSetName": name} | where,
            Description=DESCRIPTION,
            **await self._permissions(),
            **await content_parameters(content, self._bucket),
        )

    async def create_instances(self, name: str, *, targets: DeploymentTargets, region: str, operation_id: str) -> str:
        return await self._start("CreateStackInstances", operation_id, **_on_targets(name, targets, region))

    async def update_instances(
        self, name: str, *, targets: DeploymentTargets, region: str, overrides: Mapping[str, str], operation_id: str
    ) -> str:
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in overrides.items()]
        where = _on_targets(name, targets, region)
        return await self._start("UpdateStackInstances", operation_id, ParameterOverrides=parameters, **where)

    async def delete_instances(
        self, name: str, *, targets: DeploymentTargets, region: str, retain_stacks: bool, operation_id: str
    ) -> str:
        parameters = _on_targets(name, targets, region)
        return await self._start("DeleteStackInstances", operation_id, RetainStacks=retain_stacks, **parameters)

    async def import_stacks(
        self, name: str, *, stack_ids: Sequence[str], unit_ids: Sequence[UnitId], operation_id: str
    ) -> str:
        where = {"OrganizationalUnitIds": list(unit_ids)} if unit_ids else {}
        return await self._start(
            "ImportStacksToStackSet", operation_id, StackSetName=name, StackIds=list(stack_ids), **where
        )

    async def detect_drift(self, name: str, *, operation_id: str) -> str:
        return await self._start("DetectStackSetDrift", operation_id, StackSetName=name)

    async def resource_drifts(self, name: str, instance: StackInstance, operation_id: str) -> Sequence[ResourceDrift]:
        pages = self._pages(
            "ListStackInstanceResourceDrifts",
            StackSetName=name,
            StackInstanceAccount=instance.account,
            StackInstanceRegion=instance.region,
            OperationId=operation_id,
        )
        return [resource_drift(told) async for told in pages]

    async def stop(self, name: str, operation_id: str) -> None:
        try:
            await self._client.call(
                "StopStackSetOperation", StackSetName=name, OperationId=operation_id, **self._call_as
            )
        except AwsError as error:
            if error.code != "InvalidOperationException":
                raise

    async def delete(self, name: str) -> None:
        """One that is gone already is what was asked for: the SDK tries again when the answer was lost."""
        with suppress(NotFound):
            await self._client.call("DeleteStackSet", StackSetName=name, **self._call_as)

    async def operation(self, name: str, operation_id: str) -> Operation:
        answer = await self._client.call(
            "DescribeStackSetOperation", StackSetName=name, OperationId=operation_id, **self._call_as
        )
        return _operation(answer["StackSetOperation"], "DescribeStackSetOperation")

    async def operations(self, name: str) -> AsyncIterator[Operation]:
        async for told in self._pages("ListStackSetOperations", StackSetName=name):
            yield _operation(told, "ListStackSetOperations")

    async def results(self, name: str, operation_id: str, *, status: str = "") -> AsyncIterator[OperationResult]:
        """None yet of an operation that this list does not know so soon after its start: it is eventually consistent.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackSetOperationResults.html
        """
        only = {"Filters": [{"Name": "OPERATION_RESULT_STATUS", "Values": status}]} if status else {}
        asked = self._pages("ListStackSetOperationResults", StackSetName=name, OperationId=operation_id, **only)
        try:
            async for told in asked:
                yield _result(told)
        except NotFound as error:
            if error.code != "OperationNotFoundException":
                raise

    def _auto_deployment(self, wanted: AutoDeployment) -> dict[str, Any]:
        return {} if self._roles else {"AutoDeployment": _auto_deployment(wanted)}

    async def _permissions(self) -> dict[str, str]:
        if self._roles is None:
            return {"PermissionModel": "SERVICE_MANAGED"}
        arn = await self._client.role_arn(self._roles.administration)
        roles = {"AdministrationRoleARN": arn, "ExecutionRoleName": self._roles.execution}
        return {"PermissionModel": "SELF_MANAGED", **roles}

    def _pages(self, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        return self._client.pages(operation, "Summaries", MaxResults=100, **parameters, **self._call_as)

    async def _start(self, operation: str, operation_id: str, **parameters: Any) -> str:
        """Starts an operation. An id that AWS knows already is that of a call whose answer was lost: it goes on."""
        try:
            answer = await self._client.call(
                operation,
                OperationId=operation_id,
                OperationPreferences=self._preferences,
                **parameters,
                **self._call_as,
            )
        except AwsError as error:
            if error.code != "OperationIdAlreadyExistsException":
                raise
            return operation_id
        return str(answer["OperationId"])


def _on_targets(name: str, targets: DeploymentTargets, region: str) -> dict[str, Any]:
    """Self-managed operations name accounts and no units."""
    where = {"DeploymentTargets": _targets(targets)} if targets.unit_ids else {"Accounts": list(targets.accounts)}
    return {"StackSetName": name, "Regions": [region], **where}


def _targets(targets: DeploymentTargets) -> dict[str, Any]:
    told: dict[str, Any] = {"OrganizationalUnitIds": list(targets.unit_ids)}
    if targets.filter is not AccountFilter.NONE:
        told |= {"Accounts": list(targets.accounts), "AccountFilterType": str(targets.filter)}
    return told


def _auto_deployment(wanted: AutoDeployment) -> dict[str, bool]:
    if not wanted.enabled:
        return {"Enabled": False}
    return {"Enabled": True, "RetainStacksOnAccountRemoval": wanted.retain_on_removal}


def _stack_set(told: Mapping[str, Any]) -> StackSet:
    auto = told.get("AutoDeployment") or {}
    return StackSet(
        name=told["StackSetName"],
        arn=told.get("StackSetARN", ""),
        content=content_of(told, told.get("TemplateBody", "")),
        unit_ids=tuple(UnitId(unit) for unit in told.get("OrganizationalUnitIds") or ()),
        regions=tuple(told.get("Regions") or ()),
        auto_deployment=AutoDeployment(
            bool(auto.get("Enabled")), bool(auto.get("Enabled") and auto.get("RetainStacksOnAccountRemoval"))
        ),
        service_managed=told.get("PermissionModel") == "SERVICE_MANAGED",
        id=told.get("StackSetId", ""),
        managed_execution=bool((told.get("ManagedExecution") or {}).get("Active")),
        roles=_roles(told),
    )


def _roles(told: Mapping[str, Any]) -> StackSetRoles | None:
    if told.get("PermissionModel") == "SERVICE_MANAGED":
        return None
    arn = told.get("AdministrationRoleARN", "")
    return StackSetRoles(arn.rsplit("/", 1)[-1], told.get("ExecutionRoleName", ""))


def _instance(told: Mapping[str, Any]) -> StackInstance:
    unit = told.get("OrganizationalUnitId")
    return StackInstance(
        account=AccountId(told["Account"]),
        region=told["Region"],
        status=known(InstanceStatus, told["Status"], "ListStackInstances"),
        detailed_status=(told.get("StackInstanceStatus") or {}).get("DetailedStatus", ""),
        reason=told.get("StatusReason", ""),
        unit_id=UnitId(unit) if unit else None,
        stack_id=told.get("StackId", ""),
        drift=told.get("DriftStatus", ""),
    )


def _result(told: Mapping[str, Any]) -> OperationResult:
    return OperationResult(
        account=AccountId(told["Account"]),
        region=told["Region"],
        status=told["Status"],
        reason=told.get("StatusReason", ""),
    )


def _operation(told: Mapping[str, Any], asked: str) -> Operation:
    return Operation(
        id=told["OperationId"],
        action=told["Action"],
        status=known(OperationStatus, told["Status"], asked),
        reason=told.get("StatusReason", ""),
        failed_count=(told.get("StatusDetails") or {}).get("FailedStackInstancesCount", 0),
        drifted_count=(told.get("StackSetDriftDetectionDetails") or {}).get("DriftedStackInstancesCount", 0),
        created=told.get("CreationTimestamp"),
    )
