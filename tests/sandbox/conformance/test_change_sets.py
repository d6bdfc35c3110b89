"""Change sets through boto3 and its waiters."""

from __future__ import annotations

from typing import Any

import pytest

from ..served import ServedSandbox
from .cloud import NAMED_IAM, refused, template

QUICK = {"Delay": 0.05, "MaxAttempts": 1200}


def reviewed(cloudformation: Any, name: str, body: str, **params: Any) -> dict[str, Any]:
    """A change set of the stack `role`, described once it is calculated."""
    named = {"StackName": "role", "ChangeSetName": name}
    cloudformation.create_change_set(**named, TemplateBody=body, Capabilities=NAMED_IAM, **params)
    cloudformation.get_waiter("change_set_create_complete").wait(**named, WaiterConfig=QUICK)
    described: dict[str, Any] = cloudformation.describe_change_set(**named)
    return described


@pytest.mark.behaviour(66)
def test_a_change_set_tells_what_its_execution_then_does(sandbox: ServedSandbox) -> None:
    cloudformation, iam = sandbox.client("cloudformation"), sandbox.client("iam")
    made = reviewed(cloudformation, "first", template(), ChangeSetType="CREATE")
    assert made["ExecutionStatus"] == "AVAILABLE"
    assert refused(iam.get_role, RoleName="ResponseRole")[0] == "NoSuchEntity"
    cloudformation.execute_change_set(StackName="role", ChangeSetName="first")
    cloudformation.get_waiter("stack_create_complete").wait(StackName="role", WaiterConfig=QUICK)
    changed = reviewed(cloudformation, "second", template("changed"))
    (change,) = changed["Changes"]
    (detail,) = change["ResourceChange"]["Details"]
    assert detail["Target"] == {"Attribute": "Properties", "Name": "Description", "RequiresRecreation": "Never"}
    assert detail["ChangeSource"] == "DirectModification"
    assert iam.get_role(RoleName="ResponseRole")["Role"]["Description"] == "first"
    cloudformation.execute_change_set(StackName="role", ChangeSetName="second")
    cloudformation.get_waiter("stack_update_complete").wait(StackName="role", WaiterConfig=QUICK)
    assert iam.get_role(RoleName="ResponseRole")["Role"]["Description"] == "changed"


@pytest.mark.behaviour(66)
def test_a_stack_that_changed_otherwise_makes_it_obsolete(sandbox: ServedSandbox) -> None:
    cloudformation = sandbox.client("cloudformation")
    cloudformation.create_stack(StackName="role", TemplateBody=template(), Capabilities=NAMED_IAM)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="role", WaiterConfig=QUICK)
    reviewed(cloudformation, "late", template("changed"))
    cloudformation.update_stack(StackName="role", TemplateBody=template("other"), Capabilities=NAMED_IAM)
    cloudformation.get_waiter("stack_update_complete").wait(StackName="role", WaiterConfig=QUICK)
    (summary,) = cloudformation.list_change_sets(StackName="role")["Summaries"]
    assert summary["ExecutionStatus"] == "OBSOLETE"
    named = {"StackName": "role", "ChangeSetName": "late"}
    assert refused(cloudformation.execute_change_set, **named)[0] == "InvalidChangeSetStatus"
