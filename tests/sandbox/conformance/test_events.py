"""EventBridge and CloudTrail: what happened is told."""

from __future__ import annotations

import http.server
import json
import re
import threading
import weakref
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from rolecall.sandbox.cloudtrail import EventHistory
from rolecall.sandbox.scenario import LaterSpec, load_scenario
from rolecall.sandbox.wire import Call, Caller, Origin, PrincipalId

from ..conftest import StartSandbox
from ..served import ServedSandbox, eventually
from .cloud import Deployment, refused, template

PATTERN = {"source": ["aws.organizations"], "detail": {"eventName": ["MoveAccount"]}}


class Box:
    """An SQS queue and what has come in."""

    def __init__(self, sqs: Any, name: str, **attributes: str) -> None:
        self._sqs = sqs
        self._url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn: str = told["Attributes"]["QueueArn"]

    def bodies(self) -> list[str]:
        """What has come since the last time."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", ())
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]


class Queue:
    """A queue that a rule of the default bus sends to."""

    def __init__(self, sandbox: ServedSandbox, pattern: dict[str, Any]) -> None:
        self._box = Box(sandbox.client("sqs"), "told")
        targets(sandbox.client("events"), {"Arn": self._box.arn}, pattern=pattern)
        self.received: list[dict[str, Any]] = []

    def names(self) -> list[str]:
        """The names of all events so far: of calls, or else the detail types."""
        self.received += map(json.loads, self._box.bodies())
        return [event["detail"].get("eventName", event["detail-type"]) for event in self.received]


def targets(events: Any, *found: dict[str, Any], pattern: Any = PATTERN, name: str = "told", **rule: str) -> None:
    """A rule that sends what matches to all of them."""
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), **rule)
    numbered = [{"Id": str(number), **target} for number, target in enumerate(found)]
    bus = {"EventBusName": rule["EventBusName"]} if "EventBusName" in rule else {}
    assert events.put_targets(Rule=name, Targets=numbered, **bus)["FailedEntryCount"] == 0


def move(sandbox: ServedSandbox, name: str = "sandbox-ada", to: str = "Security") -> str:
    """The account is moved. Returns its id."""
    organizations = sandbox.client("organizations")
    account_id = sandbox.account_id(name)
    (parent,) = organizations.list_parents(ChildId=account_id)["Parents"]
    unit_id = next(unit.id for unit in sandbox.world.organization.units.values() if unit.name == to)
    organizations.move_account(AccountId=account_id, SourceParentId=parent["Id"], DestinationParentId=unit_id)
    return account_id


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


@pytest.mark.behaviour(55)
def test_a_target_gets_what_its_rule_makes_of_the_event(sandbox: ServedSandbox) -> None:
    sqs = sandbox.client("sqs")
    boxes = [Box(sqs, f"box{number}") for number in range(4)]
    template = '{"who": <who>, "text": "<who> moved by \\"<aws.events.rule-name>\\"<none>", "to": <to>, "none": <none>}'
    paths = {"who": "$.detail.requestParameters.accountId", "to": "$.detail.requestParameters", "none": "$.detail.x"}
    made: list[dict[str, Any]] = [
        {"Input": '"an account moved"'},
        {"InputPath": "$.detail.requestParameters.accountId"},
        {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}},
        {"InputTransformer": {"InputTemplate": '{"all": <aws.events.event.json>}'}},
    ]
    targets(sandbox.client("events"), *({"Arn": box.arn} | how for box, how in zip(boxes, made, strict=True)))
    account_id = move(sandbox)
    constant, part, filled, whole = (json.loads(body) for box in boxes for body in box.bodies())
    assert (constant, part) == ("an account moved", account_id)
    assert (filled["who"], filled["to"]["accountId"], filled["none"]) == (account_id, account_id, "")
    assert filled["text"] == f'{account_id} moved by "told"'
    assert (whole["all"]["source"], whole["all"]["detail"]["eventName"]) == ("aws.organizations", "MoveAccount")


@pytest.mark.behaviour(55)
def test_topics_log_groups_and_fifo_queues_are_targets(sandbox: ServedSandbox) -> None:
    sqs, sns, logs = (sandbox.client(service) for service in ("sqs", "sns", "logs"))
    fifo = Box(sqs, "in-order.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    subscriber = Box(sqs, "subscriber")
    topic = sns.create_topic(Name="moves")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=subscriber.arn)
    logs.create_log_group(logGroupName="/aws/events/moves")
    account = sandbox.world.management_account()
    group = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/events/moves:*"
    to_queue = {"Arn": fifo.arn, "SqsParameters": {"MessageGroupId": "moves"}}
    targets(sandbox.client("events"), to_queue, {"Arn": topic}, {"Arn": group})
    sandbox.advance(days=30)  # log groups take no entries of a month ahead
    move(sandbox)
    (in_order,), (notified,) = fifo.bodies(), subscriber.bodies()
    (logged,) = logs.filter_log_events(logGroupName="/aws/events/moves")["events"]
    events = [json.loads(text) for text in (in_order, json.loads(notified)["Message"], logged["message"])]
    assert [event["detail"]["eventName"] for event in events] == ["MoveAccount"] * 3
    assert events[0] == events[1] == events[2]


@pytest.mark.behaviour(55)
def test_another_accounts_bus_gets_the_event_as_it_is_and_passes_it_no_further(sandbox: ServedSandbox) -> None:
    there = sandbox.client_of("events", "audit")
    first = there.create_event_bus(Name="received")["EventBusArn"]
    second = there.create_event_bus(Name="beyond")["EventBusArn"]
    sqs = sandbox.client_of("sqs", "audit")
    near, far = Box(sqs, "near"), Box(sqs, "far")
    targets(there, {"Arn": near.arn}, {"Arn": second}, EventBusName="received")
    targets(there, {"Arn": far.arn}, EventBusName="beyond")
    targets(sandbox.client("events"), {"Arn": first})
    move(sandbox)
    (event,) = (json.loads(body) for body in near.bodies())
    assert event["account"] == sandbox.world.management_account()
    assert far.bodies() == []


@pytest.mark.behaviour(55)
def test_what_no_target_takes_does_not_touch_the_call(sandbox: ServedSandbox, caplog: pytest.LogCaptureFixture) -> None:
    events, box = sandbox.client("events"), Box(sandbox.client("sqs"), "told")
    function = "arn:aws:lambda:us-east-1:111111111111:function:f"
    missing = box.arn.replace(":told", ":missing")
    targets(events, {"Arn": function}, {"Arn": missing}, {"Arn": box.arn})
    targets(events, {"Arn": box.arn}, name="off", State="DISABLED")
    events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule="hourly", Targets=[{"Id": "1", "Arn": box.arn}])
    move(sandbox)
    assert len(box.bodies()) == 1
    warnings = [record.getMessage() for record in caplog.records]
    assert [text.split(" did not take an event: ")[0] for text in warnings] == [
        f"rule told: {function}",
        f"rule told: {missing}",
    ]


def test_a_listener_that_breaks_does_not_touch_the_call(
    sandbox: ServedSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    sandbox.world.listeners.insert(0, broken)
    sandbox.running.gateway.listeners.insert(0, broken)
    queue = Queue(sandbox, PATTERN)
    move(sandbox)
    assert queue.names() == ["MoveAccount"]
    assert "ZeroDivisionError" in caplog.text


class _Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(307 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
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
def test_a_webhook_that_cannot_be_reached_keeps_nothing_from_the_next_and_none_sends_us_elsewhere(
    start_sandbox: StartSandbox, receiver: http.server.HTTPServer
) -> None:
    here = f"http://127.0.0.1:{receiver.server_port}"
    urls = (f"http://{'a' * 70}.example/", "http://a..b/", f"{here}/moved", f"{here}/events")
    sandbox = start_sandbox(load_scenario("clean").model_copy(update={"webhooks": urls}))
    sandbox.client("organizations").close_account(AccountId=sandbox.account_id("sandbox-ada"))
    received: list[dict[str, Any]] = receiver.received  # type: ignore[attr-defined]
    eventually(lambda: len(received) >= 4)
    assert [event["detail"]["eventName"] for event in received] == ["CloseAccount"] * 2 + ["CloseAccountResult"] * 2


@pytest.mark.behaviour(55)
def test_names_and_addresses_of_new_accounts_are_masked_and_results_tell_their_times(sandbox: ServedSandbox) -> None:
    queue = Queue(sandbox, {"source": ["aws.organizations"]})
    organizations = sandbox.client("organizations")
    organizations.create_account(AccountName="late", Email="late@example.com")
    organizations.close_account(AccountId=sandbox.account_id("sandbox-ada"))
    eventually(lambda: {"CreateAccountResult", "CloseAccountResult"} <= set(queue.names()))
    told = {event["detail"]["eventName"]: event["detail"] for event in queue.received}
    assert told["CreateAccount"]["requestParameters"] == {"accountName": "****", "email": "****"}
    begun = told["CreateAccount"]["responseElements"]["createAccountStatus"]
    created = told["CreateAccountResult"]["serviceEventDetails"]["createAccountStatus"]
    closed = told["CloseAccountResult"]["serviceEventDetails"]["closeAccountStatus"]
    assert (begun["accountName"], created["accountName"], begun["id"]) == ("****", "****", created["id"])
    assert created["requestedTimestamp"] == begun["requestedTimestamp"]
    for status in (created, closed):
        for name in ("requestedTimestamp", "completedTimestamp"):
            assert re.fullmatch(r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M", status[name])
    assert "late" not in json.dumps(queue.received)


def looked_up(trail: Any, name: str = "", **more: Any) -> list[dict[str, Any]]:
    """The records of all events of a name, or that some other attribute finds; newest first."""
    key, value = more.popitem() if more else ("EventName", name)
    pages = trail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}]
    )
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


@pytest.mark.behaviour(70)
def test_the_history_tells_who_called_with_which_agent_and_key(sandbox: ServedSandbox) -> None:
    sandbox.client_of("iam", "audit").list_roles()
    trail = sandbox.client_of("cloudtrail", "audit")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "ListRoles"}]
    (event,) = trail.lookup_events(LookupAttributes=wanted)["Events"]
    record = json.loads(event["CloudTrailEvent"])
    identity = record["userIdentity"]
    assert event["Username"] == "tests"
    assert record["userAgent"].startswith("Boto3/")
    assert identity["arn"].endswith("assumed-role/OrganizationAccountAccessRole/tests")
    assert identity["accessKeyId"].startswith("ASIA")
    assert looked_up(trail, AccessKeyId=identity["accessKeyId"]) == [record]
    assert (record["recipientAccountId"], record["awsRegion"]) == (sandbox.account_id("audit"), "us-east-1")
    assert (record["readOnly"], record["responseElements"]) == (True, None)


@pytest.mark.behaviour(70)
def test_an_event_is_the_same_on_the_bus_and_in_the_history(sandbox: ServedSandbox) -> None:
    queue = Queue(sandbox, {"source": ["aws.organizations"]})
    move(sandbox)
    sandbox.client("organizations").close_account(AccountId=sandbox.account_id("sandbox-ada"))
    eventually(lambda: queue.names()[-1:] == ["CloseAccountResult"])
    trail = sandbox.client("cloudtrail")
    for event in queue.received:
        assert looked_up(trail, event["detail"]["eventName"]) == [event["detail"]]


@pytest.mark.behaviour(70)
def test_an_assumed_role_is_told_to_its_owner_too_without_the_secret(sandbox: ServedSandbox) -> None:
    audit, arn = sandbox.account_id("audit"), f"arn:aws:iam::{sandbox.account_id('audit')}:role/"
    role = f"{arn}OrganizationAccountAccessRole"
    keys = sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="once")["Credentials"]
    refused(sandbox.client("sts").assume_role, RoleArn=f"{arn}Missing", RoleSessionName="never")
    failed, ours = looked_up(sandbox.client("cloudtrail"), "AssumeRole")
    (theirs, *_) = looked_up(sandbox.client_of("cloudtrail", "audit"), "AssumeRole")[1:]
    assert theirs["requestParameters"]["roleSessionName"] == "once"
    assert (ours["sharedEventID"], ours["requestID"]) == (theirs["sharedEventID"], theirs["requestID"])
    assert ours["eventID"] != theirs["eventID"]
    assert (ours["userIdentity"]["type"], theirs["userIdentity"]["type"]) == ("IAMUser", "AWSAccount")
    assert (theirs["userIdentity"]["accountId"], theirs["recipientAccountId"]) == (ours["recipientAccountId"], audit)
    assert ours["resources"] == [{"ARN": role, "accountId": audit, "type": "AWS::IAM::Role"}]
    assert ours["readOnly"] is theirs["readOnly"] is True
    assert set(ours["responseElements"]["credentials"]) == {"accessKeyId", "expiration"}
    assert ours["responseElements"]["credentials"]["accessKeyId"] == keys["AccessKeyId"]
    assert not {keys["SecretAccessKey"], keys["SessionToken"]} & set(json.dumps([ours, theirs]).split('"'))
    assert (failed["errorCode"], failed["responseElements"]) == ("AccessDenied", None)
    assert "is not authorized to perform: sts:AssumeRole" in failed["errorMessage"]
    assert "sharedEventID" not in failed
    names = [record["requestParameters"]["roleSessionName"] for record in (failed, ours)]
    assert names == ["never", "once"]


@pytest.mark.behaviour(70)
def test_errors_of_other_services_are_told_with_their_words(sandbox: ServedSandbox) -> None:
    code, message = refused(sandbox.client("iam").get_role, RoleName="Missing")
    (record,) = looked_up(sandbox.client("cloudtrail"), "GetRole")
    assert (record["errorCode"], record["errorMessage"]) == (code, message)


@pytest.mark.behaviour(70)
def test_calls_are_found_by_the_role_or_stack_set_that_they_name(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    deployment.create()
    refused(sandbox.client("iam").get_role, RoleName="Missing")
    trail = sandbox.client("cloudtrail")
    assert [record["eventName"] for record in looked_up(trail, ResourceName="Missing")] == ["GetRole"]
    assert [record["eventName"] for record in looked_up(trail, ResourceName=deployment.name)] == ["CreateStackSet"]
    assert looked_up(trail, ResourceType="AWS::CloudFormation::StackSet") == looked_up(trail, "CreateStackSet")


@pytest.mark.behaviour(70)
def test_what_aws_does_and_what_happens_later_is_in_the_history(start_sandbox: StartSandbox) -> None:
    scenario = load_scenario("clean").model_copy(
        update={
            "later": (
                LaterSpec(call="iam:CreateUser", params={"UserName": "ada"}, after_seconds=60),
                LaterSpec(call="iam:DeleteUser", params={"UserName": "bob"}, after_seconds=60),
            )
        }
    )
    sandbox = start_sandbox(scenario)
    sandbox.client("organizations").create_account(AccountName="late", Email="late@example.com")
    trail = sandbox.client("cloudtrail")
    eventually(lambda: bool(looked_up(trail, "CreateAccountResult")))
    assert [record["eventType"] for record in looked_up(trail, "AccountJoinedOrganization")] == ["AwsServiceEvent"]
    sandbox.advance(seconds=61)
    (made,), (failed,) = looked_up(trail, "CreateUser"), looked_up(trail, "DeleteUser")
    assert (made["userIdentity"]["type"], made["requestParameters"]) == ("Root", {"userName": "ada"})
    assert failed["errorCode"] == "NoSuchEntity"


@pytest.mark.behaviour(70)
def test_calls_on_what_is_in_a_resource_are_not_in_the_history(sandbox: ServedSandbox) -> None:
    s3, box = sandbox.client("s3"), Box(sandbox.client("sqs"), "box")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a", Body=b"x")
    s3.list_objects_v2(Bucket="kept")
    box.bodies()
    events = sandbox.client("cloudtrail").lookup_events()["Events"]
    names = [event["EventName"] for event in events]
    assert names == ["CreateBucket", "GetQueueAttributes", "CreateQueue"]


@pytest.mark.behaviour(70)
def test_pages_stay_where_they_are_when_more_happens(sandbox: ServedSandbox) -> None:
    organizations, trail = sandbox.client("organizations"), sandbox.client("cloudtrail")
    for _ in range(5):
        organizations.list_roots()
    first = trail.lookup_events(MaxResults=2)
    organizations.list_roots()
    second = trail.lookup_events(MaxResults=2, NextToken=first["NextToken"])
    third = trail.lookup_events(MaxResults=2, NextToken=second["NextToken"])
    ids = [event["EventId"] for page in (first, second, third) for event in page["Events"]]
    assert (len(ids), len(set(ids)), "NextToken" in third) == (5, 5, False)
    assert refused(trail.lookup_events, NextToken="guessed")[0] == "InvalidNextTokenException"


@pytest.mark.behaviour(70)
def test_what_is_older_than_ninety_days_is_gone_and_a_span_must_not_end_before_it_begins(
    sandbox: ServedSandbox,
) -> None:
    sandbox.client("organizations").list_roots()
    trail = sandbox.client("cloudtrail")
    now = sandbox.world.now()
    assert len(looked_up(trail, "ListRoots")) == 1
    assert trail.lookup_events(StartTime=now + timedelta(hours=1))["Events"] == []
    code = refused(trail.lookup_events, StartTime=now, EndTime=now - timedelta(hours=1))[0]
    assert code == "InvalidTimeRangeException"
    sandbox.advance(days=91)
    assert looked_up(trail, "ListRoots") == []


class Answer(dict[str, Any]):
    """One whose life can be watched."""


class Unread(dict[str, Any]):
    """Parameters that nobody may write down."""

    def items(self) -> Any:
        raise AssertionError("a record was made of it")


def test_the_history_keeps_no_answer_of_a_read_and_makes_records_of_one_page_only(sandbox: ServedSandbox) -> None:
    history, now = EventHistory(sandbox.world), sandbox.world.now()
    caller = Caller("111111111111", "arn:aws:iam::111111111111:user/ada", "", PrincipalId("AIDA"))

    def call(action: str, params: dict[str, Any]) -> Call:
        return Call("cloudformation", action, params, caller, "us-east-1", Origin(action, now))

    answer = Answer(Summaries=["much"])
    watched = weakref.ref(answer)
    history.made(call("ListStackInstances", Unread()), answer, None)
    del answer
    assert watched() is None
    history.made(call("DeleteStackSet", {}), Answer(), None)
    found = history.lookup_events(call("LookupEvents", {"MaxResults": 1}))
    assert [event["EventName"] for event in found["Events"]] == ["DeleteStackSet"]


def test_what_is_too_long_for_cloudtrail_is_left_out_of_a_record(sandbox: ServedSandbox) -> None:
    body = template("x" * 400) + " " * 110_000
    code, _ = refused(sandbox.client("cloudformation").create_stack, StackName="long", TemplateBody=body)
    (record,) = looked_up(sandbox.client("cloudtrail"), "CreateStack")
    assert (record["errorCode"], record["requestParameters"]) == (code, None)
