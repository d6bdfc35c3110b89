"""IAM's policy simulation, which the store does not have. Memory only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
Resource control policies are not simulated, as on AWS, and a resource policy's answer holds for one account only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rolecall.core.policy import MalformedPolicy, Outcome, Policy, PolicySet, Request, Verdict, evaluate
from rolecall.sandbox.authorize import Context, principal_context
from rolecall.sandbox.stored import StoredPolicy, StoredRole, StoredUser
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World, parse_policy, stored_policy

_DEFAULT_ITEMS = 100
_ANY_RESOURCE = ("*",)
_SEVERITY = {Outcome.ALLOWED: 0, Outcome.IMPLICIT_DENY: 1, Outcome.EXPLICIT_DENY: 2}
_ORGANIZATION_TYPES = ("scp", "rcp")
_INLINE, _AWS_MANAGED, _USER_MANAGED = "inline", "aws-managed", "user-managed"


@dataclass(frozen=True, slots=True)
class _Simulation:
    """One question: which policies, which keys are known, and how a policy's source is named in the answer."""

    policies: PolicySet
    context: Context
    resource_policy: Policy | None
    source_types: dict[str, str]

    def result(self, action: str, resources: tuple[str, ...]) -> dict[str, Any]:
        verdicts = [(resource, self._verdict(action, resource)) for resource in resources]
        overall, decisive = max(verdicts, key=lambda pair: _SEVERITY[pair[1].outcome])
        every = [verdict for _, verdict in verdicts]
        specific = {"ResourceSpecificResults": [self._of_resource(*pair) for pair in verdicts]}
        return {
            "EvalActionName": action,
            "EvalResourceName": overall if len(resources) == 1 else "*",
            "EvalDecision": decisive.outcome.value,
            "MatchedStatements": self._matched(every),
            "MissingContextValues": sorted({key for verdict in every for key in verdict.missing_context}),
            **(specific if resources != _ANY_RESOURCE else {}),
            **_organizations_detail(every),
            **_boundary_detail(every),
        }

    def _verdict(self, action: str, resource: str) -> Verdict:
        return evaluate(Request(action, resource, self.context), self.policies, resource_policy=self.resource_policy)

    def _of_resource(self, resource: str, verdict: Verdict) -> dict[str, Any]:
        return {
            "EvalResourceName": resource,
            "EvalResourceDecision": verdict.outcome.value,
            "MatchedStatements": self._matched([verdict]),
            "MissingContextValues": sorted(verdict.missing_context),
            **_boundary_detail([verdict]),
        }

    def _matched(self, verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
        sources = dict.fromkeys(
            (match.source, match.type)
            for verdict in verdicts
            for match in verdict.matched
            if match.type not in _ORGANIZATION_TYPES
        )
        return [
            {"SourcePolicyId": source, "SourcePolicyType": self.source_types.get(source, "none")}
            for source, _ in sources
        ]


@dataclass(frozen=True, slots=True)
class _Iam:
    world: World

    def simulate_principal_policy(self, call: Call) -> Params:
        params = call.params
        principal = self._principal(call)
        excluded = _Exclusions.of(params.get("PolicyExclusionList", ()))
        policies = self.world.principal_policy_set(excluded.without(principal))
        policies = replace(
            policies,
            identity=(*policies.identity, *_inputs(params, "PolicyInputList", "identity")),
            boundary=_first(_inputs(params, "PermissionsBoundaryPolicyInputList", "boundary")) or policies.boundary,
            scp_levels=None if "scp" in excluded.types else policies.scp_levels,
        )
        known = principal_context(self.world, principal.account_id, principal.arn, principal.id)
        return self._answer(params, policies, known | _context(params), _source_types(principal))

    def simulate_custom_policy(self, call: Call) -> Params:
        params = call.params
        policies = PolicySet(
            identity=_inputs(params, "PolicyInputList", "identity"),
            boundary=_first(_inputs(params, "PermissionsBoundaryPolicyInputList", "boundary")),
            scp_levels=_levels(params),
        )
        return self._answer(params, policies, _context(params), {})

    def _principal(self, call: Call) -> StoredRole | StoredUser:
        arn = call.params["PolicySourceArn"]
        if f":iam::{call.caller.account_id}:" not in arn or not any(f":{kind}/" in arn for kind in ("role", "user")):
            raise WireError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
        principal = self.world.principal(arn)
        if principal is None:
            kind, name = arn.rsplit(":", 1)[-1].split("/", 1)
            message = f"The {kind} with name {name.rsplit('/', 1)[-1]} cannot be found."
            raise WireError("NoSuchEntity", message, 404)
        return principal

    def _answer(self, params: Params, policies: PolicySet, context: Context, types: dict[str, str]) -> Params:
        resource_policy = _resource_policy(params)
        types = types | {policy.source: "none" for policy in policies.identity if policy.source not in types}
        if resource_policy:
            types[resource_policy.source] = "resource"
        simulation = _Simulation(policies, context, resource_policy, types)
        resources = tuple(params.get("ResourceArns") or _ANY_RESOURCE)
        actions, page = _page(params)
        return {"EvaluationResults": [simulation.result(action, resources) for action in actions], **page}


@dataclass(frozen=True, slots=True)
class _Exclusions:
    """`PolicyExclusionList`: policies left out by kind, by ARN, or by the name of an inline one."""

    types: frozenset[str]
    arns: frozenset[str]
    inline_names: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[Params]) -> _Exclusions:
        entries = list(entries)
        return cls(
            frozenset(entry["PolicyType"] for entry in entries if "PolicyType" in entry),
            frozenset(entry["PolicyArn"] for entry in entries if "PolicyArn" in entry),
            frozenset(e["InlinePolicyIdentifier"]["PolicyName"] for e in entries if "InlinePolicyIdentifier" in e),
        )

    def without(self, principal: StoredRole | StoredUser) -> StoredRole | StoredUser:
        kept = tuple(policy for policy in principal.policies if not self._excludes(policy))
        boundary = principal.boundary
        if boundary and ("permission-boundary" in self.types or boundary.arn in self.arns):
            boundary = None
        return replace(principal, policies=kept, boundary=boundary)

    def _excludes(self, policy: StoredPolicy) -> bool:
        return (
            _kind(policy) in self.types
            or policy.arn in self.arns
            or (policy.arn is None and policy.name in self.inline_names)
        )


def handlers(world: World) -> Handlers:
    iam = _Iam(world)
    return {
        ("iam", "SimulatePrincipalPolicy"): iam.simulate_principal_policy,
        ("iam", "SimulateCustomPolicy"): iam.simulate_custom_policy,
    }


def _kind(policy: StoredPolicy) -> str:
    if policy.arn is None:
        return _INLINE
    return _AWS_MANAGED if ":iam::aws:" in policy.arn else _USER_MANAGED


def _source_types(principal: StoredRole | StoredUser) -> dict[str, str]:
    holder = "role" if isinstance(principal, StoredRole) else "user"
    kinds = {stored_policy(policy).source: _kind(policy) for policy in principal.policies}
    return {source: holder if kind == _INLINE else kind for source, kind in kinds.items()}


def _inputs(params: Params, name: str, kind: str) -> tuple[Policy, ...]:
    """Policies given with the call. AWS names them `PolicyInputList.1` and so on in MatchedStatements."""
    return tuple(
        _given(document, f"{name}.{index}", kind) for index, document in enumerate(params.get(name, ()), start=1)
    )


def _given(document: str, source: str, kind: str) -> Policy:
    try:
        return parse_policy(document, source, kind)
    except MalformedPolicy as error:
        raise WireError("InvalidInput", f"Invalid policy in {source}: {error}") from error


def _levels(params: Params) -> tuple[tuple[Policy, ...], ...] | None:
    levels = params.get("OrderedOrganizationPolicyInputList")
    if levels is None:
        return None
    return tuple(_inputs(level, "ServiceControlPolicyInputList", "scp") for level in levels)


def _resource_policy(params: Params) -> Policy | None:
    document = params.get("ResourcePolicy")
    return None if document is None else _given(document, "ResourcePolicy", "resource")


def _context(params: Params) -> Context:
    entries = params.get("ContextEntries", ())
    return {entry["ContextKeyName"]: tuple(entry.get("ContextKeyValues", ())) for entry in entries}


def _page(params: Params) -> tuple[Sequence[str], dict[str, Any]]:
    """The actions of this page, and what tells of the next one. A Marker is the number of actions already answered."""
    marker = params.get("Marker", "0")
    if not marker.isdecimal():
        raise WireError("InvalidInput", "Invalid Marker.")
    start, size = int(marker), params.get("MaxItems", _DEFAULT_ITEMS)
    actions = params["ActionNames"]
    more = len(actions) > start + size
    page = {"IsTruncated": more, "Marker": str(start + size)} if more else {"IsTruncated": False}
    return actions[start : start + size], page


def _organizations_detail(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    answers = [verdict.allowed_by_organizations for verdict in verdicts]
    if None in answers:
        return {}
    return {"OrganizationsDecisionDetail": {"AllowedByOrganizations": all(answers)}}


def _boundary_detail(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    answers = [verdict.allowed_by_boundary for verdict in verdicts]
    if None in answers:
        return {}
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": all(answers)}}


def _first(policies: Sequence[Policy]) -> Policy | None:
    return policies[0] if policies else None
