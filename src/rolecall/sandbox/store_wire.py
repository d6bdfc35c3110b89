"""Between botocore-shaped parameters and the HTTP messages that the store takes and gives. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.awsrequest
import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel, ServiceModel

from rolecall.sandbox.stored import HttpRequest, HttpResponse
from rolecall.sandbox.wire import WireError

_IAM_WRITE = re.compile(rb"(?:^|&)Action=(?:Add|Attach|Create|Delete|Detach|Put|Remove|Set|Tag|Untag|Update)")


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


@cache
def _serializer(protocol: str) -> Any:
    return botocore.serialize.create_serializer(protocol, include_validation=True)


@cache
def _parser(protocol: str) -> Any:
    return botocore.parsers.create_parser(protocol)


def serialized(
    operation: OperationModel, params: Mapping[str, Any], endpoint: str, region: str = "us-east-1"
) -> HttpRequest:
    service, protocol = operation.service_model, operation.service_model.resolved_protocol
    try:
        request = _serializer(protocol).serialize_to_request(dict(params), operation)
    except ParamValidationError as error:
        raise WireError("ValidationError", str(error)) from error
    botocore.awsrequest.prepare_request_dict(request, endpoint_url=endpoint)
    prepared = botocore.awsrequest.create_request_object(request).prepare()
    url = urlsplit(prepared.url)
    headers = {name: _text(value) for name, value in prepared.headers.items()}
    headers["Authorization"] = stand_in(service.signing_name, region)
    body = prepared.body or b""
    return HttpRequest(
        method=prepared.method,
        target=f"{url.path}?{url.query}" if url.query else url.path,
        headers=headers,
        body=body.encode() if isinstance(body, str) else body,
    )


def stand_in(service: str, region: str) -> str:
    """In a signature's place: without one, S3 takes the caller for anonymous, and others do not know the Region."""
    scope = f"{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    return f"AWS4-HMAC-SHA256 Credential=store/20260101/{scope}"


def parsed(operation: OperationModel, response: HttpResponse) -> dict[str, Any]:
    parser = _parser(operation.service_model.resolved_protocol)
    headers = botocore.awsrequest.HeadersDict(response.headers)
    message = {"status_code": response.status, "headers": headers, "body": response.body, "context": {}}
    parsed: dict[str, Any] = parser.parse(message, operation.output_shape)
    if response.status >= 300:
        error = parsed.get("Error", {})
        raise WireError(error.get("Code", "Unknown"), error.get("Message", ""), response.status)
    parsed.pop("ResponseMetadata", None)
    return parsed


def iam_write(request: HttpRequest) -> dict[str, str]:
    """The parameters of an IAM call that changes something; empty for others."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"))) if _IAM_WRITE.search(request.body) else {}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
