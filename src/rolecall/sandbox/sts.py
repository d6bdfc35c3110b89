"""AWS STS: AssumeRole weighed on both sides, sessions, and who somebody is. Memory only.

https://docs.aws.amazon.com/STS/latest/APIReference/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rolecall.core.policy import MalformedPolicy, Outcome, PolicySet, Request, evaluate_assume_role
from rolecall.sandbox.authorize import (
    Context,
    caller_context,
    denied,
    evaluated_principal,
    rcp_levels,
    request_context,
    resource_context,
)
from rolecall.sandbox.identities import Identities, Session
from rolecall.sandbox.stored import StoredRole
from rolecall.sandbox.wire import Call, Caller, Handlers, Params, PrincipalId, WireError
from rolecall.sandbox.world import World, parse_policy

_CHAINED_SECONDS = 3600
_PACKED_LIMIT = 2048
_SESSION_TOKEN_SECONDS = 43200


@dataclass(frozen=True, slots=True)
class _Sts:
    world: World
    identities: Identities

    def assume_role(self, call: Call) -> Params:
        role = self._assumable(call)
        seconds = _duration(call, role)
        session = self.identities.mint(self._session_caller(call, role), seconds)
        answer = {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role.id}:{call.params['RoleSessionName']}",
                "Arn": session.caller.arn,
            },
        }
        packed = _packed_size(call.params)
        optional = {"PackedPolicySize": packed, "SourceIdentity": session.caller.source_identity}
        return answer | {name: value for name, value in optional.items() if value is not None}

    def get_caller_identity(self, call: Call) -> Params:
        caller = call.caller
        user_id = f"{caller.principal_id}:{caller.session_name}" if caller.is_session else caller.principal_id
        return {"UserId": user_id, "Account": caller.account_id, "Arn": caller.arn}

    def get_session_token(self, call: Call) -> Params:
        if call.caller.is_session:
            raise WireError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        seconds = call.params.get("DurationSeconds", _SESSION_TOKEN_SECONDS)
        return {"Credentials": _credentials(self.identities.mint(call.caller, seconds))}

    def _assumable(self, call: Call) -> StoredRole:
        """The role, if both sides allow all that the call needs. AWS refuses a missing role in the same words."""
        arn = call.params["RoleArn"]
        role = self.world.role(arn)
        caller_policies = self.world.caller_policy_set(call.caller)
        for action in _actions(call.params):
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
        for name in ("ExternalId", "SourceIdentity"):
            if name in params:
                context[f"sts:{name}"] = (params[name],)
        tags = _tags(params)
        if tags:
            context["aws:TagKeys"] = tuple(tags)
            context["sts:TransitiveTagKeys"] = tuple(params.get("TransitiveTagKeys", ()))
        return context | {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}

    def _session_caller(self, call: Call, role: StoredRole) -> Caller:
        return replace(
            role_session(role, call.params["RoleSessionName"]),
            session_policies=self._session_policies(call.params, role.account_id),
            session_tags=self._session_tags(call),
            transitive_tags=self._transitive(call),
            source_identity=call.params.get("SourceIdentity", call.caller.source_identity),
        )

    def _session_tags(self, call: Call) -> dict[str, str]:
        """The tags given, and those that came along the chain. Raises WireError where one would be overwritten."""
        inherited = {key: call.caller.session_tags[key] for key in call.caller.transitive_tags}
        given = _tags(call.params)
        overwritten = sorted(inherited.keys() & given)
        if overwritten:
            message = f"One of the specified transitive tag keys can't be set: {overwritten[0]} is inherited"
            raise WireError("InvalidParameterValue", message)
        return inherited | given

    def _transitive(self, call: Call) -> frozenset[str]:
        wanted = frozenset(call.params.get("TransitiveTagKeys", ()))
        unknown = sorted(wanted - _tags(call.params).keys())
        if unknown:
            raise WireError("InvalidParameterValue", f"The transitive tag key {unknown[0]} is not among the tags")
        return call.caller.transitive_tags | wanted

    def _session_policies(self, params: Params, account_id: str) -> tuple[str, ...]:
        documents = [params["Policy"]] if "Policy" in params else []
        for given in params.get("PolicyArns", ()):
            policy = self.world.store.policy_document(account_id, given.get("arn", ""))
            if policy is None:
                raise WireError("InvalidParameterValue", f"Policy {given.get('arn')} does not exist")
            documents.append(policy.document)
        for document in documents:
            try:
                parse_policy(document, "session policy", "session")
            except MalformedPolicy as error:
                raise WireError("MalformedPolicyDocument", str(error)) from error
        return tuple(documents)


def handlers(world: World, identities: Identities) -> Handlers:
    sts = _Sts(world, identities)
    return {
        ("sts", "AssumeRole"): sts.assume_role,
        ("sts", "GetCallerIdentity"): sts.get_caller_identity,
        ("sts", "GetSessionToken"): sts.get_session_token,
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
    same_account = role.account_id == caller.account_id
    levels = rcp_levels(world, caller, request.action, role.account_id)
    verdict = evaluate_assume_role(request, caller_policies, trust, same_account=same_account, rcp_levels=levels)
    return None if verdict.outcome is Outcome.ALLOWED else verdict.reason


def _assuming_context(world: World, caller: Caller, role: StoredRole, session_name: str, region: str) -> Context:
    context = caller_context(world, caller) | request_context(world, region)
    return context | resource_context(world, role.account_id) | {"sts:RoleSessionName": (session_name,)}


def _actions(params: Params) -> tuple[str, ...]:
    tagging = ("sts:TagSession",) if params.get("Tags") else ()
    naming = ("sts:SetSourceIdentity",) if "SourceIdentity" in params else ()
    return ("sts:AssumeRole", *tagging, *naming)


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


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires_at,
    }


def _tags(params: Params) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}


def _packed_size(params: Params) -> int | None:
    """Percent of what a session may carry, rounded up; None where it carries nothing."""
    texts = [params.get("Policy", ""), *(given.get("arn", "") for given in params.get("PolicyArns", ()))]
    size = sum(map(len, texts)) + sum(len(key) + len(value) for key, value in _tags(params).items())
    if size > _PACKED_LIMIT:
        raise WireError("PackedPolicyTooLarge", "Packed size of session policies and tags exceeds the limit")
    return -(-size * 100 // _PACKED_LIMIT) if size else None
