"""Somebody detaches the managed policies of one role: the roll call says which actions went with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from rolecall.core.ids import AccountId
from rolecall.core.permission_groups import GROUPS
from rolecall.core.roll import Access, Cause, Proof
from rolecall.flows.look import look
from rolecall.flows.roll_call import call_all
from rolecall.ports import Ports
from tests.fakes.cloud import config
from tests.fakes.ledger import FakeLedger
from tests.fakes.progress import RecordingProgress
from tests.fakes.time import FakeClock
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import ServedSandbox

from .stage import ROLE_NAME, Stage, aws_stage, scenario

WANTED = config(platforms=[], targets={"management_account": False})


@dataclass(frozen=True)
class Deployed:
    """A sandbox with our role in every account."""

    sandbox: ServedSandbox
    stage: Stage

    def detach(self, account: str) -> None:
        iam = self.sandbox.client_of("iam", account)
        attached = iam.list_attached_role_policies(RoleName=ROLE_NAME)["AttachedPolicies"]
        assert attached
        for policy in attached:
            iam.detach_role_policy(RoleName=ROLE_NAME, PolicyArn=policy["PolicyArn"])

    async def proofs(self) -> dict[AccountId, Proof]:
        stage = self.stage
        ports = Ports(
            stage.organizations,
            stage.stack_sets,
            stage.stacks,
            stage.probe,
            (),
            FakeClock(),
            RecordingProgress(),
            FakeLedger(),
            stage.inspector,
            stage.operator,
            (),
            stage.stack_sets_in,
        )
        desired = (await look(WANTED, ports)).desired
        return await call_all(WANTED, ports, [found for found in desired.accounts.values() if found.is_target])


@pytest.fixture
async def deployed(start_sandbox: StartSandbox) -> AsyncIterator[Deployed]:
    async with AsyncExitStack() as stack:
        sandbox = start_sandbox(scenario())
        stage = await aws_stage(sandbox, stack)
        await stage.deploy()
        yield Deployed(sandbox, stage)


async def test_exactly_the_other_groups_actions_are_missing_by_the_roles_own_doing(deployed: Deployed) -> None:
    deployed.detach("audit")
    proofs = await deployed.proofs()
    proof = proofs[deployed.stage.accounts["audit"]]
    assert proof.access is Access.RESTRICTED
    assert {found.action for found in proof.missing} == {*GROUPS["s3"].actions, *GROUPS["ebs"].actions}
    assert {found.cause for found in proof.missing} == {Cause.ROLE}
    assert proofs[deployed.stage.accounts["billing"]].access is Access.ANSWERING


async def test_without_its_inline_policy_a_role_proves_nothing(deployed: Deployed) -> None:
    iam = deployed.sandbox.client_of("iam", "audit")
    assert iam.list_role_policies(RoleName=ROLE_NAME)["PolicyNames"] == ["account-check"]
    iam.delete_role_policy(RoleName=ROLE_NAME, PolicyName="account-check")
    proof = (await deployed.proofs())[deployed.stage.accounts["audit"]]
    enabled = {action for group in WANTED.role.permission_groups for action in GROUPS[group].actions}
    assert proof.access is Access.RESTRICTED
    assert {(found.action, found.cause) for found in proof.missing} == {(name, Cause.UNANSWERED) for name in enabled}
    assert f"all {len(enabled)} permissions are unproven" in proof.reason
