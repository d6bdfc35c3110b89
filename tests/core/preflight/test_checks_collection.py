"""The checks as a whole: each in a file of its own, with a stable id, told in full."""

from __future__ import annotations

import json
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from rolecall.core.ids import AccountId
from rolecall.core.preflight import CHECKS, Check, Finding, Level, Unknown, blocks, checks, preflight

from .facts import deny, facts, scp

MODULES = [found.name for found in pkgutil.iter_modules(checks.__path__)]
SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/report.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_a_check_that_is_asked_and_named_after_it(module: str) -> None:
    check = import_module(f"{checks.__name__}.{module}").CHECK
    assert check.id == module.replace("_", "-")
    assert CHECKS[check.id] is check


def test_the_schema_knows_exactly_the_checks_and_levels() -> None:
    finding = SCHEMA["$defs"]["finding"]["properties"]
    assert set(finding["id"]["enum"]) == set(CHECKS) == {module.replace("_", "-") for module in MODULES}
    assert set(finding["level"]["enum"]) == set(Level)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_check_says_what_why_and_what_to_do(check: Check) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.id)
    assert not check.title.endswith(".")
    assert check.why.endswith(".")
    assert check.mend.endswith(".")
    assert check.levels


def test_what_blocks_comes_first_and_only_that_holds_back() -> None:
    told = preflight(facts(policies=[scp("NoRoles", deny("iam:CreateRole", "s3:*"))]))
    order = [list(Level).index(finding.level) for finding in told]
    assert order == sorted(order)
    held = blocks(told)
    assert set(held) == {finding.account for finding in told if finding.level is Level.BLOCKS}
    assert all("NoRoles" in why and "; exempt it" in why for why in held.values())


def test_of_two_reasons_the_first_is_told() -> None:
    account = AccountId("100000000001")
    two = [Finding(name, Level.BLOCKS, account, name) for name in ("one", "two")]
    assert blocks([*two, Finding("three", Level.WARNS, None, "three")]) == {account: "one"}


def test_a_world_in_which_all_is_well_has_no_finding_but_what_was_not_checked() -> None:
    told = preflight(facts(policies=[]))
    assert {finding.level for finding in told} == {Level.UNCHECKED}
    unread = preflight(facts(policies=Unknown("no right")))
    assert "no right" in " ".join(finding.message for finding in unread)
