from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import (
    AccountFilter,
    AutoDeployment,
    DeploymentTargets,
    StackContent,
)
from rolecall.core.organization import AccountState
from rolecall.core.plan import Action, Plan
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.core.roll import Access
from rolecall.core.verdicts import Deployment
from rolecall.errors import PlanRefused, PlatformError, RemovalsRefused
from rolecall.flows.apply import PROPAGATION, apply, settled_look
from rolecall.flows.deploying import operation_id
from rolecall.flows.look import look
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT
from tests.fakes.probe import FakeRoleProbe
from tests.fakes.stack_sets import FakeStackSets
from tests.fakes.time import FOUNDED

from .acting import account, applied, by_name, unit, verdicts

TAKEN = "CadoResponseRole already exists"
MEMBERS = ("audit", "billing", "payments", "dev")


async def test_everything_is_deployed_proven_and_registered(cloud: FakeCloud) -> None:
    done = await applied(cloud)
    assert done.failures == ()
    assert verdicts(done) == dict.fromkeys(("management", *MEMBERS), "ready")
    assert set(cloud.platform.registered) == {
        f"{found.name} ({found.id})" for found in cloud.organizations.members.values()
    }


async def test_steps_come_in_their_order(cloud: FakeCloud) -> None:
    log: list[str] = []
    cloud.stack_sets.log = cloud.stacks.log = cloud.platform.log = log
    await applied(cloud)
    assert log[:3] == ["CreateStackSet", "CreateStackInstances", "CreateStack"]
    assert len(log) == 3 + 5
    assert all(line.startswith("add ") for line in log[3:])


async def test_the_roll_is_called_before_anything_is_registered(cloud: FakeCloud) -> None:
    await applied(cloud)
    titles = cloud.progress.titles
    assert (
        titles.index("Deploying the role") < titles.index("Calling the roll") < titles.index("Changing registrations")
    )


async def test_a_second_apply_does_nothing(cloud: FakeCloud) -> None:
    await applied(cloud)
    before = list(cloud.stack_sets.log + cloud.stacks.log + cloud.platform.log)
    asked = len(cloud.probe.assumed)
    done = await applied(cloud)
    assert done.plan.changes == ()
    assert cloud.stack_sets.log + cloud.stacks.log + cloud.platform.log == before
    assert len(cloud.probe.assumed) == asked


async def test_failures_in_one_account_do_not_stop_the_others(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = "Limit exceeded"
    done = await applied(cloud)
    assert [(failure.account, failure.reason) for failure in done.failures] == [
        (account(cloud, "billing"), "Limit exceeded")
    ]
    assert verdicts(done) == dict.fromkeys(("management", "audit", "payments", "dev"), "ready") | {
        "billing": "unreachable"
    }
    assert len(cloud.platform.registered) == 4


async def test_an_account_that_failed_is_tried_again_by_the_next_apply(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = "Limit exceeded"
    first = await applied(cloud)
    cloud.stack_sets.failing.clear()
    second = await applied(cloud)
    assert {change.action for change in second.plan.changes} == {Action.RETRY_INSTANCE, Action.REGISTER}
    assert operation_id(first.plan, "arn", "create") != operation_id(second.plan, "arn", "create")
    assert verdicts(second)["billing"] == "ready"


async def test_a_name_taken_by_somebody_else_is_blocked_and_not_tried_again(cloud: FakeCloud) -> None:
    taken = account(cloud, "billing")
    cloud.stack_sets.failing[taken] = TAKEN
    await applied(cloud)
    started = cloud.stack_sets.log.count("CreateStackInstances")
    done = await applied(cloud)
    assert [(change.action, change.account) for change in done.plan.changes] == [(Action.BLOCKED, taken)]
    assert cloud.stack_sets.log.count("CreateStackInstances") == started
    assert done.failures == ()
    row = by_name(done.seen.rows())["billing"]
    assert (row.verdict, row.deployment) == ("unreachable", Deployment.FAILED)
    assert "--retry-blocked" in row.reason


async def test_what_was_blocked_is_tried_again_when_asked_for(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = TAKEN
    await applied(cloud)
    cloud.stack_sets.failing.clear()
    ports = cloud.ports()
    done = await apply(await look(config(), ports, retry_blocked=True), ports)
    assert verdicts(done)["billing"] == "ready"
    assert len(cloud.platform.registered) == 5


async def test_failures_that_the_results_do_not_tell_yet_are_not_lost(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = "Limit exceeded"
    cloud.stack_sets.hidden_results = True
    done = await applied(cloud)
    assert [failure.reason for failure in done.failures] == [
        "failed in 1 more accounts, of which AWS does not yet tell"
    ]


async def test_a_suspended_account_is_excluded_and_no_failure(cloud: FakeCloud) -> None:
    cloud.organizations.account("retired", unit(cloud, "Dev"), AccountState.SUSPENDED)
    done = await applied(cloud)
    assert done.failures == ()
    row = by_name(done.seen.rows())["retired"]
    assert (row.verdict, row.deployment) == ("excluded", Deployment.SKIPPED)
    assert not any("retired" in name for name in cloud.platform.registered)
    assert (await applied(cloud)).plan.changes == ()


async def test_without_trusted_access_nothing_is_deployed_and_each_account_says_so(cloud: FakeCloud) -> None:
    cloud.stack_sets.trusted = False
    done = await applied(cloud)
    assert cloud.stack_sets.log == []
    rows = by_name(done.seen.rows(done.proofs))
    assert {rows[name].verdict for name in MEMBERS} == {"unreachable"}
    assert all("activate-organizations-access" in rows[name].reason for name in MEMBERS)
    assert rows["management"].verdict == "ready"


@pytest.mark.parametrize("service_managed", [True, False])
async def test_a_stack_set_of_somebody_else_is_left_alone(cloud: FakeCloud, service_managed: bool) -> None:
    theirs = StackContent("theirs", {}, {"owner": "them"})
    members = [account(cloud, name) for name in MEMBERS]
    cloud.stack_sets.plant(STACK_SET, theirs, *members, service_managed=service_managed)
    done = await applied(cloud)
    assert cloud.stack_sets.log == []
    assert {by_name(done.seen.rows())[name].verdict for name in MEMBERS} == {"unreachable"}
    assert all("stack_set_name" in change.detail for change in done.plan.blocked)


async def test_a_stack_of_somebody_else_is_left_alone(cloud: FakeCloud) -> None:
    await cloud.stacks.create(STACK_SET, StackContent("theirs", {}, {}))
    cloud.stacks.polls = 0
    await cloud.stacks.describe(STACK_SET)
    cloud.stacks.log.clear()
    done = await applied(cloud)
    assert cloud.stacks.log == []
    row = by_name(done.seen.rows(done.proofs))["management"]
    assert (row.deployment, row.verdict) == (Deployment.ABSENT, "unreachable")
    assert "stack_set_name" in row.reason


async def test_an_operation_of_somebody_else_is_waited_for(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.organizations.account("late", unit(cloud, "Dev"))
    cloud.stack_sets.run_foreign_operation(STACK_SET, polls=5)
    done = await applied(cloud)
    assert verdicts(done)["late"] == "ready"
    (said,) = cloud.progress.lines
    since = f"{FOUNDED:%Y-%m-%d %H:%M} UTC"
    assert said.startswith(f"Waiting for operation of-somebody-else (UPDATE), somebody else's, since {since}, ")
    assert "`rolecall status`" in said


async def test_a_look_is_taken_anew_only_when_an_operation_had_to_end(cloud: FakeCloud) -> None:
    await applied(cloud)
    ports = cloud.ports()
    seen = await look(config(), ports)
    assert await settled_look(seen, ports) is seen
    cloud.stack_sets.run_foreign_operation(STACK_SET, polls=3)
    assert await settled_look(seen, ports) is not seen


async def test_waiting_grows_longer_but_never_very_long(cloud: FakeCloud) -> None:
    cloud.stack_sets.polls = 30
    await applied(cloud)
    waits = cloud.clock.sleeps[:29]
    assert waits == sorted(waits)
    assert (waits[0], max(waits)) == (0.5, 5.0)


async def test_the_same_plan_gives_the_same_operation_ids(cloud: FakeCloud) -> None:
    one, other = await look(config(), cloud.ports()), await look(config(), cloud.ports())
    assert operation_id(one.plan, "arn", "create") == operation_id(other.plan, "arn", "create")
    assert operation_id(one.plan, "arn", "create") != operation_id(one.plan, "arn", "update")
    assert operation_id(one.plan, "arn", "create") != operation_id(one.plan, "arn of another of that name", "create")
    assert len(operation_id(one.plan, "arn", "create")) <= 128


async def test_one_account_is_reached_by_its_name_and_a_new_unit_as_a_whole(cloud: FakeCloud) -> None:
    targets: list[DeploymentTargets] = []

    class Watched(FakeStackSets):
        async def create_instances(
            self, name: str, *, targets: DeploymentTargets, region: str, operation_id: str
        ) -> str:
            asked.append(targets)
            return await super().create_instances(name, targets=targets, region=region, operation_id=operation_id)

    asked = targets
    cloud.stack_sets = Watched(cloud.organizations)
    await applied(cloud)
    late = cloud.organizations.account("late", unit(cloud, "Dev"))
    await applied(cloud)
    assert [(found.filter, found.accounts) for found in asked] == [
        (AccountFilter.NONE, ()),
        (AccountFilter.INTERSECTION, (late,)),
    ]


async def test_excluded_accounts_are_left_out_from_the_first_deployment(cloud: FakeCloud) -> None:
    left_out = account(cloud, "dev")
    wanted = config(targets={"exclude_accounts": [left_out]}, deployment={"auto_deployment": {"enabled": False}})
    done = await applied(cloud, wanted)
    assert verdicts(done)["dev"] == "excluded"
    assert left_out not in cloud.stack_sets.sets[STACK_SET].instances
    assert (await applied(cloud, wanted)).plan.changes == ()


async def test_an_account_that_is_excluded_later_loses_role_and_registration(cloud: FakeCloud) -> None:
    off = {"auto_deployment": {"enabled": False}}
    await applied(cloud, config(deployment=off))
    left_out = account(cloud, "dev")
    done = await applied(cloud, config(targets={"exclude_accounts": [left_out]}, deployment=off))
    assert done.failures == ()
    assert left_out not in cloud.stack_sets.sets[STACK_SET].instances
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == 3
    assert not any(role.account == left_out for role in cloud.platform.registered.values())


async def test_an_account_that_was_moved_out_of_the_targets_loses_the_role(cloud: FakeCloud) -> None:
    wanted = config(targets={"organizational_units": ["/Workloads"]})
    await applied(cloud, wanted)
    moved = account(cloud, "dev")
    cloud.organizations.move(moved, unit(cloud, "Security"))
    done = await applied(cloud, wanted)
    assert [change.action for change in done.plan.changes] == [Action.DELETE_INSTANCE, Action.DEREGISTER]
    assert moved not in cloud.stack_sets.sets[STACK_SET].instances
    assert (await applied(cloud, wanted)).plan.changes == ()


async def test_what_has_to_go_is_taken_out_before_anything_is_registered(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.organizations.set_state(account(cloud, "dev"), AccountState.SUSPENDED)
    late = cloud.organizations.account("late", unit(cloud, "Dev"))
    cloud.platform.log.clear()
    await applied(cloud)
    assert cloud.platform.log == [f"remove dev ({account(cloud, 'dev')})", f"add late ({late})"]


async def test_the_management_account_can_be_left_out_again(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await applied(cloud, config(targets={"management_account": False}))
    assert cloud.stacks.stacks == {}
    assert verdicts(done)["management"] == "excluded"
    assert not any(role.account == MANAGEMENT for role in cloud.platform.registered.values())


async def test_a_changed_role_is_brought_to_every_account_and_proven_again(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.assumed.clear()
    done = await applied(cloud, config(role={"max_session_hours": 1}))
    assert {change.action for change in done.plan.changes} == {Action.UPDATE_STACK_SET, Action.UPDATE_STACK}
    assert verdicts(done) == dict.fromkeys(("management", *MEMBERS), "ready")
    assert {asked for asked, _ in cloud.probe.assumed} == set(cloud.organizations.members)


async def test_a_failed_management_stack_is_told_and_replaced_the_next_time(cloud: FakeCloud) -> None:
    cloud.stacks.failing = "Policy1: limit exceeded"
    done = await applied(cloud)
    assert [(found.account, found.reason) for found in done.failures] == [
        (MANAGEMENT, "ROLLBACK_COMPLETE: Policy1: limit exceeded")
    ]
    cloud.stacks.failing = ""
    second = await applied(cloud)
    assert Action.REPLACE_STACK in {change.action for change in second.plan.changes}
    assert verdicts(second)["management"] == "ready"


async def test_a_role_that_is_not_known_everywhere_yet_is_asked_again(cloud: FakeCloud) -> None:
    cloud.probe.born = {account(cloud, "dev"): PROPAGATION - 10}
    done = await applied(cloud)
    assert verdicts(done)["dev"] == "ready"


async def test_patience_ends(cloud: FakeCloud) -> None:
    cloud.probe.born = {account(cloud, "dev"): 10_000}
    done = await applied(cloud)
    assert verdicts(done)["dev"] == "unreachable"
    assert cloud.clock.elapsed < 3 * PROPAGATION
    assert [failure.subject for failure in done.failures] == ["platform forensics"]
    assert "cannot be assumed" in done.failures[0].reason


async def test_an_open_role_is_never_registered(cloud: FakeCloud) -> None:
    cloud.probe.open.add(account(cloud, "dev"))
    done = await applied(cloud)
    assert verdicts(done)["dev"] == "unsafe"
    assert not any(name.startswith("dev") for name in cloud.platform.registered)
    assert "without the external id" in done.failures[0].reason


async def test_a_restricted_role_is_registered(cloud: FakeCloud) -> None:
    cloud.probe.denied = {account(cloud, "dev"): {"ec2:CreateSnapshot": "scp"}}
    done = await applied(cloud)
    assert done.proofs[account(cloud, "dev")].access is Access.RESTRICTED
    assert f"dev ({account(cloud, 'dev')})" in cloud.platform.registered


async def test_a_registration_that_the_platform_refuses_does_not_stop_the_others(cloud: FakeCloud) -> None:
    name = f"dev ({account(cloud, 'dev')})"
    cloud.platform.errors[name] = PlatformError("refused", status=400, detail="HTTP 400: no")
    done = await applied(cloud)
    assert [(found.account, found.reason) for found in done.failures] == [(account(cloud, "dev"), "HTTP 400: no")]
    assert len(cloud.platform.registered) == 4


async def test_a_platform_that_does_not_answer_is_a_failure_and_the_deployment_is_told(cloud: FakeCloud) -> None:
    cloud.platform.errors[f"dev ({account(cloud, 'dev')})"] = PlatformError("no answer")
    done = await applied(cloud)
    assert [(failure.account, failure.reason) for failure in done.failures] == [(account(cloud, "dev"), "no answer")]
    assert verdicts(done)["dev"] == "ready"


async def test_a_new_registration_is_added_before_the_stale_one_is_taken_out(cloud: FakeCloud) -> None:
    """So that a platform which refuses the new one has lost nothing."""
    dev = account(cloud, "dev")
    cloud.platform.registered["old name"] = RoleArn("aws", dev, "/", "CadoResponseRole")
    await applied(cloud)
    mine = [line for line in cloud.platform.log if "old name" in line or line == f"add dev ({dev})"]
    assert mine == [f"add dev ({dev})", "remove old name"]


async def test_a_registration_that_holds_our_name_makes_room_first(cloud: FakeCloud) -> None:
    dev = account(cloud, "dev")
    name = f"dev ({dev})"
    cloud.platform.registered[name] = RoleArn("aws", dev, "/", "FormerName")
    await applied(cloud)
    assert [line for line in cloud.platform.log if name in line] == [
        f"add {name} (moving)", f"remove {name}", f"add {name}", f"remove {name} (moving)",
    ]  # fmt: skip
    assert cloud.platform.registered[name].name == "CadoResponseRole"


async def test_registrations_of_other_roles_are_left_alone(cloud: FakeCloud) -> None:
    theirs = RoleArn("aws", account(cloud, "dev"), "/", "AnotherRole")
    cloud.platform.registered["theirs"] = theirs
    await applied(cloud)
    assert cloud.platform.registered["theirs"] == theirs
    assert len(cloud.platform.registered) == 6


@pytest.mark.parametrize("deregister", [False, True])
async def test_a_departed_account_is_deregistered_only_where_the_config_says_so(
    cloud: FakeCloud, deregister: bool
) -> None:
    gone = RoleArn("aws", AccountId("999999999999"), "/", "CadoResponseRole")
    cloud.platform.registered["gone"] = gone
    platforms = [
        {"name": "forensics", "url": "https://p.example.com", "api_key": "env:K", "deregister_departed": deregister}
    ]
    done = await applied(cloud, config(platforms=platforms))
    assert ("gone" in cloud.platform.registered) is not deregister
    assert bool(done.seen.notes) is not deregister
    assert done.seen.plan.blocked == ()


async def test_a_saved_plan_is_applied_when_nothing_moved(cloud: FakeCloud) -> None:
    saved = Plan.from_json((await look(config(), cloud.ports())).plan.to_json())
    assert (await applied(cloud, saved=saved)).failures == ()
    assert len(cloud.platform.registered) == 5


async def test_a_stale_plan_is_refused_and_changes_nothing(cloud: FakeCloud) -> None:
    saved = (await look(config(), cloud.ports())).plan
    cloud.organizations.account("new", unit(cloud, "Dev"))
    with pytest.raises(PlanRefused, match="joined the organization: "):
        await applied(cloud, saved=saved)
    assert cloud.stack_sets.log + cloud.stacks.log + cloud.platform.log == []


async def test_a_plan_saved_with_other_options_is_refused(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = TAKEN
    await applied(cloud)
    saved = (await look(config(), cloud.ports(), retry_blocked=True)).plan
    with pytest.raises(PlanRefused) as caught:
        await applied(cloud, saved=saved)
    assert "--retry-blocked" in caught.value.hint


async def test_an_apply_that_is_interrupted_while_the_roll_is_called_stops_and_registers_nothing(
    cloud: FakeCloud,
) -> None:
    asked = asyncio.Event()

    class Stuck(FakeRoleProbe):
        async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError("nobody ends the wait")

    ports = replace(cloud.ports(), probe=Stuck(cloud.deployed, cloud.clock.monotonic))
    running = asyncio.create_task(apply(await look(config(), ports), ports))
    await asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cloud.platform.registered == {}
    assert cloud.progress.open is None
    assert set(verdicts(await applied(cloud)).values()) == {"ready"}


async def test_killed_anywhere_it_is_finished_by_running_it_again(cloud: FakeCloud) -> None:
    """Whatever the first run has done when it dies, the second ends in the same world and the third changes nothing."""
    for steps in range(0, 120, 7):
        fresh = FakeCloud()
        dev = fresh.organizations.unit("Dev")
        for number in range(3):
            fresh.organizations.account(f"a{number}", dev)
        running = asyncio.create_task(applied(fresh))
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        ports = fresh.ports()
        done = await apply(await settled_look(await look(config(), ports), ports), ports)
        assert set(verdicts(done).values()) <= {"ready", "unknown"}, steps
        assert len(fresh.platform.registered) == 4, steps
        assert (await applied(fresh)).plan.changes == (), steps


async def test_auto_deployment_is_switched_without_touching_the_content(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await applied(cloud, config(deployment={"auto_deployment": {"enabled": False}}))
    assert [change.detail for change in done.plan.changes] == ["auto-deployment"]
    assert cloud.stack_sets.sets[STACK_SET].stack_set.auto_deployment == AutoDeployment(False)


async def test_a_plan_that_takes_the_role_from_many_is_refused_before_anything_is_changed(cloud: FakeCloud) -> None:
    await applied(cloud)
    for name in ("audit", "billing", "payments"):
        cloud.organizations.move(account(cloud, name), cloud.organizations.unit(f"Elsewhere {name}"))
    wanted = config(targets={"organizational_units": ["/Security", "/Workloads"]})
    calls, registered = list(cloud.stack_sets.log), dict(cloud.platform.registered)
    with pytest.raises(RemovalsRefused, match="takes away more"):
        await applied(cloud, wanted)
    assert (cloud.stack_sets.log, cloud.platform.registered) == (calls, registered)
    ports = cloud.ports()
    done = await apply(await look(wanted, ports), ports, allow_removals=3)
    assert {change.action for change in done.plan.changes} >= {Action.DELETE_INSTANCE, Action.DEREGISTER}
    assert done.failures == ()


async def test_what_somebody_undoes_in_the_meantime_is_no_success(cloud: FakeCloud) -> None:
    audit = account(cloud, "audit")

    def deployed(asked: AccountId) -> StackContent | None:
        cloud.stack_sets.sets[STACK_SET].instances.pop(audit, None)
        return cloud.stack_sets.sets[STACK_SET].stack_set.content

    cloud.probe.deployed = deployed
    done = await applied(cloud)
    assert [(found.account, found.reason) for found in done.failures] == [
        (audit, "no role yet; every call for it was taken, and it is still to be done: apply again")
    ]
