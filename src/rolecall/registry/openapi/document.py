"""The app with a complete OpenAPI document: names that a client generator can use, and an example of every call.

No I/O. https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from rolecall.registry.openapi.examples import ERRORS, EXAMPLES, Example

URL = "/api/v3/openapi.json"
TAGS = [
    {"name": "accounts", "description": "Registered roles: added once each has answered, checked, discovered."},
    {"name": "pipelines", "description": "Checks and discoveries while they run and after; cancelled, begun again."},
    {"name": "auth", "description": "Whose key this is, and the keys."},
    {"name": "audit log", "description": "Who changed what. It only grows."},
    {"name": "system", "description": "Health and size."},
]


class DocumentedApp(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """FastAPI's document, with ours put in. Made once; those who ask share it."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    _complete(operation, EXAMPLES.get((method, path)))
            self.openapi_schema = document
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """Such as `accounts_list`."""
    tag = str(route.tags[0]) if route.tags else "pages"
    return f"{tag.replace(' ', '_')}_{route.name.strip('_')}"


def _complete(operation: dict[str, Any], example: Example | None) -> None:
    operation["summary"] = operation["description"].split("\n")[0].partition(". ")[0].rstrip(".")
    _tell_errors(operation)
    if example is None:
        return
    status = next(status for status in operation["responses"] if status.startswith("2"))
    # A file is shown in the first of its formats.
    next(iter(operation["responses"][status]["content"].values()))["example"] = example.answer
    if example.request is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example.request


def _tell_errors(operation: dict[str, Any]) -> None:
    """The words of this part of the API, where they are not the same everywhere."""
    for (tag, status), (code, message) in ERRORS.items():
        if tag in operation["tags"] and status in operation["responses"]:
            content = operation["responses"][status]["content"]["application/json"]
            content["example"] = {"status": "error", "message": message, "code": code}
