"""Our document against the platform's contract, which stands here as data, and against its own examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.auth import Role
from rolecall.registry.openapi.examples import EXAMPLES

from .conftest import Seed, aws_account
from .test_access import CALLS

JSON = {"Content-Type": "application/json"}
ACCOUNT = {"id", "account_name", "type", "public_identifier", "account_last_used"}
PIPELINE = {
    *("pipeline", "name", "status", "aborted", "terminated", "can_be_terminated", "created", "start_time", "kick_off"),
    *("summary", "subtasks", "user"),
}
SUBTASK = {"name", "state"}
WHOLE_SUBTASK = SUBTASK | {
    *("name_key", "notification_level", "progress_text", "start_time", "finish_time", "execution_duration"),
    "total_stages",
}
SUMMARY = {"total", "success", "failure", "pending", "cancelled", "running"}
KEY = {"id", "user_id", "public_key", "key_name", "key_role", "last_used_timestamp"}
WHOAMI = {"id", "username", "display_name", "changed_password", "eula_agreed", "permissions", "rbac_role"}
LINE = {"verb", "route", "response_status", "source", "duration"}
FILTERS = {"user", "route", "event", "start_time", "end_time"}


@dataclass(frozen=True)
class Promise:
    """What the platform's API takes and answers in one call. `keys` are the data's, or each entry's of a list."""

    method: str
    path: str
    status: int = 200
    query: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    """Of the query, or of the body where there is one."""
    body: set[str] = field(default_factory=set)
    keys: set[str] | None = None
    is_list: bool = False


PAGES = {"page", "per_page"}
BEGUN = {"pipeline_id"}
CONTRACT = [
    Promise(
        *("get", "/accounts"),
        query={"account_name", "type", "account_check_result", "group_name"} | PAGES,
        keys=ACCOUNT | {"account_check_id"},
        is_list=True,
    ),
    Promise(
        *("post", "/accounts"),
        status=201,
        body={"account_name", "account_type", "credential_data"},
        required={"account_name", "account_type", "credential_data"},
        keys={"account_name"},
    ),
    Promise("get", "/accounts/{account_name}", keys=ACCOUNT | {"account_issues"}),
    Promise("delete", "/accounts/{account_name}"),
    Promise("post", "/accounts/check", body={"account_name"}, required={"account_name"}, keys=BEGUN),
    Promise(
        *("post", "/accounts/discovery/aws"),
        body={"organization_account_name", "iam_role_name"},
        required={"organization_account_name", "iam_role_name"},
        keys=BEGUN,
    ),
    Promise("get", "/pipelines", query={"type", "pipeline_status", "order_by"} | PAGES, keys=PIPELINE, is_list=True),
    Promise("get", "/pipelines/{pipeline_id}", keys=PIPELINE),
    Promise("patch", "/pipelines/{pipeline_id}", body={"aborted"}, required={"aborted"}, keys=PIPELINE),
    Promise("get", "/auth/whoami", keys=WHOAMI),
    Promise("get", "/auth/keys", query=PAGES, keys=KEY, is_list=True),
    Promise(
        *("post", "/auth/keys"),
        status=201,
        body={"key_role", "key_name"},
        required={"key_role"},
        keys=KEY | {"secret_key"},
    ),
    Promise("delete", "/auth/keys", body={"public_key"}, required={"public_key"}),
    Promise(
        *("get", "/audit-log"),
        query=FILTERS | PAGES,
        required=PAGES,
        keys=LINE | {"id", "timestamp", "user", "public_key", "event", "subject"},
        is_list=True,
    ),
    Promise("get", "/system/status", keys={"healthy", "version", "database", "accounts"} | {"pipelines_open"}),
]
OURS = {
    ("post", "/accounts"): {"skip_account_check"},
    ("get", "/system/status"): {"workers", "workers_busy"},
}
"""Keys of bodies and answers that are no promise of the platform's."""
OUR_CALLS = {
    ("POST", "/api/v3/pipelines/{pipeline_id}/rerun"),
    ("DELETE", "/api/v3/auth/keys/{public_key}"),
    ("GET", "/api/v3/audit-log/export"),
}


@dataclass(frozen=True)
class Document:
    whole: dict[str, Any]

    def schema(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follows references, and goes past null."""
        if "$ref" in node:
            return self.schema(self.whole["components"]["schemas"][node["$ref"].rpartition("/")[2]])
        if "anyOf" in node:
            return self.schema(next(one for one in node["anyOf"] if one.get("type") != "null"))
        return node

    def operation(self, method: str, path: str) -> dict[str, Any]:
        operation: dict[str, Any] = self.whole["paths"][path][method]
        return operation

    def answer(self, method: str, path: str, status: int) -> dict[str, Any]:
        content = self.operation(method, path)["responses"][str(status)]["content"]
        return self.schema(content["application/json"]["schema"])

    def data(self, method: str, path: str, status: int = 200) -> dict[str, Any]:
        """The schema of the answer's data, or of each entry where it is a list."""
        data = self.schema(self.answer(method, path, status)["properties"]["data"])
        return self.schema(data["items"]) if data.get("type") == "array" else data

    def body(self, method: str, path: str) -> dict[str, Any]:
        return self.schema(self.operation(method, path)["requestBody"]["content"]["application/json"]["schema"])

    def inner(self, schema: dict[str, Any], key: str) -> dict[str, Any]:
        inner = self.schema(schema["properties"][key])
        return self.schema(inner["items"]) if inner.get("type") == "array" else inner


@pytest.fixture
def document(app: FastAPI) -> Document:
    return Document(app.openapi())


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: f"{promise.method} {promise.path}")
def test_a_call_is_as_the_platform_promises(document: Document, promise: Promise) -> None:
    path, ours = f"/api/v3{promise.path}", OURS.get((promise.method, promise.path), set())
    operation = document.operation(promise.method, path)
    query = {one["name"]: one["required"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    assert set(query) == promise.query
    assert [status for status in operation["responses"] if status.startswith("2")] == [str(promise.status)]
    if promise.body:
        body = document.body(promise.method, path)
        assert set(body["properties"]) - ours == promise.body
        assert set(body.get("required", ())) == promise.required
    else:
        assert "requestBody" not in operation
        assert {name for name, required in query.items() if required} == promise.required
    answer = document.answer(promise.method, path, promise.status)
    assert ("pagination" in answer["properties"]) is promise.is_list
    if promise.keys is None:
        assert set(answer["properties"]) == {"status"}
    else:
        data = document.data(promise.method, path, promise.status)
        assert set(data["properties"]) - ours == promise.keys
        assert set(data["required"]) - ours == promise.keys


def test_the_contract_and_our_own_calls_are_all_that_there_is() -> None:
    promised = {(promise.method.upper(), f"/api/v3{promise.path}") for promise in CONTRACT}
    assert promised | OUR_CALLS == set(CALLS)


def test_the_parts_of_answers_are_as_the_platform_promises(document: Document) -> None:
    listed, one = document.data("get", "/api/v3/pipelines"), document.data("get", "/api/v3/pipelines/{pipeline_id}")
    account = document.data("get", "/api/v3/accounts/{account_name}")
    page = document.answer("get", "/api/v3/accounts", 200)
    expected = [
        (document.inner(listed, "subtasks"), SUBTASK),
        (document.inner(one, "subtasks"), WHOLE_SUBTASK),
        (document.inner(listed, "pipeline"), {"id", "type"}),
        (document.inner(listed, "summary"), SUMMARY),
        (document.inner(listed, "user"), {"id", "name"}),
        (document.inner(account, "account_issues"), {"service", "issue", "issue_type", "mend"}),
        (document.inner(page, "pagination"), {"type", "total_records", "current_page", "total_pages", "per_page"}),
    ]
    for schema, keys in expected:
        assert set(schema["properties"]) == keys


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("PipelineStatus", {"complete", "failed", "in_progress", "queued", "cancelled"}),
        ("PipelineType", {"healthcheck", "accountdiscovery"}),
        ("SubtaskState", {"PENDING", "RUNNING", "SUCCESS", "FAILURE", "CANCELLED"}),
        ("CheckResult", {"success", "failure", "cancelled", "no_checks"}),
        ("Role", {"Administrator", "Platform Administrator", "Lead Analyst", "Analyst", "Read Only Analyst"}),
        (
            "AccountType",
            {
                *("aws", "gcp", "azure", "crowdstrike", "sentinelone", "defender", "microsoft_saas"),
                *("google_workspace", "darktrace"),
            },
        ),
    ],
)
def test_words_are_spelled_as_the_platform_spells_them(document: Document, name: str, values: set[str]) -> None:
    assert set(document.whole["components"]["schemas"][name]["enum"]) == values


def test_every_error_has_the_platforms_shape(document: Document) -> None:
    error = document.whole["components"]["schemas"]["Error"]
    assert set(error["properties"]) == {"status", "message", "code", "data"}
    for item in document.whole["paths"].values():
        for operation in item.values():
            failures = {status: told for status, told in operation["responses"].items() if status[0] in "45"}
            assert {"500", "503"} <= set(failures)
            for told in failures.values():
                assert told["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_every_call_has_an_example_that_its_schema_allows(document: Document) -> None:
    operations = {
        (method, path): operation
        for path, item in document.whole["paths"].items()
        for method, operation in item.items()
    }
    assert set(EXAMPLES) == set(operations)
    for operation in operations.values():
        contents = [told["content"] for told in operation["responses"].values()]
        contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
        examples: list[tuple[dict[str, Any], Any]] = []
        for content in contents:
            assert any("example" in media for media in content.values())
            examples += [(media["schema"], media["example"]) for media in content.values() if "example" in media]
        for schema, example in examples:
            jsonschema.validate(example, {**schema, "components": document.whole["components"]})


def test_errors_are_told_as_they_are_answered(document: Document, client: TestClient, seed: Seed) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    client.patch("/api/v3/pipelines/1", json={"aborted": True})
    client.delete(f"/api/v3/auth/keys/{seed.keys[Role.PLATFORM_ADMINISTRATOR].split('.')[0]}")
    last = seed.keys[Role.ADMINISTRATOR].split(".")[0]
    pipeline, key = "/api/v3/pipelines/{pipeline_id}", "/api/v3/auth/keys/{public_key}"
    one = "/api/v3/accounts/{account_name}"
    answers = [
        ("get", one, client.get("/api/v3/accounts/x")),
        ("post", "/api/v3/accounts", client.post("/api/v3/accounts", json=aws_account("prod"))),
        ("get", pipeline, client.get("/api/v3/pipelines/9")),
        ("patch", pipeline, client.patch("/api/v3/pipelines/1", json={"aborted": True})),
        ("patch", pipeline, client.patch("/api/v3/pipelines/1", content=b'"\xff"', headers=JSON)),
        ("delete", key, client.delete("/api/v3/auth/keys/x")),
        ("delete", key, client.delete(f"/api/v3/auth/keys/{last}")),
        ("post", "/api/v3/auth/keys", client.post("/api/v3/auth/keys", json={})),
    ]
    for method, path, answer in answers:
        told = document.operation(method, path)["responses"][str(answer.status_code)]["content"]["application/json"]
        assert answer.json()["code"] == told["example"]["code"], (method, path)
    assert [answer.status_code for *_, answer in answers] == [404, 409, 404, 409, 400, 404, 409, 422]


def test_names_for_client_generators_are_unique(document: Document) -> None:
    operations = [operation for item in document.whole["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    assert all(name.isidentifier() for name in ids)
    assert all(operation["summary"] and not operation["summary"].endswith(".") for operation in operations)


def test_the_page_shows_every_call_and_runs_nothing(document: Document, anonymous: TestClient) -> None:
    page = anonymous.get("/api/v3/docs")
    assert page.status_code == 200
    for path, item in document.whole["paths"].items():
        for method in item:
            assert f"<code>{method.upper()} {path}</code></h3>" in page.text
    assert "<script" not in page.text
    assert "http:" not in page.text
    assert "https:" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_page_tells_nothing_of_what_is_registered(client: TestClient, anonymous: TestClient) -> None:
    before = anonymous.get("/api/v3/docs").text
    client.post("/api/v3/auth/keys", json={"key_role": "Analyst", "key_name": "canary"})
    assert anonymous.get("/api/v3/docs").text == before
