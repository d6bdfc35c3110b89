"""Organizations' events: calls that change accounts, and what follows from them. Publishes on the world's listeners.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.trail import API_CALL, MASK, SERVICE_EVENT, api_call, region_of, service_event, spoken, traced
from rolecall.sandbox.wire import Call, Handler, Params
from rolecall.sandbox.world import World

_SOURCE = "aws.organizations"
_STATUSES = {"createAccountStatus": "id", "closeAccountStatus": "accountId"}
"""What results tell of, and what in it says which request it was."""


def told(world: World, handler: Handler) -> Handler:
    """The handler, whose calls are told in the account that makes them."""

    def telling(call: Call) -> Params:
        traced_call = traced(world, call)
        answer = handler(traced_call)
        _remember(world, call, answer)
        detail = api_call(traced_call, answer)
        world.publish(_SOURCE, API_CALL, detail, account_id=call.caller.account_id, region=region_of(call))
        return answer

    return telling


def tell(world: World, name: str, details: Mapping[str, Any]) -> None:
    """Something that Organizations did by itself, told in the management account."""
    management = world.management_account()
    completed = {key: _completed(world, key, value) for key, value in details.items()}
    detail = service_event(world, "organizations", name, management, completed)
    world.publish(_SOURCE, SERVICE_EVENT, detail, account_id=management, region=detail["awsRegion"])


def tell_joined(world: World, account_id: str, method: str) -> None:
    """AWS names the event and its fields `joinedMethod` and `joinedTime`, and documents no record of it: a guess."""
    details = {"accountId": account_id, "joinedMethod": method, "joinedTime": _now(world)}
    tell(world, "AccountJoinedOrganization", {"accountJoinedOrganization": details})


def tell_departed(world: World, account_id: str, method: str) -> None:
    """`method` is LEFT, REMOVED or CLEANED. The record's form is a guess, as that of `tell_joined`."""
    details = {"accountId": account_id, "departureMethod": method, "departureTime": _now(world)}
    tell(world, "AccountDepartedOrganization", {"accountDepartedOrganization": details})


def _remember(world: World, call: Call, answer: Params) -> None:
    """When something was asked for that AWS goes on to work on."""
    if call.action == "CreateAccount":
        world.requested_at[answer["CreateAccountStatus"]["Id"]] = world.now()
    elif call.action == "CloseAccount":
        world.requested_at[call.params["AccountId"]] = world.now()


def _completed(world: World, key: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """A result's status with its times, and without the account's name."""
    if key not in _STATUSES:
        return dict(details)
    now = world.now()
    requested = world.requested_at.pop(details[_STATUSES[key]], now)
    name = {"accountName": MASK} if "accountName" in details else {}
    return {**details, **name, "requestedTimestamp": spoken(requested), "completedTimestamp": spoken(now)}


def _now(world: World) -> str:
    return f"{world.now():%Y-%m-%dT%H:%M:%SZ}"
