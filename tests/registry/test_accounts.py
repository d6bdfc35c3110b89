from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import AccountExists, add_account
from rolecall.registry.database.engine import open_database
from rolecall.registry.settings import Settings

from .conftest import aws_account
from .fakes import ABSENT_ROLE, EXTERNAL_ID, GOOD_ROLE, OPEN_ROLE, REFUSAL, FakeNow, FakeProbe
from .work import ISSUE, Work


def test_an_added_account_is_listed_and_read_by_name(client: TestClient) -> None:
    added = client.post("/api/v3/accounts", json=aws_account("prod"))
    assert (added.status_code, added.json()) == (201, {"status": "success", "data": {"account_name": "prod"}})
    row = {
        "id": 1,
        "account_name": "prod",
        "type": "aws",
        "public_identifier": GOOD_ROLE,
        "account_last_used": "2026-03-01T12:00:00+00:00",
    }
    assert client.get("/api/v3/accounts").json()["data"] == [row | {"account_check_id": None}]
    one = client.get("/api/v3/accounts/prod")
    assert (one.status_code, one.json()) == (200, {"status": "success", "data": row | {"account_issues": None}})


def test_a_removed_account_is_gone(client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    removed = client.delete("/api/v3/accounts/prod")
    assert (removed.status_code, removed.json()) == (200, {"status": "success"})
    assert client.get("/api/v3/accounts/prod").status_code == 404
    assert client.delete("/api/v3/accounts/prod").json()["code"] == "account_not_found"


def test_the_id_of_a_removed_account_is_not_given_out_again(client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("first"))
    client.delete("/api/v3/accounts/first")
    client.post("/api/v3/accounts", json=aws_account("second"))
    assert client.get("/api/v3/accounts/second").json()["data"]["id"] == 2


@pytest.mark.parametrize("name", ["", " ", ".", "..", "nul\0", "x" * 256])
def test_a_name_that_no_path_can_hold_is_refused(client: TestClient, name: str) -> None:
    answer = client.post("/api/v3/accounts", json=aws_account(name))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_taken_name_is_a_conflict_and_aws_is_not_asked(client: TestClient, probe: FakeProbe) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    probe.asked.clear()
    again = client.post("/api/v3/accounts", json=aws_account("prod"))
    assert (again.status_code, again.json()["code"]) == (409, "account_exists")
    assert probe.asked == []
    assert client.get("/api/v3/accounts").json()["pagination"]["total_records"] == 1


def test_of_two_that_add_a_name_at_once_the_table_lets_one_in(settings: Settings, now: FakeNow) -> None:
    database, role = open_database(settings.database_url), RoleArn.parse(GOOD_ROLE)
    with database.transaction() as session:
        add_account(session, "prod", role, now())
    with pytest.raises(AccountExists), database.transaction() as session:
        add_account(session, "prod", role, now())
    database.close()


def test_a_role_is_assumed_with_the_external_id_and_then_without(client: TestClient, probe: FakeProbe) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    assert probe.asked == [(GOOD_ROLE, EXTERNAL_ID), (GOOD_ROLE, None)]


def test_a_role_that_cannot_be_assumed_is_refused_in_the_words_of_aws(client: TestClient) -> None:
    answer = client.post("/api/v3/accounts", json=aws_account("prod", ABSENT_ROLE))
    assert (answer.status_code, answer.json()["code"]) == (400, "role_not_assumable")
    assert f"AccessDenied: {REFUSAL}" in answer.json()["message"]
    assert client.get("/api/v3/accounts").json()["data"] == []


def test_a_role_that_answers_without_the_external_id_is_refused(client: TestClient) -> None:
    answer = client.post("/api/v3/accounts", json=aws_account("prod", OPEN_ROLE))
    assert (answer.status_code, answer.json()["code"]) == (400, "role_open")
    assert EXTERNAL_ID not in answer.text
    assert client.get("/api/v3/accounts").json()["data"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account_type": "gcp"}, "account_type_not_supported"),
        ({"credential_data": {"access_key": "AKIAEXAMPLE", "secret_key": "canary"}}, "access_keys_refused"),
        ({"credential_data": {"role": GOOD_ROLE, "secret_key": "canary"}}, "access_keys_refused"),
        ({"credential_data": {}}, "role_missing"),
        ({"credential_data": {"role": "111122223333"}}, "role_arn_invalid"),
        ({"credential_data": {"role": "arn:aws:iam::111122223333:user/x"}}, "role_arn_invalid"),
    ],
)
def test_what_is_not_an_aws_role_is_refused_unasked(
    client: TestClient, probe: FakeProbe, change: dict[str, object], code: str
) -> None:
    answer = client.post("/api/v3/accounts", json=aws_account("prod") | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert probe.asked == []
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("query", "names", "pages"),
    [
        ("", [f"n{i}" for i in range(10)], (12, 1, 2, 10)),
        ("?page=2", ["n10", "n11"], (12, 2, 2, 10)),
        ("?page=3", [], (12, 3, 2, 10)),
        ("?per_page=5&page=3", ["n10", "n11"], (12, 3, 3, 5)),
        ("?per_page=12", [f"n{i}" for i in range(12)], (12, 1, 1, 12)),
        ("?account_name=N1", ["n1", "n10", "n11"], (3, 1, 1, 10)),
        ("?account_name=%25", [], (0, 1, 0, 10)),
        ("?type=aws&type=gcp&account_name=n3", ["n3"], (1, 1, 1, 10)),
        ("?type=gcp", [], (0, 1, 0, 10)),
        ("?account_check_result=no_checks&account_name=n3", ["n3"], (1, 1, 1, 10)),
        ("?account_check_result=success", [], (0, 1, 0, 10)),
        ("?group_name=g", [], (0, 1, 0, 10)),
    ],
)
def test_lists_are_filtered_and_paged(
    client: TestClient,
    registered: Callable[[list[str]], None],
    query: str,
    names: list[str],
    pages: tuple[int, int, int, int],
) -> None:
    registered([f"n{i}" for i in range(12)])
    answer = client.get(f"/api/v3/accounts{query}").json()
    assert [account["account_name"] for account in answer["data"]] == names
    keys = ("total_records", "current_page", "total_pages", "per_page")
    assert answer["pagination"] == {"type": "page"} | dict(zip(keys, pages, strict=True))


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "per_page=0", "per_page=1001", "page=99999999999999999999", "type=vax"]
)
def test_a_query_beyond_its_limits_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v3/accounts?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["data"][0]["field"].startswith(f"query.{query.split('=')[0]}")


def test_adding_an_account_begins_its_check(client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    (pipeline,) = client.get("/api/v3/pipelines").json()["data"]
    assert (pipeline["pipeline"]["type"], pipeline["name"]) == ("healthcheck", "Account check of prod")
    assert pipeline["user"]["name"] == "Administrator's key"


def test_an_account_is_added_without_a_check_where_that_is_asked(client: TestClient) -> None:
    added = client.post("/api/v3/accounts", json=aws_account("prod") | {"skip_account_check": True})
    assert added.status_code == 201
    assert client.get("/api/v3/pipelines").json()["data"] == []


def test_an_account_that_is_refused_begins_nothing(client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod", ABSENT_ROLE))
    client.post("/api/v3/accounts", json=aws_account("prod") | {"skip_account_check": True})
    assert client.post("/api/v3/accounts", json=aws_account("prod")).status_code == 409
    assert client.get("/api/v3/pipelines").json()["data"] == []
    events = [line["event"] for line in client.get("/api/v3/audit-log?page=1&per_page=9").json()["data"]]
    assert events.count("account_added") == 1


def test_an_account_tells_the_issues_of_its_last_check(client: TestClient, work: Work, now: FakeNow) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    assert client.get("/api/v3/accounts/prod").json()["data"]["account_issues"] is None
    now.forward(timedelta(minutes=1))
    work.checked("prod", 1, "failure", [ISSUE])
    account = client.get("/api/v3/accounts/prod").json()["data"]
    assert account["account_issues"] == [ISSUE]
    assert account["account_last_used"] == "2026-03-01T12:01:00+00:00"
    work.checked("prod", 2, "success")
    assert client.get("/api/v3/accounts/prod").json()["data"]["account_issues"] == []
    assert client.get("/api/v3/accounts").json()["data"][0]["account_check_id"] == 2


def test_accounts_are_found_by_how_their_last_check_ended(
    client: TestClient, registered: Callable[[list[str]], None], work: Work
) -> None:
    registered(["green", "red", "stopped", "new", "mended"])
    work.checked("mended", 1, "failure", [ISSUE])
    for name, result in (("green", "success"), ("red", "failure"), ("stopped", "cancelled"), ("mended", "success")):
        work.checked(name, 2, result)
    expected = {"success": ["green", "mended"], "failure": ["red"], "cancelled": ["stopped"], "no_checks": ["new"]}
    for result, names in expected.items():
        answer = client.get("/api/v3/accounts", params={"account_check_result": result}).json()
        assert [account["account_name"] for account in answer["data"]] == names, result


@pytest.mark.parametrize("taken", [False, True])
def test_a_cancelled_check_is_how_the_last_one_ended_where_there_was_no_other(
    client: TestClient, registered: Callable[[list[str]], None], work: Work, taken: bool
) -> None:
    registered(["new", "green", "other"])
    work.checked("green", 99, "success")
    for name in ("new", "green"):
        pipeline = client.post("/api/v3/accounts/check", json={"account_name": name}).json()["data"]["pipeline_id"]
        if taken:
            work.take(pipeline)
        client.patch(f"/api/v3/pipelines/{pipeline}", json={"aborted": True})
    for result, row in {"cancelled": ("new", 1), "success": ("green", 99), "no_checks": ("other", None)}.items():
        (account,) = client.get("/api/v3/accounts", params={"account_check_result": result}).json()["data"]
        assert (account["account_name"], account["account_check_id"]) == row
    assert client.get("/api/v3/accounts/new").json()["data"]["account_issues"] is None


@pytest.mark.parametrize(
    ("path", "key", "more"),
    [("check", "account_name", {}), ("discovery/aws", "organization_account_name", {"iam_role_name": "R"})],
)
def test_what_is_begun_for_an_unknown_account_is_404(
    client: TestClient, path: str, key: str, more: dict[str, str]
) -> None:
    answer = client.post(f"/api/v3/accounts/{path}", json={key: "nobody"} | more)
    assert (answer.status_code, answer.json()["code"]) == (404, "account_not_found")
    assert client.get("/api/v3/pipelines").json()["data"] == []


@pytest.mark.parametrize("role", [GOOD_ROLE, "", "a/b", "a" * 65, "naïve", "R\n", " R"])
def test_a_discovery_takes_the_bare_name_of_a_role(
    client: TestClient, registered: Callable[[list[str]], None], role: str
) -> None:
    registered(["management"])
    body = {"organization_account_name": "management", "iam_role_name": role}
    answer = client.post("/api/v3/accounts/discovery/aws", json=body)
    assert (answer.status_code, answer.json()["data"][0]["field"]) == (422, "body.iam_role_name")
    assert "not its ARN" in answer.json()["data"][0]["message"]
