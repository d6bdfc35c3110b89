"""The report: what every command answers, as one JSON object. What people read is rendered from it. Pure.

The published schema is docs/reference/report.schema.json.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rolecall.core.breaker import Breaker
from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId
from rolecall.core.listed import Listed
from rolecall.core.plan import Change
from rolecall.core.preflight import Finding
from rolecall.core.roll import MissingPermission
from rolecall.core.standing import Dates
from rolecall.core.verdicts import Row, Verdict

KINDS = ("plan", "apply", "status", "check", "demo", "destroy")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not succeed: in which account (None: in none), and why, in AWS's or the platform's words.

    `cause` is one of `rolecall.core.causes.Kind`, of accounts in which an operation on the stack set failed.
    """

    account: AccountId | None
    subject: str
    reason: str
    cause: str = ""


def report(
    kind: str,
    version: str,
    desired: Desired | Listed,
    rows: Sequence[Row] | None,
    changes: Sequence[Change] | None,
    *,
    failures: Sequence[Failure] | None = None,
    notes: Sequence[str] | None = None,
    breaker: Breaker | None = None,
    findings: Sequence[Finding] | None = None,
    taken: datetime | None = None,
    interrupted: bool | None = None,
    not_proven: str | None = None,
) -> Json:
    """What a command does not know is null, never absent.

    `taken`, aware, is when a roll call ended, `interrupted` whether it was cut short and `not_proven` what a ready
    does not prove: None of other commands.
    """
    at = taken.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if taken else None
    identity = desired.organization.identity
    return {
        "rolecall": version,
        "kind": kind,
        "organization": {
            "id": identity.id,
            "management_account": identity.management_account,
            "accounts": len(desired.organization.accounts),
        },
        "role": desired.role_name,
        "taken": at,
        "interrupted": interrupted,
        "accounts": None if rows is None else [_account(row, at) for row in rows],
        "summary": None if rows is None else summary(rows),
        "changes": None if changes is None else [_change(change) for change in changes],
        "failures": None if failures is None else [asdict(failure) for failure in failures],
        "notes": None if notes is None else list(notes),
        "breaker": None if breaker is None else _breaker(breaker),
        "findings": None if findings is None else [asdict(finding) for finding in findings],
        "not_proven": not_proven,
        "comparison": None,
    }


def summary(rows: Sequence[Row]) -> Json:
    """`total` accounts, `targets` of them, and how many have each verdict; every verdict has its key."""
    counts = Counter(row.verdict for row in rows)
    return {
        "total": len(rows),
        "targets": sum(row.account.is_target for row in rows),
        "by_verdict": {str(verdict): counts[verdict] for verdict in Verdict},
    }


def _breaker(breaker: Breaker) -> Json:
    return {
        "stops": breaker.stops,
        "reason": breaker.reason if breaker.stops else "",
        "removals": len(breaker.removals),
        "of": breaker.there,
        "limit_percent": breaker.limit_percent,
    }


def _account(row: Row, taken: str | None) -> Json:
    account = row.account.account
    dates = Dates().then(row.verdict, taken) if taken else Dates()
    return {
        "id": account.id,
        "name": account.name,
        "path": row.account.path,
        "state": str(account.state),
        "deployment": None if row.deployment is None else str(row.deployment),
        "access": str(row.access),
        "registration": None if row.registration is None else str(row.registration),
        "verdict": str(row.verdict),
        "reason": row.reason,
        "missing_permissions": sorted({item.action for item in row.missing}),
        "causes": _causes(row.missing),
        "deviations": None if row.deviations is None else list(row.deviations),
        "last_used": None if row.last_used is None else asdict(row.last_used),
        "not_ready_since": dates.not_ready_since,
        "last_ready": dates.last_ready,
    }


def _causes(missing: Sequence[MissingPermission]) -> list[Json]:
    """The missing permissions by who denies them."""
    by_cause: dict[tuple[str, tuple[str, ...]], list[MissingPermission]] = defaultdict(list)
    for item in missing:
        by_cause[str(item.cause), item.policies].append(item)
    return [
        {
            "cause": cause,
            "policies": list(policies),
            "groups": sorted({group for item in items for group in item.groups}),
            "regions": sorted({item.region for item in items if item.region}),
            "permissions": sorted({item.action for item in items}),
        }
        for (cause, policies), items in sorted(by_cause.items())
    ]


def _change(change: Change) -> Json:
    return {
        "action": str(change.action),
        "subject": change.subject,
        "account": change.account,
        "detail": change.detail,
        "differences": [asdict(difference) for difference in change.differences],
    }
