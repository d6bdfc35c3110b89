"""One SimulatePrincipalPolicy, page by page.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from xml.etree import ElementTree

from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.answers import children, text, under
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
        found, marker = read(await query.call(iam, "SimulatePrincipalPolicy", parameters, credentials))
        for answer in found:
            answers[answer.action] = _stricter(answers.get(answer.action), answer)
        if marker is None:
            return list(answers.values())


def read(answer: ElementTree.Element) -> tuple[Sequence[Answer], str | None]:
    """One page: its answers, and where the next begins. Raises AwsError for one that lacks a part."""
    page = children(under(answer, "SimulatePrincipalPolicyResult"))
    answers = [_answer(children(member)) for member in page.get("EvaluationResults", ())]
    truncated, marker = page.get("IsTruncated"), page.get("Marker")
    more = truncated is not None and truncated.text == "true" and marker is not None
    return answers, (marker.text or None) if more and marker is not None else None


def _parameters(arn: str, question: Question, marker: str | None) -> Iterator[tuple[str, str]]:
    yield "PolicySourceArn", arn
    yield "MaxItems", "1000"
    yield from _numbered("ActionNames", question.actions)
    yield from _numbered("ResourceArns", question.resources)
    for number, (key, value) in enumerate(question.context.items(), start=1):
        entry = f"ContextEntries.member.{number}"
        yield f"{entry}.ContextKeyName", key
        yield f"{entry}.ContextKeyType", _context_type(key, value)
        yield f"{entry}.ContextKeyValues.member.1", value
    if marker:
        yield "Marker", marker


def _numbered(name: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(_members(name, len(values)), values, strict=True)


@lru_cache(maxsize=128)
def _members(name: str, count: int) -> Sequence[str]:
    return [f"{name}.member.{number}" for number in range(1, count + 1)]


def _context_type(key: str, value: str) -> str:
    if key == "aws:CurrentTime":
        return "date"
    return "boolean" if value in ("true", "false") else "string"


def _answer(parts: Mapping[str, ElementTree.Element]) -> Answer:
    return _made(
        text(parts, "EvalActionName"),
        text(parts, "EvalDecision"),
        _flag(parts, "OrganizationsDecisionDetail", "AllowedByOrganizations"),
        _flag(parts, "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
        tuple([key.text or "" for key in parts.get("MissingContextValues", ())]),
    )


@lru_cache(maxsize=2048)
def _made(
    action: str, decision: str, organizations: bool | None, boundary: bool | None, missing: tuple[str, ...]
) -> Answer:
    """Made once, not once an account: nearly all of them say the same."""
    outcome = known(Outcome, decision, "SimulatePrincipalPolicy")
    return Answer(action, outcome, organizations, boundary, missing)


def _stricter(one: Answer | None, other: Answer) -> Answer:
    """AWS once gave a result for each action and resource: the one that is not allowed counts."""
    return other if one is None or one.decision is Outcome.ALLOWED else one


def _flag(parts: Mapping[str, ElementTree.Element], detail: str, name: str) -> bool | None:
    told = children(parts[detail]).get(name) if detail in parts else None
    return None if told is None else told.text == "true"
