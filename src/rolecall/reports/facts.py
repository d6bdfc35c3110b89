"""What several formats say of a report: the words for each verdict, who is missing, and what changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.comparison import Move
from rolecall.core.verdicts import Verdict

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What a verdict means, and what can be done about it."""

    meaning: str
    mend: str = ""


WORDS: Mapping[Verdict, Words] = {
    Verdict.UNSAFE: Words(
        "The role answers without the external id or with a wrong one, or its trust lets in others.",
        "Its trust is not what the config says. `rolecall plan --drift` shows what differs, `rolecall apply --drift` "
        "writes it anew.",
    ),
    Verdict.UNREACHABLE: Words(
        "The deployment failed or is blocked, or the role cannot be assumed.",
        "The reason says which. `rolecall plan` shows what is blocked and what `rolecall apply` would do.",
    ),
    Verdict.RESTRICTED: Words(
        "The role answers, and some permission that an enabled group needs is missing.",
        "The reason says which, and who denies it. Exempt the role there, or leave the permission group out.",
    ),
    Verdict.UNKNOWN: Words(
        "Nobody has asked, or nobody got an answer: nothing is known either way.",
        "Call the roll again: `rolecall check`.",
    ),
    Verdict.PENDING: Words(
        "An operation is still working on it, or `rolecall apply` would deploy the role.",
        "Run `rolecall apply`, or wait for the operation to end.",
    ),
    Verdict.READY: Words("The role answers the platform alone, and every permission simulates as allowed."),
    Verdict.EXCLUDED: Words("Not a target by the config, or the account is not active."),
}
"""In the order in which a person should look at them."""


def is_target(row: Json) -> bool:
    return bool(row["verdict"] != Verdict.EXCLUDED)


def is_missing(row: Json) -> bool:
    """A target that is not ready, whether it is known why or not."""
    return row["verdict"] not in (Verdict.READY, Verdict.EXCLUDED)


def moves(report: Json) -> dict[str, Move]:
    """account -> how it got here from the earlier report; only of those that moved."""
    told = report["comparison"] or {}
    return {entry["id"]: move for move in Move for entry in told.get(move, ())}


def not_proven(report: Json) -> str:
    return f"Not proven by a ready: {report['not_proven']}."
