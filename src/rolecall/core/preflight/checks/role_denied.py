"""A service control policy denies what the role is for."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import Via
from rolecall.core.organization import Account
from rolecall.core.plan import Action
from rolecall.core.policy import Request
from rolecall.core.preflight.control_policies import context_of, denials, sentences
from rolecall.core.preflight.model import Check, Facts, Finding, Level, Unknown
from rolecall.core.preflight.words import in_accounts
from rolecall.core.roll import Inquiry

_CHANGES = (Action.CREATE_INSTANCE, Action.RETRY_INSTANCE, Action.UPDATE_STACK_SET)


def _check(facts: Facts) -> Iterator[Finding]:
    if facts.policies is None:
        return
    if isinstance(facts.policies, Unknown):
        message = f"whether service control policies deny the role what it is for: {facts.policies.reason}"
        yield Finding(CHECK.id, Level.UNCHECKED, None, message)
        return
    if not facts.everything and not any(change.action in _CHANGES for change in facts.changes):
        return
    inquiry = Inquiry.of(facts.config.role.for_members, facts.config.check_regions)
    accounts = [account.id for account in facts.desired.accounts.values() if account.via is Via.STACK_SET]
    found = denials(
        facts.desired.organization, facts.policies, accounts, lambda account: _requests(facts, inquiry, account)
    )
    for denied, where in found.items():
        for told in sentences(denied, "the role"):
            message = f"{told} {in_accounts(facts.desired, where)}"
            yield Finding(CHECK.id, Level.WARNS, None, message, _MEND)


def _requests(facts: Facts, inquiry: Inquiry, account: Account) -> Iterator[Request]:
    arn = facts.desired.accounts[account.id].role
    known = context_of(facts.desired.organization, account, str(arn))
    for question in inquiry.questions(arn, facts.now):
        context = known | {key: (value,) for key, value in question.context.items()}
        for action in question.actions:
            for resource in question.resources:
                yield Request(action, resource, context)


_MEND = "exempt the role in the policy, or leave the permission group out; `rolecall check` tells what is really denied"

CHECK = Check(
    id="role-denied",
    title="A service control policy denies the role an action of an enabled permission group",
    well="no service control policy denies the role what it is for",
    why="The role is deployed all the same, and the platform finds out on the day of the incident. Every action of the "
    "enabled groups is held against the policies on each account's path, in the Regions of `check.regions`. The roll "
    "call asks AWS itself, once the role is there.",
    mend="Exempt the role in the policy, or leave out the permission group.",
    levels=(Level.WARNS,),
    check=_check,
)
