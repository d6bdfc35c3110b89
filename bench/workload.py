"""What every contestant is asked to do: assume a role an account, and simulate the same actions. Pure.

Imports nothing of rolecall: a peer's own venv has none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

REGION = "us-east-1"
ROLE = "CadoResponseRole"
SESSION_NAME = "rolecall"
EXTERNAL_ID = "bench-5f0c2e"


@dataclass(frozen=True, slots=True)
class Work:
    """How many accounts, how many of them at a time, and which actions to simulate in each."""

    accounts: int
    concurrency: int
    actions: tuple[str, ...]

    def account_ids(self) -> Iterator[str]:
        """None of them the caller's own, which botocove would leave out."""
        return (f"{100_000_000_000 + number}" for number in range(1, self.accounts + 1))


def role_arn(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:role/{ROLE}"


def context(account_id: str) -> dict[str, str]:
    """The context keys that the engine gives with each simulation."""
    return {
        "aws:RequestedRegion": REGION,
        "aws:PrincipalArn": role_arn(account_id),
        "aws:CurrentTime": "2026-03-01T12:00:00Z",
    }
