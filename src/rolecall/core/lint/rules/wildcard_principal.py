"""A trust policy lets in more than principals that it names."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.trusting import TrustStatement, has_pattern, statements

_MEND = "name the platform's role by its ARN, in role.trusted_principals"


def _check(subject: Subject) -> Iterator[Finding]:
    for statement in statements(subject.trust):
        for message in _too_many(statement):
            yield statement.found(RULE, message, _MEND)


def _too_many(statement: TrustStatement) -> Iterator[str]:
    if "NotPrincipal" in statement.elements:
        yield "trusts everybody but those in NotPrincipal"
    elif not statement.principals:
        yield "names no principal"
    for kind, text in statement.principals:
        if has_pattern(text):
            yield f"trusts {text}, whoever that is" if text != "*" else "trusts everybody"
        elif kind != "AWS":
            yield f"trusts {text}, which is no AWS account, role or user but a principal of kind {kind}"


RULE = Rule(
    id="wildcard-principal",
    title="The trust policy lets in more than named AWS principals",
    why="A pattern, a service, an identity provider or everybody could assume the role: it is for the platform alone.",
    check=_check,
    excusable=False,
)
