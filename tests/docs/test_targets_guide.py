"""The guide of the targets: each example is planned in the organization that it names, and its session is run."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from rolecall.cli.main import main
from rolecall.sandbox.scenario import load_scenario
from tests.docs.shown import ROOT, blocks, run
from tests.sandbox.conftest import StartSandbox, sandbox_loop, start_sandbox

__all__ = ["sandbox_loop", "start_sandbox"]

PAGE = "docs/guides/targets.md"
_PLANNED = re.compile(
    r"<!-- planned by tests/docs/test_targets_guide\.py -->\n```yaml\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL
)


def rolecall(*arguments: str) -> None:
    sys.argv = ["rolecall", *arguments]
    with pytest.raises(SystemExit):
        main()


def test_every_example_plans_what_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], start_sandbox: StartSandbox
) -> None:
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.chdir(tmp_path)
    for name, value in start_sandbox(load_scenario("demo")).environment().items():
        monkeypatch.setenv(name, value)
    rolecall("init")
    first = yaml.safe_load(Path("rolecall.yaml").read_text())
    found = _PLANNED.findall((ROOT / PAGE).read_text("utf-8"))
    assert len(found) == 7
    for sections, said in found:
        config = {**first, "deployment": {}, **yaml.safe_load(sections)}
        Path("rolecall.yaml").write_text(yaml.safe_dump(config))
        rolecall("plan", "--verbose")
        told = "".join(capsys.readouterr())
        assert [line for line in said.splitlines() if line not in told] == [], told


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(PAGE, "test_targets_guide")
    assert len(session) == 3
    done = run(session, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "make it there with `rolecall template --for execution-role`, then apply again" in done.stdout + done.stderr
    assert "Nothing is left of rolecall-CadoResponseRole" in done.stdout
    assert "3/3 targets ready" in done.stdout
