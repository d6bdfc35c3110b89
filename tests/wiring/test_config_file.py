"""What is given as --config, and is no file of ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rolecall.errors import ConfigError
from rolecall.wiring.config_file import load_config
from rolecall.wiring.text_file import LARGEST

GOOD = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: 5f0cCanaryExternalId42
targets:
  organizational_units: [/]
"""


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert caught.value.exit_status == 2
    assert caught.value.hint or all(problem.hint for problem in caught.value.problems)
    return caught.value


def test_a_device_that_never_ends_is_not_read() -> None:
    assert refusal(Path("/dev/zero")).summary == "/dev/zero is no regular file"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").summary.endswith("pipe is no regular file")


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    assert refusal(tmp_path).summary.endswith("is no regular file")


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rolecall.yaml"
    path.write_text(GOOD + "#" * (LARGEST - len(GOOD)))
    assert load_config(path).role.name == "CadoResponseRole"
    path.write_text(GOOD + "#" * (LARGEST - len(GOOD) + 1))
    assert "too large" in refusal(path).summary


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(GOOD)
    (tmp_path / "rolecall.yaml").symlink_to("real.yaml")
    assert load_config(tmp_path / "rolecall.yaml").version == 1


def test_what_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "rolecall.yaml").write_bytes(b"\xff\xfe")
    assert "UTF-8" in refusal(tmp_path / "rolecall.yaml").summary


EXISTING = (
    GOOD.replace("  name:", "  existing_roles: roles.csv\n  name:") + "deployment: {adopted_stack_set: 'Older:0b5f'}\n"
)
ONE = "100000000001"


def test_roles_with_names_of_their_own_are_read_beside_it(tmp_path: Path) -> None:
    (tmp_path / "rolecall.yaml").write_text(EXISTING)
    (tmp_path / "roles.csv").write_text(f"account,role_arn\n{ONE},arn:aws:iam::{ONE}:role/X-Role-1\n")
    config = load_config(tmp_path / "rolecall.yaml")
    assert {account: role.name for account, role in config.existing_roles.items()} == {ONE: "X-Role-1"}
    assert load_config(tmp_path / "rolecall.yaml", roles=False).existing_roles == {}


def test_every_problem_of_their_file_is_told_with_those_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "rolecall.yaml").write_text(EXISTING.replace("version: 1", "version: 2"))
    (tmp_path / "roles.csv").write_text(f"account,role_arn\nnobody\n{ONE},{ONE}\n")
    told = {(Path(problem.file).name, problem.line) for problem in refusal(tmp_path / "rolecall.yaml").problems}
    assert told == {("rolecall.yaml", 1), ("roles.csv", 2), ("roles.csv", 3)}


def test_a_file_of_roles_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "rolecall.yaml").write_text(EXISTING)
    (problem,) = refusal(tmp_path / "rolecall.yaml").problems
    assert "there is no file of roles" in problem.message
    assert "--roles" in problem.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("  name:", "  keep_existing: true\n  name:"), "needs existing_roles"),
        (EXISTING.rpartition("deployment:")[0], "is needed with role.existing_roles"),
    ],
)
def test_roles_are_kept_of_a_known_stack_set_by_a_file(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "rolecall.yaml").write_text(text)
    (tmp_path / "roles.csv").write_text("account,role_arn\n")
    assert any(words in problem.message for problem in refusal(tmp_path / "rolecall.yaml").problems)
