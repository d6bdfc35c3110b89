from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.auth import Role
from tests.registry.conftest import Seed

from .visitor import Visitor, sign_in, text_of

Audited = Callable[[], list[tuple[str, str]]]


def public(seed: Seed, role: Role) -> str:
    return seed.keys[role].partition(".")[0]


def test_keys_are_listed_without_their_secrets(administrator: Visitor, seed: Seed) -> None:
    page = administrator.get("/keys")
    for role, key in seed.keys.items():
        half, _, secret = key.partition(".")
        assert f"{role.value}'s key" in text_of(page)
        assert half in page.text
        assert secret not in page.text
    assert "Administrator's key (yours)" in text_of(page)


def test_a_made_key_is_shown_once_and_signs_in(
    app: FastAPI, administrator: Visitor, audited: Audited, anonymous: TestClient
) -> None:
    made = administrator.send("/keys", name="CI <b>", role="Analyst")
    assert made.status_code == 201
    assert "location" not in made.headers
    assert made.headers["cache-control"] == "no-store"
    found = re.search(r'id="secret">([^<]+)<', made.text)
    assert found
    key = found[1]
    half, _, secret = key.partition(".")
    assert secret not in administrator.get("/keys").text
    assert secret not in administrator.get("/audit-log").text
    assert audited() == [("key_created", f"{half} (CI <b>, Analyst)")]
    assert sign_in(anonymous, key) == 303


@pytest.mark.parametrize(
    ("name", "role", "reason"),
    [
        ("", "Analyst", "A key needs a name of 1 to 255 characters."),
        ("x" * 256, "Analyst", "A key needs a name of 1 to 255 characters."),
        ("x", "Emperor", "Choose a role."),
    ],
)
def test_a_key_that_cannot_be_made_is_told_why(
    administrator: Visitor, audited: Audited, name: str, role: str, reason: str
) -> None:
    answer = administrator.send("/keys", name=name, role=role)
    assert answer.status_code == 400
    assert reason in text_of(answer)
    assert audited() == []


def test_revoking_asks_first_and_then_ends_the_keys_sessions(
    administrator: Visitor, analyst: Visitor, seed: Seed, audited: Audited
) -> None:
    half = public(seed, Role.ANALYST)
    assert "Revoke this key? Name Analyst's key" in administrator.text(f"/keys/{half}/revoke")
    assert analyst.get("/").status_code == 200
    assert half not in administrator.follow(administrator.send(f"/keys/{half}/revoke"))
    assert analyst.get("/").headers["location"] == "/sign-in"
    assert audited() == [("key_revoked", f"{half} (Analyst's key, Analyst)")]
    assert administrator.get(f"/keys/{half}/revoke").status_code == 404
    assert administrator.send(f"/keys/{half}/revoke").status_code == 404


def test_the_last_key_that_may_make_keys_stays(administrator: Visitor, seed: Seed) -> None:
    administrator.send(f"/keys/{public(seed, Role.PLATFORM_ADMINISTRATOR)}/revoke")
    half = public(seed, Role.ADMINISTRATOR)
    assert "you will be signed out" in administrator.text(f"/keys/{half}/revoke")
    answer = administrator.send(f"/keys/{half}/revoke")
    assert answer.status_code == 409
    assert "This is the last key that may make keys." in text_of(answer)


@pytest.mark.parametrize("role", [Role.LEAD_ANALYST, Role.ANALYST])
def test_others_neither_see_nor_change_keys(
    signed_in: Callable[[Role], Visitor], seed: Seed, audited: Audited, role: Role
) -> None:
    visitor = signed_in(role)
    half = public(seed, Role.ADMINISTRATOR)
    assert "API keys" not in visitor.get("/").text
    for answer in (
        visitor.get("/keys"),
        visitor.get(f"/keys/{half}/revoke"),
        visitor.send("/keys", name="x", role="Administrator"),
        visitor.send(f"/keys/{half}/revoke"),
    ):
        assert answer.status_code == 403
        assert f"The role {role.value} may not see or change API keys." in text_of(answer)
        assert half not in answer.text
    assert audited() == []
