"""A service control policy stops the role by which StackSets work in an account."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.config import RoleSection
from rolecall.core.desired import Via
from rolecall.core.ids import AccountId
from rolecall.core.organization import Account
from rolecall.core.plan import Action
from rolecall.core.policy import Request
from rolecall.core.preflight.control_policies import context_of, denials, sentences
from rolecall.core.preflight.model import Check, Facts, Finding, Level, Unknown
from rolecall.core.preflight.words import in_accounts
from rolecall.core.stack_rights import (
    MAKING,
    MAKING_INLINE_POLICIES,
    MAKING_MANAGED_POLICIES,
    POLICY_ACTIONS,
    ROLE_ACTIONS,
)
from rolecall.core.template.role import boundary_arn, inline_statements, managed_policies

_SERVICE_MANAGED = "stacksets-exec-00000000000000000000000000000000"
"""AWS adds hexadecimal digits of its own."""
_STACK = ("cloudformation:CreateStack",)
"""Which of CloudFormation's actions StackSets call there is not documented; this one they cannot do without."""


def _check(facts: Facts) -> Iterator[Finding]:
    accounts = _worked_on(facts)
    if not accounts or facts.policies is None:
        return
    if isinstance(facts.policies, Unknown):
        message = f"whether service control policies stop StackSets {in_accounts(facts.desired, accounts)}"
        yield Finding(CHECK.id, Level.UNCHECKED, None, f"{message}: {facts.policies.reason}")
        return
    making = _making(facts.config.role.for_members)
    arriving = frozenset(facts.arriving)
    found = denials(
        facts.desired.organization, facts.policies, accounts, lambda account: _requests(facts, making, account)
    )
    for denied, where in found.items():
        stopping = [item for item in denied if item.certain and item.explicit and item.action in making]
        blocked = [account for account in where if account in arriving] if stopping else []
        for told in sentences(stopping, f"{_executor(facts)}, by which StackSets make the role") if blocked else ():
            yield from (Finding(CHECK.id, Level.BLOCKS, account, told, _exempt(facts)) for account in blocked)
        if left := [account for account in where if account not in blocked]:
            for told in sentences(denied, _executor(facts)):
                message = f"{told} {in_accounts(facts.desired, left)}"
                yield Finding(CHECK.id, Level.WARNS, None, message, _exempt(facts))


def _worked_on(facts: Facts) -> list[AccountId]:
    updated = any(change.action is Action.UPDATE_STACK_SET for change in facts.changes)
    if not updated and not facts.everything:
        return facts.arriving
    return [account.id for account in facts.desired.accounts.values() if account.via is Via.STACK_SET]


def _making(role: RoleSection) -> frozenset[str]:
    """What has to be allowed for the role to be made at all."""
    inline = MAKING_INLINE_POLICIES if inline_statements(role) else ()
    managed = MAKING_MANAGED_POLICIES if managed_policies(role) else ()
    return frozenset((*MAKING, *inline, *managed))


def _requests(facts: Facts, making: frozenset[str], account: Account) -> Iterator[Request]:
    desired = facts.desired
    role = desired.accounts[account.id].role
    iam = f"arn:{role.partition}:iam::{account.id}"
    name = desired.roles.execution if desired.roles else _SERVICE_MANAGED
    context = context_of(desired.organization, account, f"{iam}:role/{name}")
    context["iam:PermissionsBoundary"] = _boundary(facts, account)
    for action in ROLE_ACTIONS:
        yield Request(action, str(role), context)
    if not making.isdisjoint(MAKING_MANAGED_POLICIES):
        for action in POLICY_ACTIONS:
            yield Request(action, f"{iam}:policy{role.path}{role.name}-1", context)
    stack = f"arn:{role.partition}:cloudformation:{desired.region}:{account.id}:stack/StackSet-{desired.stack_set_name}"
    for action in _STACK:
        yield Request(action, f"{stack}-1/1", context | {"aws:RequestedRegion": (desired.region,)})


def _boundary(facts: Facts, account: Account) -> tuple[str, ...]:
    boundary = facts.config.role.permissions_boundary
    if not boundary:
        return ()
    partition = facts.desired.organization.identity.partition
    arn = boundary_arn(boundary).replace("${AWS::Partition}", partition).replace("${AWS::AccountId}", account.id)
    return (arn,)


def _executor(facts: Facts) -> str:
    return facts.desired.roles.execution if facts.desired.roles else "stacksets-exec-*"


def _exempt(facts: Facts) -> str:
    partition = facts.desired.organization.identity.partition
    arn = f"arn:{partition}:iam::*:role/{_executor(facts)}"
    return f'exempt it in the policy: "ArnNotLike": {{"aws:PrincipalArn": "{arn}"}}'


CHECK = Check(
    id="execution-role-denied",
    title="A service control policy stops the role by which StackSets work in an account",
    well="no service control policy stops StackSets in a target account",
    why="Only service-linked roles are exempt from service control policies, and `stacksets-exec-*` is none. What "
    "CloudFormation needs to make the role is held against the policies on each account's path; a certain, explicit "
    "denial blocks the account, anything else warns. The management account is exempt from them.",
    mend='Exempt it in the policy: `"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/stacksets-exec-*"}`.',
    levels=(Level.BLOCKS, Level.WARNS),
    check=_check,
)
