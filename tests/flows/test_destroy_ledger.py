"""What destroy has to leave behind, and how later runs finish it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.core.gone import Goodbye
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Why
from rolecall.core.left_behind import OUT_OF_REACH
from rolecall.core.observed import AutoDeployment, InstanceStatus, StackContent
from rolecall.core.organization import AccountState
from rolecall.core.plan import Action
from rolecall.errors import AwsError, ConfigError, CredentialsError
from rolecall.flows.destroy import Destroyed, destroy, settled_look
from rolecall.flows.finishing import own_name
from tests.fakes.cloud import EXTERNAL_ID, STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT

from .acting import account, applied, unit


async def destroyed(cloud: FakeCloud, *only: AccountId) -> Destroyed:
    ports = cloud.ports()
    return await destroy(await settled_look(config(), ports), ports, frozenset(only) or None)


async def asleep(cloud: FakeCloud) -> AccountId:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.organizations.set_state(dev, AccountState.SUSPENDED)
    return dev


async def test_the_stack_of_a_suspended_account_goes_into_the_ledger_and_fails_no_run(cloud: FakeCloud) -> None:
    dev = await asleep(cloud)
    done = await destroyed(cloud)
    (entry,) = cloud.ledger.entries
    assert (entry.account, entry.name, entry.why, entry.is_open) == (dev, "dev", Why.INACTIVE, True)
    assert (done.well, done.ledger, cloud.stack_sets.sets) == (True, (entry,), {})
    again = await destroyed(cloud)
    assert (again.well, again.changes, [found.account for found in again.ledger]) == (True, (), [dev])


async def test_the_ledger_is_written_before_the_instance_is_let_go_of(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = await asleep(cloud)
    known: list[AccountId] = []
    deleting = cloud.stack_sets.delete_instances

    async def watched(*given: object, **named: object) -> str:
        if named["retain_stacks"]:
            known.extend(entry.account for entry in cloud.ledger.entries)
        return await deleting(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(cloud.stack_sets, "delete_instances", watched)
    await destroyed(cloud)
    assert known == [dev]


async def test_an_account_that_lives_again_is_finished(cloud: FakeCloud) -> None:
    dev = await asleep(cloud)
    await destroyed(cloud)
    cloud.organizations.set_state(dev, AccountState.ACTIVE)
    cloud.stack_sets.log.clear()
    done = await destroyed(cloud)
    assert [(change.action, change.account) for change in done.changes] == [(Action.DELETE_INSTANCE, dev)]
    assert "let go of on 2026-03-01" in done.changes[0].detail
    assert cloud.stack_sets.log == [
        "CreateStackSet",
        "CreateStackInstances",  # what the fake calls an import
        "DeleteStackInstances",
        "DeleteStackSet",
    ]
    assert (done.well, cloud.ledger.entries, cloud.stack_sets.sets, cloud.stack_sets.importable) == (True, (), {}, {})
    assert [(found.account, found.goodbye) for found in done.farewells] == [(dev, Goodbye.GONE)]


async def test_an_account_that_lives_again_and_is_a_target_is_taken_back_by_apply(cloud: FakeCloud) -> None:
    dev = await asleep(cloud)
    await destroyed(cloud)
    (entry,) = cloud.ledger.entries
    cloud.organizations.set_state(dev, AccountState.ACTIVE)
    done = await applied(cloud)
    assert done.failures == ()
    assert cloud.stack_sets.sets[STACK_SET].instances[dev].stack_id == entry.stack_id
    assert cloud.ledger.entries == ()


async def test_a_left_stack_that_was_deleted_by_hand_is_taken_out_of_the_ledger(cloud: FakeCloud) -> None:
    dev = await asleep(cloud)
    await destroyed(cloud)
    cloud.organizations.set_state(dev, AccountState.ACTIVE)
    cloud.stack_sets.importable.clear()
    done = await destroyed(cloud)
    assert (done.failures, done.well, cloud.ledger.entries, cloud.stack_sets.sets) == ((), True, (), {})


async def test_of_several_left_stacks_one_that_is_gone_is_not_in_the_way(cloud: FakeCloud) -> None:
    await applied(cloud)
    both = [account(cloud, name) for name in ("dev", "audit")]
    for found in both:
        cloud.organizations.set_state(found, AccountState.SUSPENDED)
    await destroyed(cloud)
    assert len(cloud.ledger.entries) == 2
    for found in both:
        cloud.organizations.set_state(found, AccountState.ACTIVE)
    gone = next(entry for entry in cloud.ledger.entries if entry.account == both[0])
    del cloud.stack_sets.importable[gone.stack_id]
    done = await destroyed(cloud)
    assert done.well
    assert not cloud.ledger.entries
    assert not cloud.stack_sets.importable


async def test_a_left_stack_that_cannot_be_deleted_is_a_failure_until_it_can(cloud: FakeCloud) -> None:
    dev = await asleep(cloud)
    await destroyed(cloud)
    cloud.organizations.set_state(dev, AccountState.ACTIVE)
    cloud.stack_sets.failing[dev] = "another policy is attached"
    done = await destroyed(cloud)
    assert {found.account for found in done.failures} == {dev}
    assert not done.well
    assert [entry.account for entry in cloud.ledger.entries] == [dev]
    assert cloud.stack_sets.importable
    cloud.stack_sets.failing.clear()
    done = await destroyed(cloud)
    assert (done.well, cloud.ledger.entries, cloud.stack_sets.sets) == (True, (), {})


async def test_a_stack_that_aws_does_not_take_back_stays_in_the_ledger_and_nothing_else_stays(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = await asleep(cloud)
    await destroyed(cloud)
    cloud.organizations.set_state(dev, AccountState.ACTIVE)

    async def refuse(*_: object, **__: object) -> str:
        raise AwsError("AWS refused ImportStacksToStackSet", code="ValidationError", detail="ValidationError: not so")

    monkeypatch.setattr(cloud.stack_sets, "import_stacks", refuse)
    done = await destroyed(cloud)
    (failure,) = done.failures
    assert failure.reason == "it is not taken into a stack set again, and stays in the ledger: ValidationError: not so"
    assert ([entry.account for entry in cloud.ledger.entries], cloud.stack_sets.sets) == ([dev], {})


async def test_the_stack_set_of_a_run_that_was_killed_at_its_very_end_goes(cloud: FakeCloud) -> None:
    await applied(cloud)
    content = cloud.stack_sets.sets[STACK_SET].stack_set.content
    await destroyed(cloud)
    await cloud.stack_sets.create(own_name(STACK_SET), content, AutoDeployment(False))
    assert (await destroyed(cloud)).well
    assert not cloud.stack_sets.sets


async def test_a_stack_set_of_that_name_of_somebody_else_is_left_alone(cloud: FakeCloud) -> None:
    await applied(cloud)
    theirs = StackContent("{}", {}, {})
    await cloud.stack_sets.create(own_name(STACK_SET), theirs, AutoDeployment(False))
    dev = account(cloud, "dev")
    cloud.organizations.set_state(dev, AccountState.SUSPENDED)
    assert (await destroyed(cloud)).well
    assert cloud.stack_sets.sets.keys() == {own_name(STACK_SET)}
    cloud.organizations.set_state(dev, AccountState.ACTIVE)
    (failure,) = (await destroyed(cloud)).failures
    assert failure.reason.startswith("it is needed, and was not made by rolecall")
    assert cloud.stack_sets.sets.keys() == {own_name(STACK_SET)}


async def test_an_inoperable_instance_that_still_cannot_be_deleted_is_let_go_of(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.set_instance(STACK_SET, dev, InstanceStatus.INOPERABLE, "INOPERABLE", "deletion failed")
    cloud.stack_sets.failing[dev] = "another policy is attached"
    done = await destroyed(cloud)
    (entry,) = cloud.ledger.entries
    assert (entry.account, entry.why) == (dev, Why.INOPERABLE)
    assert STACK_SET not in cloud.stack_sets.sets
    assert [(found.account, found.action) for found in done.left] == [(dev, Action.DELETE_INSTANCE)]
    assert not done.well


async def test_an_account_that_left_for_good_closes_its_entry(cloud: FakeCloud) -> None:
    dev = await asleep(cloud)
    await destroyed(cloud)
    cloud.organizations.leave(dev)
    done = await destroyed(cloud)
    assert done.well
    assert [(entry.account, entry.closed) for entry in cloud.ledger.entries] == [(dev, OUT_OF_REACH)]


async def test_a_broken_ledger_ends_it_before_anything_is_changed(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.ledger.broken = True
    with pytest.raises(ConfigError):
        await destroyed(cloud)
    assert len(cloud.platform.registered) == 5
    assert STACK_SET in cloud.stack_sets.sets


async def test_every_role_is_proven_gone(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await destroyed(cloud)
    assert {found.goodbye for found in done.farewells} == {Goodbye.GONE}
    assert len(done.farewells) == 5
    assert {external_id for _, external_id in cloud.probe.assumed[-10:]} == {EXTERNAL_ID}


async def test_a_role_that_outlives_its_stack_is_a_failure(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev, content = account(cloud, "dev"), cloud.retained_content
    deployed = cloud.probe.deployed
    cloud.probe.deployed = lambda found: content if found == dev else deployed(found)
    done = await destroyed(cloud)
    assert [(found.account, found.subject) for found in done.failures] == [
        (dev, f"role arn:aws:iam::{dev}:role/CadoResponseRole")
    ]
    assert "still answers the platform" in done.failures[0].reason
    assert cloud.clock.elapsed >= 60  # IAM may take so long to forget a role


async def test_a_role_that_did_not_answer_before_is_not_proven_gone_by_a_refusal(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.probe.born[dev] = 1e9
    done = await destroyed(cloud)
    (unproven,) = (found for found in done.farewells if found.goodbye is Goodbye.UNPROVEN)
    assert (unproven.account, unproven.reason) == (dev, "it did not answer before either")
    assert done.well


async def test_without_the_platforms_credentials_everything_is_taken_out_and_nothing_proven(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    await applied(cloud)
    asked: list[AccountId] = []

    async def assume(role: object, **_: object) -> object:
        asked.append(role.account)  # type: ignore[attr-defined]
        raise CredentialsError("no credentials to call the roll with")

    monkeypatch.setattr(cloud.probe, "assume", assume)
    done = await destroyed(cloud)
    assert (done.well, cloud.stack_sets.sets, len(asked)) == (True, {}, 1)
    assert {found.reason for found in done.farewells} == {"nobody could be asked: no credentials to call the roll with"}


async def test_where_nobody_can_ask_whether_a_role_was_let_go_of_that_is_told(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    await applied(cloud)
    dev, audit = account(cloud, "dev"), account(cloud, "audit")
    for let_go in (dev, audit):
        cloud.stack_sets.sets[STACK_SET].instances.pop(let_go)
    cloud.organizations.set_state(audit, AccountState.SUSPENDED)

    async def assume(role: object, **_: object) -> object:
        raise CredentialsError("no credentials")

    monkeypatch.setattr(cloud.probe, "assume", assume)
    done = await destroyed(cloud)
    assert done.unasked == {
        dev: "nobody could be asked: no credentials",
        audit: "the account is not active, so that nobody gets in",
    }
    assert (await destroyed(cloud)).unasked == {}, "where nothing of ours is left, nobody is under suspicion"


async def test_one_account_is_taken_out_alone(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    done = await destroyed(cloud, dev)
    assert [(change.action, change.account) for change in done.changes] == [
        (Action.DEREGISTER, dev),
        (Action.DELETE_INSTANCE, dev),
    ]
    assert dev not in cloud.stack_sets.sets[STACK_SET].instances
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == 3
    assert len(cloud.platform.registered) == 4
    assert STACK_SET in cloud.stacks.stacks
    assert [(found.account, found.goodbye) for found in done.farewells] == [(dev, Goodbye.GONE)]
    assert done.well


async def test_the_management_account_alone_is_its_stack(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await destroyed(cloud, MANAGEMENT)
    assert [change.action for change in done.changes] == [Action.DEREGISTER, Action.DELETE_STACK]
    assert (done.well, cloud.stacks.stacks, len(cloud.stack_sets.sets[STACK_SET].instances)) == (True, {}, 4)


async def test_a_suspended_account_alone_is_let_go_of_and_finished_through_the_stack_set_that_stays(
    cloud: FakeCloud,
) -> None:
    dev = await asleep(cloud)
    assert (await destroyed(cloud, dev)).well
    assert [entry.account for entry in cloud.ledger.entries] == [dev]
    cloud.organizations.set_state(dev, AccountState.ACTIVE)
    done = await destroyed(cloud, dev)
    assert (done.failures, cloud.ledger.entries) == ((), ())
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == 3


async def test_instances_in_another_region_go_too(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    instances = cloud.stack_sets.sets[STACK_SET].instances
    instances[dev] = replace(instances[dev], region="eu-west-1")
    assert (await destroyed(cloud)).well
    assert cloud.stack_sets.sets == {}


async def test_a_unit_of_the_stack_set_that_nobody_is_under_is_not_asked_for(cloud: FakeCloud) -> None:
    await applied(cloud, config(targets={"organizational_units": ["/Workloads", "/Security"]}))
    security = unit(cloud, "Security")
    cloud.organizations.move(account(cloud, "audit"), unit(cloud, "Dev"))
    del cloud.organizations.units[security]
    ports = cloud.ports()
    wanted = config(targets={"organizational_units": ["/Workloads"]})
    assert (await destroy(await settled_look(wanted, ports), ports)).well


async def test_what_aws_refuses_to_begin_is_told_with_what_was_done(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    await applied(cloud)

    async def protected(_: str) -> None:
        raise_protected()

    monkeypatch.setattr(cloud.stacks, "delete", protected)
    done = await destroyed(cloud)
    (failure,) = done.failures
    assert "update-termination-protection" in failure.reason
    assert (cloud.stack_sets.sets, [change.action for change in done.left]) == ({}, [Action.DELETE_STACK])


def raise_protected() -> None:
    detail = "ValidationError: Stack [x] cannot be deleted while TerminationProtection is enabled"
    raise AwsError("AWS refused DeleteStack", code="ValidationError", detail=detail)


async def test_an_operation_that_runs_is_waited_for_before_it_is_looked_at(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.run_foreign_operation(STACK_SET, polls=5)
    seen = await settled_look(config(), cloud.ports())
    assert seen.observed.operation is not None
    assert seen.observed.operation.status.ended


async def test_a_registration_that_is_still_there_stops_it_before_the_roles(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    await applied(cloud)

    async def forget(_: str) -> None:
        """A platform that says yes and does nothing."""

    monkeypatch.setattr(cloud.platform, "remove", forget)
    done = await destroyed(cloud)
    assert {found.reason.split(" as ")[0] for found in done.failures} == {"still registered there"}
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == 4
