"""`rolecall permissions` and `rolecall explain` as a person runs them: no AWS, and the first without a config too."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.permission_groups import DEFAULTS, GROUPS
from tests.e2e.conftest import EXTERNAL_ID, Shell

CONFIG = f"""\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: {EXTERNAL_ID}
  groups_folder: groups
  permission_groups: [account-check, s3, our-reports, organizations]
targets:
  organizational_units: [/]
"""


@pytest.fixture
def configured(shell: Shell) -> Shell:
    """With a group of one's own, begun from one of ours."""
    folder = shell.folder / "groups"
    folder.mkdir()
    begun = shell.ok("permissions", "s3", "--yaml").stdout
    own = begun.replace("id: s3\n", "id: our-reports\n").replace("s3:RestoreObject", "s3:PutObject")
    (folder / "reports.yaml").write_text(own.replace("sid: S3", "sid: OurReports"))
    (shell.folder / "rolecall.yaml").write_text(CONFIG)
    return shell


def groups_in(shell: Shell) -> dict[str, dict[str, Any]]:
    told = shell.ok("permissions", "--json").json()
    assert (told["kind"], set(told)) == ("permissions", {"rolecall", "kind", "groups"})
    return {group["id"]: group for group in told["groups"]}


def test_without_a_config_our_groups_are_listed_with_their_defaults(shell: Shell) -> None:
    groups = groups_in(shell)
    assert list(groups) == list(GROUPS)
    assert tuple(name for name, group in groups.items() if group["default"]) == DEFAULTS
    assert {group["enabled"] for group in groups.values()} == {None}
    assert "There is no rolecall.yaml" in shell.ok("permissions").stdout


def test_with_a_config_it_says_what_is_on(configured: Shell) -> None:
    groups = groups_in(configured)
    on = [name for name, group in groups.items() if group["enabled"]]
    assert on == ["account-check", "s3", "organizations", "our-reports"]
    assert groups["our-reports"]["own"]
    assert groups["our-reports"]["actions"] == {"list": 2, "read": 2, "write": 1}


def test_one_group_in_full(configured: Shell) -> None:
    told = configured.ok("permissions", "our-reports", "--json").json()["group"]
    assert [statement["sid"] for statement in told["statements"]] == [
        "OurReports",
        "OurReportsBuckets",
        "OurReportsObjects",
    ]
    assert "Statement OurReportsObjects" in configured.ok("permissions", "our-reports").stdout


@pytest.mark.parametrize(
    ("arguments", "summary", "hint"),
    [
        (["ebs-encripted"], "no permission group is called 'ebs-encripted'", "did you mean ebs-encrypted?"),
        (["EBS"], "no permission group is called 'EBS'", "did you mean ebs?"),
        (["zzzzzzzz"], "no permission group is called 'zzzzzzzz'", "the groups are: account-check, s3,"),
        (["--yaml"], "--yaml needs the name of a group", "rolecall permissions s3 --yaml"),
        (["s3", "--yaml", "--json"], "--yaml and --json exclude each other", "give one of them"),
        (["--config", "other.yaml"], "there is no config file other.yaml", "rolecall init"),
    ],
)
def test_a_wrong_call(shell: Shell, arguments: list[str], summary: str, hint: str) -> None:
    done = shell.run("permissions", *arguments)
    assert (done.status, done.stdout) == (2, "")
    assert summary in done.stderr
    assert hint in done.stderr


def test_a_broken_config_is_told_rather_than_passed_over(shell: Shell) -> None:
    (shell.folder / "rolecall.yaml").write_text("version: 1\nrole: [\n")
    done = shell.run("permissions")
    assert (done.status, done.stdout) == (2, "")
    assert "not YAML" in done.stderr


def test_a_group_whose_sids_another_has_is_told(configured: Shell) -> None:
    file = configured.folder / "groups" / "reports.yaml"
    file.write_text(file.read_text().replace("sid: OurReportsObjects", "sid: S3Objects"))
    done = configured.run("explain")
    assert (done.status, done.stdout) == (2, "")
    assert "our-reports has a statement S3Objects, as s3 has: rename it" in done.stderr


def test_an_own_group_changes_the_explanation(configured: Shell) -> None:
    told = configured.ok("explain", "--json").json()
    assert told["groups"] == ["account-check", "s3", "our-reports"]
    assert {allowance["id"]: allowance["actions"] for allowance in told["not_never"]} == {"change-s3": ["s3:PutObject"]}
    [changes] = [threat for threat in told["threats"] if threat["id"] == "other-changes"]
    assert changes["actions"] == ["s3:PutObject"]
    text = configured.ok("explain").stdout
    assert "Not on this list, because something in it is allowed:" in text


def test_the_management_account_has_its_own_explanation(configured: Shell) -> None:
    told = configured.ok("explain", "--for", "management", "--json").json()
    assert (told["account"], told["groups"][-2:]) == ("management", ["organizations", "our-reports"])
    assert "CadoResponseRole in the management account" in configured.ok("explain", "--for", "management").stdout


@pytest.mark.parametrize("place", ["admin-role", "discovery", "protect-scp"])
def test_what_is_not_the_role_is_not_explained_as_if_it_were(configured: Shell, place: str) -> None:
    done = configured.run("explain", "--for", place)
    assert (done.status, done.stdout) == (2, "")


def test_the_explanation_holds_no_external_id(configured: Shell) -> None:
    assert EXTERNAL_ID not in configured.ok("explain").stdout + configured.ok("explain", "--json").stdout


def test_explaining_needs_a_config(shell: Shell) -> None:
    done = shell.run("explain")
    assert (done.status, done.stdout) == (2, "")
    assert "there is no config file rolecall.yaml" in done.stderr
