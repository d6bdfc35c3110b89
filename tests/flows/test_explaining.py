"""A refusal is explained by what can be looked up: the role itself, and the organization's policies."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rolecall.core.blame import ControlPolicy
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.preflight import FoundRole
from rolecall.core.probe import AssumedRole, Caller, Refusal
from rolecall.core.roll import Proof
from rolecall.core.scope import Scope
from rolecall.flows.checking import check
from rolecall.ports import Ports
from tests.fakes.cloud import EXTERNAL_ID, FakeCloud, config
from tests.fakes.organizations import ROOT
from tests.fakes.probe import FakeRoleProbe

from .acting import account, applied

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
LOOKS_IN = config(deployment={"inspect_role": "OrganizationAccountAccessRole"})


class Refusing(FakeRoleProbe):
    """Refuses the one, whatever the other says."""

    refused: AccountId

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        if role.account == self.refused:
            return Refusal(role, "AccessDenied", "AccessDenied: not authorized to perform: sts:AssumeRole")
        return await super().assume(role, external_id=external_id)


@pytest.fixture
async def dev(cloud: FakeCloud) -> AccountId:
    """Where the stack is there, and the role refuses."""
    await applied(cloud)
    refused = account(cloud, "dev")
    cloud.probe = Refusing(cloud.deployed, cloud.clock.monotonic)
    cloud.probe.refused = refused
    return refused


async def proof_of(cloud: FakeCloud, found: AccountId, ports: Ports | None = None) -> Proof:
    return (await check(LOOKS_IN, ports or cloud.ports(), Scope(), platforms=True)).proofs[found]


def trusting(principal: str, external_id: str) -> str:
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def plant(cloud: FakeCloud, found: AccountId, trust: str | None) -> None:
    """What is really in the account, whatever its stack says."""
    cloud.inspector.deployed = lambda _: None
    if trust:
        cloud.inspector.plant(FoundRole(RoleArn("aws", found, "/", "CadoResponseRole"), {}, trust))


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (None, "there is no such role"),
        (trusting(PLATFORM, "another"), "its trust policy asks for another external id"),
        (trusting("arn:aws:iam::222222222222:root", EXTERNAL_ID), "its trust policy does not let the platform in"),
    ],
    ids=["gone", "external id", "trust"],
)
async def test_the_role_itself_tells(cloud: FakeCloud, dev: AccountId, trust: str | None, said: str) -> None:
    plant(cloud, dev, trust)
    proof = await proof_of(cloud, dev)
    assert proof.suspects == (said,)
    assert proof.reason.startswith(f"the role cannot be assumed: {said} (AccessDenied: ")


async def test_a_policy_over_its_account_is_named_where_the_trust_is_in_order(cloud: FakeCloud, dev: AccountId) -> None:
    plant(cloud, dev, trusting(PLATFORM, EXTERNAL_ID))
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    cloud.organizations.policies = [ControlPolicy("p-1", "Perimeter", text, frozenset({ROOT}), "rcp")]
    assert (await proof_of(cloud, dev)).suspects == ("a resource control policy over this account denies it",)


async def test_where_nobody_may_look_everything_is_open(cloud: FakeCloud, dev: AccountId) -> None:
    cloud.inspector.closed.add(dev)
    cloud.organizations.policies = None
    proof = await proof_of(cloud, dev)
    assert len(proof.suspects) == 6
    assert "one of: there is no such role; " in proof.reason


async def test_who_is_not_refused_is_not_looked_into(cloud: FakeCloud, dev: AccountId) -> None:
    cloud.inspector.asked.clear()
    await proof_of(cloud, dev)
    assert cloud.inspector.asked == [dev]


async def test_a_role_that_is_not_deployed_needs_no_explanation(cloud: FakeCloud) -> None:
    new = cloud.organizations.account("new")
    done = await check(LOOKS_IN, cloud.ports(), Scope(frozenset({new})), platforms=True)
    assert done.proofs[new].suspects == ()


async def test_who_calls_may_be_unknown_and_then_nothing_is_explained(cloud: FakeCloud, dev: AccountId) -> None:
    from rolecall.errors import Throttled

    class Nameless(Refusing):
        async def caller(self) -> Caller:
            raise Throttled("slow down")

    probe = Nameless(cloud.deployed, cloud.clock.monotonic)
    probe.refused = dev
    proof = await proof_of(cloud, dev, replace(cloud.ports(), probe=probe))
    assert proof.suspects == ()
