"""The groups against the platform's published acquisition policy (2025), and against AWS's reference."""

from __future__ import annotations

import re

import pytest

from rolecall.core.permission_groups import DEFAULTS, GROUPS, PermissionGroup, Statement
from rolecall.core.service_reference import ServiceReference
from rolecall.wiring.service_reference import service_reference

from . import published
from .published import PUBLISHED, ROWS


@pytest.mark.parametrize(("group", "action", "conditions"), ROWS)
def test_every_published_action_is_allowed_under_the_published_conditions(
    group: str, action: str, conditions: dict[str, dict[str, str]] | None
) -> None:
    statements = [statement for statement in GROUPS[group].statements if action in statement.actions]
    assert statements, f"{group} lacks {action}"
    assert any(statement.conditions == (conditions or {}) for statement in statements)


def test_the_groups_are_those_that_are_published() -> None:
    assert set(GROUPS) == set(PUBLISHED)
    assert all(group.id == name for name, group in GROUPS.items())


def test_no_group_allows_more_than_is_published_but_reading_the_role_back() -> None:
    known = {(group, action) for group, action, _ in ROWS}
    more = {(group.id, action) for group in GROUPS.values() for action in group.actions} - known
    assert more == {
        ("account-check", "iam:GetRole"),
        ("account-check", "iam:ListAttachedRolePolicies"),
        ("ebs-copy", "ec2:CreateTags"),
        ("ebs-copy", "kms:GenerateDataKeyPair"),
        ("ebs-copy", "kms:GenerateDataKeyPairWithoutPlaintext"),
        ("ebs-copy", "kms:GenerateDataKeyWithoutPlaintext"),
    }


def test_the_default_groups_are_those_that_are_published_as_such() -> None:
    assert published.DEFAULTS == DEFAULTS


STATEMENTS = [pytest.param(item, id=item.sid) for group in GROUPS.values() for item in group.statements]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_creating_tags_is_never_free(statement: Statement) -> None:
    """Whoever may tag freely may tag a resource so that the tag-gated actions open."""
    if "ec2:CreateTags" in statement.actions:
        assert "ec2:CreateAction" in statement.conditions["StringEquals"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_spells_its_actions_out_and_names_no_partition(statement: Statement) -> None:
    assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z0-9]+", action) for action in statement.actions)
    assert len(set(statement.actions)) == len(statement.actions)
    assert not any("arn:aws" in resource for resource in (*statement.resources, *statement.example_resources))
    assert re.fullmatch(r"[A-Za-z0-9]+", statement.sid)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_guarded_statement_gives_the_context_to_ask_it_with(statement: Statement) -> None:
    keys = {key for values in statement.conditions.values() for key in values}
    assert set(statement.example_context) == keys


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_scoped_statement_gives_resources_to_ask_it_with(statement: Statement) -> None:
    assert (statement.resources == ("*",)) == (statement.example_resources == ("*",))


def test_commands_are_only_run_by_the_two_documents_of_aws() -> None:
    (run,) = (item for item in GROUPS["ec2-triage"].statements if "ssm:SendCommand" in item.actions)
    assert run.resources == (
        "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*",
        "arn:${AWS::Partition}:ssm:*::document/AWS-RunShellScript",
        "arn:${AWS::Partition}:ssm:*::document/AWS-RunPowerShellScript",
    )


def test_statement_ids_are_unique() -> None:
    sids = [item.sid for group in GROUPS.values() for item in group.statements]
    assert len(sids) == len(set(sids))


@pytest.mark.parametrize("group", GROUPS.values(), ids=list(GROUPS))
def test_a_group_says_what_it_is_for_and_where_that_comes_from(group: PermissionGroup) -> None:
    assert group.title
    assert group.purpose.endswith(".")
    assert group.source


@pytest.fixture(scope="module")
def reference() -> ServiceReference:
    return service_reference(action for group in GROUPS.values() for action in group.actions)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_aws_knows_every_action_as_it_is_spelled(statement: Statement, reference: ServiceReference) -> None:
    assert [reference.actions[action.lower()].name for action in statement.actions] == list(statement.actions)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_aws_knows_every_condition_key_for_every_action_of_its_statement(
    statement: Statement, reference: ServiceReference
) -> None:
    """A condition on a key that AWS does not give would allow nothing at all."""
    keys = {re.sub(r"(ResourceTag)/.*", r"\1/${TagKey}", key) for keys in statement.conditions.values() for key in keys}
    for action in statement.actions:
        assert keys <= reference.actions[action.lower()].all_condition_keys
