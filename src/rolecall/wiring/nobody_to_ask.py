"""The probe where there are no credentials of the platform's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rolecall.core.ids import RoleArn
from rolecall.core.probe import Answer, AssumedRole, Caller, HarmlessCall, Question, Refusal
from rolecall.core.read_back import ReadBack
from rolecall.errors import CredentialsError


@dataclass(frozen=True)
class NobodyToAsk:
    """The `DeepProbe` port: whatever is asked raises why there are no credentials to ask with."""

    reason: CredentialsError

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:  # noqa: ARG002
        raise self.reason

    async def caller(self) -> Caller:
        raise self.reason

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:  # noqa: ARG002
        raise self.reason

    async def read_back(self, assumed: AssumedRole, policies: Collection[str]) -> ReadBack:  # noqa: ARG002
        raise self.reason

    async def make(self, assumed: AssumedRole, call: HarmlessCall, region: str) -> Refusal | None:  # noqa: ARG002
        raise self.reason
