"""The roll call tells the truth: in random worlds each account has the verdict and the blame of what was planted there.

Nothing that is not ready is called ready. The blame contains the truth, and is the smallest that AWS's answers allow.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from typing import Any

import boto3
import pytest
from botocore.config import Config as SdkConfig

from rolecall.core.config import Config
from rolecall.core.refusals import Suspect
from rolecall.core.scope import Scope
from rolecall.core.verdicts import Row, Verdict
from rolecall.flows.checking import Checked, check
from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import House, StartHouse, sandbox_loop, start_house, start_sandbox

from .plants import PLANTS, Plant

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

WORLDS = 4 if os.environ.get("ROLECALL_EXHAUSTIVE") else 1


def described(planted: dict[str, str], lot: random.Random, *, stormy: bool) -> Scenario:
    """Each account in a unit by lot, with what its trouble asks of the world."""
    parts: dict[str, list[Any]] = defaultdict(list)
    units: dict[str, list[Any]] = {name: [] for name in ("A", "B", "C")}
    for account, trouble in planted.items():
        plant = PLANTS[trouble]
        units[lot.choice(sorted(units))].append({"name": account, "state": plant.state})
        for part, made in plant.scenario(account).items():
            parts[part] += made
    if stormy:
        parts["faults"].append({"kind": "throttle", "rate": 0.3})
        parts["faults"].append({"kind": "reset", "rate": 0.05})
    tree = [{"name": "A", "accounts": units["A"], "units": [{"name": "B", "accounts": units["B"]}]}]
    organization = {"seed": lot.randrange(1000), "units": [*tree, {"name": "C", "accounts": units["C"]}]}
    return Scenario.model_validate({"organization": organization, **parts})


async def checked(house: House, wanted: Config) -> Checked:
    async with house.ports(wanted) as ports:
        return await check(wanted, ports, Scope(), platforms=True)


def patient_iam(house: House, account: str) -> Any:
    """IAM in an account, for somebody whom no throttling stops."""
    where = {"endpoint_url": house.sandbox.endpoint, "config": SdkConfig(retries={"total_max_attempts": 30})}
    arn = f"arn:aws:iam::{house.account(account)}:role/OrganizationAccountAccessRole"
    sts = house.sandbox.session().client("sts", **where)
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    given = (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return boto3.Session(*given, region_name="us-east-1").client("iam", **where)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is throttled for good is asked as often, in less time; and here no role is late."""
    monkeypatch.setattr("rolecall.aws.query.LONGEST_WAIT", 0.05)
    monkeypatch.setattr("rolecall.flows.apply.PROPAGATION", 0.0)


@pytest.mark.parametrize("looks_in", [True, False], ids=["looking in", "from outside"])
@pytest.mark.parametrize("number", range(WORLDS))
async def test_every_account_has_the_verdict_and_the_blame_that_it_deserves(
    start_house: StartHouse, number: int, looks_in: bool
) -> None:
    lot = random.Random(f"{number} {looks_in}")
    troubles = [*PLANTS, *lot.choices(list(PLANTS), k=4)]
    lot.shuffle(troubles)
    planted = {f"account-{place:02}": trouble for place, trouble in enumerate(troubles)}
    house = start_house(described(planted, lot, stormy=bool(number % 2)))
    wanted = house.config(
        deployment={"inspect_role": "OrganizationAccountAccessRole"} if looks_in else {},
        platforms=[],
    )
    await house.apply(wanted)
    for account, trouble in planted.items():
        if act := PLANTS[trouble].act:
            act(patient_iam(house, account))
    done = await checked(house, wanted)
    rows = {row.account.account.name: row for row in done.rows}
    for account, trouble in planted.items():
        _holds(account, trouble, PLANTS[trouble], rows[account], done, looks_in=looks_in)


def _holds(account: str, trouble: str, plant: Plant, row: Row, done: Checked, *, looks_in: bool) -> None:
    assert row.verdict is plant.verdict, f"{trouble}: {row}"
    proof = done.proofs.get(row.account.id)
    if plant.verdict is Verdict.UNREACHABLE:
        assert proof is not None
        assert frozenset(proof.suspects) == plant.told(looked_into=looks_in), f"{trouble}: {proof}"
    blamed = {item.action: (item.cause, item.policies) for item in row.missing}
    for action, (cause, policies) in plant.denied.items():
        assert blamed.get(action) == (cause, tuple(name.format(account) for name in policies)), f"{trouble}: {row}"
    if not plant.denied:
        assert not row.missing, f"{trouble}: {row}"


async def test_a_platform_that_chains_roles_is_told_how_long_its_sessions_may_be(start_house: StartHouse) -> None:
    house = start_house()
    wanted = house.config(check={"session_seconds": 7200}, platforms=[])
    await house.apply(wanted)
    done = await checked(house, wanted)
    assert {proof.suspects for proof in done.proofs.values()} == {(Suspect.CHAINING,)}
