"""A diagnosis as values: what was looked at, how it is, and what mends it. Pure data types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from rolecall.errors import AwsError, CredentialsError, RolecallError


class State(StrEnum):
    """How it is. UNCHECKED: nobody could look, which is no good news."""

    OK = "ok"
    PROBLEM = "problem"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `hint` is what to do, a command to paste where there is one."""

    check: str
    state: State
    message: str
    hint: str = ""


def good(check: str, message: str) -> Line:
    return Line(check, State.OK, message)


def bad(check: str, message: str, hint: str = "") -> Line:
    return Line(check, State.PROBLEM, message, hint)


def unchecked(check: str, why: str, hint: str = "") -> Line:
    return Line(check, State.UNCHECKED, why, hint)


def failure(check: str, error: RolecallError) -> Line:
    """Of an error: what AWS does not answer, or does not let be asked, tells nothing of the thing itself."""
    message = f"{error.summary}: {error.detail}" if error.detail else error.summary
    if isinstance(error, AwsError) and not isinstance(error, CredentialsError):
        return unchecked(check, message, error.hint)
    return bad(check, message, error.hint)


def told(version: str, lines: Sequence[Line]) -> dict[str, Any]:
    """The diagnosis as one JSON object. Its schema is docs/reference/doctor.schema.json."""
    counts = Counter(line.state for line in lines)
    return {
        "rolecall": version,
        "kind": "doctor",
        "checks": [asdict(line) for line in lines],
        "summary": {str(state): counts[state] for state in State},
    }
