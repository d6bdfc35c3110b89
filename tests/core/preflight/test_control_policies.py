"""Which accounts lose what to service control policies: StackSets' own role, and what our role is for."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from rolecall.core import template
from rolecall.core.blame import ControlPolicy
from rolecall.core.denying import Denial
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import InstanceStatus
from rolecall.core.organization import Account, AccountState
from rolecall.core.policy import Request
from rolecall.core.preflight import Finding, Level, Unknown
from rolecall.core.preflight.control_policies import context_of, denials
from tests.core.worlds import (
    AUDIT,
    BILLING,
    MANAGEMENT,
    PROD,
    ROOT,
    SECURITY,
    WORKLOADS,
    desired,
    instance,
    organization,
    settled,
)
from tests.fakes.cloud import config

from .facts import EVERYTHING, deny, everywhere, facts, found, levels, scp

EXECUTION, ROLE = "execution-role-denied", "role-denied"
EXEMPT: dict[str, Any] = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/stacksets-exec-*"}}


def executing(*policies: ControlPolicy, **told: Any) -> list[Finding]:
    return found(facts(policies=[everywhere(), *policies], **told), EXECUTION)


def blocked(*policies: ControlPolicy) -> set[AccountId | None]:
    return {finding.account for finding in executing(*policies) if finding.level is Level.BLOCKS}


def test_nothing_is_denied_where_everything_is_allowed() -> None:
    assert executing() == []


def test_a_denial_at_the_root_blocks_every_member_and_not_the_management_account() -> None:
    assert blocked(scp("NoRoles", deny("iam:CreateRole"))) == {AUDIT, BILLING}


@pytest.mark.parametrize(
    ("place", "accounts"), [(SECURITY, {AUDIT}), (WORKLOADS, {BILLING}), (BILLING, {BILLING}), (MANAGEMENT, set())]
)
def test_a_denial_blocks_what_is_under_it(place: str, accounts: set[AccountId]) -> None:
    assert blocked(scp("NoRoles", deny("iam:*"), on=[place])) == accounts


def test_the_finding_names_policy_actions_and_how_to_exempt() -> None:
    (finding,) = executing(scp("NoRoles", deny("iam:CreateRole", "iam:PutRolePolicy"), on=[AUDIT]))
    assert finding.message == (
        "service control policy NoRoles denies iam:CreateRole, iam:PutRolePolicy to stacksets-exec-*, "
        "by which StackSets make the role"
    )
    assert '"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/stacksets-exec-*"}' in finding.hint


@pytest.mark.parametrize(
    "statement",
    [
        deny("iam:CreateRole", **EXEMPT),
        deny("iam:CreateRole", resource="arn:aws:iam::*:role/other-*"),
        deny("iam:CreateUser"),
        deny("iam:CreateRole", StringNotEquals={"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}),
        deny("iam:CreateRole", StringNotEquals={"aws:PrincipalOrgID": "o-exampleorg"}),
        {"Effect": "Deny", "NotAction": ["iam:*", "cloudformation:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "NotResource": ["arn:aws:iam::*:role/Cado*", "arn:aws:iam::*:policy/*"]},
    ],
    ids=["exempt", "other roles", "other actions", "other Regions", "other organizations", "not iam", "but our names"],
)
def test_what_does_not_apply_is_not_found(statement: dict[str, Any]) -> None:
    assert executing(scp("Sound", statement)) == []


def test_our_own_policy_that_protects_the_role_stops_nobody() -> None:
    document = template.protect_scp.build(config())
    policy = ControlPolicy("p-ours", "Ours", json.dumps(document), frozenset([ROOT]))
    assert executing(policy) == []


@pytest.mark.parametrize(
    "conditions",
    [
        {"StringNotEquals": {"aws:PrincipalTag/team": "platform"}},
        {"StringEquals": {"aws:PrincipalTag/team": "platform"}},
        {"Null": {"aws:SourceVpce": "true"}},
    ],
)
def test_under_a_condition_that_is_not_known_it_may_deny_and_blocks_nothing(conditions: dict[str, Any]) -> None:
    (finding,) = executing(scp("Perhaps", deny("iam:CreateRole", **conditions)))
    assert (finding.level, finding.account) == (Level.WARNS, None)
    assert "Perhaps may deny, under conditions that cannot be told beforehand, iam:CreateRole" in finding.message
    assert "in 2 accounts (audit, billing)" in finding.message


BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
WITHOUT = deny("iam:CreateRole", StringNotEquals={"iam:PermissionsBoundary": BOUNDARY})


def test_a_boundary_that_is_asked_of_every_role_is_held_against_the_roles_own() -> None:
    assert blocked(scp("Bounded", WITHOUT)) == {AUDIT, BILLING}
    bound = config(role={"permissions_boundary": BOUNDARY})
    assert found(facts(bound, policies=[everywhere(), scp("Bounded", WITHOUT)]), EXECUTION) == []


def test_a_condition_that_is_known_to_fail_settles_it_whatever_else_is_asked() -> None:
    conditions: dict[str, Any] = {
        "StringEquals": {"aws:PrincipalTag/team": "platform", "aws:PrincipalAccount": "999999999999"},
    }
    assert executing(scp("Elsewhere", deny("iam:CreateRole", **conditions))) == []


def test_a_variable_that_is_not_known_makes_it_uncertain() -> None:
    resource = "arn:aws:iam::*:role/${aws:PrincipalTag/team}-*"
    (finding,) = executing(scp("Team", deny("iam:CreateRole", resource=resource)))
    assert "may deny" in finding.message


def test_what_only_stands_in_the_way_later_warns() -> None:
    (finding,) = executing(scp("KeepRoles", deny("iam:DeleteRole", "iam:UpdateRole")))
    assert (finding.level, finding.account) == (Level.WARNS, None)
    assert "KeepRoles denies iam:DeleteRole, iam:UpdateRole to stacksets-exec-*" in finding.message


def test_a_list_of_what_is_allowed_without_iam_warns() -> None:
    units = [ROOT, WORKLOADS, PROD, SECURITY, MANAGEMENT, AUDIT]
    allowed = scp("Only", {"Effect": "Allow", "Action": ["s3:*", "cloudformation:*"], "Resource": "*"}, on=[BILLING])
    findings = found(facts(policies=[scp("Full", EVERYTHING, on=units), allowed]), EXECUTION)
    assert levels(findings) == [Level.WARNS]
    assert "Only does not allow iam:AttachRolePolicy" in findings[0].message
    assert "in 1 account (billing)" in findings[0].message


def test_where_no_policy_is_attached_there_are_none_and_nothing_is_concluded() -> None:
    """Service control policies are off in such an organization: nobody can detach the last one where they are on."""
    assert found(facts(policies=[scp("Unused", deny("iam:*"), on=[])]), EXECUTION) == []


def test_a_policy_beyond_us_is_not_taken_for_one_that_allows_nothing() -> None:
    strange = ControlPolicy("p-strange", "Strange", '{"Version": "2042-01-01"}', frozenset([ROOT, WORKLOADS]))
    assert found(facts(policies=[strange]), EXECUTION) == []


def test_policies_that_could_not_be_read_are_told_and_no_good_news() -> None:
    findings = found(facts(policies=Unknown("AWS refused ListPolicies")), EXECUTION)
    assert levels(findings) == [Level.UNCHECKED]
    assert "AWS refused ListPolicies" in findings[0].message


def test_an_update_is_warned_of_and_an_account_that_is_tried_again_is_blocked() -> None:
    wanted = config(role={"max_session_hours": 2})
    failed = instance(AUDIT, status=InstanceStatus.OUTDATED, detailed_status="FAILED", reason="denied")
    seen = replace(settled(desired()), instances=(failed, instance(BILLING)))
    findings = found(facts(wanted, seen, policies=[everywhere(), scp("NoRoles", deny("iam:GetRole"))]), EXECUTION)
    assert [(finding.level, finding.account) for finding in findings] == [(Level.BLOCKS, AUDIT), (Level.WARNS, None)]
    assert "in 1 account (billing)" in findings[1].message


def test_with_self_managed_permissions_it_is_the_execution_role_that_is_asked_about() -> None:
    wanted = config(
        deployment={"permissions": "self-managed", "execution_role": "Deployer"},
        targets={"management_account": False},
    )
    exempt: dict[str, Any] = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deployer"}}
    assert (
        found(facts(wanted, policies=[everywhere(), scp("Sound", deny("iam:CreateRole", **exempt))]), EXECUTION) == []
    )
    stopped = found(facts(wanted, policies=[everywhere(), scp("NoRoles", deny("iam:CreateRole", **EXEMPT))]), EXECUTION)
    assert "to Deployer, by which" in stopped[0].message


def test_the_roles_own_actions_are_warned_of_by_policy_with_the_accounts() -> None:
    policies = [scp("NoSnapshots", deny("ec2:CreateSnapshot"), on=[WORKLOADS]), scp("NoUsers", deny("iam:CreateUser"))]
    (finding,) = found(facts(policies=[everywhere(), *policies]), ROLE)
    assert (finding.level, finding.account) == (Level.WARNS, None)
    assert finding.message == (
        "service control policy NoSnapshots denies ec2:CreateSnapshot to the role in 1 account (billing)"
    )


def test_the_roles_exemption_by_name_is_seen() -> None:
    exempt: dict[str, Any] = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/CadoResponseRole"}}
    assert found(facts(policies=[everywhere(), scp("Sound", deny("ec2:CreateSnapshot", **exempt))]), ROLE) == []


def test_a_region_that_is_denied_is_found_where_the_roll_asks_about_it() -> None:
    policy = scp("Regions", deny("ec2:*", StringNotEquals={"aws:RequestedRegion": "us-east-1"}))
    assert found(facts(policies=[everywhere(), policy]), ROLE) == []
    wanted = config(check={"regions": ["us-east-1", "eu-west-1"]})
    assert "Regions denies ec2:" in found(facts(wanted, policies=[everywhere(), policy]), ROLE)[0].message


def test_nothing_is_said_of_the_role_where_nothing_is_deployed() -> None:
    policies = [scp("NoSnapshots", deny("ec2:CreateSnapshot"))]
    assert found(facts(observed=settled(desired()), policies=policies), ROLE) == []
    assert found(facts(observed=settled(desired()), policies=policies, everything=True), ROLE)


def _request(account: Account) -> list[Request]:
    arn = f"arn:aws:iam::{account.id}:role/stacksets-exec-1"
    return [Request("iam:CreateRole", "*", context_of(organization(), account, arn))]


def test_a_policy_that_names_one_account_is_judged_for_that_account() -> None:
    policy = scp("One", deny("iam:CreateRole", StringEquals={"aws:PrincipalAccount": AUDIT}))
    told = denials(organization(), [everywhere(), policy], [AUDIT, BILLING], _request)
    assert told == {frozenset([Denial("iam:CreateRole", "One", certain=True, explicit=True)]): [AUDIT]}


def test_a_policy_that_asks_for_a_place_is_judged_for_each_place() -> None:
    condition: dict[str, Any] = {
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"o-exampleorg/{ROOT}/{SECURITY}/*"}
    }
    policy = scp("Place", deny("iam:CreateRole", **condition))
    told = denials(organization(), [everywhere(), policy], [AUDIT, BILLING], _request)
    assert list(told.values()) == [[AUDIT]]


def test_ten_thousand_accounts_are_judged_by_their_policies_and_not_one_by_one() -> None:
    units = [UnitId(f"ou-ab12-{number:08}") for number in range(500)]
    many = [
        Account(
            AccountId(str(200_000_000_000 + number)), f"a{number}", AccountState.ACTIVE, (ROOT, units[number % 500])
        )
        for number in range(10_000)
    ]
    asked: list[AccountId] = []

    def ask(account: Account) -> list[Request]:
        asked.append(account.id)
        return _request(account)

    policies = [
        scp("Full", EVERYTHING, on=[ROOT, *units, *(account.id for account in many)]),
        scp("NoRoles", deny("iam:CreateRole"), on=units[:250]),
    ]
    began = time.process_time()
    told = denials(organization(*many), policies, [account.id for account in many], ask)
    assert [len(accounts) for accounts in told.values()] == [5_000]
    assert len(asked) == 2
    assert time.process_time() - began < 3
