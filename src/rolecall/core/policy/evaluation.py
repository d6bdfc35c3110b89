"""The decision over all policies that apply to a request. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and its pages
`…_policy-eval-denyallow.html` (one account), `…-cross-account.html`, and for SCPs and RCPs
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rolecall.core.policy.document import Policy, Statement
from rolecall.core.policy.judging import Inquiry, Judgement, judge
from rolecall.core.policy.principals import Naming
from rolecall.core.policy.request import Request

_Levels = tuple[tuple[Policy, ...], ...]


class Outcome(StrEnum):
    """`EvalDecision` of SimulatePrincipalPolicy."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class MatchedStatement:
    """A statement that made the decision. `index` counts from 0."""

    source: str
    type: str
    index: int
    sid: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one request.

    `reason` is for people and names the deciding policies. `matched` holds the deciding statements: of an explicit
    deny those that deny (SCPs and RCPs too), of an allow those that allow (SCPs and RCPs never grant and are left out),
    of an implicit deny none. `missing_context` holds the keys, in the policies' spelling and sorted, that identity,
    boundary, session, resource-based and trust policies asked for and the request lacked.
    `allowed_by_organizations` tells of SCPs alone, None if none apply; `allowed_by_boundary` is None without one.
    `blocked_by` tells which kinds of policy did not allow what is implicitly denied, in AWS's order: "resource" or
    "trust", "scp", "rcp", "identity", "boundary", "session"; "root" for a root user that would assume a role.
    """

    outcome: Outcome
    reason: str
    matched: tuple[MatchedStatement, ...]
    missing_context: tuple[str, ...]
    allowed_by_organizations: bool | None
    allowed_by_boundary: bool | None
    blocked_by: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Everything that applies to the caller, and the RCPs of the account whose resource it asks for.

    Several session policies allow what any of them allows; an empty tuple of them is none. Levels go from the root
    over the units to the account, each with the policies attached there; None is an account outside an organization
    or the management account, to which neither SCPs nor RCPs apply. SCPs affect users and roles only, and neither
    they nor RCPs affect service-linked roles. A request without a principal is one of whoever has these policies: an
    anonymous caller is of no account, so leave its `scp_levels` None.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    scp_levels: tuple[tuple[Policy, ...], ...] | None = None
    rcp_levels: tuple[tuple[Policy, ...], ...] | None = None


def evaluate(
    request: Request, policies: PolicySet, *, resource_policy: Policy | None = None, same_account: bool = True
) -> Verdict:
    """Decide a request for a resource of the caller's account, or of another one if not `same_account`.

    Across accounts the caller's side and the resource's policy must both allow it. Within an account either is
    enough, but a policy that names only the account delegates to the caller's side, and one that names a role does
    not lift the boundary and session policies of its sessions.
    """
    hearing = _Hearing.hold(request, policies, resource_policy, kind="resource")
    return hearing.verdict(resource_must_allow=not same_account, same_account=same_account)


def evaluate_assume_role(
    request: Request, caller: PolicySet, trust: Policy, *, same_account: bool, rcp_levels: _Levels | None = None
) -> Verdict:
    """Decide `sts:AssumeRole` (or `sts:TagSession`, `sts:SetSourceIdentity`) on the role that `trust` belongs to.

    The trust policy must allow it in any case: IAM lets no identity policy stand in for it. Within an account it is
    enough if it names the caller itself. `rcp_levels` are those of the role's account; the caller's are ignored.
    A root user assumes no role: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    hearing = _Hearing.hold(request, replace(caller, rcp_levels=rcp_levels), trust, kind="trust")
    return hearing.verdict(resource_must_allow=True, same_account=same_account)


_NAMES = {
    "identity": "identity policies",
    "boundary": "permissions boundary",
    "session": "session policies",
    "scp": "SCPs",
    "rcp": "RCPs",
    "resource": "resource-based policy",
    "trust": "trust policy",
    "root": "being the root user, which may not assume roles",
}


@dataclass(frozen=True, slots=True)
class _Layer:
    """Policies of which one allowing is enough. `unlimited`: the root user needs no policy in its own account."""

    kind: str
    name: str
    judgements: tuple[Judgement, ...]
    unlimited: bool = False

    @classmethod
    def of(cls, kind: str, policies: Iterable[Policy], inquiry: Inquiry, *, unlimited: bool = False) -> _Layer:
        return cls(kind, _NAMES[kind], tuple(judge(policy, inquiry) for policy in policies), unlimited)

    @property
    def allows(self) -> bool:
        return self.unlimited or any(judgement.grants for judgement in self.judgements)

    @property
    def denies(self) -> bool:
        return any(judgement.denies for judgement in self.judgements)

    @property
    def naming(self) -> Naming:
        """The closest naming of the caller among its grants."""
        grants = (grant.naming for judgement in self.judgements for grant in judgement.grants)
        return max(grants, default=Naming.NOT)

    def explain(self, inquiry: Inquiry) -> str:
        """Why it does not allow the request."""
        if self.kind == "root":
            return self.name
        if not self.judgements:
            return f"{self.name}: there is none"
        misses = [(judgement.policy, miss) for judgement in self.judgements for miss in judgement.misses]
        if not misses:
            sources = ", ".join(judgement.policy.source for judgement in self.judgements)
            return f"{self.name} ({sources}): no statement allows this action"
        return f"{self.name}: " + "; ".join(f"{policy.source} {miss.explain(inquiry)}" for policy, miss in misses)


@dataclass(frozen=True, slots=True)
class _Hearing:
    """Every policy's judgement on one request, before the decision."""

    inquiry: Inquiry
    identity: _Layer
    boundary: _Layer | None
    session: _Layer | None
    scps: tuple[_Layer, ...] | None
    rcps: tuple[_Layer, ...] | None
    resource: _Layer

    @classmethod
    def hold(cls, request: Request, policies: PolicySet, resource_policy: Policy | None, *, kind: str) -> _Hearing:
        inquiry = Inquiry.of(request, bounded=policies.boundary is not None)
        caller = request.principal
        linked = caller is not None and caller.is_service_linked
        no_entity = caller is not None and caller.is_no_entity
        return cls(
            inquiry=inquiry,
            identity=_Layer.of("identity", policies.identity, inquiry, unlimited=caller is not None and caller.is_root),
            boundary=_Layer.of("boundary", [policies.boundary], inquiry) if policies.boundary else None,
            session=_Layer.of("session", policies.session, inquiry) if policies.session else None,
            scps=_levels("scp", None if linked or no_entity else policies.scp_levels, inquiry),
            rcps=_levels("rcp", None if linked else policies.rcp_levels, inquiry),
            resource=_Layer.of(kind, [resource_policy] if resource_policy else [], inquiry),
        )

    def verdict(self, *, resource_must_allow: bool, same_account: bool) -> Verdict:
        denies = tuple(_statements(self._layers(), granting=False))
        blocking = () if denies else tuple(self._blocking(resource_must_allow, same_account))
        if denies:
            outcome, matched = Outcome.EXPLICIT_DENY, denies
        elif blocking:
            outcome, matched = Outcome.IMPLICIT_DENY, ()
        else:
            outcome, matched = Outcome.ALLOWED, tuple(_statements(self._own_layers(), granting=True))
        return Verdict(
            outcome=outcome,
            reason=self._reason(outcome, matched, blocking),
            matched=tuple(
                MatchedStatement(policy.source, policy.type, statement.index, statement.sid)
                for policy, statement in matched
            ),
            missing_context=self._missing_context(),
            allowed_by_organizations=None if self.scps is None else all(_passes(layer) for layer in self.scps),
            allowed_by_boundary=None if self.boundary is None else _passes(self.boundary),
            blocked_by=tuple(dict.fromkeys(layer.kind for layer in blocking)),
        )

    def _blocking(self, resource_must_allow: bool, same_account: bool) -> Iterator[_Layer]:
        """The layers that would have to allow the request and do not, in AWS's order."""
        if self.resource.kind == "trust" and self.identity.unlimited:
            yield _Layer.of("root", (), self.inquiry)
        if resource_must_allow or self._caller_has_no_policies:
            yield from _not_allowing([self.resource])
        yield from _not_allowing(self.scps or ())
        yield from _not_allowing(self.rcps or ())
        if not self._caller_has_no_policies:
            yield from self._blocking_on_callers_side(self.resource.naming if same_account else Naming.NOT)

    def _blocking_on_callers_side(self, granted_to: Naming) -> Iterator[_Layer]:
        """A grant of the resource's own account to the caller itself stands alone; one to the role behind a session
        stands in for identity policies, not for what limits them; one to the account only delegates."""
        if granted_to is Naming.CALLER:
            return
        if granted_to is not Naming.ENTITY:
            yield from _not_allowing([self.identity])
        yield from _not_allowing(layer for layer in (self.boundary, self.session) if layer)

    @property
    def _caller_has_no_policies(self) -> bool:
        """AWS services and federated identities can only be let in by the resource's side."""
        principal = self.inquiry.request.principal
        return principal is not None and principal.is_no_entity

    def _own_layers(self) -> Iterator[_Layer]:
        """Those of the caller and the resource themselves: no organization's."""
        yield from (layer for layer in (self.identity, self.boundary, self.session, self.resource) if layer)

    def _layers(self) -> Iterator[_Layer]:
        yield from self._own_layers()
        yield from self.scps or ()
        yield from self.rcps or ()

    def _missing_context(self) -> tuple[str, ...]:
        keys: dict[str, str] = {}
        for layer in self._own_layers():
            for judgement in layer.judgements:
                for key in judgement.absent_keys:
                    keys.setdefault(key.lower(), key)
        return tuple(keys[lower] for lower in sorted(keys))

    def _reason(self, outcome: Outcome, matched: Sequence[tuple[Policy, Statement]], blocking: Sequence[_Layer]) -> str:
        asked = f"{self.inquiry.request.action} on {self.inquiry.request.resource}"
        by = ", ".join(f"{policy.type} policy {policy.source} {statement}" for policy, statement in matched)
        if outcome is Outcome.ALLOWED:
            return f"{asked} is allowed by {by or 'being the root user'}"
        if outcome is Outcome.EXPLICIT_DENY:
            return f"{asked} is explicitly denied by {by}"
        return f"{asked} is implicitly denied by " + " | ".join(layer.explain(self.inquiry) for layer in blocking)


def _levels(kind: str, levels: _Levels | None, inquiry: Inquiry) -> tuple[_Layer, ...] | None:
    if levels is None:
        return None
    layers = (_Layer.of(kind, level, inquiry) for level in levels)
    return tuple(
        replace(layer, name=f"{layer.name} at level {number} of {len(levels)}")
        for number, layer in enumerate(layers, start=1)
    )


def _passes(layer: _Layer) -> bool:
    return layer.allows and not layer.denies


def _not_allowing(layers: Iterable[_Layer]) -> Iterator[_Layer]:
    return (layer for layer in layers if not layer.allows)


def _statements(layers: Iterable[_Layer], *, granting: bool) -> Iterator[tuple[Policy, Statement]]:
    for layer in layers:
        for judgement in layer.judgements:
            if granting:
                yield from ((judgement.policy, grant.statement) for grant in judgement.grants)
            else:
                yield from ((judgement.policy, statement) for statement in judgement.denies)
