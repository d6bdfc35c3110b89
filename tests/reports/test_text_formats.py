"""What each format holds, and that no account name breaks it."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from io import StringIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolecall.core.roll import NOT_PROVEN
from rolecall.core.verdicts import Verdict
from rolecall.reports import Format, render
from rolecall.reports.csv import COLUMNS
from rolecall.reports.sarif import RULES
from tests.core.test_report import VALIDATOR, reported

from .rolls import EVERY_VERDICT, TAKEN, many, named, roll, row

NASTY = st.text(st.characters(codec="utf-8"), max_size=40)
MISSING = [verdict for verdict in Verdict if verdict not in (Verdict.READY, Verdict.EXCLUDED)]


def sheet(report: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(render(Format.CSV, report), newline=""), strict=True))


def suite(report: dict[str, Any]) -> ET.Element:
    found = ET.fromstring(render(Format.JUNIT, report).encode()).find("testsuite")
    assert found is not None
    return found


def run(report: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(render(Format.SARIF, report))["runs"][0]
    return told


def test_the_reports_of_these_tests_are_reports() -> None:
    VALIDATOR.validate(EVERY_VERDICT)
    VALIDATOR.validate(many(200))


@pytest.mark.parametrize("format", Format)
def test_a_real_report_has_every_format(format: Format) -> None:
    assert render(format, reported("check")).endswith("\n")
    assert render(format, roll([])).endswith("\n")


@pytest.mark.parametrize("format", Format)
def test_every_format_says_what_a_ready_does_not_prove(format: Format) -> None:
    assert NOT_PROVEN in render(format, EVERY_VERDICT)


def test_json_is_the_report_itself() -> None:
    assert json.loads(render(Format.JSON, EVERY_VERDICT)) == EVERY_VERDICT


def test_csv_has_a_line_an_account_and_the_columns_that_it_had() -> None:
    lines = sheet(many(300))
    assert [line["id"] for line in lines] == [row["id"] for row in many(300)["accounts"]]
    assert list(lines[0])[:18] == [
        "id", "name", "path", "state", "target", "verdict", "access", "deployment", "registration", "reason",
        "missing_permissions", "not_ready_since", "last_ready", "change", "taken", "not_proven",
        "deviations", "last_used",
    ]  # fmt: skip
    assert list(lines[0]) == list(COLUMNS)
    assert {line["change"] for line in lines} == {"", "lost", "still_missing", "gained", "new"}
    assert {line["taken"] for line in lines} == {TAKEN}


def test_csv_says_who_is_a_target_and_what_is_missing() -> None:
    lines = {line["verdict"]: line for line in sheet(EVERY_VERDICT)}
    assert [verdict for verdict, line in lines.items() if line["target"] == "no"] == ["excluded"]
    assert lines["restricted"]["missing_permissions"] == "ebs:GetSnapshotBlock ec2:CreateSnapshot"


def test_csv_says_how_a_role_differs_and_when_it_was_last_used() -> None:
    used = {"at": TAKEN, "region": "eu-west-1"}
    rows = [row(1, deviations=["one", "two"], last_used=used), row(2, deviations=[]), row(3)]
    told = [(line["deviations"], line["last_used"]) for line in sheet(roll(rows))]
    assert told == [("one; two", TAKEN), ("", ""), ("", "")]


@given(NASTY)
@example("=HYPERLINK(1)")
@example(" =1")
@example("\n=1")
@example("\t@SUM(1)")
@example('"\r\n=1,"')
@example("＝1")
def test_no_cell_of_a_spreadsheet_is_a_formula_and_every_name_stands_in_its_own(name: str) -> None:
    lines = sheet(named(name))
    assert len(lines) == len(Verdict)
    for line in lines:
        assert line["name"].removeprefix("'") == name.removeprefix("'")
        for cell in line.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
            assert not cell.startswith(("\t", "\r", "\n"))


def test_junit_has_a_case_an_account_as_the_schema_of_junit_asks() -> None:
    told = suite(EVERY_VERDICT)
    assert [child.tag for child in told] == ["properties", *["testcase"] * 7, "system-out", "system-err"]
    assert {key: told.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7",
        "failures": "4",
        "errors": "1",
        "skipped": "1",
    }
    assert told.get("timestamp") == "2026-11-25T06:00:00"
    assert {"name", "package", "id", "hostname", "time"} <= told.attrib.keys()
    assert all(case.attrib.keys() == {"name", "classname", "time"} for case in told.iter("testcase"))


def test_junit_tells_what_failed_from_what_nobody_knows() -> None:
    outcomes = {}
    for case, verdict in zip(suite(EVERY_VERDICT).iter("testcase"), Verdict, strict=True):
        outcomes[verdict] = [child.tag for child in case]
        assert all(child.get("message") for child in case)
    assert outcomes.pop(Verdict.READY) == []
    assert outcomes.pop(Verdict.EXCLUDED) == ["skipped"]
    assert outcomes.pop(Verdict.UNKNOWN) == ["error"]
    assert set(map(tuple, outcomes.values())) == {("failure",)}


@given(NASTY)
@example("</testcase>\x00\x1b[31m")
@example("\ufffe\uffff]]>")
@example("\ud800")
def test_junit_is_xml_whatever_the_name(name: str) -> None:
    text = render(Format.JUNIT, named(name))
    cases = [case.get("name") for case in ET.fromstring(text.encode()).iter("testcase")]
    assert len(cases) == len(Verdict)
    if name.isprintable() and name.isascii():
        assert cases[0] == f"{name} (100000000000)"


def test_sarif_has_a_result_a_target_that_is_not_ready() -> None:
    told = run(EVERY_VERDICT)
    rules = [rule["id"] for rule in told["tool"]["driver"]["rules"]]
    assert len(told["results"]) == len(MISSING)
    for result in told["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "rolecall.yaml"
        assert place["logicalLocations"][0]["fullyQualifiedName"].startswith("o-exampleorg/1000000000")
    assert {result["ruleId"].partition("-")[0] for result in told["results"]} == set(MISSING)


def test_sarif_is_of_its_version_and_its_rules_are_whole() -> None:
    log = json.loads(render(Format.SARIF, EVERY_VERDICT))
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    driver = log["runs"][0]["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("rolecall", "0.1.0")
    assert len(RULES) == len({rule["name"] for rule in driver["rules"]}) == 10
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")


def test_sarif_says_whether_the_roll_call_came_to_its_end() -> None:
    assert run(EVERY_VERDICT)["invocations"][0]["executionSuccessful"] is True
    assert run(EVERY_VERDICT | {"interrupted": True})["invocations"][0]["executionSuccessful"] is False


def test_a_result_is_known_again_whatever_the_name_and_the_words_of_the_reason() -> None:
    def prints(**facts: str) -> dict[str, str]:
        told: dict[str, str] = run(roll([row(1, Verdict.UNREACHABLE, **facts)]))["results"][0]["partialFingerprints"]
        return told

    assert prints() == prints(name="renamed", reason="other words")
    results = run(many(1000))["results"]
    for key in ("rolecallAccount/v1", "primaryLocationLineHash"):
        assert len({result["partialFingerprints"][key] for result in results}) == len(results) > 10


@given(NASTY)
def test_sarif_is_json_in_ascii_whatever_the_name(name: str) -> None:
    text = render(Format.SARIF, named(name))
    assert text.isascii()
    assert len(json.loads(text)["runs"][0]["results"]) == len(MISSING)


def test_no_name_becomes_a_link_in_code_scanning() -> None:
    message = run(named("[here](https://evil.example)"))["results"][0]["message"]["text"]
    assert "](" not in message


def test_a_role_that_lacks_permissions_has_the_rule_of_who_denies_them() -> None:
    found = run(EVERY_VERDICT)["results"]
    assert [result["ruleId"] for result in found if result["ruleId"].startswith("restricted")] == ["restricted-scp"]
    untold = run(roll([row(1, Verdict.RESTRICTED, causes=[])]))["results"]
    assert untold[0]["ruleId"] == "restricted-unanswered"
