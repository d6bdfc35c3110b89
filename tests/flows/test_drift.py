"""What was changed by hand: found only when asked for, told, and mended by what StackSets do not ignore."""

from __future__ import annotations

import os

import pytest

from rolecall.core.observed import InstanceStatus, ResourceDrift
from rolecall.core.organization import AccountState
from rolecall.core.plan import Action, Plan, refuse_if_stale
from rolecall.core.template import REVISION
from rolecall.errors import PlanRefused
from rolecall.flows.apply import Applied, apply, settled_look
from rolecall.flows.look import Seen, look
from tests.fakes.cloud import STACK_SET, FakeCloud, config

from .acting import account, applied, verdicts
from .test_repair import end_after


def changed(*paths: str, status: str = "MODIFIED", foreign: tuple[str, ...] = ()) -> tuple[ResourceDrift, ...]:
    return (ResourceDrift("Role", "CadoResponseRole", "AWS::IAM::Role", status, paths, foreign),)


TRUST, SESSION = changed("/AssumeRolePolicyDocument/Statement/0/Principal/AWS"), changed("/MaxSessionDuration")


async def looked(cloud: FakeCloud, *, drift: bool = True) -> Seen:
    return await look(config(), cloud.ports(), drift=drift)


async def mended(cloud: FakeCloud) -> Applied:
    ports = cloud.ports()
    return await apply(await settled_look(await look(config(), ports, drift=True), ports, drift=True), ports)


def steps(seen: Seen) -> list[tuple[Action, object]]:
    return [(change.action, change.account) for change in seen.plan.changes]


async def test_drift_is_looked_for_only_when_asked_for(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.changed_by_hand[dev] = TRUST
    assert steps(await looked(cloud, drift=False)) == []
    assert "DetectStackSetDrift" not in cloud.stack_sets.log
    seen = await looked(cloud)
    assert steps(seen) == [(Action.REWRITE_INSTANCE, dev)]
    assert seen.plan.changes[0].detail == "changed there by hand: trust: principal of statement 1"


async def test_changed_documents_are_rewritten_by_another_revision_of_these_accounts_alone(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.changed_by_hand[dev] = TRUST
    done = await mended(cloud)
    assert (done.failures, done.done, verdicts(done)["dev"]) == ((), 1, "ready")
    assert set(cloud.stack_sets.overrides) == {dev}
    first = cloud.stack_sets.overrides[dev][REVISION]
    assert len(first) == 8
    assert first.isalnum()
    assert set(done.proofs) == {dev}, "the roll call proves the mend"
    assert done.well
    cloud.stack_sets.changed_by_hand[dev] = TRUST
    await mended(cloud)
    assert cloud.stack_sets.overrides[dev][REVISION] != first, "StackSets would ignore the same one"


async def test_what_no_update_mends_is_deleted_and_made_anew(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.changed_by_hand[dev] = SESSION
    cloud.stack_sets.log.clear()
    seen = await looked(cloud)
    assert steps(seen) == [(Action.RECREATE_INSTANCE, dev)]
    assert "away for about a minute" in seen.plan.changes[0].detail
    registered = dict(cloud.platform.registered)
    done = await mended(cloud)
    assert (done.failures, verdicts(done)["dev"], steps(await looked(cloud))) == ((), "ready", [])
    changing = [call for call in cloud.stack_sets.log if call != "DetectStackSetDrift"]
    assert changing == ["DeleteStackInstances", "CreateStackInstances"]
    assert cloud.platform.registered == registered, "the platform's registration stays"


async def test_a_role_that_was_deleted_under_its_stack_is_made_anew(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.changed_by_hand[account(cloud, "dev")] = changed(status="DELETED")
    seen = await looked(cloud)
    assert "the role was deleted" in seen.plan.changes[0].detail
    assert seen.plan.changes[0].action is Action.RECREATE_INSTANCE


async def test_a_policy_that_somebody_added_is_told_and_left_alone(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.changed_by_hand[dev] = changed("/ManagedPolicyArns/1", foreign=("arn:aws:iam::aws:policy/Theirs",))
    done = await mended(cloud)
    assert [(change.action, change.account) for change in done.plan.changes] == [(Action.BLOCKED, dev)]
    assert "arn:aws:iam::aws:policy/Theirs was added" in done.plan.changes[0].detail


async def test_a_recreation_that_ends_anywhere_is_finished_by_the_next_run() -> None:
    for number in range(0, 80, 1 if os.environ.get("ROLECALL_EXHAUSTIVE") else 11):
        cloud = FakeCloud()
        cloud.organizations.account("dev", cloud.organizations.unit("Dev"))
        await applied(cloud)
        dev = account(cloud, "dev")
        cloud.stack_sets.changed_by_hand[dev] = SESSION
        await end_after(number, lambda cloud=cloud: mended(cloud))  # type: ignore[misc]
        done = await mended(cloud)
        assert done.failures == (), number
        assert cloud.stack_sets.sets[STACK_SET].instances[dev].status is InstanceStatus.CURRENT, number
        assert (cloud.stack_sets.changed_by_hand, steps(await looked(cloud))) == ({}, []), number


async def test_a_plan_that_was_made_with_drift_is_applied_with_drift(cloud: FakeCloud) -> None:
    """The detection of the second look is an operation, and moves nothing."""
    await applied(cloud)
    cloud.stack_sets.changed_by_hand[account(cloud, "dev")] = TRUST
    saved = Plan.from_json((await looked(cloud)).plan.to_json())
    refuse_if_stale(saved, (await looked(cloud)).plan)
    without = (await looked(cloud, drift=False)).plan
    with pytest.raises(PlanRefused, match="made with --drift"):
        refuse_if_stale(saved, without)
    with pytest.raises(PlanRefused, match="made without --drift"):
        refuse_if_stale(without, saved)
    cloud.stack_sets.changed_by_hand[account(cloud, "audit")] = TRUST
    with pytest.raises(PlanRefused, match="what the drift detection found"):
        refuse_if_stale(saved, (await looked(cloud)).plan)


async def test_a_plan_without_drift_is_not_stale_after_somebodys_detection(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.changed_by_hand[account(cloud, "dev")] = TRUST
    saved = (await looked(cloud, drift=False)).plan
    await looked(cloud)
    refuse_if_stale(saved, (await looked(cloud, drift=False)).plan)


async def test_what_an_earlier_detection_found_is_a_note(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.changed_by_hand[account(cloud, "dev")] = TRUST
    await looked(cloud)
    seen = await looked(cloud, drift=False)
    assert steps(seen) == []
    assert seen.notes == ("an earlier drift detection found changes by hand in 1 account (dev): --drift looks anew",)
    assert (await mended(cloud)).seen.notes == ()


async def test_a_suspended_account_is_passed_over_and_one_that_cannot_be_looked_into_is_a_note(
    cloud: FakeCloud,
) -> None:
    await applied(cloud)
    cloud.organizations.set_state(account(cloud, "dev"), AccountState.SUSPENDED)
    cloud.stack_sets.undetectable |= {account(cloud, "dev"), account(cloud, "audit")}
    seen = await looked(cloud)
    assert seen.notes == ("drift could not be looked for in 1 account (audit)",)
    assert seen.observed.drifts == ()


async def test_without_a_stack_set_of_ours_there_is_no_detection(cloud: FakeCloud) -> None:
    seen = await looked(cloud)
    assert (seen.observed.drifts, cloud.stack_sets.log) == ((), [])


async def test_reading_what_was_changed_costs_a_call_an_account_that_drifted(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.changed_by_hand |= {account(cloud, name): TRUST for name in ("dev", "audit")}
    await looked(cloud)
    assert cloud.stack_sets.calls["ListStackInstanceResourceDrifts"] == 2
