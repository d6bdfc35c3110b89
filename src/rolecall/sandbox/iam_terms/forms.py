"""The resource of a call that names it by one parameter: the form of its ARN, as a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of, prefix_of
from rolecall.sandbox.iam_terms.need import Names, Need, arn, request_tags, texts
from rolecall.sandbox.wire import Call

_FORMS = (
    ("dynamodb", "", "TableName", "table/{}"),
    ("ebs", "", "FirstSnapshotId", "arn:aws:ec2:{region}::snapshot/{}"),
    ("ebs", "", "SnapshotId", "arn:aws:ec2:{region}::snapshot/{}"),
    ("ecr", "", "repositoryName", "repository/{}"),
    ("ecr", "", "repositoryNames", "repository/{}"),
    ("ecs", "RegisterTaskDefinition", "family", "task-definition/{}:*"),
    ("eks", "", "name", "cluster/{}"),
    ("events", "EventBus", "Name", "event-bus/{}"),
    ("events", "Rule", "Name", "rule/{}"),
    ("events", "", "Rule", "rule/{}"),
    ("firehose", "", "DeliveryStreamName", "deliverystream/{}"),
    ("guardduty", "", "DetectorId", "detector/{}"),
    ("kinesis", "", "StreamName", "stream/{}"),
    ("lambda", "", "FunctionName", "function:{}"),
    ("logs", "", "logGroupName", "log-group:{}"),
    ("rds", "DBInstance", "DBInstanceIdentifier", "db:{}"),
    ("sns", "", "Name", "{}"),
    ("sqs", "", "QueueName", "{}"),
    ("sqs", "", "QueueUrl", "{}"),
    ("sts", "", "Name", "arn:aws:sts::{account}:federated-user/{}"),
    ("sts", "", "RoleArn", "{}"),
)
"""(service, part of the operation's name, parameter, form): the form of the ARN, or of its last part.
https://docs.aws.amazon.com/service-authorization/latest/reference/, under each service's resource types"""


def needs(call: Call, names: Names) -> Iterator[Need]:  # noqa: ARG001  # the services' common form
    """By the first parameter that names the service's resource; `*` where none does."""
    tags = request_tags(call.params.get("Tags") or call.params.get("tags"))
    yield from (Need(action_of(call), resource, tags) for resource in _resources(call))


def _resources(call: Call) -> tuple[str, ...]:
    own = f"arn:aws:{prefix_of(call)}:"
    for name, value in call.params.items():
        found = texts(value)
        form = _form(call, name)
        if form is not None and found:
            return tuple(item if item.startswith("arn:") else _formed(call, form, item) for item in found)
        if found and all(item.startswith(own) for item in found):
            return tuple(found)
    return ("*",)


def _form(call: Call, parameter: str) -> str | None:
    asked = (call.service, parameter)
    rows = (row for row in _FORMS if (row[0], row[2]) == asked and row[1] in call.action)
    return next((form for *_, form in rows), None)


def _formed(call: Call, form: str, value: str) -> str:
    """A queue's URL ends in its account and its name. The names of log groups may begin with a slash of their own."""
    account_id, name = None, value if call.service == "logs" else value.lstrip("/")
    if value.startswith("http"):
        *_, owner, name = value.split("/")
        account_id = owner if owner.isdecimal() else None
    filled = form.replace("{region}", call.region).replace("{account}", call.caller.account_id).replace("{}", name)
    return filled if filled.startswith("arn:") else arn(call, filled, account_id=account_id)
