"""What happens by itself after the start, as a scenario has it."""

from __future__ import annotations

import pytest

from rolecall.errors import ConfigError
from rolecall.sandbox import later
from rolecall.sandbox.builder import build
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
  - {after_seconds: 7200, by: one, call: "sqs:CreateQueue", params: {QueueName: calls}}
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
    assert sandbox.client_of("sqs", "one").list_queues()["QueueUrls"][0].endswith("/calls")


def test_every_problem_is_told_with_its_line() -> None:
    text = SCENARIO + "  - {call: 'sts:GetCallerIdentity', by: nobody}\nfaults: [{kind: throttle, account: who}]\n"
    with pytest.raises(ConfigError) as caught:
        parse_scenario(text, "s.yaml")
    told = [str(problem) for problem in caught.value.problems]
    assert "s.yaml:19: later[4].by: 'nobody' is not the name of an account" in told
    assert "s.yaml:19: later[4]: give after_seconds or after_call, one of the two" in told
    assert "s.yaml:20: faults[0].account: 'who' is neither an account's name nor an id" in told


WRONG = """\
organization: {units: [{name: Workloads, accounts: [one]}]}
later:
  - after_call: organizations:ListRoot
    call: organizations:CreateAcount
  - after_seconds: 1
    call: organizations:CreateAccount
    params: {AccountName: late, Mail: late@example.com}
  - after_seconds: 1
    call: organizations:CloseAccount
    params:
      AccountId: "${account:one}"
  - after_seconds: 1
    call: organizations:MoveAccount
    params: {AccountId: one, SourceParentId: "${unit:/}", DestinationParentId: "${unit:/Workloads}"}
  - {after_seconds: 1, call: "sts:GetCallerIdentity"}
"""
TOLD = [
    "later[0].after_call: AWS's API has no organizations:ListRoot",
    "later[0].call: AWS's API has no organizations:CreateAcount",
    'later[1].params: Missing required parameter in input: "Email"; Unknown parameter in input: "Mail"',
    "later[3].params: 1 validation error detected: Value 'one' at 'accountId' failed to satisfy constraint",
]


def test_calls_that_aws_does_not_have_are_told_with_their_lines() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(WRONG, "s.yaml", also=[later.problems])
    lines = [problem.line for problem in caught.value.problems]
    told = [str(problem).split(": ", 1)[1] for problem in caught.value.problems]
    assert lines == [3, 4, 7, 14]
    assert [message[: len(start)] for message, start in zip(told, TOLD, strict=True)] == TOLD


def test_a_scenario_of_no_file_is_checked_when_it_is_built() -> None:
    with pytest.raises(ConfigError) as caught:
        build(parse_scenario(WRONG, "s.yaml"))
    assert [problem.key for problem in caught.value.problems] == [told.split(": ")[0] for told in TOLD]


GOES_WRONG = """\
organization: {}
later:
  - {after_seconds: 1, call: "organizations:CloseAccount", params: {AccountId: "${account:nobody}"}}
  - {after_seconds: 1, call: "organizations:DescribeEffectivePolicy", params: {PolicyType: TAG_POLICY}}
  - {after_seconds: 1, call: "iam:DeleteUser", params: {UserName: nobody}}
  - {after_seconds: 2, call: "iam:CreateUser", params: {UserName: ada}}
"""


def test_what_goes_wrong_later_is_a_warning_and_the_rest_happens(
    start_sandbox: StartSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = start_sandbox(parse_scenario(GOES_WRONG, "s.yaml"))
    sandbox.advance(seconds=3)
    assert "ada" in [user["UserName"] for user in sandbox.client("iam").list_users()["Users"]]
    assert [record.getMessage() for record in caplog.records] == [
        "later organizations:CloseAccount by management: AccountNotFoundException: there is no account nobody",
        "later organizations:DescribeEffectivePolicy by management: NotImplemented: The sandbox does not have "
        "organizations DescribeEffectivePolicy.",
        "later iam:DeleteUser by management: NoSuchEntity: The user with name nobody cannot be found.",
    ]


@pytest.mark.parametrize("name", ["bare", "messy"])
def test_the_shipped_scenarios_are_served(start_sandbox: StartSandbox, name: str) -> None:
    sandbox = start_sandbox(load_scenario(name))
    assert sandbox.client("sts").get_caller_identity()["Account"] == sandbox.world.management_account()


def test_the_shipped_throttled_one_answers_those_who_try_again(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("throttled"))
    sts = sandbox.session().client("sts", endpoint_url=sandbox.endpoint)  # with the SDK's own retries
    assert {sts.get_caller_identity()["Account"] for _ in range(5)} == {sandbox.world.management_account()}
