"""More accounts than a stack set has instances."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import Via
from rolecall.core.preflight.model import Check, Facts, Finding, Level

INSTANCES = 100_000
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


def _check(facts: Facts) -> Iterator[Finding]:
    wanted = {account.id for account in facts.desired.accounts.values() if account.via is Via.STACK_SET}
    there = {instance.account for instance in facts.observed.instances}
    many = len(wanted | there)
    if many > INSTANCES and (facts.arriving or facts.everything):
        message = f"the stack set would have {many:,} instances, and AWS's quota is {INSTANCES:,}, unless it was raised"
        yield Finding(CHECK.id, Level.WARNS, None, message, _RAISE)


_RAISE = "have it raised: aws service-quotas list-service-quotas --service-code cloudformation"

CHECK = Check(
    id="instance-quota",
    title="More accounts than a stack set may have instances",
    well="the targets are within the quota of instances of a stack set",
    why="A stack set has at most 100,000 instances, unless AWS has raised it.",
    mend="Have the quota raised.",
    levels=(Level.WARNS,),
    check=_check,
)
