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


KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


class OneKey(NoNames):
    """A world with one KMS key, which has two aliases."""

    def key_arn(self, account_id: str, region: str, key_id: str) -> str | None:
        return KEY if key_id == "alias/a" else None

    def ciphertext_key_arn(self, account_id: str, region: str, blob: bytes) -> str | None:
        return KEY if blob == b"sealed" else None

    def key_aliases(self, key_arn: str) -> Sequence[str]:
        return ("alias/a", "alias/b") if key_arn == KEY else ()


def needed(service: str, operation: str, names: NoNames | None = None, **params: Any) -> dict[tuple[str, str], Any]:
    """(action, resource) -> context."""
    found = needs(Call(service, operation, params, CALLER, "us-east-1"), names or NoNames())
    return {(need.action, need.resource): need.context for need in found}


@pytest.mark.parametrize("params", [{"KeyId": "alias/a"}, {"KeyId": KEY}, {"CiphertextBlob": b"sealed"}])
def test_a_key_has_all_its_aliases_however_a_call_names_it(params: dict[str, Any]) -> None:
    ((wanted, context),) = needed("kms", "Decrypt", OneKey(), **params).items()
    assert wanted == ("kms:Decrypt", KEY)
    assert context["kms:ResourceAliases"] == ("alias/a", "alias/b")
    assert context.get("kms:RequestAlias") == (("alias/a",) if params.get("KeyId") == "alias/a" else None)


def test_what_is_sealed_anew_needs_the_key_of_the_ciphertext_and_the_other_one() -> None:
    other = KEY.replace("1234abcd", "00000000")
    found = needed("kms", "ReEncrypt", OneKey(), CiphertextBlob=b"sealed", DestinationKeyId=other)
    assert set(found) == {("kms:ReEncryptFrom", KEY), ("kms:ReEncryptTo", other)}
    assert "kms:ResourceAliases" not in found["kms:ReEncryptTo", other]


def test_a_ciphertext_of_no_known_key_and_a_call_without_one_need_every_key() -> None:
    assert set(needed("kms", "Decrypt", OneKey(), CiphertextBlob=b"x")) == {("kms:Decrypt", "*")}
    assert set(needed("kms", "ListAliases", OneKey())) == {("kms:ListAliases", "*")}


def test_a_command_in_a_container_needs_its_cluster_and_its_task() -> None:
    prefix = "arn:aws:ecs:us-east-1:111122223333"
    by_id = needed("ecs", "ExecuteCommand", cluster=f"{prefix}:cluster/web", task="7f", command="id")
    assert set(by_id) == {
        ("ecs:ExecuteCommand", f"{prefix}:cluster/web"),
        ("ecs:ExecuteCommand", f"{prefix}:task/web/7f"),
    }
    by_arn = needed("ecs", "ExecuteCommand", task=f"{prefix}:task/default/7f", command="id")
    assert set(by_arn) == {
        ("ecs:ExecuteCommand", f"{prefix}:cluster/default"),
        ("ecs:ExecuteCommand", f"{prefix}:task/default/7f"),
    }
    assert set(needed("ecs", "DescribeServices", cluster="web", services=["a", "b"])) == {
        ("ecs:DescribeServices", f"{prefix}:service/web/a"),
        ("ecs:DescribeServices", f"{prefix}:service/web/b"),
    }
    assert set(needed("ecs", "ListClusters")) == {("ecs:ListClusters", "*")}


@pytest.mark.parametrize(
    ("params", "attribute"),
    [
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}]}, "BlockDeviceMapping"),
        ({"UserData": {"Value": b"x"}}, "UserData"),
        ({"Attribute": "instanceType", "Value": "m5.large"}, "instanceType"),
    ],
)
def test_the_attribute_that_is_set_is_a_condition_key(params: dict[str, Any], attribute: str) -> None:
    ((_, context),) = needed("ec2", "ModifyInstanceAttribute", InstanceId="i-0123", DryRun=True, **params).items()
    assert context["ec2:Attribute"] == (attribute,)


def test_snapshots_of_an_instance_need_its_volumes_and_an_import_makes_an_image_and_a_task() -> None:
    snapshots = needed("ec2", "CreateSnapshots", InstanceSpecification={"InstanceId": "i-0123"})
    assert {resource.rsplit(":", 1)[-1] for _, resource in snapshots} == {"instance/i-0123", "snapshot/*", "volume/*"}
    imported = needed("ec2", "ImportImage", DiskContainers=[{"Format": "vmdk"}])
    assert {resource.rsplit(":", 1)[-1] for _, resource in imported} == {"image/*", "import-image-task/*"}


def test_the_name_of_a_log_group_may_begin_with_a_slash() -> None:
    (wanted,) = needed("logs", "FilterLogEvents", logGroupName="/aws/lambda/f")
    assert wanted == ("logs:FilterLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f")
