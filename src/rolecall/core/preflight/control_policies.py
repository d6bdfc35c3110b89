"""What service control policies would deny, told before anybody asks AWS, account by account. Pure.

Every distinct set of attached policies is judged once, however many accounts are under it. A condition on something
that is not known beforehand makes a denial uncertain: it may deny.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rolecall.core.blame import ControlPolicy, Level, Levels, levels_of
from rolecall.core.ids import AccountId, home_region
from rolecall.core.organization import Account, Organization
from rolecall.core.policy import Effect, Request, Statement
from rolecall.core.policy.judging import Inquiry, covers_resource
from rolecall.core.preflight.words import some

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_ORG_PATHS = "orgpaths"

Ask = Callable[[Account], Iterable[Request]]
"""The requests of somebody in an account. A key whose values are empty is known to be absent."""


@dataclass(frozen=True, slots=True, order=True)
class Denial:
    """An action that a policy denies. `certain`: whatever the request is; else under conditions that are not known.

    Not `explicit`: no policy at the policy's level allows it.
    """

    action: str
    policy: str
    certain: bool
    explicit: bool


def denials(
    organization: Organization, policies: Sequence[ControlPolicy], accounts: Iterable[AccountId], ask: Ask
) -> dict[frozenset[Denial], list[AccountId]]:
    """The accounts by what is denied in them, those without a denial left out. The management account is exempt."""
    places = _attached(policies)
    traits = {policy.id: _Traits.of(policy) for policy in policies}
    wanted = frozenset(accounts) - {organization.management_account}
    groups: dict[object, list[Account]] = defaultdict(list)
    for account in organization.accounts:
        if account.id in wanted:
            groups[_key(account, places, traits)].append(account)
    found: dict[frozenset[Denial], list[AccountId]] = defaultdict(list)
    for alike in groups.values():
        levels = levels_of(policies, alike[0].unit_ids, alike[0].id)
        denied = frozenset(_denied(levels, ask(alike[0])))
        if denied:
            found[denied] += [account.id for account in alike]
    return dict(found)


def context_of(organization: Organization, account: Account, principal_arn: str) -> dict[str, tuple[str, ...]]:
    """The condition keys that are known of a role's request for something of its own account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    identity = organization.identity
    path = "/".join((identity.id, *account.unit_ids, ""))
    return {
        "aws:PrincipalArn": (principal_arn,),
        "aws:PrincipalAccount": (account.id,),
        "aws:PrincipalOrgID": (identity.id,),
        "aws:PrincipalOrgPaths": (path,),
        "aws:PrincipalType": ("AssumedRole",),
        "aws:PrincipalIsAWSService": ("false",),
        "aws:ResourceAccount": (account.id,),
        "aws:ResourceOrgID": (identity.id,),
        "aws:ResourceOrgPaths": (path,),
        "aws:RequestedRegion": (home_region(identity.partition),),
        "aws:SecureTransport": ("true",),
    }


def sentences(denied: Iterable[Denial], whom: str) -> Iterator[str]:
    """What is denied to somebody, by how sure it is: at most one sentence each."""
    found = frozenset(denied)
    sure = {item.action for item in found if item.certain}
    for verb, items in (
        ("denies", [item for item in found if item.certain and item.explicit]),
        ("does not allow", [item for item in found if item.certain and not item.explicit]),
        (_MAYBE, [item for item in found if not item.certain and item.action not in sure]),
    ):
        if items:
            policies = some(sorted({item.policy for item in items}))
            yield f"service control policy {policies} {verb} {some(sorted({item.action for item in items}))} to {whom}"


_MAYBE = "may deny, under conditions that cannot be told beforehand,"


def _attached(policies: Iterable[ControlPolicy]) -> Mapping[str, frozenset[str]]:
    """What is attached to each root, unit and account: ids of policies."""
    places: dict[str, set[str]] = defaultdict(set)
    for policy in policies:
        for target in policy.targets:
            places[target].add(policy.id)
    return {place: frozenset(ids) for place, ids in places.items()}


@dataclass(frozen=True, slots=True)
class _Traits:
    """Which accounts a policy names, and whether it asks where in the organization somebody is."""

    accounts: frozenset[str]
    placed: bool

    @classmethod
    def of(cls, policy: ControlPolicy) -> _Traits:
        return cls(frozenset(_ACCOUNT.findall(policy.document)), _ORG_PATHS in policy.document.lower())


def _key(account: Account, places: Mapping[str, frozenset[str]], traits: Mapping[str, _Traits]) -> object:
    """What two accounts have in common for which every policy comes out the same.

    Where a policy names the account, or asks for its place in the organization, that is part of it.
    """
    levels = tuple(places.get(place, frozenset()) for place in (*account.unit_ids, account.id))
    applied = [traits[policy] for level in levels for policy in level]
    named = any(account.id in policy.accounts for policy in applied)
    placed = any(policy.placed for policy in applied)
    return levels, account.id if named else "", account.unit_ids if placed else ()


def _denied(levels: Levels, requests: Iterable[Request]) -> Iterator[Denial]:
    for request in requests:
        inquiry = Inquiry.of(request, bounded=False)
        for level in levels:
            yield from _denied_at(level, inquiry)


def _denied_at(level: Level, inquiry: Inquiry) -> Iterator[Denial]:
    """An empty level says nothing: AWS lets nobody take the last policy away, so none of them counts there."""
    action = inquiry.request.action
    allowed = not level.whole or not level.policies
    for policy in level.policies:
        for statement in policy.statements:
            applies = _applies(statement, inquiry)
            if statement.effect is Effect.ALLOW:
                allowed = allowed or applies is not False
            elif applies is not False:
                yield Denial(action, policy.source, certain=applies is True, explicit=True)
    if not allowed:
        for policy in level.policies:
            yield Denial(action, policy.source, certain=True, explicit=False)


def _applies(statement: Statement, inquiry: Inquiry) -> bool | None:
    """None where that hangs on a condition key, or a variable, that is not known."""
    if statement.actions.match(inquiry.action) is statement.excludes_actions:
        return False
    known = inquiry.context.values_by_key
    if any(key.lower() not in known for pattern in statement.resources or () for key in pattern.keys):
        return None
    if not covers_resource(statement, inquiry):
        return False
    unknown = [
        condition
        for condition in statement.conditions
        if any(key.lower() not in known for key in condition.absent_keys(inquiry.context))
    ]
    if any(not condition.holds(inquiry.context) for condition in statement.conditions if condition not in unknown):
        return False
    return None if unknown else True
