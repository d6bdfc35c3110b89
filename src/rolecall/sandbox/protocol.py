"""AWS's wire protocols on the server's side: HTTP message -> parameters, answer or error -> HTTP message. Pure.

Shapes, names and statuses come from botocore's service models, by way of moto's parsers and serializers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from rolecall.sandbox import rest
from rolecall.sandbox.stored import HttpRequest, HttpResponse
from rolecall.sandbox.validation import mistyped_member, validation_message
from rolecall.sandbox.wire import WireError

_JSON_CODES = {
    "AccessDenied": "AccessDeniedException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "IncompleteSignature": "IncompleteSignatureException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "ExpiredToken": "ExpiredTokenException",
    "Throttling": "ThrottlingException",
}
"""Services that speak JSON have their own codes for what is wrong with the caller, and answer 400 unless they are REST.
https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html"""

_EC2_CODES = {
    "AccessDenied": "UnauthorizedOperation",
    "InvalidClientTokenId": "AuthFailure",
    "SignatureDoesNotMatch": "AuthFailure",
}
"""https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html"""
_S3_CODES = {"InvalidClientTokenId": "InvalidAccessKeyId"}
_RPC_PATH = re.compile(r"/service/\w+/operation/(\w+)")
"""https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html"""
_VALIDATION_CODES = {
    "organizations": "InvalidInputException",
    "query": "ValidationError",
    "json": "ValidationException",
}


def action_of(service: str, request: HttpRequest) -> str | None:
    """The operation's name, or None where nothing tells it. `service` is the name that the request was signed for."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = headers.get("x-amz-target")
    if target:
        return target.rsplit(".", 1)[-1]
    rpc = _RPC_PATH.fullmatch(request.target)
    if rpc:
        return rpc[1]
    action = _form(request).get("Action")
    if action is not None:
        return action
    found = rest.match(service, request)
    return found.operation if found else None


def named(service: str, action: str, request: HttpRequest) -> dict[str, Any]:
    """The parameters as far as they can be read, unchecked: for telling which resource a call is about."""
    model = _service_model(service)
    if model is None or str(model.protocol).startswith("rest"):
        found = rest.match(service, request)
        return dict(found.params) if found else {}
    try:
        return _read(_operation(service, action), request)
    except (WireError, ValueError):
        return {}  # it will be refused for that


def parse(service: str, action: str, request: HttpRequest) -> dict[str, Any]:
    """The operation's parameters, checked against its model.

    Raises WireError: for an operation that is none, a message that cannot be read, and parameters that break the model.
    """
    operation = _operation(service, action)
    params = _read(operation, request)
    problem = validation_message(operation.input_shape, params) if operation.input_shape else None
    if problem:
        protocol = str(operation.service_model.protocol)
        raise WireError(_VALIDATION_CODES.get(service, _VALIDATION_CODES[protocol]), problem)
    return params


def serialize(service: str, action: str, answer: Mapping[str, Any], request_id: str) -> HttpResponse:
    """An answer as the service sends it."""
    operation = _operation(service, action)
    serializer = get_serializer_class(service, str(operation.service_model.protocol))
    message = serializer(operation, context=SerializationContext(request_id)).serialize(dict(answer))
    body = message["body"]
    return _response(message["status_code"], message["headers"], body, request_id)


def serialize_error(service: str, error: WireError, request_id: str) -> HttpResponse:
    """An error as the service sends it. A code that the service's model knows has the model's status."""
    model = _service_model(service)
    protocol = str(model.protocol) if model else "query"
    status = _modelled_status(model, error.code) or error.status
    if "json" in protocol:
        code = _JSON_CODES.get(error.code, error.code)
        if code != error.code and not protocol.startswith("rest"):
            status = 400
        content = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        return _response(
            status, content, json.dumps({"__type": code, "Message": error.message, **error.fields}), request_id
        )
    message, identifier = escape(error.message), escape(request_id)
    if protocol == "ec2":
        code = escape(_EC2_CODES.get(error.code, error.code))
        inner = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return _xml(status, f"<Response>{inner}<RequestID>{identifier}</RequestID></Response>", request_id)
    if service == "s3":
        code = escape(_S3_CODES.get(error.code, error.code))
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{identifier}</RequestId></Error>"
        return _xml(status, body, request_id)
    fault = "Sender" if status < 500 else "Receiver"
    inner = f"<Error><Type>{fault}</Type><Code>{escape(error.code)}</Code><Message>{message}</Message></Error>"
    return _xml(status, f"<ErrorResponse>{inner}<RequestId>{identifier}</RequestId></ErrorResponse>", request_id)


def _read(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """Raises WireError SerializationException or MalformedInput for what does not even have the model's types."""
    if operation.input_shape is None:
        return {}
    protocol = str(operation.service_model.protocol)
    message: Any = {"values": _form(request), "body": request.body, "headers": request.headers}
    try:
        if protocol == "json":
            _check_object(request.body)
        params: dict[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(message) or {}
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        code = "SerializationException" if "json" in protocol else "MalformedInput"
        raise WireError(code, f"The request could not be read: {error}") from error
    mistyped = mistyped_member(operation.input_shape, params)
    if mistyped:
        raise WireError("SerializationException", mistyped)
    return params


def _check_object(body: bytes) -> None:
    value = json.loads(body or b"{}")
    if value is not None and not isinstance(value, dict):
        raise TypeError("Start of structure or map found where not expected.")


def _form(request: HttpRequest) -> dict[str, str]:
    query = request.target.partition("?")[2]
    content_type = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    body = request.body.decode("utf-8", "replace") if content_type.startswith("application/x-www-form") else ""
    return dict([*parse_qsl(query, keep_blank_values=True), *parse_qsl(body, keep_blank_values=True)])


def _operation(service: str, action: str) -> OperationModel:
    try:
        operation: OperationModel = get_service_model(service).operation_model(action)
    except OperationNotFoundError as error:
        raise no_operation(service, action) from error
    return operation


def is_operation(service: str, action: str) -> bool:
    """Whether AWS has it, by the service's model."""
    model = _service_model(service)
    return model is not None and action in model.operation_names


def no_operation(service: str, action: str | None) -> WireError:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html"""
    model = _service_model(service)
    if model is not None and "json" in str(model.protocol):
        return WireError("UnknownOperationException", f"Unknown operation {action}" if action else "")
    if action is None:
        return WireError("MissingAction", "The request must contain the parameter Action.")
    return WireError("InvalidAction", f"Could not find operation {action} for service {service}")


def _service_model(service: str) -> ServiceModel | None:
    """None for a signing name that is not a service's own name; its errors are then told in the query protocol."""
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def _modelled_status(model: ServiceModel | None, code: str) -> int | None:
    for shape in model.error_shapes if model else ():
        error = shape.metadata.get("error", {})
        if code in (shape.name, error.get("code")):
            return int(error.get("httpStatusCode", 400))
    return None


def _xml(status: int, body: str, request_id: str) -> HttpResponse:
    return _response(status, {"Content-Type": "text/xml"}, f'<?xml version="1.0"?>\n{body}', request_id)


def _response(status: int, headers: Mapping[str, str], body: str | bytes, request_id: str) -> HttpResponse:
    content = body.encode() if isinstance(body, str) else body
    return HttpResponse(status, {**headers, "x-amzn-RequestId": request_id}, content)
