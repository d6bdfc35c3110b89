"""Facts to verdicts: for each account of the organization exactly one row, with a reason. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rolecall.core.desired import Desired, DesiredAccount, Via
from rolecall.core.diff import (
    content_differs,
    in_flight,
    instance_of,
    is_managed,
    is_our_stack_set,
    stack_differs,
    why_inoperable,
    why_outdated,
)
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, Observed, Registration, StackInstance
from rolecall.core.plan import Change
from rolecall.core.read_back import LastUsed
from rolecall.core.registrations import is_ours, is_stale, to_replace
from rolecall.core.roll import Access, MissingPermission, Proof


class Deployment(StrEnum):
    """What is deployed in an account."""

    ABSENT = "absent"
    PENDING = "pending"
    DEPLOYED = "deployed"
    OUTDATED = "outdated"
    FAILED = "failed"
    INOPERABLE = "inoperable"
    SKIPPED = "skipped"
    EXCLUDED = "excluded"


class RegistrationState(StrEnum):
    """What the platforms know of an account. NONE: no platform is configured."""

    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    STALE = "stale"
    NONE = "none"


class Verdict(StrEnum):
    """One word an account. The order is that of the table in which the first line that fits decides."""

    UNSAFE = "unsafe"
    EXCLUDED = "excluded"
    PENDING = "pending"
    UNREACHABLE = "unreachable"
    RESTRICTED = "restricted"
    READY = "ready"
    UNKNOWN = "unknown"


_OF_ACCESS = {
    Access.OPEN: Verdict.UNSAFE,
    Access.REFUSED: Verdict.UNREACHABLE,
    Access.RESTRICTED: Verdict.RESTRICTED,
    Access.ANSWERING: Verdict.READY,
}


def verdict_of(access: Access) -> Verdict:
    """Of a target of which nothing else is known."""
    return _OF_ACCESS.get(access, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the organization: the three facts, the verdict, and a reason that a person can act on.

    `deployment` is None where nobody could look, and `registration` where no platform was asked.
    """

    account: DesiredAccount
    deployment: Deployment | None
    access: Access
    registration: RegistrationState | None
    verdict: Verdict
    reason: str
    missing: tuple[MissingPermission, ...] = ()
    deviations: tuple[str, ...] | None = None
    """How the role differs from what was deployed; None where it was not read back."""
    last_used: LastUsed | None = None


def rows(
    desired: Desired,
    observed: Observed,
    changes: Sequence[Change],
    proofs: Mapping[AccountId, Proof],
    *,
    platforms_asked: bool = True,
) -> tuple[Row, ...]:
    """One row an account, in the order of `desired.accounts`. `changes` are the diff; `proofs` may lack accounts."""
    current = observed.stack_set
    instances = instance_of(desired, observed) if current and is_our_stack_set(current) else {}
    registrations: dict[AccountId, list[Registration]] = defaultdict(list)
    for registration in observed.registrations:
        if registration.account:
            registrations[registration.account].append(registration)
    pending = {change.account for change in changes if change.pending and not change.action.on_platform}
    blocked = {change.account: change.detail for change in changes if not change.pending}
    return tuple(
        _row(
            account,
            *_deployment(desired, observed, account, instances.get(account.id)),
            _registration(account, registrations[account.id]) if platforms_asked else None,
            account.id in pending,
            blocked.get(account.id, ""),
            proofs.get(account.id),
        )
        for account in desired.accounts.values()
    )


_NOT_THERE = (Deployment.FAILED, Deployment.INOPERABLE, Deployment.ABSENT)


def _row(
    account: DesiredAccount,
    deployment: Deployment,
    why: str,
    registration: RegistrationState | None,
    pending: bool,
    blocked: str,
    proof: Proof | None,
) -> Row:
    access = proof.access if proof else Access.UNKNOWN
    verdict = _verdict(account, deployment, access, pending)
    reason = _reason(verdict, account, deployment, why, registration, blocked, proof)
    facts = (proof.missing, proof.deviations, proof.last_used) if proof else ((), None, None)
    return Row(account, deployment, access, registration, verdict, reason, *facts)


def _verdict(account: DesiredAccount, deployment: Deployment, access: Access, pending: bool) -> Verdict:
    if access is Access.OPEN:
        return Verdict.UNSAFE
    if not account.is_target:
        return Verdict.EXCLUDED
    if deployment is Deployment.PENDING or (deployment is Deployment.ABSENT and pending):
        return Verdict.PENDING
    if deployment in _NOT_THERE or access is Access.REFUSED:
        return Verdict.UNREACHABLE
    return verdict_of(access)


def _reason(
    verdict: Verdict,
    account: DesiredAccount,
    deployment: Deployment,
    why: str,
    registration: RegistrationState | None,
    blocked: str,
    proof: Proof | None,
) -> str:
    if verdict is Verdict.EXCLUDED:
        return account.exclusion
    if verdict is Verdict.PENDING:
        return why or "the role is not there yet: `rolecall apply` deploys it"
    if verdict is Verdict.UNREACHABLE and deployment in _NOT_THERE:
        cause = blocked if blocked and deployment is not Deployment.FAILED else why
        return f"{cause}; {proof.reason}" if proof and proof.assumed else cause
    asked = proof.reason if proof else "nobody has asked the role: `rolecall check` does"
    if proof and proof.access is Access.REFUSED and deployment is Deployment.DEPLOYED and not proof.suspects:
        return f"{asked}; its stack is there, so {ONE_OF}"
    notes = [
        why if deployment is Deployment.OUTDATED else "",
        _REGISTRATION_NOTES.get(registration, "") if registration else "",
    ]
    return "; ".join(filter(None, [asked, *notes]))


ONE_OF = (
    "one of: the role was deleted there or its trust was changed, the platform has another external id or principal, "
    "or a policy on either side forbids it"
)

_REGISTRATION_NOTES = {
    RegistrationState.UNREGISTERED: "not registered",
    RegistrationState.STALE: "registered under another ARN or name",
}


def _deployment(
    desired: Desired, observed: Observed, account: DesiredAccount, instance: StackInstance | None
) -> tuple[Deployment, str]:
    if not account.is_target:
        skipped = instance is not None and instance.detailed_status == "SKIPPED_SUSPENDED_ACCOUNT"
        return (Deployment.SKIPPED if skipped else Deployment.EXCLUDED), account.exclusion
    if account.via is Via.STACK:
        return _management_deployment(desired, observed)
    if instance is None:
        return Deployment.ABSENT, "the role is not deployed"
    return _instance_deployment(desired, observed, instance)


def _instance_deployment(desired: Desired, observed: Observed, instance: StackInstance) -> tuple[Deployment, str]:
    if in_flight(instance):
        return Deployment.PENDING, "a stack set operation is working on it"
    if instance.status is InstanceStatus.INOPERABLE:
        return Deployment.INOPERABLE, f"{why_inoperable(instance)}: `rolecall apply` brings it back"
    if instance.status is InstanceStatus.OUTDATED:
        failed = instance.detailed_status == "FAILED"
        return (Deployment.FAILED if failed else Deployment.OUTDATED), why_outdated(instance)
    current = observed.stack_set
    if current and content_differs(desired.content, current.content):
        return Deployment.OUTDATED, "an older form of the role is deployed"
    return Deployment.DEPLOYED, ""


def _management_deployment(desired: Desired, observed: Observed) -> tuple[Deployment, str]:
    stack = observed.management_stack
    if stack is None or not is_managed(stack.content):
        return Deployment.ABSENT, "the management account's stack is not there"
    if stack.working:
        return Deployment.PENDING, f"its stack is {stack.status}"
    if not stack.good and stack.status != "UPDATE_ROLLBACK_COMPLETE":
        return Deployment.FAILED, f"its stack is {stack.status}: {stack.reason}"
    if stack_differs(desired.management_content, stack.content):
        return Deployment.OUTDATED, "an older form of the role is deployed"
    return Deployment.DEPLOYED, ""


def _registration(account: DesiredAccount, registrations: Sequence[Registration]) -> RegistrationState:
    """The least good state over all platforms."""
    if not account.names:
        return RegistrationState.NONE
    ours = [registration for registration in registrations if is_ours(account, registration)]
    good = {registration.platform for registration in ours if not is_stale(account, registration)}
    if good >= account.names.keys():
        return RegistrationState.REGISTERED
    if good | {found.platform for found in to_replace(account, registrations)} >= account.names.keys():
        return RegistrationState.STALE
    return RegistrationState.UNREGISTERED
