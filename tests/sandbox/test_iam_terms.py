"""Every call needs something, whatever is in it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.model import Shape

from rolecall.sandbox.iam_terms import needs
from rolecall.sandbox.store_wire import service_model
from rolecall.sandbox.wire import Call, Caller, PrincipalId

CALLER = Caller("111122223333", "arn", "arn:aws:iam::111122223333:user/ada", PrincipalId("AIDA"))
TEXTS = ("", "x", "i-0123", "arn:aws:x", "arn:aws:iam::1:role/x", "*", "a:b", "alias/x", "p-1", "http://x/1/y", "é")


class NoNames:
    """A world in which nothing that a call names is there."""

    def iam_arn(self, account_id: str, kind: str, name: str) -> str | None:
        return None

    def boundary_arn(self, account_id: str, kind: str, name: str) -> str | None:
        return None

    def profile_roles(self, account_id: str, name: str) -> Sequence[str]:
        return ()

    def key_arn(self, account_id: str, region: str, key_id: str) -> str | None:
        return None

    def ciphertext_key_arn(self, account_id: str, region: str, blob: bytes) -> str | None:
        return None

    def key_aliases(self, key_arn: str) -> Sequence[str]:
        return ()

    def secret_arn(self, account_id: str, region: str, secret_id: str) -> str | None:
        return None

    def organization(self) -> tuple[str, str]:
        return "o-1", "111122223333"

    def policy_path(self, policy_id: str) -> str | None:
        return None


def made_up(shape: Shape, draw: random.Random, depth: int = 0) -> Any:
    kind = shape.type_name
    if depth > 4:
        return None
    if kind == "structure":
        chosen = [name for name in shape.members if draw.random() < 0.5]
        return {name: made_up(shape.members[name], draw, depth + 1) for name in chosen}
    if kind == "list":
        return [made_up(shape.member, draw, depth + 1) for _ in range(draw.randint(0, 2))]
    if kind == "map":
        return {"k": made_up(shape.value, draw, depth + 1)}
    return {"string": draw.choice(TEXTS), "boolean": True, "blob": b"x"}.get(kind, 1)


SERVICES = (
    "cloudformation",
    "dynamodb",
    "ec2",
    "ecs",
    "eks",
    "events",
    "iam",
    "kms",
    "lambda",
    "organizations",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
    "sts",
)


@pytest.mark.parametrize("service", SERVICES)
def test_made_up_calls_need_an_action_on_something(service: str) -> None:
    model, draw = service_model(service), random.Random(service)
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        for _ in range(3):
            params = made_up(shape, draw) if shape else {}
            wanted = needs(Call(model.signing_name, operation, params, CALLER, "us-east-1"), NoNames())
            assert wanted
            assert wanted[0].action.partition(":")[2]
            values = [value for need in wanted for values in need.context.values() for value in values]
            assert all(isinstance(text, str) for text in [*values, *(need.resource for need in wanted)])
