"""Registration, against the real registry as a process with the platform's own credentials."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import assumed, client

ROLE = "CadoResponseRole"


@dataclass(frozen=True)
class Registry:
    """A served registry and its key."""

    url: str
    key: str

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v3{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def accounts(self) -> dict[str, str]:
        """Account name -> role ARN."""
        listed = self.call("GET", "/accounts?per_page=100")["data"]
        return {account["account_name"]: account["public_identifier"] for account in listed}

    def add(self, name: str, arn: str) -> None:
        body = {"account_name": name, "account_type": "aws", "credential_data": {"role": arn}}
        self.call("POST", "/accounts", body)


@pytest.fixture
def registry(clean: Shell) -> Iterator[Registry]:
    platform = clean.with_environment(AWS_PROFILE="platform", ROLECALL_EXTERNAL_ID=EXTERNAL_ID)
    key = platform.ok("serve", "--create-key", "Platform Administrator").stdout.strip()
    with (clean.folder / "registry.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "rolecall", "serve", "--port", "0"],
            cwd=clean.folder,
            env=dict(platform.environment),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    yield Registry(process.stdout.readline().split()[-1], key)
    process.terminate()
    process.communicate(timeout=60)
    text = (clean.folder / "registry.log").read_text()
    assert key.split(".")[1] not in text
    assert EXTERNAL_ID not in text


@pytest.fixture
def operator(clean: Shell, registry: Registry) -> Shell:
    clean.ok("init", "--external-id", EXTERNAL_ID, "--platform-url", registry.url)
    return clean.with_environment(ROLECALL_PLATFORM_KEY=registry.key)


def test_every_role_is_registered_and_taken_out_again(operator: Shell, registry: Registry) -> None:
    applied = operator.ok("apply", "--yes", "--json").json()
    assert {(row["verdict"], row["registration"]) for row in applied["accounts"]} == {("ready", "registered")}
    assert operator.ok("plan", "--json").json()["changes"] == []
    rows = operator.ok("status", "--json").json()["accounts"]
    expected = {f"{row['name']} ({row['id']})": f"arn:aws:iam::{row['id']}:role/{ROLE}" for row in rows}
    assert registry.accounts() == expected
    operator.ok("destroy", "--yes")
    assert registry.accounts() == {}


def test_a_wrong_api_key_is_told_and_changes_nothing(operator: Shell, registry: Registry) -> None:
    wrong = operator.with_environment(ROLECALL_PLATFORM_KEY="canary.wrong-key")
    done = wrong.run("apply", "--yes")
    assert done.status == 1
    assert "HTTP 401" in done.stderr
    assert "hint: check the API key" in done.stderr
    assert "canary.wrong-key" not in done.stderr
    assert client(operator, "cloudformation").list_stack_sets()["Summaries"] == []


def test_registrations_that_were_changed_by_hand_are_put_right(operator: Shell, registry: Registry) -> None:
    operator.ok("apply", "--yes")
    (lost, lost_arn), (renamed, arn), *_ = registry.accounts().items()
    for name in (lost, renamed):
        registry.call("DELETE", f"/accounts/{quote(name, safe='')}")
    registry.add("by hand", arn)
    changes = operator.ok("plan", "--json").json()["changes"]
    assert sorted(change["action"] for change in changes) == ["register", "replace-registration"]
    operator.ok("apply", "--yes")
    accounts = registry.accounts()
    assert (accounts[lost], accounts[renamed], "by hand" in accounts) == (lost_arn, arn, False)


def test_registrations_that_are_not_ours_are_left_alone(operator: Shell, registry: Registry) -> None:
    """Another role of one of our accounts, and our role's name in another organization's account."""
    operator.ok("apply", "--yes")
    before = registry.accounts()
    management = client(operator, "sts").get_caller_identity()["Account"]
    trust = client(operator, "iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    iam = client(operator, "iam")
    iam.create_role(RoleName="OtherCadoResponse", AssumeRolePolicyDocument=json.dumps(trust))
    registry.add("another role", f"arn:aws:iam::{management}:role/OtherCadoResponse")
    assert operator.ok("plan", "--json").json()["changes"] == []
    operator.ok("destroy", "--yes")
    assert registry.accounts() == {"another role": f"arn:aws:iam::{management}:role/OtherCadoResponse"}
    assert len(before) == 12
    iam.delete_role(RoleName="OtherCadoResponse")


def test_a_role_that_answers_to_anybody_is_unsafe_and_not_registered(operator: Shell, registry: Registry) -> None:
    operator.ok("apply", "--yes")
    (name, arn), *_ = registry.accounts().items()
    account = arn.split(":")[4]
    admin = assumed(operator, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", by="management")
    iam = client(operator, "iam", admin)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    del trust["Statement"][0]["Condition"]["StringEquals"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    done = operator.run("check", "--json")
    assert done.status == 3
    row = next(row for row in done.json()["accounts"] if row["id"] == account)
    assert (row["verdict"], row["access"]) == ("unsafe", "open")
    registry.call("DELETE", f"/accounts/{quote(name, safe='')}")
    again = operator.run("apply", "--yes")
    assert again.status == 1
    assert "not registered: the role answers without the external id" in again.stderr
    assert name not in registry.accounts()
    with pytest.raises(urllib.error.HTTPError, match="400"):
        registry.add(name, arn)
