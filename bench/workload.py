"""What every contestant is asked to do: assume a role an account, and simulate the same sixty actions. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rolecall.core.permission_groups import GROUPS

REGION = "us-east-1"
ROLE = "CadoResponseRole"
SESSION_NAME = "rolecall"
EXTERNAL_ID = "bench-5f0c2e"
GROUPS_OF_ONE_QUESTION = ("s3", "lambda", "ecs")
"""Permission groups that the engine asks about in a single simulation."""

_ACTIONS = 60


@dataclass(frozen=True, slots=True)
class Work:
    """How many accounts, and how many of them at a time."""

    accounts: int
    concurrency: int

    def account_ids(self) -> Iterator[str]:
        return (f"{100_000_000_000 + number}" for number in range(self.accounts))


def role_arn(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:role/{ROLE}"


def actions() -> tuple[str, ...]:
    """Sixty, those of GROUPS_OF_ONE_QUESTION first."""
    groups = [*GROUPS_OF_ONE_QUESTION, *GROUPS]
    distinct = tuple(dict.fromkeys(action for name in groups for action in GROUPS[name].actions))
    assert len(distinct) >= _ACTIONS
    return distinct[:_ACTIONS]


def context(account_id: str) -> dict[str, str]:
    """The context keys that the engine gives with each simulation."""
    return {
        "aws:RequestedRegion": REGION,
        "aws:PrincipalArn": role_arn(account_id),
        "aws:CurrentTime": "2026-03-01T12:00:00Z",
    }
