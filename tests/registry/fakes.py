"""In-memory stand-ins for what the registry asks of the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rolecall.core.ids import RoleArn
from rolecall.core.probe import Answer, AssumedRole, Caller, Question, Refusal

EXTERNAL_ID = "5f0cCanaryExternalId42"
GOOD_ROLE = "arn:aws:iam::111122223333:role/CadoResponseRole"
OPEN_ROLE = "arn:aws:iam::111122223333:role/OpenToAnyExternalId"
ABSENT_ROLE = "arn:aws:iam::111122223333:role/Absent"
REFUSAL = "User: arn:aws:sts::999988887777:assumed-role/Platform/s is not authorized to perform: sts:AssumeRole"


@dataclass
class FakeProbe:
    """Roles by how they answer: `guarded` ask for EXTERNAL_ID, `open` for none, others refuse. `error` comes first."""

    guarded: set[str] = field(default_factory=lambda: {GOOD_ROLE})
    open: set[str] = field(default_factory=lambda: {OPEN_ROLE})
    error: Exception | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        self.asked.append((str(role), external_id))
        if self.error:
            raise self.error
        if str(role) in self.open or (str(role) in self.guarded and external_id == EXTERNAL_ID):
            return AssumedRole(role, "ASIAEXAMPLE", "secret", "token")
        return Refusal(role, "AccessDenied", REFUSAL)

    async def caller(self) -> Caller:
        raise AssertionError("the registry asks who it is of nobody")

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        raise AssertionError("the registry simulates nothing when it adds an account")


@dataclass
class FakeNow:
    """A clock that stands until it is moved."""

    time: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, by: timedelta) -> None:
        self.time += by
