"""Bad input: a clear error with a hint, the right exit status, no traceback, and nothing changed."""

from __future__ import annotations

import os

import pytest

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.ports import free_port

GOOD = f"""\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: {EXTERNAL_ID}
targets:
  organizational_units: [/]
check:
  assume_from: {{profile: platform}}
"""
KEY = "canary-platform-key"


def hints(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.strip().startswith("hint: ")]


@pytest.mark.parametrize(
    "command", [["plan"], ["apply", "--yes"], ["check"], ["status"], ["destroy", "--yes"], ["template"]]
)
def test_a_missing_config_file(shell: Shell, command: list[str]) -> None:
    done = shell.run(*command)
    assert (done.status, done.stdout) == (2, "")
    assert "there is no config file rolecall.yaml" in done.stderr
    assert hints(done.stderr)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("role: [", "rolecall.yaml:1: not YAML"),
        (GOOD + "\trole: {}\n", "rolecall.yaml:10: not YAML"),
        (GOOD + "colour: blue\n", "rolecall.yaml:10: colour: is not a key of this file"),
        (GOOD.replace("111111111111", "11111111111"), "rolecall.yaml:4: role.trusted_principals[0]: "),
        (GOOD + "deployment: {region: [us-east-1, eu-west-1]}\n", "rolecall.yaml:10: deployment.region: "),
        (GOOD + "deployment: {regions: [us-east-1]}\n", "rolecall.yaml:10: deployment.regions: "),
        (
            GOOD.replace("[/]", "[/]\n  exclude_accounts: [1234]"),
            "rolecall.yaml:8: targets.exclude_accounts[0]: ",
        ),
    ],
    ids=["not YAML", "a tab", "unknown key", "account id", "two Regions", "regions", "excluded account"],
)
def test_a_wrong_config_is_told_with_file_line_key_and_hint(shell: Shell, text: str, place: str) -> None:
    (shell.folder / "rolecall.yaml").write_text(text)
    done = shell.run("plan")
    assert (done.status, done.stdout) == (2, "")
    assert place in done.stderr
    assert hints(done.stderr)


def test_all_problems_are_told_at_once(shell: Shell) -> None:
    text = GOOD.replace("version: 1", "version: 7").replace("name: Cado", "nam: Cado") + "colour: blue\n"
    (shell.folder / "rolecall.yaml").write_text(text)
    done = shell.run("plan")
    assert [f"rolecall.yaml:{line}" in done.stderr for line in (1, 3, 10)] == [True] * 3
    assert "did you mean name?" in done.stderr


def test_no_credentials(shell: Shell) -> None:
    (shell.folder / "rolecall.yaml").write_text(GOOD)
    done = shell.run("plan")
    assert done.status == 1
    assert "no usable AWS credentials" in done.stderr
    assert hints(done.stderr)


def test_an_unknown_profile(clean: Shell) -> None:
    (clean.folder / "rolecall.yaml").write_text(GOOD)
    done = clean.run("plan", "--profile", "nobody")
    assert done.status == 1
    assert "nobody" in done.stderr
    assert hints(done.stderr)


def test_an_aws_endpoint_that_does_not_answer(clean: Shell) -> None:
    (clean.folder / "rolecall.yaml").write_text(GOOD)
    config = clean.folder / "aws-config"
    config.write_text("[profile management]\nregion = us-east-1\n[profile platform]\nregion = us-east-1\n")
    nowhere = clean.with_environment(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}", AWS_CONFIG_FILE=str(config), AWS_MAX_ATTEMPTS="1"
    )
    done = nowhere.run("plan")
    assert done.status == 1
    assert "no answer from AWS" in done.stderr
    assert hints(done.stderr)


def test_an_unreachable_platform(clean: Shell) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    clean.ok("init", "--platform-url", url)
    done = clean.with_environment(ROLECALL_PLATFORM_KEY=KEY).run("apply", "--yes")
    assert done.status == 1
    assert "no answer from platform forensics" in done.stderr
    assert url in done.stderr
    assert KEY not in done.stderr
    assert hints(done.stderr)
    assert _nothing_was_made(clean)


def test_a_platform_key_that_is_not_set(clean: Shell) -> None:
    clean.ok("init", "--platform-url", "https://platform.example.com")
    done = clean.run("plan")
    assert done.status == 2
    assert "env:ROLECALL_PLATFORM_KEY holds no key" in done.stderr
    assert hints(done.stderr)


def test_a_unit_that_the_organization_does_not_have(clean: Shell) -> None:
    clean.ok("init", "--unit", "/Workloads/Prud")
    done = clean.run("apply", "--yes")
    assert done.status == 2
    assert "/Workloads/Prud" in done.stderr
    assert "/Workloads/Prod" in hints(done.stderr)[0]
    assert _nothing_was_made(clean)


def test_nobody_to_confirm(clean: Shell) -> None:
    clean.ok("init")
    done = clean.run("apply")
    assert done.status == 2
    assert "--yes" in hints(done.stderr)[0]
    assert _nothing_was_made(clean)


@pytest.mark.parametrize(
    "arguments",
    [["plam"], [], ["plan", "--bogus"], ["check", "--format", "pdf"], ["--config"], ["check", "--account", "12"]],
    ids=str,
)
def test_wrong_usage(shell: Shell, arguments: list[str]) -> None:
    done = shell.run(*arguments)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert hints(done.stderr)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"rolecall_plan": 99}', "\x00"])
def test_a_plan_file_that_is_none(clean: Shell, text: str) -> None:
    clean.ok("init")
    (clean.folder / "plan.json").write_text(text)
    done = clean.run("apply", "--yes", "plan.json")
    assert done.status == 1
    assert "hint: make one with `rolecall plan --out FILE`" in done.stderr


def test_init_does_not_write_over_a_file(clean: Shell) -> None:
    (clean.folder / "rolecall.yaml").write_text("mine")
    done = clean.run("init")
    assert done.status == 2
    assert (clean.folder / "rolecall.yaml").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_file_that_cannot_be_written(clean: Shell) -> None:
    clean.ok("init")
    done = clean.run("plan", "--out", "/plan.json")
    assert done.status == 2


def test_an_output_file_in_a_folder_that_is_not_there(clean: Shell) -> None:
    clean.ok("init")
    done = clean.run("plan", "--out", "nowhere/plan.json")
    assert done.status == 2
    assert hints(done.stderr)


def _nothing_was_made(shell: Shell) -> bool:
    (shell.folder / "rolecall.yaml").unlink()
    shell.ok("init")
    rows = shell.ok("status", "--json").json()["accounts"]
    return {row["deployment"] for row in rows} == {"absent"}


def test_tls_needs_both_files(clean: Shell) -> None:
    clean.ok("init")
    done = clean.run("serve", "--port", "0", "--tls-certificate", "certificate.pem")
    assert done.status == 2
    assert "--tls-key" in hints(done.stderr)[0]


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("registry", "worker")])
def test_a_registry_has_to_know_the_external_id(clean: Shell, command: tuple[str, ...]) -> None:
    done = clean.run(*command)
    assert (done.status, done.stdout) == (2, "")
    assert "--external-id" in hints(done.stderr)[0]


def test_a_plan_file_that_is_not_there(clean: Shell) -> None:
    clean.ok("init")
    done = clean.run("apply", "--yes", "nowhere.json")
    assert done.status == 2
    assert "rolecall plan --out" in hints(done.stderr)[0]


def test_a_sandbox_starts_whatever_the_shell_says_of_aws(shell: Shell) -> None:
    """As after another sandbox, whose profile is gone."""
    stale = shell.with_environment(AWS_PROFILE="gone", AWS_CONFIG_FILE="/nowhere", XDG_RUNTIME_DIR=str(shell.folder))
    told = stale.ok("sandbox", "--detach", "--speed", "0").stdout
    stopped = stale.ok("sandbox", "--stop").stdout
    assert stopped.split() == ["unset", *(line.split("=")[0].removeprefix("export ") for line in told.splitlines())]
