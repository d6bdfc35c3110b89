"""What a plan says of changes that would lock the platform out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rolecall.core.observed import Observed
from rolecall.core.rotation import rotation_notes
from tests.fakes.cloud import config

from .worlds import desired, settled, stack_set

OTHER = "arn:aws:iam::111111111111:role/Other"
PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
STACK_SET = {"stack_set_name": "rolecall-CadoResponseRole"}
FORMER = "5f0cCanaryExternalId42"


def told(before: dict[str, Any], after: dict[str, Any], **deployment: str) -> list[str]:
    wanted = desired(wanted=config(role=after, deployment=deployment))
    deployed = desired(wanted=config(role=before, deployment=deployment))
    return list(rotation_notes(wanted, replace(settled(wanted), stack_set=stack_set(deployed))))


def test_a_replaced_external_id_is_told_with_its_two_steps() -> None:
    (note,) = told({}, {"external_id": "another-secret-id"})
    assert "presents the external id 5f0c… until it is told another" in note
    assert "role.former_external_ids" in note
    assert FORMER not in note


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"external_id": "another-secret-id", "former_external_ids": [FORMER]}),
        ({"external_id": "another-secret-id", "former_external_ids": [FORMER]}, {"external_id": "another-secret-id"}),
        ({}, {"trusted_principals": [PLATFORM, OTHER]}),
        ({}, {"max_session_hours": 1}),
        ({}, {}),
    ],
)
def test_each_step_of_the_two_says_nothing(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told(before, after) == []


def test_a_principal_that_goes_is_named() -> None:
    (note,) = told({"trusted_principals": [PLATFORM, OTHER]}, {"trusted_principals": [OTHER]})
    assert note.startswith(f"{PLATFORM} may not assume the role any more")


def test_a_role_that_is_renamed_at_once_is_told_with_its_two_steps() -> None:
    (note,) = told({}, {"name": "Other"})
    assert note.startswith("role CadoResponseRole becomes Other at once: the former one is gone before")
    assert "put role.former_name: CadoResponseRole beside it and apply" in note


def test_each_step_of_a_renaming_says_nothing() -> None:
    both = {"name": "Other", "former_name": "CadoResponseRole"}
    assert told({}, both, **STACK_SET) == []
    assert told(both, {"name": "Other"}, **STACK_SET) == []


def test_a_former_name_that_is_not_deployed_is_no_step() -> None:
    (note,) = told({}, {"name": "Other", "former_name": "CadoResponceRole"}, **STACK_SET)
    assert note.startswith("role CadoResponseRole becomes Other at once")


def test_an_external_id_where_none_was_is_to_be_presented_first() -> None:
    own = {"external_id": "none", "external_id_reason": "our own account"}
    (note,) = told(own, {})
    assert note.startswith("an external id will be asked for where none was")
    assert told({}, own) == []


def test_where_nothing_is_deployed_nothing_is_lost() -> None:
    assert list(rotation_notes(desired(), Observed())) == []
