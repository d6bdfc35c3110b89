"""Stacks, resources and events as CloudFormation's API shows them. Pure.

Shapes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Types.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.stacks import capabilities
from rolecall.sandbox.stacks.parts import Event, StackResource
from rolecall.sandbox.stacks.shapes import present, tags
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacks.template.model import Parameter, Template

NO_ECHO = "****"


def stack(entry: Stack) -> dict[str, Any]:
    """`Stack` of DescribeStacks."""
    return present(
        StackId=entry.id,
        StackName=entry.name,
        Description=entry.definition.template.description,
        Parameters=parameters(entry.definition.template, entry.definition.parameters),
        CreationTime=entry.created,
        DeletionTime=entry.deleted,
        LastUpdatedTime=entry.updated,
        RollbackConfiguration={},
        StackStatus=entry.status,
        StackStatusReason=entry.status_reason,
        DisableRollback=entry.options.on_failure == "DO_NOTHING",
        NotificationARNs=list(entry.options.notification_arns),
        TimeoutInMinutes=entry.options.timeout_minutes,
        Capabilities=list(entry.definition.capabilities),
        Outputs=_outputs(entry),
        RoleARN=entry.options.role_arn,
        Tags=tags(entry.definition.tags),
        EnableTerminationProtection=entry.termination_protection,
        DriftInformation=_drift(entry),
    )


def summary(entry: Stack) -> dict[str, Any]:
    """`StackSummary` of ListStacks."""
    return present(
        StackId=entry.id,
        StackName=entry.name,
        TemplateDescription=entry.definition.template.description,
        CreationTime=entry.created,
        LastUpdatedTime=entry.updated,
        DeletionTime=entry.deleted,
        StackStatus=entry.status,
        StackStatusReason=entry.status_reason,
        DriftInformation=_drift(entry),
    )


def event(entry: Stack, noted: Event) -> dict[str, Any]:
    """`StackEvent` of DescribeStackEvents."""
    return present(
        StackId=entry.id,
        EventId=noted.id,
        StackName=entry.name,
        LogicalResourceId=noted.logical_id,
        PhysicalResourceId=noted.physical_id,
        ResourceType=noted.type,
        Timestamp=noted.time,
        ResourceStatus=noted.status,
        ResourceStatusReason=noted.reason,
        ClientRequestToken=noted.token,
    )


def resource(entry: Stack, held: StackResource) -> dict[str, Any]:
    """`StackResource` of DescribeStackResources."""
    return present(StackName=entry.name, StackId=entry.id, Timestamp=held.time, **_resource(entry, held))


def resource_summary(entry: Stack, held: StackResource) -> dict[str, Any]:
    """`StackResourceSummary` of ListStackResources."""
    return present(LastUpdatedTimestamp=held.time, **_resource(entry, held))


def resource_detail(entry: Stack, held: StackResource) -> dict[str, Any]:
    """`StackResourceDetail` of DescribeStackResource."""
    metadata = None if held.metadata is None else json.dumps(held.metadata)
    return present(
        StackName=entry.name,
        StackId=entry.id,
        LastUpdatedTimestamp=held.time,
        Metadata=metadata,
        **_resource(entry, held),
    )


def template_summary(template: Template) -> dict[str, Any]:
    """The answer of GetTemplateSummary."""
    return present(
        Parameters=[_declaration(parameter) for parameter in template.parameters.values()],
        Description=template.description,
        ResourceTypes=sorted({entry.type for entry in template.resources.values()}),
        Version=template.version,
        Metadata=None if template.metadata is None else json.dumps(template.metadata),
        **_capabilities(template),
    )


def validation(template: Template) -> dict[str, Any]:
    """The answer of ValidateTemplate."""
    return present(
        Parameters=[_template_parameter(parameter) for parameter in template.parameters.values()],
        Description=template.description,
        **_capabilities(template),
    )


def parameters(template: Template, values: Mapping[str, str]) -> list[dict[str, str]]:
    """`Parameters`, with the values of NoEcho parameters masked."""
    return [
        {"ParameterKey": name, "ParameterValue": _shown(template.parameters.get(name), value)}
        for name, value in values.items()
    ]


def _shown(parameter: Parameter | None, value: str) -> str:
    return NO_ECHO if parameter is not None and parameter.no_echo else value


def _outputs(entry: Stack) -> list[dict[str, Any]]:
    declared = entry.definition.template.outputs
    return [
        present(
            OutputKey=name,
            OutputValue=value,
            Description=declared[name].description if name in declared else None,
            ExportName=entry.exports.get(name),
        )
        for name, value in entry.outputs.items()
    ]


def _resource(entry: Stack, held: StackResource) -> dict[str, Any]:
    return {
        "LogicalResourceId": held.logical_id,
        "PhysicalResourceId": held.physical.id if held.physical else None,
        "ResourceType": held.type,
        "ResourceStatus": held.status,
        "ResourceStatusReason": held.reason,
        "DriftInformation": _resource_drift(entry, held),
    }


def _drift(entry: Stack) -> dict[str, Any]:
    drift = entry.drift
    if drift is None:
        return {"StackDriftStatus": "NOT_CHECKED"}
    return {"StackDriftStatus": drift.status.value, "LastCheckTimestamp": drift.time}


def _resource_drift(entry: Stack, held: StackResource) -> dict[str, Any]:
    found = entry.drift.resources.get(held.logical_id) if entry.drift else None
    if found is None:
        return {"StackResourceDriftStatus": "NOT_CHECKED"}
    return {"StackResourceDriftStatus": found.status.value, "LastCheckTimestamp": found.time}


def _template_parameter(parameter: Parameter) -> dict[str, Any]:
    return present(
        ParameterKey=parameter.name,
        DefaultValue=parameter.default,
        NoEcho=parameter.no_echo,
        Description=parameter.description,
    )


def _declaration(parameter: Parameter) -> dict[str, Any]:
    allowed = {"AllowedValues": list(parameter.allowed_values)} if parameter.allowed_values else {}
    return _template_parameter(parameter) | {"ParameterType": parameter.type, "ParameterConstraints": allowed}


def _capabilities(template: Template) -> dict[str, Any]:
    needed = capabilities.required(template)
    return {"Capabilities": [needed], "CapabilitiesReason": capabilities.reason(template)} if needed else {}
