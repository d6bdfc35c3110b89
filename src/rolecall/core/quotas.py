"""AWS's published request rates: what the clients hold themselves to, and what the sandbox enforces. Data.

Sources: https://docs.aws.amazon.com/general/latest/gr/cfn.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (STS). AWS publishes none for IAM.
"""

from __future__ import annotations

from dataclasses import dataclass


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
)


def quota_of(service: str, operation: str) -> Quota | None:
    """The published quota that a call counts against, None where there is none."""
    return _BY_CALL.get((service, operation))


_BY_CALL = {(quota.service, operation): quota for quota in QUOTAS for operation in quota.operations}
