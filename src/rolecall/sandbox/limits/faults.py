"""Faults that a scenario asks for: which call meets which. Pure; the same seed and calls meet the same faults.

The n-th call that a rule matches has one fate, whatever other calls there are. A rule of kind `iam-lag` matches what is
written to roles, by callers and by stacks alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rolecall.sandbox.limits.throttling import throttled
from rolecall.sandbox.wire import Call, WireError

Kind = Literal["throttle", "error", "reset", "lost-answer", "latency", "iam-lag"]


class FaultRule(BaseModel):
    """Which calls go wrong, and how. What is left out matches all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = Field(
        description="throttle, error (status and code), reset (nothing happened), lost-answer (it did), latency, "
        "iam-lag (a role that was written is seen as it was)"
    )
    service: str | None = Field(default=None, description="As signed for: cloudformation, sts, …")
    action: str | None = Field(default=None, description="An operation, such as AssumeRole")
    account: str | None = Field(
        default=None, description="Name or id of the account that calls, or whose role is assumed or written"
    )
    rate: float = Field(default=1.0, ge=0, le=1, description="The share of matching calls")
    skip: int = Field(default=0, ge=0, description="So many matching calls go well first")
    times: int | None = Field(default=None, ge=1, description="At most so many faults")
    status: int = Field(default=500, ge=400, le=599, description="Of an error")
    code: str = Field(default="InternalFailure", description="Of an error")
    milliseconds: float = Field(default=100, ge=0, description="Of latency, in real time")
    seconds: float = Field(default=5, ge=0, description="Of iam-lag, in the sandbox's time")


class Faults:
    """The rules with their counts."""

    def __init__(self, rules: Sequence[FaultRule], seed: int, names: Mapping[str, str]) -> None:
        """`names` leads from account names to ids."""
        self._rules = rules
        self._seed = seed
        self._names = names
        self._matched = [0] * len(rules)
        self._struck = [0] * len(rules)

    def of(self, call: Call) -> list[FaultRule]:
        """The faults that this call meets."""
        return [
            rule
            for number, rule in enumerate(self._rules)
            if rule.kind != "iam-lag" and self._matches(rule, call) and self._strikes(number)
        ]

    def iam_lag(self, account_id: str, action: str) -> float:
        """For how many seconds a role of the account, which `action` wrote, is seen as it was."""
        rules = ((number, rule) for number, rule in enumerate(self._rules) if rule.kind == "iam-lag")
        matching = (entry for entry in rules if self._covers(entry[1], "iam", action, account_id))
        return max((rule.seconds for number, rule in matching if self._strikes(number)), default=0)

    def _matches(self, rule: FaultRule, call: Call) -> bool:
        target = str(call.params.get("RoleArn", "")).split(":")
        owners = (call.caller.account_id, target[4] if len(target) > 4 else None)
        return self._covers(rule, call.service, call.action, *owners)

    def _covers(self, rule: FaultRule, service: str, action: str, *accounts: str | None) -> bool:
        if rule.service not in (None, service) or rule.action not in (None, action):
            return False
        return rule.account is None or self._names.get(rule.account, rule.account) in accounts

    def _strikes(self, number: int) -> bool:
        rule = self._rules[number]
        self._matched[number] += 1
        turn = self._matched[number] - rule.skip
        if turn < 1 or (rule.times is not None and self._struck[number] >= rule.times):
            return False
        strikes = _chance(f"{self._seed}/{number}/{turn}") < rule.rate
        self._struck[number] += strikes
        return strikes


def error_of(rule: FaultRule, call: Call) -> WireError | None:
    """What a caller is told in place of an answer; None where the fault is of another kind."""
    if rule.kind == "throttle":
        return throttled(call.service)
    if rule.kind == "error":
        return WireError(rule.code, "A fault that the scenario asked for.", rule.status)
    return None


def _chance(text: str) -> float:
    """From 0 to 1, evenly, the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / 2**56
