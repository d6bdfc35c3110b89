"""REST requests are told apart: each operation, as botocore writes its request, is found again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import OperationModel, Shape

from rolecall.sandbox import rest
from rolecall.sandbox.store_wire import serialized, service_model
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import WireError

_SCALARS: dict[str, Any] = {
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "boolean": True,
    "timestamp": "2026-01-01T00:00:00Z",
    "blob": b"x",
    "string": "abc",
}
ALIKE = {("s3", "ListDirectoryBuckets"): "ListBuckets"} | {
    ("s3", f"{verb}{name}"): f"{verb}{name}Configuration"
    for verb in ("Get", "Put")
    for name in ("BucketLifecycle", "BucketNotification")
}
"""Operations whose requests do not differ from another one's."""


@pytest.mark.parametrize("service", ["s3", "lambda", "eks", "guardduty", "apigateway", "efs", "route53", "sesv2"])
def test_every_operation_is_found_by_its_request(service: str) -> None:
    model = service_model(service)
    found, wanted = {}, {}
    for name in model.operation_names:
        request = _request(model.operation_model(name))
        if request is not None:
            match = rest.match(model.signing_name, request)
            found[name] = match.operation if match else None
            wanted[name] = ALIKE.get((service, name), name)
    assert len(found) > 25
    assert found == wanted


def test_the_path_tells_parameters_decoded() -> None:
    match = rest.match("s3", HttpRequest("PUT", "/bucket/a/k%20y?acl", {}))
    assert match == rest.Match("PutObjectAcl", {"Bucket": "bucket", "Key": "a/k y"})


def test_services_without_rest_and_paths_without_operation_are_none() -> None:
    assert rest.match("sqs", HttpRequest("POST", "/", {})) is None
    assert rest.match("no-such-service", HttpRequest("GET", "/", {})) is None
    assert rest.match("lambda", HttpRequest("GET", "/nothing/here", {})) is None


def _request(operation: OperationModel) -> HttpRequest | None:
    """None for the few that ask for a union, which this test does not make up."""
    try:
        return serialized(operation, _required(operation.input_shape), "https://example.com")
    except WireError:
        return None


def _required(shape: Shape | None) -> Any:
    """The least that the shape takes."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {name: _required(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [_required(shape.member)]
    if shape.type_name == "map":
        return {"key": _required(shape.value)}
    return shape.metadata["enum"][0] if shape.metadata.get("enum") else _SCALARS[shape.type_name]
