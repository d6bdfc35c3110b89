"""The `StackSets` port with self-managed permissions, on the fake and on the adapter."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from rolecall.aws.client import Client
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.core.ids import AccountId
from rolecall.core.observed import AutoDeployment, DeploymentTargets, InstanceStatus, StackSetRoles
from tests.fakes.stack_sets import FakeStackSets
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import ServedSandbox, trust

from .stage import ACTIVE, REGION, STACK_SET, Stage, aws_stage, content, fake_stage, scenario
from .test_stack_sets import delete, instances, results

ROLES = StackSetRoles("OurAdministration", "OurExecution")
OFF = AutoDeployment(False)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def make_roles(sandbox: ServedSandbox, stage: Stage) -> None:
    """The two roles, the execution role in every account but `locked`."""
    service = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    management, store = stage.accounts["management"], sandbox.world.store
    trusting = json.dumps({"Version": "2012-10-17", "Statement": [service]})
    store.create_role(management, ROLES.administration, trusting, managed_policies=[ADMINISTRATOR])
    document = json.dumps(trust(f"arn:aws:iam::{management}:role/{ROLES.administration}"))
    for name, account in stage.accounts.items():
        if name not in ("management", "locked"):
            store.create_role(account, ROLES.execution, document, managed_policies=[ADMINISTRATOR])


@pytest.fixture(params=["fake", "aws"])
async def stage(request: pytest.FixtureRequest, start_sandbox: StartSandbox) -> AsyncIterator[Stage]:
    """Without trusted access."""
    if request.param == "fake":
        made = fake_stage()
        assert isinstance(made.stack_sets, FakeStackSets)
        made.stack_sets.roles = ROLES
        made.stack_sets.failing[made.accounts["locked"]] = "should have 'OurExecution' role"
        yield made
        return
    async with AsyncExitStack() as stack:
        sandbox = start_sandbox(scenario(trusted_access=False))
        made = await aws_stage(sandbox, stack)
        make_roles(sandbox, made)
        client = Client(sandbox.session(), "cloudformation", REGION)
        yield replace(made, stack_sets=AwsStackSets(client, Preferences(100), roles=ROLES))


def named(stage: Stage, *names: str) -> DeploymentTargets:
    return DeploymentTargets((), tuple(stage.accounts[name] for name in names))


async def test_a_stack_set_has_its_roles_and_no_units(stage: Stage) -> None:
    await stage.stack_sets.create(STACK_SET, content(), OFF)
    found = await stage.stack_sets.describe(STACK_SET)
    assert found is not None
    assert (found.service_managed, found.roles, found.unit_ids) == (False, ROLES, ())
    assert (found.auto_deployment, found.managed_execution, found.content) == (OFF, True, content())
    assert [summary.service_managed async for summary in stage.stack_sets.stack_sets()] == [False]


async def test_only_the_named_accounts_get_an_instance(stage: Stage) -> None:
    operation = await stage.deploy(named(stage, "billing", "audit"))
    assert operation.failed_count == 0
    found = await instances(stage)
    assert {name: instance.status for name, instance in found.items()} == dict.fromkeys(
        ("billing", "audit"), InstanceStatus.CURRENT
    )
    assert {instance.unit_id for instance in found.values()} == {None}


async def test_where_the_execution_role_is_missing_it_says_so(stage: Stage) -> None:
    operation = await stage.deploy(named(stage, *ACTIVE))
    told = await results(stage, operation.id)
    assert {name for name, result in told.items() if result.status == "FAILED"} == {"locked"}
    assert f"should have '{ROLES.execution}' role" in told["locked"].reason
    assert (await instances(stage))["locked"].status is InstanceStatus.OUTDATED


async def test_an_update_may_be_of_some_instances_and_makes_the_others_outdated(stage: Stage) -> None:
    await stage.deploy(named(stage, "billing", "audit"))
    new = content(max_session_hours=1)
    token = await stage.stack_sets.update(
        STACK_SET, new, OFF, operation_id="up-1", targets=named(stage, "billing"), region=REGION
    )
    await stage.ended(token)
    found = await instances(stage)
    assert (found["billing"].status, found["audit"].status) == (InstanceStatus.CURRENT, InstanceStatus.OUTDATED)
    token = await stage.stack_sets.create_instances(
        STACK_SET, targets=named(stage, "audit"), region=REGION, operation_id="create-2"
    )
    await stage.ended(token)
    assert (await instances(stage))["audit"].status is InstanceStatus.CURRENT


async def test_instances_are_deleted_by_name(stage: Stage) -> None:
    await stage.deploy(named(stage, "billing", "audit"))
    await delete(stage, named(stage, "billing"))
    assert set(await instances(stage)) == {"audit"}
    await delete(stage, named(stage, "audit"), token="delete-2")
    await stage.stack_sets.delete(STACK_SET)
    assert await stage.stack_sets.describe(STACK_SET) is None


async def test_stacks_and_stack_sets_are_in_the_account_of_their_credentials(stage: Stage) -> None:
    assert await stage.stacks.account() == AccountId(stage.accounts["management"])
    assert await stage.stack_sets.account() == AccountId(stage.accounts["management"])
