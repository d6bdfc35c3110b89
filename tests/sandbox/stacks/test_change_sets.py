"""Change sets through their API: what they tell, what their execution does, and what makes them useless."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from .cloud import MANAGEMENT, NAMED_IAM, PROD_1, TEMPLATE, Cloud, parameter

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


async def change_set(cloud: Cloud, name: str = "review", **params: Any) -> dict[str, Any]:
    """Made, and described once it is calculated."""
    given = {"StackName": "one", "TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM, **params}
    cloud.call("CreateChangeSet", ChangeSetName=name, **given)
    for _ in range(1_000):
        described = cloud.call("DescribeChangeSet", ChangeSetName=name, StackName="one", IncludePropertyValues=True)
        if described["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            return described
        await asyncio.sleep(0)
    raise AssertionError(described)


def execute(cloud: Cloud, name: str = "review", **params: Any) -> None:
    cloud.call("ExecuteChangeSet", ChangeSetName=name, StackName="one", **params)


def changed(described: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Logical id to what happens to it, and whether it is replaced."""
    told = [change["ResourceChange"] for change in described["Changes"]]
    return {entry["LogicalResourceId"]: (entry["Action"], entry.get("Replacement")) for entry in told}


async def test_a_creation_is_reviewed_and_then_executed(cloud: Cloud) -> None:
    described = await change_set(cloud, ChangeSetType="CREATE", Description="first")
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changed(described) == {"Policy": ("Add", None), "Role": ("Add", None)}
    assert cloud.call("DescribeStacks", StackName="one")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert not cloud.has_role(MANAGEMENT)
    execute(cloud)
    assert cloud.call("ListChangeSets", StackName="one")["Summaries"][0]["ExecutionStatus"] == "EXECUTE_IN_PROGRESS"
    assert (await cloud.stack("one"))["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.has_role(MANAGEMENT)
    assert cloud.call("ListChangeSets", StackName="one")["Summaries"][0]["ExecutionStatus"] == "EXECUTE_COMPLETE"


async def test_an_update_tells_each_property_with_its_cause(cloud: Cloud) -> None:
    await cloud.created()
    described = await change_set(cloud, Parameters=parameter(Actions="ec2:*", Session="3600"))
    assert changed(described) == {"Policy": ("Modify", "False")}
    (change,) = described["Changes"]
    told = change["ResourceChange"]
    assert told["Scope"] == ["Properties"]
    assert told["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "PolicyDocument", "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "ParameterReference",
            "CausingEntity": "Actions",
        }
    ]
    before, after = (json.loads(told[name])["Properties"] for name in ("BeforeContext", "AfterContext"))
    assert (before["PolicyDocument"]["Statement"][0]["Action"], after["PolicyDocument"]["Statement"][0]["Action"]) == (
        "s3:Get*",
        "ec2:*",
    )
    assert cloud.policy_actions(MANAGEMENT) == "s3:Get*"
    execute(cloud)
    assert (await cloud.stack("one"))["StackStatus"] == "UPDATE_COMPLETE"
    assert cloud.policy_actions(MANAGEMENT) == "ec2:*"


async def test_a_new_name_replaces_and_what_left_the_template_is_removed(cloud: Cloud) -> None:
    await cloud.created()
    template = TEMPLATE.replace("RoleName: ResponseRole", "RoleName: RenamedRole")
    described = await change_set(cloud, TemplateBody=template)
    assert changed(described) == {"Role": ("Modify", "True")}
    (detail,) = described["Changes"][0]["ResourceChange"]["Details"]
    assert detail["ChangeSource"] == "DirectModification"
    assert detail["Target"]["RequiresRecreation"] == "Always"
    bare = "Resources: {Policy: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: ResponsePolicy, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:Get*', Resource: '*'}]}}}}"  # noqa: E501
    described = await change_set(cloud, "smaller", TemplateBody=bare)
    assert changed(described)["Role"] == ("Remove", None)


async def test_one_without_changes_fails_and_cannot_be_executed(cloud: Cloud) -> None:
    await cloud.created()
    described = await change_set(cloud)
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert described["StatusReason"] == NO_CHANGES
    refused = cloud.refusal("ExecuteChangeSet", ChangeSetName="review", StackName="one")
    assert refused.code == "InvalidChangeSetStatus"
    assert refused.message.endswith("cannot be executed in its current status of [FAILED]")


async def test_executing_one_deletes_the_others_and_an_update_outdates_all(cloud: Cloud) -> None:
    await cloud.created()
    for name, actions in (("first", "ec2:*"), ("second", "sqs:*")):
        await change_set(cloud, name, Parameters=parameter(Actions=actions, Session="3600"))
    execute(cloud, "first")
    await cloud.stack("one")
    assert [entry["ChangeSetName"] for entry in cloud.call("ListChangeSets", StackName="one")["Summaries"]] == ["first"]
    await change_set(cloud, "third", Parameters=parameter(Actions="sqs:*", Session="3600"))
    await cloud.updated(Parameters=parameter(Actions="s3:*", Session="3600"))
    described = cloud.call("DescribeChangeSet", ChangeSetName="third", StackName="one")
    assert described["ExecutionStatus"] == "OBSOLETE"
    assert cloud.refusal("ExecuteChangeSet", ChangeSetName="third", StackName="one").code == "InvalidChangeSetStatus"


async def test_an_execution_that_fails_says_so(cloud: Cloud) -> None:
    cloud.store.create_role(MANAGEMENT, "ResponseRole", "{}")
    described = await change_set(cloud, ChangeSetType="CREATE", OnStackFailure="DELETE")
    execute(cloud)
    assert (await cloud.stack(described["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    summaries = cloud.call("ListChangeSets", StackName=described["StackId"])["Summaries"]
    assert [entry["ExecutionStatus"] for entry in summaries] == ["EXECUTE_FAILED"]


async def test_names_arns_and_tokens(cloud: Cloud) -> None:
    described = await change_set(cloud, ChangeSetType="CREATE", ClientToken="same")
    by_arn = cloud.call("DescribeChangeSet", ChangeSetName=described["ChangeSetId"])
    assert by_arn["ChangeSetName"] == "review"
    given: dict[str, Any] = {
        "ChangeSetName": "review",
        "StackName": "one",
        "TemplateBody": TEMPLATE,
        "Capabilities": NAMED_IAM,
    }
    again = cloud.call("CreateChangeSet", ChangeSetType="CREATE", ClientToken="same", **given)
    assert again["Id"] == described["ChangeSetId"]
    assert cloud.refusal("CreateChangeSet", ChangeSetType="CREATE", **given).code == "AlreadyExistsException"
    assert cloud.refusal("DescribeChangeSet", ChangeSetName="review").message.startswith("StackName must be specified")
    assert cloud.refusal("DescribeChangeSet", ChangeSetName="no", StackName="one").code == "ChangeSetNotFound"
    assert cloud.refusal("DescribeChangeSet", PROD_1, ChangeSetName=described["ChangeSetId"]).status == 404
    cloud.call("DeleteChangeSet", ChangeSetName="review", StackName="one")
    cloud.call("DeleteChangeSet", ChangeSetName="review", StackName="one")
    assert cloud.call("ListChangeSets", StackName="one")["Summaries"] == []


async def test_a_stack_of_change_sets_alone_can_be_deleted_but_not_updated(cloud: Cloud) -> None:
    await change_set(cloud, ChangeSetType="CREATE")
    refused = cloud.refusal("UpdateStack", StackName="one", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)
    assert "is in REVIEW_IN_PROGRESS state and can not be updated" in refused.message
    stack = cloud.call("DescribeStacks", StackName="one")["Stacks"][0]
    assert (await cloud.deleted(stack))["StackStatus"] == "DELETE_COMPLETE"


async def test_what_a_change_set_is_refused_for(cloud: Cloud) -> None:
    missing = cloud.refusal("CreateChangeSet", ChangeSetName="c", StackName="one", TemplateBody=TEMPLATE)
    assert missing.message == "Stack [one] does not exist"
    unacknowledged = cloud.refusal(
        "CreateChangeSet", ChangeSetName="c", StackName="one", TemplateBody=TEMPLATE, ChangeSetType="CREATE"
    )
    assert unacknowledged.code == "InsufficientCapabilitiesException"
    assert cloud.call("ListStacks")["StackSummaries"] == []
    await cloud.created()
    taken = cloud.refusal(
        "CreateChangeSet",
        ChangeSetName="c",
        StackName="one",
        TemplateBody=TEMPLATE,
        Capabilities=NAMED_IAM,
        ChangeSetType="CREATE",
    )
    assert taken.message == "Stack [one] already exists and cannot be created again with the changeSet [c]."
