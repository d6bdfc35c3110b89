"""The table of verdicts, line by line: the first that fits decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rolecall.core.desired import Desired
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, Observed, Stack, StackContent
from rolecall.core.organization import Account, AccountState
from rolecall.core.roll import Access, Cause, MissingPermission, Proof
from rolecall.core.verdicts import Deployment, RegistrationState, Row, Verdict, rows
from tests.fakes.cloud import STACK_SET, config

from .worlds import (
    AUDIT,
    BILLING,
    MANAGEMENT,
    RETIRED,
    ROOT,
    desired,
    instance,
    registration,
    role,
    settled,
    stack_set,
)

OUTDATED, INOPERABLE = InstanceStatus.OUTDATED, InstanceStatus.INOPERABLE
TAKEN = "CadoResponseRole already exists"
MISSING = (MissingPermission("ec2:CreateSnapshot", ("ebs",), Cause.SCP, "us-east-1"),)

ANSWERING = Proof(Access.ANSWERING, "answers the platform alone; 12 permissions allowed", assumed=True)
RESTRICTED = Proof(Access.RESTRICTED, "answers; 1 permission denied", MISSING, assumed=True)
REFUSED = Proof(Access.REFUSED, "the role cannot be assumed: AccessDenied")
OPEN = Proof(Access.OPEN, "the role answers without the external id", (), True)
UNANSWERED = Proof(Access.UNKNOWN, "AWS refused AssumeRole; Throttling: Rate exceeded")


def rows_of(
    observed: Observed, proofs: dict[AccountId, Proof] | None = None, wanted: Desired | None = None
) -> dict[AccountId, Row]:
    made = wanted or desired()
    return {row.account.id: row for row in rows(made, observed, diff(made, observed), proofs or {})}


def audit(proof: Proof | None = None, **changes: Any) -> Row:
    """Audit's row in a world that is settled but for audit's instance."""
    observed = settled(desired(), instances=(instance(AUDIT, **changes), instance(BILLING)))
    return rows_of(observed, {AUDIT: proof} if proof else {})[AUDIT]


FAILED = {"status": OUTDATED, "detailed_status": "FAILED", "reason": "Limit exceeded"}
WORKING = {"status": OUTDATED, "detailed_status": "RUNNING"}
GIVEN_UP = {"status": INOPERABLE, "detailed_status": "INOPERABLE", "reason": "deletion failed"}
CANCELLED = {"status": OUTDATED, "detailed_status": "CANCELLED", "reason": "Cancelled since"}


@pytest.mark.parametrize(
    ("proof", "changes", "deployment", "verdict"),
    [
        (OPEN, {}, "deployed", "unsafe"),
        (OPEN, FAILED, "failed", "unsafe"),
        (OPEN, WORKING, "pending", "unsafe"),
        (None, WORKING, "pending", "pending"),
        (REFUSED, WORKING, "pending", "pending"),
        (ANSWERING, WORKING, "pending", "pending"),
        (None, FAILED, "failed", "unreachable"),
        (ANSWERING, FAILED, "failed", "unreachable"),
        (None, GIVEN_UP, "inoperable", "unreachable"),
        (REFUSED, {}, "deployed", "unreachable"),
        (REFUSED, CANCELLED, "outdated", "unreachable"),
        (RESTRICTED, {}, "deployed", "restricted"),
        (RESTRICTED, CANCELLED, "outdated", "restricted"),
        (ANSWERING, {}, "deployed", "ready"),
        (ANSWERING, CANCELLED, "outdated", "ready"),
        (None, {}, "deployed", "unknown"),
        (None, CANCELLED, "outdated", "unknown"),
        (UNANSWERED, {}, "deployed", "unknown"),
    ],
)
def test_the_first_line_that_fits_decides(
    proof: Proof | None, changes: dict[str, Any], deployment: str, verdict: str
) -> None:
    row = audit(proof, **changes)
    assert (row.deployment, row.verdict) == (deployment, verdict)
    assert row.reason


def test_a_role_that_is_absent_and_planned_is_pending() -> None:
    row = rows_of(Observed(trusted_access=True))[AUDIT]
    assert (row.deployment, row.verdict, row.access) == (Deployment.ABSENT, Verdict.PENDING, Access.UNKNOWN)


def test_a_role_that_is_absent_and_blocked_is_unreachable_with_the_obstacle_as_reason() -> None:
    row = rows_of(Observed(trusted_access=False))[AUDIT]
    assert (row.deployment, row.verdict) == (Deployment.ABSENT, Verdict.UNREACHABLE)
    assert "activate-organizations-access" in row.reason


def test_instances_of_a_stack_set_that_is_not_ours_are_no_deployment() -> None:
    wanted = desired()
    theirs = StackContent("theirs", {}, {"owner": "them"})
    row = rows_of(settled(wanted, stack_set=stack_set(wanted, content=theirs)))[AUDIT]
    assert (row.deployment, row.verdict) == (Deployment.ABSENT, Verdict.UNREACHABLE)
    assert "stack_set_name" in row.reason


def test_a_stack_that_is_not_ours_is_no_deployment() -> None:
    theirs = Stack(STACK_SET, "CREATE_COMPLETE", StackContent("theirs", {}, {}))
    row = rows_of(settled(desired(), management_stack=theirs))[MANAGEMENT]
    assert (row.deployment, row.verdict) == (Deployment.ABSENT, Verdict.UNREACHABLE)
    assert "stack_set_name" in row.reason


@pytest.mark.parametrize("proof", [None, ANSWERING, OPEN])
def test_an_account_that_is_no_target_is_excluded_unless_it_is_open(proof: Proof | None) -> None:
    row = rows_of(settled(desired()), {RETIRED: proof} if proof else {})[RETIRED]
    assert row.verdict is (Verdict.UNSAFE if proof is OPEN else Verdict.EXCLUDED)
    assert row.deployment is Deployment.EXCLUDED


def test_a_suspended_account_that_stack_sets_passed_over_is_skipped() -> None:
    wanted = desired()
    found = settled(wanted)
    passed = instance(RETIRED, status=OUTDATED, detailed_status="SKIPPED_SUSPENDED_ACCOUNT")
    row = rows_of(replace(found, instances=(*found.instances, passed)))[RETIRED]
    assert (row.deployment, row.verdict) == (Deployment.SKIPPED, Verdict.EXCLUDED)
    assert "suspended" in row.reason


@pytest.mark.parametrize(
    ("status", "deployment", "verdict"),
    [
        ("CREATE_COMPLETE", "deployed", "ready"),
        ("UPDATE_ROLLBACK_COMPLETE", "deployed", "ready"),
        ("UPDATE_IN_PROGRESS", "pending", "pending"),
        ("ROLLBACK_COMPLETE", "failed", "unreachable"),
        ("DELETE_FAILED", "failed", "unreachable"),
        (None, "absent", "pending"),
    ],
)
def test_the_management_accounts_deployment_is_its_stack(status: str | None, deployment: str, verdict: str) -> None:
    wanted = desired()
    stack = Stack(STACK_SET, status, wanted.content, "Policy1: no") if status else None
    row = rows_of(settled(wanted, management_stack=stack), {MANAGEMENT: ANSWERING})[MANAGEMENT]
    assert (row.deployment, row.verdict) == (deployment, verdict)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (audit(None, **FAILED), "Limit exceeded"),
        (audit(REFUSED, **FAILED), "Limit exceeded"),
        (audit(ANSWERING, **FAILED), "12 permissions allowed"),
        (audit(None, **GIVEN_UP), "`rolecall apply` brings it back"),
        (audit(None, **(FAILED | {"reason": TAKEN})), "--retry-blocked"),
        (audit(REFUSED), "cannot be assumed"),
        (audit(REFUSED, **CANCELLED), "cannot be assumed"),
        (audit(REFUSED, **CANCELLED), "Cancelled since"),
        (audit(UNANSWERED), "Rate exceeded"),
        (audit(), "`rolecall check`"),
        (audit(None, **WORKING), "operation is working on it"),
        (audit(OPEN), "without the external id"),
    ],
)
def test_a_reason_can_be_acted_on(row: Row, words: str) -> None:
    assert words in row.reason


def test_a_refusal_of_a_role_that_failed_is_not_repeated() -> None:
    assert "cannot be assumed" not in audit(REFUSED, **FAILED).reason


def test_an_older_form_is_ready_and_says_so() -> None:
    wanted = desired()
    old = replace(wanted.content, template="old")
    row = rows_of(settled(wanted, stack_set=stack_set(wanted, content=old)), {AUDIT: ANSWERING})[AUDIT]
    assert (row.deployment, row.verdict) == (Deployment.OUTDATED, Verdict.READY)
    assert "an older form of the role is deployed" in row.reason


def test_what_is_missing_is_in_the_row() -> None:
    assert audit(RESTRICTED).missing == MISSING
    assert audit(ANSWERING).missing == ()


ONE = {"name": "forensics", "url": "https://one.example.com", "api_key": "env:K"}
TWO = ONE | {"name": "second"}


@pytest.mark.parametrize(
    ("platforms", "found", "state"),
    [
        ([], [], "none"),
        ([ONE], [], "unregistered"),
        ([ONE], [registration(AUDIT)], "registered"),
        ([ONE], [registration(AUDIT, account_name="old")], "stale"),
        ([ONE], [registration(AUDIT, role=role(AUDIT, path="/old/"))], "stale"),
        ([ONE], [registration(AUDIT, account_name="x", role=role(AUDIT, "Other"))], "unregistered"),
        ([ONE], [registration(AUDIT, role=None)], "registered"),
        ([ONE], [registration(AUDIT), registration(AUDIT, account_name="old")], "registered"),
        ([ONE, TWO], [registration(AUDIT)], "unregistered"),
        ([ONE, TWO], [registration(AUDIT), registration(AUDIT, platform="second")], "registered"),
        ([ONE, TWO], [registration(AUDIT), registration(AUDIT, platform="second", account_name="old")], "stale"),
    ],
)
def test_the_registration_is_the_least_good_over_all_platforms(
    platforms: list[dict[str, Any]], found: list[Any], state: str
) -> None:
    wanted = desired(wanted=config(platforms=platforms))
    row = rows_of(settled(wanted, registrations=tuple(found)), {AUDIT: ANSWERING}, wanted)[AUDIT]
    assert row.registration == state
    assert ("registered" in row.reason) is (state in ("unregistered", "stale"))


def test_a_registration_does_not_change_the_verdict() -> None:
    row = rows_of(settled(desired(), registrations=()), {AUDIT: ANSWERING})[AUDIT]
    assert (row.verdict, row.registration) == (Verdict.READY, RegistrationState.UNREGISTERED)


def test_where_no_platform_was_asked_nothing_is_said_of_registrations() -> None:
    wanted = desired()
    found = settled(wanted, registrations=())
    told = rows(wanted, found, diff(wanted, found, platforms_asked=False), {AUDIT: ANSWERING}, platforms_asked=False)
    assert {row.registration for row in told} == {None}
    assert not any("registered" in row.reason for row in told)


@pytest.mark.parametrize("state", list(AccountState))
def test_every_account_in_any_state_has_one_row_with_a_reason(state: AccountState) -> None:
    management = Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))
    wanted = desired(management, Account(AUDIT, "audit", state, ()))
    told = rows_of(Observed(trusted_access=True), wanted=wanted)
    assert list(told) == [MANAGEMENT, AUDIT]
    assert all(row.reason for row in told.values())
