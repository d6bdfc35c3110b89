"""More accounts and units than StackSets take at once: batches, and what is said where there is no room."""

from __future__ import annotations

import pytest

from rolecall.core.observed import AccountFilter, DeploymentTargets
from rolecall.core.plan import Action
from rolecall.errors import LimitExceeded
from rolecall.flows.destroy import destroy
from rolecall.flows.look import look
from rolecall.flows.running import ROOM_PATIENCE, ROOM_PAUSE, run_operation
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.organizations import ROOT
from tests.fakes.stack_sets import FakeStackSets

from .acting import account, applied, verdicts

FEW = {"operations_in_flight": 2}


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    """Four member accounts, and StackSets that work on two at a time."""
    cloud.stack_sets.in_flight = 2
    return cloud


async def test_more_accounts_than_may_be_in_flight_are_deployed_to_in_batches(cloud: FakeCloud) -> None:
    done = await applied(cloud, config(deployment=FEW))
    assert done.failures == ()
    assert set(verdicts(done).values()) == {"ready"}
    assert cloud.stack_sets.log.count("CreateStackInstances") == 2
    assert (await applied(cloud, config(deployment=FEW))).plan.changes == ()


async def test_the_units_are_targets_of_auto_deployment_all_the_same(cloud: FakeCloud) -> None:
    await applied(cloud, config(deployment=FEW))
    found = cloud.stack_sets.sets[STACK_SET].stack_set
    assert found.unit_ids == (ROOT,)
    assert found.auto_deployment.enabled


async def test_a_new_content_comes_to_all_in_batches(cloud: FakeCloud) -> None:
    await applied(cloud, config(deployment=FEW))
    cloud.stack_sets.log.clear()
    longer = config(deployment=FEW, role={"max_session_hours": 3})
    done = await applied(cloud, longer)
    assert done.failures == ()
    assert cloud.stack_sets.log == ["UpdateStackSet", "CreateStackInstances"]
    assert (await applied(cloud, longer)).plan.changes == ()


async def test_an_update_that_ended_after_its_first_batch_is_finished_by_the_next_apply(cloud: FakeCloud) -> None:
    await applied(cloud, config(deployment=FEW))
    longer = config(deployment=FEW, role={"max_session_hours": 3})
    desired = (await look(longer, cloud.ports())).desired
    two = (account(cloud, "audit"), account(cloud, "billing"))
    targets = DeploymentTargets((ROOT,), two, AccountFilter.INTERSECTION)
    token = await cloud.stack_sets.update(
        STACK_SET, desired.content, desired.auto_deployment, operation_id="killed-1", targets=targets
    )
    while not (await cloud.stack_sets.operation(STACK_SET, token)).status.ended:
        pass
    seen = await look(longer, cloud.ports())
    assert {change.account for change in seen.plan.of(Action.RETRY_INSTANCE)} == {
        account(cloud, "payments"),
        account(cloud, "dev"),
    }
    await applied(cloud, longer)
    assert (await applied(cloud, longer)).plan.changes == ()


async def test_auto_deployment_cannot_be_switched_in_batches_and_that_is_explained(cloud: FakeCloud) -> None:
    await applied(cloud, config(deployment=FEW))
    off = config(deployment={**FEW, "auto_deployment": {"enabled": False}}, role={"max_session_hours": 3})
    done = await applied(cloud, off)
    assert [failure.account for failure in done.failures] == [None]
    left = (await look(off, cloud.ports())).plan.of(Action.UPDATE_STACK_SET)
    assert [change.detail for change in left] == ["auto-deployment"], "the content came to all before"
    cloud.stack_sets.in_flight = 10
    await applied(cloud, off)
    assert (await applied(cloud, off)).plan.changes == ()


async def test_everything_is_taken_out_in_batches(cloud: FakeCloud) -> None:
    await applied(cloud, config(deployment=FEW))
    cloud.stack_sets.log.clear()
    done = await destroy(await look(config(deployment=FEW), cloud.ports()), cloud.ports())
    assert (done.failures, done.left) == ((), ())
    assert cloud.stack_sets.log == ["DeleteStackInstances", "DeleteStackInstances", "DeleteStackSet"]


async def test_sixty_units_are_deployed_to_and_taken_out_fifty_at_a_time() -> None:
    cloud = FakeCloud()
    for number in range(60):
        cloud.organizations.account(f"a{number}", cloud.organizations.unit(f"U{number}"))
    units = config(targets={"organizational_units": [f"/U{number}" for number in range(60)]})
    assert (await applied(cloud, units)).failures == ()
    assert cloud.stack_sets.log.count("CreateStackInstances") == 2
    assert len(cloud.stack_sets.sets[STACK_SET].stack_set.unit_ids) == 60
    done = await destroy(await look(units, cloud.ports()), cloud.ports())
    assert (done.failures, done.left) == ((), ())
    assert cloud.stack_sets.log.count("DeleteStackInstances") == 2


class Busy(FakeStackSets):
    """Without room for so many tries."""

    tries = 0

    async def start(self) -> str:
        self.tries -= 1
        if self.tries >= 0:
            raise LimitExceeded("AWS refused it", code="LimitExceededException", detail="LimitExceeded: 10000")
        return await self.detect_drift(STACK_SET, operation_id="drift-1")


@pytest.fixture
async def busy(cloud: FakeCloud) -> Busy:
    await applied(cloud, config(deployment=FEW))
    busy = Busy(cloud.organizations)
    busy.sets = cloud.stack_sets.sets
    cloud.stack_sets = busy
    return busy


async def test_room_that_others_take_up_is_waited_for(cloud: FakeCloud, busy: Busy) -> None:
    busy.tries = 3
    assert await run_operation(cloud.ports(), STACK_SET, busy.start, "Working") == ()
    assert [line for line in cloud.progress.lines if "room" in line] == [
        "Waiting up to 5 minutes for room: LimitExceeded: 10000"
    ]
    assert cloud.clock.sleeps[-4:-1] == [ROOM_PAUSE] * 3


async def test_but_not_for_ever(cloud: FakeCloud, busy: Busy) -> None:
    busy.tries = 10_000
    before = cloud.clock.elapsed
    with pytest.raises(LimitExceeded):
        await run_operation(cloud.ports(), STACK_SET, busy.start, "Working")
    assert ROOM_PATIENCE <= cloud.clock.elapsed - before < 2 * ROOM_PATIENCE
