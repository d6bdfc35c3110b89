"""What the document says of each error: its words, its headers and an example. Data only."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

_EXAMPLES = {
    HTTPStatus.BAD_REQUEST: ("role_missing", "Send the role's ARN as credential_data.role."),
    HTTPStatus.UNAUTHORIZED: ("unauthenticated", "The registry does not know this key."),
    HTTPStatus.FORBIDDEN: ("forbidden", "The role Analyst may not do this; it takes manage_accounts."),
    HTTPStatus.NOT_FOUND: ("account_not_found", "There is no account named 'Prod'."),
    HTTPStatus.CONFLICT: ("account_exists", "There is already an account named 'Prod'."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("request_entity_too_large", "The body is larger than 65536 bytes."),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("invalid_request", "The request is not valid; `data` lists why."),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "too_many_attempts",
        "Too many unknown keys came from this address. Try again in 6 seconds.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("internal_error", "The registry failed; its log says why."),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "database_unavailable",
        "The registry's database does not answer. Try again.",
    ),
}
_HEADERS: dict[HTTPStatus, dict[str, Any]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": {"schema": {"const": "Bearer"}}},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
}


def documented(status: HTTPStatus) -> dict[str, Any]:
    """An OpenAPI response, but for its schema."""
    code, message = _EXAMPLES[status]
    example = {"status": "error", "message": message, "code": code}
    response: dict[str, Any] = {
        "description": status.phrase,
        "content": {"application/json": {"example": example}},
    }
    return response | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
