from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.pipelines import presence
from rolecall.registry.pipelines.routes import SUBTASKS_LISTED
from rolecall.registry.pipelines.store import ORDERS, begin
from rolecall.registry.pipelines.terms import SubtaskState

from .conftest import aws_account
from .fakes import FakeNow
from .work import Work

PIPELINES = "/api/v3/pipelines"
NOON = round(datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp() * 1000)


def begun(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    number = answer.json()["data"]["pipeline_id"]
    assert isinstance(number, int)
    return number


def one(client: TestClient, pipeline_id: int) -> dict[str, Any]:
    answer = client.get(f"{PIPELINES}/{pipeline_id}")
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()["data"]
    return data


def listed(client: TestClient, query: str = "") -> list[int]:
    return [row["pipeline"]["id"] for row in client.get(f"{PIPELINES}{query}").json()["data"]]


@pytest.fixture
def check(client: TestClient, registered: Callable[[list[str]], None]) -> int:
    """A check that nobody has taken yet."""
    registered(["prod"])
    return begun(client.post("/api/v3/accounts/check", json={"account_name": "prod"}))


def test_a_check_is_a_queued_pipeline_of_whoever_asked(client: TestClient, check: int) -> None:
    row = {
        "pipeline": {"id": check, "type": "healthcheck"},
        "name": "Account check of prod",
        "status": "queued",
        "aborted": False,
        "terminated": False,
        "can_be_terminated": True,
        "created": NOON,
        "start_time": None,
        "kick_off": [],
        "summary": {"total": 1, "success": 0, "failure": 0, "pending": 1, "cancelled": 0, "running": 0},
        "user": {"id": 1, "name": "Administrator's key"},
    }
    subtask = {"name": "Check prod", "state": "PENDING"}
    more: dict[str, object] = {
        "name_key": "check",
        "notification_level": "info",
        "progress_text": [],
        "start_time": None,
        "finish_time": None,
        "execution_duration": 0,
        "total_stages": 0,
    }
    assert client.get(PIPELINES).json()["data"] == [row | {"subtasks": [subtask]}]
    assert one(client, check) == row | {"subtasks": [subtask | more]}


def test_a_pipeline_is_seen_to_run_and_to_end(client: TestClient, check: int, work: Work, now: FakeNow) -> None:
    now.forward(timedelta(seconds=5))
    work.take(check, ["Assumed the role"])
    now.forward(timedelta(seconds=1.5))
    running = one(client, check)
    assert (running["status"], running["start_time"], running["terminated"]) == ("in_progress", NOON + 5000, False)
    assert running["summary"]["running"] == 1
    subtask = running["subtasks"][0]
    assert (subtask["state"], subtask["start_time"], subtask["finish_time"]) == ("RUNNING", NOON + 5000, None)
    assert (subtask["progress_text"], subtask["total_stages"]) == (["Assumed the role"], 1)
    assert subtask["execution_duration"] == 1.5
    now.forward(timedelta(seconds=1))
    work.end(check)
    now.forward(timedelta(hours=1))
    ended = one(client, check)
    assert (ended["status"], ended["terminated"], ended["can_be_terminated"]) == ("complete", True, False)
    subtask = ended["subtasks"][0]
    assert (subtask["finish_time"], subtask["execution_duration"]) == (NOON + 7500, 2.5)


def test_a_failed_subtask_fails_its_pipeline_and_says_so_loudly(client: TestClient, check: int, work: Work) -> None:
    work.end(check, SubtaskState.FAILURE)
    failed = one(client, check)
    assert (failed["status"], failed["summary"]["failure"]) == ("failed", 1)
    assert failed["subtasks"][0]["notification_level"] == "error"


def test_a_pipeline_that_waits_is_cancelled_at_once(client: TestClient, check: int) -> None:
    answer = client.patch(f"{PIPELINES}/{check}", json={"aborted": True})
    assert answer.status_code == 200
    cancelled = one(client, check)
    assert answer.json()["data"] == cancelled
    assert (cancelled["status"], cancelled["aborted"], cancelled["terminated"]) == ("cancelled", True, True)
    assert cancelled["subtasks"][0]["state"] == "CANCELLED"
    assert cancelled["subtasks"][0]["notification_level"] == "warning"


def test_a_pipeline_that_runs_is_cancelled_by_its_worker(client: TestClient, check: int, work: Work) -> None:
    work.take(check)
    client.patch(f"{PIPELINES}/{check}", json={"aborted": True})
    asked = one(client, check)
    assert (asked["status"], asked["aborted"], asked["terminated"]) == ("in_progress", True, False)
    assert not asked["can_be_terminated"]
    work.end(check, SubtaskState.CANCELLED)
    assert one(client, check)["status"] == "cancelled"


def test_a_pipeline_that_has_ended_is_not_cancelled(client: TestClient, check: int, work: Work) -> None:
    work.end(check)
    answer = client.patch(f"{PIPELINES}/{check}", json={"aborted": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "pipeline_ended")
    assert not one(client, check)["aborted"]


@pytest.mark.parametrize("body", [{"aborted": False}, {"aborted": 1}, {"aborted": "true"}, {}])
def test_nothing_but_true_cancels(client: TestClient, check: int, body: dict[str, object]) -> None:
    assert client.patch(f"{PIPELINES}/{check}", json=body).status_code == 422
    assert one(client, check)["status"] == "queued"


def test_a_check_is_begun_again_as_a_pipeline_of_its_own(client: TestClient, check: int, work: Work) -> None:
    early = client.post(f"{PIPELINES}/{check}/rerun")
    assert (early.status_code, early.json()["code"]) == (409, "pipeline_open")
    work.end(check, SubtaskState.FAILURE)
    again = begun(client.post(f"{PIPELINES}/{check}/rerun"))
    first, second = one(client, check), one(client, again)
    assert first["status"] == "failed"
    assert (second["status"], second["name"]) == ("queued", first["name"])
    assert [subtask["name"] for subtask in second["subtasks"]] == ["Check prod"]


def test_a_discovery_begun_again_lists_the_organization_anew(
    client: TestClient, registered: Callable[[list[str]], None], work: Work
) -> None:
    registered(["management"])
    body = {"organization_account_name": "management", "iam_role_name": "CadoResponseRole"}
    discovery = begun(client.post("/api/v3/accounts/discovery/aws", json=body))
    work.found(discovery, ["111122223333", "444455556666"])
    work.end(discovery)
    again = begun(client.post(f"{PIPELINES}/{discovery}/rerun"))
    assert one(client, discovery)["summary"]["total"] == 5
    assert [subtask["name_key"] for subtask in one(client, again)["subtasks"]] == ["list"]
    assert one(client, again)["pipeline"]["type"] == "accountdiscovery"
    assert work.parameters(again) == work.parameters(discovery)


def test_what_the_registry_began_by_itself_is_its_own(client: TestClient, app: FastAPI, now: FakeNow) -> None:
    with app.state.services.database.transaction() as session:
        begin(session, check_pipeline(["a", "b"]), None, now())
    assert one(client, 1)["user"] == {"id": 0, "name": "Rolecall registry"}


def test_a_list_holds_the_first_subtasks_of_each_and_counts_all(client: TestClient, app: FastAPI, now: FakeNow) -> None:
    names = [f"n{number}" for number in range(SUBTASKS_LISTED + 5)]
    with app.state.services.database.transaction() as session:
        begin(session, check_pipeline(names), None, now())
        begin(session, check_pipeline(names[:2]), None, now())
    small, large = client.get(PIPELINES).json()["data"]
    assert [subtask["name"] for subtask in small["subtasks"]] == ["Check n0", "Check n1"]
    assert [subtask["name"] for subtask in large["subtasks"]] == [f"Check {name}" for name in names[:SUBTASKS_LISTED]]
    assert large["summary"]["total"] == len(names)
    assert len(one(client, large["pipeline"]["id"])["subtasks"]) == len(names)


@pytest.fixture
def several(client: TestClient, client_as: Callable[..., TestClient], work: Work, now: FakeNow) -> list[int]:
    """Two checks that ended and failed, and a discovery that waits; a second apart."""
    made: list[int] = []
    for path, body in (
        ("check", {"account_name": "a"}),
        ("check", {"account_name": "a"}),
        ("discovery/aws", {"organization_account_name": "a", "iam_role_name": "R"}),
    ):
        if not made:
            client.post("/api/v3/accounts", json=aws_account("a") | {"skip_account_check": True})
        made.append(begun(client.post(f"/api/v3/accounts/{path}", json=body)))
        now.forward(timedelta(seconds=1))
    work.end(made[0])
    work.end(made[1], SubtaskState.FAILURE)
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [3, 2, 1]),
        ("?order_by=created", [1, 2, 3]),
        ("?order_by=-type", [2, 1, 3]),
        ("?type=healthcheck", [2, 1]),
        ("?type=accountdiscovery", [3]),
        ("?pipeline_status=failed", [2]),
        ("?pipeline_status=queued", [3]),
        ("?type=healthcheck&pipeline_status=cancelled", []),
        ("?per_page=2", [3, 2]),
        ("?per_page=2&page=2", [1]),
    ],
)
def test_pipelines_are_filtered_ordered_and_paged(
    client: TestClient, several: list[int], query: str, expected: list[int]
) -> None:
    assert several == [1, 2, 3]
    assert listed(client, query) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_goes_both_ways(client: TestClient, several: list[int], order: str) -> None:
    rising, falling = listed(client, f"?order_by={order}"), listed(client, f"?order_by=-{order}")
    assert rising == falling[::-1]
    assert len(rising) == len(several)


@pytest.mark.parametrize("query", ["order_by=id", "order_by=--created", "type=x", "pipeline_status=done", "per_page=0"])
def test_a_query_that_means_nothing_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"{PIPELINES}?{query}").status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999"])
def test_what_is_no_id_is_refused(client: TestClient, number: str) -> None:
    assert client.get(f"{PIPELINES}/{number}").status_code == 422


def test_status_tells_what_the_registry_is_doing(client: TestClient, check: int, work: Work, now: FakeNow) -> None:
    def told() -> dict[str, Any]:
        data: dict[str, Any] = client.get("/api/v3/system/status").json()["data"]
        return data

    waiting = told()
    assert (waiting["accounts"], waiting["database"], waiting["healthy"]) == (1, "sqlite", True)
    assert (waiting["pipelines_open"], waiting["workers"], waiting["workers_busy"]) == (1, 0, 0)
    with work.services.database.transaction() as session:
        presence.be_there(session, "waits for work", now(), timedelta(seconds=30))
    assert (told()["workers"], told()["workers_busy"]) == (1, 0)
    work.take(check)
    assert told()["workers_busy"] == 1
    now.forward(timedelta(hours=1))
    assert (told()["workers"], told()["workers_busy"]) == (0, 0)  # nobody was heard of for longer than a lease
    work.end(check)
    assert told()["pipelines_open"] == 0
