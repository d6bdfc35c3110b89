"""Whose rights a stack works with: its role's, where it has one, and else its caller's. Reads the world's store.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolecall.core.policy import PolicySet, Principal, Request, evaluate_assume_role
from rolecall.sandbox.authorize import Context, request_context
from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stored import StoredRole
from rolecall.sandbox.sts import role_session
from rolecall.sandbox.wire import Call, Caller

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

SERVICE = "cloudformation.amazonaws.com"
_SESSION = "AWSCloudFormation"


def of(world: World, call: Call, former: Caller | None = None) -> Caller | None:
    """The actor of a stack that `call` creates, updates or deletes. `former` is the one it had.

    A role stays with its stack until a call names another. None where callers are not authorized. Raises WireError
    `ValidationError` for a role that CloudFormation cannot assume.
    """
    arn = call.params.get("RoleARN")
    if arn:
        return _session_of(world, call, arn)
    if former is not None and former.session_name == _SESSION:
        return former
    return call.caller if world.enforcement == "all" else None


def via(actor: Caller) -> str | None:
    """The service that calls with the rights of a stack's actor: a role that was passed is CloudFormation's own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice
    """
    return None if actor.session_name == _SESSION else SERVICE


def trusts_service(world: World, role: StoredRole, service: str, source: Context) -> bool:
    """Whether an AWS service may assume the role. `source` are the keys that tell for whom.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    trust = world.trust_policy(role)
    if trust is None:
        return False
    principal = Principal(account=role.account_id, arn="", id="", service=service)
    request = Request("sts:AssumeRole", role.arn, request_context(world, world.region) | source, principal)
    return evaluate_assume_role(request, PolicySet(), trust, same_account=True).allowed


def _session_of(world: World, call: Call, arn: str) -> Caller:
    role = world.store.role_by_arn(arn)
    source: Context = {"aws:SourceAccount": (call.caller.account_id,)}
    if role is None or role.account_id != call.caller.account_id or not trusts_service(world, role, SERVICE, source):
        raise invalid(f"Role {arn} is invalid or cannot be assumed")
    return role_session(role, _SESSION)
