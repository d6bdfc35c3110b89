"""`/metrics`: what it tells of the database and of its process, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from rolecall.core.verdicts import Verdict
from rolecall.registry.app import create_app
from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.database.models import AccountRow, AuditRow, CheckRow, PipelineRow, SubtaskRow, WorkerRow
from rolecall.registry.metrics.scraped import Metrics
from rolecall.registry.settings import Settings

from .conftest import Seed, aws_account
from .fakes import GOOD_ROLE, FakeNow, FakeProbe

Samples = Mapping[str, float]
"""By name with labels, as they stand in the text."""


def samples(text: str) -> Samples:
    """Read by the library's own reader."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.services.database
    return database


@pytest.fixture
def scrape(client: TestClient) -> Callable[[], Samples]:
    def scraped() -> Samples:
        answer = client.get("/metrics")
        assert answer.status_code == 200, answer.text
        return {name.removeprefix("rolecall_registry_"): value for name, value in samples(answer.text).items()}

    return scraped


def account(name: str, result: str | None, checked_at: datetime | None, added_at: datetime) -> AccountRow:
    fields = {"check_result": result, "checked_at": checked_at, "added_at": added_at}
    return AccountRow(account_name=name, type="aws", role_arn=GOOD_ROLE, **fields)


def check(account_id: int, verdict: Verdict, ended_at: datetime) -> CheckRow:
    told: dict[str, Any] = {"result": "success", "verdict": verdict.value, "reason": "", "issues": []}
    return CheckRow(account_id=account_id, pipeline_id=1, ended_at=ended_at, **told)


def pipeline(type: str, status: str, created: datetime, began: datetime | None, seconds: float | None) -> PipelineRow:
    ended = None if began is None or seconds is None else began + timedelta(seconds=seconds)
    times = {"created_at": created, "started_at": began, "finished_at": ended}
    return PipelineRow(type=type, name="x", status=status, aborted=False, parameters={}, **times)


def subtask(pipeline_id: int, kind: str, state: str, leased_until: datetime | None = None) -> SubtaskRow:
    rest = {"name": "x", "parameters": {}, "priority": 0, "progress": [], "tries": 0}
    return SubtaskRow(pipeline_id=pipeline_id, kind=kind, state=state, leased_until=leased_until, **rest)


def test_accounts_are_told_by_result_verdict_and_age(
    database: Database, now: FakeNow, scrape: Callable[[], Samples]
) -> None:
    ages = {"young": timedelta(hours=1), "late": timedelta(days=7, hours=1), "old": timedelta(days=40)}
    with database.transaction() as session:
        session.add_all(account(name, "success", now() - age, now()) for name, age in ages.items())
        session.add(account("never", None, None, now()))
        session.flush()
        session.add_all(
            [check(1, Verdict.UNSAFE, now()), check(1, Verdict.READY, now()), check(2, Verdict.RESTRICTED, now())]
        )
    told = scrape()
    assert told['accounts{check_result="success"}'] == 3
    assert told['accounts{check_result="no_checks"}'] == 1
    assert told['accounts{check_result="failure"}'] == 0
    verdicts = {verdict: told[f'accounts_by_verdict{{verdict="{verdict}"}}'] for verdict in Verdict}
    assert {verdict: number for verdict, number in verdicts.items() if number} == {
        Verdict.READY: 1,
        Verdict.RESTRICTED: 1,
        Verdict.UNKNOWN: 2,
    }
    within = [told[f'accounts_checked_within{{days="{days}"}}'] for days in (1, 2, 7, 8, 15, 31)]
    assert within == [1, 1, 1, 2, 2, 2]
    assert told["oldest_account_check_timestamp_seconds"] == (now() - ages["old"]).timestamp()


def test_pipelines_are_told_by_status_and_those_that_ended_by_duration(
    database: Database, now: FakeNow, scrape: Callable[[], Samples]
) -> None:
    with database.transaction() as session:
        session.add_all(
            [
                pipeline("healthcheck", "complete", now(), now(), 0.5),
                pipeline("healthcheck", "failed", now(), now(), 100),
                pipeline("healthcheck", "cancelled", now(), None, None),
                pipeline("accountdiscovery", "complete", now(), now(), 20_000),
                pipeline("accountdiscovery", "in_progress", now() - timedelta(hours=2), now(), None),
            ]
        )
    told = scrape()
    assert told['pipelines{status="complete",type="healthcheck"}'] == 1
    assert told['pipelines{status="queued",type="healthcheck"}'] == 0
    assert told['pipelines{status="in_progress",type="accountdiscovery"}'] == 1
    buckets = [
        told[f'pipeline_duration_seconds_bucket{{le="{le}",type="healthcheck"}}']
        for le in ("1.0", "60.0", "300.0", "+Inf")
    ]
    assert buckets == [1, 1, 2, 2]
    assert told['pipeline_duration_seconds_sum{type="healthcheck"}'] == pytest.approx(100.5, abs=0.01)
    assert told['pipeline_duration_seconds_count{type="accountdiscovery"}'] == 1
    assert told['pipeline_duration_seconds_bucket{le="14400.0",type="accountdiscovery"}'] == 0
    assert told["oldest_open_pipeline_timestamp_seconds"] == (now() - timedelta(hours=2)).timestamp()


def test_subtasks_that_wait_run_or_were_left_are_told(
    database: Database, now: FakeNow, scrape: Callable[[], Samples]
) -> None:
    with database.transaction() as session:
        session.add(pipeline("healthcheck", "in_progress", now(), now(), None))
        session.flush()
        session.add_all(subtask(1, "check", "PENDING") for _ in range(3))
        session.add(subtask(1, "check", "RUNNING", now() + timedelta(seconds=1)))
        session.add(subtask(1, "join", "RUNNING", now() - timedelta(seconds=1)))
        session.add(subtask(1, "join", "SUCCESS"))
    told = scrape()
    assert told['subtasks{kind="check",state="PENDING"}'] == 3
    assert told['subtasks{kind="check",state="RUNNING"}'] == 1
    assert told['subtasks{kind="list",state="PENDING"}'] == 0
    assert told["subtasks_left"] == 1
    assert 'subtasks{kind="join",state="SUCCESS"}' not in told


def test_the_audit_logs_lines_and_the_keys_are_counted(
    database: Database, now: FakeNow, scrape: Callable[[], Samples]
) -> None:
    line = {
        "event": "signed_in",
        "subject": "",
        "verb": "POST",
        "route": "/",
        "response_status": 303,
        "milliseconds": 1.0,
    }
    before = scrape()["audit_lines_total"]
    with database.transaction() as session:
        session.add_all(AuditRow(at=now(), **line) for _ in range(4))
    told = scrape()
    assert told["audit_lines_total"] - before == 4
    assert told["keys"] == len(Role)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_both_databases_tell_the_same(kind: str, request: pytest.FixtureRequest, database_file: Path) -> None:
    """Of a registry with something of all, the durations in seconds included."""
    url = request.getfixturevalue("postgres").new_database() if kind == "postgresql" else f"sqlite:///{database_file}"
    database, now = open_database(url), FakeNow()
    began, lease = now() - timedelta(hours=1), now() - timedelta(seconds=1)
    with database.transaction() as session:
        session.add(account("one", "failure", began, now()))
        session.flush()
        number = session.scalars(select(AccountRow.id)).one()
        session.add_all([check(number, Verdict.UNSAFE, began), pipeline("healthcheck", "failed", began, began, 12.5)])
        session.flush()
        session.add(subtask(session.scalars(select(PipelineRow.id)).one(), "check", "RUNNING", lease))
        session.add_all(
            [
                WorkerRow(owner="there", there_until=now() + timedelta(seconds=1)),
                WorkerRow(owner="gone", there_until=lease),
            ]
        )
    told = samples(generate_latest(Metrics(database, now).registry).decode())
    database.close()
    wanted = {
        'accounts{check_result="failure"}': 1,
        'accounts_by_verdict{verdict="unsafe"}': 1,
        'accounts_checked_within{days="1"}': 1,
        "oldest_account_check_timestamp_seconds": began.timestamp(),
        'pipelines{status="failed",type="healthcheck"}': 1,
        'pipeline_duration_seconds_bucket{le="5.0",type="healthcheck"}': 0,
        'pipeline_duration_seconds_bucket{le="15.0",type="healthcheck"}': 1,
        'subtasks{kind="check",state="RUNNING"}': 1,
        "subtasks_left": 1,
        "workers": 1,
    }
    assert {name: told[f"rolecall_registry_{name}"] for name in wanted} == wanted
    seconds = told['rolecall_registry_pipeline_duration_seconds_sum{type="healthcheck"}']
    assert seconds == pytest.approx(12.5, abs=0.01)


def test_an_empty_registry_has_no_oldest_check(scrape: Callable[[], Samples]) -> None:
    told = scrape()
    assert "oldest_account_check_timestamp_seconds" not in told
    assert "oldest_open_pipeline_timestamp_seconds" not in told
    assert told['accounts{check_result="success"}'] == 0


def test_requests_are_counted_by_method_and_status(
    client: TestClient, anonymous: TestClient, scrape: Callable[[], Samples]
) -> None:
    anonymous.get("/api/v3/accounts")
    anonymous.get("/api/v3/accounts", headers={"Authorization": "Bearer wrong"})
    client.get("/nowhere")
    client.request("BREW", "/api/v3/accounts")
    told = scrape()
    assert told['requests_total{method="GET",status="401"}'] == 2
    assert told["failed_authentications_total"] == 2
    assert told['requests_total{method="GET",status="404"}'] == 1
    assert told['requests_total{method="other",status="405"}'] == 1
    assert told["request_duration_seconds_count"] == 4


def test_two_servers_of_one_database_tell_the_same_of_it_and_each_its_own_requests(
    app: FastAPI, settings: Settings, probe: FakeProbe, now: FakeNow, client: TestClient, seed: Seed
) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    other = create_app(settings, probe, now=now)
    headers = {"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"}
    here, there = (samples(TestClient(each, headers=headers).get("/metrics").text) for each in (app, other))
    other.state.services.database.close()
    own = ("process_", "rolecall_registry_request", "rolecall_registry_failed", "rolecall_registry_keys")
    state = {name: value for name, value in here.items() if not name.startswith(own)}
    assert state == {name: value for name, value in there.items() if not name.startswith(own)}
    assert state['rolecall_registry_accounts{check_result="no_checks"}'] == 1
    assert 'rolecall_registry_requests_total{method="POST",status="201"}' in here
    assert 'rolecall_registry_requests_total{method="POST",status="201"}' not in there
    assert not [each for each in REGISTRY.collect() if each.name.startswith("rolecall")], "nothing global"


def test_a_thousand_accounts_make_no_more_series_and_no_name_is_told(
    client: TestClient, registered: Callable[[list[str]], None], database: Database, now: FakeNow
) -> None:
    client.get("/metrics")
    few = samples(client.get("/metrics").text)
    registered([f"canary {number}" for number in range(1000)])
    client.get("/api/v3/accounts/canary%201")
    text = client.get("/metrics").text
    assert samples(text).keys() == few.keys()
    assert "canary" not in text
    assert GOOD_ROLE not in text


def test_it_answers_in_prometheus_text_form(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    assert 'rolecall_registry_info{version="' in answer.text
