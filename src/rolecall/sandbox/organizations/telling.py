"""Organizations' events: calls that change accounts, and what follows from them. Publishes on the world's listeners.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.trail import API_CALL, SERVICE_EVENT, api_call, service_event
from rolecall.sandbox.wire import Call, Handler, Params
from rolecall.sandbox.world import World

_SOURCE = "aws.organizations"
_REGION = "us-east-1"


def told(world: World, handler: Handler) -> Handler:
    """The handler, whose calls are told in the account that makes them."""

    def telling(call: Call) -> Params:
        answer = handler(call)
        detail = api_call(world, call, answer) | {"awsRegion": _REGION}
        world.publish(_SOURCE, API_CALL, detail, account_id=call.caller.account_id, region=_REGION)
        return answer

    return telling


def tell(world: World, name: str, details: Mapping[str, Any]) -> None:
    """Something that Organizations did by itself, told in the management account."""
    management = world.management_account()
    detail = service_event(world, "organizations", name, management, details)
    world.publish(_SOURCE, SERVICE_EVENT, detail, account_id=management, region=_REGION)


def tell_joined(world: World, account_id: str, method: str) -> None:
    """AWS names the event and its fields `joinedMethod` and `joinedTime`, and documents no record of it: a guess."""
    details = {"accountId": account_id, "joinedMethod": method, "joinedTime": _now(world)}
    tell(world, "AccountJoinedOrganization", {"accountJoinedOrganization": details})


def tell_departed(world: World, account_id: str, method: str) -> None:
    """`method` is LEFT, REMOVED or CLEANED. The record's form is a guess, as that of `tell_joined`."""
    details = {"accountId": account_id, "departureMethod": method, "departureTime": _now(world)}
    tell(world, "AccountDepartedOrganization", {"accountDepartedOrganization": details})


def _now(world: World) -> str:
    return f"{world.now():%Y-%m-%dT%H:%M:%SZ}"
