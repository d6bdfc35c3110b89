"""Nothing that the role may do is left out of its explanation."""

from __future__ import annotations

import pytest

from rolecall.core.config import RoleSection
from rolecall.core.explain.consequences import CONSEQUENCES
from rolecall.core.explain.granted import actions_of
from rolecall.core.explain.model import Harm
from rolecall.core.permission_groups import GROUPS
from rolecall.wiring.service_reference import service_reference
from tests.core.explain.roles import SCOPES, explained, own_group, reference_of, role, with_all_groups

EACH_GROUP = {name: role(permission_groups=[*group.requires, name]) for name, group in GROUPS.items()}


def actions_in(of: RoleSection) -> set[str]:
    reference = reference_of(of)
    names = {action for statement in of.statements for action in statement.actions}
    return {action for name in names for action, _ in actions_of(name, reference)}


@pytest.mark.parametrize(
    "of",
    [
        *EACH_GROUP.values(),
        role(),
        with_all_groups(),
        with_all_groups(scopes=SCOPES),
        role(own_group("iam:*User*", "ec2:CreateBrandNewThing", "sqs:*", "s3:GetBucket*")),
    ],
    ids=[*EACH_GROUP, "default", "all", "all, scoped", "own"],
)
def test_every_action_is_told_of_by_level_and_as_a_threat(of: RoleSection) -> None:
    told = explained(of)
    assert {action for row in told.allowed for action in row.actions} == actions_in(of)
    assert {action for threat in told.threats for action in threat.actions} == actions_in(of)


def test_a_consequence_knows_every_action_of_our_own_groups() -> None:
    """What is only told generically is for the user's own groups."""
    ids = {threat.id for threat in explained(with_all_groups()).threats}
    assert not ids & {"other-changes", "other-reads"}


def test_changes_that_no_consequence_knows_are_told_by_name() -> None:
    told = explained(role(own_group("sqs:PurgeQueue", "ec2:CreateBrandNewThing", "sqs:ListQueues")))
    by_id = {threat.id: threat for threat in told.threats}
    assert by_id["other-changes"].actions == ("sqs:PurgeQueue", "ec2:CreateBrandNewThing")
    assert by_id["other-changes"].harm is Harm.CHANGE
    assert by_id["other-reads"].actions == ("sqs:ListQueues",)


def test_an_action_that_aws_does_not_list_has_its_own_level() -> None:
    told = explained(role(own_group("ec2:CreateBrandNewThing")))
    assert [row.level for row in told.allowed if "ec2:CreateBrandNewThing" in row.actions] == ["unknown"]


def test_two_groups_that_allow_the_same_are_told_once() -> None:
    [row] = [row for row in explained(role()).allowed if "kms:Decrypt" in row.actions]
    assert row.groups == ("s3-encrypted", "ebs-encrypted")


def test_the_consequences_are_about_actions_that_there_are() -> None:
    patterns = [
        pattern
        for consequence in CONSEQUENCES
        for pattern in (*consequence.needs, *consequence.any_of, *consequence.also)
    ]
    reference = service_reference(patterns)
    assert [pattern for pattern in patterns if not list(reference.matching(pattern))] == []
    assert len({consequence.id for consequence in CONSEQUENCES}) == len(CONSEQUENCES)
    assert all(consequence.needs or consequence.any_of for consequence in CONSEQUENCES)
    assert not [name for consequence in CONSEQUENCES for name in consequence.needs if "*" in name]
