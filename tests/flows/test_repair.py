"""Instances that were given up, lost or departed, and how each comes back; runs that end in between are finished."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

from rolecall.core.config import Config
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Why
from rolecall.core.observed import InstanceStatus, StackInstance
from rolecall.core.plan import Action
from rolecall.core.verdicts import Deployment
from rolecall.errors import RemovalsRefused
from rolecall.flows.apply import Applied, apply, settled_look
from rolecall.flows.look import look
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.ledger import FakeLedger

from .acting import account, applied, by_name, verdicts

GIVEN_UP = "Resource handler returned message: deletion failed"


def instance(cloud: FakeCloud, of: AccountId) -> StackInstance:
    return cloud.stack_sets.sets[STACK_SET].instances[of]


async def given_up(cloud: FakeCloud, *names: str) -> list[AccountId]:
    """Deployed everywhere; then deletions failed in these accounts."""
    await applied(cloud)
    accounts = [account(cloud, name) for name in names]
    for found in accounts:
        cloud.stack_sets.set_instance(STACK_SET, found, InstanceStatus.INOPERABLE, "INOPERABLE", GIVEN_UP)
    cloud.stack_sets.log.clear()
    return accounts


async def applied_to_all(cloud: FakeCloud, wanted: Config | None = None) -> Applied:
    """With --retry-blocked."""
    ports = cloud.ports()
    return await apply(await look(wanted or config(), ports, retry_blocked=True), ports)


async def test_an_inoperable_instance_comes_back_with_the_stack_that_is_there(cloud: FakeCloud) -> None:
    (dev,) = await given_up(cloud, "dev")
    stack = instance(cloud, dev).stack_id
    done = await applied(cloud)
    assert [(change.action, change.account) for change in done.plan.changes] == [(Action.REPAIR_INSTANCE, dev)]
    assert cloud.stack_sets.log == ["DeleteStackInstances", "CreateStackInstances", "UpdateStackSet"]
    assert (instance(cloud, dev).status, instance(cloud, dev).stack_id) == (InstanceStatus.CURRENT, stack)
    assert (done.failures, verdicts(done)["dev"], cloud.ledger.entries) == ((), "ready", ())
    assert done.well
    assert (await applied(cloud)).plan.changes == ()


async def test_before_it_comes_back_the_row_says_what_will(cloud: FakeCloud) -> None:
    await given_up(cloud, "dev")
    row = by_name((await look(config(), cloud.ports())).rows())["dev"]
    assert (row.deployment, row.verdict) == (Deployment.INOPERABLE, "unreachable")
    assert "deletion failed" in row.reason
    assert "`rolecall apply` brings it back" in row.reason


async def test_what_was_deployed_before_the_last_change_is_brought_up_to_date(cloud: FakeCloud) -> None:
    """An instance that is given up has no part in updates, and an import changes no stack."""
    (dev,) = await given_up(cloud, "dev")
    await applied(cloud, config(role={"max_session_hours": 1}))
    assert cloud.stack_sets.overrides == {dev: {}}


async def test_a_stack_that_is_gone_is_made_anew_in_the_same_run(cloud: FakeCloud) -> None:
    (dev,) = await given_up(cloud, "dev")
    before = instance(cloud, dev).stack_id

    class Gone(dict[str, AccountId]):
        """Of what is let go of, nothing is there."""

        def __setitem__(self, stack_id: str, of: AccountId) -> None:
            assert (stack_id, of) == (before, dev)

    cloud.stack_sets.importable = Gone()
    done = await applied(cloud)
    assert (done.failures, verdicts(done)["dev"], cloud.ledger.entries) == ((), "ready", ())
    assert instance(cloud, dev).stack_id != before


async def test_a_stack_that_cannot_be_taken_in_is_blocked_until_somebody_has_looked(cloud: FakeCloud) -> None:
    (dev,) = await given_up(cloud, "dev")
    stack = instance(cloud, dev).stack_id
    cloud.stack_sets.unimportable[stack] = "it is in DELETE_FAILED state and cannot be imported"
    first = await applied(cloud)
    assert [failure.account for failure in first.failures] == [dev]
    second = await applied(cloud)
    assert [(change.action, change.account) for change in second.plan.changes] == [(Action.BLOCKED, dev)]
    assert "DELETE_FAILED" in by_name(second.seen.rows())["dev"].reason
    cloud.stack_sets.importable.clear()  # somebody deleted it
    assert verdicts(await applied_to_all(cloud))["dev"] == "ready"


async def test_an_import_that_fails_since_the_stack_is_gone_makes_a_new_one(cloud: FakeCloud) -> None:
    (dev,) = await given_up(cloud, "dev")
    cloud.stack_sets.unimportable[instance(cloud, dev).stack_id] = "it is in DELETE_COMPLETE state"
    await applied(cloud)
    assert instance(cloud, dev).detailed_status == "FAILED_IMPORT"
    cloud.stack_sets.importable.clear()
    assert verdicts(await applied(cloud))["dev"] == "ready"
    assert (await applied(cloud)).plan.changes == ()


async def test_stacks_come_back_ten_at_a_time_and_one_that_is_gone_holds_up_none(cloud: FakeCloud) -> None:
    unit = cloud.organizations.unit("Many")
    names = [f"m{number:02}" for number in range(12)]
    for name in names:
        cloud.organizations.account(name, unit)
    accounts = await given_up(cloud, *names)
    stacks = {found: instance(cloud, found).stack_id for found in accounts}
    real = cloud.stack_sets.import_stacks
    asked: list[int] = []

    async def counted(name: str, **given: object) -> str:
        cloud.stack_sets.importable.pop(stacks[accounts[3]], None)
        asked.append(len(given["stack_ids"]))  # type: ignore[arg-type]
        return await real(name, **given)  # type: ignore[arg-type]

    cloud.stack_sets.import_stacks = counted  # type: ignore[method-assign]
    done = await applied(cloud)
    assert done.failures == ()
    assert asked == [10, *[1] * 10, 2]
    kept = [found for found in accounts if instance(cloud, found).stack_id == stacks[found]]
    assert kept == [found for found in accounts if found != accounts[3]]


async def test_a_stack_that_somebody_let_go_of_by_hand_comes_back_in_the_same_run(cloud: FakeCloud) -> None:
    """Nothing here knows of it: the creation fails, and says which stack has the name."""
    await applied(cloud)
    dev = account(cloud, "dev")
    gone = cloud.stack_sets.sets[STACK_SET].instances.pop(dev)
    cloud.stack_sets.importable[gone.stack_id] = dev
    done = await applied(cloud)
    assert done.failures == ()
    assert instance(cloud, dev).stack_id == gone.stack_id
    assert verdicts(done)["dev"] == "ready"


@pytest.mark.parametrize("lose_ledger", [False, True])
async def test_a_repair_that_ends_anywhere_is_finished_by_the_next_run(lose_ledger: bool) -> None:
    """Without the ledger too: then the creation fails first, and tells which stack is in its way."""
    for steps in range(0, 90, 1 if os.environ.get("ROLECALL_EXHAUSTIVE") else 11):
        cloud = FakeCloud()
        cloud.organizations.account("dev", cloud.organizations.unit("Dev"))
        (dev,) = await given_up(cloud, "dev")
        stack = instance(cloud, dev).stack_id
        await end_after(steps, lambda cloud=cloud: applied(cloud))  # type: ignore[misc]
        if lose_ledger:
            cloud.ledger = FakeLedger()
        ports = cloud.ports()
        done = await apply(await settled_look(await look(config(), ports), ports), ports)
        assert done.failures == (), steps
        assert (instance(cloud, dev).status, instance(cloud, dev).stack_id) == (InstanceStatus.CURRENT, stack), steps
        assert lose_ledger or cloud.stack_sets.overrides == {dev: {}}, steps
        assert (await applied(cloud)).plan.changes == (), steps
        assert cloud.ledger.entries == (), steps


async def end_after(steps: int, run: Callable[[], object]) -> None:
    running = asyncio.ensure_future(run())  # type: ignore[call-overload]
    for _ in range(steps):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def departed(cloud: FakeCloud, *names: str) -> list[AccountId]:
    await applied(cloud)
    accounts = [account(cloud, name) for name in names]
    for found in accounts:
        cloud.organizations.leave(found)
    return accounts


LET_GO = {"let_go_of_departed": True}


async def test_an_account_that_left_is_let_go_of_only_where_the_config_says_so(cloud: FakeCloud) -> None:
    (dev,) = await departed(cloud, "dev")
    first = await applied(cloud)
    assert [(change.action, change.account) for change in first.plan.changes] == [(Action.BLOCKED, dev)]
    assert "let_go_of_departed" in first.plan.changes[0].detail
    second = await applied(cloud, config(deployment=LET_GO))
    assert [(change.action, change.account) for change in second.plan.changes] == [(Action.LET_GO_INSTANCE, dev)]
    assert "stay there" in second.plan.changes[0].detail
    assert second.failures == ()
    assert dev not in cloud.stack_sets.sets[STACK_SET].instances
    (entry,) = cloud.ledger.entries
    assert (entry.account, entry.why, entry.is_open) == (dev, Why.DEPARTED, False)
    assert (await applied(cloud, config(deployment=LET_GO))).plan.changes == ()


async def test_an_account_that_left_and_is_not_reached_is_a_failure(cloud: FakeCloud) -> None:
    """AWS does not document whether it is."""
    (dev,) = await departed(cloud, "dev")
    cloud.stack_sets.reaches_departed = False
    done = await applied(cloud, config(deployment=LET_GO))
    assert [failure.account for failure in done.failures] == [dev]
    assert "did not let go" in done.failures[0].reason
    assert [change.action for change in done.seen.plan.pending] == [Action.LET_GO_INSTANCE]


async def test_many_accounts_that_left_may_be_a_list_with_gaps(cloud: FakeCloud) -> None:
    await departed(cloud, "dev", "audit", "billing")
    with pytest.raises(RemovalsRefused, match="takes away more"):
        await applied(cloud, config(deployment=LET_GO))
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == 4


async def test_what_a_policy_of_the_organization_denies_is_not_tried_again_unasked(cloud: FakeCloud) -> None:
    denied = "not authorized to perform: iam:CreateRole with an explicit deny in a service control policy"
    dev = account(cloud, "dev")
    cloud.stack_sets.failing[dev] = denied
    assert [failure.cause for failure in (await applied(cloud)).failures] == ["control-policy"]
    assert [change.action for change in (await applied(cloud)).plan.changes] == [Action.BLOCKED]
    cloud.stack_sets.failing.clear()
    assert verdicts(await applied_to_all(cloud))["dev"] == "ready"


async def test_an_instance_that_was_cancelled_is_tried_again(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    reason = "Cancelled since failure tolerance has exceeded"
    cloud.stack_sets.set_instance(STACK_SET, dev, InstanceStatus.OUTDATED, "CANCELLED", reason)
    done = await applied(cloud)
    assert [(change.action, change.account) for change in done.plan.changes] == [(Action.RETRY_INSTANCE, dev)]
    assert done.failures == ()
    assert (await applied(cloud)).plan.changes == ()
