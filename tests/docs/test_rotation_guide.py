"""The guide of rotation: its steps are taken one after another, and lead where it says."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from rolecall.core.config import RoleSection
from tests.docs.shown import ROOT, run

PAGE = ROOT / "docs" / "guides" / "rotation.md"
MARK = r"<!-- run by tests/docs/test_rotation_guide\.py -->\n *```sh\n(.*?)```"


def test_the_steps_lead_where_the_guide_says(tmp_path: Path) -> None:
    steps = re.findall(MARK, PAGE.read_text("utf-8"), re.DOTALL)
    assert len(steps) == 5
    done = run(steps, tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "the-new-one" not in told
    assert "at once" not in told
    role = yaml.safe_load((tmp_path / "rolecall.yaml").read_text())["role"]
    assert (role["name"], role["external_id"]) == ("CadoResponseRole2", "the-new-one")
    assert not {"former_name", "former_external_ids"} & role.keys()
    policy = (tmp_path / "operator-while-renaming.json").read_text()
    assert all(f'role/{name}"' in policy for name in ("CadoResponseRole", "CadoResponseRole2"))


def test_its_config_is_one_that_is_taken() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    shown = yaml.safe_load(text)["role"]
    role = RoleSection.model_validate({"name": "CadoResponseRole", "external_id": "the-new-one", **shown})
    assert len(role.trusted_principals) == 2
