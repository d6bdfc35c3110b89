"""AWS's published request rates, as token buckets. Reads a monotonic clock: callers wait in real time.

Neither the sandbox's speed nor a jump of its clock fills a bucket. Sources:
https://docs.aws.amazon.com/general/latest/gr/cfn.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (STS). AWS publishes none for IAM: IAM_GUESS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rolecall.sandbox.limits.throttling import throttled
from rolecall.sandbox.wire import Call
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls a second in the long run, and how many at once."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Quota:
    """One published quota: a service's operations, each with a bucket of its own, or `shared` one for all of them.

    `organization` is the rate of all accounts of an organization together, where there is one.
    """

    service: str
    operations: frozenset[str]
    rate: Rate
    organization: Rate | None = None
    shared: bool = False


def _each(service: str, operations: str, rate: Rate, organization: Rate | None = None) -> Quota:
    return Quota(service, frozenset(operations.split()), rate, organization)


IAM_GUESS = Rate(20, 100)
"""AWS throttles IAM and says not when; field reports hit it after some hundred simulations."""

_STS = frozenset(
    {
        "AssumeRole",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetCallerIdentity",
        "GetFederationToken",
        "GetSessionToken",
    }
)

QUOTAS = (
    _each(
        "cloudformation",
        "CreateStackSet UpdateStackSet DeleteStackSet DescribeStackSet ListStackSets CreateStackInstances "
        "UpdateStackInstances DeleteStackInstances DescribeStackInstance ListStackInstances "
        "DescribeStackSetOperation ListStackSetOperations ListStackSetOperationResults StopStackSetOperation "
        "DetectStackSetDrift ImportStacksToStackSet ActivateOrganizationsAccess "
        "DeactivateOrganizationsAccess DescribeOrganizationsAccess",
        Rate(2, 2),
    ),
    _each("cloudformation", "DescribeStacks", Rate(10, 10)),
    _each("organizations", "ListAccounts", Rate(8, 12), Rate(9, 15)),
    _each(
        "organizations",
        "ListAccountsForParent ListParents ListOrganizationalUnitsForParent ListPolicies ListPoliciesForTarget "
        "ListTargetsForPolicy ListDelegatedAdministrators ListCreateAccountStatus ListHandshakesForAccount "
        "ListHandshakesForOrganization",
        Rate(5, 8),
        Rate(6, 10),
    ),
    _each("organizations", "ListChildren", Rate(6, 10), Rate(7, 12)),
    _each("organizations", "ListTagsForResource", Rate(10, 15), Rate(12, 18)),
    _each("organizations", "DescribeAccount", Rate(20, 30), Rate(24, 36)),
    _each("organizations", "DescribeOrganization DisableAWSServiceAccess", Rate(1, 2)),
    _each("organizations", "ListRoots", Rate(1, 2), Rate(1, 3)),
    _each(
        "organizations", "DescribeOrganizationalUnit DescribePolicy DescribeCreateAccountStatus", Rate(2, 2), Rate(2, 3)
    ),
    _each(
        "organizations",
        "MoveAccount UpdateOrganizationalUnit DeleteOrganizationalUnit CreatePolicy UpdatePolicy DeletePolicy "
        "AttachPolicy DetachPolicy CancelHandshake",
        Rate(2, 3),
    ),
    _each("organizations", "RemoveAccountFromOrganization", Rate(2, 2)),
    _each("organizations", "TagResource UntagResource", Rate(4, 6)),
    _each("organizations", "CloseAccount", Rate(0.05, 1)),
    _each("organizations", "CreateAccount", Rate(0.1, 3)),
    _each("organizations", "InviteAccountToOrganization", Rate(3, 5)),
    _each("organizations", "AcceptHandshake", Rate(1, 2), Rate(5, 5)),
    _each("organizations", "DeclineHandshake", Rate(1, 1), Rate(5, 5)),
    _each("organizations", "DescribeHandshake", Rate(1, 2), Rate(6, 10)),
    _each(
        "organizations",
        "CreateOrganization DeleteOrganization LeaveOrganization EnablePolicyType DisablePolicyType",
        Rate(1, 1),
    ),
    _each(
        "organizations",
        "CreateOrganizationalUnit RegisterDelegatedAdministrator DeregisterDelegatedAdministrator "
        "EnableAWSServiceAccess",
        Rate(1, 2),
    ),
    _each(
        "organizations", "ListAWSServiceAccessForOrganization ListDelegatedServicesForAccount", Rate(1, 3), Rate(1, 4)
    ),
    Quota(
        "sts",
        _STS,
        Rate(600, 600),
        shared=True,
    ),
    _each("iam", "SimulatePrincipalPolicy SimulateCustomPolicy", IAM_GUESS),
)


@dataclass(slots=True)
class _Bucket:
    rate: Rate
    tokens: float
    filled: float

    def fill(self, now: float) -> None:
        self.tokens = min(self.rate.burst, self.tokens + (now - self.filled) * self.rate.per_second)
        self.filled = now


class Quotas:
    """The buckets of every account, Region and organization. A call that finds one empty is refused."""

    def __init__(self, world: World, now: Callable[[], float] = time.monotonic) -> None:
        self._world = world
        self._now = now
        self._quotas = {(quota.service, operation): quota for quota in QUOTAS for operation in quota.operations}
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def check(self, call: Call) -> None:
        """Raises WireError in the service's own words. An assumed role's account is not charged, only the caller's."""
        quota = self._quotas.get((call.service, call.action))
        if quota is None:
            return
        now = self._now()
        buckets = [self._bucket(key, rate, now) for key, rate in self._charged(quota, call)]
        if any(bucket.tokens < 1 for bucket in buckets):
            raise throttled(call.service)
        for bucket in buckets:
            bucket.tokens -= 1

    def _bucket(self, key: tuple[str, ...], rate: Rate, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(rate, rate.burst, now))
        bucket.fill(now)
        return bucket

    def _charged(self, quota: Quota, call: Call) -> Iterator[tuple[tuple[str, ...], Rate]]:
        what = "*" if quota.shared else call.action
        yield (quota.service, what, call.caller.account_id, call.region), quota.rate
        if quota.organization is not None and self._world.account(call.caller.account_id) is not None:
            yield (quota.service, what, self._world.organization_id()), quota.organization
