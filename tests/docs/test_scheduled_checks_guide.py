"""The workflow and the units of the guide: they are read as their tools read them, and their commands are run."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.shown import ROOT, run

GUIDE = (ROOT / "docs/guides/scheduled-checks.md").read_text("utf-8")


def shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def workflow() -> dict[Any, Any]:
    (text,) = shown("yaml")
    told: dict[Any, Any] = yaml.safe_load(text)
    return told


def steps() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = workflow()["jobs"]["check"]["steps"]
    return told


def unit(name: str) -> str:
    (text,) = (text for text in shown("ini") if text.startswith(f"# /etc/systemd/system/{name}\n"))
    return text


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit("rolecall-check.service"))
    return parser["Service"]


def command_of_the_workflow() -> str:
    (command,) = (step["run"] for step in steps() if step.get("run", "").startswith("rolecall "))
    return str(command)


def test_the_workflow_holds_no_key_and_asks_for_no_more_than_it_needs() -> None:
    reads = {"actions": "read", "contents": "read"}
    assert workflow()["permissions"] == reads | {"id-token": "write", "security-events": "write"}
    assert workflow()[True].keys() == {"schedule", "workflow_dispatch"}, "YAML reads the key on as true"
    credentials = next(step for step in steps() if "configure-aws-credentials" in step.get("uses", ""))
    assert credentials["with"].keys() == {"role-to-assume", "aws-region"}
    assert "AKIA" not in GUIDE


def test_the_workflow_keeps_what_the_roll_call_writes_though_it_found_something() -> None:
    names = [step.get("name", step.get("uses")) for step in steps()]
    after = steps()[names.index("Call the roll") + 1 :]
    assert len(after) == 3
    assert all(step["if"].startswith("${{ !cancelled()") for step in after)
    written = set(re.findall(r"--out (\S+)", command_of_the_workflow()))
    kept = {after[0]["with"]["path"], *after[1]["with"]["path"].split(), after[2]["with"]["sarif_file"]}
    assert kept == written


def test_the_role_trusts_one_branch_of_one_repository() -> None:
    (text,) = shown("json")
    (statement,) = json.loads(text)["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"].keys() == {"StringEquals"}
    assert "*" not in text


def test_the_commands_are_those_of_rolecall(tmp_path: Path) -> None:
    scheduled = service()["ExecStart"].replace("/opt/rolecall/bin/", "")
    scheduled = scheduled.replace("/etc/rolecall/", f"{tmp_path}/").replace("last.json", "other.json")
    made = ['eval "$(rolecall sandbox --detach --speed 0)"', "rolecall init", "rolecall apply --yes"]
    done = run([*made, command_of_the_workflow(), command_of_the_workflow(), scheduled], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "last.json").read_text("utf-8"))["comparison"]["lost"] == []
    assert (tmp_path / "other.json").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name in ("rolecall-check.service", "rolecall-check.timer"):
        text = unit(name).replace("/opt/rolecall/bin/rolecall", sys.executable)  # it has to be there
        (tmp_path / name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
