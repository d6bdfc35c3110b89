"""Scenario files: what they may say, how their problems are told, what the shipped ones hold."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from rolecall.errors import ConfigError
from rolecall.sandbox.builder import build
from rolecall.sandbox.generator import generate
from rolecall.sandbox.scenario import Scenario, load_scenario, parse_scenario, shipped_scenarios

MINIMAL = "organization:\n  units:\n    - name: Prod\n      accounts: [shop]\n"


DENY = '{Version: "2012-10-17", Statement: [{Effect: Deny, Action: "s3:*", Resource: "*"}]}'
RCP = '{Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*"}]}'
TRUST = (
    '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::999999999999:root"}, '
    'Action: "sts:AssumeRole"}]}'
)


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
        "my.yaml:3: organization.seed: must be a whole number",
        "my.yaml:6: organization.units[0].colour: is not a key of this file",
        "my.yaml:7: speed: is not a key of this file",
    ]


def test_a_key_that_is_nearly_right_is_told_which_is() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(MINIMAL.replace("accounts:", "acounts:"), "my.yaml")
    assert [problem.hint for problem in caught.value.problems] == ["did you mean accounts?"]


def test_wrong_keys_do_not_hide_what_else_is_wrong() -> None:
    text = MINIMAL + "colour: red\nroles: [{account: nobody, name: R, trust: {}}]\norganisation: {}\n"
    assert [problem.split(": ")[1] for problem in problems(text)] == [
        "colour", "roles[0].account", "roles[0].trust", "organisation"
    ]  # fmt: skip


def test_text_that_is_not_yaml_is_told_with_its_line() -> None:
    assert problems("organization:\n  units: [\n")[0].startswith("my.yaml:3: ")


def test_an_empty_file_is_a_problem() -> None:
    assert problems("") != []


def test_a_name_used_twice_is_a_problem() -> None:
    text = "organization:\n  accounts: [shop]\n" + "\n".join(MINIMAL.splitlines()[1:])
    assert problems(text) == ["my.yaml:5: organization.units[0].accounts[0]: the account name 'shop' is used already"]


def test_targets_and_accounts_that_are_not_there_are_problems() -> None:
    text = MINIMAL + (
        f"scps:\n  - name: A\n    document: {DENY}\n    targets: [/Prod, /Pord]\n"
        f"roles:\n  - {{account: shpo, name: R, trust: {TRUST}}}\n"
    )
    assert problems(text) == [
        "my.yaml:8: scps[0].targets[1]: '/Pord' is neither a unit's path nor an account's name",
        "my.yaml:10: roles[0].account: 'shpo' is not the name of an account",
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("scps: [{name: A, document: {foo: bar}}]", "scps[0].document: is not a policy: the policy: unknown element"),
        (f"scps: [{{name: A, document: {DENY}}}, {{name: A, document: {DENY}}}]", "scps[1].name: the policy name 'A'"),
        (f"scps: [{{name: FullAWSAccess, document: {DENY}}}]", "scps[0].name: FullAWSAccess is AWS's own"),
        (f"scps: [{{name: A, document: {DENY}, targets: [/, /]}}]", "scps[0].targets[1]: '/' is there twice"),
        ("rcps: [" + ", ".join(f"{{name: R{n}, document: {RCP}, targets: [/]}}" for n in range(5)) + "]",
         "rcps[4].targets[0]: '/' has 5 policies of this type at most"),
        (f"roles: [{{account: shop, name: R, trust: {TRUST}}}, {{account: shop, name: R, trust: {TRUST}}}]",
         "roles[1]: the role 'R of shop' is used already"),
        (f"roles: [{{account: shop, name: OrganizationAccountAccessRole, trust: {TRUST}}}]", "roles[0].name: every"),
        ("delegated_administrators: [management]", "delegated_administrators[0]: the management account cannot be"),
        ("webhooks: [notaurl]", "webhooks[0]: 'notaurl' is no URL of http or https"),
    ],
)  # fmt: skip
def test_what_aws_would_refuse_is_refused(more: str, told: str) -> None:
    (problem,) = problems(MINIMAL + more + "\n")
    assert problem.split(": ", 1)[1].startswith(told)


def test_a_trust_in_nobody_is_told_with_the_role() -> None:
    nobody = TRUST.replace(":root", ":role/Nobody")
    scenario = parse_scenario(MINIMAL + f"roles: [{{account: shop, name: R, trust: {nobody}}}]\n", "my.yaml")
    with pytest.raises(ConfigError) as caught:
        build(scenario)
    assert "roles[0]: Invalid principal in policy" in str(caught.value.problems[0])


@pytest.mark.parametrize("name", shipped_scenarios())
def test_the_published_schema_takes_the_shipped_scenarios(name: str) -> None:
    file = resources.files("rolecall.sandbox") / "scenarios" / f"{name}.yaml"
    validator = jsonschema.Draft202012Validator(Scenario.model_json_schema())
    assert list(validator.iter_errors(yaml.safe_load(file.read_text("utf-8")))) == []


def test_the_published_schema_refuses_what_is_no_account() -> None:
    validator = jsonschema.Draft202012Validator(Scenario.model_json_schema())
    for account in (7, "", {"nam": "x"}):
        assert list(validator.iter_errors({"organization": {"accounts": [account]}}))


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
