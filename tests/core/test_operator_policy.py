"""Whose credentials need what, by the config."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.core.operator_policy import MAX_CHARACTERS, excess, policy_of, policy_of_all
from rolecall.core.operator_right import Whose
from rolecall.core.operator_rights import RIGHTS
from tests.fakes.cloud import config


def sids(command: str, whose: Whose = Whose.OPERATOR, **changes: Any) -> set[str]:
    return {found["Sid"] for found in policy_of(config(**changes), command, whose)["Statement"]}


@pytest.mark.parametrize("command", RIGHTS)
def test_only_what_the_config_needs_is_asked_for(command: str) -> None:
    plain = sids(command)
    assert not plain & {
        "ReadAccountTags",
        "BeDelegated",
        "TemplateBucket",
        "ManagementBoundary",
        "PassAdministrationRole",
    }


@pytest.mark.parametrize(
    ("changes", "sid"),
    [
        ({"targets": {"account_tags": {"a": ["b"]}}}, "ReadAccountTags"),
        ({"deployment": {"template_bucket": "templates-example"}}, "TemplateBucket"),
        ({"role": {"permissions_boundary": "Bound"}}, "ManagementBoundary"),
        ({"deployment": {"permissions": "self-managed"}}, "PassAdministrationRole"),
    ],
)
def test_a_key_of_the_config_brings_its_right(changes: dict[str, Any], sid: str) -> None:
    assert sids("apply", **changes) - sids("apply") == {sid}


def test_a_delegated_administrator_and_the_management_account_hold_different_rights() -> None:
    delegated = {"deployment": {"call_as": "delegated-admin", "management_profile": "management"}}
    operator, management = (sids("apply", whose, **delegated) for whose in Whose)
    assert management == {"ReadStack", "ChangeStack", "ManagementRole", "ManagementPolicies", "LookUpRole"}
    assert operator & management == set()
    assert operator | management == sids("apply") | {"BeDelegated"}


def test_resources_are_the_configs_own() -> None:
    document = json.dumps(policy_of(config(role={"name": "Own", "path": "/ir/"}), "apply"))
    assert "role/ir/Own" in document
    assert "stackset/rolecall-Own:*" in document
    assert "${" not in document


def test_each_command_fits_into_one_managed_policy() -> None:
    for command in RIGHTS:
        assert excess(json.dumps(policy_of(config(), command))) == 0
    assert excess("x" * (MAX_CHARACTERS + 2) + " ") == 2


@pytest.mark.parametrize("whose", Whose)
def test_the_policy_of_all_commands_allows_what_each_does_and_no_more(whose: Whose) -> None:
    wanted = config(deployment={"call_as": "delegated-admin", "management_profile": "management"})
    every = allowed(policy_of_all(wanted, whose))
    assert every == {right for command in RIGHTS for right in allowed(policy_of(wanted, command, whose))}


def allowed(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_no_statement_of_the_policy_of_all_commands_is_named_as_another() -> None:
    document = policy_of_all(config(deployment={"inspect_role": "Inspect", "template_bucket": "templates-example"}))
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(sids)) == len(sids)
    assert excess(json.dumps(document)) == 0
