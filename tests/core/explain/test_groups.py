"""The permission groups as `rolecall permissions` tells them, and as files to begin one's own with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.core.explain.groups import details, levels, overview
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.core.permission_groups.own import read_group, write_group
from rolecall.wiring.service_reference import service_reference
from tests.core.explain.roles import own_group

REFERENCE = service_reference([action for group in GROUPS.values() for action in group.actions])


def allowing(statement: Statement) -> Statement:
    """What it allows, and no more: how it is asked about, narrowed and excused is ours."""
    return Statement(statement.sid, statement.actions, statement.resources, statement.conditions)


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_a_group_as_a_file_allows_the_same(group: PermissionGroup) -> None:
    read = read_group(write_group(group), "own.yaml")
    same = replace(group, statements=tuple(map(allowing, group.statements)), default=False, own=True)
    same = replace(same, probe=read.probe, unprobed=read.unprobed)  # a file does not say what may be called
    assert replace(read, statements=tuple(map(allowing, read.statements))) == same


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_every_action_is_counted_once(group: PermissionGroup) -> None:
    assert sum(levels(group, REFERENCE).values()) == len(group.actions)


def test_levels_are_aws_s_own() -> None:
    assert levels(GROUPS["ebs-encrypted"], REFERENCE) == {"read": 1, "write": 1, "permissions management": 1}
    assert levels(own_group("kms:Decrypt", "kms:Dream"), REFERENCE) == {"write": 1, "unknown": 1}


@pytest.mark.parametrize(("enabled", "told"), [(None, None), (["ebs"], True), (["s3"], False)])
def test_whether_it_is_enabled(enabled: list[str] | None, told: bool | None) -> None:
    assert overview(GROUPS["ebs"], REFERENCE, enabled)["enabled"] is told


def test_details_hold_all_that_the_group_says() -> None:
    told = details(GROUPS["ebs"], REFERENCE, None)
    by_sid = {statement["sid"]: statement for statement in told["statements"]}
    assert (told["purpose"], told["source"]) == (GROUPS["ebs"].purpose, GROUPS["ebs"].source)
    assert by_sid["EbsSnapshots"]["actions"] == [{"name": "ec2:CreateSnapshot", "level": "write"}]
    assert set(by_sid["EbsSnapshots"]["narrowed_by"]) == {"regions", "tag"}
    assert "takes nothing" in by_sid["EbsSnapshots"]["accepted"]["write-without-condition"]
    assert by_sid["EbsTagOwnSnapshots"]["conditions"] == {"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}}
