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

from rolecall.core.blame import ControlPolicy, levels_of
from rolecall.core.denying import Denial, denied_by
from rolecall.core.ids import AccountId, home_region
from rolecall.core.organization import Account, Organization
from rolecall.core.policy import Request
from rolecall.core.preflight.words import some

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_ORG_PATHS = "orgpaths"

Ask = Callable[[Account], Iterable[Request]]
"""The requests of somebody in an account. A key whose values are empty is known to be absent."""


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
        denied = frozenset(denied_by(levels, ask(alike[0])))
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
