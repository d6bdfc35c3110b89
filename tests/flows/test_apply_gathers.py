"""What fails in apply is gathered: no step's failure loses what the others did, and a stack at work is waited for."""

from __future__ import annotations

from dataclasses import replace

from rolecall.core.observed import StackContent
from rolecall.errors import AccessDenied, AwsError, PlatformError
from rolecall.flows.apply import settled_look
from rolecall.flows.look import look
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.flows.acting import account, applied, verdicts

TAKEN = "Role with name CadoResponseRole already exists"


async def test_a_step_that_aws_denies_does_not_lose_the_failures_before_it(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = "Limit exceeded"

    async def denied(name: str, content: StackContent) -> None:
        raise AccessDenied("AWS refused CreateStack", detail="AccessDenied: not allowed", hint="ask for it")

    cloud.stacks.create = denied  # type: ignore[method-assign]
    done = await applied(cloud)
    told = [(failure.account, failure.reason) for failure in done.failures]
    assert (account(cloud, "billing"), "Limit exceeded") in told
    assert (None, "AccessDenied: not allowed; hint: ask for it") in told
    assert len(cloud.platform.registered) == 3


async def test_a_stack_that_something_works_on_is_waited_for(cloud: FakeCloud) -> None:
    """As after a run that was killed: without the wait there would be nothing to do, and nobody told how it ended."""
    await applied(cloud)
    stack = cloud.stacks.stacks[STACK_SET]
    cloud.stacks.stacks[STACK_SET] = replace(stack, status="UPDATE_IN_PROGRESS")
    cloud.stacks.waiting[STACK_SET] = 3
    cloud.stacks.failing = "Role: no"
    ports = cloud.ports()
    seen = await settled_look(await look(config(), ports), ports)
    assert seen.observed.management_stack is not None
    assert seen.observed.management_stack.status == "UPDATE_ROLLBACK_COMPLETE"


async def test_a_stack_that_cannot_be_deleted_is_not_created_over(cloud: FakeCloud) -> None:
    await applied(cloud)
    stack = cloud.stacks.stacks[STACK_SET]
    cloud.stacks.stacks[STACK_SET] = replace(stack, status="DELETE_FAILED")
    cloud.stacks.failing = "Role: still in use"
    cloud.stacks.log.clear()
    done = await applied(cloud)
    assert [failure.reason for failure in done.failures] == ["DELETE_FAILED: Role: still in use"]
    assert cloud.stacks.log == ["DeleteStack"]


async def test_a_platform_that_dies_leaves_its_changes_uncounted(cloud: FakeCloud) -> None:
    listings = 0
    listed = cloud.platform.registrations

    def dying():  # type: ignore[no-untyped-def]
        nonlocal listings
        listings += 1
        if listings > 1:
            raise PlatformError("no answer from platform forensics")
        return listed()

    cloud.platform.registrations = dying  # type: ignore[method-assign]
    done = await applied(cloud)
    registrations = [change for change in done.plan.pending if change.action.on_platform]
    assert done.done == len(done.plan.pending) - len(registrations)
    assert not done.well
    assert done.failures[0].subject == "platform"


async def test_what_the_plan_calls_blocked_is_no_failure_when_a_new_unit_meets_it_again(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "billing")] = TAKEN
    await applied(cloud)
    other = cloud.organizations.unit("Other")
    new = cloud.organizations.account("new", other)
    wanted = config(targets={"organizational_units": ["/", "/Other"], "management_account": True})
    done = await applied(cloud, wanted)
    assert verdicts(done)["new"] == "ready"
    assert new in {change.account for change in done.plan.pending}
    assert done.failures == ()
    assert not done.well


async def test_policies_that_cannot_be_read_this_time_are_asked_for_again() -> None:
    from rolecall.core.roll import Cause, MissingPermission
    from rolecall.flows.control_policies import ControlPolicies
    from rolecall.flows.policy_names import with_names
    from tests.core.worlds import AUDIT, desired

    class Failing:
        def __init__(self, error: AwsError) -> None:
            self.error, self.calls = error, 0

        async def control_policies(self) -> list[object]:
            self.calls += 1
            raise self.error

    missing = [MissingPermission("s3:GetObject", ("s3",), Cause.SCP, "us-east-1")]
    for error, calls in ((AccessDenied("no"), 1), (AwsError("throttled"), 2)):
        organizations = Failing(error)
        policies = ControlPolicies(organizations)  # type: ignore[arg-type]
        for _ in range(2):
            assert await with_names(missing, (), desired().accounts[AUDIT], policies) == missing
        assert organizations.calls == calls
