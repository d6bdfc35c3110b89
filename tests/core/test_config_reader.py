from __future__ import annotations

from typing import Any

import pytest
import yaml

from rolecall.core.config import Config
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


def good() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(GOOD)
    return document


def read(text: str) -> Config:
    return read_config(text, "rolecall.yaml")


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.exit_status == 2
    return caught.value.problems


def with_section(section: str, lines: str) -> str:
    """GOOD with more lines at the end of a section, or with a new one."""
    indented = "".join(f"  {line}\n" for line in lines.splitlines())
    if f"{section}:\n" in GOOD:
        return GOOD.replace(f"{section}:\n", f"{section}:\n{indented}")
    return f"{GOOD}{section}:\n{indented}"


def platform(**changes: str) -> str:
    entry = {"name": "forensics", "url": "https://platform.example.com", "api_key": "env:KEY"} | changes
    return GOOD + yaml.safe_dump({"platforms": [entry]})


def test_a_small_file_is_enough() -> None:
    config = read(GOOD)
    assert config.role.max_session_hours == 12
    assert config.stack_set_name == "rolecall-CadoResponseRole"
    assert config.check_regions == ("us-east-1",)
    assert config.deployment.auto_deployment.enabled
    assert config.role.asks_external_id


def test_account_ids_need_no_quotes_and_keep_their_leading_zero() -> None:
    text = with_section("targets", "exclude_accounts: [012345670123, 123456789012, '000000000001']")
    text += "deployment: {auto_deployment: {enabled: false}}\n"
    assert set(read(text).targets.exclude_accounts) == {"012345670123", "123456789012", "000000000001"}


def test_a_list_of_units_takes_ids_and_paths() -> None:
    text = GOOD.replace("[r-ab12]", "[ou-ab12-12345678, /Workloads/Prod/, /]")
    assert read(text).targets.organizational_units == ["ou-ab12-12345678", "/Workloads/Prod", "/"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://p.example.com/", "https://p.example.com"),
        ("https://p.example.com/api/v3/", "https://p.example.com"),
        ("https://p.example.com/behind/a/proxy", "https://p.example.com/behind/a/proxy"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_platforms_address_is_kept_without_the_api(given: str, kept: str) -> None:
    assert read(platform(url=given)).platforms[0].url == kept


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
version: 2
role:
  name: Cado Response Role
  trusted_principals: [arn:aws:iam::1:user/x]
  external_id: none
  max_session_hours: 13
  permision_groups: [s3]
targets:
  organizational_units: [Workloads]
  exclude_accounts: [12345]
deployment:
  region: [us-east-1, eu-west-1]
platforms:
  - name: forensics
    url: http://platform.example.com
    api_key: the-key-itself
    account_name: "{name}"
"""
    found = [(problem.line, problem.key) for problem in problems(text)]
    assert found == [
        (1, "version"),
        (2, "role.external_id_reason"),
        (3, "role.name"),
        (4, "role.trusted_principals[0]"),
        (6, "role.max_session_hours"),
        (7, "role.permision_groups"),
        (9, "targets.organizational_units[0]"),
        (10, "targets.exclude_accounts[0]"),
        (12, "deployment.region"),
        (15, "platforms[0].url"),
        (16, "platforms[0].api_key"),
        (17, "platforms[0].account_name"),
    ]


BROKEN = {
    "no version": GOOD.replace("version: 1\n", ""),
    "another version": GOOD.replace("version: 1", "version: 2"),
    "version as text": GOOD.replace("version: 1", "version: one"),
    "no role": "version: 1\ntargets: {organizational_units: [/]}\n",
    "role is text": "version: 1\nrole: x\ntargets: {organizational_units: [/]}\n",
    "role is null": "version: 1\nrole:\ntargets: {organizational_units: [/]}\n",
    "no external id": GOOD.replace("  external_id: 5f0cCanaryExternalId42\n", ""),
    "external id is a number": GOOD.replace("5f0cCanaryExternalId42", "12345"),
    "external id is one character": GOOD.replace("5f0cCanaryExternalId42", "x"),
    "external id holds a space": GOOD.replace("5f0cCanaryExternalId42", "two words"),
    "external id none without a reason": GOOD.replace("5f0cCanaryExternalId42", "none"),
    "external id none with an empty reason": with_section("role", "external_id_reason: ' '").replace(
        "5f0cCanaryExternalId42", "none"
    ),
    "role name too long": GOOD.replace("name: CadoResponseRole", f"name: {'x' * 65}"),
    "role name with a slash": GOOD.replace("name: CadoResponseRole", "name: a/b"),
    "role name is null": GOOD.replace("name: CadoResponseRole", "name:"),
    "role path without slashes": with_section("role", "path: forensics"),
    "role path with a wildcard": with_section("role", "path: /*/"),
    "role path with a variable": with_section("role", "path: '/${AWS::AccountId}/'"),
    "no principals": GOOD.replace("[arn:aws:iam::111111111111:role/CadoResponsePlatform]", "[]"),
    "a principal by wildcard": GOOD.replace("role/CadoResponsePlatform", "role/*/CadoResponsePlatform"),
    "a principal by variable": GOOD.replace(
        "arn:aws:iam::111111111111:role/CadoResponsePlatform", "'arn:aws:iam::111111111111:role/${aws:username}/P'"
    ),
    "an account as principal": GOOD.replace(":role/CadoResponsePlatform", ":root"),
    "too many principals": GOOD.replace("[arn", "[" + "arn:aws:iam::111111111111:role/X, " * 10 + "arn"),
    "session too long": with_section("role", "max_session_hours: 13"),
    "session as text": with_section("role", "max_session_hours: long"),
    "unknown group": with_section("role", "permission_groups: [s3, ebbs]"),
    "no groups": with_section("role", "permission_groups: []"),
    "unknown key of the role": with_section("role", "externalid: x"),
    "unknown section": GOOD + "deploymnt: {}\n",
    "tags as a list": with_section("role", "tags: [a, b]"),
    "tag that is no text": with_section("role", "tags: {cost: 1}"),
    "no units": GOOD.replace("[r-ab12]", "[]"),
    "unit by name": GOOD.replace("[r-ab12]", "[Workloads]"),
    "too many units": GOOD.replace("[r-ab12]", "[" + "/x, " * 2000 + "/y]"),
    "nobody included": with_section("targets", "include_accounts: []"),
    "included and excluded": with_section(
        "targets", "include_accounts: ['123456789012']\nexclude_accounts: ['123456789012']"
    ),
    "no tags": with_section("targets", "account_tags: {}"),
    "a tag without values": with_section("targets", "account_tags: {environment: []}"),
    "a tag with one value": with_section("targets", "account_tags: {environment: prod}"),
    "wrong account id": with_section("targets", "exclude_accounts: [1234]"),
    "management account as text": with_section("targets", "management_account: perhaps"),
    "two regions": with_section("deployment", "region: [us-east-1, eu-west-1]"),
    "two regions in a text": with_section("deployment", "region: us-east-1,eu-west-1"),
    "regions": with_section("deployment", "regions: [us-east-1]"),
    "no such region": with_section("deployment", "region: Virginia"),
    "other permissions": with_section("deployment", "permissions: shared"),
    "self-managed with auto-deployment": with_section(
        "deployment", "permissions: self-managed\nauto_deployment: {enabled: true}"
    ),
    "self-managed as delegated administrator": with_section(
        "deployment", "permissions: self-managed\ncall_as: delegated-admin"
    ),
    "call as": with_section("deployment", "call_as: root"),
    "management profile as self": with_section("deployment", "management_profile: m"),
    "stack set name": with_section("deployment", "stack_set_name: 1x"),
    "tolerance": with_section("deployment", "failure_tolerance_percent: 101"),
    "concurrency zero": with_section("deployment", "max_concurrent_percent: 0"),
    "auto-deployment as text": with_section("deployment", "auto_deployment: maybe"),
    "both ways to assume": with_section(
        "check", "assume_from: {profile: p, role_arn: 'arn:aws:iam::111111111111:role/P'}"
    ),
    "check region": with_section("check", "regions: [x]"),
    "check concurrency": with_section("check", "concurrency: 0"),
    "platforms as a mapping": GOOD + "platforms: {name: x}\n",
    "platform is text": GOOD + "platforms: [x]\n",
    "platform without an address": GOOD + "platforms: [{name: x, api_key: 'env:K'}]\n",
    "platform name": platform(name="a b"),
    "address in clear": platform(url="http://platform.example.com"),
    "address without a host": platform(url="https://"),
    "address of another kind": platform(url="ftp://platform.example.com"),
    "address with a password": platform(url="https://user:pass@platform.example.com"),
    "address with a query": platform(url="https://platform.example.com/?x=1"),
    "address with a wrong port": platform(url="https://platform.example.com:99999"),
    "address that is broken": platform(url="https://[::1"),
    "key itself": platform(api_key="the-key-itself"),
    "key from nowhere": platform(api_key="env:"),
    "account name without id": platform(account_name="{name}"),
    "account name with another field": platform(account_name="{id} {email}"),
    "account name with an open brace": platform(account_name="{id"),
    "account name by position": platform(account_name="{} {id}"),
    "account name with a format of numbers": platform(account_name="{id:d}"),
    "account name that cuts the id": platform(account_name="{id:.4}"),
    "account name with a conversion that is none": platform(account_name="{id!z}"),
    "account name with a conversion": platform(account_name="{id} {name!r}"),
    "account name of an attribute": platform(account_name="{id} {name.upper}"),
    "delegated without the management account's credentials": with_section("deployment", "call_as: delegated-admin"),
    "two platforms of one name": GOOD
    + yaml.safe_dump({"platforms": [{"name": "x", "url": "https://p.example.com", "api_key": "env:K"}] * 2})
    .replace("*id001", "{name: x, url: 'https://p.example.com', api_key: 'env:K'}")
    .replace("&id001", ""),
    "a key that is a number": GOOD + "1: x\n",
    "a key that is null": GOOD + "~: x\n",
    "a key twice": GOOD + "version: 1\n",
    "a key of a section twice": with_section("role", "name: Other"),
    "not a mapping": "- a\n- b\n",
    "empty": "",
    "only text": "hello\n",
    "not YAML": "version: 1\nrole: [\n",
    "a tab": "version: 1\nrole:\n\tname: x\n",
    "two documents": GOOD + "---\n" + GOOD,
    "a Python object": GOOD + "x: !!python/object/apply:os.system ['true']\n",
    "a control character": GOOD + "x: \x07\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_problem_says_where_what_and_how_to_mend_it(name: str) -> None:
    for problem in problems(BROKEN[name]):
        assert problem.file == "rolecall.yaml"
        assert problem.line is not None
        assert problem.message
        assert problem.hint, problem
        assert problem.key or name in ("not a mapping", "empty", "only text", "not YAML", "a tab", "two documents",
                                       "a Python object", "a control character")  # fmt: skip
        assert str(problem).startswith("rolecall.yaml")


@pytest.mark.parametrize(
    ("name", "line", "key", "hint"),
    [
        ("unknown key of the role", 3, "role.externalid", "did you mean external_id?"),
        ("unknown section", 8, "deploymnt", "did you mean deployment?"),
        ("unknown group", 3, "role.permission_groups[1]", "the groups are: account-check, s3,"),
        ("two regions", 9, "deployment.region", "exactly one Region"),
        ("regions", 9, "deployment.regions", "deployment.region, exactly one"),
        ("a key twice", 8, "version", "keep one"),
        ("external id is a number", 5, "role.external_id", "quote it"),
        ("wrong account id", 7, "targets.exclude_accounts[0]", "12 digits"),
        ("no external id", 2, "role.external_id", "letters, digits"),
        ("session too long", 3, "role.max_session_hours", "MaxSessionDuration"),
        ("nobody included", 7, "targets.include_accounts", "leave it out to take all"),
        ("included and excluded", 8, "targets.exclude_accounts", "12 digits"),
        ("a tag without values", 7, "targets.account_tags.environment", "[prod, staging]"),
        ("self-managed with auto-deployment", 10, "deployment.auto_deployment", "turn it off"),
        ("self-managed as delegated administrator", 10, "deployment.call_as", "it is self"),
        ("not YAML", 3, "", "indentation"),
    ],
)
def test_a_problem_is_placed_and_hinted(name: str, line: int, key: str, hint: str) -> None:
    problem = problems(BROKEN[name])[0]
    assert (problem.line, problem.key) == (line, key)
    assert hint in problem.hint


def test_with_self_managed_permissions_auto_deployment_is_off_unless_it_is_asked_for() -> None:
    for more in ("", "\nauto_deployment: {enabled: false}", "\nauto_deployment: {retain_on_removal: true}"):
        deployment = read(with_section("deployment", f"permissions: self-managed{more}")).deployment
        assert not deployment.service_managed
        assert not deployment.auto_deployment.enabled


def test_with_self_managed_permissions_the_management_accounts_stack_may_have_its_own_profile() -> None:
    text = with_section("deployment", "permissions: self-managed\nmanagement_profile: management")
    assert read(text).deployment.management_profile == "management"


def test_the_number_of_problems_is_told() -> None:
    with pytest.raises(ConfigError, match=r"^rolecall.yaml has 1 problem$"):
        read(BROKEN["two regions"])
    with pytest.raises(ConfigError, match=r"^rolecall.yaml has 2 problems$"):
        read(BROKEN["two regions"] + "version: 1\n")


KEY = "sk-live-CanaryKey"


@pytest.mark.parametrize(
    "value",
    [KEY, f"'{KEY}'", f"*{KEY}", f"!{KEY}", f"&{KEY}", f"[{KEY}]", f"{{{KEY}: {KEY}}}", f"@{KEY}", f"%{KEY}", f"`{KEY}",
     f"'{KEY}", f"|\n  {KEY}", f"{KEY}: x", f"!{KEY}!x y"],
)  # fmt: skip
def test_a_key_in_the_wrong_place_is_never_repeated(value: str) -> None:
    text = f"{GOOD}platforms:\n  - name: forensics\n    url: https://p.example.com\n    api_key: {value}\n"
    with pytest.raises(ConfigError) as caught:
        read(text)
    told = [caught.value.summary, caught.value.detail, caught.value.hint, *map(str, caught.value.problems)]
    told += [problem.hint for problem in caught.value.problems]
    assert not any("Canary" in line for line in told)


@pytest.mark.parametrize("external_id", ["two Canary words", "Canary" * 300, "C", "[Canary]", "{Canary: Canary}"])
def test_an_external_id_in_the_wrong_form_is_never_repeated(external_id: str) -> None:
    for problem in problems(GOOD.replace("5f0cCanaryExternalId42", external_id)):
        assert "Canary" not in f"{problem}{problem.hint}"


def test_a_section_of_which_every_line_is_commented_out_is_its_defaults() -> None:
    config = read(GOOD + "deployment:\n  # region: us-east-1\ncheck:\nplatforms:\n")
    assert config == read(GOOD)


def test_groups_given_twice_count_once() -> None:
    assert read(with_section("role", "permission_groups: [s3, ebs, s3]")).role.permission_groups == ["s3", "ebs"]


def test_account_names_are_made_of_name_and_id() -> None:
    config = read(platform(account_name="{id}: {name}"))
    assert config.platforms[0].name_for("123456789012", "production") == "123456789012: production"  # type: ignore[arg-type]
