"""What the registry's guide shows is run in one session, and its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role, create_key
from rolecall.registry.settings import Settings
from tests.docs.shown import ROOT, blocks, curl, run
from tests.ports import free_port
from tests.registry.fakes import FakeProbe

GUIDE = "docs/guides/registry.md"
TEXT = (ROOT / GUIDE).read_text("utf-8")


@curl
def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(GUIDE, "test_registry_guide")
    assert len(session) == 5
    port = str(free_port())
    done = run([block.replace("8080", port) for block in session], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '{"status":"success","data":{"account_name":"Management"}}' in done.stdout
    assert '"total_records":1' in done.stdout
    assert '"healthy":true' in done.stdout
    assert "rolecall_registry_accounts_by_verdict" in done.stdout
    assert {"registry.bak", "registry.db"} <= {path.name for path in tmp_path.iterdir()}
    assert list(tmp_path.glob("registry.db.before-*"))
    assert "Keys that were revoked since" in done.stderr


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('guide') / 'registry.db'}"
    key = create_key(url, Role.ADMINISTRATOR.value, "guide")
    app = create_app(Settings(url), FakeProbe())
    text: str = TestClient(app, headers={"Authorization": f"Bearer {key}"}).get("/metrics").text
    app.state.services.database.close()
    return text


def test_every_metric_has_its_line_with_its_labels(metrics: str) -> None:
    """Those of which there is no sample yet are told by their HELP."""
    (table,) = re.findall(r"\| metric, all beginning.*?\n\n", TEXT, re.DOTALL)
    documented = {name for name, _ in re.findall(r"`(\w+)(\{[^}]*\})?`", table.split("| --- |")[1])}
    told = set(re.findall(r"^# HELP rolecall_registry_(\w+) ", metrics, re.MULTILINE))
    assert documented == {name for name in told if not name.endswith("_created")}


def test_every_role_has_its_line() -> None:
    assert [role for role in Role if role.value not in TEXT] == []
