"""Our reading of AWS's XML beside botocore's own, on generated answers whose elements come in any order."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import botocore.session
from botocore.parsers import QueryParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rolecall.aws import simulation
from rolecall.aws.answers import children, text, under
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer

_MODELS = {name: botocore.session.Session().get_service_model(name) for name in ("iam", "sts")}
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
_DECISIONS = st.sampled_from([str(outcome) for outcome in Outcome])
_FLAGS = st.sampled_from([None, "true", "false"])


def by_botocore(service: str, operation: str, answer: str) -> dict[str, Any]:
    shape = _MODELS[service].operation_model(operation).output_shape
    response = {"status_code": 200, "headers": {}, "body": answer.encode()}
    told: dict[str, Any] = QueryParser().parse(response, shape)
    return told


def element(name: str, *inner: str) -> str:
    return f"<{name}>{''.join(inner)}</{name}>"


def flag(detail: str, name: str, value: str | None) -> list[str]:
    return [] if value is None else [element(detail, element(name, value))]


@st.composite
def results(draw: st.DrawFn) -> str:
    """One member of EvaluationResults: what AWS may say in it, in any order, with parts of parts named alike."""
    resource = element(
        "member",
        element("EvalResourceName", escape(draw(_TEXTS))),
        element("EvalResourceDecision", draw(_DECISIONS)),
        *flag("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary", draw(_FLAGS)),
        element("MissingContextValues", element("member", "aws:Decoy")),
    )
    keys = draw(st.lists(_TEXTS, max_size=2))
    parts = [
        element("EvalActionName", escape(draw(_TEXTS))),
        element("EvalDecision", draw(_DECISIONS)),
        element("EvalResourceName", "*"),
        element("MatchedStatements", element("member", element("SourcePolicyId", "EvalDecision"))),
        element("MissingContextValues", *(element("member", escape(key)) for key in keys)),
        *flag("OrganizationsDecisionDetail", "AllowedByOrganizations", draw(_FLAGS)),
        *flag("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary", draw(_FLAGS)),
        *draw(st.sampled_from([[], [element("ResourceSpecificResults", resource)]])),
    ]
    return element("member", *draw(st.permutations(parts)))


@st.composite
def simulations(draw: st.DrawFn) -> str:
    page = [element("EvaluationResults", *draw(st.lists(results(), max_size=4)))]
    if draw(st.booleans()):
        page += [element("IsTruncated", draw(st.sampled_from(["true", "false"]))), element("Marker", "next")]
    result = element("SimulatePrincipalPolicyResult", *draw(st.permutations(page)))
    parts = draw(st.permutations([result, element("ResponseMetadata", element("RequestId", "r"))]))
    namespace = draw(st.sampled_from(["", ' xmlns="https://iam.amazonaws.com/doc/2010-05-08/"']))
    return f"<SimulatePrincipalPolicyResponse{namespace}>{''.join(parts)}</SimulatePrincipalPolicyResponse>"


@given(simulations())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_simulations_are_read_as_botocore_reads_them(answer: str) -> None:
    ours, marker = simulation.read(ElementTree.fromstring(answer))
    theirs = by_botocore("iam", "SimulatePrincipalPolicy", answer)
    assert list(ours) == [_answer(told) for told in theirs["EvaluationResults"]]
    assert marker == (theirs["Marker"] if theirs.get("IsTruncated") else None)


def _answer(told: dict[str, Any]) -> Answer:
    return Answer(
        told["EvalActionName"],
        Outcome(told["EvalDecision"]),
        told.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations"),
        told.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary"),
        tuple(told["MissingContextValues"]),
    )


KEYS = ("AccessKeyId", "SecretAccessKey", "SessionToken")


@given(st.permutations([*KEYS, "Expiration"]), st.lists(_TEXTS, min_size=3, max_size=3), st.booleans())
def test_sessions_are_read_as_botocore_reads_them(order: list[str], values: list[str], decoy_first: bool) -> None:
    told = {**dict(zip(KEYS, values, strict=True)), "Expiration": "2026-03-01T12:15:00Z"}
    parts = [
        element("Credentials", *(element(name, escape(told[name])) for name in order)),
        element("AssumedRoleUser", element("AssumedRoleId", "AROA:x"), element("Arn", "arn:aws:sts::1:x")),
    ]
    answer = element("R", element("AssumeRoleResult", *(reversed(parts) if decoy_first else parts)))
    ours = children(under(ElementTree.fromstring(answer), "AssumeRoleResult", "Credentials"))
    theirs = by_botocore("sts", "AssumeRole", answer)["Credentials"]
    assert {name: text(ours, name) for name in KEYS} == {name: theirs[name] for name in KEYS}
