"""Reports to render: a small one with everything in it, and one of any size."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rolecall.core.comparison import compared, read_earlier
from rolecall.core.roll import NOT_PROVEN, Cause
from rolecall.core.verdicts import Verdict

Json = dict[str, Any]
TAKEN, BEFORE = "2026-11-25T06:00:00Z", "2026-11-20T06:00:00Z"

_ACCESS = {"ready": "answering", "restricted": "restricted", "unreachable": "refused", "unsafe": "open"}
_REASONS = {
    Verdict.READY: "answers the platform alone; 62 permissions allowed",
    Verdict.RESTRICTED: "answers the platform alone; 2 permissions of ebs denied by a service control policy "
    "(DenySnapshots): ebs:GetSnapshotBlock, ec2:CreateSnapshot",
    Verdict.UNREACHABLE: "the role cannot be assumed: AccessDenied: User: arn:aws:sts::111111111111:assumed-role/"
    "CadoResponsePlatform/rolecall is not authorized to perform: sts:AssumeRole on resource: "
    "arn:aws:iam::{id}:role/CadoResponseRole; its stack is there, so one of: the role was deleted there or its trust "
    "was changed, the platform has another external id or principal, or a policy on either side forbids it",
    Verdict.UNSAFE: "the role answers without the external id: anybody who knows its ARN may use the platform",
    Verdict.PENDING: "the role is not there yet: `rolecall apply` deploys it",
    Verdict.UNKNOWN: "nobody has asked the role: `rolecall check` does",
    Verdict.EXCLUDED: "the account is suspended: StackSets skip it and nobody can assume a role in it",
}
_CAUSE = {
    "cause": str(Cause.SCP),
    "policies": ["DenySnapshots"],
    "groups": ["ebs"],
    "regions": ["us-east-1"],
    "permissions": ["ebs:GetSnapshotBlock", "ec2:CreateSnapshot"],
}
_UNITS = ("/Workloads/Prod", "/Workloads/Dev", "/Security", "/Sandboxes", "/Corporate/Finance", "/")
_TEAMS = ("payments", "storefront", "identity", "data-lake", "search", "billing", "logistics", "mobile")


def row(number: int, verdict: Verdict = Verdict.READY, *, name: str | None = None, **facts: Any) -> Json:
    account = f"{100_000_000_000 + number}"
    missing = verdict not in (Verdict.READY, Verdict.EXCLUDED, Verdict.UNKNOWN)
    restricted = verdict is Verdict.RESTRICTED
    return {
        "id": account,
        "name": f"{_TEAMS[number % 8]}-{number:05}" if name is None else name,
        "path": _UNITS[number % 6],
        "state": "SUSPENDED" if verdict is Verdict.EXCLUDED else "ACTIVE",
        "deployment": {"excluded": "skipped", "pending": "absent"}.get(verdict, "deployed"),
        "access": _ACCESS.get(verdict, "unknown"),
        "registration": "registered" if verdict is Verdict.READY else "unregistered",
        "verdict": str(verdict),
        "reason": _REASONS[verdict].format(id=account),
        "missing_permissions": _CAUSE["permissions"] if restricted else [],
        "causes": [_CAUSE] if restricted else [],
        "deviations": None,
        "last_used": None,
        "not_ready_since": TAKEN if missing else None,
        "last_ready": TAKEN if verdict is Verdict.READY else None,
    } | facts


def roll(rows: Sequence[Json], **facts: Any) -> Json:
    counts = Counter(row["verdict"] for row in rows)
    return {
        "rolecall": "0.1.0",
        "kind": "check",
        "organization": {
            "id": "o-exampleorg",
            "management_account": "100000000000",
            "accounts": max(len(rows), 1),
        },
        "role": "CadoResponseRole",
        "taken": TAKEN,
        "interrupted": False,
        "accounts": list(rows),
        "summary": {
            "total": len(rows),
            "targets": len(rows) - counts["excluded"],
            "by_verdict": {str(verdict): counts[verdict] for verdict in Verdict},
        },
        "changes": [],
        "failures": None,
        "notes": ["a note of the plan"],
        "breaker": None,
        "findings": [],
        "not_proven": NOT_PROVEN,
        "comparison": None,
    } | facts


EVERY_VERDICT = roll([row(number, verdict) for number, verdict in enumerate(Verdict)])


def named(name: str) -> Json:
    """A roll with an account of this name for every verdict, in a unit and with a reason of the name too."""
    facts = {"name": name, "path": f"/{name}", "reason": f"because of {name}"}
    return roll([row(number, verdict, **facts) for number, verdict in enumerate(Verdict)])


def many(count: int) -> Json:
    """An organization of this size, nearly all of it ready, compared with five days before."""
    return _held_against(roll([row(number, _verdict(number)) for number in range(count)]), count)


def _verdict(number: int) -> Verdict:
    kinds = {
        3: Verdict.UNREACHABLE,
        5: Verdict.RESTRICTED,
        11: Verdict.EXCLUDED,
        17: Verdict.PENDING,
        23: Verdict.UNKNOWN,
    }
    return Verdict.UNSAFE if number == 7 else kinds.get(number % 61, Verdict.READY)


def _held_against(report: Json, count: int) -> Json:
    before = [_earlier(row, number) for number, row in enumerate(report["accounts"]) if number % 97 != 40]
    gone = row(count + 1, Verdict.UNREACHABLE, name="long-gone", not_ready_since=BEFORE)
    earlier = {**report, "taken": BEFORE, "accounts": [*before, gone]}
    earlier["organization"] = {**report["organization"], "accounts": len(earlier["accounts"])}
    return compared(report, read_earlier(json.dumps(earlier), "last.json"), [row["id"] for row in report["accounts"]])


def _earlier(row: Json, number: int) -> Json:
    """Every other one that is missing was ready, and a few that are ready were not."""
    dates = {"last_ready": BEFORE, "not_ready_since": None}
    if row["verdict"] == "ready" and number % 50 == 9:
        return {**row, "verdict": "unreachable", "last_ready": None, "not_ready_since": "2026-10-02T06:00:00Z"}
    if row["not_ready_since"] and number % 2:
        return {**row, **dates, "verdict": "ready"}
    return {**row, **dates, "not_ready_since": row["not_ready_since"] and "2026-11-09T06:00:00Z"}
