"""`rolecall template --for …`: no AWS, the same bytes, and what each is."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.e2e.conftest import Shell
from tests.e2e.test_bad_input import GOOD, hints

ROLES = {
    "stackset": "CadoResponseRole",
    "management": "CadoResponseRole",
    "admin-role": "AWSCloudFormationStackSetAdministrationRole",
    "execution-role": "AWSCloudFormationStackSetExecutionRole",
    "discovery": "CadoResponseRoleDiscovery",
}


@pytest.fixture
def configured(shell: Shell) -> Shell:
    """No credentials, and an endpoint where nobody answers."""
    (shell.folder / "rolecall.yaml").write_text(GOOD)
    return shell.with_environment(AWS_ENDPOINT_URL="http://127.0.0.1:9")


@pytest.mark.parametrize("target", ROLES)
def test_each_target_is_printed_as_yaml_and_json_without_a_call(configured: Shell, target: str) -> None:
    printed = configured.ok("template", "--for", target)
    assert printed.stderr == ""
    document = yaml.safe_load(printed.stdout)
    assert document == configured.ok("template", "--for", target, "--json").json()
    assert document == configured.ok("template", "--for", target, "--format", "json").json()
    names = [parameter["Default"] for parameter in document["Parameters"].values() if "Default" in parameter]
    assert ROLES[target] in names


def test_the_protecting_policy_is_json_whatever_is_asked_but_yaml(configured: Shell) -> None:
    printed = configured.ok("template", "--for", "protect-scp")
    assert [entry["Effect"] for entry in printed.json()["Statement"]] == ["Deny"] * 5
    for options in (["--json"], ["--format", "json"]):
        assert configured.ok("template", "--for", "protect-scp", *options).stdout == printed.stdout
    refused = configured.run("template", "--for", "protect-scp", "--format", "yaml")
    assert (refused.status, refused.stdout) == (2, "")
    assert hints(refused.stderr)


def test_a_policy_that_aws_would_not_take_is_refused_with_what_to_do(configured: Shell) -> None:
    arns = [f"arn:aws:iam::*:role/{'p' * 400}/{n:02}" for n in range(20)]
    text = GOOD.replace("targets:", f"  break_glass_principals: {json.dumps(arns)}\ntargets:")
    (configured.folder / "rolecall.yaml").write_text(text)
    refused = configured.run("template", "--for", "protect-scp")
    assert (refused.status, refused.stdout) == (2, "")
    assert "10,240" in refused.stderr
    assert any("break_glass_principals" in hint for hint in hints(refused.stderr))


@pytest.mark.parametrize("arn", ["arn:aws:iam::*:role/*", "arn:aws-cn:iam::*:role/BreakGlass"])
def test_break_glass_principals_that_are_everybody_or_nobody_are_told_with_their_line(
    configured: Shell, arn: str
) -> None:
    text = GOOD.replace("targets:", f"  break_glass_principals:\n    - '{arn}'\ntargets:")
    (configured.folder / "rolecall.yaml").write_text(text)
    refused = configured.run("template", "--for", "protect-scp")
    assert (refused.status, refused.stdout) == (2, "")
    assert "role.break_glass_principals" in refused.stderr
    assert hints(refused.stderr)
