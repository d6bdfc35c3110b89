"""A result a target that is not ready, for code scanning: SARIF 2.1.0.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.roll import Cause
from rolecall.core.verdicts import Verdict
from rolecall.reports.facts import WORDS, Json, is_missing, not_proven

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FILE = "rolecall.yaml"
"""Where a result is shown: code scanning takes none without a file, and this one makes the account a target."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a result is an instance of. `level` is SARIF's."""

    id: str
    name: str
    level: str
    meaning: str
    mend: str


_LEVELS = {
    Verdict.UNSAFE: "error",
    Verdict.UNREACHABLE: "error",
    Verdict.RESTRICTED: "warning",
    Verdict.UNKNOWN: "warning",
    Verdict.PENDING: "note",
}
_CAUSES = {
    Cause.ROLE: "role",
    Cause.BOUNDARY: "boundary",
    Cause.SCP: "scp",
    Cause.RCP: "rcp",
    Cause.REALLY_ASKED: "asked",
    Cause.UNANSWERED: "unanswered",
}
"""In the order in which the first that an account has is its rule."""


def _rule(verdict: Verdict, cause: Cause | None = None) -> Rule:
    words, name = WORDS[verdict], str(verdict).title()
    if cause is None:
        return Rule(str(verdict), name, _LEVELS[verdict], words.meaning, words.mend)
    suffix = _CAUSES[cause]
    by = "which AWS gave no answer for" if cause is Cause.UNANSWERED else f"denied by {cause}"
    meaning = f"The role answers, and some permission is missing: {by}."
    return Rule(f"{verdict}-{suffix}", f"{name}{suffix.title()}", _LEVELS[verdict], meaning, words.mend)


RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        *(_rule(verdict) for verdict in _LEVELS if verdict is not Verdict.RESTRICTED),
        *(_rule(Verdict.RESTRICTED, cause) for cause in _CAUSES),
    )
}


def render(report: dict[str, Any]) -> str:
    # In ASCII: whoever reads it guesses no encoding.
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, indent=2) + "\n"


def _run(report: Json) -> Json:
    places = {rule: index for index, rule in enumerate(RULES)}
    driver = {"name": "rolecall", "semanticVersion": report["rolecall"], "rules": list(map(_told, RULES.values()))}
    return {
        "tool": {"driver": driver},
        "invocations": [_invocation(report)],
        "results": [_result(row, report, places) for row in report["accounts"] if is_missing(row)],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "organization": report["organization"],
            "role": report["role"],
            "summary": report["summary"],
            "not_proven": report["not_proven"],
        },
    }


def _told(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.meaning},
        "help": {"text": rule.mend},
        "defaultConfiguration": {"level": rule.level},
    }


def _invocation(report: Json) -> Json:
    notes = [{"level": "note", "message": {"text": text}} for text in [not_proven(report), *(report["notes"] or ())]]
    return {
        "executionSuccessful": not report["interrupted"],
        "endTimeUtc": report["taken"],
        "toolExecutionNotifications": notes,
    }


def _result(row: Json, report: Json, places: Mapping[str, int]) -> Json:
    rule, organization = _rule_of(row), report["organization"]["id"]
    identity = f"{organization}/{row['id']}/{rule}"
    named = {"name": row["name"], "fullyQualifiedName": f"{organization}/{row['id']}", "kind": "resource"}
    return {
        "ruleId": rule,
        "ruleIndex": places[rule],
        "level": RULES[rule].level,
        "message": {"text": _plain(f"{row['name']} ({row['id']}) is {row['verdict']}: {row['reason']}")},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _FILE}, "region": {"startLine": 1}},
                "logicalLocations": [named],
            }
        ],
        "partialFingerprints": _fingerprints(identity),
        "properties": {key: row[key] for key in _KEPT},
    }


def _plain(text: str) -> str:
    """No link comes of a name: `[words](address)` is one in a SARIF message."""
    return text.replace("](", "] (")


_KEPT = ("path", "deployment", "access", "registration", "missing_permissions", "not_ready_since", "last_ready")


def _fingerprints(identity: str) -> dict[str, str]:
    """The same for as long as the account has this to be said of it, whatever the reason's words or its name.

    GitHub reads only `primaryLocationLineHash`, and would else take all results for one: they share a line.
    """
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return {"rolecallAccount/v1": digest, "primaryLocationLineHash": f"{digest[:16]}:1"}


def _rule_of(row: Json) -> str:
    if row["verdict"] != Verdict.RESTRICTED:
        return str(row["verdict"])
    found = {cause["cause"] for cause in row["causes"]}
    cause = next((cause for cause in _CAUSES if cause in found), Cause.UNANSWERED)
    return f"{Verdict.RESTRICTED}-{_CAUSES[cause]}"
