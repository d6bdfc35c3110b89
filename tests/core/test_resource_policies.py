"""What resource control policies deny is missing too, where they deny it whatever the request is."""

from __future__ import annotations

import json
from typing import Any

from rolecall.core.blame import ControlPolicy
from rolecall.core.ids import AccountId
from rolecall.core.resource_policies import weighed
from rolecall.core.roll import Access, Cause, MissingPermission, Proof
from tests.core.worlds import AUDIT, BILLING, MANAGEMENT, PROD, ROOT, SECURITY, desired
from tests.fakes.cloud import config
from tests.fakes.time import FOUNDED

GOOD = Proof(
    Access.ANSWERING, "external id enforced; 60 permissions allowed", assumed=True, entry="external id enforced"
)
ROLE = "arn:aws:iam::{}:role/CadoResponseRole"


def policy(action: str = "s3:GetObject", place: str = ROOT, **more: Any) -> ControlPolicy:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", **more}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return ControlPolicy(f"p-{place}", "Perimeter", text, frozenset({place}), "rcp")


def proofs(*policies: ControlPolicy, before: Proof = GOOD) -> dict[AccountId, Proof]:
    known = {MANAGEMENT: before, AUDIT: before, BILLING: before}
    return weighed(config(), desired(), policies, known, FOUNDED)


def test_without_policies_nothing_changes() -> None:
    assert set(proofs().values()) == {GOOD}


def test_what_is_denied_is_missing_and_the_policy_is_named() -> None:
    audit = proofs(policy())[AUDIT]
    assert audit.access is Access.RESTRICTED
    assert audit.missing == (MissingPermission("s3:GetObject", ("s3",), Cause.RCP, "", ("Perimeter",)),)
    assert audit.reason == (
        "external id enforced; 1 permission of s3 denied by a resource control policy (Perimeter): s3:GetObject"
    )


def test_only_accounts_under_the_policy_are_meant_and_never_the_management_account() -> None:
    found = proofs(policy(place=PROD))
    assert (found[BILLING].access, found[AUDIT].access) == (Access.RESTRICTED, Access.ANSWERING)
    assert proofs(policy())[MANAGEMENT] == GOOD


def test_services_that_know_no_such_policies_are_not_denied() -> None:
    assert proofs(policy("ec2:*"))[AUDIT] == GOOD


def test_a_perimeter_that_lets_the_organization_in_denies_its_roles_nothing() -> None:
    perimeter = policy("s3:*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg"}})
    assert proofs(perimeter)[AUDIT] == GOOD


def test_a_condition_that_nobody_knows_proves_nothing() -> None:
    network = policy("s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert proofs(network)[AUDIT] == GOOD


def test_a_policy_that_names_one_role_means_that_one() -> None:
    one = policy("s3:*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE.format(AUDIT)}})
    found = proofs(one)
    assert (found[AUDIT].access, found[BILLING].access) == (Access.RESTRICTED, Access.ANSWERING)


def test_what_is_missing_already_is_not_told_twice() -> None:
    missing = MissingPermission("s3:GetObject", ("s3",), Cause.SCP, "us-east-1")
    before = Proof(Access.RESTRICTED, "…", (missing,), assumed=True)
    assert proofs(policy(place=SECURITY), before=before)[AUDIT] == before


def test_of_a_role_that_was_not_assumed_nothing_is_said() -> None:
    refused = Proof(Access.REFUSED, "the role cannot be assumed")
    assert proofs(policy(), before=refused)[AUDIT] == refused
