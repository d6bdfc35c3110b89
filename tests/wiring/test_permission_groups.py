"""The folder of the user's own groups, beside the config file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rolecall.errors import ConfigError
from rolecall.wiring.config_file import load_config

CONFIG = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: 5f0cCanaryExternalId42
  groups_folder: groups
  permission_groups: [account-check, own-{name}]
targets:
  organizational_units: [/]
"""
GROUP = """\
id: own-{name}
title: Own
purpose: Own.
source: us
statements:
  - {{sid: Own{name}, actions: [s3:GetObjectTagging]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rolecall.yaml").write_text(CONFIG.format(name="a"))
    (tmp_path / "groups").mkdir()
    for name in ("a", "b"):
        (tmp_path / "groups" / f"{name}.yaml").write_text(GROUP.format(name=name))
    return tmp_path


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "rolecall.yaml")
    return [str(problem).replace(str(folder), "") for problem in caught.value.problems]


def test_groups_of_the_folder_are_found_from_wherever_one_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert [group.id for group in load_config(folder / "rolecall.yaml").role.groups] == ["account-check", "own-a"]


def test_all_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "groups" / "b.yaml").write_text("id: B\n")
    (folder / "rolecall.yaml").write_text(CONFIG.format(name="a").replace("name: CadoResponseRole", "name: two words"))
    told = problems(folder)
    assert any(line.startswith("/groups/b.yaml:1: id") for line in told)
    assert any(line.startswith("/rolecall.yaml:3: role.name") for line in told)


def test_two_groups_of_one_id_and_one_of_ours_are_told(folder: Path) -> None:
    (folder / "groups" / "c.yaml").write_text(GROUP.format(name="a"))
    (folder / "groups" / "d.yaml").write_text(GROUP.format(name="x").replace("own-x", "s3"))
    told = problems(folder)
    assert "/groups/c.yaml:1: id: there is another group own-a" in told
    assert "/groups/d.yaml:1: id: there is another group s3" in told


def test_a_folder_that_is_not_there_is_told(folder: Path) -> None:
    (folder / "rolecall.yaml").write_text(
        CONFIG.format(name="a").replace("groups_folder: groups", "groups_folder: nowhere")
    )
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "rolecall.yaml")
    assert "there is no folder" in caught.value.summary
    assert caught.value.hint


def test_a_folder_that_cannot_be_looked_at_is_told(folder: Path) -> None:
    (folder / "rolecall.yaml").write_text(CONFIG.format(name="a").replace("folder: groups", f"folder: {'x' * 300}"))
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "rolecall.yaml")
    assert "cannot be read" in caught.value.summary


def test_wildcards_are_asked_by_the_actions_that_they_stand_for(folder: Path) -> None:
    """AWS's simulator takes no wildcards; the policy keeps them."""
    text = GROUP.format(name="a").replace("s3:GetObjectTagging", "'s3:GetObject?agging', 'ec2:DescribeVolume*'")
    (folder / "groups" / "a.yaml").write_text(text)
    (statement,) = load_config(folder / "rolecall.yaml").role.groups[-1].statements
    assert statement.actions == ("s3:GetObject?agging", "ec2:DescribeVolume*")
    assert {"s3:GetObjectTagging", "ec2:DescribeVolumes", "ec2:DescribeVolumeStatus"} <= set(statement.question.actions)
    assert not any(set(action) & set("*?") for action in statement.question.actions)


def test_other_files_of_the_folder_are_left_alone(folder: Path) -> None:
    (folder / "groups" / "README.md").write_text("not YAML: [")
    assert load_config(folder / "rolecall.yaml")


def test_a_file_that_is_not_text_is_told_with_its_name(folder: Path) -> None:
    (folder / "groups" / "b.yaml").write_bytes(b"\xff\xfe")
    assert any(line.startswith("/groups/b.yaml") for line in problems(folder))
