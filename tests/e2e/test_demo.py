"""The demo, as `make demo` runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Shell, clean_environment
from tests.nursery import Nursery

PLANTED = {"retired-2023", "legacy-erp", "locked-down"}
DENIED = ["ebs:GetSnapshotBlock", "ebs:ListChangedBlocks", "ebs:ListSnapshotBlocks", "ec2:CreateSnapshot"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, forks: Nursery) -> dict[str, object]:
    """The demo's JSON, run where everything that it could leave behind would be seen."""
    shell, temporary = _stage(tmp_path_factory.mktemp("demo"), forks)
    done = shell.ok("demo", "--json", "--speed", "0")
    assert list(shell.folder.iterdir()) == []
    assert list(temporary.iterdir()) == []
    return done.json()


def _stage(folder: Path, forks: Nursery) -> tuple[Shell, Path]:
    """A shell in an empty folder, and the only folder for temporary files."""
    work, temporary = folder / "work", folder / "tmp"
    work.mkdir()
    temporary.mkdir()
    environment = {name: value for name, value in clean_environment().items() if name != "XDG_RUNTIME_DIR"}
    return Shell(work, {**environment, "TMPDIR": str(temporary)}, forks), temporary


def _rows(demo: dict[str, object]) -> dict[str, dict[str, object]]:
    rows = demo["accounts"]
    assert isinstance(rows, list)
    return {row["name"]: row for row in rows}


def test_every_account_has_one_verdict_and_a_reason(demo: dict[str, object]) -> None:
    organization, summary = demo["organization"], demo["summary"]
    assert isinstance(organization, dict)
    assert isinstance(summary, dict)
    assert demo["kind"] == "demo"
    assert summary["total"] == organization["accounts"] == len(_rows(demo)) >= 40
    assert sum(summary["by_verdict"].values()) == summary["total"]
    assert all(row["reason"] for row in _rows(demo).values())
    assert max(str(row["path"]).count("/") for row in _rows(demo).values()) >= 3


def test_a_suspended_account_is_excluded(demo: dict[str, object]) -> None:
    row = _rows(demo)["retired-2023"]
    assert (row["state"], row["verdict"]) == ("SUSPENDED", "excluded")
    assert "suspended" in str(row["reason"])


def test_an_account_where_the_name_is_taken_is_unreachable(demo: dict[str, object]) -> None:
    row = _rows(demo)["legacy-erp"]
    assert (row["verdict"], row["registration"]) == ("unreachable", "unregistered")
    assert "already exists" in str(row["reason"])


def test_an_scp_restricts_exactly_what_it_denies(demo: dict[str, object]) -> None:
    row = _rows(demo)["locked-down"]
    assert (row["verdict"], row["registration"]) == ("restricted", "registered")
    assert row["missing_permissions"] == DENIED
    assert "service control policy" in str(row["reason"])
    causes = row["causes"]
    assert isinstance(causes, list)
    assert [(cause["cause"], cause["groups"], cause["permissions"]) for cause in causes] == [
        ("a service control policy", ["ebs"], DENIED)
    ]


def test_everything_else_is_ready_and_registered(demo: dict[str, object]) -> None:
    others = {name: row for name, row in _rows(demo).items() if name not in PLANTED}
    assert {(row["verdict"], row["registration"]) for row in others.values()} == {("ready", "registered")}


def _asked(url: str, key: str, path: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{url}/api/v3/{path}", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def test_serve_leaves_the_page_up_and_ctrl_c_leaves_nothing(tmp_path: Path, forks: Nursery) -> None:
    shell, temporary = _stage(tmp_path, forks)
    process = subprocess.Popen(
        [sys.executable, "-m", "rolecall", "demo", "--serve", "--speed", "0", "--quiet"],
        cwd=shell.folder,
        env=dict(shell.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        told: dict[str, str] = {}
        for line in process.stderr:
            name, _, value = line.partition(":")
            told[name.strip()] = value.strip()
            if "Ctrl-C" in line:
                break
        url, key = told["The registry's page"], told["Sign in with the key"]
        assert _asked(url, key, "accounts?per_page=100")["pagination"]["total_records"] == 42
        (discovery,) = _asked(url, key, "pipelines?type=accountdiscovery")["data"]
        assert discovery["status"] in ("queued", "in_progress", "failed")  # legacy-erp's role is somebody else's
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
    assert process.returncode in (0, 130)
    assert list(temporary.iterdir()) == []
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=60)
