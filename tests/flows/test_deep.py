"""A check in depth: roles read back and compared, and calls really made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rolecall.core.depth import Depth
from rolecall.core.probe import AssumedRole
from rolecall.core.read_back import LastUsed, ReadBack
from rolecall.core.roll import NOT_PROVEN, Access, Proof
from rolecall.core.scope import Scope
from rolecall.core.verdicts import Row
from rolecall.errors import AwsError
from rolecall.flows.checking import Checked, check
from rolecall.flows.deep import Deepener
from tests.fakes.cloud import FakeCloud, config
from tests.fakes.organizations import MANAGEMENT

from .acting import account, applied, by_name

DEEP, PROBE = Depth(deep=True), Depth(probe=True)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


async def checked(cloud: FakeCloud, depth: Depth) -> Checked:
    return await check(config(), cloud.ports(), Scope(), platforms=True, depth=depth)


def row(done: Checked, name: str) -> Row:
    return by_name(tuple(done.rows))[name]


def letting_in(principal: str) -> Callable[[ReadBack], ReadBack]:
    def meddle(found: ReadBack) -> ReadBack:
        assert found.role is not None
        more = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        trust = {**found.role.trust, "Statement": [*found.role.trust["Statement"], more]}
        return replace(found, role=replace(found.role, trust=trust))

    return meddle


async def test_roles_as_they_were_deployed_do_not_differ(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await checked(cloud, DEEP)
    assert done.proofs.keys() == done.asked
    assert MANAGEMENT in done.asked
    assert {proof.deviations for proof in done.proofs.values()} == {()}
    assert {proof.access for proof in done.proofs.values()} == {Access.ANSWERING}


async def test_nothing_more_is_asked_unless_it_is_asked_for(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await checked(cloud, Depth())
    assert {(proof.deviations, proof.last_used) for proof in done.proofs.values()} == {(None, None)}
    assert cloud.probe.made == []


async def test_a_role_that_trusts_somebody_else_is_unsafe(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.meddled[account(cloud, "dev")] = letting_in("999999999999")
    found = row(await checked(cloud, DEEP), "dev")
    assert (found.verdict, found.access) == ("unsafe", "open")
    assert found.reason.startswith("others are let in: account 999999999999; external id enforced; ")
    assert found.deviations == ("its trust policy lets in account 999999999999",)


async def test_what_else_is_attached_is_told_of_a_role_that_is_ready(cloud: FakeCloud) -> None:
    await applied(cloud)
    used = LastUsed("2026-03-01T12:00:00Z", "eu-west-1")

    def meddle(found: ReadBack) -> ReadBack:
        assert found.role is not None
        attached = (*(found.attached or ()), ADMINISTRATOR)
        return replace(found, attached=attached, role=replace(found.role, last_used=used))

    cloud.probe.meddled[account(cloud, "dev")] = meddle
    found = row(await checked(cloud, DEEP), "dev")
    assert found.verdict == "ready"
    assert found.deviations == (f"the policy {ADMINISTRATOR} is attached and was not deployed",)
    assert found.deviations[0] in found.reason
    assert found.last_used == used


async def test_a_role_that_cannot_be_read_back_is_said_to_be_so(cloud: FakeCloud) -> None:
    await applied(cloud)

    def fail(found: ReadBack) -> ReadBack:
        raise AwsError("AWS refused GetRole", detail="ServiceFailure: try later")

    cloud.probe.meddled[account(cloud, "dev")] = fail
    found = row(await checked(cloud, DEEP), "dev")
    assert found.verdict == "ready"
    assert found.deviations == ("it could not be read back: AWS refused GetRole; ServiceFailure: try later",)


async def test_an_open_role_is_read_back_too(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.probe.open.add(dev)
    cloud.probe.meddled[dev] = letting_in("*")
    found = row(await checked(cloud, DEEP), "dev")
    assert found.verdict == "unsafe"
    assert "others are let in: anybody" in found.reason
    assert "answers without the external id" in found.reason


async def test_roles_that_were_not_ours_are_held_to_their_trust_alone(cloud: FakeCloud) -> None:
    """They keep names and policies of their own."""
    await applied(cloud)
    dev = account(cloud, "dev")

    def of_theirs(found: ReadBack) -> ReadBack:
        return replace(found, attached=(ADMINISTRATOR,), inline_names=("theirs",), inline={}, policies={})

    cloud.probe.meddled[dev] = of_theirs
    section = config().role
    kept = config().model_copy(update={"role": section.model_copy(update={"keep_existing": True})})
    done = await checked(cloud, Depth())
    assert done.seen is not None
    target = done.seen.desired.accounts[dev]
    assumed = await cloud.probe.assume(target.role, external_id=section.external_id)
    assert isinstance(assumed, AssumedRole)
    before = Proof(Access.ANSWERING, "well", assumed=True)
    proof = await Deepener(kept, cloud.probe, DEEP).deepened(target, assumed, before)
    assert proof.deviations == ()


async def test_one_call_a_group_is_made_in_each_account(cloud: FakeCloud) -> None:
    await applied(cloud)
    done = await checked(cloud, PROBE)
    made = [(found, call.action) for found, call, _ in cloud.probe.made]
    assert sorted(made) == sorted(
        (found, action)
        for found in done.asked
        for action in ("iam:GetRole", "s3:ListAllMyBuckets", "ec2:DescribeInstances")
    )
    assert {region for _, _, region in cloud.probe.made} == {"us-east-1"}
    assert all("3 of 3 calls really made were answered" in proof.reason for proof in done.proofs.values())


async def test_a_call_that_is_refused_though_simulated_as_allowed_restricts(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.turned_down[account(cloud, "dev")] = {"ec2:DescribeInstances"}
    done = await checked(cloud, PROBE)
    assert row(done, "dev").verdict == "restricted"
    assert "endpoint, resource and key policies" in row(done, "dev").reason
    assert row(done, "audit").verdict == "ready"


async def test_a_call_that_tells_nothing_is_told(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.failing["s3:ListAllMyBuckets"] = AwsError("AWS refused ListBuckets", detail="OptInRequired: sign up")
    found = row(await checked(cloud, PROBE), "dev")
    assert found.verdict == "ready"
    assert "2 of 3 calls really made were answered; s3:ListAllMyBuckets told nothing" in found.reason


async def test_groups_that_are_not_called_are_told_once() -> None:
    cloud = FakeCloud()
    groups = {"permission_groups": ["account-check", "s3", "s3-encrypted"]}
    for depth, said in ((PROBE, 1), (DEEP, 0)):
        done = await check(config(role=groups), cloud.ports(), Scope(), platforms=True, depth=depth)
        assert len(done.unprobed) == said


async def test_the_report_says_what_the_depth_leaves_open(cloud: FakeCloud) -> None:
    await applied(cloud)
    assert DEEP.not_proven in (await checked(cloud, DEEP)).not_proven
    assert NOT_PROVEN in (await checked(cloud, Depth())).not_proven


@pytest.mark.parametrize(
    ("depth", "trusts", "calls"),
    [(Depth(), True, False), (DEEP, False, False), (PROBE, True, True), (Depth(deep=True, probe=True), False, True)],
)
def test_what_is_not_proven_follows_the_depth(depth: Depth, trusts: bool, calls: bool) -> None:
    assert ("trusts nobody else" in depth.not_proven) is trusts
    assert ("really made" in depth.not_proven) is calls
    assert "KMS key" in depth.not_proven
    assert Depth().not_proven == NOT_PROVEN
