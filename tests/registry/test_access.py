from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.app import ROUTERS
from rolecall.registry.auth import Role

from .conftest import Seed, aws_account

CALLS = {
    ("GET", "/api/v3/accounts"): (200, 200, 200, 200, 403),
    ("POST", "/api/v3/accounts"): (201, 201, 403, 403, 403),
    ("GET", "/api/v3/accounts/{account_name}"): (404, 404, 404, 404, 403),
    ("DELETE", "/api/v3/accounts/{account_name}"): (404, 404, 403, 403, 403),
    ("POST", "/api/v3/accounts/check"): (404, 404, 403, 403, 403),
    ("POST", "/api/v3/accounts/discovery/aws"): (404, 404, 403, 403, 403),
    ("GET", "/api/v3/pipelines"): (200, 200, 200, 200, 200),
    ("GET", "/api/v3/pipelines/{pipeline_id}"): (404, 404, 404, 404, 404),
    ("PATCH", "/api/v3/pipelines/{pipeline_id}"): (404, 404, 403, 403, 403),
    ("POST", "/api/v3/pipelines/{pipeline_id}/rerun"): (404, 404, 403, 403, 403),
    ("GET", "/api/v3/auth/whoami"): (200, 200, 200, 200, 200),
    ("GET", "/api/v3/auth/keys"): (200, 200, 403, 403, 403),
    ("POST", "/api/v3/auth/keys"): (201, 201, 403, 403, 403),
    ("DELETE", "/api/v3/auth/keys"): (404, 404, 403, 403, 403),
    ("DELETE", "/api/v3/auth/keys/{public_key}"): (404, 404, 403, 403, 403),
    ("GET", "/api/v3/audit-log"): (200, 200, 403, 403, 403),
    ("GET", "/api/v3/audit-log/export"): (200, 200, 403, 403, 403),
    ("GET", "/api/v3/system/status"): (200, 200, 403, 403, 403),
}
"""What each role, in the order of `Role`, is answered. What is named does not exist."""

BODIES: dict[tuple[str, str], dict[str, object]] = {
    ("POST", "/api/v3/accounts"): aws_account("prod"),
    ("POST", "/api/v3/accounts/check"): {"account_name": "absent"},
    ("POST", "/api/v3/accounts/discovery/aws"): {"organization_account_name": "absent", "iam_role_name": "Role"},
    ("PATCH", "/api/v3/pipelines/{pipeline_id}"): {"aborted": True},
    ("POST", "/api/v3/auth/keys"): {"key_role": "Analyst"},
    ("DELETE", "/api/v3/auth/keys"): {"public_key": "absent"},
}
ABSENT = {"account_name": "absent", "pipeline_id": 1, "public_key": "absent"}
OPEN = {"/healthz", "/sign-in", "/static/{path}", "/api/v3/openapi.json", "/api/v3/docs"}
"""What anybody may ask for."""

TABLE = [(*call, role, status) for call, row in CALLS.items() for role, status in zip(Role, row, strict=True)]


def called(client: TestClient, method: str, path: str) -> httpx.Response:
    parameters = {"page": 1, "per_page": 1} if path.endswith("audit-log") else None
    answer: httpx.Response = client.request(
        method, path.format(**ABSENT), json=BODIES.get((method, path)), params=parameters
    )
    return answer


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every method and path that the app answers, as it tells them itself."""
    routes: list[Any] = [*app.routes, *(route for router in ROUTERS for route in router.routes)]
    return {
        (method, getattr(route, "path_format", route.path))
        for route in routes
        if hasattr(route, "path")
        for method in (getattr(route, "methods", None) or {"GET"}) - {"HEAD"}
    }


@pytest.mark.parametrize(("method", "path", "role", "status"), TABLE)
def test_each_role_may_make_its_calls_and_no_others(
    client_as: Callable[[Role], TestClient], method: str, path: str, role: Role, status: int
) -> None:
    answer = called(client_as(role), method, path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "forbidden"


def test_every_route_of_the_api_has_its_row_in_the_table(app: FastAPI) -> None:
    of_the_api = {(method, path) for method, path in routes_of(app) if path.startswith("/api/") and path not in OPEN}
    assert of_the_api == set(CALLS)


def test_every_router_is_part_of_the_app(app: FastAPI) -> None:
    documented = {(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item}
    assert documented == set(CALLS) | {("GET", "/healthz")}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_call_is_answered_without_a_key(anonymous: TestClient, method: str, path: str) -> None:
    answer = called(anonymous, method, path)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_no_page_shows_anything_to_who_has_not_signed_in(app: FastAPI, anonymous: TestClient) -> None:
    pages = [(method, path) for method, path in routes_of(app) if not path.startswith("/api/") and path not in OPEN]
    assert len(pages) >= 2
    for method, path in pages:
        answer = anonymous.request(method, re.sub(r"\{\w+\}", "1", path))
        sent_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert sent_away or answer.status_code in (401, 403), (method, path)


def test_a_key_that_is_wrong_in_any_part_is_refused(anonymous: TestClient, seed: Seed) -> None:
    right = seed.keys[Role.ADMINISTRATOR]
    public, secret = right.split(".")
    other_secret = seed.keys[Role.ANALYST].split(".")[1]
    wrong = [public, secret, f"{public}.", f".{secret}", f"{public}.{secret[:-1]}", f"{public}.{other_secret}", "é.ü"]
    for key in wrong:
        answer = anonymous.get("/api/v3/auth/whoami", headers={b"Authorization": f"Bearer {key}".encode()})
        assert answer.status_code == 401, key
    assert anonymous.get("/api/v3/auth/whoami", headers={"Authorization": f"Basic {right}"}).status_code == 401
    assert anonymous.get("/api/v3/auth/whoami", headers={"Authorization": f"bearer {right}"}).status_code == 200


def test_whoami_tells_the_role_and_what_it_may_do(client_as: Callable[[Role], TestClient]) -> None:
    data = client_as(Role.LEAD_ANALYST).get("/api/v3/auth/whoami").json()["data"]
    assert data == {
        "id": 3,
        "username": "Lead Analyst's key",
        "display_name": "Lead Analyst's key",
        "changed_password": True,
        "eula_agreed": True,
        "permissions": {
            "view_accounts": True,
            "manage_accounts": False,
            "view_pipelines": True,
            "manage_pipelines": False,
            "manage_keys": False,
            "view_audit_log": False,
            "view_system_status": False,
        },
        "rbac_role": "Lead Analyst",
    }


def test_health_takes_no_key(anonymous: TestClient) -> None:
    assert anonymous.get("/healthz").json() == {"status": "success", "data": {"healthy": True}}
