"""What is asked before the first change, what of it stops which account, and that nothing is asked for nothing."""

from __future__ import annotations

import json

import pytest

from rolecall.core.blame import ControlPolicy
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import AccountFilter, AutoDeployment, StackContent
from rolecall.core.plan import Action, Plan
from rolecall.core.preflight import Finding, FoundRole, Level
from rolecall.core.verdicts import Verdict
from rolecall.errors import AccessDenied, CredentialsError
from rolecall.flows.destroy import destroy
from rolecall.flows.look import Seen, look
from rolecall.flows.preflight import MOST_DESCRIBED, find
from tests.core.preflight.facts import EVERYTHING, deny
from tests.fakes.cloud import OTHER_REGIONS, ROLE_NAME, STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT, ROOT
from tests.fakes.stack_sets import FakeStackSets

from .acting import account, applied, by_name, unit

INSPECTING = config(deployment={"inspect_role": "OrganizationAccountAccessRole"})


def plant(cloud: FakeCloud, place: str, *statements: dict[str, object]) -> None:
    organizations = cloud.organizations
    places = frozenset([*organizations.units, *organizations.members])
    for name, on, told in (("Full", places, [EVERYTHING]), ("NoRoles", frozenset([place]), list(statements))):
        document = json.dumps({"Version": "2012-10-17", "Statement": told})
        assert organizations.policies is not None
        organizations.policies.append(ControlPolicy(f"p-{name}", name, document, on))


async def plant_stack_set(cloud: FakeCloud, region: str, name: str = "theirs", role: str = ROLE_NAME) -> None:
    there = cloud.stack_sets if region == "us-east-1" else cloud.elsewhere[region]
    resource = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": role}}
    content = StackContent(json.dumps({"Resources": {"R": resource}}), {}, {})
    await there.create(name, content, AutoDeployment(False))
    found = there.sets[name]
    object.__setattr__(found.stack_set, "unit_ids", (ROOT,))


async def planned(cloud: FakeCloud, wanted: object = None, **options: bool) -> Seen:
    return await look(wanted or config(), cloud.ports(), **options)  # type: ignore[arg-type]


def blocked(plan: Plan) -> dict[AccountId | None, str]:
    return {change.account: change.detail for change in plan.blocked}


def of(seen: Seen, check: str) -> list[Finding]:
    return [finding for finding in seen.findings if finding.id == check]


async def test_an_account_that_a_policy_stops_is_blocked_with_the_cause_and_left_alone(cloud: FakeCloud) -> None:
    plant(cloud, unit(cloud, "Payments"), deny("iam:CreateRole"))
    payments = account(cloud, "payments")
    done = await applied(cloud)
    assert set(blocked(done.plan)) == {payments}
    assert "service control policy NoRoles denies iam:CreateRole" in blocked(done.plan)[payments]
    assert payments not in cloud.stack_sets.sets[STACK_SET].instances
    assert len(cloud.stack_sets.sets[STACK_SET].instances) == len(cloud.organizations.members) - 2
    assert done.failures == ()
    assert not done.seen.plan.pending
    assert by_name(done.seen.rows())["payments"].verdict is Verdict.UNREACHABLE


async def test_it_is_not_registered_either_and_the_next_plan_says_the_same(cloud: FakeCloud) -> None:
    plant(cloud, account(cloud, "payments"), deny("iam:*"))
    await applied(cloud)
    again = await planned(cloud)
    assert [change.action for change in again.plan.changes] == [Action.BLOCKED]
    assert not any("payments" in name for name in cloud.platform.registered)


async def test_it_is_tried_all_the_same_when_that_is_asked_for(cloud: FakeCloud) -> None:
    plant(cloud, account(cloud, "payments"), deny("iam:*"))
    seen = await planned(cloud, retry_blocked=True)
    assert not seen.plan.blocked
    assert [finding.level for finding in of(seen, "execution-role-denied")] == [Level.BLOCKS]


async def test_only_the_accounts_that_are_not_blocked_are_named_to_stack_sets(cloud: FakeCloud) -> None:
    payments = account(cloud, "payments")
    plant(cloud, payments, deny("iam:*"))
    await applied(cloud)
    (request,) = [entry.request for entry in cloud.stack_sets.sets[STACK_SET].operations]
    assert isinstance(request, tuple)
    assert (request[1].filter, request[1].accounts) == (AccountFilter.DIFFERENCE, (payments,))


async def test_a_second_stack_set_in_another_region_blocks_all_but_the_management_account(cloud: FakeCloud) -> None:
    await plant_stack_set(cloud, "eu-west-1")
    done = await applied(cloud)
    assert STACK_SET not in cloud.stack_sets.sets
    assert set(blocked(done.plan)) == {None, *cloud.organizations.members} - {MANAGEMENT}
    assert "rolecall --region eu-west-1 adopt theirs" in blocked(done.plan)[None]
    assert list(cloud.stacks.stacks) == [STACK_SET]


async def test_every_region_is_listed_once_and_only_before_the_first_creation(cloud: FakeCloud) -> None:
    await plant_stack_set(cloud, "eu-west-1", role="Another")
    await applied(cloud)
    for region in OTHER_REGIONS:
        assert cloud.elsewhere[region].calls["ListStackSets"] == 1
    assert cloud.elsewhere["eu-west-1"].calls["DescribeStackSet"] == 1
    await applied(cloud)
    assert cloud.elsewhere["eu-west-1"].calls["ListStackSets"] == 1


async def test_templates_are_read_two_a_second_and_not_for_ever(cloud: FakeCloud) -> None:
    for number in range(MOST_DESCRIBED + 3):
        await plant_stack_set(cloud, "us-east-1", f"set-{number:03}", role="Another")
    await plant_stack_set(cloud, "us-east-1", f"zz-{ROLE_NAME}")
    cloud.stack_sets.calls.clear()
    seen = await planned(cloud)
    assert cloud.stack_sets.calls["DescribeStackSet"] == MOST_DESCRIBED + 1  # ours too
    assert sum(cloud.clock.sleeps) == pytest.approx((MOST_DESCRIBED - 1) / 2)
    blocking, unread = of(seen, "second-stack-set")
    assert f"zz-{ROLE_NAME} in us-east-1" in blocking.message
    assert (unread.level, "too many to ask" in unread.message) == (Level.UNCHECKED, True)


class Closed(FakeStackSets):
    """Those of a Region that is not enabled."""

    async def stack_sets(self):  # type: ignore[no-untyped-def]
        raise CredentialsError("AWS refused ListStackSets", code="UnrecognizedClientException")
        yield


async def test_a_region_that_does_not_answer_is_told_and_taken_for_no_good_news(cloud: FakeCloud) -> None:
    cloud.elsewhere["ap-southeast-2"] = Closed(cloud.organizations)
    seen = await planned(cloud)
    (finding,) = of(seen, "second-stack-set")
    assert finding.level is Level.UNCHECKED
    assert "in ap-southeast-2: AWS does not answer these credentials there" in finding.message
    assert not seen.plan.blocked


async def test_names_are_looked_up_only_where_a_role_is_to_be_made(cloud: FakeCloud) -> None:
    await applied(cloud, INSPECTING)
    assert sorted(cloud.inspector.asked) == sorted(cloud.organizations.members)
    cloud.inspector.asked.clear()
    new = cloud.organizations.account("new")
    cloud.inspector.plant(FoundRole(RoleArn("aws", new, "/", ROLE_NAME)))
    seen = await planned(cloud, INSPECTING)
    assert cloud.inspector.asked == [new]
    assert "exists, and rolecall did not make it" in blocked(seen.plan)[new]


async def test_without_a_role_to_inspect_with_no_member_is_looked_into(cloud: FakeCloud) -> None:
    seen = await planned(cloud)
    assert cloud.inspector.asked == [MANAGEMENT]
    (finding,) = of(seen, "name-taken")
    assert finding.level is Level.UNCHECKED


async def test_a_name_that_is_taken_in_the_management_account_blocks_its_stack_alone(cloud: FakeCloud) -> None:
    cloud.inspector.plant(FoundRole(RoleArn("aws", MANAGEMENT, "/", ROLE_NAME)))
    done = await applied(cloud)
    assert set(blocked(done.plan)) == {MANAGEMENT}
    assert cloud.stacks.log == []


async def test_an_account_that_lets_nobody_in_is_not_checked(cloud: FakeCloud) -> None:
    dev = account(cloud, "dev")
    cloud.inspector.closed.add(dev)
    (finding,) = of(await planned(cloud, INSPECTING), "name-taken")
    assert finding.level is Level.UNCHECKED
    assert "(dev): with OrganizationAccountAccessRole AccessDenied to AssumeRole" in finding.message


async def test_policies_that_may_not_be_read_are_not_checked(cloud: FakeCloud) -> None:
    cloud.organizations.policies = None
    seen = await planned(cloud)
    (finding,) = of(seen, "execution-role-denied")
    assert (finding.level, "AWS refused ListPolicies" in finding.message) == (Level.UNCHECKED, True)
    assert not seen.plan.blocked


async def test_where_nothing_is_deployed_or_changed_nothing_is_asked(cloud: FakeCloud) -> None:
    await applied(cloud, INSPECTING)
    cloud.organizations.calls.clear()
    cloud.stack_sets.calls.clear()
    cloud.inspector.asked.clear()
    seen = await planned(cloud, INSPECTING)
    assert not seen.plan.changes
    assert cloud.inspector.asked == []
    assert "ListPolicies" not in cloud.organizations.calls
    assert "ListStackSets" not in cloud.stack_sets.calls
    assert cloud.stack_sets.calls["DescribeStackSet"] == 1


async def test_destroying_asks_nothing_of_this(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.organizations.calls.clear()
    cloud.stack_sets.calls.clear()
    await destroy(await planned(cloud, preflight=False), cloud.ports())
    assert "ListPolicies" not in cloud.organizations.calls
    assert "ListStackSets" not in cloud.stack_sets.calls


async def test_everything_is_asked_where_that_is_wanted_although_nothing_changes(cloud: FakeCloud) -> None:
    await applied(cloud)
    plant(cloud, account(cloud, "dev"), deny("s3:*"))
    await plant_stack_set(cloud, "eu-west-1")
    seen = await planned(cloud)
    assert seen.findings == ()
    told = await find(seen.config, cloud.ports(), seen.desired, seen.observed, seen.plan.changes, everything=True)
    assert {finding.id: finding.level for finding in told} == {
        "role-denied": Level.WARNS,
        "second-stack-set": Level.WARNS,
    }


async def test_an_error_of_the_first_region_is_told_in_its_own_words(cloud: FakeCloud) -> None:
    class Refused(FakeStackSets):
        async def stack_sets(self):  # type: ignore[no-untyped-def]
            raise AccessDenied("AWS refused ListStackSets", code="AccessDenied", detail="AccessDenied: you may not")
            yield

    cloud.stack_sets = Refused(cloud.organizations)
    (finding,) = of(await planned(cloud), "second-stack-set")
    assert "in us-east-1: AWS refused ListStackSets: AccessDenied: you may not" in finding.message
