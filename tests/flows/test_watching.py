"""An operation as it is followed: what is said of it, what it costs, and what is said when somebody ends the wait."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rolecall.core.observed import AutoDeployment, DeploymentTargets, Operation, OperationStatus
from rolecall.errors import Interrupted
from rolecall.flows.operations import wait_for_operation
from rolecall.flows.watching import TOLD_OF_A_CAUSE
from tests.contract.stage import content
from tests.fakes.cloud import STACK_SET, FakeCloud
from tests.fakes.organizations import ROOT
from tests.fakes.stack_sets import FakeStackSets

from .acting import account, applied

TAKEN = "CadoResponseRole already exists"


async def begun(cloud: FakeCloud, polls: int) -> str:
    """A deployment that runs for so many looks."""
    await applied(cloud)
    cloud.stack_sets.sets[STACK_SET].instances.clear()
    cloud.stack_sets.polls = polls
    targets = DeploymentTargets((ROOT,))
    return await cloud.stack_sets.create_instances(
        STACK_SET, targets=targets, region="us-east-1", operation_id="create-again"
    )


def progressed(stack_sets: FakeStackSets, share: float, failed: int = 0) -> None:
    """So much of the running operation is done."""
    entry = stack_sets.sets[STACK_SET].operations[0]
    done = int(len(entry.results) * share)
    statuses = ["FAILED"] * failed + ["SUCCEEDED"] * (done - failed) + ["RUNNING"] * (len(entry.results) - done)
    entry.results = [
        replace(result, status=status, reason=TAKEN if status == "FAILED" else "")
        for result, status in zip(entry.results, statuses, strict=True)
    ]


class GettingOn(FakeStackSets):
    """An operation that gets on while it is looked at, by a twentieth at a time."""

    async def operation(self, name: str, operation_id: str) -> Operation:
        found = await super().operation(name, operation_id)
        entry = self.sets[name].operations[0]
        if not found.status.ended and entry.polls % 36 == 0:
            progressed(self, 1 - entry.polls / self.polls)
        return found


async def test_ten_thousand_accounts_for_an_hour_cost_little_more_than_a_call_in_two_seconds() -> None:
    cloud = FakeCloud()
    cloud.stack_sets = GettingOn(cloud.organizations)
    unit = cloud.organizations.unit("Many")
    for number in range(10_000):
        cloud.organizations.account(f"a{number}", unit)
    targets = DeploymentTargets((ROOT,))
    await cloud.stack_sets.create(STACK_SET, content(), AutoDeployment(False))
    cloud.stack_sets.polls = 720
    token = await cloud.stack_sets.create_instances(
        STACK_SET, targets=targets, region="us-east-1", operation_id="create-1"
    )
    cloud.stack_sets.calls.clear()
    before = cloud.clock.elapsed
    assert await wait_for_operation(cloud.ports(), STACK_SET, token, "Deploying") == ()
    hour = cloud.clock.elapsed - before
    assert 3500 < hour < 3700
    calls = cloud.stack_sets.calls
    assert calls["DescribeStackSetOperation"] == 720
    assert calls["ListStackSetOperationResults"] < 1300
    assert sum(calls.values()) / hour < 0.56
    counts = cloud.progress.counts
    assert counts == sorted(counts)
    assert counts[-1] == 10_000


async def test_failures_are_said_as_they_happen_with_the_mend_a_few_of_a_cause() -> None:
    cloud = FakeCloud()
    unit = cloud.organizations.unit("Many")
    for number in range(12):
        cloud.organizations.account(f"a{number}", unit)
    token = await begun(cloud, polls=40)
    cloud.progress.lines.clear()
    waiting = asyncio.create_task(wait_for_operation(cloud.ports(), STACK_SET, token, "Deploying"))
    await asyncio.sleep(0)
    progressed(cloud.stack_sets, 0.5, failed=1)
    for _ in range(200):
        if not cloud.progress.lines:
            await asyncio.sleep(0)
    (said,) = cloud.progress.lines
    assert TAKEN in said
    assert "--retry-blocked" in said
    assert not waiting.done()
    failing = cloud.stack_sets.failing
    failing |= dict.fromkeys(list(cloud.stack_sets.sets[STACK_SET].instances)[:6], TAKEN)
    failures = await waiting
    assert len(failures) == 6
    assert {failure.cause for failure in failures} == {"name-taken"}
    assert len([line for line in cloud.progress.lines if TAKEN in line]) == TOLD_OF_A_CAUSE
    assert cloud.progress.lines[-1] == "  failed in 3 more accounts alike (name-taken)"


@pytest.mark.parametrize(
    ("delegated", "end"), [(False, "again` stops it"), (True, "--call-as DELEGATED_ADMIN` stops it")]
)
async def test_an_interrupted_wait_says_what_goes_on_and_how_it_is_stopped(
    cloud: FakeCloud, delegated: bool, end: str
) -> None:
    cloud.stack_sets.delegated = delegated
    token = await begun(cloud, polls=1000)
    waiting = asyncio.create_task(wait_for_operation(cloud.ports(), STACK_SET, token, "Deploying"))
    for _ in range(3):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(Interrupted) as caught:
        await waiting
    error = caught.value
    assert error.exit_status == 130
    assert "create-again" in error.detail
    assert "`rolecall status`" in error.hint
    assert f"stop-stack-set-operation --stack-set-name {STACK_SET} --operation-id create-again" in error.hint
    assert error.hint.endswith(end)
    assert cloud.progress.open is None
    assert "StopStackSetOperation" not in cloud.stack_sets.log


async def test_an_operation_that_queues_says_behind_which(cloud: FakeCloud) -> None:
    token = await begun(cloud, polls=3)
    found = cloud.stack_sets.sets[STACK_SET]
    cloud.stack_sets.run_foreign_operation(STACK_SET, polls=50)
    found.operations[1].operation = replace(found.operations[1].operation, status=OperationStatus.QUEUED)
    await wait_for_operation(cloud.ports(), STACK_SET, token, "Deploying")
    (said,) = [line for line in cloud.progress.lines if "queued" in line]
    assert said.startswith(f"Operation {token} on {STACK_SET} is queued behind operation of-somebody-else (UPDATE)")


async def test_an_operation_that_succeeded_with_failed_accounts_is_a_failure(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = "Limit exceeded"
    done = await applied(cloud)
    assert cloud.stack_sets.sets[STACK_SET].operations[0].operation.status is OperationStatus.SUCCEEDED
    assert [failure.account for failure in done.failures] == [account(cloud, "billing")]
    assert not done.well
