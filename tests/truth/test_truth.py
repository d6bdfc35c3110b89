"""The roll call tells the truth: in random worlds each account has the verdict and the blame of what was planted there.

Nothing that is not ready is called ready. The blame contains the truth, and is the smallest that AWS's answers allow.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config as SdkConfig

from rolecall.core.config import Config
from rolecall.core.ids import AccountId
from rolecall.core.refusals import Suspect
from rolecall.core.scope import Scope
from rolecall.core.verdicts import Row, Verdict
from rolecall.flows.checking import Checked, check
from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import House, StartHouse, sandbox_loop, start_house, start_sandbox

from .plants import PLANTS, Plant
from .platforms import BOTH, HOME, INSIDE, OUTSIDE, Platform, settle

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

_FEW = ((0, True, OUTSIDE), (2, False, INSIDE))
_MANY = tuple((number, looks_in, platform) for number in range(4) for looks_in in (True, False) for platform in BOTH)
WORLDS = _MANY if os.environ.get("ROLECALL_EXHAUSTIVE") else _FEW
"""Number (the odd ones are stormy, and wait for minutes), whether somebody looks into the accounts, and who calls the
roll."""
_ASKED = (
    ("organizations", None),
    ("cloudformation", "ListStackInstances"),
    ("sts", "AssumeRole"),
    ("iam", "SimulatePrincipalPolicy"),
    ("iam", "GetRole"),
)
"""What a roll call asks. Other calls are let alone: how to deploy in a storm is for other tests."""
_STORM = (
    {"kind": "throttle", "rate": 0.3},
    {"kind": "reset", "rate": 0.03},
    {"kind": "error", "status": 500, "rate": 0.02},
    {"kind": "error", "status": 503, "code": "ServiceUnavailable", "rate": 0.02},
    {"kind": "lost-answer", "rate": 0.03},
    {"kind": "latency", "milliseconds": 100, "rate": 0.2},
)


def number_of(place: int) -> str:
    return str(200_000_000_000 + place)


def described(planted: Mapping[str, str], platform: Platform, lot: random.Random, *, stormy: bool) -> Scenario:
    """Each account in a unit by lot, with what its trouble asks of the world. Its id is its name."""
    parts: dict[str, list[Any]] = defaultdict(list)
    units: dict[str, list[Any]] = {name: [] for name in ("A", "B", "C")}
    for account, trouble in planted.items():
        plant = PLANTS[trouble]
        units[lot.choice(sorted(units))].append({"name": account, "id": account, "state": plant.state})
        for part, made in plant.scenario(account, platform).items():
            parts[part] += made
    if stormy:
        parts["faults"] += [{**fault, "service": of, "action": action} for fault in _STORM for of, action in _ASKED]
        parts["faults"] += [{"kind": "iam-lag", "rate": 0.3, "seconds": LAG}]
    tree = [{"name": "A", "accounts": units["A"], "units": [{"name": "B", "accounts": units["B"]}]}]
    home = [{"name": platform.name, "id": HOME}] if platform.inside else []
    organization = {
        "seed": lot.randrange(1000),
        "units": [*tree, {"name": "C", "accounts": units["C"]}],
        "accounts": home,
    }
    return Scenario.model_validate({"organization": organization, **parts})


LAG = 3600.0
"""Seconds of the sandbox's time for which a role is seen as it was, in a storm: more than planting takes."""


async def checked(house: House, wanted: Config) -> Checked:
    async with house.ports(wanted) as ports:
        return await check(wanted, ports, Scope(), platforms=True)


def patient_iam(house: House, account: str) -> Any:
    """IAM in an account, for somebody whom no throttling stops."""
    where = {"endpoint_url": house.sandbox.endpoint, "config": SdkConfig(retries={"total_max_attempts": 30})}
    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    sts = house.sandbox.session().client("sts", **where)
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    given = (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return boto3.Session(*given, region_name="us-east-1").client("iam", **where)


def plant(house: House, planted: Mapping[str, str], platform: Platform) -> None:
    """A few accounts at once: in a storm most of the time is waiting."""

    def by_hand(account: str) -> None:
        if act := PLANTS[planted[account]].act:
            act(patient_iam(house, account), platform)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(by_hand, planted))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is throttled for good is asked as often, in less time; and here no role is late."""
    monkeypatch.setattr("rolecall.aws.query.LONGEST_WAIT", 0.05)
    monkeypatch.setattr("rolecall.flows.apply.PROPAGATION", 0.0)
    # Of a hundred calls in a storm, one may fail ten times in a row; which, is a matter of which come first.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "30")


@pytest.mark.parametrize(("number", "looks_in", "platform"), WORLDS)
async def test_every_account_has_the_verdict_and_the_blame_that_it_deserves(
    start_house: StartHouse, number: int, looks_in: bool, platform: Platform
) -> None:
    lot = random.Random(f"{number} {looks_in} {platform.inside}")
    possible = [trouble for trouble, plant in PLANTS.items() if platform.inside or not plant.inside]
    troubles = [*possible, *lot.choices(possible, k=4)]
    lot.shuffle(troubles)
    planted = {number_of(place): trouble for place, trouble in enumerate(troubles)}
    house = start_house(described(planted, platform, lot, stormy=bool(number % 2)))
    wanted = house.config(
        role={"trusted_principals": [platform.arn]},
        check={"assume_from": {"profile": platform.profile}, **({"session_seconds": 7200} if platform.inside else {})},
        deployment={"inspect_role": "OrganizationAccountAccessRole"} if looks_in else {},
        platforms=[],
    )
    if platform.inside:
        forbidden = [account for account, trouble in planted.items() if PLANTS[trouble].forbidden]
        settle(patient_iam(house, HOME), house.sandbox.running.directory / "credentials", forbidden)
    await house.apply(wanted)
    house.sandbox.advance(seconds=LAG)
    plant(house, planted, platform)
    house.sandbox.advance(seconds=LAG)
    done = await checked(house, wanted)
    rows = {row.account.id: row for row in done.rows}
    for account, trouble in planted.items():
        suspects = PLANTS[trouble].told(platform, looked_into=looks_in)
        _holds(PLANTS[trouble], trouble, rows[AccountId(account)], done, suspects)


def _holds(plant: Plant, trouble: str, row: Row, done: Checked, suspects: frozenset[Suspect]) -> None:
    assert row.verdict is plant.verdict, f"{trouble}: {row}"
    proof = done.proofs.get(row.account.id)
    if plant.verdict is Verdict.UNREACHABLE:
        assert proof is not None
        assert frozenset(proof.suspects) == suspects, f"{trouble}: {proof}"
    blamed = {item.action: (item.cause, item.policies) for item in row.missing}
    for action, (cause, policies) in plant.denied.items():
        named = tuple(name.format(row.account.id) for name in policies)
        assert blamed.get(action) == (cause, named), f"{trouble}: {row}"
    if not plant.denied:
        assert not row.missing, f"{trouble}: {row}"


async def test_a_platform_that_chains_roles_is_told_how_long_its_sessions_may_be(start_house: StartHouse) -> None:
    house = start_house()
    wanted = house.config(check={"session_seconds": 7200}, platforms=[])
    await house.apply(wanted)
    done = await checked(house, wanted)
    assert {proof.suspects for proof in done.proofs.values()} == {(Suspect.CHAINING,)}
