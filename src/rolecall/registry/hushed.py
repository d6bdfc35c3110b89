"""Keeps the external id out of what AWS says, before anybody answers, logs or stores it. Calls AWS through a RoleProbe.

STS repeats a value that it does not take: "Value 'x y' at 'externalId' failed to satisfy constraint".
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from rolecall.core.ids import RoleArn
from rolecall.core.probe import Answer, AssumedRole, Caller, HarmlessCall, Question, Refusal
from rolecall.core.read_back import ReadBack
from rolecall.errors import AwsError
from rolecall.ports import DeepProbe, RoleProbe

_MASK = "***"


class HushedProbe:
    """A RoleProbe that passes everything on but the external id."""

    def __init__(self, probe: RoleProbe) -> None:
        self._probe = probe

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        try:
            answer = await self._probe.assume(role, external_id=external_id)
        except AwsError as error:
            error.summary, error.detail = _hushed(error.summary, external_id), _hushed(error.detail, external_id)
            raise
        if isinstance(answer, Refusal):
            return replace(answer, message=_hushed(answer.message, external_id))
        return answer

    async def caller(self) -> Caller:
        return await self._probe.caller()

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        return await self._probe.simulate(assumed, question)


class HushedDeepProbe(HushedProbe):
    """The same of a DeepProbe, whose further calls bring no external id."""

    def __init__(self, probe: DeepProbe) -> None:
        super().__init__(probe)
        self._deep = probe

    async def read_back(self, assumed: AssumedRole, policies: Collection[str]) -> ReadBack:
        return await self._deep.read_back(assumed, policies)

    async def make(self, assumed: AssumedRole, call: HarmlessCall, region: str) -> Refusal | None:
        return await self._deep.make(assumed, call, region)


def _hushed(text: str, external_id: str | None) -> str:
    return text.replace(external_id, _MASK) if external_id else text
