from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.auth import Role

from .conftest import Seed, aws_account

CALLS = {
    ("get", "/api/v3/accounts"): (200, 200, 200, 200, 403),
    ("post", "/api/v3/accounts"): (201, 201, 403, 403, 403),
    ("get", "/api/v3/accounts/{account_name}"): (404, 404, 404, 404, 403),
    ("delete", "/api/v3/accounts/{account_name}"): (404, 404, 403, 403, 403),
    ("get", "/api/v3/auth/whoami"): (200, 200, 200, 200, 200),
    ("get", "/api/v3/system/status"): (200, 200, 403, 403, 403),
}
"""What each role, in the order of `Role`, is answered. The named account does not exist."""

TABLE = [(*call, role, status) for call, row in CALLS.items() for role, status in zip(Role, row, strict=True)]


@pytest.mark.parametrize(("method", "path", "role", "status"), TABLE)
def test_each_role_may_make_its_calls_and_no_others(
    client_as: Callable[[Role], TestClient], method: str, path: str, role: Role, status: int
) -> None:
    body = aws_account("prod") if method == "post" else None
    answer = client_as(role).request(method, path.format(account_name="absent"), json=body)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "forbidden"


def test_the_table_of_roles_and_calls_is_complete(app: FastAPI) -> None:
    documented = {(method, path) for path, item in app.openapi()["paths"].items() for method in item}
    assert documented == set(CALLS) | {("get", "/healthz")}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_call_is_answered_without_a_key(anonymous: TestClient, method: str, path: str) -> None:
    body = aws_account("prod") if method == "post" else None
    answer = anonymous.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


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


def test_status_counts_the_accounts(client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    assert client.get("/api/v3/system/status").json()["data"]["accounts"] == 1
