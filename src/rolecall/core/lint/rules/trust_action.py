"""A trust policy allows more than assuming the role."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.trusting import statements

_EXPECTED = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def _check(subject: Subject) -> Iterator[Finding]:
    known = {action.lower() for action in _EXPECTED}
    for statement in statements(subject.trust):
        others = [action for action in statement.actions if action.lower() not in known]
        if "NotAction" in statement.elements:
            others = ["everything but what is in NotAction"]
        if others or not statement.actions:
            message = f"allows {', '.join(others) or 'no action'}"
            yield statement.found(RULE, message, f"allow {', '.join(_EXPECTED)} only, each by name")


RULE = Rule(
    id="trust-action",
    title="The trust policy allows something else than assuming the role",
    why="Other ways in, by SAML or a web identity, ask for no external id; a wildcard opens those that AWS adds later.",
    check=_check,
    excusable=False,
)
