"""Whether a caller may do what it asks: the one place where the sandbox refuses calls. Pure but for the world's clock.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping

from rolecall.core.policy import Outcome, Principal, Request, Verdict, evaluate
from rolecall.sandbox.iam_terms import action_of, resource_of
from rolecall.sandbox.wire import Call, Caller, WireError
from rolecall.sandbox.world import World

Context = dict[str, tuple[str, ...]]

_SIMULATIONS = ("SimulatePrincipalPolicy", "SimulateCustomPolicy")
_OPEN_TO_ALL = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
"""Calls that need no permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
_ARTICLE = {"identity": "an identity-based policy", "boundary": "a permissions boundary", "session": "a session policy"}
_LIMITS = {"scp": "service control policy", "rcp": "resource control policy"}


class Authorizer:
    """Refuses calls by raising WireError AccessDenied (403), in AWS's words."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(self, call: Call) -> None:
        """AssumeRole is not checked here: its handler weighs the role's trust too."""
        if self._applies(call):
            require(self._world, call)

    def _applies(self, call: Call) -> bool:
        if call.service == "iam" and call.action in _SIMULATIONS:
            return True
        exempt = call.action == "AssumeRole" or (call.service, call.action) in _OPEN_TO_ALL
        return self._world.enforcement == "all" and not exempt


def require(world: World, call: Call) -> None:
    """Raises WireError AccessDenied unless the caller's policies allow the call."""
    policies = world.caller_policy_set(call.caller)
    action, resource = action_of(call), resource_of(call)
    if policies is None:
        raise denied(call.caller, action, resource)
    context = caller_context(world, call.caller) | request_context(world, call.region)
    verdict = evaluate(Request(action, resource, context, evaluated_principal(call.caller)), policies)
    if verdict.outcome is not Outcome.ALLOWED:
        raise denied(call.caller, action, resource, verdict)


def denied(
    caller: Caller, action: str, resource: str, verdict: Verdict | None = None, *, reason: str | None = None
) -> WireError:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    text = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    cause = _cause(action, verdict) if verdict else ""
    return WireError("AccessDenied", f"{text} {cause}".rstrip(), 403, reason=verdict.reason if verdict else reason)


def evaluated_principal(caller: Caller) -> Principal:
    return Principal(
        account=caller.account_id,
        arn=caller.principal_arn,
        id=caller.principal_id,
        session_arn=caller.arn if caller.is_session else None,
    )


def caller_context(world: World, caller: Caller) -> Context:
    """The global condition keys that tell of the caller.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    principal = world.principal(caller.principal_arn)
    tags = dict(principal.tags) if principal else {}
    context = principal_context(world, caller.account_id, caller.principal_arn, caller.principal_id)
    context["aws:PrincipalArn"] = (caller.principal_arn,)
    if caller.is_session:
        context["aws:userid"] = (f"{caller.principal_id}:{caller.session_name}",)
    if caller.source_identity:
        context["aws:SourceIdentity"] = (caller.source_identity,)
    for key, value in (tags | dict(caller.session_tags)).items():
        context[f"aws:PrincipalTag/{key}"] = (value,)
    return context


def principal_context(world: World, account_id: str, arn: str, principal_id: str) -> Context:
    """The keys that follow from who a role or user is, without its name: those that IAM's simulation fills in itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
    """
    is_role = ":role/" in arn
    context: Context = {
        "aws:PrincipalAccount": (account_id,),
        "aws:PrincipalType": ("AssumedRole" if is_role else "User",),
        "aws:userid": (principal_id,),
    }
    if not is_role:
        context["aws:username"] = (arn.rsplit("/", 1)[-1],)
    account = world.account(account_id)
    if account is not None:
        path = "/".join((world.organization_id(), *account.unit_path))
        context["aws:PrincipalOrgID"] = (world.organization_id(),)
        context["aws:PrincipalOrgPaths"] = (f"{path}/",)
        context["aws:PrincipalOrgMasterAccountId"] = (world.management_account(),)
    return context


def request_context(world: World, region: str) -> Context:
    """The keys that tell of the request: when, where from, and for which Region."""
    now = world.now()
    return {
        "aws:CurrentTime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:EpochTime": (str(int(now.timestamp())),),
        "aws:RequestedRegion": (region,),
        "aws:SecureTransport": ("false",),
        "aws:SourceIp": ("127.0.0.1",),
    }


def _cause(action: str, verdict: Verdict) -> str:
    if verdict.outcome is Outcome.EXPLICIT_DENY:
        kinds: Mapping[str, str] = _ARTICLE | {kind: f"a {name}" for kind, name in _LIMITS.items()}
        denying = next((kinds[match.type] for match in verdict.matched if match.type in kinds), None)
        return f"with an explicit deny in {denying}" if denying else "with an explicit deny"
    if verdict.allowed_by_organizations is False:
        return f"because no service control policy allows the {action} action"
    if verdict.allowed_by_boundary is False:
        return f"because no permissions boundary allows the {action} action"
    return f"because no identity-based policy allows the {action} action"
