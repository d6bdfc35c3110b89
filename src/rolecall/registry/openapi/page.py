"""`/api/v3/docs`: the OpenAPI document as a page. Shows what the document says and nothing of the database.

Rendered here, without a script or anything from elsewhere: the registry's CSP allows neither, and it works offline.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

Node = Mapping[str, Any]
"""A part of the document."""

router = APIRouter(include_in_schema=False)
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`takes` says in words which values it takes; `default` is empty where there is none to tell."""

    name: str
    place: str
    required: bool
    takes: str
    default: str
    description: str

    @classmethod
    def of(cls, parameter: Node, schemas: Node) -> Parameter:
        schema = parameter["schema"]
        default = schema.get("default")
        return cls(
            parameter["name"],
            parameter["in"],
            parameter["required"],
            _takes(schema, schemas),
            "" if default is None else str(default),
            parameter.get("description", ""),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """`sent` and `answered` are examples, ready to be shown; `sent` is empty where there is no body."""

    id: str
    method: str
    path: str
    description: str
    parameters: tuple[Parameter, ...]
    sent: str
    status: str
    answered: str
    errors: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, method: str, path: str, operation: Node, schemas: Node) -> Call:
        responses = operation["responses"]
        status = next(status for status in responses if status.startswith("2"))
        return cls(
            operation["operationId"],
            method.upper(),
            path,
            operation["description"],
            tuple(Parameter.of(parameter, schemas) for parameter in operation.get("parameters", ())),
            _example(operation["requestBody"]["content"]) if "requestBody" in operation else "",
            status,
            _example(responses[status]["content"]),
            tuple((code, told["description"]) for code, told in sorted(responses.items()) if code != status),
        )


@router.get("/api/v3/docs")
def reference(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    sections = [(tag, list(_calls(document, tag["name"]))) for tag in document["tags"]]
    return HTMLResponse(_templates.get_template("reference.html").render(info=document["info"], sections=sections))


def _calls(document: Node, tag: str) -> Iterator[Call]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if tag in operation["tags"]:
                yield Call.of(method, path, operation, document["components"]["schemas"])


def _example(content: Node) -> str:
    """The example of the first format that has one. A file is text already."""
    example = next(media["example"] for media in content.values() if "example" in media)
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)


def _takes(schema: Node, schemas: Node) -> str:
    if "anyOf" in schema:
        return ", ".join(_takes(one, schemas) for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        return _takes(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if schema["type"] == "array":
        return f"any of {_takes(schema['items'], schemas)}"
    if "minimum" in schema:
        return f"{schema['type']}, {schema['minimum']} to {schema['maximum']}"
    return str(schema["type"])
