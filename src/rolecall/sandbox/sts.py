"""AWS STS: AssumeRole weighed on both sides, sessions, and who somebody is. Memory only.

https://docs.aws.amazon.com/STS/latest/APIReference/
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rolecall.core.policy import Outcome, PolicySet, Request, evaluate_assume_role
from rolecall.sandbox.authorize import (
    Context,
    call_context,
    caller_context,
    denied,
    evaluated_principal,
    rcp_levels,
    request_context,
    resource_context,
)
from rolecall.sandbox.identities import Identities
from rolecall.sandbox.session_requests import (
    packed_size,
    session_policies,
    tags_of,
    transitive_keys,
    with_inherited,
)
from rolecall.sandbox.stored import StoredRole
from rolecall.sandbox.sts_tokens import checked_mfa
from rolecall.sandbox.sts_tokens import handlers as token_handlers
from rolecall.sandbox.wire import Call, Caller, Handlers, Params, PrincipalId, WireError
from rolecall.sandbox.world import World

_CHAINED_SECONDS = 3600
_NAMING = "sts:SetSourceIdentity"


@dataclass(frozen=True, slots=True)
class _Sts:
    world: World
    identities: Identities

    def assume_role(self, call: Call) -> Params:
        role = self._assumable(call)
        seconds, packed = _duration(call, role), packed_size(call.params)
        session = self.identities.mint(self._session_caller(call, role), seconds)
        answer = {
            "Credentials": session.credentials(),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role.id}:{call.params['RoleSessionName']}",
                "Arn": session.caller.arn,
            },
        }
        optional = {"PackedPolicySize": packed, "SourceIdentity": session.caller.source_identity}
        return answer | {name: value for name, value in optional.items() if value is not None}

    def get_caller_identity(self, call: Call) -> Params:
        caller = call.caller
        return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}

    def _assumable(self, call: Call) -> StoredRole:
        """The role, if both sides allow all that the call needs. AWS refuses a missing role in the same words."""
        arn = call.params["RoleArn"]
        role = self.world.role(arn)
        caller_policies = self.world.caller_policy_set(call.caller)
        _check_source_identity(call)
        for action in _actions(call):
            problem = self._problem(call, role, caller_policies, action)
            if problem is not None:
                raise denied(call.caller, action, arn, reason=problem)
        assert role is not None
        return role

    def _problem(
        self, call: Call, role: StoredRole | None, caller_policies: PolicySet | None, action: str
    ) -> str | None:
        """Why not, for the log: a caller is never told which side refused."""
        if role is None:
            return "there is no such role"
        if caller_policies is None:
            return "the caller is gone"
        request = Request(action, role.arn, self._context(call, role), evaluated_principal(call.caller))
        return _refusal(self.world, call.caller, request, caller_policies, role)

    def _context(self, call: Call, role: StoredRole) -> Context:
        params = call.params
        context = _assuming_context(self.world, call.caller, role, params["RoleSessionName"], call.region)
        context |= call_context(self.world, call)
        for name, value in (("ExternalId", params.get("ExternalId")), ("SourceIdentity", _source_identity(call))):
            if value is not None:
                context[f"sts:{name}"] = (value,)
        if checked_mfa(self.world, call):
            context |= {"aws:MultiFactorAuthPresent": ("true",), "aws:MultiFactorAuthAge": ("0",)}
        tags = tags_of(params)
        if tags:
            context["aws:TagKeys"] = tuple(tags)
            context["sts:TransitiveTagKeys"] = tuple(params.get("TransitiveTagKeys", ()))
        return context | {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}

    def _session_caller(self, call: Call, role: StoredRole) -> Caller:
        caller, tags = call.caller, tags_of(call.params)
        return replace(
            role_session(role, call.params["RoleSessionName"]),
            session_policies=session_policies(self.world, call.params, role.account_id),
            session_tags=with_inherited(tags, {key: caller.session_tags[key] for key in caller.transitive_tags}),
            transitive_tags=caller.transitive_tags | transitive_keys(call.params, tags),
            source_identity=_source_identity(call),
        )


def handlers(world: World, identities: Identities) -> Handlers:
    sts = _Sts(world, identities)
    return {
        **token_handlers(world, identities),
        ("sts", "AssumeRole"): sts.assume_role,
        ("sts", "GetCallerIdentity"): sts.get_caller_identity,
    }


def role_session(role: StoredRole, session_name: str) -> Caller:
    """A plain session of `role`, without session policies or tags."""
    return Caller(
        account_id=role.account_id,
        arn=f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{session_name}",
        principal_arn=role.arn,
        principal_id=PrincipalId(role.id),
        session_name=session_name,
    )


def may_assume(world: World, caller: Caller, role: StoredRole, region: str) -> bool:
    """Whether a plain AssumeRole of `caller` would succeed."""
    policies = world.caller_policy_set(caller)
    context = _assuming_context(world, caller, role, caller.session_name or "session", region)
    request = Request("sts:AssumeRole", role.arn, context, evaluated_principal(caller))
    return policies is not None and _refusal(world, caller, request, policies, role) is None


def _refusal(
    world: World, caller: Caller, request: Request, caller_policies: PolicySet, role: StoredRole
) -> str | None:
    """None where both sides allow."""
    trust = world.trust_policy(role)
    if trust is None or not world.usable(role.account_id):
        return "the role's trust policy is malformed, or its account is closed"
    chained = caller.is_session and request.action == _NAMING  # then both sides must allow it, in one account too
    same_account = role.account_id == caller.account_id and not chained
    levels = rcp_levels(world, request.action, role.account_id)
    verdict = evaluate_assume_role(request, caller_policies, trust, same_account=same_account, rcp_levels=levels)
    return None if verdict.outcome is Outcome.ALLOWED else verdict.reason


def _assuming_context(world: World, caller: Caller, role: StoredRole, session_name: str, region: str) -> Context:
    context = caller_context(world, caller) | request_context(world, region)
    return context | resource_context(world, role.account_id) | {"sts:RoleSessionName": (session_name,)}


def _actions(call: Call) -> tuple[str, ...]:
    tagging = ("sts:TagSession",) if call.params.get("Tags") else ()
    naming = (_NAMING,) if _source_identity(call) is not None else ()
    return ("sts:AssumeRole", *tagging, *naming)


def _source_identity(call: Call) -> str | None:
    """The one that is set now, or that has come along a chain of roles."""
    given: str | None = call.params.get("SourceIdentity")
    return call.caller.source_identity if given is None else given


def _check_source_identity(call: Call) -> None:
    """Raises WireError: once it is set, it stays.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    if call.caller.source_identity not in (None, _source_identity(call)):
        raise denied(call.caller, _NAMING, call.params["RoleArn"], reason="the session has another source identity")


def _duration(call: Call, role: StoredRole) -> int:
    """Seconds. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (role chaining)"""
    seconds = int(call.params.get("DurationSeconds", 3600))
    if call.caller.is_session and seconds > _CHAINED_SECONDS:
        raise WireError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    if seconds > role.max_session_seconds:
        raise WireError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return seconds
