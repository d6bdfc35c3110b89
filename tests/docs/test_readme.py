"""What the README shows is run, in its order, in an empty folder; and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.shown import PATIENCE
from tests.e2e.conftest import clean_environment
from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_RUN = re.compile(r"<!-- run by tests/docs/test_readme\.py -->\n```sh\n(.*?)```", re.DOTALL)


def test_the_commands_of_the_readme_work_one_after_another(tmp_path: Path) -> None:
    blocks = _RUN.findall(README)
    assert len(blocks) == 2
    folder = tmp_path / "work"
    folder.mkdir()
    script = "set -eu\n" + "\n".join(blocks).replace("8080", str(free_port()))
    # The README's registry listens on its default port; here on a free one.
    script = script.replace("rolecall serve >", f"rolecall serve --port {_port(script)} >")
    environment = {
        **clean_environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arn:aws:iam::" in done.stdout
    assert "12 accounts: 12 ready" in done.stdout
    assert "Nothing is left of rolecall-CadoResponseRole" in done.stdout


def _port(script: str) -> str:
    match = re.search(r"127\.0\.0\.1:(\d+)", script)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_names_every_command() -> None:
    from rolecall.cli.main import app

    commands = [
        *(command.name for command in app.registered_commands),
        *(group.name for group in app.registered_groups),
    ]
    assert [name for name in commands if f"`rolecall {name}" not in README] == []
