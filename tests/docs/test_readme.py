"""What the README shows is run, in its order, in an empty folder; and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.shown import ROOT, blocks, curl, run
from tests.ports import free_port

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@curl
def test_the_commands_of_the_readme_work_one_after_another(tmp_path: Path) -> None:
    """The README's registry listens on its default port; here on a free one."""
    shown = blocks("README.md", "test_readme")
    assert len(shown) == 2
    port = str(free_port())
    serve = f"rolecall serve --port {port} >"
    script = [block.replace("8080", port).replace("rolecall serve >", serve) for block in shown]
    folder = tmp_path / "work"
    folder.mkdir()
    done = run(script, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arn:aws:iam::" in done.stdout
    assert "12 accounts: 12 ready" in done.stdout
    assert "Nothing is left of rolecall-CadoResponseRole" in done.stdout


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
