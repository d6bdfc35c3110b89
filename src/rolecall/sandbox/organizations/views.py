"""What Organizations tells of units, accounts, policies and itself. Pure.

Sources: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html and the pages beside it.
"""

from __future__ import annotations

from typing import Any

from rolecall.sandbox.organization import OrganizationPolicy, Unit, WorldAccount
from rolecall.sandbox.organizations.invitations import Handshake
from rolecall.sandbox.organizations.lookup import existing_account
from rolecall.sandbox.world import World


def arn(world: World, kind: str, *parts: str) -> str:
    """`kind` is `account`, `ou`, `root`, `organization` or `policy`."""
    prefix = f"arn:aws:organizations::{world.management_account()}:{kind}"
    return "/".join((prefix, world.organization_id(), *parts))


_STATUSES = {"PENDING_ACTIVATION": "ACTIVE", "CLOSED": "SUSPENDED"}
"""What `Status` told of states that it did not have.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html"""


def account_view(world: World, account: WorldAccount) -> dict[str, Any]:
    """`Account`. There is no `Status` unless a switch asks for it: AWS retired it in favour of `State`.

    AWS tells of the management account that it was invited.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html
    """
    managing = account.id == world.management_account()
    view = {
        "Id": account.id,
        "Arn": arn(world, "account", account.id),
        "Email": account.email,
        "Name": account.name,
        "State": account.state,
        "JoinedMethod": "INVITED" if managing else account.joined_method,
        "JoinedTimestamp": account.joined_at,
    }
    if world.switches.paths:
        view["Paths"] = ["/".join((world.organization_id(), *account.unit_path, account.id, ""))]
    if world.switches.account_status:
        view["Status"] = _STATUSES.get(account.state, account.state)
    return view


def unit_view(world: World, unit: Unit) -> dict[str, Any]:
    return {"Id": unit.id, "Arn": arn(world, "ou", unit.id), "Name": unit.name}


def organization_view(world: World) -> dict[str, Any]:
    """`Organization`."""
    management = existing_account(world, world.management_account())
    return {
        "Id": world.organization_id(),
        "Arn": arn(world, "organization"),
        "FeatureSet": "ALL",
        "MasterAccountArn": arn(world, "account", management.id),
        "MasterAccountId": management.id,
        "MasterAccountEmail": management.email,
        "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    }


def root_view(world: World, unit: Unit) -> dict[str, Any]:
    types = [{"Type": kind, "Status": "ENABLED"} for kind in sorted(world.organization.enabled_policy_types)]
    return {"Id": unit.id, "Arn": arn(world, "root", unit.id), "Name": unit.name, "PolicyTypes": types}


def policy_view(world: World, policy: OrganizationPolicy) -> dict[str, Any]:
    """`PolicySummary`."""
    prefix = "arn:aws:organizations::aws:policy" if policy.aws_managed else arn(world, "policy")
    return {
        "Id": policy.id,
        "Arn": f"{prefix}/{policy.type.lower()}/{policy.id}",
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.aws_managed,
    }


def handshake_view(world: World, handshake: Handshake) -> dict[str, Any]:
    """`Handshake`, as AWS's samples have it. Their feature sets differ; here it is that of DescribeOrganization.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_manage-invites.html
    """
    notes = [{"Type": "NOTES", "Value": handshake.notes}] if handshake.notes else []
    return {
        "Id": handshake.id,
        "Arn": arn(world, "handshake", "invite", handshake.id),
        "Parties": [
            {"Id": world.organization_id(), "Type": "ORGANIZATION"},
            {"Id": handshake.target_id, "Type": handshake.target_type},
        ],
        "State": handshake.state,
        "RequestedTimestamp": handshake.requested,
        "ExpirationTimestamp": handshake.expires,
        "Action": "INVITE",
        "Resources": [_inviter(world), {"Type": handshake.target_type, "Value": handshake.target_id}, *notes],
    }


def _inviter(world: World) -> dict[str, Any]:
    """The organization as a resource of a handshake."""
    organization = organization_view(world)
    told = {
        "MASTER_EMAIL": organization["MasterAccountEmail"],
        "MASTER_NAME": existing_account(world, world.management_account()).name,
        "ORGANIZATION_FEATURE_SET": organization["FeatureSet"],
    }
    resources = [{"Type": kind, "Value": value} for kind, value in told.items()]
    return {"Type": "ORGANIZATION", "Value": world.organization_id(), "Resources": resources}
