"""Change sets as CloudFormation's API shows them. Pure.

Shapes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rolecall.sandbox.stacks import views
from rolecall.sandbox.stacks.change_sets.model import Change, ChangeSet, Detail
from rolecall.sandbox.stacks.shapes import present, tags


def summary(entry: ChangeSet) -> dict[str, Any]:
    """`ChangeSetSummary` of ListChangeSets."""
    return present(
        StackId=entry.stack.id,
        StackName=entry.stack.name,
        ChangeSetId=entry.id,
        ChangeSetName=entry.name,
        ExecutionStatus=entry.execution_status,
        Status=entry.status,
        StatusReason=entry.reason,
        CreationTime=entry.created,
        Description=entry.description,
        IncludeNestedStacks=False,
        ImportExistingResources=False,
    )


def described(entry: ChangeSet, shown: Sequence[Change], *, values: bool) -> dict[str, Any]:
    """The answer of DescribeChangeSet, with a page of changes. `values` tells properties before and after."""
    definition = entry.definition
    return summary(entry) | {
        "Parameters": views.parameters(definition.template, definition.parameters),
        "NotificationARNs": list(entry.options.notification_arns),
        "RollbackConfiguration": {},
        "Capabilities": list(definition.capabilities),
        "Tags": tags(definition.tags),
        "Changes": [{"Type": "Resource", "ResourceChange": _change(change, values=values)} for change in shown],
    }


def _change(change: Change, *, values: bool) -> dict[str, Any]:
    """`ResourceChange`."""
    scope = dict.fromkeys(detail.attribute for detail in change.details)
    return present(
        Action=change.action,
        LogicalResourceId=change.logical_id,
        PhysicalResourceId=change.physical_id,
        ResourceType=change.type,
        Replacement=change.replacement,
        Scope=list(scope),
        Details=[_detail(detail, dynamic=change.after is None) for detail in change.details],
        BeforeContext=_context(change.before) if values else None,
        AfterContext=_context(change.after) if values else None,
    )


def _detail(detail: Detail, *, dynamic: bool) -> dict[str, Any]:
    """`ResourceChangeDetail`."""
    target = present(Attribute=detail.attribute, Name=detail.name, RequiresRecreation=detail.recreation)
    return present(
        Target=target,
        Evaluation="Dynamic" if dynamic else "Static",
        ChangeSource=detail.source,
        CausingEntity=detail.causing,
    )


def _context(properties: Mapping[str, Any] | None) -> str | None:
    return None if properties is None else json.dumps({"Properties": properties})
