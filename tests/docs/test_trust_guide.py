"""What the guide of the trust policy shows is what the config in it gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from rolecall.core.config import RoleSection
from tests.core.template.roles import trust

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "guides" / "trust-policy.md").read_text("utf-8")


def block(mark: str) -> str:
    (found,) = re.findall(rf"<!-- {mark} by tests/docs/test_trust_guide\.py -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)
    return str(found)


def test_the_trust_policy_that_is_shown_is_the_one_that_is_rendered() -> None:
    role = RoleSection.model_validate(yaml.safe_load(block("read"))["role"])
    assert trust(role) == json.loads(block("rendered"))


def test_every_snippet_is_a_config_that_is_taken() -> None:
    """Laid over the first one, section by section."""
    first = yaml.safe_load(block("read"))
    snippets = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]
    roles = [snippet["role"] for snippet in snippets if "role" in snippet]
    assert len(roles) == 3
    for role in roles:
        RoleSection.model_validate(first["role"] | role)
