"""EventBridge and CloudTrail: what happened is told."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, eventually
from .cloud import Deployment


class Queue:
    """An SQS queue that a rule of the default bus sends to."""

    def __init__(self, sandbox: ServedSandbox, pattern: dict[str, Any]) -> None:
        self._sqs, events = sandbox.client("sqs"), sandbox.client("events")
        self._url = self._sqs.create_queue(QueueName="told")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        events.put_rule(Name="told", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}])
        self.received: list[dict[str, Any]] = []

    def names(self) -> list[str]:
        """The names of all events so far: of calls, or else the detail types."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            self.received.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [event["detail"].get("eventName", event["detail-type"]) for event in self.received]


@pytest.mark.behaviour(55)
def test_account_changes_reach_a_queue_by_a_rule(sandbox: ServedSandbox) -> None:
    queue = Queue(sandbox, {"source": ["aws.organizations"]})
    organizations = sandbox.client("organizations")
    organizations.create_account(AccountName="late", Email="late@example.com")
    expected = {"CreateAccount", "CreateAccountResult", "AccountJoinedOrganization"}
    eventually(lambda: expected <= set(queue.names()))
    account_id = sandbox.account_id("late")
    result = next(e for e in queue.received if e["detail"]["eventName"] == "CreateAccountResult")
    assert result["detail-type"] == "AWS Service Event via CloudTrail"
    status = result["detail"]["serviceEventDetails"]["createAccountStatus"]
    assert (status["state"], status["accountId"]) == ("SUCCEEDED", account_id)
    units = {unit.name: unit.id for unit in sandbox.world.organization.units.values()}
    organizations.move_account(AccountId=account_id, SourceParentId=units["Root"], DestinationParentId=units["Sandbox"])
    eventually(lambda: "MoveAccount" in queue.names())
    moved = next(e for e in queue.received if e["detail"]["eventName"] == "MoveAccount")
    assert moved["detail-type"] == "AWS API Call via CloudTrail"
    assert moved["detail"]["requestParameters"]["destinationParentId"] == units["Sandbox"]
    assert (moved["region"], moved["account"]) == ("us-east-1", sandbox.world.management_account())


@pytest.mark.behaviour(55)
def test_stack_sets_tell_operations_and_instances(sandbox: ServedSandbox) -> None:
    queue = Queue(sandbox, {"source": ["aws.cloudformation"]})
    deployment = Deployment.of(sandbox)
    deployment.create()
    operation = deployment.deploy(deployment.unit("Security"))
    kinds = {
        "CloudFormation StackSet Status Change",
        "CloudFormation StackSet Operation Status Change",
        "CloudFormation StackSet StackInstance Status Change",
    }
    eventually(lambda: kinds <= set(queue.names()) and len(queue.received) >= 5)
    operations = [e["detail"] for e in queue.received if "Operation" in e["detail-type"]]
    assert {detail["stack-set-operation-id"] for detail in operations} == {operation["OperationId"]}
    assert [detail["status-details"]["status"] for detail in operations] == ["RUNNING", "SUCCEEDED"]
    instances = [e["detail"] for e in queue.received if "StackInstance" in e["detail-type"]]
    assert {detail["status-details"]["status"] for detail in instances} == {"CURRENT"}


class _Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Receiver)
    server.received = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.behaviour(55)
def test_every_event_is_posted_to_a_webhook_in_order(
    start_sandbox: StartSandbox, receiver: http.server.HTTPServer
) -> None:
    url = f"http://127.0.0.1:{receiver.server_port}/events"
    sandbox = start_sandbox(load_scenario("clean").model_copy(update={"webhooks": (url,)}))
    sandbox.client("organizations").close_account(AccountId=sandbox.account_id("sandbox-ada"))
    received: list[dict[str, Any]] = receiver.received  # type: ignore[attr-defined]
    eventually(lambda: len(received) >= 2)
    assert [event["detail"]["eventName"] for event in received] == ["CloseAccount", "CloseAccountResult"]
    assert set(received[0]) >= {"version", "id", "detail-type", "source", "account", "time", "region", "resources"}


@pytest.mark.behaviour(55)
def test_cloudtrail_tells_who_called_with_which_agent(sandbox: ServedSandbox) -> None:
    sandbox.client_of("iam", "audit").list_roles()
    trail = sandbox.client_of("cloudtrail", "audit")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "ListRoles"}]
    (event,) = trail.lookup_events(LookupAttributes=wanted)["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert event["Username"] == "tests"
    assert record["userAgent"].startswith("Boto3/")
    assert record["userIdentity"]["arn"].endswith("assumed-role/OrganizationAccountAccessRole/tests")
    assert record["recipientAccountId"] == sandbox.account_id("audit")
    text = json.dumps(trail.lookup_events()["Events"], default=str)
    assert "SecretAccessKey" not in text
    assert "secretAccessKey" not in text
