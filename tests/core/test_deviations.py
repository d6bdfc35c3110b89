"""A role read back beside what the config deploys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rolecall.core.blueprint import Blueprint
from rolecall.core.config import RoleSection
from rolecall.core.desired import content_of
from rolecall.core.deviations import Deviations, deviations, with_deviations
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.permission_groups import GROUPS
from rolecall.core.read_back import LastUsed, ReadBack, Unread
from rolecall.core.roll import Access, Proof
from tests.fakes.cloud import EXTERNAL_ID, ROLE_NAME, config
from tests.fakes.probe import as_deployed

ARN = RoleArn("aws", AccountId("222222222222"), "/", ROLE_NAME)
MANAGED = f"arn:aws:iam::222222222222:policy/{ROLE_NAME}-1"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BRINGS = {"source_identity": "ir-platform", "session_tags": {"case": "12"}}
PROOF = Proof(Access.ANSWERING, "12 permissions allowed", assumed=True)


def section(**changes: Any) -> RoleSection:
    brings = {"assume_from": BRINGS} if "trust" in changes else {}
    return config(role=changes, deployment={"stack_set_name": f"rolecall-{ROLE_NAME}"}, check=brings).role


def as_made(role: RoleSection, arn: RoleArn = ARN) -> ReadBack:
    return as_deployed(arn, content_of(role), (Blueprint(role, ours=True).of(arn).attached or {}).keys())


def notes(found: ReadBack, role: RoleSection | None = None, *, ours: bool = True) -> tuple[str, ...]:
    compared = deviations(Blueprint(role or section(), ours=ours).of(ARN), found)
    assert compared.others == ()
    return compared.notes


def with_role(found: ReadBack, **changes: Any) -> ReadBack:
    assert found.role is not None
    return replace(found, role=replace(found.role, **changes))


def allow(action: str, resource: str = "*") -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"permission_groups": list(GROUPS)},
        {"name": "NewRole", "former_name": ROLE_NAME},
        {"permissions_boundary": "teams/Limits", "tags": {"team": "ir"}},
        {"path": "/teams/ir/"},
        {"external_id": "none", "external_id_reason": "the platform has none"},
        {"former_external_ids": ["former-id"], "trust": {"source_identity": ["ir-*"], "session_tags": {"case": "*"}}},
    ],
    ids=str,
)
def test_a_role_as_it_was_deployed_does_not_differ(changes: dict[str, Any]) -> None:
    role = section(**changes)
    arn = replace(ARN, path=role.path)
    compared = deviations(Blueprint(role, ours=True).of(arn), as_made(role, arn))
    assert compared == Deviations()


def test_the_partition_is_the_accounts() -> None:
    arn = replace(ARN, partition="aws-us-gov")
    assert deviations(Blueprint(section(), ours=True).of(arn), as_made(section(), arn)) == Deviations()


def test_attachments_are_named_by_arn_either_way() -> None:
    assert notes(replace(as_made(section()), attached=(ADMINISTRATOR,), policies={})) == (
        f"the policy {ADMINISTRATOR} is attached and was not deployed",
        f"the policy {MANAGED} is not attached",
    )


def test_inline_policies_are_named_either_way() -> None:
    assert notes(replace(as_made(section()), inline_names=("mine",), inline={"mine": allow("*")})) == (
        "the inline policy mine was not deployed",
        "the inline policy account-check is gone",
    )


def test_a_changed_policy_says_which_actions_came_and_went() -> None:
    found = as_made(section())
    (told,) = notes(replace(found, policies={MANAGED: allow("iam:CreateUser")}))
    assert told.startswith(f"the policy {MANAGED} was changed: it allows iam:CreateUser too, it no longer allows ")
    assert "ec2:CreateSnapshot" in told


def test_a_statement_on_other_resources_is_a_change_too() -> None:
    found = as_made(section())
    first, *others = found.inline["account-check"]["Statement"]
    changed = {"Version": "2012-10-17", "Statement": [first | {"Resource": "*"}, *others]}
    assert notes(replace(found, inline={"account-check": changed})) == (
        "the inline policy account-check was changed: in its resources, conditions or denials",
    )


def test_order_sids_and_lists_of_one_say_nothing() -> None:
    found = as_made(section())
    turned = [
        {"Effect": told["Effect"], **{key: told[key] for key in ("Condition",) if key in told},
         "Action": list(reversed([told["Action"]] if isinstance(told["Action"], str) else told["Action"])),
         "Resource": told["Resource"] if isinstance(told["Resource"], list) else [told["Resource"]]}
        for told in reversed(found.policies[MANAGED]["Statement"])
    ]  # fmt: skip
    assert notes(replace(found, policies={MANAGED: {"Version": "2012-10-17", "Statement": turned}})) == ()


def test_the_roles_settings_are_compared() -> None:
    tagged = section(tags={"team": "ir", "cost": "12"})
    found = with_role(as_made(tagged), max_session_seconds=3600, boundary=ADMINISTRATOR, tags={"team": "other"})
    assert notes(found, tagged) == (
        "its sessions may last 3600 seconds, not 43200",
        f"its permissions boundary is {ADMINISTRATOR}; none was deployed",
        "its tag cost is gone",
        "its tag team is another",
    )


def test_a_boundary_that_was_taken_off_is_told() -> None:
    bounded = section(permissions_boundary="Limits")
    assert notes(with_role(as_made(bounded), boundary=None), bounded) == (
        "it has no permissions boundary, not arn:aws:iam::222222222222:policy/Limits",
    )


def test_what_was_refused_is_said_and_not_guessed() -> None:
    unread = (Unread("iam:ListAttachedRolePolicies", "its attached policies", "AccessDenied: no"),)
    assert notes(replace(as_made(section()), attached=None, policies={}, unread=unread)) == (
        "its attached policies could not be read (iam:ListAttachedRolePolicies is refused)",
    )


def test_a_role_of_another_template_is_held_to_what_the_config_says() -> None:
    found = replace(as_made(section()), attached=(ADMINISTRATOR,), inline_names=("mine",), policies={})
    other = with_role(found, max_session_seconds=3600, boundary=ADMINISTRATOR)
    assert notes(other, ours=False) == ()
    assert notes(other, section(max_session_hours=12), ours=False) == ("its sessions may last 3600 seconds, not 43200",)


def test_its_trust_is_compared_whoever_made_it() -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}]}
    for ours in (True, False):
        compared = deviations(Blueprint(section(), ours=ours).of(ARN), with_role(as_made(section()), trust=trust))
        assert compared.others == ("account 999999999999",)


def test_a_role_that_lets_in_others_is_open_and_says_so_first() -> None:
    proof = with_deviations(PROOF, Deviations(("account 999999999999",), ("its tag team is gone",)), None)
    assert proof.access is Access.OPEN
    assert proof.reason.startswith("others are let in: account 999999999999; 12 permissions allowed; ")
    assert proof.deviations == ("its trust policy lets in account 999999999999", "its tag team is gone")


def test_any_other_difference_leaves_the_access_as_it_is() -> None:
    used = LastUsed("2026-03-01T12:00:00Z", "us-east-1")
    proof = with_deviations(PROOF, Deviations((), ("its tag team is gone",)), used)
    assert proof == replace(
        PROOF,
        reason="12 permissions allowed; read back, it differs: its tag team is gone",
        beyond=("read back, it differs: its tag team is gone",),
        deviations=("its tag team is gone",),
        last_used=used,
    )


def test_no_difference_is_told_as_none() -> None:
    assert with_deviations(PROOF, Deviations(), None) == replace(PROOF, deviations=())


def test_no_external_id_is_in_the_words() -> None:
    trust = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "111111111111"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "a-secret-of-theirs"}},
            }
        ]
    }
    told = str(deviations(Blueprint(section(), ours=True).of(ARN), with_role(as_made(section()), trust=trust)))
    assert EXTERNAL_ID not in told
    assert "a-secret-of-theirs" not in told
