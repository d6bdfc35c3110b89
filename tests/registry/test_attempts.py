from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import aiohttp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role
from rolecall.registry.buckets import Buckets
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings

from .conftest import Seed, aws_account
from .fakes import FakeNow, FakeProbe
from .pages.visitor import form_token
from .test_server import running

WRONG = "0123456789abcdef." + "x" * 43
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def asked(app: FastAPI, key: str, source: str = "192.0.2.1") -> tuple[int, str | None]:
    client = TestClient(app, client=(source, 40000))
    answer = client.get("/api/v3/auth/whoami", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.headers.get("retry-after")


def guess(app: FastAPI, source: str = "192.0.2.1", times: int = 10) -> None:
    for _ in range(times):
        assert asked(app, WRONG, source) == (401, None)


def refusals(client: TestClient) -> list[dict[str, object]]:
    answer = client.get("/api/v3/audit-log", params={"page": 1, "per_page": 1000, "event": "sign_in_refused"})
    lines: list[dict[str, object]] = answer.json()["data"]
    return lines


def test_after_ten_wrong_keys_an_address_waits(app: FastAPI, seed: Seed, now: FakeNow) -> None:
    right = seed.keys[Role.ANALYST]
    guess(app)
    assert asked(app, WRONG) == (429, "6")
    assert asked(app, right) == (429, "6")
    now.forward(timedelta(seconds=4.5))
    assert asked(app, WRONG) == (429, "2")
    now.forward(timedelta(seconds=1.5))
    assert asked(app, WRONG) == (401, None)
    assert asked(app, right) == (429, "6")
    now.forward(timedelta(seconds=6))
    assert asked(app, right) == (200, None)


def test_other_addresses_do_not_wait(app: FastAPI, seed: Seed) -> None:
    guess(app)
    assert asked(app, seed.keys[Role.ANALYST], "192.0.2.2") == (200, None)


def test_the_refusal_has_the_shape_of_an_error(app: FastAPI, anonymous: TestClient) -> None:
    guess(app, "testclient")
    answer = anonymous.get("/api/v3/auth/whoami", headers={"Authorization": f"Bearer {WRONG}"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.9", "192.0.2.9", True),
        ("::1", "::2", True),
    ],
)
def test_a_network_of_ipv6_counts_as_one(app: FastAPI, first: str, second: str, one: bool) -> None:
    guess(app, first)
    assert asked(app, WRONG, second)[0] == (429 if one else 401)


def test_right_keys_and_no_keys_cost_nothing(app: FastAPI, seed: Seed, anonymous: TestClient) -> None:
    for _ in range(30):
        assert asked(app, seed.keys[Role.ANALYST], "testclient")[0] == 200
        assert anonymous.get("/api/v3/auth/whoami").status_code == 401
    guess(app, "testclient")


def test_the_page_and_the_api_count_together(app: FastAPI, anonymous: TestClient, seed: Seed, now: FakeNow) -> None:
    guess(app, "testclient", times=9)
    form = {"form_token": form_token(anonymous.get("/sign-in").text), "key": WRONG}
    assert anonymous.post("/sign-in", data=form).status_code == 401
    right = form | {"key": seed.keys[Role.ANALYST]}
    refused = anonymous.post("/sign-in", data=right)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "6")
    assert "Too many" in refused.text
    assert asked(app, WRONG, "testclient") == (429, "6")
    now.forward(timedelta(seconds=6))
    assert anonymous.post("/sign-in", data=right).status_code == 303


def test_refusals_are_in_the_audit_log_without_what_was_tried(app: FastAPI, client: TestClient) -> None:
    guess(app, times=1)
    for key in ("canary", WRONG.split(".")[1], "0123456789ABCDEF.canary"):
        asked(app, key, "192.0.2.7")
    lines = refusals(client)
    assert [line["subject"] for line in lines] == ["no key of the registry's form"] * 3 + ["0123456789abcdef"]
    assert {line["user"] for line in lines} == {None}
    assert (lines[3]["source"], lines[3]["response_status"], lines[3]["verb"]) == ("192.0.2.1", 401, "GET")
    assert "canary" not in str(lines)
    assert "x" * 43 not in str(lines)


def test_the_audit_log_takes_sixty_refusals_and_then_one_a_second(
    app: FastAPI, client: TestClient, now: FakeNow
) -> None:
    for number in range(8):
        guess(app, f"198.51.100.{number}")
    assert len(refusals(client)) == 60
    now.forward(timedelta(seconds=2))
    guess(app, "203.0.113.1")
    assert len(refusals(client)) == 62


def test_a_bucket_fills_to_its_capacity_and_no_further() -> None:
    buckets = Buckets(capacity=2, seconds=10, keys=5)
    assert [buckets.take("a", NOON) for _ in range(3)] == [True, True, False]
    assert buckets.wait("a", NOON) == 10
    later = NOON + timedelta(hours=1)
    assert [buckets.take("a", later) for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_gives_no_tokens() -> None:
    buckets = Buckets(capacity=1, seconds=10, keys=5)
    assert buckets.take("a", NOON)
    assert buckets.wait("a", NOON - timedelta(hours=1)) == 10
    assert buckets.wait("a", NOON - timedelta(hours=1) + timedelta(seconds=10)) == 0


def test_no_more_keys_are_remembered_than_there_is_room_for() -> None:
    buckets = Buckets(capacity=1, seconds=10, keys=3)
    for key in "abcab":
        buckets.take(key, NOON)
    buckets.take("d", NOON)
    assert len(buckets) == 3
    assert [buckets.wait(key, NOON) for key in "abcd"] == [10, 10, 0, 10]


@pytest.mark.parametrize("behind_proxy", [True, False])
async def test_whom_a_proxy_tells_is_counted_only_where_there_is_a_proxy(
    settings: Settings, probe: FakeProbe, now: FakeNow, behind_proxy: bool
) -> None:
    """Otherwise whoever guesses would be somebody else each time."""
    server = listen(settings, probe, port=0, behind_proxy=behind_proxy)
    app = cast(FastAPI, server.config.app)
    app.state.services = replace(app.state.services, now=now)  # six seconds would allow one more
    async with running(server) as url, aiohttp.ClientSession() as session:

        async def asked_for(source: str) -> int:
            headers = {"Authorization": f"Bearer {WRONG}", "X-Forwarded-For": source, "X-Forwarded-Proto": "https"}
            async with session.get(f"{url}/api/v3/auth/whoami", headers=headers) as answer:
                return answer.status

        assert [await asked_for(f"192.0.2.{number}") for number in range(10)] == [401] * 10
        assert await asked_for("192.0.2.99") == (401 if behind_proxy else 429)
        assert [await asked_for("192.0.2.99") for _ in range(10)][-1] == 429


def test_whoever_reads_does_not_fail_where_nothing_can_be_written(
    settings: Settings, seed: Seed, now: FakeNow, database_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another has the one lock for writing, or the disk is full: when a key was used is then told less exactly."""
    monkeypatch.setattr("rolecall.registry.database.engine._BUSY_SECONDS", 0.2)
    app = create_app(settings, FakeProbe(), now=now)
    client = TestClient(app, headers={"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"})
    with closing(sqlite3.connect(database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert [client.get("/api/v3/accounts").status_code for _ in range(2)] == [200, 200]
        assert client.post("/api/v3/accounts", json=aws_account("x")).status_code == 503
        other.execute("ROLLBACK")
    now.forward(timedelta(minutes=1))
    told = client.get("/api/v3/auth/keys").json()["data"]
    assert told[0]["last_used_timestamp"] == round(now().timestamp() * 1000)
    app.state.services.database.close()
