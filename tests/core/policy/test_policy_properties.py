"""What holds of the evaluator for any policies."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.policy import Outcome, Policy, PolicySet, Principal, Request, evaluate, evaluate_assume_role

ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Platform"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Platform/job"
CALLER = Principal(ACCOUNT, ROLE, "AROAPLATFORM00000000", session_arn=SESSION)

actions = st.sampled_from(["*", "sts:*", "sts:AssumeRole", "sts:TagSession"])
resources = st.sampled_from(["*", "arn:aws:iam::*:role/*", "arn:aws:iam::222222222222:role/A", "arn:aws:s3:::b"])
principals = st.sampled_from([{"AWS": name} for name in ("*", ACCOUNT, ROLE, SESSION, "222222222222")])
conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotEquals", "ForAllValues:StringLike", "StringLikeIfExists"]),
    st.dictionaries(st.sampled_from(["x:a", "x:b"]), st.sampled_from(["1", "2", "${x:b}", "*"]), min_size=1),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn, type: str, effect: str | None = None) -> dict[str, Any]:
    effect = effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))
    statement: dict[str, Any] = {"Effect": effect, "Action": draw(actions)}
    if type == "trust":
        statement["Action"] = draw(st.sampled_from(["sts:*", "sts:AssumeRole", "sts:TagSession"]))
        statement["Principal"] = draw(principals)
    else:
        statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(resources)
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions)
    return statement


def policies(type: str) -> st.SearchStrategy[Policy]:
    return st.lists(statements(type), min_size=1, max_size=3).map(lambda written: parse(written, type))


def parse(written: list[dict[str, Any]], type: str) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": written}, source=type, type=type)


levels = st.lists(st.lists(policies("scp"), max_size=2).map(tuple), min_size=1, max_size=3).map(tuple)
policy_sets = st.builds(
    PolicySet,
    identity=st.lists(policies("identity"), max_size=2).map(tuple),
    boundary=st.none() | policies("boundary"),
    session=st.none() | st.lists(policies("session"), max_size=2).map(tuple),
    scp_levels=st.none() | levels,
)
requests = st.builds(
    Request,
    action=st.sampled_from(["sts:AssumeRole", "sts:TagSession"]),
    resource=st.sampled_from(["arn:aws:iam::222222222222:role/A", "arn:aws:iam::222222222222:role/B", "*"]),
    context=st.dictionaries(
        st.sampled_from(["x:a", "X:B"]), st.lists(st.sampled_from(["1", "2"]), max_size=2).map(tuple)
    ),
    principal=st.just(CALLER),
)


@given(requests, policy_sets, statements("identity", "Deny"), st.data())
def test_adding_a_deny_never_allows_more(
    request: Request, caller: PolicySet, written: dict[str, Any], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["identity", "session", "scp"]))
    denying = parse([written], kind)
    if kind == "identity":
        more = replace(caller, identity=(*caller.identity, denying))
    elif kind == "session":
        more = replace(caller, session=(*(caller.session or (parse([ALLOW_ALL], "session"),)), denying))
    else:
        first, *rest = caller.scp_levels or ((parse([ALLOW_ALL], "scp"),),)
        more = replace(caller, scp_levels=((*first, denying), *rest))
    if evaluate(request, more).allowed:
        assert evaluate(request, caller).allowed


ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@given(requests, policy_sets, levels)
def test_an_scp_never_grants(request: Request, caller: PolicySet, guardrails: Any) -> None:
    free = replace(caller, scp_levels=None)
    if evaluate(request, replace(caller, scp_levels=guardrails)).allowed:
        assert evaluate(request, free).allowed


@given(requests, policy_sets, policies("boundary"), st.none() | policies("trust"))
def test_a_boundary_never_grants(
    request: Request, caller: PolicySet, boundary: Policy, resource_policy: Policy | None
) -> None:
    if evaluate(request, replace(caller, boundary=boundary), resource_policy=resource_policy).allowed:
        assert evaluate(request, replace(caller, boundary=None), resource_policy=resource_policy).allowed


@given(requests, policy_sets, st.lists(policies("session"), min_size=1, max_size=2).map(tuple))
def test_a_session_policy_never_grants(request: Request, caller: PolicySet, passed: tuple[Policy, ...]) -> None:
    if evaluate(request, replace(caller, session=passed)).allowed:
        assert evaluate(request, replace(caller, session=None)).allowed


@given(requests, st.lists(statements("identity"), min_size=1, max_size=5), st.data())
def test_the_order_of_statements_does_not_matter(
    request: Request, written: list[dict[str, Any]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(written))
    one = evaluate(request, PolicySet(identity=(parse(written, "identity"),)))
    other = evaluate(request, PolicySet(identity=(parse(shuffled, "identity"),)))
    assert (one.outcome, one.missing_context) == (other.outcome, other.missing_context)


@given(requests, policy_sets, policies("trust"))
def test_what_may_be_done_across_accounts_may_be_done_within_one(
    request: Request, caller: PolicySet, trust: Policy
) -> None:
    across = evaluate_assume_role(request, caller, trust, same_account=False)
    if across.allowed:
        assert evaluate_assume_role(request, caller, trust, same_account=True).allowed


@given(requests, policy_sets, policies("trust"), st.booleans())
def test_nobody_assumes_a_role_whose_trust_policy_does_not_allow_it(
    request: Request, caller: PolicySet, trust: Policy, same_account: bool
) -> None:
    alone = evaluate_assume_role(
        request, PolicySet(identity=(parse([ALLOW_ALL], "identity"),)), trust, same_account=False
    )
    if not alone.allowed:
        assert not evaluate_assume_role(request, caller, trust, same_account=same_account).allowed


@given(requests, policy_sets, st.none() | policies("trust"), st.booleans())
def test_an_explicit_deny_has_a_matched_statement_and_an_implicit_one_none(
    request: Request, caller: PolicySet, resource_policy: Policy | None, same_account: bool
) -> None:
    verdict = evaluate(request, caller, resource_policy=resource_policy, same_account=same_account)
    assert bool(verdict.matched) is (verdict.outcome is not Outcome.IMPLICIT_DENY)
