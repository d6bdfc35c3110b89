from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from rolecall.core.blame import ControlPolicy
from rolecall.core.config import Config
from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import RoleArn
from rolecall.core.probe import Answer, AssumedRole, Question, Refusal
from rolecall.core.roll import Access, Cause, Proof
from rolecall.errors import CredentialsError
from rolecall.flows.look import look
from rolecall.flows.proving import WRONG_EXTERNAL_ID, Prover
from rolecall.flows.roll_call import call_all, roll_call
from tests.fakes.cloud import EXTERNAL_ID, FakeCloud, config
from tests.fakes.probe import FakeRoleProbe, throttled

from .acting import account, applied, unit


async def targets(cloud: FakeCloud, wanted: Config | None = None) -> list[DesiredAccount]:
    """The accounts, with the role deployed and nobody asked yet."""
    await applied(cloud, wanted)
    seen = await look(wanted or config(), cloud.ports())
    cloud.probe.assumed.clear()
    cloud.probe.questions.clear()
    cloud.probe.most_at_once = 0
    return [found for found in seen.desired.accounts.values() if found.is_target]


async def called(cloud: FakeCloud, wanted: Config | None = None) -> dict[str, Proof]:
    """The roll by the accounts' names."""
    accounts = await targets(cloud, wanted)
    proofs = await call_all(wanted or config(), cloud.ports(), accounts)
    return {found.account.name: proofs[found.id] for found in accounts}


async def test_a_good_role_answers_the_platform_alone(cloud: FakeCloud) -> None:
    proofs = await called(cloud)
    assert {proof.access for proof in proofs.values()} == {Access.ANSWERING}
    assert proofs["dev"].reason.startswith("external id enforced; ")
    assert proofs["dev"].assumed


async def test_each_role_is_asked_with_without_and_with_a_wrong_external_id(cloud: FakeCloud) -> None:
    await called(cloud)
    dev = account(cloud, "dev")
    asked = [external_id for asked_account, external_id in cloud.probe.assumed if asked_account == dev]
    assert asked == [EXTERNAL_ID, None, WRONG_EXTERNAL_ID]


async def test_where_the_config_wants_no_denials_none_are_made_and_that_is_said(cloud: FakeCloud) -> None:
    proofs = await called(cloud, config(check={"negative": False}))
    assert {external_id for _, external_id in cloud.probe.assumed} == {EXTERNAL_ID}
    assert all("was not asked: check.negative" in proof.reason for proof in proofs.values())


async def test_sampled_each_account_is_asked_for_a_refusal_once_in_ten_days(cloud: FakeCloud) -> None:
    accounts = await targets(cloud, sampled := config(check={"negative": "sampled"}))
    for _ in range(10):
        await call_all(sampled, cloud.ports(), accounts)
        cloud.clock.elapsed += 24 * 3600
    refusals = Counter(found for found, external_id in cloud.probe.assumed if external_id != EXTERNAL_ID)
    assert refusals == {found.id: 2 for found in accounts}


async def test_no_more_accounts_a_second_are_asked_than_the_config_says(cloud: FakeCloud) -> None:
    accounts = await targets(cloud, slow := config(check={"rate": 2}))
    began = cloud.clock.elapsed
    await call_all(slow, cloud.ports(), accounts)
    assert cloud.clock.elapsed - began >= (len(accounts) - 1) / 2


async def test_every_region_of_the_config_is_asked_about(cloud: FakeCloud) -> None:
    await called(cloud, config(check={"regions": ["us-east-1", "eu-west-1"]}))
    regions = {question.context["aws:RequestedRegion"] for _, question in cloud.probe.questions}
    assert regions == {"us-east-1", "eu-west-1"}


async def test_a_role_that_is_not_there_refuses(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    cloud.stack_sets.sets.clear()
    proofs = await call_all(config(), cloud.ports(), accounts)
    proof = proofs[account(cloud, "dev")]
    assert proof.access is Access.REFUSED
    assert proof.reason == "the role cannot be assumed: AccessDenied: not authorized to perform sts:AssumeRole"
    assert not proof.assumed


async def test_a_role_without_patience_is_asked_once(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    cloud.probe.born = {account(cloud, "dev"): 1e9}
    before = cloud.clock.elapsed
    await call_all(config(), cloud.ports(), accounts)
    assert cloud.clock.elapsed == before


async def test_a_role_that_answers_anybody_is_open_and_its_rights_are_not_asked(cloud: FakeCloud) -> None:
    dev = account(cloud, "dev")
    cloud.probe.open.add(dev)
    proof = (await called(cloud))["dev"]
    assert proof.access is Access.OPEN
    assert "without the external id" in proof.reason
    assert dev not in {asked for asked, _ in cloud.probe.questions}


async def test_a_role_that_takes_any_external_id_is_open(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    dev = account(cloud, "dev")

    class Careless(FakeRoleProbe):
        async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
            believed = EXTERNAL_ID if external_id else None
            return await super().assume(role, external_id=believed)

    ports = replace(cloud.ports(), probe=Careless(cloud.deployed, cloud.clock.monotonic))
    proof = (await call_all(config(), ports, accounts))[dev]
    assert proof.access is Access.OPEN
    assert "with a wrong external id" in proof.reason


async def test_what_is_denied_is_named_with_its_cause(cloud: FakeCloud) -> None:
    cloud.probe.denied = {
        account(cloud, "dev"): {"ec2:CreateSnapshot": "scp", "s3:GetObject": "boundary", "s3:ListBucket": "role"}
    }
    proof = (await called(cloud))["dev"]
    assert proof.access is Access.RESTRICTED
    assert {(found.action, found.cause, found.groups) for found in proof.missing} == {
        ("ec2:CreateSnapshot", Cause.SCP, ("ebs",)),
        ("s3:GetObject", Cause.BOUNDARY, ("s3",)),
        ("s3:ListBucket", Cause.ROLE, ("s3",)),
    }


DENY_SNAPSHOTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "ec2:CreateSnapshot", "Resource": "*"}],
}


async def test_the_policy_that_denies_is_named_and_read_once_for_the_whole_roll(cloud: FakeCloud) -> None:
    targets_of_it = frozenset({unit(cloud, "Workloads")})
    cloud.organizations.policies = [ControlPolicy("p-1", "DenySnapshots", json.dumps(DENY_SNAPSHOTS), targets_of_it)]
    under = [account(cloud, name) for name in ("billing", "payments", "dev")]
    cloud.probe.denied = {found: {"ec2:CreateSnapshot": "scp"} for found in under}
    accounts = await targets(cloud)
    cloud.organizations.calls.clear()
    proofs = await call_all(config(), cloud.ports(), accounts)
    assert {proofs[found].missing[0].policies for found in under} == {("DenySnapshots",)}
    assert "denied by a service control policy (DenySnapshots): ec2:CreateSnapshot" in proofs[under[0]].reason
    assert cloud.organizations.calls == {"ListPolicies": 1}


async def test_policies_are_not_read_when_none_is_to_blame(cloud: FakeCloud) -> None:
    cloud.probe.denied = {account(cloud, "dev"): {"s3:ListBucket": "role"}}
    accounts = await targets(cloud)
    cloud.organizations.calls.clear()
    await call_all(config(), cloud.ports(), accounts)
    assert "ListPolicies" not in cloud.organizations.calls


async def test_the_blame_stands_where_the_policies_may_not_be_read(cloud: FakeCloud) -> None:
    cloud.organizations.policies = None
    cloud.probe.denied = {account(cloud, "dev"): {"ec2:CreateSnapshot": "scp"}}
    proof = (await called(cloud))["dev"]
    assert [(found.cause, found.policies) for found in proof.missing] == [(Cause.SCP, ())]


async def test_a_role_that_may_not_simulate_is_restricted_with_nothing_proven(cloud: FakeCloud) -> None:
    cloud.probe.mute.add(account(cloud, "dev"))
    proof = (await called(cloud))["dev"]
    assert (proof.access, proof.assumed) == (Access.RESTRICTED, True)
    assert {found.cause for found in proof.missing} == {Cause.UNANSWERED}
    assert "iam:SimulatePrincipalPolicy" in {found.action for found in proof.missing}


async def test_a_role_without_the_check_group_is_assumed_but_unknown(cloud: FakeCloud) -> None:
    cloud.probe.mute.add(account(cloud, "dev"))
    proof = (await called(cloud, config(role={"permission_groups": ["s3"]})))["dev"]
    assert (proof.access, proof.assumed) == (Access.UNKNOWN, True)
    assert "account-check group is off" in proof.reason


async def test_no_external_id_means_no_negative_proof_and_says_so(cloud: FakeCloud) -> None:
    wanted = config(role={"external_id": "none", "external_id_reason": "the platform runs in our own account"})
    proof = (await called(cloud, wanted))["dev"]
    assert {external_id for _, external_id in cloud.probe.assumed} == {None}
    assert proof.access is Access.ANSWERING
    assert "no external id is asked for (the platform runs in our own account)" in proof.reason


async def test_a_throttled_account_is_unknown_with_the_reason_and_the_others_are_still_proven(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    cloud.probe.errors[account(cloud, "dev")] = throttled()
    proofs = await call_all(config(), cloud.ports(), accounts)
    dev = proofs.pop(account(cloud, "dev"))
    assert dev == Proof(Access.UNKNOWN, "AWS refused AssumeRole; Throttling: Rate exceeded")
    assert {proof.access for proof in proofs.values()} == {Access.ANSWERING}


@pytest.mark.parametrize("error", [CredentialsError("no usable AWS credentials"), RuntimeError("a bug")])
async def test_an_error_that_is_not_about_one_role_ends_the_roll_call(cloud: FakeCloud, error: Exception) -> None:
    accounts = await targets(cloud)
    cloud.probe.errors[account(cloud, "dev")] = error
    async with asyncio.timeout(60):
        with pytest.raises(type(error)) as caught:
            await call_all(config(), cloud.ports(), accounts)
    assert caught.value is error


async def test_a_session_that_is_not_taken_says_nothing_of_the_platforms_credentials(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)

    class Forgetful(FakeRoleProbe):
        async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
            raise CredentialsError("AWS refused", detail="InvalidClientTokenId: unknown")

    ports = replace(cloud.ports(), probe=Forgetful(cloud.deployed, cloud.clock.monotonic))
    proofs = await call_all(config(), ports, accounts)
    assert {proof.access for proof in proofs.values()} == {Access.UNKNOWN}
    assert all("session is not taken" in proof.reason for proof in proofs.values())


@pytest.mark.parametrize("concurrency", [1, 3, 50])
async def test_no_more_accounts_are_asked_at_a_time_than_the_config_says(cloud: FakeCloud, concurrency: int) -> None:
    dev = cloud.organizations.unit("Many")
    for number in range(20):
        cloud.organizations.account(f"m{number}", dev)
    wanted = config(check={"concurrency": concurrency})
    accounts = await targets(cloud, wanted)
    await call_all(wanted, cloud.ports(), accounts)
    assert cloud.probe.most_at_once == min(concurrency, len(accounts))


async def test_accounts_are_taken_one_by_one_as_they_are_asked(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    taken = 0

    def many() -> Iterator[DesiredAccount]:
        nonlocal taken
        for _ in range(100_000):
            taken += 1
            yield accounts[0]

    calls = roll_call(config(check={"concurrency": 5}), cloud.ports(), many())
    for _ in range(10):
        await anext(calls)
    await calls.aclose()  # type: ignore[attr-defined]
    assert 10 <= taken < 300


async def test_nobody_goes_on_asking_when_the_reader_has_had_enough(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    calls = roll_call(config(), cloud.ports(), accounts * 50)
    await anext(calls)
    await calls.aclose()  # type: ignore[attr-defined]
    asked = len(cloud.probe.assumed)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(cloud.probe.assumed) == asked


async def test_an_empty_roll_is_called_at_once(cloud: FakeCloud) -> None:
    assert await call_all(config(), cloud.ports(), []) == {}


@pytest.mark.parametrize(("born", "access"), [(50, Access.ANSWERING), (59, Access.ANSWERING), (70, Access.REFUSED)])
async def test_patience_is_used_to_its_end(cloud: FakeCloud, born: float, access: Access) -> None:
    accounts = await targets(cloud)
    dev = next(found for found in accounts if found.account.name == "dev")
    cloud.probe.born = {dev.id: cloud.clock.elapsed + born}
    cloud.clock.sleeps.clear()
    proof = await Prover(config(), cloud.ports(), patience=60).prove(dev)
    assert proof.access is access
    assert max(cloud.clock.sleeps) == 8


async def test_progress_counts_every_account(cloud: FakeCloud) -> None:
    accounts = await targets(cloud)
    cloud.progress.counts.clear()
    await call_all(config(), cloud.ports(), accounts)
    assert cloud.progress.counts == [1, 2, 3, 4, 5]
    assert cloud.progress.open is None
