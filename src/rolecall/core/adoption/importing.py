"""Which plain stacks can come into the stack set, and why the others cannot. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rolecall.core.desired import Desired, Via
from rolecall.core.ids import AccountId
from rolecall.core.observed import StackInstance

_STACK = re.compile(r"arn:aws[a-z-]*:cloudformation:([a-z0-9-]+):(\d{12}):stack/[A-Za-z][A-Za-z0-9-]*/[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class StackArn:
    """A plain stack, wherever it is."""

    text: str
    region: str
    account: AccountId

    @classmethod
    def parse(cls, text: str) -> StackArn:
        """Raises ValueError unless `text` is a stack's ARN, with its UUID."""
        match = _STACK.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not the ARN of a stack (arn:aws:cloudformation:<region>:<account>:stack/…)")
        return cls(text, match[1], AccountId(match[2]))


@dataclass(frozen=True)
class Sorted:
    """`coming` are to be imported; `there` are instances already; `refused` has the reason for each of the others."""

    coming: tuple[StackArn, ...]
    there: tuple[StackArn, ...]
    refused: Mapping[StackArn, str]


def sort(stacks: Sequence[StackArn], desired: Desired, instances: Sequence[StackInstance]) -> Sorted:
    """Without any call that could not succeed: AWS refuses ten at a time for one of them."""
    stacks_of = {found.account: found.stack_id for found in instances if found.region == desired.region}
    there: list[StackArn] = []
    refused: dict[StackArn, str] = {}
    coming: dict[AccountId, StackArn] = {}
    for stack in dict.fromkeys(stacks):
        if stacks_of.get(stack.account) == stack.text:
            there.append(stack)
        elif why := next(_why_not(stack, desired, stacks_of, coming), ""):
            refused[stack] = why
        else:
            coming[stack.account] = stack
    return Sorted(tuple(coming.values()), tuple(there), refused)


def _why_not(
    stack: StackArn, desired: Desired, there: Mapping[AccountId, str], coming: Mapping[AccountId, StackArn]
) -> Iterator[str]:
    account = desired.accounts.get(stack.account)
    if stack.region != desired.region:
        yield f"it is in {stack.region}, and the deployment in {desired.region}: IAM is global, and one Region has all"
    if account is None:
        yield "its account is not in the organization"
    elif account.via is Via.STACK:
        yield "it is in the management account, which no stack set reaches"
    elif account.via is Via.NOTHING:
        yield f"its account is no target: {account.exclusion}"
    if stack.account in there:
        yield "the stack set has another stack in that account already"
    if stack.account in coming:
        yield f"{coming[stack.account].text} is to come of the same account, and a stack set has one in each"
