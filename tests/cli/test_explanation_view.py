"""The explanation and the groups as people see them. Snapshots are reviewed by eye: run with --snapshot-update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from rolecall.cli.options import Options
from rolecall.cli.views.console import to
from rolecall.cli.views.explanation import print_explanation
from rolecall.cli.views.permissions import print_group, print_groups
from rolecall.core.config import RoleSection
from rolecall.core.explain import as_json
from rolecall.core.explain.groups import details, overview
from rolecall.core.permission_groups import GROUPS
from rolecall.wiring.service_reference import service_reference
from tests.core.explain.roles import SCOPES, explained, own_group, role, with_all_groups

OPTIONS = Options(config=None, color=False)  # type: ignore[arg-type]
REFERENCE = service_reference([action for group in GROUPS.values() for action in group.actions])

Print = Callable[[Console, Mapping[str, Any]], None]


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(view: Print, told: Mapping[str, Any]) -> str:
    stream = StringIO()
    view(to(stream, OPTIONS), told)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def text_of(of: RoleSection) -> str:
    return printed(print_explanation, as_json(explained(of), "1.0.0"))


def test_the_default_groups(snapshot: SnapshotAssertion) -> None:
    assert text_of(role()) == snapshot


def test_all_groups_with_all_scopes(snapshot: SnapshotAssertion) -> None:
    assert text_of(with_all_groups(scopes=SCOPES, max_session_hours=1, permissions_boundary="Bound")) == snapshot


def test_a_group_of_ones_own(snapshot: SnapshotAssertion) -> None:
    of = role(own_group("iam:CreateUser", "ec2:CreateBrandNewThing"), permission_groups=["account-check"])
    assert text_of(of) == snapshot


def test_it_fits_80_columns() -> None:
    """But for an ARN, which nobody could copy once it is cut."""
    lines = text_of(with_all_groups(scopes=SCOPES)).splitlines()
    assert [line for line in lines if len(line) > 80 and "arn:" not in line] == []
    assert len(lines) > 200


def test_the_list_of_groups(snapshot: SnapshotAssertion) -> None:
    rows = [overview(group, REFERENCE, None) for group in GROUPS.values()]
    assert printed(print_groups, {"groups": rows}) == snapshot


def test_the_list_with_a_config(snapshot: SnapshotAssertion) -> None:
    known = [*GROUPS.values(), own_group("s3:GetObject")]
    rows = [overview(group, REFERENCE, ["account-check", "our-own"]) for group in known]
    assert printed(print_groups, {"groups": rows}) == snapshot


@pytest.mark.parametrize("name", ["ec2-triage", "ebs-copy"])
def test_one_group(name: str, snapshot: SnapshotAssertion) -> None:
    assert printed(print_group, {"group": details(GROUPS[name], REFERENCE, ["s3"])}) == snapshot
