"""Calls that make little sense: whatever is asked, the sandbox answers as AWS would and never breaks."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import botocore.serialize
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, create_request_object, prepare_request_dict
from botocore.httpsession import URLLib3Session
from botocore.model import OperationModel, Shape

from rolecall.sandbox import context_keys, iam, organizations, stacks, stacksets, sts
from rolecall.sandbox.builder import BuiltWorld, build
from rolecall.sandbox.cloudtrail import EventHistory
from rolecall.sandbox.scenario import load_scenario
from rolecall.sandbox.server import assemble
from rolecall.sandbox.store_wire import service_model
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import Caller, PrincipalId

from .served import ServedSandbox

CALLS = 5_000
DAY = 86_400
TRUST = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}},
}
TEMPLATE = json.dumps({"Resources": {"R": ROLE}})
FORM = "application/x-www-form-urlencoded"
LIST_ACCOUNTS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts"}
_PLAUSIBLE = {
    "stacksetname": ["alpha", "beta"],
    "stackname": ["one", "two"],
    "templatebody": [TEMPLATE],
    "region": ["us-east-1", "eu-west-1"],
    "rolename": ["OrganizationAccountAccessRole", "Other"],
}


class Maker:
    """Parameters by shape: often plausible, sometimes not. The same seed makes the same ones."""

    def __init__(self, built: BuiltWorld, seed: int) -> None:
        world = built.world
        self.random = random.Random(seed)
        self.accounts = [account.id for account in world.accounts()]
        self.places = [*world.organization.units, world.organization.root_id]
        self.seen = [
            *self.accounts,
            *self.places,
            "",
            "x",
            "ü",
            "0",
            "-1",
            "*",
            "{}",
            TEMPLATE,
            "iam:GetRole",
            "us-east-1",
        ]

    def params(self, operation: OperationModel) -> Any:
        return self._value(operation.input_shape, "") if operation.input_shape else {}

    def learn(self, answer: Any) -> None:
        """What answers tell comes back in later calls."""
        if isinstance(answer, dict):
            for value in answer.values():
                self.learn(value)
        elif isinstance(answer, list):
            for value in answer:
                self.learn(value)
        elif isinstance(answer, str) and 3 < len(answer) < 200:
            self.seen.append(answer)

    def _value(self, shape: Shape, name: str) -> Any:
        choose = self.random
        if shape.type_name == "structure":
            required = shape.required_members
            wanted = [member for member in shape.members if choose.random() < (0.98 if member in required else 0.2)]
            return {member: self._value(shape.members[member], member) for member in wanted}
        if shape.type_name == "list":
            return [self._value(shape.member, name) for _ in range(choose.choice([0, 1, 1, 2, 3]))]
        if shape.type_name == "map":
            return {choose.choice(self.seen): self._value(shape.value, name) for _ in range(choose.choice([0, 1, 2]))}
        simple: dict[str, list[Any]] = {
            "integer": [1, 2, 5, 20, 3600, 0, -1, 10**6],
            "long": [1, 0, -1],
            "float": [-1.0, 0.5],
            "double": [-1.0, 0.5],
            "boolean": [True, False],
            "timestamp": ["2026-11-24T00:00:00Z", "1970-01-01T00:00:00Z"],
            "blob": [b"x"],
        }
        return choose.choice(simple.get(shape.type_name) or self._texts(shape, name.lower()))

    def _texts(self, shape: Shape, name: str) -> list[str]:
        if shape.metadata.get("enum") and self.random.random() < 0.9:
            return list(shape.metadata["enum"])
        if self.random.random() < 0.3:
            return self.seen[-40:]
        for part, values in _PLAUSIBLE.items():
            if part in name:
                return values
        if "account" in name:
            return self.accounts
        return self.places if any(part in name for part in ("parent", "target", "unit", "child")) else self.seen[-60:]


def _request(operation: OperationModel, params: Any) -> HttpRequest:
    """As botocore writes it, but for its own checks of the parameters."""
    serializer = botocore.serialize.create_serializer(operation.service_model.resolved_protocol, False)
    request = serializer.serialize_to_request(params, operation)
    prepare_request_dict(request, endpoint_url="http://127.0.0.1")
    prepared = create_request_object(request).prepare()
    headers = {name: value if isinstance(value, str) else value.decode() for name, value in prepared.headers.items()}
    body = prepared.body or b""
    return HttpRequest("POST", "/", headers, body.encode() if isinstance(body, str) else body)


def _own_operations(built: BuiltWorld) -> set[tuple[str, str]]:
    """What is answered by the sandbox itself."""
    world = built.world
    services = (iam, context_keys, organizations, stacks, stacksets)
    found = {name for service in services for name in service.handlers(world)}
    return {*found, *sts.handlers(world, built.identities), *EventHistory(world).handlers()}


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_call_breaks_the_sandbox(seed: int) -> None:
    scenario = load_scenario("messy")
    built = build(scenario, speed=0)
    gateway, world = assemble(built, scenario), built.world
    maker = Maker(built, seed)
    administrator = f"arn:aws:iam::{maker.accounts[0]}:user/admin"
    caller = Caller(maker.accounts[0], administrator, administrator, PrincipalId("AIDAADMIN"))
    operations = sorted(_own_operations(built))
    answered = 0
    for number in range(CALLS):
        service, action = maker.random.choice(operations)
        operation = service_model(service).operation_model(action)
        request = _request(operation, maker.params(operation))
        response = gateway.perform(request, service, "us-east-1", caller).response
        assert response is not None
        assert response.status < 500, (service, action, request.body, response.body)
        answered += response.status == 200
        if number % 20 == 0:
            await asyncio.sleep(0)
        if number % 500 == 0:
            await world.clock.advance(DAY)
    assert answered > CALLS / 20
    await stacksets.close(world)
    await stacks.close(world)
    world.clock.close()


@pytest.mark.parametrize(
    ("service", "headers", "body", "status", "code"),
    [
        ("cloudformation", {"Content-Type": FORM}, b"", 400, "MissingAction"),
        ("cloudformation", {"Content-Type": FORM}, b"\xff\x00", 400, "MissingAction"),
        ("cloudformation", {"Content-Type": FORM}, b"Action=Nope", 400, "InvalidAction"),
        ("cloudformation", {"Content-Type": FORM}, b"Action=ListTypes", 501, "NotImplemented"),
        ("cloudformation", {"Content-Type": FORM}, b"Action=ListStackSets&MaxResults=many", 400, "MalformedInput"),
        ("organizations", LIST_ACCOUNTS, b"{", 400, "SerializationException"),
        ("organizations", LIST_ACCOUNTS, b"[]", 400, "SerializationException"),
        ("organizations", LIST_ACCOUNTS, b'{"MaxResults": "many"}', 400, "SerializationException"),
        ("organizations", LIST_ACCOUNTS, b'{"NextToken": {"a": 1}}', 400, "SerializationException"),
        ("organizations", LIST_ACCOUNTS, b"[" * 100_000, 400, "SerializationException"),
        ("organizations", {"X-Amz-Target": "AWSOrganizationsV20161128.Nope"}, b"{}", 400, "UnknownOperationException"),
        ("no-such-service", {"Content-Type": FORM}, b"x=1", 501, "NotImplemented"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused(
    sandbox: ServedSandbox, service: str, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    request = AWSRequest("POST", f"{sandbox.endpoint}/", headers=headers, data=body)
    SigV4Auth(sandbox.session().get_credentials(), service, "us-east-1").add_auth(request)
    response = URLLib3Session().send(request.prepare())
    assert response.status_code == status
    assert code.encode() in response.content
