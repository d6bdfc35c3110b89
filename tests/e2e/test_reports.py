"""The roll call's reports as files: several of one call, compared with an earlier one, and of one cut short."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from rolecall.sandbox.scenario import load_scenario
from tests.core.test_report import VALIDATOR
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import ROLE, assumed, client
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import eventually


@pytest.fixture
def deployed(clean: Shell) -> Shell:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    return clean


def read(shell: Shell, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((shell.folder / name).read_text("utf-8"))
    VALIDATOR.validate(told)
    return told


def row_of(told: dict[str, Any], name: str) -> dict[str, Any]:
    row: dict[str, Any] = next(row for row in told["accounts"] if row["name"] == name)
    return row


def change_trust(shell: Shell, account: str) -> None:
    """The platform is locked out there."""
    keys = assumed(shell, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", by="management")
    iam = client(shell, "iam", keys)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = "another"
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def test_one_roll_call_is_written_in_every_format(deployed: Shell) -> None:
    names = [f"roll.{suffix}" for suffix in ("json", "csv", "xml", "sarif", "html", "txt")]
    done = deployed.ok("check", *(part for name in names for part in ("--out", name)))
    assert done.stdout == ""
    texts = {name: (deployed.folder / name).read_text("utf-8") for name in names}
    assert len(read(deployed, "roll.json")["accounts"]) == texts["roll.csv"].count("\n") - 1 == 12
    assert len(list(ET.fromstring(texts["roll.xml"].encode()).iter("testcase"))) == 12
    assert json.loads(texts["roll.sarif"])["runs"][0]["results"] == []
    assert "100 %" in texts["roll.html"]
    assert "Coverage: 12/12 targets ready (100 %)" in texts["roll.txt"]
    assert deployed.ok("check", "--format", "csv").stdout.startswith("id,name,path,")
    assert not any(EXTERNAL_ID in text for text in texts.values())


def test_what_was_lost_and_is_still_missing_is_told_from_one_report_to_the_next(deployed: Shell) -> None:
    again = ("check", "--compare", "last.json", "--out", "last.json")
    assert deployed.ok(*again).stderr.count("error") == 0
    assert read(deployed, "last.json")["comparison"] is None
    account = row_of(read(deployed, "last.json"), "audit")["id"]

    change_trust(deployed, account)
    assert deployed.run(*again).status == 3
    lost = read(deployed, "last.json")
    assert [entry["id"] for entry in lost["comparison"]["lost"]] == [account]

    told = deployed.run("check", "--compare", "last.json")
    assert told.status == 3
    assert f"  still missing since {lost['taken'][:10]}: audit\n" in told.stdout
    assert deployed.run(*again).status == 3
    assert row_of(read(deployed, "last.json"), "audit")["not_ready_since"] == lost["taken"]


def test_what_is_no_report_of_this_organization_is_refused_and_left_as_it_is(deployed: Shell) -> None:
    report = deployed.run("check", "--json").json()
    last = deployed.folder / "last.json"
    for text, said in [
        (json.dumps(report | {"kind": "status"}), "last.json is not a report of `rolecall check`"),
        (json.dumps(report | {"organization": report["organization"] | {"id": "o-other"}}), "of another organization"),
        ("{", "last.json is not JSON"),
    ]:
        last.write_text(text, "utf-8")
        done = deployed.run("check", "--compare", "last.json", "--out", "last.json")
        assert done.status == 2
        assert said in done.stderr
        assert "hint: " in done.stderr
        assert last.read_text("utf-8") == text


@pytest.mark.usefixtures("heeded")
def test_a_roll_call_cut_short_says_what_is_known_and_what_is_not(
    shell: Shell, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    clean = resources.files("rolecall.sandbox").joinpath("scenarios", "clean.yaml").read_text("utf-8")
    # The three questions of the apply are answered at once; then one account takes up one of the two that are asked at
    # a time for good, so that of the others all but the last have been read when its answer is given.
    slow = "\nfaults:\n  - {kind: latency, action: AssumeRole, account: sandbox-ada, skip: 3, milliseconds: 3600000}\n"
    scenario = tmp_path / "slow.yaml"
    scenario.write_text(clean + slow, "utf-8")
    log = tmp_path / "calls.jsonl"
    shell = shell.with_environment(**start_sandbox(load_scenario(str(scenario)), log=log).environment())
    shell.ok("init", "--external-id", EXTERNAL_ID)
    config = shell.folder / "rolecall.yaml"
    config.write_text(config.read_text("utf-8").replace("\ncheck:\n", "\ncheck:\n  concurrency: 2\n"), "utf-8")
    shell.ok("apply", "--yes")
    others = answers(log) * 23 // 12  # those of twelve accounts, and again of eleven
    told = interrupted(shell, lambda: answers(log) >= others, "check", "--out", "roll.json", "--out", "roll.html")
    assert told == 3
    report = read(shell, "roll.json")
    assert report["interrupted"] is True
    assert {row["verdict"] for row in report["accounts"]} == {"ready", "unknown"}
    assert row_of(report, "sandbox-ada")["verdict"] == "unknown"
    assert "This roll call was cut short." in (shell.folder / "roll.html").read_text("utf-8")


def answers(log: Path) -> int:
    """How often a role has simulated its rights."""
    return log.read_text("utf-8").count('"SimulatePrincipalPolicy"')


def interrupted(shell: Shell, ready: Callable[[], bool], *arguments: str) -> int:
    """The status of a command that Ctrl-C ends as soon as it is `ready`."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "rolecall", *arguments],
        cwd=shell.folder,
        env=dict(shell.environment),
        stdin=subprocess.DEVNULL,
    ) as calling:
        try:
            eventually(ready)
            calling.send_signal(signal.SIGINT)
            return calling.wait(timeout=60)
        finally:
            calling.kill()
