"""Which operation a REST request is for: by method, path, query and headers, as botocore's service model says. Pure.

https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.awsrequest
import botocore.parsers
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel
from moto.core.utils import get_service_model

from rolecall.sandbox.stored import HttpRequest

_MODELS = {
    "access-analyzer": ("accessanalyzer",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "elasticfilesystem": ("efs",),
    "es": ("es", "opensearch"),
    "iotdata": ("iot-data",),
    "mobiletargeting": ("pinpoint",),
    "s3": ("s3", "s3control"),
    "ses": ("sesv2",),
}
"""Signing names that are not, or not only, the name of botocore's model."""
_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """An operation's name, and the parameters that its path holds."""

    operation: str
    labels: Mapping[str, str]
    _model: OperationModel | None = field(default=None, compare=False, repr=False)
    _request: HttpRequest | None = field(default=None, compare=False, repr=False)

    @property
    def params(self) -> Mapping[str, Any]:
        """All that the request tells, unchecked: path, query, headers, and a body that is no stream."""
        if self._model is None or self._request is None:
            return self.labels
        return {**_queried(self._model, self._request), **_sent(self._model, self._request), **self.labels}


@dataclass(frozen=True, slots=True)
class _Route:
    model: OperationModel
    path: re.Pattern[str]
    query: Mapping[str, str]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    literal: int
    deprecated: bool

    @property
    def specific(self) -> tuple[int, int, bool]:
        """How much it asks for: the one that asks for most is meant, and not one that has been replaced."""
        asked = len(self.query) + len(self.required_query) + len(self.required_headers)
        return self.literal, asked, not self.deprecated

    def params(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str] | None:
        """None where the request is not for this operation."""
        found = self.path.fullmatch(path)
        if found is None or not self.required_query <= query.keys() or not self.required_headers <= headers.keys():
            return None
        if any(name not in query or (value and query[name] != value) for name, value in self.query.items()):
            return None
        return {name: unquote(value) for name, value in found.groupdict().items()}


def match(signing_name: str, request: HttpRequest) -> Match | None:
    """None for a service that does not speak REST, and where no operation fits."""
    routes = _routes(signing_name).get(request.method, ())
    path, _, query_text = request.target.partition("?")
    query = dict(parse_qsl(query_text, keep_blank_values=True))
    headers = {name.lower(): value for name, value in request.headers.items()}
    for route in routes:
        params = route.params(path.rstrip("/") or "/", query, headers)
        if params is not None:
            return Match(route.model.name, params, route.model, request)
    return None


@cache
def _routes(signing_name: str) -> Mapping[str, Sequence[_Route]]:
    """By method, the most specific first."""
    found: dict[str, list[_Route]] = defaultdict(list)
    for name in _MODELS.get(signing_name, (signing_name,)):
        try:
            model = get_service_model(name)
        except UnknownServiceError:
            continue
        if str(model.protocol).startswith("rest"):
            for operation in model.operation_names:
                described = model.operation_model(operation)
                found[described.http["method"]].append(_route(described))
    return {method: sorted(routes, key=lambda route: route.specific, reverse=True) for method, routes in found.items()}


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    parts = (path.rstrip("/") or "/").split("/")
    return _Route(
        operation,
        re.compile("/".join(_pattern(part) for part in parts)),
        dict(parse_qsl(query, keep_blank_values=True)),
        _required(operation, "querystring"),
        frozenset(name.lower() for name in _required(operation, "header")),
        sum(1 for part in parts if part and not part.startswith("{")),
        bool(operation.deprecated),
    )


def _required(operation: OperationModel, place: str) -> frozenset[str]:
    """The names of required members that are sent in that place."""
    shape = operation.input_shape
    told = [shape.members[name].serialization for name in shape.required_members] if shape else []
    return frozenset(str(member["name"]) for member in told if member.get("location") == place)


def _queried(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    told = {name: member.serialization for name, member in _members(operation).items()}
    names = {
        name: str(place.get("name", name)) for name, place in told.items() if place.get("location") == "querystring"
    }
    return {name: query[wire] for name, wire in names.items() if wire in query}


def _sent(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """What headers and body tell, read by botocore as if it were an answer of the same shape."""
    shape = operation.input_shape
    payload = str(shape.serialization.get("payload", "")) if shape else ""
    streams = payload in _members(operation) and _members(operation)[payload].type_name in ("blob", "string")
    headers = botocore.awsrequest.HeadersDict(request.headers)
    message = {"status_code": 200, "headers": headers, "body": b"" if streams else request.body, "context": {}}
    try:
        parser = botocore.parsers.create_parser(operation.service_model.resolved_protocol)
        found: dict[str, Any] = parser.parse(message, shape)
    except (botocore.parsers.ResponseParserError, ValueError, TypeError, AttributeError, LookupError):
        return {}  # the store says what is wrong with it
    return {name: value for name, value in found.items() if name in _members(operation)}


def _members(operation: OperationModel) -> Mapping[str, Any]:
    return operation.input_shape.members if operation.input_shape else {}


def _pattern(part: str) -> str:
    """One part of a path. A label with a plus takes the parts that follow it too."""
    label = _LABEL.fullmatch(part)
    if label is None:
        return _LABEL.sub("[^/]+", part) if "{" in part else re.escape(part)
    return f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
