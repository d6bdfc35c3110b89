"""The `DeepProbe` port, on the fake and on the adapter: roles read back, and calls really made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from rolecall.aws.probing import Prober
from rolecall.core.blueprint import Blueprint, Deployed
from rolecall.core.deviations import Deviations, deviations
from rolecall.core.harmless import GroupCall, calls_of, for_role
from rolecall.core.permission_groups import GROUPS
from rolecall.core.probe import AssumedRole, Question, Refusal
from rolecall.core.read_back import ReadBack
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import ServedSandbox, allow, trust

from .stage import EXTERNAL_ID, REGION, ROLE_NAME, Stage, aws_stage, role, scenario

CALLS = {call.group: call for call in calls_of(role(permission_groups=list(GROUPS)), [REGION])}
IN_MEMBERS = sorted(CALLS.keys() - {"organizations"})
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


async def assumed(stage: Stage, account: str = "audit") -> AssumedRole:
    answer = await stage.probe.assume(stage.role(account), external_id=EXTERNAL_ID)
    assert isinstance(answer, AssumedRole), answer
    return answer


def deployed(session: AssumedRole) -> Deployed:
    return Blueprint(role(), ours=True).of(session.role)


async def read(stage: Stage, session: AssumedRole) -> ReadBack:
    return await stage.probe.read_back(session, (deployed(session).attached or {}).keys())


async def made(stage: Stage, session: AssumedRole, call: GroupCall) -> Refusal | None:
    return await stage.probe.make(session, for_role(call.call, session.role), call.region)


async def test_a_deployed_role_is_read_back_as_it_was_deployed(stage: Stage) -> None:
    await stage.deploy()
    session = await assumed(stage)
    found = await read(stage, session)
    assert found.role is not None
    assert found.role.max_session_seconds == 12 * 3600
    assert found.role.tags["managed-by"] == "rolecall"
    assert found.attached == (f"arn:aws:iam::{session.role.account}:policy/{ROLE_NAME}-1",)
    assert found.inline_names == ("account-check",)
    assert found.inline.keys() == {"account-check"}
    assert found.policies.keys() == set(found.attached)
    assert found.unread == ()
    assert deviations(deployed(session), found) == Deviations()


async def test_only_the_documents_that_are_asked_for_are_read(stage: Stage) -> None:
    await stage.deploy()
    found = await stage.probe.read_back(await assumed(stage), ())
    assert found.policies == {}
    assert found.attached


@pytest.mark.parametrize("group", IN_MEMBERS)
async def test_each_groups_call_is_answered(stage: Stage, group: str) -> None:
    await stage.deploy()
    assert await made(stage, await assumed(stage), CALLS[group]) is None


@pytest.fixture
def enforcing(start_sandbox: StartSandbox) -> ServedSandbox:
    """A sandbox that refuses every call for which the caller has no permission, as AWS does."""
    return start_sandbox(scenario(), enforce="all")


@pytest.fixture
async def strict(enforcing: ServedSandbox) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        stage = await aws_stage(enforcing, stack)
        await stage.deploy()
        yield stage


async def test_it_may_read_all_that_was_deployed_and_no_more_is_needed(strict: Stage) -> None:
    session = await assumed(strict)
    found = await read(strict, session)
    assert found.unread == ()
    assert deviations(deployed(session), found) == Deviations()


async def test_what_somebody_did_by_hand_is_found(strict: Stage, enforcing: ServedSandbox) -> None:
    iam = enforcing.client_of("iam", "audit")
    iam.attach_role_policy(RoleName=ROLE_NAME, PolicyArn=ADMINISTRATOR)
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="theirs", PolicyDocument=json.dumps(allow("s3:*")))
    iam.update_role(RoleName=ROLE_NAME, MaxSessionDuration=3600)
    theirs = trust("arn:aws:iam::111111111111:root", StringEquals={"sts:ExternalId": EXTERNAL_ID})
    iam.update_assume_role_policy(RoleName=ROLE_NAME, PolicyDocument=json.dumps(theirs))
    session = await assumed(strict)
    found = deviations(deployed(session), await read(strict, session))
    assert found.others == ("account 111111111111",)
    assert found.notes == (
        "its sessions may last 3600 seconds, not 43200",
        f"the policy {ADMINISTRATOR} is attached and was not deployed",
        "the inline policy theirs was not deployed",
    )


async def test_a_managed_policy_that_was_changed_is_read_in_the_version_in_force(
    strict: Stage, enforcing: ServedSandbox
) -> None:
    iam = enforcing.client_of("iam", "audit")
    (arn,) = (deployed(await assumed(strict)).attached or {}).keys()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(allow("iam:CreateUser")), SetAsDefault=True)
    session = await assumed(strict)
    (told,) = deviations(deployed(session), await read(strict, session)).notes
    assert told.startswith(f"the policy {arn} was changed: it allows iam:CreateUser too")


async def test_what_it_may_not_read_is_said(strict: Stage, enforcing: ServedSandbox) -> None:
    denial = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["iam:GetRole", "iam:ListAttachedRolePolicies"], "Resource": "*"}
    ]}  # fmt: skip
    enforcing.client_of("iam", "audit").put_role_policy(
        RoleName=ROLE_NAME, PolicyName="denial", PolicyDocument=json.dumps(denial)
    )
    found = await read(strict, await assumed(strict))
    assert (found.role, found.attached) == (None, None)
    assert [unread.action for unread in found.unread] == ["iam:GetRole", "iam:ListAttachedRolePolicies"]


async def test_when_it_was_last_used_is_told(strict: Stage) -> None:
    session = await assumed(strict)
    first = await read(strict, session)
    assert first.role is not None
    assert first.role.last_used is None
    await strict.probe.simulate(session, Question(("s3:GetObject",)))
    again = await read(strict, session)
    assert again.role is not None
    assert again.role.last_used is not None
    assert again.role.last_used.at.endswith("Z")
    assert again.role.last_used.region == REGION


async def test_a_call_without_the_permission_is_refused(strict: Stage) -> None:
    """The role has the groups account-check, s3 and ebs."""
    session = await assumed(strict)
    for group in IN_MEMBERS:
        refusal = await made(strict, session, CALLS[group])
        assert (refusal is None) is (group in ("account-check", "s3", "ebs")), (group, refusal)


async def test_calls_of_many_roles_at_once_are_each_made_as_its_own(strict: Stage, enforcing: ServedSandbox) -> None:
    """They share a client: the credentials must not be shared too."""
    statement = {"Effect": "Deny", "Action": "ec2:Describe*", "Resource": "*"}
    denial = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    enforcing.client_of("iam", "audit").put_role_policy(RoleName=ROLE_NAME, PolicyName="No", PolicyDocument=denial)
    sessions = {account: await assumed(strict, account) for account in ("audit", "billing", "payments")}
    order = [*sessions] * 8
    answers = await asyncio.gather(*(made(strict, sessions[account], CALLS["ebs"]) for account in order))
    assert [(account, answer is None) for account, answer in zip(order, answers, strict=True)] == [
        (account, account != "audit") for account in order
    ]


async def test_the_management_accounts_own_call_is_answered_there(enforcing: ServedSandbox) -> None:
    session = enforcing.session()
    call = CALLS["organizations"]
    await Prober(session).make(call.call, call.region, session.get_credentials().get_frozen_credentials())
