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
FORMER = "5f0cCanaryExternalId42"


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    wanted = desired(wanted=config(role=after))
    deployed = desired(wanted=config(role=before))
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


def test_a_renamed_role_says_how_the_platform_follows() -> None:
    (note,) = told({}, {"name": "Other"})
    assert "role CadoResponseRole becomes Other" in note


def test_where_nothing_is_deployed_nothing_is_lost() -> None:
    assert list(rotation_notes(desired(), Observed())) == []
