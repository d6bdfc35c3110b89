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
    assert caught.value.hint
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
