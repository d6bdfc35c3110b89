"""By which config a registry checks roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from rolecall.core.permission_groups import DEFAULTS
from rolecall.core.roll import Inquiry
from rolecall.errors import ConfigError
from rolecall.wiring.registry import registry_config

from .test_config_file import GOOD


def test_the_config_says_what_roles_are_asked_and_the_registry_with_which_external_id(tmp_path: Path) -> None:
    file = tmp_path / "rolecall.yaml"
    file.write_text(GOOD + "check:\n  regions: [eu-west-1, eu-north-1]\n")
    config = registry_config(file, "another-external-id", "us-west-2")
    assert config.role.external_id == "another-external-id"
    assert config.check_regions == ("eu-west-1", "eu-north-1")


@pytest.mark.parametrize(("region", "expected"), [(None, "us-east-1"), ("eu-west-1", "eu-west-1")])
def test_without_a_config_the_usual_groups_are_asked_in_one_region(
    tmp_path: Path, region: str | None, expected: str
) -> None:
    config = registry_config(tmp_path / "rolecall.yaml", "some-external-id", region)
    assert config.check_regions == (expected,)
    assert config.role.permission_groups == list(DEFAULTS)
    assert config.role.external_ids == ("some-external-id",)
    assert Inquiry.of(config.role.for_members, config.check_regions).asked


def test_a_registry_that_asks_for_none_says_so(tmp_path: Path) -> None:
    role = registry_config(tmp_path / "rolecall.yaml", None, None).role
    assert not role.asks_external_id
    assert role.external_id_reason


def test_a_config_that_cannot_be_used_is_no_reason_to_ask_for_something_else(tmp_path: Path) -> None:
    file = tmp_path / "rolecall.yaml"
    file.write_text("version: 2")
    with pytest.raises(ConfigError):
        registry_config(file, "some-external-id", None)
