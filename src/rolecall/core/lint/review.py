"""All rules over one role, and what is set aside with a reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.lint.model import Finding, Subject
from rolecall.core.lint.rules import RULES
from rolecall.core.service_reference import ServiceReference
from rolecall.core.template.role import inline_statements, managed_policies


@dataclass(frozen=True, slots=True)
class Review:
    """`findings` refuse the role; `excused` are set aside, each with its reason: ours or the config's."""

    findings: tuple[Finding, ...]
    excused: tuple[tuple[Finding, str], ...] = ()


def review(subject: Subject) -> Review:
    """Every rule is asked; a finding is set aside by its statement's own reason or by one of the config."""
    found = [finding for rule in RULES.values() for finding in rule.check(subject)]
    reasons = [(finding, _reason(subject, finding)) for finding in found]
    return Review(
        findings=tuple(finding for finding, reason in reasons if reason is None),
        excused=tuple((finding, reason) for finding, reason in reasons if reason is not None),
    )


def subject_of(role: RoleSection, reference: ServiceReference) -> Subject:
    document = template.build(role)
    return Subject(
        role=role,
        groups=role.groups,
        trust=document["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"],
        policies=managed_policies(role),
        inline=inline_statements(role),
        template_bytes=len(template.render(document).encode()),
        reference=reference,
        statements=[(group, statement) for group in role.groups for statement in group.statements],
    )


def _reason(subject: Subject, finding: Finding) -> str | None:
    if not RULES[finding.rule].excusable:
        return None
    return next(_reasons(subject, finding), None)


def _reasons(subject: Subject, finding: Finding) -> Iterator[str]:
    for group, statement in subject.statements:
        if statement.sid == finding.statement and not group.own and finding.rule in statement.accepted:
            yield statement.accepted[finding.rule]
    for exception in subject.role.exceptions:
        if exception.rule == finding.rule and exception.statement in (None, finding.statement):
            yield exception.reason
