"""A made-up organization of any size, the same for the same size and seed. Pure."""

from __future__ import annotations

from rolecall.sandbox.scenario import AccountSpec, OrganizationSpec, Scenario, UnitSpec

_FOUNDATION = {"Security": ("log-archive", "audit"), "Infrastructure": ("network", "shared-services")}
_STAGES = ("Prod", "Staging", "Dev")
_PER_TEAM = 25
"""Accounts of one stage that share a team's unit."""


def generate(accounts: int, seed: int = 0) -> Scenario:
    """`accounts` counts the management account. Workloads are spread over three stages and units of 25 accounts."""
    if accounts < 1:
        raise ValueError(f"an organization has at least its management account, so not {accounts}")
    wanted = accounts - 1
    foundation = [(unit, name) for unit, names in _FOUNDATION.items() for name in names][:wanted]
    workloads = wanted - len(foundation)
    units = [_unit(unit, [name for other, name in foundation if other == unit]) for unit in _FOUNDATION]
    stages = tuple(_stage(stage, range(index, workloads, len(_STAGES))) for index, stage in enumerate(_STAGES))
    return Scenario(organization=OrganizationSpec(seed=seed, units=(*units, UnitSpec(name="Workloads", units=stages))))


def _stage(stage: str, numbers: range) -> UnitSpec:
    names = [f"workload-{number:05d}-{stage.lower()}" for number in numbers]
    teams = [names[start : start + _PER_TEAM] for start in range(0, len(names), _PER_TEAM)]
    return UnitSpec(name=stage, units=tuple(_unit(f"Team{index:03d}", team) for index, team in enumerate(teams, 1)))


def _unit(name: str, accounts: list[str]) -> UnitSpec:
    return UnitSpec(name=name, accounts=tuple(AccountSpec(name=account) for account in accounts))
