"""Who the roll is called as, against who is trusted."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.caller import findings
from rolecall.core.config import RoleSection
from rolecall.core.probe import Caller

PLATFORM = "arn:aws:iam::111111111111:role/forensics/Platform"
USER = "arn:aws:iam::111111111111:user/Platform"
SESSION = "arn:aws:sts::111111111111:assumed-role/Platform/session"


def role(**changes: Any) -> RoleSection:
    document = {"name": "R", "trusted_principals": [PLATFORM], "external_id": "the-id"}
    return RoleSection.model_validate(document | changes)


def pinned(principal: str, unique_id: str) -> RoleSection:
    return role(trusted_principals=[principal], trust={"principal_ids": {principal: unique_id}})


@pytest.mark.parametrize(
    ("section", "caller"),
    [
        (role(), Caller(SESSION, "AROANEW3456789012")),
        (role(trusted_principals=[USER]), Caller(USER, "AIDA123456789012")),
        (pinned(PLATFORM, "AROA123456789012"), Caller(SESSION, "AROA123456789012")),
        (pinned(USER, "AIDA123456789012"), Caller(USER, "AIDA123456789012")),
        (
            role(trusted_principals=[USER], trusted_accounts=[{"account": "222222222222", "reason": "ours"}]),
            Caller("arn:aws:sts::222222222222:assumed-role/Any/session", "AROA123456789012"),
        ),
    ],
    ids=["a session of the role", "the user", "the same role", "the same user", "of a trusted account"],
)
def test_nothing_is_said_of_the_platform_itself(section: RoleSection, caller: Caller) -> None:
    assert findings(section, caller) == ()


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sts::111111111111:assumed-role/Operator/Platform",
        "arn:aws:sts::222222222222:assumed-role/Platform/session",
        "arn:aws:sts::111111111111:federated-user/Platform",
        "arn:aws:iam::111111111111:root",
    ],
)
def test_somebody_else_is_told(arn: str) -> None:
    (finding,) = findings(role(), Caller(arn, "AROA123456789012"))
    assert arn in finding
    assert "check.assume_from" in finding


def test_a_role_made_anew_is_told_with_both_ids() -> None:
    (finding,) = findings(pinned(PLATFORM, "AROAFORMER789012"), Caller(SESSION, "AROAPRESENT89012"))
    assert "AROAFORMER789012" in finding
    assert "AROAPRESENT89012" in finding
