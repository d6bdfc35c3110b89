"""Organizations' policies: AWS's own, customers', and what may stand in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.sandbox.organization import FULL_ACCESS

from ..served import ServedSandbox
from .cloud import refused
from .reasons import INVALID, VIOLATED, reason

SCP, RCP = FULL_ACCESS
DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def create(organizations: Any, kind: str, statement: dict[str, Any], name: str = "Limit", **document: Any) -> str:
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement], **document})
    made = organizations.create_policy(Name=name, Description="", Type=kind, Content=content)
    policy_id: str = made["Policy"]["PolicySummary"]["Id"]
    return policy_id


@pytest.mark.behaviour(67)
@pytest.mark.parametrize("policy_id", FULL_ACCESS.values())
def test_awss_own_policies_cannot_be_changed_or_deleted(organizations: Any, policy_id: str) -> None:
    update, delete = organizations.update_policy, organizations.delete_policy
    assert reason(update, PolicyId=policy_id, Name="Mine") == (INVALID, "IMMUTABLE_POLICY")
    assert reason(delete, PolicyId=policy_id) == (INVALID, "IMMUTABLE_POLICY")


@pytest.mark.behaviour(67)
def test_the_full_rcp_cannot_be_detached_and_the_last_scp_neither(sandbox: ServedSandbox, organizations: Any) -> None:
    root, detach = sandbox.world.organization.root_id, organizations.detach_policy
    last = (VIOLATED, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert reason(detach, PolicyId=FULL_ACCESS[SCP], TargetId=root) == last
    organizations.attach_policy(PolicyId=create(organizations, RCP, DENY), TargetId=root)
    assert reason(detach, PolicyId=FULL_ACCESS[RCP], TargetId=root) == (INVALID, "NON_DETACHABLE_POLICY")


@pytest.mark.behaviour(67)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Effect": "Allow"}, "Effect must be Deny"),
        ({"Action": "*"}, "must name a service"),
        ({"Action": ["s3:GetObject", "*"]}, "must name a service"),
        ({"Action": None, "NotAction": "s3:*"}, "NotAction is not supported"),
        ({"Principal": None, "NotPrincipal": "*"}, "Principal"),
        ({"Principal": {"AWS": "111111111111"}}, "Principal"),
        ({"Principal": None}, "Principal"),
        ({"Resource": None}, "Resource"),
    ],
)
def test_a_customers_rcp_only_denies_named_services_to_everyone(
    organizations: Any, change: dict[str, Any], words: str
) -> None:
    statement = {name: value for name, value in {**DENY, **change}.items() if value is not None}
    code, message = refused(lambda: create(organizations, RCP, statement))
    assert (code, words in message) == ("MalformedPolicyDocumentException", True)


@pytest.mark.behaviour(67)
def test_an_rcp_needs_its_version_and_is_checked_when_it_changes(organizations: Any) -> None:
    old = refused(lambda: create(organizations, RCP, DENY, Version="2008-10-17"))
    assert old[0] == "MalformedPolicyDocumentException"
    policy_id = create(organizations, RCP, DENY)
    allow = json.dumps({"Version": "2012-10-17", "Statement": [{**DENY, "Effect": "Allow"}]})
    changed = refused(organizations.update_policy, PolicyId=policy_id, Content=allow)
    assert changed[0] == "MalformedPolicyDocumentException"


@pytest.mark.behaviour(67)
def test_a_name_that_is_free_again_gives_a_policy_of_its_own(organizations: Any) -> None:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    other = create(organizations, SCP, statement, name="Other")
    first = create(organizations, SCP, statement)
    organizations.update_policy(PolicyId=first, Name="Renamed")
    organizations.delete_policy(PolicyId=other)
    assert create(organizations, SCP, statement) != first
