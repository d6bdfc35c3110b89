from __future__ import annotations

from rolecall.core.config import Config
from rolecall.core.ids import RoleArn
from rolecall.core.observed import InstanceStatus, StackContent
from rolecall.core.organization import AccountState
from rolecall.core.plan import Action
from rolecall.core.removals import removals
from rolecall.errors import PlatformError
from rolecall.flows.destroy import Destroyed, destroy
from rolecall.flows.look import look
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT

from .acting import account, applied, unit


async def destroyed(cloud: FakeCloud, wanted: Config | None = None) -> Destroyed:
    ports = cloud.ports()
    return await destroy(await look(wanted or config(), ports), ports)


async def test_everything_of_ours_is_taken_out(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await destroyed(cloud)
    assert (done.failures, done.left) == ((), ())
    assert (cloud.stack_sets.sets, cloud.stacks.stacks, cloud.platform.registered) == ({}, {}, {})


async def test_it_goes_from_registrations_to_instances_to_the_set_to_the_stack(cloud: FakeCloud) -> None:
    await applied(cloud)
    log: list[str] = []
    cloud.stack_sets.log = cloud.stacks.log = cloud.platform.log = log
    await destroyed(cloud)
    assert all(line.startswith("remove ") for line in log[:5])
    assert log[5:] == ["DeleteStackInstances", "DeleteStackSet", "DeleteStack"]


async def test_what_it_will_take_out_is_told_beforehand(cloud: FakeCloud) -> None:
    await applied(cloud)
    seen = await look(config(), cloud.ports())
    told = [change.action for change in removals(seen.desired, seen.observed)]
    assert told == [Action.DEREGISTER] * 5 + [Action.DELETE_INSTANCE] * 4 + [
        Action.DELETE_STACK_SET,
        Action.DELETE_STACK,
    ]


async def test_a_second_destroy_finds_nothing(cloud: FakeCloud) -> None:
    await applied(cloud)
    await destroyed(cloud)
    assert (await destroyed(cloud)).changes == ()


async def test_a_failed_deletion_stops_before_the_set_and_is_left(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.failing[dev] = "termination protection"
    done = await destroyed(cloud)
    assert [(found.account, found.reason) for found in done.failures] == [(dev, "termination protection")]
    assert STACK_SET in cloud.stack_sets.sets
    assert STACK_SET in cloud.stacks.stacks
    assert {change.account for change in done.left} == {dev, MANAGEMENT, None}


async def test_a_failed_deregistration_stops_before_the_set(cloud: FakeCloud) -> None:
    await applied(cloud)
    name = f"dev ({account(cloud, 'dev')})"
    cloud.platform.errors[name] = PlatformError("refused", status=403, detail="HTTP 403: no")
    done = await destroyed(cloud)
    assert [found.reason for found in done.failures] == ["HTTP 403: no"]
    assert list(cloud.platform.registered) == [name]
    assert STACK_SET in cloud.stack_sets.sets


async def test_a_platform_that_does_not_answer_stops_it_before_anything_in_aws_changes(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.log.clear()
    cloud.platform.errors[f"dev ({account(cloud, 'dev')})"] = PlatformError("no answer")
    done = await destroyed(cloud)
    assert [failure.reason for failure in done.failures] == ["no answer"]
    assert done.left
    assert "DeleteStackSet" not in cloud.stack_sets.log
    assert "DeleteStackInstances" not in cloud.stack_sets.log


async def test_instances_of_suspended_accounts_are_let_go_of(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.organizations.set_state(dev, AccountState.SUSPENDED)
    done = await destroyed(cloud)
    (told,) = (change for change in done.changes if change.account == dev and change.action is Action.DELETE_INSTANCE)
    assert "let go of" in told.detail
    assert (done.failures, done.left, cloud.stack_sets.sets) == ((), (), {})


async def test_suspended_accounts_that_were_moved_to_another_unit_are_let_go_of(cloud: FakeCloud) -> None:
    wanted = config(targets={"organizational_units": ["/Workloads"]})
    await applied(cloud, wanted)
    dev = account(cloud, "dev")
    cloud.organizations.set_state(dev, AccountState.SUSPENDED)
    cloud.organizations.move(dev, unit(cloud, "Security"))
    done = await destroyed(cloud, wanted)
    assert (done.failures, done.left, cloud.stack_sets.sets) == ((), (), {})


async def test_instances_of_accounts_that_were_moved_out_of_the_targets_are_deleted(cloud: FakeCloud) -> None:
    wanted = config(targets={"organizational_units": ["/Workloads"]})
    await applied(cloud, wanted)
    cloud.organizations.move(account(cloud, "dev"), unit(cloud, "Security"))
    done = await destroyed(cloud, wanted)
    assert (done.failures, done.left, cloud.stack_sets.sets) == ((), (), {})


async def test_an_instance_that_cannot_be_reached_any_more_is_said_to_be_left(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.organizations.leave(dev)
    cloud.stack_sets.reaches_departed = False
    done = await destroyed(cloud)
    assert [found.account for found in done.failures] == [dev]
    assert "still there" in done.failures[0].reason
    assert dev in {change.account for change in done.left}


async def test_an_inoperable_instance_is_tried_once_more(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.stack_sets.set_instance(STACK_SET, dev, InstanceStatus.INOPERABLE, "INOPERABLE", "deletion failed")
    assert (await destroyed(cloud)).left == ()


async def test_a_stack_set_and_a_stack_of_somebody_else_are_left_alone(cloud: FakeCloud) -> None:
    theirs = StackContent("theirs", {}, {"owner": "them"})
    cloud.stack_sets.plant(STACK_SET, theirs, account(cloud, "dev"))
    await cloud.stacks.create(STACK_SET, theirs)
    cloud.stacks.log.clear()
    done = await destroyed(cloud)
    assert (done.changes, done.failures, done.left) == ((), (), ())
    assert cloud.stack_sets.log + cloud.stacks.log == []
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == 1


async def test_registrations_of_other_roles_are_left_alone(cloud: FakeCloud) -> None:
    cloud.platform.registered["theirs"] = RoleArn("aws", account(cloud, "dev"), "/", "AnotherRole")
    await applied(cloud)
    await destroyed(cloud)
    assert list(cloud.platform.registered) == ["theirs"]


async def test_an_operation_of_somebody_else_is_waited_for(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.run_foreign_operation(STACK_SET, polls=5)
    assert (await destroyed(cloud)).left == ()


async def test_a_stack_that_cannot_be_deleted_is_a_failure_and_left(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stacks.failing = "Role: it has other policies"
    done = await destroyed(cloud)
    (failure,) = done.failures
    assert failure.reason.startswith("DELETE_FAILED: Role: it has other policies; take away what holds it")
    assert [change.action for change in done.left] == [Action.DELETE_STACK]


async def test_it_takes_out_what_the_set_targets_whatever_the_config_says_now(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await destroyed(cloud, config(targets={"organizational_units": ["/Security"]}))
    assert (done.left, cloud.stack_sets.sets) == ((), {})
