"""The guide's pattern matches the roll call's deliberate refusals, as EventBridge would, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.events.models import EventPattern

from rolecall.sandbox.scenario import load_scenario
from tests.docs.shown import ROOT
from tests.e2e.conftest import Shell, shell
from tests.sandbox.conftest import StartSandbox, sandbox_loop, start_sandbox
from tests.sandbox.served import ServedSandbox

__all__ = ["sandbox_loop", "shell", "start_sandbox"]

PAGE = (ROOT / "docs/guides/quiet.md").read_text("utf-8")


def pattern() -> str:
    found = re.search(r"<!-- matched by tests/docs/test_quiet_guide\.py -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def matched(sandbox: ServedSandbox) -> list[dict[str, Any]]:
    """Of the calls in the event history of the platform's account, those that a rule with the pattern gets."""
    pages = (
        sandbox.client("cloudtrail", "platform")
        .get_paginator("lookup_events")
        .paginate(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}])
    )
    records = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
    rule = EventPattern.load(pattern())
    told: list[tuple[Any, dict[str, Any]]] = [({"source": "aws.sts", "detail": record}, record) for record in records]
    return [record for event, record in told if rule.matches_event(event)]


def test_the_pattern_matches_the_deliberate_refusals_alone(shell: Shell, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"))
    home = shell.with_environment(**sandbox.environment())
    home.ok("init")
    home.ok("apply", "--yes")
    before = len(matched(sandbox))
    rows = home.ok("check", "--json").json()["accounts"]
    asked = [row for row in rows if row["verdict"] == "ready"]
    found = matched(sandbox)
    assert len(found) - before == 2 * len(asked) > 0
    presented = {record["requestParameters"].get("externalId") for record in found}
    assert presented == {None, "rolecall-negative-proof"}


def test_without_negative_proofs_there_is_nothing_to_match(shell: Shell, start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"))
    home = shell.with_environment(**sandbox.environment())
    home.ok("init")
    file = home.folder / "rolecall.yaml"
    file.write_text(file.read_text().replace("check:\n", "check:\n  negative: false\n"))
    home.ok("apply", "--yes")
    rows = home.ok("check", "--json").json()["accounts"]
    assert all("was not asked: check.negative" in row["reason"] for row in rows if row["verdict"] == "ready")
    assert matched(sandbox) == []
