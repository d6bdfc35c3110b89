"""Whose policies a call about policies asks for: `PolicySourceArn`. Reads the world's store.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re

from rolecall.sandbox.stored import StoredGroup, StoredRole, StoredUser
from rolecall.sandbox.wire import Call, WireError
from rolecall.sandbox.world import World

Holder = StoredRole | StoredUser | StoredGroup
_SOURCE = re.compile(r"arn:aws:iam::(\d{12}):(role|user|group)/(.+)")


def holder_of(world: World, call: Call) -> Holder:
    """Of the caller's account. Raises WireError InvalidInput for another ARN, NoSuchEntity (404) for nobody's."""
    arn = call.params["PolicySourceArn"]
    match = _SOURCE.fullmatch(arn)
    if match is None or match[1] != call.caller.account_id:
        raise WireError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    name = match[3].rsplit("/", 1)[-1]
    group = world.store.group(match[1], name) if match[2] == "group" else None
    found = (group if group is not None and group.arn == arn else None) or world.principal(arn)
    if found is None:
        raise WireError("NoSuchEntity", f"The {match[2]} with name {name} cannot be found.", 404)
    return found


def kind_of_holder(holder: Holder) -> str:
    return {StoredRole: "role", StoredUser: "user"}.get(type(holder), "group")
