"""The alert rules: read as Prometheus reads them, and every series they ask for is one that the registry tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role, create_key
from rolecall.registry.database.models import AccountRow, PipelineRow
from rolecall.registry.settings import Settings
from tests.docs.shown import ROOT
from tests.registry.fakes import GOOD_ROLE, FakeProbe

RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "contrib/prometheus/rolecall.rules.yml").read_text("utf-8"))[
    "groups"
][0]["rules"]
_SERIES = re.compile(r"\b(rolecall_registry_\w+)(?:\{([^}]*)\})?")
_SELECTOR = re.compile(r'(\w+)(=~|=)"([^"]*)"')


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Mapping[str, str]]]:
    """Name and labels of every sample of a registry that has something of all."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rules') / 'registry.db'}"
    key, now = create_key(url, Role.ADMINISTRATOR.value, "prometheus"), datetime.now(UTC)
    app = create_app(Settings(url), FakeProbe())
    account = AccountRow(account_name="x", type="aws", role_arn=GOOD_ROLE, added_at=now, checked_at=now)
    waiting = PipelineRow(
        type="healthcheck", name="x", status="queued", aborted=False, parameters={}, created_at=now - timedelta(days=1)
    )
    with app.state.services.database.transaction() as session:
        session.add_all([account, waiting])
    client = TestClient(app, headers={"Authorization": f"Bearer {key}"}, raise_server_exceptions=False)
    app.add_api_route("/broken", lambda: 1 / 0)
    client.get("/broken")
    text = client.get("/metrics").text
    app.state.services.database.close()
    return [
        (sample.name, sample.labels) for family in text_string_to_metric_families(text) for sample in family.samples
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_series_that_there_are(rule: dict[str, Any], told: list[tuple[str, Mapping[str, str]]]) -> None:
    for name, selectors in _SERIES.findall(rule["expr"]):
        assert _matches(name, selectors, told), f"{name}{{{selectors}}}"


def _matches(name: str, selectors: str, told: list[tuple[str, Mapping[str, str]]]) -> bool:
    wanted = {label: value if how == "=~" else re.escape(value) for label, how, value in _SELECTOR.findall(selectors)}
    assert len(wanted) == selectors.count("="), "all selectors are understood"
    return any(
        sample == name and all(re.fullmatch(value, labels.get(label, "")) for label, value in wanted.items())
        for sample, labels in told
    )


def test_a_rule_says_what_is_wrong_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) >= 8
    for rule in RULES:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}, rule
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
        assert [rule["expr"].count(each) for each in "([{"] == [rule["expr"].count(each) for each in ")]}"]


def test_the_test_would_see_a_series_that_there_is_not(told: list[tuple[str, Mapping[str, str]]]) -> None:
    assert not _matches("rolecall_registry_accounts_by_verdict", 'verdict="perfect"', told)
    assert not _matches("rolecall_registry_nothing", "", told)


def test_the_guide_names_every_alert() -> None:
    guide = Path(ROOT / "docs/guides/registry.md").read_text("utf-8")
    assert [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in guide] == []
