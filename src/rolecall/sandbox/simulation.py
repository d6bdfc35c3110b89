"""IAM's policy simulation, which the store does not have. Memory only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/policies_policy-simulator-how-to.html

Resource control policies are not simulated, as on AWS. A resource policy is weighed for users only, and never for
`sts:Assume…`; where it belongs to another account, both sides must allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rolecall.core.policy import Outcome, Policy, PolicySet, Principal, Request, Verdict, evaluate
from rolecall.sandbox.authorize import Context, principal_context
from rolecall.sandbox.iam_principals import Holder, holder_of, kind_of_holder
from rolecall.sandbox.simulated_policies import Sources, kind_of
from rolecall.sandbox.stored import StoredGroup, StoredPolicy
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_DEFAULT_ITEMS = 100
_ANY_RESOURCE = ("*",)
_SEVERITY = {Outcome.ALLOWED: 0, Outcome.IMPLICIT_DENY: 1, Outcome.EXPLICIT_DENY: 2}
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_-]+")
_CALLER = re.compile(r"arn:aws:iam::(\d{12}):(user|group|role)/.+")


@dataclass(frozen=True, slots=True)
class _Simulation:
    """One question: which policies, who calls, which keys are known, and who owns what has no owner in its ARN."""

    policies: PolicySet
    sources: Sources
    context: Context
    resource_policy: Policy | None
    caller: Principal | None = None
    owner: str | None = None

    def result(self, action: str, resources: tuple[str, ...]) -> dict[str, Any]:
        verdicts = [(resource, self._verdict(action, resource)) for resource in resources]
        every = [verdict for _, verdict in verdicts]
        decisive = max(every, key=lambda verdict: _SEVERITY[verdict.outcome])
        specific = {"ResourceSpecificResults": [self._of_resource(*pair) for pair in verdicts]}
        return {
            "EvalActionName": action,
            "EvalResourceName": "*",
            "EvalDecision": decisive.outcome.value,
            "MatchedStatements": self._matched(v for v in every if v.outcome is decisive.outcome),
            "MissingContextValues": sorted({key for verdict in every for key in verdict.missing_context}),
            **(specific if resources != _ANY_RESOURCE else {}),
            **_organizations_detail(every),
            **_boundary_detail(every),
        }

    def _verdict(self, action: str, resource: str) -> Verdict:
        policy = None if action.lower().startswith("sts:assume") else self.resource_policy
        same_account = policy is None or self.caller is None or self._owner_of(resource) in (None, self.caller.account)
        request = Request(action, resource, self.context, self.caller)
        return evaluate(request, self.policies, resource_policy=policy, same_account=same_account)

    def _owner_of(self, resource: str) -> str | None:
        owner = (resource.split(":") + [""] * 5)[4]
        return owner if owner.isdecimal() else self.owner

    def _of_resource(self, resource: str, verdict: Verdict) -> dict[str, Any]:
        return {
            "EvalResourceName": resource,
            "EvalResourceDecision": verdict.outcome.value,
            "MatchedStatements": self._matched([verdict]),
            "MissingContextValues": sorted(verdict.missing_context),
            **_boundary_detail([verdict]),
        }

    def _matched(self, verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
        return self.sources.told(match for verdict in verdicts for match in verdict.matched)


@dataclass(frozen=True, slots=True)
class _Iam:
    world: World

    def simulate_principal_policy(self, call: Call) -> Params:
        params, sources = call.params, Sources()
        holder = holder_of(self.world, call)
        excluded = _Exclusions.of(params.get("PolicyExclusionList", ()))
        kind = kind_of_holder(holder)
        policies = PolicySet(
            identity=(
                *sources.stored(excluded.left(holder.policies), kind),
                *sources.given(params, "PolicyInputList", "identity"),
            ),
            boundary=_boundary(params, sources) or _own_boundary(holder, sources, excluded),
            scp_levels=None if "scp" in excluded.types else self.world.scp_levels(holder.account_id),
        )
        caller = _caller(self.world, params, holder.arn, holder.id)
        known = principal_context(self.world, caller.account, caller.arn, caller.id)
        told = {"aws:PrincipalId": known.get("aws:userid", ()), "aws:Type": known.get("aws:PrincipalType", ())}
        return _answer(params, policies, sources, known | told, caller)

    def simulate_custom_policy(self, call: Call) -> Params:
        params, sources = call.params, Sources()
        if "ResourcePolicy" in params and "CallerArn" not in params:
            raise _invalid("CallerArn is required where there is a ResourcePolicy.")
        policies = PolicySet(
            identity=sources.given(params, "PolicyInputList", "identity"),
            boundary=_boundary(params, sources),
            scp_levels=_levels(params),
        )
        caller = _caller(self.world, params) if "CallerArn" in params else None
        return _answer(params, policies, sources, {}, caller)


@dataclass(frozen=True, slots=True)
class _Exclusions:
    """`PolicyExclusionList`: policies left out by kind, by ARN, or by the name of an inline one."""

    types: frozenset[str]
    arns: frozenset[str]
    inline_names: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[Params]) -> _Exclusions:
        entries = list(entries)
        arns = frozenset(entry["PolicyArn"] for entry in entries if "PolicyArn" in entry)
        malformed = sorted(arn for arn in arns if not arn.startswith("arn:"))
        if malformed:
            raise _invalid(f"Invalid policy identifier: {malformed[0]}")
        return cls(
            frozenset(entry["PolicyType"] for entry in entries if "PolicyType" in entry),
            arns,
            frozenset(e["InlinePolicyIdentifier"]["PolicyName"] for e in entries if "InlinePolicyIdentifier" in e),
        )

    def left(self, policies: Iterable[StoredPolicy]) -> list[StoredPolicy]:
        return [policy for policy in policies if not self._excludes(policy)]

    def leaves_boundary(self, boundary: StoredPolicy) -> bool:
        return "permission-boundary" not in self.types and boundary.arn not in self.arns

    def _excludes(self, policy: StoredPolicy) -> bool:
        return (
            kind_of(policy) in self.types
            or policy.arn in self.arns
            or (policy.arn is None and policy.name in self.inline_names)
        )


def handlers(world: World) -> Handlers:
    iam = _Iam(world)
    return {
        ("iam", "SimulatePrincipalPolicy"): iam.simulate_principal_policy,
        ("iam", "SimulateCustomPolicy"): iam.simulate_custom_policy,
    }


def _answer(
    params: Params, policies: PolicySet, sources: Sources, known: Context, caller: Principal | None
) -> dict[str, Any]:
    if "ResourcePolicy" in params and caller is not None and ":user/" not in caller.arn:
        raise _invalid("Simulation of resource-based policies is supported for IAM users only.")
    resource_policy = sources.resource_policy(params)
    context, owner = known | _context(params), _owner(params, caller)
    simulation = _Simulation(policies, sources, context, resource_policy, caller, owner)
    resources, (actions, page) = _resources(params), _page(params)
    return {"EvaluationResults": [simulation.result(action, resources) for action in actions], **page}


def _caller(world: World, params: Params, arn: str = "", unique_id: str = "") -> Principal:
    """Who is simulated to call: the principal whose policies these are, unless the call names another.

    Raises WireError `InvalidInput` for an ARN of something else, such as a session.
    """
    given = params.get("CallerArn", arn)
    match = _CALLER.fullmatch(given)
    if match is None:
        raise _invalid(f"Invalid Caller Arn: {given} is not that of an IAM user, group or role.")
    known = world.principal(given)
    return Principal(match[1], given, known.id if known else unique_id if given == arn else "")


def _owner(params: Params, caller: Principal | None) -> str | None:
    given = re.search(r"\d{12}", params.get("ResourceOwner", ""))
    if "ResourceOwner" in params and given is None:
        raise _invalid(f"Invalid ResourceOwner: {params['ResourceOwner']}")
    return given[0] if given else caller.account if caller else None


def _boundary(params: Params, sources: Sources) -> Policy | None:
    found = sources.given(params, "PermissionsBoundaryPolicyInputList", "boundary")
    if len(found) > 1:
        raise _invalid("Only one permissions boundary can be simulated.")
    return found[0] if found else None


def _own_boundary(holder: Holder, sources: Sources, excluded: _Exclusions) -> Policy | None:
    boundary = None if isinstance(holder, StoredGroup) else holder.boundary
    if boundary is None or not excluded.leaves_boundary(boundary):
        return None
    return sources.stored([boundary], kind_of_holder(holder), "boundary")[0]


def _levels(params: Params) -> tuple[tuple[Policy, ...], ...] | None:
    """Parsed apart from the sources, since their statements are not told."""
    levels = params.get("OrderedOrganizationPolicyInputList")
    if levels is None:
        return None
    return tuple(Sources().given(level, "ServiceControlPolicyInputList", "scp") for level in levels)


def _context(params: Params) -> Context:
    entries = params.get("ContextEntries", ())
    return {entry["ContextKeyName"]: tuple(entry.get("ContextKeyValues", ())) for entry in entries}


def _resources(params: Params) -> tuple[str, ...]:
    resources = tuple(params.get("ResourceArns") or _ANY_RESOURCE)
    wrong = next((name for name in resources if name != "*" and not name.startswith("arn:")), None)
    if wrong is not None:
        raise _invalid(f"Invalid Resource Arn: {wrong}")
    return resources


def _page(params: Params) -> tuple[Sequence[str], dict[str, Any]]:
    """The actions of this page, and what tells of the next one. A Marker is the number of actions already answered."""
    marker = params.get("Marker", "0")
    if not marker.isdecimal():
        raise _invalid("Invalid Marker.")
    start, size = int(marker), params.get("MaxItems", _DEFAULT_ITEMS)
    actions = params["ActionNames"]
    wrong = next((action for action in actions if not _ACTION.fullmatch(action)), None)
    if wrong is not None:
        raise _invalid(f"Invalid Action Name: {wrong} must be service:Action, without wildcards.")
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


def _invalid(message: str) -> WireError:
    return WireError("InvalidInput", message)
