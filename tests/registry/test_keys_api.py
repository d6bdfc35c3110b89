from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.auth import KEY_PATTERN, PERMISSIONS, Caller, Role

from .conftest import Seed, aws_account
from .fakes import FakeNow

KEYS = "/api/v3/auth/keys"


def public(seed: Seed, role: Role) -> str:
    return seed.keys[role].split(".")[0]


def test_a_new_key_is_shown_once_and_opens_what_its_role_may(client: TestClient, anonymous: TestClient) -> None:
    made = client.post(KEYS, json={"key_role": "Analyst", "key_name": " night shift "})
    assert made.status_code == 201
    key = made.json()["data"]
    secret = key.pop("secret_key")
    assert KEY_PATTERN.fullmatch(secret)
    assert key == {
        "id": 6,
        "user_id": 6,
        "public_key": secret.split(".")[0],
        "key_name": "night shift",
        "key_role": "Analyst",
        "last_used_timestamp": None,
    }
    headers = {"Authorization": f"Bearer {secret}"}
    assert anonymous.get("/api/v3/accounts", headers=headers).status_code == 200
    assert anonymous.post("/api/v3/accounts", json=aws_account("a"), headers=headers).status_code == 403
    everything = client.get(KEYS).text + client.get("/api/v3/audit-log?page=1&per_page=99").text
    assert secret.split(".")[1] not in everything


def test_keys_are_listed_in_pages(client: TestClient, seed: Seed) -> None:
    answer = client.get(f"{KEYS}?per_page=2&page=2").json()
    assert [key["key_role"] for key in answer["data"]] == ["Lead Analyst", "Analyst"]
    assert answer["data"][0]["public_key"] == public(seed, Role.LEAD_ANALYST)
    assert answer["pagination"]["total_records"] == len(Role)


@pytest.mark.parametrize("by", ["body", "path"])
def test_a_revoked_key_opens_nothing_from_then_on(
    client: TestClient, client_as: Callable[[Role], TestClient], seed: Seed, by: str
) -> None:
    analyst, public_key = client_as(Role.ANALYST), public(seed, Role.ANALYST)
    assert analyst.get("/api/v3/accounts").status_code == 200
    if by == "body":
        answer = client.request("DELETE", KEYS, json={"public_key": public_key})
    else:
        answer = client.delete(f"{KEYS}/{public_key}")
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert analyst.get("/api/v3/accounts").status_code == 401
    assert client.delete(f"{KEYS}/{public_key}").status_code == 404
    assert client.get(KEYS).json()["pagination"]["total_records"] == len(Role) - 1


def test_the_last_key_that_makes_keys_stays(client: TestClient, seed: Seed) -> None:
    assert client.delete(f"{KEYS}/{public(seed, Role.PLATFORM_ADMINISTRATOR)}").status_code == 200
    refused = client.delete(f"{KEYS}/{public(seed, Role.ADMINISTRATOR)}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator_key")
    assert client.get(KEYS).status_code == 200
    client.post(KEYS, json={"key_role": "Platform Administrator"})
    assert client.delete(f"{KEYS}/{public(seed, Role.ADMINISTRATOR)}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key_role": "root"},
        {"key_role": "Analyst", "key_name": ""},
        {"key_role": "Analyst", "key_name": " "},
        {"key_role": "Analyst", "key_name": "nul\0"},
        {"key_role": "Analyst", "key_name": "x" * 256},
    ],
)
def test_a_key_needs_a_role_and_a_name_that_can_be_seen(client: TestClient, body: dict[str, str]) -> None:
    assert client.post(KEYS, json=body).status_code == 422


def test_a_key_gives_no_right_that_it_has_not() -> None:
    for own in Role:
        caller = Caller(1, "public", "name", own, None)
        for other in Role:
            assert caller.may_give(other) == all(caller.may(permission) for permission in PERMISSIONS[other])
    analyst = Caller(1, "public", "name", Role.ANALYST, None)
    assert [role for role in Role if not analyst.may_give(role)] == [Role.ADMINISTRATOR, Role.PLATFORM_ADMINISTRATOR]


def test_the_last_use_is_written_once_a_minute(client: TestClient, app: FastAPI, now: FakeNow) -> None:
    def last_used() -> int | None:
        used: int | None = client.get(KEYS).json()["data"][0]["last_used_timestamp"]
        return used

    first = last_used()
    assert first == round(now().timestamp() * 1000)
    now.forward(timedelta(seconds=59))
    assert last_used() == first
    now.forward(timedelta(seconds=1))
    assert last_used() == first + 60_000
