"""What holds of the evaluator for any policies of any kind, and any caller."""

import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.policy import (
    Outcome,
    Policy,
    PolicySet,
    Principal,
    Request,
    Verdict,
    evaluate,
    evaluate_assume_role,
)
from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.request import Context

ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Platform"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Platform/job"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"
TARGET = "arn:aws:iam::222222222222:role/A"

callers = st.sampled_from(
    [
        None,
        Principal(ACCOUNT, ROLE, "AROAPLATFORM00000000", session_arn=SESSION),
        Principal(ACCOUNT, USER, "AIDAADA0000000000000"),
        Principal(ACCOUNT, USER, "AIDAADA0000000000000", session_arn=f"arn:aws:sts::{ACCOUNT}:federated-user/ada"),
        Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT),
        Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/X", "AROALINKED0000000000"),
        Principal(ACCOUNT, "", "", service="ec2.amazonaws.com"),
    ]
)
actions = st.sampled_from(["*", "sts:*", "STS:assume*", "sts:AssumeRole", "sts:Assume?ole", "ec2:*"])
trust_actions = st.sampled_from(["sts:*", "sts:AssumeRole", "sts:TagSession"])
resources = st.sampled_from(
    ["*", TARGET, "arn:aws:iam::*:role/*", "arn:aws:iam:*:role/${x:a}", "arn:aws:iam", "arn:aws:s3:::${x:c, 'b'}"]
)
principals = st.sampled_from(
    [{"AWS": name} for name in ("*", ACCOUNT, ROLE, SESSION, USER, "222222222222")]
    + [{"AWS": [USER, ACCOUNT]}, {"AWS": [ROLE, SESSION, ACCOUNT]}, {"Service": "ec2.amazonaws.com"}]
)
VALUES = {
    "String": ["1", "2", "", "*", "a*", "${x:b}"],
    "Numeric": ["1", "2"],
    "Date": ["2020-01-01", "1"],
    "Bool": ["true", "false"],
    "Ip": ["10.0.0.0/8", "10.0.0.1"],
    "Arn": [TARGET, "arn:aws:iam::*:*", "${x:b}"],
    "Binary": ["QQ=="],
    "Null": ["true", "false"],
}
OPERATORS = [
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "NumericLessThan"),
    *("NumericNotEquals", "DateGreaterThan", "DateNotEquals", "Bool", "IpAddress", "NotIpAddress", "ArnLike"),
    *("ArnNotEquals", "BinaryEquals"),
]
SET_OPERATORS = ["", "ForAnyValue:", "ForAllValues:"]
values = st.sampled_from(["1", "2", "true", "10.0.0.1", "2020-01-01", TARGET, "*", "", "QQ==", "a*"])
contexts = st.dictionaries(st.sampled_from(["x:a", "X:B", "x:c"]), st.lists(values, max_size=2).map(tuple), max_size=3)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for base in draw(st.lists(st.sampled_from([*OPERATORS, "Null"]), max_size=2, unique=True)):
        kind = next(kind for kind in VALUES if base.removeprefix("Not").startswith(kind))
        bare = base == "Null"
        name = base if bare else draw(st.sampled_from(SET_OPERATORS)) + base + draw(st.sampled_from(["", "IfExists"]))
        written = st.lists(st.sampled_from(VALUES[kind]), max_size=2)
        found[name] = draw(st.dictionaries(st.sampled_from(["x:a", "x:b", "X:C"]), written, min_size=1, max_size=2))
    return found


@st.composite
def statements(draw: st.DrawFn, type: str, effect: str | None = None) -> dict[str, Any]:
    effect = effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))
    statement: dict[str, Any] = {"Effect": effect}
    if type == "trust":
        statement["Action"] = draw(trust_actions)
    else:
        statement["Action" if type == "rcp" else draw(st.sampled_from(["Action", "NotAction"]))] = draw(actions)
        statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(resources.filter(_fit_for(type)))
    if type == "rcp":
        statement["Principal"] = "*"
    if type in ("resource", "trust"):
        excluding = type == "resource" and effect == "Deny" and draw(st.booleans())
        statement["NotPrincipal" if excluding else "Principal"] = draw(principals)
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions())
    return statement


def _fit_for(type: str) -> Any:
    return lambda resource: type != "session" or resource != "arn:aws:iam"


def policies(type: str) -> st.SearchStrategy[Policy]:
    return st.lists(statements(type), min_size=1, max_size=3).map(lambda written: parse(written, type))


def parse(written: list[dict[str, Any]], type: str) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": written}, source=type, type=type)


def levels_of(type: str) -> st.SearchStrategy[tuple[tuple[Policy, ...], ...]]:
    return st.lists(st.lists(policies(type), max_size=2).map(tuple), max_size=2).map(tuple)


policy_sets = st.builds(
    PolicySet,
    identity=st.lists(policies("identity"), max_size=2).map(tuple),
    boundary=st.none() | policies("boundary"),
    session=st.none() | st.lists(policies("session"), max_size=2).map(tuple),
    scp_levels=st.none() | levels_of("scp"),
    rcp_levels=st.none() | levels_of("rcp"),
)
resource_policies = st.none() | policies("resource")
requests = st.builds(
    Request,
    action=st.sampled_from(["sts:AssumeRole", "STS:TagSession", "ec2:RunInstances"]),
    resource=st.sampled_from([TARGET, "arn:aws:iam::222222222222:role/1", "arn:aws:s3:::b", "*"]),
    context=contexts,
    principal=callers,
)
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
EVERYTHING = parse([ALLOW_ALL], "identity")
OPEN = parse([{**ALLOW_ALL, "Principal": "*"}], "resource")


def decide(request: Request, held: PolicySet, resource_policy: Policy | None, same: bool) -> Verdict:
    return evaluate(request, held, resource_policy=resource_policy, same_account=same)


def with_statement(policy: Policy, written: dict[str, Any]) -> Policy:
    [statement] = parse([written], policy.type).statements
    return replace(policy, statements=(*policy.statements, statement))


def denied_by(held: PolicySet, kind: str, written: dict[str, Any]) -> PolicySet:
    """The same with one more Deny, in a policy of that kind if there is one."""
    more = parse([written], kind)
    if kind == "identity":
        return replace(held, identity=(*held.identity, more))
    if kind == "boundary" and held.boundary:
        return replace(held, boundary=with_statement(held.boundary, written))
    if kind == "session" and held.session:
        return replace(held, session=(*held.session, more))
    if kind == "scp" and held.scp_levels:
        first, *rest = held.scp_levels
        return replace(held, scp_levels=((*first, more), *rest))
    if kind == "rcp" and held.rcp_levels:
        first, *rest = held.rcp_levels
        return replace(held, rcp_levels=((*first, more), *rest))
    return held


@given(requests, policy_sets, resource_policies, st.booleans(), st.data())
def test_adding_a_deny_never_allows_more(
    request: Request, held: PolicySet, resource_policy: Policy | None, same: bool, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["identity", "boundary", "session", "scp", "rcp", "resource"]))
    written = data.draw(statements(kind, "Deny"))
    denying = with_statement(resource_policy, written) if resource_policy and kind == "resource" else resource_policy
    before = decide(request, held, resource_policy, same)
    after = decide(request, denied_by(held, kind, written), denying, same)
    assert before.allowed or not after.allowed
    assert before.outcome is not Outcome.EXPLICIT_DENY or after.outcome is Outcome.EXPLICIT_DENY


@given(requests, policy_sets, resource_policies, st.booleans())
def test_adding_an_allow_never_allows_less(
    request: Request, held: PolicySet, resource_policy: Policy | None, same: bool
) -> None:
    more = replace(held, identity=(*held.identity, EVERYTHING))
    if decide(request, held, resource_policy, same).allowed:
        assert decide(request, more, resource_policy, same).allowed


@given(requests, policy_sets, resource_policies, st.booleans(), levels_of("scp"), levels_of("rcp"))
def test_an_organization_never_grants(
    request: Request, held: PolicySet, resource_policy: Policy | None, same: bool, scps: Any, rcps: Any
) -> None:
    free = replace(held, scp_levels=None, rcp_levels=None)
    if decide(request, replace(held, scp_levels=scps, rcp_levels=rcps), resource_policy, same).allowed:
        assert decide(request, free, resource_policy, same).allowed


@given(requests, policy_sets, resource_policies, st.booleans())
def test_what_is_allowed_passes_every_level(
    request: Request, held: PolicySet, resource_policy: Policy | None, same: bool
) -> None:
    if not decide(request, held, resource_policy, same).allowed:
        return
    for level in held.scp_levels or ():
        assert evaluate(request, PolicySet((EVERYTHING,), scp_levels=(level,)), resource_policy=OPEN).allowed
    for level in held.rcp_levels or ():
        assert evaluate(request, PolicySet((EVERYTHING,), rcp_levels=(level,)), resource_policy=OPEN).allowed


@given(requests, policy_sets, policies("boundary"), resource_policies, st.booleans())
def test_a_boundary_never_grants(
    request: Request, held: PolicySet, boundary: Policy, resource_policy: Policy | None, same: bool
) -> None:
    if decide(request, replace(held, boundary=boundary), resource_policy, same).allowed:
        assert decide(request, replace(held, boundary=None), resource_policy, same).allowed
        alone = evaluate(request, PolicySet((EVERYTHING,), boundary=boundary))
        assert alone.outcome is not Outcome.EXPLICIT_DENY


@given(requests, policy_sets, st.lists(policies("session"), min_size=1, max_size=2).map(tuple), resource_policies)
def test_a_session_policy_never_grants(
    request: Request, held: PolicySet, passed: tuple[Policy, ...], resource_policy: Policy | None
) -> None:
    if decide(request, replace(held, session=passed), resource_policy, True).allowed:
        assert decide(request, replace(held, session=None), resource_policy, True).allowed


def shuffled(held: PolicySet, rng: random.Random) -> PolicySet:
    def statements_of(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(rng.sample(policy.statements, len(policy.statements))))

    def group(members: tuple[Policy, ...]) -> tuple[Policy, ...]:
        return tuple(statements_of(member) for member in rng.sample(members, len(members)))

    def levels(members: tuple[tuple[Policy, ...], ...]) -> tuple[tuple[Policy, ...], ...]:
        return tuple(group(level) for level in rng.sample(members, len(members)))

    return PolicySet(
        identity=group(held.identity),
        boundary=held.boundary and statements_of(held.boundary),
        session=held.session and group(held.session),
        scp_levels=held.scp_levels and levels(held.scp_levels),
        rcp_levels=held.rcp_levels and levels(held.rcp_levels),
    )


@given(requests, policy_sets, resource_policies, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_statements_policies_and_levels_does_not_matter(
    request: Request, held: PolicySet, resource_policy: Policy | None, same: bool, rng: random.Random
) -> None:
    def told(verdict: Verdict) -> Any:
        keys = {key.lower() for key in verdict.missing_context}
        levels = (verdict.allowed_by_organizations, verdict.allowed_by_boundary, verdict.blocked_by)
        return verdict.outcome, keys, levels, sorted(matched.source for matched in verdict.matched)

    one = decide(request, held, resource_policy, same)
    assert told(one) == told(decide(request, shuffled(held, rng), resource_policy, same))


unheard_of = st.dictionaries(st.sampled_from(["zz:q", "y:y", "aws:foo"]), st.lists(values, max_size=2).map(tuple))


@given(requests, policy_sets, resource_policies, unheard_of)
def test_keys_that_no_policy_asks_for_do_not_matter(
    request: Request, held: PolicySet, resource_policy: Policy | None, extra: Any
) -> None:
    more = replace(request, context={**request.context, **extra})
    assert decide(more, held, resource_policy, True) == decide(request, held, resource_policy, True)


@given(requests, policy_sets, resource_policies)
def test_the_case_of_actions_and_keys_does_not_matter(
    request: Request, held: PolicySet, resource_policy: Policy | None
) -> None:
    keys = {key.swapcase(): found for key, found in request.context.items()}
    other = decide(replace(request, action=request.action.swapcase(), context=keys), held, resource_policy, True)
    one = decide(request, held, resource_policy, True)
    assert (one.outcome, one.matched) == (other.outcome, other.matched)


@given(requests, policy_sets, policies("resource"))
def test_what_a_resource_lets_in_from_another_account_it_lets_in_from_its_own(
    request: Request, held: PolicySet, resource_policy: Policy
) -> None:
    if decide(request, held, resource_policy, False).allowed:
        assert decide(request, held, resource_policy, True).allowed


@given(requests, policy_sets, resource_policies, st.booleans())
def test_a_verdict_tells_what_decided_it(
    request: Request, held: PolicySet, resource_policy: Policy | None, same: bool
) -> None:
    verdict = decide(request, held, resource_policy, same)
    implicit = verdict.outcome is Outcome.IMPLICIT_DENY
    by_root = verdict.allowed and request.principal is not None and request.principal.is_root
    assert bool(verdict.blocked_by) is implicit
    assert bool(verdict.matched) is not implicit or by_root
    assert not verdict.allowed or verdict.allowed_by_organizations in (None, True)


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, list[str]]:
    base = draw(st.sampled_from(OPERATORS))
    kind = next(kind for kind in VALUES if base.removeprefix("Not").startswith(kind))
    return draw(st.sampled_from(SET_OPERATORS)) + base, draw(st.lists(st.sampled_from(VALUES[kind]), max_size=2))


@given(comparisons(), contexts)
def test_if_exists_only_ever_holds_more(comparison: tuple[str, list[str]], keys: Any) -> None:
    name, written = comparison
    context = Context.of(Request("x:Y", context=keys))
    if Condition.parse(name, "x:a", written, variables=True).holds(context):
        assert Condition.parse(f"{name}IfExists", "x:a", written, variables=True).holds(context)


@given(requests, policy_sets, policies("trust"))
def test_what_may_be_assumed_across_accounts_may_be_assumed_within_one(
    request: Request, held: PolicySet, trust: Policy
) -> None:
    if evaluate_assume_role(request, held, trust, same_account=False).allowed:
        assert evaluate_assume_role(request, held, trust, same_account=True).allowed


@given(requests, policy_sets, policies("trust"), st.booleans())
def test_nobody_assumes_a_role_whose_trust_policy_does_not_allow_it(
    request: Request, held: PolicySet, trust: Policy, same: bool
) -> None:
    alone = evaluate_assume_role(request, PolicySet((EVERYTHING,)), trust, same_account=False)
    if not alone.allowed:
        assert not evaluate_assume_role(request, held, trust, same_account=same).allowed
