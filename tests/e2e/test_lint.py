"""A role that breaks a rule: refused before anything is called, unless the config says why not; then every plan shows
it. What only looks, or takes the role out, is never refused."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.ports import free_port

GROUP = """\
id: our-evidence
title: Our evidence
purpose: The platform starts our collector
source: ticket 12
statements:
  - sid: OurCollector
    actions: [lambda:InvokeFunction, iam:PassRole]
    resources: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/Collector"]
  - sid: OurEvidence
    actions: [s3:GetObjectTagging]
    resources: ["arn:aws:s3:::evidence/*"]
"""
EXCEPTIONS = """\
  exceptions:
    - {rule: privilege-escalation, statement: OurCollector, reason: "the collector's role reads evidence only"}
"""
FINDING = "privilege-escalation: statement OurCollector of group our-evidence: allows iam:PassRole"
NOTE = "rule privilege-escalation is set aside for statement OurCollector: the collector's role reads evidence only"


def write(shell: Shell, *, exceptions: str = "", group: str = GROUP) -> None:
    """A config with the group of the user's own beside account-check."""
    shell.ok("init", "--external-id", EXTERNAL_ID)
    (shell.folder / "groups").mkdir()
    (shell.folder / "groups" / "ours.yaml").write_text(group)
    config = shell.folder / "rolecall.yaml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("  permission_groups")]
    at = lines.index("role:") + 1
    ours = ["  permission_groups: [account-check, our-evidence]", "  groups_folder: groups"]
    config.write_text("\n".join([*lines[:at], *ours, *exceptions.splitlines(), *lines[at:]]))


HARMLESS = GROUP.replace(", iam:PassRole", "").replace("iam::${AWS::AccountId}:role/Collector", "lambda:*:*:function:x")


@pytest.fixture
def ours(clean: Shell) -> Shell:
    write(clean)
    return clean


@pytest.mark.parametrize("command", [["template"], ["template", "--for", "management"], ["plan"], ["apply", "--yes"]])
def test_an_escalation_is_refused_before_anything_is_called(ours: Shell, command: list[str]) -> None:
    """With an endpoint at which nobody is: a call would fail with another status."""
    nobody = ours.with_environment(AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}")
    done = nobody.run(*command)
    assert (done.status, done.stdout) == (2, "")
    assert FINDING in done.stderr
    assert "resource-not-taken: statement OurCollector of group our-evidence: lambda:InvokeFunction" in done.stderr
    assert "    hint: take it out, or say in role.exceptions" in done.stderr
    assert "error: the role CadoResponseRole is refused: 2 findings" in done.stderr
    assert EXTERNAL_ID not in done.stderr


@pytest.mark.parametrize("command", [["status"], ["check"], ["destroy", "--yes"]])
def test_what_only_looks_or_takes_out_is_not_refused(clean: Shell, command: list[str]) -> None:
    """On the day of the incident."""
    write(clean, group=HARMLESS)
    clean.ok("apply", "--yes")
    (clean.folder / "groups" / "ours.yaml").write_text(GROUP)
    assert clean.run("plan").status == 2
    done = clean.run(*command)
    assert done.status in (0, 3)
    assert "refused: 2 findings" not in done.stderr
    assert "privilege-escalation" not in done.stderr


def test_with_an_exception_it_is_printed_and_every_plan_shows_it(clean: Shell) -> None:
    group = GROUP.replace("lambda:InvokeFunction, ", "")
    write(clean, group=group, exceptions=EXCEPTIONS)
    printed = clean.ok("template")
    assert "iam:PassRole" in printed.stdout
    assert printed.stderr == ""
    assert f"note: {NOTE}" in clean.ok("plan").stdout
    assert clean.ok("plan", "--json").json()["notes"] == [NOTE]
    saved = clean.folder / "plan.json"
    clean.ok("plan", "--out", str(saved))
    assert EXTERNAL_ID not in saved.read_text()
    config = clean.folder / "rolecall.yaml"
    config.write_text(config.read_text().replace("evidence only", "evidence alone"))
    stale = clean.run("apply", str(saved), "--yes")
    assert stale.status == 1
    assert "stale" in stale.stderr
    assert json.loads(clean.ok("apply", "--yes", "--json").stdout)["notes"] == [NOTE.replace("only", "alone")]


def test_an_exception_for_nothing_is_told_on_stderr(clean: Shell) -> None:
    write(clean, group=HARMLESS, exceptions=EXCEPTIONS)
    printed = clean.ok("template")
    assert (
        "note: the exception for privilege-escalation in OurCollector in role.exceptions sets nothing" in printed.stderr
    )
    assert "sets nothing" not in printed.stdout
