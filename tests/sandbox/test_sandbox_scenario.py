"""Scenario files: what they may say, how their problems are told, what the shipped ones hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rolecall.errors import ConfigError
from rolecall.sandbox.builder import build
from rolecall.sandbox.generator import generate
from rolecall.sandbox.scenario import load_scenario, parse_scenario, shipped_scenarios

MINIMAL = "organization:\n  units:\n    - name: Prod\n      accounts: [shop]\n"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(text, "my.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_an_account_can_be_given_as_its_name() -> None:
    ((path, account),) = parse_scenario(MINIMAL, "my.yaml").placed_accounts()
    assert (path, account.name, account.state) == (("Prod",), "shop", "ACTIVE")


def test_all_problems_are_told_at_once_with_their_lines() -> None:
    text = "version: 1\norganization:\n  seed: many\n  units:\n    - name: Prod\n      colour: red\nspeed: 2\n"
    assert problems(text) == [
        "my.yaml:3: organization.seed: Input should be a valid integer, unable to parse string as an integer",
        "my.yaml:6: organization.units.0.colour: Extra inputs are not permitted",
        "my.yaml:7: speed: Extra inputs are not permitted",
    ]


def test_text_that_is_not_yaml_is_told_with_its_line() -> None:
    assert problems("organization:\n  units: [\n")[0].startswith("my.yaml:3: ")


def test_an_empty_file_is_a_problem() -> None:
    assert problems("") != []


def test_a_name_used_twice_is_a_problem() -> None:
    text = "organization:\n  accounts: [shop]\n" + "\n".join(MINIMAL.splitlines()[1:])
    assert problems(text) == ["my.yaml:1: organization: the account name 'shop' is used 2 times"]


def test_targets_and_accounts_that_are_not_there_are_problems() -> None:
    text = MINIMAL + (
        "scps:\n  - name: A\n    document: {}\n    targets: [/Prod, /Pord]\n"
        "roles:\n  - {account: shpo, name: R, trust: {}}\n"
    )
    assert problems(text) == [
        "my.yaml:8: scps.0.targets.1: '/Pord' is neither a unit's path nor an account's name",
        "my.yaml:10: roles.0.account: 'shpo' is not the name of an account",
    ]


def test_units_deeper_than_five_are_a_problem() -> None:
    unit: dict[str, object] = {"name": "u6"}
    for level in range(5, 0, -1):
        unit = {"name": f"u{level}", "units": [unit]}
    (problem,) = problems(yaml.safe_dump({"organization": {"units": [unit]}}))
    assert "/u1/u2/u3/u4/u5/u6 is deeper than 5 levels" in problem


def test_a_missing_file_is_told_with_the_names_that_exist() -> None:
    with pytest.raises(ConfigError) as caught:
        load_scenario("nowhere.yaml")
    assert "clean" in caught.value.hint


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINIMAL)
    assert load_scenario(str(file)) == parse_scenario(MINIMAL, "mine.yaml")


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_can_be_built(name: str) -> None:
    scenario = load_scenario(name)
    world = build(scenario).world
    assert len(world.accounts()) == len(list(scenario.placed_accounts())) + 1


def test_clean_has_twelve_active_accounts_in_units_three_deep() -> None:
    world = build(load_scenario("clean")).world
    assert [account.state for account in world.accounts()] == ["ACTIVE"] * 12
    assert max(len(account.unit_path) for account in world.accounts()) == 4


def test_demo_has_its_three_troubled_accounts() -> None:
    world = build(load_scenario("demo")).world
    by_name = {account.name: account for account in world.accounts()}
    assert len(by_name) >= 42
    assert by_name["retired-2023"].state == "SUSPENDED"
    legacy = world.store.role(by_name["legacy-erp"].id, "CadoResponseRole")
    assert legacy is not None
    assert (len(legacy.policies), "CadoResponsePlatform" in legacy.trust) == (1, False)
    levels = world.scp_levels(by_name["locked-down"].id)
    assert levels is not None
    assert any("DenySnapshots" in policy.source for level in levels for policy in level)
    assert sum(account.state != "ACTIVE" for account in world.accounts()) == 1


def test_ids_depend_on_seed_and_name_alone() -> None:
    def account_ids(text: str) -> dict[str, str]:
        return {account.name: account.id for account in build(parse_scenario(text, "my.yaml")).world.accounts()}

    more = account_ids(MINIMAL.replace("[shop]", "[bank, shop]"))
    assert more["shop"] == account_ids(MINIMAL)["shop"]
    reseeded = account_ids(MINIMAL.replace("organization:", "organization:\n  seed: 9"))
    assert reseeded["shop"] != more["shop"]


@pytest.mark.parametrize("accounts", [1, 2, 5, 137])
def test_a_generated_organization_has_as_many_accounts_as_asked_for(accounts: int) -> None:
    assert len(build(generate(accounts, seed=3)).world.accounts()) == accounts


def test_a_thousand_accounts_are_distinct() -> None:
    world = build(generate(1000)).world
    assert len({account.id for account in world.accounts()}) == 1000


def test_reading_a_scenario_takes_neither_the_store_nor_the_sdk() -> None:
    code = (
        "import sys\nfrom rolecall.sandbox.scenario import load_scenario\nload_scenario('demo')\n"
        "print([name for name in ('moto', 'botocore', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
