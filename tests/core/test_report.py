from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rolecall.core.desired import Desired
from rolecall.core.diff import diff
from rolecall.core.observed import Observed
from rolecall.core.plan import Action
from rolecall.core.report import KINDS, report, summary
from rolecall.core.roll import NOT_PROVEN, Access, Cause, MissingPermission, Proof, not_simulated
from rolecall.core.verdicts import Deployment, RegistrationState, Verdict, rows
from tests.fakes.cloud import EXTERNAL_ID, config

from .worlds import AUDIT, BILLING, MANAGEMENT, MEMBERS, RETIRED, desired, settled

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

TAKEN = datetime(2026, 11, 25, 7, 0, 0, tzinfo=timezone(timedelta(hours=1)))
RESTRICTED = Proof(
    Access.RESTRICTED,
    "answers; some permissions denied",
    (
        MissingPermission("ec2:CreateSnapshot", ("ebs",), Cause.SCP, "us-east-1", ("DenySnapshots",)),
        MissingPermission("ec2:CreateSnapshot", ("ebs",), Cause.SCP, "eu-west-1", ("DenySnapshots",)),
        MissingPermission("ebs:GetSnapshotBlock", ("ebs",), Cause.SCP, "us-east-1", ("DenySnapshots",)),
        MissingPermission("s3:GetObject", ("s3",), Cause.ROLE, "us-east-1"),
    ),
    assumed=True,
)
PROOFS = {AUDIT: RESTRICTED, BILLING: Proof(Access.ANSWERING, "12 permissions allowed", assumed=True)}


def reported(kind: str, observed: Observed | None = None, wanted: Desired | None = None) -> dict[str, Any]:
    made = wanted or desired()
    seen = observed or settled(made)
    changes = diff(made, seen)
    called = {"taken": TAKEN, "interrupted": False, "not_proven": NOT_PROVEN} if kind == "check" else {}
    return report(kind, "0.1.0", made, rows(made, seen, changes, PROOFS), changes, **called)  # type: ignore[arg-type]


def account(told: dict[str, Any], account_id: str) -> dict[str, Any]:
    row: dict[str, Any] = next(row for row in told["accounts"] if row["id"] == account_id)
    return row


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("observed", [None, Observed(trusted_access=True), Observed(trusted_access=False)])
def test_every_kind_of_report_is_as_the_schema_says(kind: str, observed: Observed | None) -> None:
    VALIDATOR.validate(reported(kind, observed))


def test_what_is_not_known_is_null_and_never_absent() -> None:
    told = report("plan", "0.1.0", desired(), None, None)
    VALIDATOR.validate(told)
    assert {key for key, value in told.items() if value is None} == {
        "accounts",
        "summary",
        "changes",
        "failures",
        "notes",
        "breaker",
        "findings",
        "taken",
        "interrupted",
        "not_proven",
        "comparison",
    }


def test_a_role_that_may_not_simulate_is_reported_without_a_region() -> None:
    made = desired()
    proof = not_simulated(config().role, "AccessDenied: no")
    told = report("check", "0.1.0", made, rows(made, settled(made), (), {AUDIT: proof}), ())
    VALIDATOR.validate(told)
    assert account(told, AUDIT)["causes"][0]["regions"] == []


def test_the_schema_knows_exactly_the_words_of_the_code() -> None:
    row, change = SCHEMA["$defs"]["account"]["properties"], SCHEMA["$defs"]["change"]["properties"]
    assert set(SCHEMA["properties"]["kind"]["enum"]) == set(KINDS)
    assert set(SCHEMA["$defs"]["verdict"]["enum"]) == set(Verdict)
    assert set(row["deployment"]["enum"]) == {*Deployment, None}
    assert set(row["access"]["enum"]) == set(Access)
    assert set(row["registration"]["enum"]) == {*RegistrationState, None}
    assert set(change["action"]["enum"]) == set(Action)
    assert set(SCHEMA["$defs"]["cause"]["properties"]["cause"]["enum"]) == set(Cause)


@pytest.mark.parametrize(
    "broken",
    [{"kind": "other"}, {"summary": {}}, {"accounts": [{}]}, {"extra": 1}, {"changes": [{"action": "explode"}]}],
)
def test_the_schema_refuses_what_is_not_a_report(broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(reported("check") | broken)


def test_every_account_has_one_row() -> None:
    told = reported("check")
    assert [row["id"] for row in told["accounts"]] == [member.id for member in MEMBERS]
    assert told["summary"]["total"] == told["organization"]["accounts"] == len(MEMBERS)


def test_a_row_says_who_where_and_how_it_is() -> None:
    assert account(reported("check"), BILLING) == {
        "id": BILLING,
        "name": "billing",
        "path": "/Workloads/Prod",
        "state": "ACTIVE",
        "deployment": "deployed",
        "access": "answering",
        "registration": "registered",
        "verdict": "ready",
        "reason": "12 permissions allowed",
        "missing_permissions": [],
        "causes": [],
        "deviations": None,
        "last_used": None,
        "not_ready_since": None,
        "last_ready": "2026-11-25T06:00:00Z",
    }


def test_a_roll_call_says_when_it_was_and_since_when_what_is_missing_is() -> None:
    told = reported("check")
    assert (told["taken"], told["interrupted"]) == ("2026-11-25T06:00:00Z", False)
    assert account(told, AUDIT)["not_ready_since"] == told["taken"]
    assert account(told, RETIRED)["not_ready_since"] is None, "no target is missing"
    assert account(told, MANAGEMENT)["not_ready_since"] is None, "nobody asked it"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "check"])
def test_another_command_knows_no_dates_and_proves_nothing(kind: str) -> None:
    told = reported(kind)
    assert (told["taken"], told["interrupted"], told["not_proven"]) == (None, None, None)
    assert {(row["not_ready_since"], row["last_ready"]) for row in told["accounts"]} == {(None, None)}


def test_a_roll_call_says_what_it_does_not_prove() -> None:
    assert reported("check")["not_proven"] == NOT_PROVEN


def test_missing_permissions_are_told_flat_and_by_cause() -> None:
    row = account(reported("check"), AUDIT)
    assert row["missing_permissions"] == ["ebs:GetSnapshotBlock", "ec2:CreateSnapshot", "s3:GetObject"]
    assert row["causes"] == [
        {
            "cause": "a service control policy",
            "policies": ["DenySnapshots"],
            "groups": ["ebs"],
            "regions": ["eu-west-1", "us-east-1"],
            "permissions": ["ebs:GetSnapshotBlock", "ec2:CreateSnapshot"],
        },
        {
            "cause": "the role's own policies",
            "policies": [],
            "groups": ["s3"],
            "regions": ["us-east-1"],
            "permissions": ["s3:GetObject"],
        },
    ]


def test_the_summary_counts_every_verdict_and_the_targets() -> None:
    made = desired()
    told = summary(rows(made, settled(made), (), PROOFS))
    assert told == {
        "total": 4,
        "targets": 3,
        "by_verdict": {
            "unsafe": 0,
            "excluded": 1,
            "pending": 0,
            "unreachable": 0,
            "restricted": 1,
            "ready": 1,
            "unknown": 1,
        },
    }


def test_changes_are_told_in_their_order() -> None:
    told = reported("plan", Observed(trusted_access=True))["changes"]
    assert [change["action"] for change in told][:4] == [
        "create-stack-set",
        "create-stack-instance",
        "create-stack-instance",
        "create-stack",
    ]
    assert [change["account"] for change in told][:4] == [None, AUDIT, BILLING, MANAGEMENT]


def test_a_report_is_json_and_holds_no_external_id() -> None:
    text = json.dumps(reported("plan", Observed(trusted_access=True)))
    assert EXTERNAL_ID not in text
    assert RETIRED in text
