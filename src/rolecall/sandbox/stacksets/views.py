"""Stack sets, instances and operations as CloudFormation's API shows them. Pure.

Shapes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Types.html
"""

from __future__ import annotations

from typing import Any

from rolecall.sandbox.stacks.shapes import present, tags
from rolecall.sandbox.stacks.views import parameters
from rolecall.sandbox.stacksets.model import Instance, Operation, Result, ResultStatus, StackSet, StackSetDrift


def stack_set(entry: StackSet) -> dict[str, Any]:
    """`StackSet` of DescribeStackSet."""
    return present(
        **_identity(entry),
        TemplateBody=entry.definition.body,
        Parameters=parameters(entry.definition.template, entry.definition.parameters),
        Capabilities=list(entry.definition.capabilities),
        Tags=tags(entry.definition.tags),
        StackSetARN=entry.arn,
        StackSetDriftDetectionDetails=_drift_details(_last_drift(entry)),
        OrganizationalUnitIds=list(entry.targets) if entry.service_managed else None,
        AdministrationRoleARN=entry.permissions.administration_role_arn if entry.permissions else None,
        ExecutionRoleName=entry.permissions.execution_role_name if entry.permissions else None,
        Regions=list(entry.regions),
    )


def stack_set_summary(entry: StackSet) -> dict[str, Any]:
    """`StackSetSummary` of ListStackSets."""
    drift = _drift_details(_last_drift(entry))
    shown = {name: drift.get(name) for name in ("DriftStatus", "LastDriftCheckTimestamp")}
    return present(**_identity(entry), **shown)


def instance_summary(entry: StackSet, instance: Instance) -> dict[str, Any]:
    """`StackInstanceSummary` of ListStackInstances."""
    return present(
        StackSetId=entry.id,
        Region=instance.target.region,
        Account=instance.target.account_id,
        StackId=instance.stack.id if instance.stack else None,
        Status=instance.status.value,
        StatusReason=instance.reason,
        StackInstanceStatus={"DetailedStatus": instance.detailed_status.value},
        OrganizationalUnitId=instance.unit_id,
        DriftStatus=instance.drift.value,
        LastDriftCheckTimestamp=instance.drift_checked,
        LastOperationId=instance.last_operation_id,
    )


def instance(entry: StackSet, held: Instance) -> dict[str, Any]:
    """`StackInstance` of DescribeStackInstance: the summary, and the overrides that lists do not show."""
    overrides = parameters(entry.definition.template, held.overrides)
    return instance_summary(entry, held) | {"ParameterOverrides": overrides}


def operation(entry: StackSet, held: Operation) -> dict[str, Any]:
    """`StackSetOperation` of DescribeStackSetOperation."""
    return present(
        **_operation(held),
        StackSetId=entry.id,
        RetainStacks=held.retain_stacks,
        DeploymentTargets=held.deployment_targets,
        AdministrationRoleARN=entry.permissions.administration_role_arn if entry.permissions else None,
        ExecutionRoleName=entry.permissions.execution_role_name if entry.permissions else None,
        StackSetDriftDetectionDetails=_drift_details(held.drift) if held.drift else None,
    )


def operation_summary(held: Operation) -> dict[str, Any]:
    """`StackSetOperationSummary` of ListStackSetOperations."""
    return present(**_operation(held))


def result(held: Result) -> dict[str, Any]:
    """`StackSetOperationResultSummary` of ListStackSetOperationResults."""
    return present(
        Account=held.target.account_id,
        Region=held.target.region,
        Status=held.status.value,
        StatusReason=held.reason,
        AccountGateResult=_gate(held),
        OrganizationalUnitId=held.unit_id,
    )


def _last_drift(entry: StackSet) -> StackSetDrift:
    detected = entry.detection.drift if entry.detection else None
    return detected or StackSetDrift.none(len(entry.instances))


def _drift_details(drift: StackSetDrift) -> dict[str, Any]:
    """`StackSetDriftDetectionDetails`."""
    return present(
        DriftStatus=drift.status.value,
        DriftDetectionStatus=drift.detection,
        LastDriftCheckTimestamp=drift.time,
        TotalStackInstancesCount=drift.total,
        DriftedStackInstancesCount=drift.drifted,
        InSyncStackInstancesCount=drift.in_sync,
        InProgressStackInstancesCount=drift.in_progress,
        FailedStackInstancesCount=drift.failed,
    )


def _gate(held: Result) -> dict[str, str] | None:
    """There is no function to ask in any account, so that nobody is kept out. Told of what was begun.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-account-gating.html
    """
    if held.status in (ResultStatus.PENDING, ResultStatus.CANCELLED):
        return None
    function = f"{held.target.region}:{held.target.account_id}:function:AWSCloudFormationStackSetAccountGate"
    return {"Status": "SKIPPED", "StatusReason": f"Function not found: arn:aws:lambda:{function}"}


def _identity(entry: StackSet) -> dict[str, Any]:
    auto = entry.auto_deployment
    shown: dict[str, Any] = {"Enabled": auto.enabled}
    if auto.enabled:
        shown["RetainStacksOnAccountRemoval"] = auto.retain_stacks_on_account_removal
    if auto.depends_on:
        shown["DependsOn"] = list(auto.depends_on)
    return {
        "StackSetName": entry.name,
        "StackSetId": entry.id,
        "Description": entry.description,
        "Status": "DELETED" if entry.deleted else "ACTIVE",
        "AutoDeployment": shown if entry.service_managed else None,
        "PermissionModel": "SERVICE_MANAGED" if entry.service_managed else "SELF_MANAGED",
        "ManagedExecution": {"Active": entry.managed_execution},
    }


def _operation(held: Operation) -> dict[str, Any]:
    return {
        "OperationId": held.id,
        "Action": held.action,
        "Status": held.status.value,
        "StatusReason": held.reason,
        "OperationPreferences": {"RegionOrder": [], **held.preferences.given},
        "CreationTimestamp": held.created,
        "EndTimestamp": held.ended,
        "StatusDetails": {"FailedStackInstancesCount": held.failed_count},
    }
