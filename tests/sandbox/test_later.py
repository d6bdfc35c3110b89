"""What happens by itself after the start, as a scenario has it."""

from __future__ import annotations

import pytest

from rolecall.errors import ConfigError
from rolecall.sandbox.scenario import load_scenario, parse_scenario

from .conftest import StartSandbox
from .served import eventually

SCENARIO = """\
organization:
  units:
    - {name: Workloads, accounts: [one]}
later:
  - after_call: organizations:ListRoots
    call: organizations:CreateAccount
    params: {AccountName: late, Email: late@example.com}
  - after_seconds: 3600
    call: organizations:MoveAccount
    params:
      AccountId: "${account:one}"
      SourceParentId: "${unit:/Workloads}"
      DestinationParentId: "${unit:/}"
  - after_seconds: 7200
    by: one
    call: iam:CreateUser
    params: {UserName: ada}
"""


def test_calls_follow_calls_and_times(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(parse_scenario(SCENARIO, "s.yaml"))
    organizations = sandbox.client("organizations")
    assert len(organizations.list_accounts()["Accounts"]) == 2
    root = organizations.list_roots()["Roots"][0]["Id"]
    eventually(lambda: len(organizations.list_accounts()["Accounts"]) == 3)
    sandbox.advance(hours=1)
    (parent,) = organizations.list_parents(ChildId=sandbox.account_id("one"))["Parents"]
    assert parent["Id"] == root
    sandbox.advance(hours=1, seconds=1)
    assert [user["UserName"] for user in sandbox.client_of("iam", "one").list_users()["Users"]] == ["ada"]


def test_every_problem_is_told_with_its_line() -> None:
    text = SCENARIO + "  - {call: 'sts:GetCallerIdentity', by: nobody}\nfaults: [{kind: throttle, account: who}]\n"
    with pytest.raises(ConfigError) as caught:
        parse_scenario(text, "s.yaml")
    told = caught.value.detail
    assert "s.yaml:18: later.3.by: 'nobody' is not the name of an account" in told
    assert "s.yaml:18: later.3: give after_seconds or after_call, one of the two" in told
    assert "s.yaml:19: faults.0.account: 'who' is neither an account's name nor an id" in told


@pytest.mark.parametrize("name", ["bare", "messy"])
def test_the_shipped_scenarios_are_served(start_sandbox: StartSandbox, name: str) -> None:
    sandbox = start_sandbox(load_scenario(name))
    assert sandbox.client("sts").get_caller_identity()["Account"] == sandbox.world.management_account()


def test_the_shipped_throttled_one_answers_those_who_try_again(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("throttled"))
    sts = sandbox.session().client("sts", endpoint_url=sandbox.endpoint)  # with the SDK's own retries
    assert {sts.get_caller_identity()["Account"] for _ in range(5)} == {sandbox.world.management_account()}
