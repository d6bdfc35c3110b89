"""Which operation a REST request is for: by method, path, query and headers, as botocore's service model says. Pure.

https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, unquote

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
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
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
            return Match(route.operation, params)
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
        operation.name,
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


def _pattern(part: str) -> str:
    """One part of a path. A label with a plus takes the parts that follow it too."""
    label = _LABEL.fullmatch(part)
    if label is None:
        return _LABEL.sub("[^/]+", part) if "{" in part else re.escape(part)
    return f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
