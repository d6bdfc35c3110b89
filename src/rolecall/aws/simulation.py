"""One SimulatePrincipalPolicy, page by page.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree

from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.answers import children, text
from rolecall.aws.errors import known
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer, Question


async def simulated(
    query: QueryClient, iam: Endpoint, arn: str, question: Question, credentials: ReadOnlyCredentials
) -> Sequence[Answer]:
    """What the role or user of that ARN may do. One answer an action."""
    answers: dict[str, Answer] = {}
    marker: str | None = None
    while True:
        parameters = dict(_parameters(arn, question, marker))
        page = await query.call(iam, "SimulatePrincipalPolicy", parameters, credentials)
        for answer in map(_answer, page.iterfind(".//{*}EvaluationResults/{*}member")):
            answers[answer.action] = _stricter(answers.get(answer.action), answer)
        marker = page.findtext(".//{*}Marker")
        if page.findtext(".//{*}IsTruncated") != "true" or not marker:
            return list(answers.values())


def _parameters(arn: str, question: Question, marker: str | None) -> Iterator[tuple[str, str]]:
    yield "PolicySourceArn", arn
    yield "MaxItems", "1000"
    for number, action in enumerate(question.actions, start=1):
        yield f"ActionNames.member.{number}", action
    for number, resource in enumerate(question.resources, start=1):
        yield f"ResourceArns.member.{number}", resource
    for number, (key, value) in enumerate(question.context.items(), start=1):
        entry = f"ContextEntries.member.{number}"
        yield f"{entry}.ContextKeyName", key
        yield f"{entry}.ContextKeyType", _context_type(key, value)
        yield f"{entry}.ContextKeyValues.member.1", value
    if marker:
        yield "Marker", marker


def _context_type(key: str, value: str) -> str:
    if key == "aws:CurrentTime":
        return "date"
    return "boolean" if value in ("true", "false") else "string"


def _answer(told: ElementTree.Element) -> Answer:
    parts = children(told)
    return Answer(
        action=text(parts, "EvalActionName"),
        decision=known(Outcome, text(parts, "EvalDecision"), "SimulatePrincipalPolicy"),
        allowed_by_organizations=_flag(parts, "OrganizationsDecisionDetail", "AllowedByOrganizations"),
        allowed_by_boundary=_flag(parts, "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
        missing_context=tuple(key.text or "" for key in parts.get("MissingContextValues", ())),
    )


def _stricter(one: Answer | None, other: Answer) -> Answer:
    """AWS once gave a result for each action and resource: the one that is not allowed counts."""
    return other if one is None or one.decision is Outcome.ALLOWED else one


def _flag(parts: Mapping[str, ElementTree.Element], detail: str, name: str) -> bool | None:
    told = children(parts[detail]).get(name) if detail in parts else None
    return None if told is None else told.text == "true"
