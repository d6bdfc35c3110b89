"""Whether a caller may do what it asks: the one place where the sandbox refuses calls. Pure but for the world's clock.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import replace

from rolecall.core.policy import Outcome, PolicySet, Principal, Request, Verdict, evaluate
from rolecall.core.policy.rcp_services import supports_rcps
from rolecall.sandbox.iam_terms import Context as Context
from rolecall.sandbox.iam_terms import Need, needs
from rolecall.sandbox.names import WorldNames
from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.wire import Call, Caller, WireError
from rolecall.sandbox.world import PolicyLevels, World

_SIMULATIONS = ("SimulatePrincipalPolicy", "SimulateCustomPolicy")
_OPEN_TO_ALL = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
"""Calls that need no permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
_SPOKEN = {
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scp": "service control policy",
    "rcp": "resource control policy",
    "resource": "resource-based policy",
    "trust": "role trust policy",
}


class Authorizer:
    """Refuses calls by raising WireError AccessDenied (403), in AWS's words."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(self, call: Call) -> None:
        """AssumeRole is not checked here: its handler weighs the role's trust too."""
        _check_credentials(call)
        if self._applies(call):
            require(self._world, call)

    def _applies(self, call: Call) -> bool:
        if call.service == "iam" and call.action in _SIMULATIONS:
            return True
        exempt = call.action == "AssumeRole" or (call.service, call.action) in _OPEN_TO_ALL
        return self._world.enforcement == "all" and not exempt


def _check_credentials(call: Call) -> None:
    """What the credentials of GetSessionToken and GetFederationToken are not good for, whatever policies say.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    """
    caller = call.caller
    if not caller.is_temporary or caller.is_session:
        return
    if call.service == "iam" and not caller.mfa:
        raise WireError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    allowed = ("GetCallerIdentity",) if caller.is_federated else ("AssumeRole", "GetCallerIdentity")
    if call.service == "sts" and call.action not in allowed:
        raise WireError("AccessDenied", f"Cannot call {call.action} with session credentials", 403)


def require(world: World, call: Call, *, via: str | None = None) -> None:
    """Raises WireError AccessDenied unless the caller's policies allow all that the call needs.

    `via` is the service that makes the call with the caller's rights, where the caller does not make it itself:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    names = WorldNames(world)
    wanted = needs(call, names)
    policies = world.caller_policy_set(call.caller)
    if policies is None:
        raise denied(call.caller, wanted[0].action, wanted[0].resource)
    context = caller_context(world, call.caller) | call_context(world, call) | _via_context(via)
    for need in wanted:
        _require(names, call.caller, need, policies, context)


def _require(names: WorldNames, caller: Caller, need: Need, policies: PolicySet, context: Context) -> None:
    owner = names.owner(need.resource)
    keys = context | resource_context(names.world, owner) | _resource_tags(names, caller, need) | need.context
    limited = replace(policies, rcp_levels=rcp_levels(names.world, need.action, owner))
    verdict = evaluate(Request(need.action, need.resource, keys, evaluated_principal(caller)), limited)
    if verdict.outcome is not Outcome.ALLOWED:
        raise denied(caller, need.action, need.resource, verdict)


def rcp_levels(world: World, action: str, owner: str | None) -> PolicyLevels | None:
    """Those of a resource's account, for the services that heed them.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    return world.rcp_levels(owner) if owner is not None and supports_rcps(action) else None


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
        session_arn=caller.arn if caller.is_session or caller.is_federated else None,
    )


def caller_context(world: World, caller: Caller) -> Context:
    """The global condition keys that tell of the caller.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    principal = world.principal(caller.principal_arn)
    tags = dict(principal.tags) if principal else {}
    context = principal_context(world, caller.account_id, caller.principal_arn, caller.principal_id)
    context["aws:PrincipalArn"] = (caller.principal_arn,)
    context["aws:PrincipalIsAWSService"] = ("false",)
    if caller.issued_at is not None:
        context["aws:TokenIssueTime"] = (f"{caller.issued_at:%Y-%m-%dT%H:%M:%SZ}",)
        context["aws:MultiFactorAuthPresent"] = (str(caller.mfa).lower(),)
    if caller.issued_at is not None and caller.mfa:
        context["aws:MultiFactorAuthAge"] = (str(int((world.now() - caller.issued_at).total_seconds())),)
    context["aws:userid"] = (caller.user_id,)
    if caller.is_federated:
        context |= {"aws:PrincipalArn": (caller.arn,), "aws:PrincipalType": ("FederatedUser",)}
        context.pop("aws:username", None)
    if caller.source_identity:
        context["aws:SourceIdentity"] = (caller.source_identity,)
    for key, value in (tags | dict(caller.session_tags)).items():
        context[f"aws:PrincipalTag/{key}"] = (value,)
    return context


def principal_context(world: World, account_id: str, arn: str, principal_id: str) -> Context:
    """The keys that follow from who somebody is, without its name: those that IAM's simulation fills in itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
    """
    context: Context = {"aws:PrincipalAccount": (account_id,)}
    if ":group/" not in arn:
        kinds = {"role": "AssumedRole", "root": "Account"}
        context["aws:PrincipalType"] = (kinds.get(arn.rsplit(":", 1)[-1].split("/", 1)[0], "User"),)
        context["aws:userid"] = (principal_id,)
    if ":user/" in arn:
        context["aws:username"] = (arn.rsplit("/", 1)[-1],)
    account = world.account(account_id)
    if account is not None:
        context["aws:PrincipalOrgID"] = (world.organization_id(),)
        context["aws:PrincipalOrgPaths"] = (_organization_path(world, account),)
        context["aws:PrincipalOrgMasterAccountId"] = (world.management_account(),)
    return context


def request_context(world: World, region: str) -> Context:
    """The keys that tell of the request: when, where from, and for which Region.

    Loopback has no TLS and AWS's endpoints have, so a policy is told what it would be there.
    """
    now = world.now()
    return {
        "aws:CurrentTime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:EpochTime": (str(int(now.timestamp())),),
        "aws:RequestedRegion": (region,),
        "aws:SecureTransport": ("true",),
        "aws:SourceIp": ("127.0.0.1",),
        "aws:ViaAWSService": ("false",),
    }


def call_context(world: World, call: Call) -> Context:
    """As `request_context`, and what the client said that it is."""
    agent = call.origin.user_agent if call.origin else ""
    return request_context(world, call.region) | ({"aws:UserAgent": (agent,)} if agent else {})


def resource_context(world: World, owner: str | None) -> Context:
    """The keys that tell whose a resource is, where that is known."""
    if owner is None:
        return {}
    context: Context = {"aws:ResourceAccount": (owner,)}
    account = world.account(owner)
    if account is not None:
        context["aws:ResourceOrgID"] = (world.organization_id(),)
        context["aws:ResourceOrgPaths"] = (_organization_path(world, account),)
    return context


def _resource_tags(names: WorldNames, caller: Caller, need: Need) -> Context:
    service = need.action.split(":", 1)[0]
    tags = names.tags(need.resource, caller.account_id)
    keys = ((prefix, key, value) for key, value in tags.items() for prefix in ("aws", service))
    return {f"{prefix}:ResourceTag/{key}": (value,) for prefix, key, value in keys}


def _via_context(service: str | None) -> Context:
    if service is None:
        return {}
    called: Context = {f"aws:CalledVia{place}": (service,) for place in ("", "First", "Last")}
    return called | {"aws:ViaAWSService": ("true",)}


def _organization_path(world: World, account: WorldAccount) -> str:
    return f"{'/'.join((world.organization_id(), *account.unit_path))}/"


def _cause(action: str, verdict: Verdict) -> str:
    """The type of one policy that denies, or of which none allows: AWS names one, whatever others do."""
    if verdict.outcome is Outcome.EXPLICIT_DENY:
        spoken = next((_SPOKEN[match.type] for match in verdict.matched if match.type in _SPOKEN), "policy")
        return f"with an explicit deny in {'an' if spoken[0] in 'aeiou' else 'a'} {spoken}"
    return f"because no {_SPOKEN[verdict.blocked_by[0]]} allows the {action} action"
