"""What Organizations tells of units, accounts and policies, page by page, and who may ask. Pure.

Sources: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rolecall.sandbox.organization import OrganizationPolicy, Unit, WorldAccount
from rolecall.sandbox.wire import Call, Handler, Params, WireError
from rolecall.sandbox.world import World

_MAX_PAGE = 20
_FIRST_PAGE = "page-0"


def arn(world: World, kind: str, *parts: str) -> str:
    """`kind` is `account`, `ou`, `root`, `organization` or `policy`."""
    prefix = f"arn:aws:organizations::{world.management_account()}:{kind}"
    return "/".join((prefix, world.organization_id(), *parts))


_STATUSES = {"PENDING_ACTIVATION": "ACTIVE", "CLOSED": "SUSPENDED"}
"""What `Status` told of states that it did not have.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html"""


def account_view(world: World, account: WorldAccount) -> dict[str, Any]:
    """`Account`. There is no `Status` unless a switch asks for it: AWS retired it in favour of `State`."""
    view = {
        "Id": account.id,
        "Arn": arn(world, "account", account.id),
        "Email": account.email,
        "Name": account.name,
        "State": account.state,
        "JoinedMethod": account.joined_method,
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


def paged(world: World, call: Call, key: str, items: Sequence[Any], view: Callable[[Any], Any]) -> Params:
    """One page of at most 20. With the switch `empty_pages`, an empty one with a token comes first, as AWS may do."""
    token = call.params.get("NextToken")
    if token is None and world.switches.empty_pages:
        return {key: [], "NextToken": _FIRST_PAGE}
    start = _start_of(token)
    end = start + min(call.params.get("MaxResults", _MAX_PAGE), _MAX_PAGE)
    page: dict[str, Any] = {key: [view(item) for item in items[start:end]]}
    return page | {"NextToken": f"page-{end}"} if end < len(items) else page


def for_management(world: World, handler: Handler) -> Handler:
    """The handler, refusing callers of other accounts: AccessDeniedException for members, NotInUse for outsiders."""

    def guarded(call: Call) -> Params:
        require_member(world, call)
        if call.caller.account_id == world.management_account():
            return handler(call)
        raise WireError("AccessDeniedException", "You don't have permissions to access this resource.")

    return guarded


def for_reader(world: World, handler: Handler) -> Handler:
    """As `for_management`, and delegated administrators of any service may ask too.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
    """
    managing = for_management(world, handler)

    def guarded(call: Call) -> Params:
        delegations = world.organization.delegations.values()
        delegated = any(call.caller.account_id in administrators for administrators in delegations)
        return handler(call) if delegated and world.organization.founded else managing(call)

    return guarded


def constraint(message: str, reason: str, *, code: str = "ConstraintViolationException") -> WireError:
    """A refusal that tells its `Reason`, as AWS's model has it."""
    return WireError(code, message, fields={"Reason": reason})


def require_member(world: World, call: Call) -> None:
    if world.account(call.caller.account_id) is None:
        message = "Your account is not a member of an organization."
        raise WireError("AWSOrganizationsNotInUseException", message)


def existing_account(world: World, account_id: str) -> WorldAccount:
    account = world.account(account_id)
    if account is None:
        raise WireError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return account


def existing_unit(world: World, unit_id: str, code: str = "ParentNotFoundException") -> Unit:
    unit = world.organization.units.get(unit_id)
    if unit is None:
        kind = "organizational unit" if code.startswith("OrganizationalUnit") else "parent"
        raise WireError(code, f"You specified {'an' if kind[0] == 'o' else 'a'} {kind} that doesn't exist.")
    return unit


def _start_of(token: str | None) -> int:
    if token is None:
        return 0
    prefix, _, number = token.partition("-")
    if prefix != "page" or not number.isdecimal():
        raise WireError("InvalidInputException", "The provided NextToken is invalid.")
    return int(number)
