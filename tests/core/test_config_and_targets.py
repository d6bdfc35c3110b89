"""What only several keys together make wrong, and words that mean the same."""

from __future__ import annotations

import pytest

from rolecall.core.config_reader import read_config
from rolecall.errors import ConfigError, Problem

GOOD = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: 5f0cCanaryExternalId42
targets:
  organizational_units: [r-ab12]
"""
DELEGATED = "deployment:\n  call_as: delegated-admin\n"
PLATFORM = "platforms:\n  - name: forensics\n    url: https://p.example.com\n    api_key: env:KEY\n    account_name: "


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read_config(text, "rolecall.yaml")
    return caught.value.problems


def test_a_delegated_administrator_needs_the_management_accounts_credentials_for_its_stack() -> None:
    (problem,) = problems(GOOD + DELEGATED)
    assert (problem.line, problem.key) == (8, "deployment.management_profile")
    assert "the delegated administrator's own account" in problem.message
    assert "targets.management_account: false" in problem.hint


@pytest.mark.parametrize(
    "text",
    [
        GOOD + DELEGATED + "  management_profile: management\n",
        GOOD + "  management_account: false\n" + DELEGATED,
        GOOD + "deployment: {call_as: self}\n",
    ],
    ids=["a profile", "no management account", "self"],
)
def test_otherwise_nothing_is_asked_for(text: str) -> None:
    assert read_config(text, "rolecall.yaml")


def test_an_empty_profile_is_none() -> None:
    (problem,) = problems(GOOD + DELEGATED + "  management_profile: ''\n")
    assert (problem.line, problem.key) == (10, "deployment.management_profile")


def test_what_several_keys_make_wrong_is_told_with_all_the_rest() -> None:
    text = GOOD.replace("name: Cado", "name: Cado Re") + "  exclude_accounts: ['123456789012']\n" + DELEGATED
    found = [(problem.line, problem.key) for problem in problems(text + PLATFORM + "x\n")]
    assert found == [
        (3, "role.name"),
        (9, "deployment.management_profile"),
        (15, "platforms[0].account_name"),
    ]


@pytest.mark.parametrize("word", ["none", "None", "NONE", "NoExternalIdRequired", "noexternalidrequired"])
def test_the_platforms_word_for_no_external_id_is_taken_for_none(word: str) -> None:
    text = GOOD.replace("5f0cCanaryExternalId42", word)
    (problem,) = problems(text)
    assert problem.key == "role.external_id_reason"
    role = read_config(text.replace("role:\n", "role:\n  external_id_reason: our own account\n"), "rolecall.yaml").role
    assert not role.asks_external_id


def test_a_longer_word_is_an_external_id() -> None:
    assert read_config(GOOD.replace("5f0cCanaryExternalId42", "nonesuch"), "rolecall.yaml").role.asks_external_id


@pytest.mark.parametrize(
    "field", ["{name!r:>999999999}", "{name:>999999999}", "{name!r}", "{name.upper}", "{name[0]}", "{name:{id}}"]
)
def test_an_account_name_takes_its_fields_as_they_are(field: str) -> None:
    (problem,) = problems(f'{GOOD}{PLATFORM}"{field} {{id}}"\n')
    assert (problem.key, problem.message) == (
        "platforms[0].account_name",
        "only {name} and {id} can stand in an account name, written just so",
    )


def test_braces_can_be_written_twice_to_mean_themselves() -> None:
    (platform,) = read_config(f'{GOOD}{PLATFORM}"{{{{aws}}}} {{id}}"\n', "rolecall.yaml").platforms
    assert platform.name_for("123456789012", "x") == "{aws} 123456789012"  # type: ignore[arg-type]
